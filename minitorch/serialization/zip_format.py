"""The format of today: a pickle and the storages it refers to, as records of a zip archive.

Mirrors _save and _load of torch/serialization.py.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import IO, Any

from minitorch import dtypes
from minitorch.serialization.bounded_reader import BoundedReader
from minitorch.serialization.loaded_storage import LoadedStorage, swap_bytes
from minitorch.serialization.locations import Restore
from minitorch.serialization.options import default_byteorder
from minitorch.serialization.pickler import Pickler
from minitorch.serialization.torch_names import StorageType
from minitorch.serialization.unpickler import Unpickler
from minitorch.serialization.zip_container import ZipReader, ZipWriter


def pickled(obj: Any, protocol: int) -> Callable[[IO[bytes]], None]:
    """Pickle ``obj``; returns what writes it to a file, which is not needed before."""
    structure = io.BytesIO()
    pickler = Pickler(structure, protocol)
    pickler.dump(obj)

    def write(file: IO[bytes]) -> None:
        with ZipWriter(file) as archive:
            archive.write("data.pkl", structure.getvalue())
            archive.write("byteorder", sys.byteorder.encode())
            for kept in pickler.storages.values():
                archive.write(f"data/{kept.key}", kept.bytes)

    return write


def load(file: IO[bytes], restore: Restore, weights_only: bool, encoding: str, mmap: bool) -> Any:
    """Read the object that the archive in ``file`` holds."""
    archive = ZipReader(file)
    storages = _Storages(archive, restore, mmap)
    structure = BoundedReader.of(archive.read("data.pkl"))
    return Unpickler(structure, storages.find, weights_only, encoding).load()


class _Storages:
    """The storages of an archive, each read when it is first asked for."""

    def __init__(self, archive: ZipReader, restore: Restore, mmap: bool) -> None:
        self.archive = archive
        self.restore = restore
        self.read = archive.map_array if mmap else archive.read_array
        self.loaded: dict[str, LoadedStorage] = {}
        order = default_byteorder()
        if "byteorder" in archive:
            order = archive.read("byteorder").decode()
        if order not in ("little", "big"):
            raise RuntimeError(f"Unknown endianness type: {order}")
        self.is_foreign = order != sys.byteorder

    def find(self, kind: StorageType, key: str, location: str, numel: int) -> LoadedStorage:
        """The storage of that key.

        Raises:
            RuntimeError: its record does not have that size, or it has been loaded as another type.
        """
        dtype = kind.dtype or dtypes.uint8
        if key not in self.loaded:
            self.loaded[key] = self._load(kind, key, location)
        storage = self.loaded[key]
        if storage.dtype is not dtype or len(storage) != numel:
            raise RuntimeError(
                f"storage {key} should be {numel} elements of {dtype}, but is {len(storage)} of "
                f"{storage.dtype}"
            )
        return storage

    def _load(self, kind: StorageType, key: str, location: str) -> LoadedStorage:
        content = self.read(f"data/{key}")
        dtype = kind.dtype or dtypes.uint8
        usable = content.size // dtype.itemsize * dtype.itemsize
        if self.is_foreign:
            swap_bytes(content[:usable], dtype)
        storage = LoadedStorage(content, dtype)
        storage.is_swapped = self.is_foreign and kind.dtype is None
        return storage.moved_by(self.restore, location)
