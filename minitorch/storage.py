"""The flat buffer behind a tensor and all its views.

Mirrors torch/storage.py. A NumPy array is a view of somebody's memory; ``UntypedStorage`` is that
memory, found by walking ``array.base`` to the array that owns it. Two tensors are views of each
other when their storages are the same bytes.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def owner(array: Any) -> Any:
    """The array that owns the memory of ``array``."""
    base = array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            array = base
        base = getattr(base, "base", None)  # as_strided puts a holder of its own in between
    return array


def data_ptr(array: Any) -> int:
    """The address of the first element."""
    return int(array.__array_interface__["data"][0])


def contiguous_stride(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides, in elements, of a freshly made tensor: the last dimension moves by 1."""
    stride, step = [], 1
    for size in reversed(shape):
        stride.append(step)
        step *= max(size, 1)
    return tuple(reversed(stride))


def stride(array: Any) -> tuple[int, ...]:
    """Steps between neighbours along each dimension, in elements (NumPy counts bytes)."""
    steps = [s // array.itemsize for s in array.strides]
    for d in reversed(range(array.ndim)):
        if array.shape[d] == 1 and steps[d] == 0:  # np.newaxis leaves 0 where torch computes a step
            steps[d] = array.shape[d + 1] * steps[d + 1] if d + 1 < array.ndim else 1
    return tuple(steps)


def storage_offset(array: Any) -> int:
    """Elements between the start of the storage and the first element."""
    return int((data_ptr(array) - data_ptr(owner(array))) // array.itemsize)


class UntypedStorage:
    """Bytes, without shape or dtype.

    >>> import minitorch
    >>> x = minitorch.zeros(2, 3)
    >>> x.untyped_storage().nbytes(), x[1].untyped_storage().data_ptr() == x.data_ptr()
    (24, True)
    """

    def __init__(self, array: Any) -> None:
        self.array = owner(array)

    def nbytes(self) -> int:
        return int(self.array.nbytes)

    size = __len__ = nbytes

    def data_ptr(self) -> int:
        return data_ptr(self.array)

    def tolist(self) -> list[int]:
        return list(self.array.tobytes(order="K"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, UntypedStorage):
            return NotImplemented
        return self.data_ptr() == other.data_ptr() and self.nbytes() == other.nbytes()

    __hash__ = None  # type: ignore[assignment]  # mutable bytes, as in torch


class TypedStorage(UntypedStorage):
    """The same buffer, read as elements of one dtype."""

    def __init__(self, array: Any) -> None:
        super().__init__(array)
        self.elements = np.ndarray(
            self.array.nbytes // array.itemsize, array.dtype, buffer=_memory(self.array)
        )

    def size(self) -> int:
        return int(self.elements.size)

    __len__ = size

    def tolist(self) -> list[Any]:
        values: list[Any] = self.elements.tolist()
        return values

    def __getitem__(self, index: Any) -> Any:
        return self.elements[index].tolist()

    def __setitem__(self, index: Any, value: Any) -> None:
        self.elements[index] = value

    def __iter__(self) -> Any:
        return iter(self.tolist())

    def __repr__(self) -> str:
        lines = "".join(f" {value}\n" for value in self.tolist())
        dtype = f"torch.{self.elements.dtype.name}"
        return f"{lines}[torch.storage.TypedStorage(dtype={dtype}, device=cpu) of size {len(self)}]"


def _memory(array: Any) -> Any:
    """The owner's elements in memory order, as one flat array."""
    return array.reshape(-1, order="A") if array.flags.forc else array.T.reshape(-1, order="A")
