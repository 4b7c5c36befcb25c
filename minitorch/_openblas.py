"""Where NumPy keeps its BLAS, the library behind every matrix product.

NumPy's wheels bring OpenBLAS along, under names of their own. `backends/cpu.py` sets its number of
threads, and `_intrinsics.py` lets compiled kernels call its products.

Mirrors cmake/Modules/FindBLAS.cmake.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

# NumPy's builds name the functions differently: with 64-bit sizes, of NumPy 2, first.
_SPELLINGS = (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", ""))


@cache
def path() -> str | None:
    """The file of NumPy's OpenBLAS; None if NumPy uses another BLAS, or one of the system."""
    folder = Path(np.__file__).parent.parent / "numpy.libs"
    files = sorted(folder.glob("*openblas*")) if folder.is_dir() else []
    return str(files[0].resolve()) if files else None


def function(name: str) -> Any:
    """A function of the library by its usual name; None if it is not there."""
    symbol = symbol_of(name)
    file = path()
    return getattr(ctypes.CDLL(file), symbol) if file and symbol else None


def symbol_of(name: str) -> str | None:
    """How the library spells ``name``; None if it has no such function."""
    file = path()
    if file is None:
        return None
    library = ctypes.CDLL(file)
    spellings = [prefix + name + suffix for prefix, suffix in _SPELLINGS]
    return next((symbol for symbol in spellings if hasattr(library, symbol)), None)


def callable_from_kernels() -> bool:
    """Whether kernels can call its products: it is there, and its sizes are 64-bit integers."""
    return (symbol_of("cblas_sgemm") or "").endswith("64_")
