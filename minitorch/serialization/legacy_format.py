"""The format of before torch 1.6, for ``save(..., _use_new_zipfile_serialization=False)``.

Six things, one after the other, without a container and without checksums::

    pickle of the number 0x1950A86A20F9469CFC6C
    pickle of the number 1001
    pickle of {"protocol_version": 1001, "little_endian": True, "type_sizes": {...}}
    pickle of the object, which refers to storages by key
    pickle of the list of keys
    for each key: the number of elements, in 8 bytes, and the elements, little end first

Mirrors _legacy_save and _legacy_load of torch/serialization.py. Left out: the tar archives of
before torch 0.1.10.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from typing import IO, Any, cast

from minitorch import dtypes
from minitorch.serialization.bounded_reader import BoundedReader
from minitorch.serialization.loaded_storage import LoadedStorage, read_bytes, swap_bytes
from minitorch.serialization.locations import Restore
from minitorch.serialization.pickler import Pickler
from minitorch.serialization.torch_names import StorageType
from minitorch.serialization.unpickler import Unpickler

_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
_PROTOCOL_VERSION = 1001
_SYSTEM = {
    "protocol_version": _PROTOCOL_VERSION,
    "little_endian": sys.byteorder == "little",
    "type_sizes": {"short": 2, "int": 4, "long": 4},
}


def pickled(obj: Any, protocol: int) -> Callable[[IO[bytes]], None]:
    """Pickle ``obj``; returns what writes it to a file, which is not needed before."""
    structure = io.BytesIO()
    for header in (_MAGIC_NUMBER, _PROTOCOL_VERSION, _SYSTEM):
        pickle.dump(header, structure, protocol)
    pickler = Pickler(structure, protocol, id_suffix=(None,))
    pickler.dump(obj)
    storages = sorted(pickler.storages.values(), key=lambda kept: kept.key)
    pickle.dump([kept.key for kept in storages], structure, protocol)

    def write(file: IO[bytes]) -> None:
        file.write(structure.getvalue())
        for kept in storages:
            file.write(kept.numel.to_bytes(8, "little"))
            content = kept.bytes
            if sys.byteorder == "big":
                swapped = read_bytes(io.BytesIO(content), content.nbytes)
                swap_bytes(swapped, kept.kind.dtype or dtypes.uint8)
                content = swapped.data
            file.write(content)

    return write


def load(file: IO[bytes], restore: Restore, weights_only: bool, encoding: str) -> Any:
    """Read the object that begins here in ``file``; whatever follows it is left there."""
    reader = BoundedReader(file)
    storages = _Storages(reader, restore)

    def next_pickle() -> Any:
        stream = cast("IO[bytes]", reader)
        return Unpickler(stream, storages.find, weights_only, encoding).load()

    if next_pickle() != _MAGIC_NUMBER:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = next_pickle()
    if version != _PROTOCOL_VERSION:
        raise RuntimeError(f"Invalid protocol version: {version}")
    next_pickle()  # the system it was written on: the storages are alike on all
    result = next_pickle()
    storages.fill(next_pickle())
    return result


class _Storages:
    """Storages that are known from the pickle first, and filled when it has been read."""

    def __init__(self, reader: BoundedReader, restore: Restore) -> None:
        self.reader = reader
        self.restore = restore
        self.found: dict[str, LoadedStorage] = {}
        self.claimed_bytes = 0

    def find(self, kind: StorageType, key: str, location: str, numel: int) -> LoadedStorage:
        """The storage of that key, still without its content."""
        dtype = kind.dtype or dtypes.uint8
        if key not in self.found:
            self.claimed_bytes += numel * dtype.itemsize
            if self.claimed_bytes > self.reader.left:
                raise RuntimeError(f"truncated: storage {key} ends behind the end of the file")
            empty = LoadedStorage.zeros(numel, dtype)
            self.found[key] = empty.moved_by(self.restore, location)
        storage = self.found[key]
        if storage.dtype is not dtype or len(storage) != numel:
            raise RuntimeError(f"storage {key} has several types or sizes")
        return storage

    def fill(self, keys: list[str]) -> None:
        """Read the contents."""
        if type(keys) is not list or sorted(keys) != sorted(self.found):
            raise RuntimeError("the storages in the file are not those that its tensors show")
        for key in keys:
            storage = self.found[key]
            numel = int.from_bytes(self.reader.read(8), "little")
            if numel != len(storage):
                raise RuntimeError(
                    f"storage {key} should have {len(storage)} elements, but has {numel}"
                )
            content = read_bytes(cast("IO[bytes]", self.reader), storage.nbytes())
            if sys.byteorder == "big":
                swap_bytes(content, storage.dtype)
            storage.array.view("u1")[...] = content
