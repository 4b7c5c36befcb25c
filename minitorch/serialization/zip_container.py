"""The zip archive around a checkpoint: named records, not compressed, at multiples of 64 bytes.

::

    archive/data.pkl                 the structure: a pickle in which memory stands by number
    archive/byteorder                "little"
    archive/data/0, archive/data/1   the memory behind the tensors
    archive/version                  "3"
    archive/.data/serialization_id   a number that tells files of other contents apart

Since records stand in the file as they are in memory, a file can be mapped instead of read.

Mirrors caffe2/serialize/inline_container.cc. Left out: compressed records, which torch does not
write, and of which a small one can unpack to one that fills the memory.
"""

from __future__ import annotations

import mmap
import os
import stat
import struct
import zipfile
import zlib
from types import TracebackType
from typing import IO, Any

import numpy as np

from minitorch.serialization.loaded_storage import read_bytes

_ALIGNMENT_BYTES = 64  # a cache line, and enough for every vector instruction
_VERSION = 3  # of torch's format
_NEWEST_VERSION = 10  # that torch reads
_LOCAL_HEADER = struct.Struct("<4s5H3I2H")  # as in the zip specification, 4.3.7


class ZipWriter:
    """Writes records one after the other, in a ``with`` block."""

    def __init__(self, file: IO[bytes]) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self.names_crc = self.contents_crc = 0

    def write(self, record: str, content: bytes | memoryview) -> None:
        """Add a record."""
        info = zipfile.ZipInfo(f"archive/{record}")  # no date: the same object, the same bytes
        info.file_size = len(content)
        is_large = info.file_size * 1.05 > zipfile.ZIP64_LIMIT  # zipfile's own rule
        assert self.zip.fp is not None
        header_size = _LOCAL_HEADER.size + len(info.filename) + (20 if is_large else 0)
        start = self.zip.fp.tell() + header_size + 4
        gap = -start % _ALIGNMENT_BYTES
        info.extra = struct.pack("<2sH", b"FB", gap) + b"Z" * gap  # a field that readers pass over
        self.zip.writestr(info, content)
        self.names_crc = zlib.crc32(record.encode(), self.names_crc)
        self.contents_crc = zlib.crc32(info.CRC.to_bytes(4, "little"), self.contents_crc)

    def __enter__(self) -> ZipWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.zip.fp = None  # leave it as it is: a close would write on
            return
        self.write("version", f"{_VERSION}\n".encode())
        identity = f"{self.names_crc:020d}{self.contents_crc:020d}"
        self.write(".data/serialization_id", identity.encode())
        self.zip.close()


class ZipReader:
    """The records of a ``.pt`` file, below whatever folder they are in.

    Raises:
        RuntimeError: it is no such file, or truncated or damaged.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.mapping: mmap.mmap | None = None
        try:
            entries = zipfile.ZipFile(file).infolist()
        except OSError:
            raise
        except Exception as error:  # zipfile lets pass what its parts raise
            raise _damaged(str(error)) from error
        self.file_size = file.seek(0, os.SEEK_END)
        structures = [e.filename for e in entries if e.filename.endswith("/data.pkl")]
        if len(structures) != 1:
            raise RuntimeError("a zip archive, but none of PyTorch's: it has no data.pkl")
        self.folder = structures[0].removesuffix("data.pkl")
        self.entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            self._check(entry)
            self.entries[entry.filename.removeprefix(self.folder)] = entry
        if sum(entry.file_size for entry in entries) > self.file_size:
            raise _damaged("its records overlap")
        if "constants.pkl" in self.entries:
            raise RuntimeError("a TorchScript archive, which holds a program, not tensors")
        if "version" in self.entries and int(self.read("version")) > _NEWEST_VERSION:
            raise RuntimeError("written by a newer version of PyTorch")

    def _check(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename
        if not name.startswith(self.folder) or {"..", ""} & set(name.split("/")) or "\\" in name:
            raise _damaged(f"a record named {name!r}")
        if name.removeprefix(self.folder) in self.entries:
            raise _damaged(f"two records named {name!r}")
        if entry.compress_type != zipfile.ZIP_STORED or entry.compress_size != entry.file_size:
            raise RuntimeError(f"record {name!r} is compressed, as PyTorch's are not")
        if entry.flag_bits & 1 or stat.S_ISLNK(entry.external_attr >> 16):
            raise RuntimeError(f"record {name!r} is encrypted or a link, as PyTorch's are not")

    def __contains__(self, record: str) -> bool:
        return record in self.entries

    def read(self, record: str) -> bytes:
        """The content of a small record."""
        return self.read_array(record).tobytes()

    def read_array(self, record: str) -> Any:
        """The content of a record as an array of bytes, of which the checksum was right."""
        start, entry = self._start(record), self.entries[record]
        self.file.seek(start)
        content = read_bytes(self.file, entry.file_size)
        # torch writes 0 where it was told to compute no checksums.
        if entry.CRC and zlib.crc32(content.data) != entry.CRC:
            raise _damaged(f"bad checksum (CRC-32) of record {record!r}")
        return content

    def map_array(self, record: str) -> Any:
        """The content of a record as an array that is read from the file when it is looked at.

        What is written into it stays in this process. Nobody looks at the checksum.
        """
        start, size = self._start(record), self.entries[record].file_size
        if start % _ALIGNMENT_BYTES or not size:
            return self.read_array(record)
        if self.mapping is None:
            self.mapping = mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_COPY)
        return np.frombuffer(self.mapping, np.uint8, size, start)

    def _start(self, record: str) -> int:
        """Where the content begins, behind a header that says the same as the directory."""
        if record not in self.entries:
            raise _damaged(f"there is no record {record!r}")
        entry = self.entries[record]
        self.file.seek(entry.header_offset)
        header = self.file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size or header[:4] != b"PK\x03\x04":
            raise _damaged(f"record {record!r} has no header")
        *_, name_length, extra_length = _LOCAL_HEADER.unpack(header)
        if self.file.read(name_length) != entry.orig_filename.encode():
            raise _damaged(f"record {record!r} has another name in its header")
        start = entry.header_offset + _LOCAL_HEADER.size + int(name_length) + int(extra_length)
        if start + entry.file_size > self.file_size:
            raise _damaged(f"record {record!r} ends behind the end of the file")
        return start


def _damaged(why: str) -> RuntimeError:
    return RuntimeError(f"not a file in PyTorch's zip format, or truncated or damaged ({why})")
