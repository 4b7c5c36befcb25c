"""``save`` and ``load``: tensors, and dicts and lists of them, in PyTorch's own ``.pt`` files.

A ``.pt`` file is a zip archive, not compressed::

    archive/data.pkl      the structure: a pickle in which memory stands by number
    archive/data/0, 1...  the memory behind the tensors, raw
    archive/byteorder     "little"
    archive/version       "3"

torch reads what minitorch saves, and the reverse. A pickle is a program that may call any function;
the one that runs here knows a dozen, all of which only build tensors and containers, and refuses
the rest: loading a file from a stranger executes nothing.

Mirrors torch/serialization.py and torch/_weights_only_unpickler.py. Left out: objects of a user's
classes, the format of before torch 1.6, memory-mapped files, sparse and quantized tensors.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import secrets
import sys
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any, ClassVar

import numpy as np

from minitorch import dtypes, storage
from minitorch._device import device
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.variable import wrap
from minitorch.nn.parameter import Parameter

__all__ = ["load", "save"]

FileLike = str | os.PathLike[str] | IO[bytes]

# torch has a class of storage for each dtype but the newer ones, whose storage is mere bytes.
_HAS_TYPED_STORAGE = [d for d in dtypes.ALL if d.name not in ("uint16", "uint32", "uint64")]


# --------------------------------------------------------------------------------- saving


@dataclass(frozen=True, eq=False)
class _Global:
    """A name of torch's, written into the pickle without importing torch."""

    module: str
    name: str

    def __call__(self) -> None:
        """Callable, because the pickler asks for that; never called."""


@dataclass(frozen=True, eq=False)
class _Storage:
    """The memory of one or several tensors, and its number in the file."""

    kind: _Global
    dtype: dtypes.dtype
    key: str
    array: Any


_REBUILD_TENSOR = _Global("torch._utils", "_rebuild_tensor_v2")
_REBUILD_TENSOR_OF_BYTES = _Global("torch._utils", "_rebuild_tensor_v3")
_REBUILD_PARAMETER = _Global("torch._utils", "_rebuild_parameter")
_UNTYPED_STORAGE = _Global("torch.storage", "UntypedStorage")
_SIZE = _Global("torch", "Size")
_DEVICE = _Global("torch", "device")
_TYPED_STORAGE = {d: _Global("torch", f"{d.c10_name}Storage") for d in _HAS_TYPED_STORAGE}
_DTYPE = {d: _Global("torch", d.name) for d in dtypes.ALL}

_CONTAINERS = {list, tuple, dict, OrderedDict, Counter}
_SAVED_AS_THEY_ARE = {bool, int, float, str, type(None), dtypes.dtype, _Global} | _CONTAINERS


class _Pickler(pickle._Pickler):
    """Writes a pickle whose names are torch's; the C implementation would look for them first."""

    dispatch: ClassVar[dict[Any, Any]] = dict(pickle._Pickler.dispatch)
    write: Any  # typeshed leaves these methods out
    memoize: Any
    save: Any

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, protocol=2)
        self.storages: dict[int, _Storage] = {}  # by the id of the array that owns the memory

    def _save_global_name(self, name: _Global) -> None:
        self.write(pickle.GLOBAL + f"{name.module}\n{name.name}\n".encode())
        self.memoize(name)

    def _save_dtype(self, dtype: dtypes.dtype) -> None:
        self.save(_DTYPE[dtype])

    dispatch[_Global] = _save_global_name
    dispatch[dtypes.dtype] = _save_dtype

    def persistent_id(self, obj: Any) -> Any:
        if not isinstance(obj, _Storage):
            return None
        unit = 1 if obj.kind is _UNTYPED_STORAGE else obj.dtype.itemsize
        return "storage", obj.kind, obj.key, "cpu", obj.array.nbytes // unit

    def reducer_override(self, obj: Any) -> Any:
        if type(obj) in _SAVED_AS_THEY_ARE or obj is OrderedDict or obj is Counter:
            return NotImplemented
        if isinstance(obj, Parameter):
            return _REBUILD_PARAMETER, (wrap(obj._array), obj.requires_grad, OrderedDict())
        if isinstance(obj, Tensor):
            return self._reduce_tensor(obj)
        if isinstance(obj, Size):
            return _SIZE, (tuple(obj),)
        if isinstance(obj, device):
            return _DEVICE, (str(obj),)
        raise pickle.PicklingError(
            f"cannot save an object of type {type(obj).__module__}.{type(obj).__qualname__}: "
            "minitorch saves tensors, numbers, strings, None, and lists, tuples and dicts of them"
        )

    def _reduce_tensor(self, tensor: Tensor) -> tuple[_Global, tuple[Any, ...]]:
        array = tensor._array
        owner = storage.owner(array)
        if not owner.flags.forc or any(s < 0 or s % array.itemsize for s in array.strides):
            owner = array = np.array(array, order="C")  # memory with gaps, or read backwards
        kept = self._storage_of(owner, tensor.dtype)
        where = storage.storage_offset(array), array.shape, storage.stride(array)
        arguments: tuple[Any, ...] = kept, *where, tensor.requires_grad, OrderedDict()
        if kept.kind is _UNTYPED_STORAGE:
            return _REBUILD_TENSOR_OF_BYTES, (*arguments, tensor.dtype)
        return _REBUILD_TENSOR, arguments

    def _storage_of(self, owner: Any, dtype: dtypes.dtype) -> _Storage:
        kept = self.storages.get(id(owner))
        if kept is None:
            kind = _TYPED_STORAGE.get(dtype, _UNTYPED_STORAGE)
            kept = _Storage(kind, dtype, str(len(self.storages)), owner)
            self.storages[id(owner)] = kept
        if kept.dtype is not dtype:
            raise RuntimeError(
                "Cannot save multiple tensors or storages that view the same data as different "
                "types"
            )
        return kept


