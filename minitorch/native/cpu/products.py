"""Matrix products split over the threads of the kernels.

A product is cut into pieces, each a product of its own for BLAS on one thread: rows or columns of
the output, or whole matrices of a batch, or, where the output is small and the inner dimension
long (the gradient of a weight), ranges of that dimension, whose partial results are added.

Mirrors aten/src/ATen/native/mkl/LinearAlgebra.cpp.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from minitorch._jit import gemm as gemm_of_blas
from minitorch._jit import kernel, prange
from minitorch.backends import cpu
from minitorch.native.cpu_blas import gemm

# Multiplications that are worth a second thread: 20 us of work.
MULTIPLICATIONS_PER_THREAD = 1_000_000

# BLAS computes in tiles of about this many rows and columns: smaller pieces waste part of a tile.
TILE = 16


@gemm.tuned
def split_product(a: Any, b: Any) -> Any:
    """``a @ b``, on all threads if it is large."""
    columns = b.shape[-1]
    threads = cpu.get_num_threads()
    is_small = threads == 1 or a.size * columns < 2 * MULTIPLICATIONS_PER_THREAD
    if is_small or a.ndim not in (2, 3) or b.ndim != a.ndim or a.dtype.char not in "fd":
        return np.matmul(a, b)
    left, transpose_a = _side_by_side(a)
    right, transpose_b = _side_by_side(b)
    *batch, rows, inner = a.shape
    count = batch[0] if batch else 1
    if count >= threads:
        pieces = [(i, i, 0, rows, 0, columns, 0, inner) for i in range(count)]
    elif max(rows, columns) >= threads * TILE or count > 1:
        cuts = _cuts(max(rows, columns), threads)
        parts = [(*cut, 0, columns) if rows >= columns else (0, rows, *cut) for cut in cuts]
        pieces = [(i, i, *part, 0, inner) for i in range(count) for part in parts]
    else:
        pieces = [
            (i, 0, 0, rows, 0, columns, start, stop)
            for i, (start, stop) in enumerate(_cuts(inner, threads))
        ]
        count = len(pieces)
    out = np.empty((count, rows, columns), a.dtype)
    products_kernel.on_all_threads(
        out, left, right, transpose_a, transpose_b, np.array(pieces, np.int64)
    )
    if batch:
        return out
    return out[0] if count == 1 else out.sum(axis=0)


def _side_by_side(a: Any) -> tuple[Any, bool]:
    """A batch of contiguous matrices, and whether they hold the transposed operands."""
    if a.ndim == 2:
        a = a[None]
    if a.flags.c_contiguous:
        return a, False
    transposed = a.swapaxes(1, 2)
    if transposed.flags.c_contiguous:
        return transposed, True
    return np.ascontiguousarray(a), False


def _cuts(length: int, parts: int) -> list[tuple[int, int]]:
    """``range(length)`` in as many parts, at multiples of TILE."""
    ends = [min(-(-length * i // parts // TILE) * TILE, length) for i in range(parts)] + [length]
    return [(start, stop) for start, stop in itertools.pairwise(ends) if start < stop]


@kernel(parallel=True)
def products_kernel(
    out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, pieces: Any
) -> None:
    """Each piece: the matrix of ``out``, that of ``a`` and ``b``, and first and last row, column
    and inner index.
    """
    for i in prange(len(pieces)):
        target, matrix = pieces[i, 0], pieces[i, 1]
        rows = slice(pieces[i, 2], pieces[i, 3])
        columns = slice(pieces[i, 4], pieces[i, 5])
        inner = slice(pieces[i, 6], pieces[i, 7])
        gemm_of_blas(
            out[target, rows, columns],
            a[matrix, inner, rows] if transpose_a else a[matrix, rows, inner],
            b[matrix, columns, inner] if transpose_b else b[matrix, inner, columns],
            transpose_a,
            transpose_b,
            False,
        )
