"""The flat buffer behind a tensor and all its views.

Mirrors torch/storage.py. A NumPy array is a view of somebody's memory; ``UntypedStorage`` is that
memory, found by walking ``array.base`` to the array that owns it. Two tensors are views of each
other when their storages are the same bytes.
"""

from __future__ import annotations

import mmap
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
    is_empty = array.size == 0
    for d in reversed(range(array.ndim)):
        # Where torch computes a step, NumPy leaves 0 in a new axis and in what it makes of nothing.
        if steps[d] == 0 and (is_empty or array.shape[d] == 1):
            steps[d] = max(array.shape[d + 1], 1) * steps[d + 1] if d + 1 < array.ndim else 1
    return tuple(steps)


def storage_offset(array: Any) -> int:
    """Elements between the start of the storage and the first element."""
    return int((data_ptr(array) - data_ptr(owner(array))) // array.itemsize)


def window(array: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int) -> Any:
    """A view of the whole storage behind ``array``; strides and offset count its elements.

    Raises:
        RuntimeError: the window reaches beyond the storage.
    """
    if len(shape) != len(strides):
        raise RuntimeError("mismatch in length of strides and shape")
    if any([s < 0 for s in strides]):
        raise RuntimeError(
            f"as_strided: Negative strides are not supported at the moment, got strides: "
            f"{list(strides)}"
        )
    own = owner(array)
    needed = 0
    if 0 not in shape:
        last = offset + sum([(n - 1) * s for n, s in zip(shape, strides, strict=True)])
        needed = (last + 1) * array.itemsize
    if needed > own.nbytes:
        raise RuntimeError(
            f"setStorage: sizes {list(shape)}, strides {list(strides)}, storage offset {offset}, "
            f"and itemsize {array.itemsize} requiring a storage size of {needed} are out of bounds "
            f"for storage of size {own.nbytes}"
        )
    steps = tuple([s * array.itemsize for s in strides])
    return place_in_storage(own, array.dtype, shape, steps, offset)


def place_in_storage(
    memory: Any,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    offset: int,
) -> Any:
    """A view of the array that owns a memory; strides count bytes, as NumPy's, offset elements."""
    start = 0 if 0 in shape else offset * dtype.itemsize
    return np.ndarray(shape, dtype, _memory(memory), start, strides)


def in_shared_memory(array: Any) -> Any:
    """A copy in memory that processes forked from now on share."""
    memory = mmap.mmap(-1, max(1, array.nbytes))
    shared = np.ndarray(array.shape, array.dtype, memory)
    shared[...] = array
    return shared


def is_shared(array: Any) -> bool:
    """Whether the memory is that of ``in_shared_memory``."""
    return isinstance(owner(array).base, mmap.mmap)


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
