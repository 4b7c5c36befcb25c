"""``Pickler``: writes the structure of a checkpoint, a pickle in which memory stands by number.

Tensors, sizes, devices, dtypes and generators are written as calls of torch's functions that make
them; everything else as ``pickle`` writes it. What is then left to write is ``storages``.

Mirrors the ``persistent_id`` of torch/serialization.py and ``__reduce_ex__`` of torch/_tensor.py.
Left out: hooks, which torch does not save either.
"""

from __future__ import annotations

import codecs
import pickle
import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import IO, Any, ClassVar

import numpy as np

from minitorch import dtypes, storage
from minitorch._device import device
from minitorch._layout import layout
from minitorch._size import Size
from minitorch._tensor import Tensor, user_attributes
from minitorch.autograd.variable import wrap
from minitorch.nn.parameter import Parameter
from minitorch.random import Generator
from minitorch.serialization import torch_names
from minitorch.serialization.torch_names import StorageType, TorchName

_save_bytes_as_pickle_does: Any = pickle._Pickler.dispatch[bytes]


@dataclass(frozen=True, eq=False)
class SavedStorage:
    """The memory of one or several tensors, and its number in the file."""

    kind: StorageType
    dtype: dtypes.dtype
    key: str
    array: Any

    @property
    def itemsize(self) -> int:
        """Bytes of the unit that its size is given in."""
        return 1 if self.kind.dtype is None else self.dtype.itemsize

    @property
    def numel(self) -> int:
        """Its size in that unit."""
        return int(self.array.nbytes // self.itemsize)

    @property
    def bytes(self) -> memoryview:
        """Its content."""
        memory: memoryview = self.array.reshape(-1, order="A").view(np.uint8).data
        return memory


class Pickler(pickle._Pickler):
    """Writes a pickle whose names are torch's; the C implementation would import them first.

    Args:
        id_suffix: what follows in the id by which the pickle refers to a storage.

    Attributes:
        storages: what the pickle refers to, in order, by the id of the array that owns the memory.
    """

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)
    write: Any  # typeshed leaves these methods out
    memoize: Any
    save: Any
    save_reduce: Any
    proto: int

    def __init__(self, file: IO[bytes], protocol: int, id_suffix: tuple[Any, ...] = ()) -> None:
        super().__init__(file, protocol)
        self.id_suffix = id_suffix
        self.storages: dict[int, SavedStorage] = {}

    def _save_name(self, name: TorchName) -> None:
        self.write(pickle.GLOBAL + f"{name.module}\n{name.name}\n".encode())
        self.memoize(name)

    def _save_dtype(self, dtype: dtypes.dtype) -> None:
        self.save(torch_names.DTYPES[dtype])

    def _save_bytes(self, content: bytes) -> None:
        if self.proto < 3 and not content:  # pickle would call ``bytes``, which torch refuses
            self.save_reduce(codecs.encode, ("", "latin1"), obj=content)
        else:
            _save_bytes_as_pickle_does(self, content)

    dispatch[TorchName] = dispatch[StorageType] = _save_name
    dispatch[dtypes.dtype] = _save_dtype
    dispatch[bytes] = _save_bytes

    def persistent_id(self, obj: Any) -> Any:
        """How the pickle refers to a storage; None for what it holds itself."""
        if isinstance(obj, storage.TypedStorage):
            obj = self._storage_of(obj.array, dtypes.from_numpy(obj.elements.dtype))
        elif isinstance(obj, storage.UntypedStorage):
            obj = self._storage_of(obj.array, dtypes.uint8, torch_names.UNTYPED_STORAGE)
        elif not isinstance(obj, SavedStorage):
            return None
        return "storage", obj.kind, obj.key, "cpu", obj.numel, *self.id_suffix

    def reducer_override(self, obj: Any) -> Any:
        """The call that makes an object again, if it is a kind of object that torch has too."""
        if isinstance(obj, Tensor):
            return self._reduce_tensor(obj)
        if isinstance(obj, Size):
            return torch_names.SIZE, (tuple(obj),)
        if isinstance(obj, device):
            return torch_names.DEVICE, (obj.type,) if obj.index is None else (obj.type, obj.index)
        if isinstance(obj, layout):
            return torch_names.GET_LAYOUT, (repr(obj),)
        if isinstance(obj, Generator):
            state = obj.initial_seed(), None, obj.get_state()
            return torch_names.GENERATOR, (device(obj.device),), state
        return NotImplemented

    def _reduce_tensor(self, tensor: Tensor) -> tuple[TorchName, tuple[Any, ...]]:
        if tensor._backward_hooks:
            warnings.warn(
                f"backward hooks of {tensor!r} will not be serialized", UserWarning, stacklevel=2
            )
        attributes = user_attributes(tensor)
        if isinstance(tensor, Parameter):
            function, data = torch_names.REBUILD_PARAMETER, wrap(tensor._array)
            arguments: tuple[Any, ...] = data, tensor.requires_grad, OrderedDict()
            if attributes:
                function = torch_names.REBUILD_PARAMETER_WITH_STATE
                arguments = *arguments, attributes
            return function, arguments
        function, arguments = self._reduce_plain_tensor(tensor)
        if attributes or type(tensor) is not Tensor:
            kind = torch_names.TENSOR if type(tensor) is Tensor else type(tensor)
            return torch_names.REBUILD_FROM_TYPE, (function, kind, arguments, attributes)
        return function, arguments

    def _reduce_plain_tensor(self, tensor: Tensor) -> tuple[TorchName, tuple[Any, ...]]:
        array = tensor._array
        owner = storage.owner(array)
        if not _torch_could_describe(array, owner):
            owner = array = np.array(array, order="C")
        kept = self._storage_of(owner, tensor.dtype)
        where = storage.storage_offset(array), array.shape, storage.stride(array)
        arguments: tuple[Any, ...] = kept, *where, tensor.requires_grad, OrderedDict()
        if kept.kind.dtype is None:
            return torch_names.REBUILD_TENSOR_OF_BYTES, (*arguments, tensor.dtype)
        return torch_names.REBUILD_TENSOR, arguments

    def _storage_of(
        self, owner: Any, dtype: dtypes.dtype, kind: StorageType | None = None
    ) -> SavedStorage:
        if kind is None:
            kind = torch_names.TYPED_STORAGES.get(dtype, torch_names.UNTYPED_STORAGE)
        first = self.storages.get(id(owner))
        if first is None:
            first = SavedStorage(kind, dtype, str(len(self.storages)), owner)
            self.storages[id(owner)] = first
        if first.dtype is not dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different "
                "types"
            )
        return first


def _torch_could_describe(array: Any, owner: Any) -> bool:
    """Whether the memory has no gaps, and the view no steps backwards or within elements."""
    offset_bytes = storage.data_ptr(array) - storage.data_ptr(owner)
    return bool(owner.flags.forc) and all(
        step >= 0 and step % array.itemsize == 0 for step in (offset_bytes, *array.strides)
    )
