"""What is assumed of files that do not say it themselves.

Mirrors torch/utils/serialization/config.py. Left out: files without checksums, and memory-mapped
ones whose changes are written back.
"""

from __future__ import annotations

import sys
from enum import Enum


class LoadEndianness(Enum):
    """The order in which the bytes of a number stand."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class _Options:
    endianness: LoadEndianness | None = None


_options = _Options()


def get_default_load_endianness() -> LoadEndianness | None:
    """The byte order of files from before torch 2.1, which do not name it; None for little."""
    return _options.endianness


def set_default_load_endianness(endianness: LoadEndianness | None) -> None:
    """Set the byte order of files that do not name it.

    Raises:
        TypeError: it is no ``LoadEndianness``.
    """
    if not isinstance(endianness, LoadEndianness | None):
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    _options.endianness = endianness


def default_byteorder() -> str:
    """``"little"`` or ``"big"``."""
    if _options.endianness is LoadEndianness.NATIVE:
        return sys.byteorder
    return "big" if _options.endianness is LoadEndianness.BIG else "little"
