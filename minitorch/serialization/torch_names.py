"""What a checkpoint names: dtypes, storages and functions, by the names they have in torch.

A pickle holds no functions and classes, only where to import them from. So that torch can read the
files, those are torch's names, written and read without importing torch.

Mirrors torch/storage.py, which keeps the table of typed storages.
"""

from __future__ import annotations

from dataclasses import dataclass

from minitorch import dtypes


@dataclass(frozen=True, eq=False)
class TorchName:
    """A function or class of torch's, as the pickler writes it."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def __call__(self) -> None:
        """Callable, because the pickler asks for that; never called."""


@dataclass(frozen=True, eq=False)
class StorageType(TorchName):
    """A class of storages: the elements' dtype; None for mere bytes."""

    dtype: dtypes.dtype | None


# torch has a class of storages for each dtype but the newer ones, whose storage is mere bytes.
_NEWER = ("uint16", "uint32", "uint64")

DTYPES = {d: TorchName("torch", d.name) for d in dtypes.ALL}
TYPED_STORAGES = {
    d: StorageType("torch", f"{d.c10_name}Storage", d) for d in dtypes.ALL if d.name not in _NEWER
}
UNTYPED_STORAGE = StorageType("torch.storage", "UntypedStorage", None)

REBUILD_TENSOR_OF_OLD = TorchName("torch._utils", "_rebuild_tensor")
REBUILD_TENSOR = TorchName("torch._utils", "_rebuild_tensor_v2")
REBUILD_TENSOR_OF_BYTES = TorchName("torch._utils", "_rebuild_tensor_v3")
REBUILD_PARAMETER = TorchName("torch._utils", "_rebuild_parameter")
REBUILD_PARAMETER_WITH_STATE = TorchName("torch._utils", "_rebuild_parameter_with_state")
REBUILD_FROM_TYPE = TorchName("torch._tensor", "_rebuild_from_type_v2")
TENSOR = TorchName("torch", "Tensor")
PARAMETER = TorchName("torch.nn.parameter", "Parameter")
SIZE = TorchName("torch", "Size")
DEVICE = TorchName("torch", "device")
GENERATOR = TorchName("torch._C", "Generator")
GET_LAYOUT = TorchName("torch.serialization", "_get_layout")