def save(obj: Any, f: FileLike) -> None:
    """Write ``obj`` to a file, or into an open one.

    Tensors that share memory share it in the file. A file appears under its name when it is
    complete: one that was there before is not lost if saving fails.

    Args:
        obj: a tensor, number, string or None, or a dict, list or tuple of such.

    Raises:
        pickle.PicklingError: it holds something else.

    >>> import io
    >>> import minitorch
    >>> file = io.BytesIO()
    >>> save({"weight": minitorch.ones(2), "epoch": 3}, file)
    >>> load(file)
    {'weight': tensor([1., 1.]), 'epoch': 3}
    """
    structure = io.BytesIO()
    pickler = _Pickler(structure)
    pickler.dump(obj)
    with _open_to_write(f) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        # Without a date: the same object gives the same bytes.
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), structure.getvalue())
        archive.writestr(zipfile.ZipInfo("archive/byteorder"), sys.byteorder)
        for kept in pickler.storages.values():
            memory = kept.array.reshape(-1, order="A").view(np.uint8)
            archive.writestr(zipfile.ZipInfo(f"archive/data/{kept.key}"), memory.data)
        archive.writestr(zipfile.ZipInfo("archive/version"), "3\n")


@contextlib.contextmanager
def _open_to_write(f: FileLike) -> Iterator[IO[bytes]]:
    """The file that was given, or a new one that takes its name at the end."""
    if not isinstance(f, str | os.PathLike):
        yield f
        return
    path = os.path.realpath(f)  # a link stays one
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a crash may leave the name without the content
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        raise


# --------------------------------------------------------------------------------- loading


@dataclass(frozen=True)
class _Callable:
    """A function that a pickle may call. Nothing else is: not even a class found in it."""

    call: Callable[..., Any]


@dataclass(frozen=True)
class _LoadedStorage:
    array: Any  # bytes
    dtype: dtypes.dtype | None  # None: mere bytes


def _rebuild_tensor(
    kept: _LoadedStorage,
    offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    hooks: Any,
    dtype: Any = None,
    metadata: Any = None,
) -> Tensor:
    """A tensor that shows part of a storage; NumPy checks that the part lies within."""
    # The argument after the hooks is a dtype only where the storage has none.
    element = (dtype if kept.dtype is None else kept.dtype).numpy
    steps = [step * element.itemsize for step in stride]
    tensor = wrap(np.ndarray(size, element, kept.array, offset * element.itemsize, steps))
    tensor.requires_grad = requires_grad
    return tensor


def _rebuild_parameter(data: Tensor, requires_grad: bool, hooks: Any) -> Parameter:
    return Parameter(data, requires_grad)


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _Callable(OrderedDict),
    ("collections", "Counter"): _Callable(Counter),
    ("torch", "Size"): _Callable(Size),
    ("torch", "device"): _Callable(device),
    ("torch._utils", "_rebuild_tensor_v2"): _Callable(_rebuild_tensor),
    ("torch._utils", "_rebuild_tensor_v3"): _Callable(_rebuild_tensor),
    ("torch._utils", "_rebuild_parameter"): _Callable(_rebuild_parameter),
    ("torch.storage", "UntypedStorage"): None,
    **{(name.module, name.name): d for d, name in _TYPED_STORAGE.items()},
    **{(name.module, name.name): d for d, name in _DTYPE.items()},
}

_INSTRUCTIONS = (
    "PROTO STOP MARK NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS "
    "BINPUT LONG_BINPUT BINGET LONG_BINGET BINPERSID GLOBAL REDUCE BUILD"
)


