"""A reader of the IDX file format, in which the MNIST family of data sets comes.

An IDX file is a header and the numbers, all big-endian::

    0 0 TYPE NDIM    four bytes, the "magic number"
    SIZE * NDIM      four bytes for each dimension
    DATA             the elements, last dimension fastest

Mirrors ``read_sn3_pascalvincent_tensor`` of torchvision/datasets/mnist.py. Unlike that, which
asserts, this one says what is wrong with a damaged file.
"""

from __future__ import annotations

import math
import os
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["read_idx"]

SN3_PASCALVINCENT_TYPEMAP: dict[int, np.dtype[Any]] = {
    8: np.dtype(">u1"),
    9: np.dtype(">i1"),
    11: np.dtype(">i2"),
    12: np.dtype(">i4"),
    13: np.dtype(">f4"),
    14: np.dtype(">f8"),
}

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FORMAT = 16 + zlib.MAX_WBITS  # zlib's sign for "expect a gzip header and check its CRC".


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Reads one IDX file, gzip-compressed or not, into an array of its own shape.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated, corrupt, too long or no IDX file; the one line of the
            message names the file and the expected and found byte counts.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "labels-idx1-ubyte")
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
        ...     read_idx(path)
        array([7, 8, 9], dtype=uint8)
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    content, note = _decompress(path, path.read_bytes())
    dtype, shape, header_bytes = _parse_header(path, content, note)

    expected_bytes = header_bytes + math.prod(shape) * dtype.itemsize
    if len(content) != expected_bytes or note:
        raise ValueError(
            f"{path}: an IDX file of shape {shape} has {expected_bytes} bytes, "
            f"found {len(content)} bytes{note}"
        )
    array = np.frombuffer(content, dtype, offset=header_bytes).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def _decompress(path: Path, content: bytes) -> tuple[bytes, str]:
    """Undoes gzip as far as the file goes, with a note on a stream that ends too early.

    `gzip.open` would drop the bytes before a damaged spot, and with them the count to report.
    """
    if not content.startswith(_GZIP_MAGIC):
        return content, ""
    decompressor = zlib.decompressobj(_GZIP_FORMAT)
    try:
        decompressed = decompressor.decompress(content)
    except zlib.error as error:
        raise ValueError(
            f"{path}: corrupt gzip data in a file of {len(content)} bytes ({error})"
        ) from None
    if not decompressor.eof:
        return decompressed, f" of a gzip stream truncated after {len(content)} bytes"
    if decompressor.unused_data:
        raise ValueError(
            f"{path}: {len(decompressor.unused_data)} bytes follow the end of the gzip stream, "
            f"expected 0 in a file of {len(content)} bytes"
        )
    return decompressed, ""


def _parse_header(
    path: Path, content: bytes, note: str
) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Returns the element type, the shape and the length of the header in bytes."""
    if len(content) < 4:
        raise ValueError(
            f"{path}: an IDX file begins with 4 bytes, found {len(content)} bytes{note}"
        )
    zero, type_code, ndim = int.from_bytes(content[:2], "big"), content[2], content[3]
    if zero != 0 or type_code not in SN3_PASCALVINCENT_TYPEMAP or not 1 <= ndim <= 3:
        raise ValueError(
            f"{path}: not an IDX file of 1 to 3 dimensions: its {len(content)} bytes begin with "
            f"the magic number 0x{content[:4].hex()}"
        )
    header_bytes = 4 + 4 * ndim
    if len(content) < header_bytes:
        raise ValueError(
            f"{path}: an IDX header of {ndim} dimensions has {header_bytes} bytes, "
            f"found {len(content)} bytes{note}"
        )
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", count=ndim, offset=4))
    return SN3_PASCALVINCENT_TYPEMAP[type_code], shape, header_bytes
