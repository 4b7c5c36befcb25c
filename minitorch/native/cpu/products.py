"""Matrix products split over the threads of the kernels.

A product is cut into pieces, each a product of its own for one thread: rows or columns of the
output, or whole matrices of a batch, or, where the output is small and the inner dimension long
(the gradient of a weight), ranges of that dimension, whose partial results are added.

Mirrors aten/src/ATen/native/mkl/LinearAlgebra.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.backends import cpu
from minitorch.native.cpu.matrix_products import SMALL_FOR_BLAS, multiply_and_add
from minitorch.native.cpu_blas import gemm

# Multiplications that are worth a second thread: 5 us of work, or more where matrices are small.
MULTIPLICATIONS_PER_THREAD = 500_000

# Of fewer multiplications, calling a kernel takes as long as computing.
MULTIPLICATIONS_PER_CALL = 100_000

# Pieces begin at multiples of this many rows or columns: a smaller one would waste part of a tile.
TILE = 32

ROWS, COLUMNS, INNER = range(3)  # what is cut


@gemm.tuned
def split_product(a: Any, b: Any, added: Any = None) -> Any:
    """``a @ b``, plus a row for all rows, on all threads if it is large."""
    *batch, rows, _ = a.shape if a.ndim > 1 else (0, 0)
    columns = b.shape[-1]
    work = a.size * columns
    is_single = not batch
    if (
        work < MULTIPLICATIONS_PER_CALL
        or not rows
        or b.ndim != a.ndim
        or a.dtype.char not in "fd"
        or (work <= SMALL_FOR_BLAS and is_single and b.flags.c_contiguous)
    ):
        return gemm.plain(a, b, added)
    left, transpose_a = _side_by_side(a)
    right, transpose_b = _side_by_side(b)
    row = np.empty((0, columns), a.dtype) if added is None else np.ascontiguousarray(added[None])
    parts = max(1, min(cpu.get_num_threads(), work // MULTIPLICATIONS_PER_THREAD))
    if parts == 1 and is_single:
        out = np.empty((rows, columns), a.dtype)
        multiply_and_add.sequential(out, left, right, transpose_a, transpose_b, row)
        return out
    left, right = (x.reshape(-1, *x.shape[-2:]) for x in (left, right))
    count = len(left)
    cut, per_matrix = ROWS if rows >= columns else COLUMNS, -(-parts // count)
    if count == 1 and max(rows, columns) < parts * TILE:
        cut = INNER
    out = np.empty((per_matrix if cut == INNER else count, rows, columns), a.dtype)
    launch = products_kernel.on_all_threads if parts > 1 else products_kernel.sequential
    launch(out, left, right, row, transpose_a, transpose_b, cut, per_matrix)
    if cut == INNER:
        out = out.sum(axis=0)
        if added is not None:
            out += added
    return out.reshape(*batch, rows, columns)


def _side_by_side(a: Any) -> tuple[Any, bool]:
    """Contiguous matrices, and whether they hold the transposed operands."""
    if a.flags.c_contiguous:
        return a, False
    transposed = a.swapaxes(-1, -2)
    if transposed.flags.c_contiguous:
        return transposed, True
    return np.ascontiguousarray(a), False


@kernel(parallel=True)
def products_kernel(
    out: Any,
    a: Any,
    b: Any,
    added: Any,
    transpose_a: bool,
    transpose_b: bool,
    cut: int,
    parts: int,
) -> None:
    """Each matrix of the batch in so many parts."""
    for i in prange(len(a) * parts):
        matrix, part = np.int64(i) // parts, np.int64(i) % parts
        _multiply_part(
            out[part if cut == INNER else matrix],
            a[matrix],
            b[matrix],
            added,
            transpose_a,
            transpose_b,
            cut,
            part,
            parts,
        )


@kernel
def _multiply_part(
    out: Any,
    a: Any,
    b: Any,
    added: Any,
    transpose_a: bool,
    transpose_b: bool,
    cut: int,
    part: int,
    parts: int,
) -> None:
    sizes = len(out), out.shape[1], a.shape[0 if transpose_a else 1]
    first, last = _end(sizes[cut], part, parts), _end(sizes[cut], part + 1, parts)
    whole = slice(0, max(sizes))
    cut_slice = slice(first, last)
    rows = cut_slice if cut == ROWS else whole
    columns = cut_slice if cut == COLUMNS else whole
    inner = cut_slice if cut == INNER else whole
    multiply_and_add(
        out[rows, columns],
        a[inner, rows] if transpose_a else a[rows, inner],
        b[columns, inner] if transpose_b else b[inner, columns],
        transpose_a,
        transpose_b,
        added[:0, columns] if cut == INNER else added[:, columns],
    )


@kernel
def _end(size: int, part: int, parts: int) -> int:
    """Where a part ends and the next one begins."""
    return min((size * part // parts + TILE - 1) // TILE * TILE, size)