class _Unpickler(pickle._Unpickler):
    """Runs the instructions that torch's pickles consist of, and calls known functions only."""

    dispatch: ClassVar[dict[int, Any]] = {
        code: pickle._Unpickler.dispatch[code]
        for code in [getattr(pickle, name)[0] for name in _INSTRUCTIONS.split()]
    }

    stack: list[Any]

    def __init__(self, archive: _Archive) -> None:
        super().__init__(io.BytesIO(archive.read("data.pkl")))
        self.archive = archive
        self.loaded: dict[str, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"{self.archive.name}: unsupported global {module}.{name}: minitorch loads "
                "tensors and plain containers, and runs no other code"
            ) from None

    def persistent_load(self, pid: Any) -> _LoadedStorage:
        kind, dtype, key, _, numel = pid
        if kind != "storage" or not isinstance(dtype, dtypes.dtype | None):
            raise pickle.UnpicklingError(f"{self.archive.name}: unknown persistent id {pid!r}")
        if key not in self.loaded:
            self.loaded[key] = self._read_storage(key, dtype)
        array = self.loaded[key]
        expected_bytes = numel * (1 if dtype is None else dtype.itemsize)
        if array.nbytes != expected_bytes:
            raise pickle.UnpicklingError(
                f"{self.archive.name}: storage {key} should have {expected_bytes} bytes, "
                f"found {array.nbytes}"
            )
        return _LoadedStorage(array, dtype)

    def _read_storage(self, key: str, dtype: dtypes.dtype | None) -> Any:
        content = np.frombuffer(self.archive.read(f"data/{key}"), np.uint8)
        array = content.copy()  # writable, and aligned for every dtype
        if self.archive.byteorder != sys.byteorder and dtype is not None:
            array.view(dtype.numpy).byteswap(inplace=True)
        return array

    def _load_reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        if not isinstance(function, _Callable):
            raise pickle.UnpicklingError(f"{self.archive.name}: calls what is no function")
        self.stack[-1] = function.call(*arguments)

    def _load_build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is not OrderedDict or type(state) is not dict:
            raise pickle.UnpicklingError(
                f"{self.archive.name}: sets the attributes of a {type(target).__name__}"
            )
        target.__dict__.update(state)  # the _metadata of a module's state_dict

    dispatch[pickle.REDUCE[0]] = _load_reduce
    dispatch[pickle.BUILD[0]] = _load_build


class _Archive:
    """The records of a ``.pt`` file, below whatever folder they are in."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        try:
            self.zip = zipfile.ZipFile(file)
        except zipfile.BadZipFile as error:
            raise self._damaged(error) from None
        structures = [n for n in self.zip.namelist() if n.endswith("/data.pkl")]
        if len(structures) != 1:
            raise RuntimeError(f"{name}: a zip archive, but none of PyTorch's: it has no data.pkl")
        self.folder = structures[0].removesuffix("data.pkl")
        has_order = f"{self.folder}byteorder" in self.zip.namelist()
        self.byteorder = self.read("byteorder").decode() if has_order else "little"

    def read(self, record: str) -> bytes:
        try:
            return self.zip.read(self.folder + record)
        except (zipfile.BadZipFile, EOFError, KeyError) as error:
            raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> RuntimeError:
        return RuntimeError(
            f"{self.name}: not a file in PyTorch's zip format, or truncated or damaged ({error})"
        )


def load(f: FileLike, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Read what ``save``, here or in torch, has written.

    Args:
        map_location: accepted if it says ``"cpu"``; tensors saved on another device come here too.
        weights_only: accepted; minitorch never loads more than weights and containers.

    Raises:
        FileNotFoundError: there is no such file.
        RuntimeError: it is no such file, or a damaged one; or another device is asked for.
        pickle.UnpicklingError: it holds something else than tensors and containers.
    """
    if isinstance(map_location, str | device) and device(map_location).type != "cpu":
        raise RuntimeError(f"minitorch cannot load to device {map_location}")
    if isinstance(f, str | os.PathLike):
        with open(f, "rb") as file:
            return _load(file, os.fspath(f))
    return _load(f, getattr(f, "name", "the file"))


def _load(file: IO[bytes], name: str) -> Any:
    unpickler = _Unpickler(_Archive(file, name))
    try:
        return unpickler.load()
    except (pickle.UnpicklingError, RuntimeError, MemoryError):
        raise
    except Exception as error:  # an unknown instruction, or arguments that make no sense
        raise pickle.UnpicklingError(
            f"{name}: the structure in data.pkl is damaged or unsupported "
            f"({type(error).__name__}: {error})"
        ) from error
