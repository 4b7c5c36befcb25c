"""Products of a few rows with the same matrix again and again, as in a recurrent layer.

BLAS copies its operands at every call, into the order in which it reads them. Here the matrix is
packed once, before the first of hundreds of products, into panels (panels.py). For 128 inner and
512 columns on one core of a Xeon (Sapphire Rapids), 32 rows take 0.65 of the time of BLAS, 64 rows
0.8.

Mirrors aten/src/ATen/native/mkldnn/RNN.cpp (oneDNN packs the weights of recurrent layers as well).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel
from minitorch.native.cpu.panels import PANEL, are_usable, multiply_panel, pack_panel

# A longer sum is added up in parts: of 2,304 terms at once, it would round four times as coarsely
# as torch's.
TERMS = 256


def pack(matrix: Any) -> Any:
    """``(inner, columns)`` as ``(panels, inner, 32)``; no panels if BLAS is to be used."""
    inner, columns = matrix.shape
    if matrix.dtype != np.float32 or not are_usable():
        columns = 0
    packed = np.empty((-(-columns // PANEL), inner, PANEL), np.float32)
    if columns:
        pack_kernel(packed, matrix)
    return packed


@kernel
def pack_kernel(packed: Any, matrix: Any) -> None:
    inner, columns = matrix.shape
    for p in range(len(packed)):
        first = p * PANEL
        source = matrix[:, first:]
        pack_panel(
            packed[p].ctypes.data,
            source.ctypes.data,
            *source.strides,
            inner,
            min(PANEL, columns - first),
        )


@kernel
def packed_product(out: Any, left: Any, packed: Any, accumulate: bool) -> None:
    """``out = left @ matrix``, or ``+=``, where ``packed`` is ``pack(matrix)``."""
    (rows, columns), inner = out.shape, left.shape[1]
    zeros = np.zeros(PANEL, np.float32)
    for first in range(0, inner, TERMS):
        for p in range(len(packed)):
            place = out[:, p * PANEL :].ctypes.data
            added, added_stride = place, out.strides[0]
            if not (accumulate or first):
                added, added_stride = zeros.ctypes.data, 0
            multiply_panel(
                place,
                out.strides[0],
                added,
                added_stride,
                left[:, first:].ctypes.data,
                left.strides[0],
                left.strides[1],
                packed[p, first:].ctypes.data,
                min(TERMS, inner - first),
                rows,
                min(PANEL, columns - p * PANEL),
            )
