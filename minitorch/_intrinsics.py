"""What Python has no operator for: instructions as Numba intrinsics, and Numba's parallel range.

Each name takes the place of the function of the same name in ``minitorch/_jit.py`` when a kernel is
compiled; nothing else imports this module, because it needs Numba.

Mirrors nothing in torch: C++ has them in <immintrin.h> and <cmath>.
"""

from __future__ import annotations

import ctypes
from typing import Any

import llvmlite.binding
import numpy as np
from numba import prange
from numba.core import types
from numba.extending import intrinsic, overload

from minitorch import _openblas

__all__ = ["fma", "gemm", "prange"]


@intrinsic
def fma(typing_context: Any, a: Any, b: Any, c: Any) -> Any:
    """LLVM's ``fma``: it vectorises, and is a library call where a processor has none."""
    if not (isinstance(a, types.Float) and a == b == c):
        raise TypeError(f"fma needs three floats of one type, got {a}, {b}, {c}")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return a(a, a, a), generate


# ------------------------------------------------------------------ matrix products

_ROW_MAJOR, _AS_IT_IS, _TRANSPOSED = 101, 111, 112  # CBLAS_ORDER and CBLAS_TRANSPOSE of cblas.h


def _blas_product(name: str, number: Any) -> Any:
    """cblas_?gemm for kernels: pointers are passed as integers."""
    symbol = _openblas.symbol_of(name) or name
    if _openblas.callable_from_kernels():
        # Compiled code, from the disk cache too, finds the function by this name. Only this name is
        # made known: SciPy's own OpenBLAS has inner functions in common with NumPy's, and takes
        # those of the other library if all are.
        address = ctypes.cast(_openblas.function(name), ctypes.c_void_p).value
        llvmlite.binding.add_symbol(symbol, address)
    enum, size, pointer = types.int32, types.int64, types.intp
    matrix = (pointer, size)
    arguments = [enum] * 3 + [size] * 3 + [number, *matrix, *matrix, number, *matrix]
    return types.ExternalFunction(symbol, types.void(*arguments))


_SGEMM = _blas_product("cblas_sgemm", types.float32)
_DGEMM = _blas_product("cblas_dgemm", types.float64)


def gemm(out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, accumulate: bool) -> None:
    raise NotImplementedError("only in compiled code")


@overload(gemm, inline="always")
def _gemm(out: Any, a: Any, b: Any, transpose_a: Any, transpose_b: Any, accumulate: Any) -> Any:
    number = out.dtype
    if not number == a.dtype == b.dtype or number not in (types.float32, types.float64):
        raise TypeError(f"gemm needs matrices of float32 or of float64, got {out}, {a}, {b}")
    product = _SGEMM if number == types.float32 else _DGEMM
    width = number.bitwidth // 8

    def call(out: Any, a: Any, b: Any, transpose_a: Any, transpose_b: Any, accumulate: Any) -> None:
        # The stride of a single row may be anything; BLAS wants at least its length.
        product(
            np.int32(_ROW_MAJOR),
            np.int32(_TRANSPOSED if transpose_a else _AS_IT_IS),
            np.int32(_TRANSPOSED if transpose_b else _AS_IT_IS),
            out.shape[0],
            out.shape[1],
            a.shape[0] if transpose_a else a.shape[1],
            number(1),
            a.ctypes.data,
            max(a.strides[0] // width, a.shape[1], 1),
            b.ctypes.data,
            max(b.strides[0] // width, b.shape[1], 1),
            number(1) if accumulate else number(0),
            out.ctypes.data,
            max(out.strides[0] // width, out.shape[1], 1),
        )

    return call
