"""The product of two matrices, for kernels: ``multiply``, as BLAS computes it, and faster.

The right operand is packed into panels of 32 columns (panels.py), at most ``INNER`` x
``COLUMNS`` numbers of it at a time, which a second-level cache holds. Then some rows of the left
one, a strip, meet one panel after another. Rows are read as they lie; of a transposed operand,
whose neighbours belong to different rows, strips are packed as well.

GFLOP/s on one core of a Xeon (Sapphire Rapids), the best of many runs, each library in a process of
its own; G, W and X are those of a layer, out = X Wᵀ:

================  ======================  ====  ========  =====
of the step of    rows x inner x columns  ours  OpenBLAS  torch
================  ======================  ====  ========  =====
GPT, X Wᵀ         2048 x 128 x 512        208   186       215
GPT, X Wᵀ         2048 x 512 x 128        198   185       203
GPT, G W          2048 x 128 x 512        207   186       215
GPT, Gᵀ X         512 x 2048 x 128        183   177       204
GPT, Gᵀ X         128 x 2048 x 512        182   169       217
MLP, X Wᵀ         64 x 784 x 512          181   126       184
MLP, G W          64 x 256 x 512          198   177       225
MLP, Gᵀ X         512 x 64 x 784          199   178       212
CNN, X Wᵀ         64 x 3136 x 128         175   120       174
CNN, G W          64 x 128 x 3136         174   151       223
one matrix        128 x 128 x 128         195   162       214
one matrix        65536 x 16 x 16         107   63        124
================  ======================  ====  ========  =====

Mirrors nothing in torch: it calls MKL. The blocks are those of Goto and van de Geijn, Anatomy of
High-Performance Matrix Multiplication (2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel
from minitorch.native.cpu.instructions import lanes
from minitorch.native.cpu.panels import (
    LANES,
    PANEL,
    PANEL_BYTES,
    ROWS,
    multiply_panel,
    pack_panel,
    product,
)

# The inner dimension is cut into parts of at most so many: a tile adds them up in a register, in
# order, and the parts are added in ``out``.
INNER = 256
STRIP = 64  # rows; with INNER, 64 KiB
COLUMNS = 1024  # with INNER, 1 MiB

LINE = 64  # bytes of the cache's

SMALL_FOR_BLAS = 1_000_000  # multiplications
SMALL_TRANSPOSED = 32_768
FEW_COLUMNS = 48  # for which packing the left operand takes too long


@kernel
def multiply(
    out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, accumulate: bool
) -> None:
    """``out = a @ b``, or ``out += a @ b``, on the calling thread: as ``_jit.gemm``, whose place it
    takes where that is faster.

    Matrices of one float type, with the elements of a row side by side; ``transpose_a`` says that
    ``a`` holds the transposed operand.
    """
    rows, columns = out.shape
    inner = a.shape[0] if transpose_a else a.shape[1]
    if out.itemsize == 4 and is_tiled(rows, inner, columns, transpose_a, transpose_b):
        added, added_stride = (out.ctypes.data, out.strides[0]) if accumulate else (0, 0)
        tiled_product(
            out.ctypes.data,
            out.strides[0],
            added,
            added_stride,
            a.ctypes.data,
            a.strides[0],
            transpose_a,
            b.ctypes.data,
            b.strides[0],
            transpose_b,
            rows,
            inner,
            columns,
        )
    else:
        product(out, a, b, transpose_a, transpose_b, accumulate)


@kernel
def multiply_and_add(
    out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, added: Any
) -> None:
    """``out = a @ b + added``: a matrix, one row for all rows of ``out``, or nothing (no rows)."""
    rows, columns = out.shape
    inner = a.shape[0] if transpose_a else a.shape[1]
    if out.itemsize == 4 and is_tiled(rows, inner, columns, transpose_a, transpose_b):
        tiled_product(
            out.ctypes.data,
            out.strides[0],
            added.ctypes.data if len(added) else 0,
            added.strides[0] if len(added) > 1 else 0,
            a.ctypes.data,
            a.strides[0],
            transpose_a,
            b.ctypes.data,
            b.strides[0],
            transpose_b,
            rows,
            inner,
            columns,
        )
        return
    for i in range(min(rows, rows * len(added))):
        for j in range(columns):
            out[i, j] = added[i % len(added), j]
    product(out, a, b, transpose_a, transpose_b, len(added) > 0)


@kernel
def is_tiled(rows: int, inner: int, columns: int, transpose_a: bool, transpose_b: bool) -> bool:
    """Whether BLAS is slower.

    It has loops for products of up to 100^3 multiplications, which pack nothing: 3.0 us for 64^3,
    which take 3.6 here. With a transposed right operand these are slow: 4.4 us.
    """
    if lanes() != LANES or rows < ROWS or columns < ROWS:
        return False
    work = rows * inner * columns
    if transpose_a:
        return work > SMALL_FOR_BLAS and columns >= FEW_COLUMNS
    if transpose_b:
        return work >= SMALL_TRANSPOSED and rows >= LANES and columns >= LANES
    return work > SMALL_FOR_BLAS


@kernel
def tiled_product(
    out: int,
    out_stride: int,
    added: int,
    added_stride: int,
    left: int,
    left_stride: int,
    transpose_left: bool,
    right: int,
    right_stride: int,
    transpose_right: bool,
    rows: int,
    inner: int,
    columns: int,
) -> None:
    """As multiply_and_add, of addresses, and strides of rows in bytes; 0 is no address."""
    parts = (inner + INNER - 1) // INNER
    depth = (inner + parts - 1) // parts
    # One panel at a time if it meets one strip, which is not packed.
    width = PANEL if rows <= STRIP and not transpose_left else COLUMNS
    width = min(width, (columns + PANEL - 1) // PANEL * PANEL)
    _tiled_product(
        out,
        out_stride,
        added,
        added_stride,
        left,
        4 if transpose_left else left_stride,
        left_stride if transpose_left else 4,
        right,
        4 if transpose_right else right_stride,
        right_stride if transpose_right else 4,
        rows,
        inner,
        columns,
        depth,
        width,
        np.empty(PANEL + LANES + depth * (width + STRIP), np.float32),
    )


@kernel
def _tiled_product(
    out: int,
    out_stride: int,
    added: int,
    added_stride: int,
    left: int,
    row_stride: int,
    step: int,
    right: int,
    line_stride: int,
    column_stride: int,
    rows: int,
    inner: int,
    columns: int,
    depth: int,
    width: int,
    memory: Any,
) -> None:
    """In parts of ``depth`` numbers of the inner dimension, and blocks of ``width`` columns.

    ``row_stride`` and ``step`` are the strides of ``left``, ``line_stride`` and ``column_stride``
    those of ``right``.
    """
    memory[: PANEL + LANES] = 0
    nothing = (memory.ctypes.data + LINE - 1) // LINE * LINE
    strip = nothing + PANEL_BYTES
    panels = strip + STRIP * 4 * depth
    is_packed = row_stride == 4
    piece = PANEL if is_packed else STRIP
    for first_column in range(0, columns, width):
        last_column = min(first_column + width, columns)
        for k in range(0, inner, depth):
            lines = min(depth, inner - k)
            panel_bytes = PANEL_BYTES * lines
            for j in range(first_column, last_column, PANEL):
                pack_panel(
                    panels + (j - first_column) // PANEL * panel_bytes,
                    right + k * line_stride + j * column_stride,
                    line_stride,
                    column_stride,
                    lines,
                    min(PANEL, last_column - j),
                )
            for first in range(0, rows, STRIP):
                last = min(first + STRIP, rows)
                source, source_stride, source_step = left + k * step, row_stride, step
                if is_packed:
                    for i in range(first, last, PANEL):
                        place = strip + (i - first) // PANEL * panel_bytes
                        pack_panel(place, source + 4 * i, step, 4, lines, min(PANEL, last - i))
                    source_step = PANEL_BYTES
                for j in range(first_column, last_column, PANEL):
                    panel = panels + (j - first_column) // PANEL * panel_bytes
                    for i in range(first, last, piece):
                        place = out + i * out_stride + 4 * j
                        before, before_stride = place, out_stride
                        if k == 0 and added:
                            before, before_stride = added + i * added_stride + 4 * j, added_stride
                        elif k == 0:
                            before, before_stride = nothing, 0
                        multiply_panel(
                            place,
                            out_stride,
                            before,
                            before_stride,
                            strip + (i - first) // PANEL * panel_bytes
                            if is_packed
                            else source + i * row_stride,
                            source_stride,
                            source_step,
                            panel,
                            lines,
                            min(piece, last - i),
                            min(PANEL, last_column - j),
                        )
