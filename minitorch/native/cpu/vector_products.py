"""Products of a matrix and a vector, and of two vectors, split over the threads of the kernels.

Each number of the matrix is used once: memory decides, and two cores read it faster than one.

Mirrors aten/src/ATen/native/BlasKernel.cpp (gemv).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import PARALLEL_GRAIN, kernel, prange
from minitorch.backends import cpu
from minitorch.native.cpu_blas import gemv, ger

# Numbers in a matrix: 30 us of work.
LARGE = 8 * PARALLEL_GRAIN

# Of a transposed matrix: for shorter rows, which are added up, BLAS is faster.
LONG_ROWS = 512

# Columns of a transposed matrix that a thread adds up at a time, in the nearest cache.
COLUMNS = 4096


@gemv.tuned
def split_gemv(matrix: Any, vector: Any) -> Any:
    """On one thread BLAS is as fast."""
    is_covered = (
        matrix.size >= LARGE
        and matrix.dtype.char in "fd"
        and vector.flags.c_contiguous
        and cpu.get_num_threads() > 1
    )
    if is_covered and matrix.flags.c_contiguous:
        out = np.empty(len(matrix), matrix.dtype)
        gemv_kernel(out, matrix, vector)
        return out
    if is_covered and matrix.T.flags.c_contiguous and len(matrix) >= LONG_ROWS:
        threads = cpu.get_num_threads()
        parts = np.empty((threads, len(matrix)), matrix.dtype)
        transposed_gemv_kernel(parts, matrix.T, vector)
        return parts.sum(axis=0)
    return gemv.plain(matrix, vector)


@kernel(parallel=True, fast_sums=True)
def gemv_kernel(out: Any, matrix: Any, vector: Any) -> None:
    for i in prange(len(matrix)):
        row = matrix[i]
        total = out.dtype.type(0)
        for j in range(row.size):
            total += row[j] * vector[j]
        out[i] = total


@kernel(parallel=True)
def transposed_gemv_kernel(parts: Any, matrix: Any, vector: Any) -> None:
    """parts.sum(0) = matrix.T @ vector: each thread takes some rows of the matrix."""
    count = np.int64(len(parts))
    for i in prange(count):
        part = np.int64(i)
        first, last = len(matrix) * part // count, len(matrix) * (part + 1) // count
        parts[part] = 0
        for start in range(0, matrix.shape[1], COLUMNS):
            for j in range(first, last):
                add_multiple(
                    parts[part][start : start + COLUMNS],
                    matrix[j][start : start + COLUMNS],
                    vector[j],
                )


@kernel
def add_multiple(out: Any, row: Any, factor: Any) -> None:
    for j in range(out.size):
        out[j] += row[j] * factor


@ger.tuned
def split_ger(column: Any, row: Any) -> Any:
    is_covered = (
        column.size * row.size >= PARALLEL_GRAIN
        and column.dtype.char in "fd"
        and column.flags.c_contiguous
        and row.flags.c_contiguous
    )
    if not is_covered:
        return ger.plain(column, row)
    out = np.empty((column.size, row.size), column.dtype)
    ger_kernel(out, column, row)
    return out


@kernel(parallel=True)
def ger_kernel(out: Any, column: Any, row: Any) -> None:
    for i in prange(len(out)):
        target, factor = out[i], column[i]
        for j in range(row.size):
            target[j] = row[j] * factor
