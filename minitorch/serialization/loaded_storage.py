"""``LoadedStorage``: memory that a checkpoint holds, on its way to the tensors that show it.

Mirrors torch/storage.py, in what it has of files.
"""

from __future__ import annotations

from typing import IO, Any

import numpy as np

from minitorch import dtypes
from minitorch.serialization.locations import Restore
from minitorch.storage import TypedStorage, UntypedStorage


class LoadedStorage(TypedStorage):
    """Bytes, as elements of a dtype: those of a ``ByteStorage`` if the file names none.

    Attributes:
        is_swapped: whether the file was written on a machine that orders the bytes of an element
            the other way, and the size of the elements is not known yet.
    """

    is_swapped = False

    def __init__(self, content: Any, dtype: dtypes.dtype) -> None:
        super().__init__(_as_elements(content, dtype))

    @classmethod
    def zeros(cls, numel: int, dtype: dtypes.dtype) -> LoadedStorage:
        """A storage to be filled later."""
        return cls(np.zeros(numel * dtype.itemsize, np.uint8), dtype)

    def moved_by(self, restore: Restore, location: str) -> LoadedStorage:
        """Where ``map_location`` wants it, which may hand back another storage."""
        moved = restore(UntypedStorage(self.array), location)
        if moved.array is self.array:
            return self
        return LoadedStorage(moved.array, self.dtype)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of the elements."""
        return dtypes.from_numpy(self.elements.dtype)

    def elements_as(self, dtype: dtypes.dtype) -> Any:
        """All elements, read as ``dtype``."""
        if self.is_swapped:
            swap_bytes(self.array, dtype)
            self.is_swapped = False
        return _as_elements(self.array, dtype)


def _as_elements(content: Any, dtype: dtypes.dtype) -> Any:
    """As many whole elements as the bytes hold."""
    return np.ndarray(content.nbytes // dtype.itemsize, dtype.numpy, buffer=content)


def swap_bytes(content: Any, dtype: dtypes.dtype) -> None:
    """Turn the bytes of each number around, in place. A complex element is two numbers."""
    width = dtype.itemsize // 2 if dtype.is_complex else dtype.itemsize
    content.view(f"u{width}").byteswap(inplace=True)


def read_bytes(file: IO[bytes], size: int) -> Any:
    """The next ``size`` bytes of a file as an array, which can be written to."""
    content = np.empty(size, np.uint8)
    filled = 0
    while filled < size:
        part = file.read(min(size - filled, 1 << 24))
        if not part:
            raise RuntimeError(f"truncated: {size - filled} bytes are missing")
        content[filled : filled + len(part)] = np.frombuffer(part, np.uint8)
        filled += len(part)
    return content
