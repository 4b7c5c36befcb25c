"""Copies of transposed arrays, in tiles that fit the nearest cache.

NumPy walks along the rows of the copy, and reads each of their elements from another cache line:
1024 x 1024 float32 take it 4.2 ms, in tiles 1.2 ms on one thread.

Mirrors aten/src/ATen/native/cpu/CopyKernel.cpp (copy_transpose_valid of native/Copy.cpp).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native.conversions import contiguous_kernel

_TILE = 32  # rows and columns
_FEW = 64  # columns, for which NumPy is as fast
_LEAST = 16_384  # elements

_UNSIGNED = {4: np.uint32, 8: np.uint64}


@kernel(parallel=True)
def _transpose(out: Any, input: Any) -> None:
    """``out[b, i, j] = input[b, j, i]``"""
    count, height, width = out.shape
    bands = (height + _TILE - 1) // _TILE
    for k in prange(count * bands):
        matrix, turned = out[k // bands], input[k // bands]
        top = (k % bands) * _TILE
        for left in range(0, width, _TILE):
            for i in range(top, min(top + _TILE, height)):
                for j in range(left, min(left + _TILE, width)):
                    matrix[np.uint64(i), np.uint64(j)] = turned[np.uint64(j), np.uint64(i)]


def _as_transposed(array: Any) -> Any | None:
    """A contiguous (batch, columns, rows) of which the array is (batch, rows, columns); None if
    there is none.
    """
    shape, strides = array.shape, array.strides
    # The last dimensions, which are the outer ones of each matrix in memory: all from ``split`` on.
    for split in range(array.ndim - 1, 0, -1):
        if strides[split - 1] == array.itemsize:
            break
    else:
        return None
    # Behind the innermost dimension in memory stand those that were before it; with it, its kin.
    first = split - 1
    while first and strides[first - 1] == strides[first] * shape[first]:
        first -= 1
    turned = array.transpose(*range(first), *range(split, array.ndim), *range(first, split))
    if not turned.flags.c_contiguous:
        return None
    sizes = shape[:first], shape[split:], shape[first:split]
    return turned.reshape([math.prod(s) for s in sizes])


@contiguous_kernel.tuned
def contiguous(array: Any) -> Any:
    unsigned = _UNSIGNED.get(array.itemsize)
    if unsigned is None or array.size < _LEAST:
        return array.copy(order="C")
    turned = _as_transposed(array)
    if turned is None or turned.shape[1] <= _FEW:
        return array.copy(order="C")
    out = np.empty(array.shape, array.dtype)
    batch, columns, rows = turned.shape
    _transpose(out.reshape(batch, rows, columns).view(unsigned), turned.view(unsigned))
    return out
