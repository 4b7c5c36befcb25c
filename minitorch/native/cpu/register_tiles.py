"""Products of matrices, and copies, that stay in vector registers.

A product computed in registers is a tile of ``ROWS`` x 3 vectors of sums. Each step of its loop
loads 3 vectors and 8 single numbers for 24 multiply-adds, so that the arithmetic units never wait
for memory; LLVM does not find this form in plain loops. Through it a convolution reads the image as
it lies, without columns: 210 GFLOP/s on one core of a Xeon (Sapphire Rapids) where NumPy's BLAS
reaches 150 and torch 190, of about 220 that the core can do.

The functions below take addresses (``array.ctypes.data``) and strides in bytes. Loads and stores at
the edges are masked: nothing outside an array is touched.

Mirrors nothing in torch: oneDNN generates such loops, as machine code, while it runs.
"""

from __future__ import annotations

import itertools
from typing import Any

from llvmlite import ir
from numba.core import cgutils

from minitorch._jit import kernel
from minitorch.native.cpu.vector_instructions import (
    FLOAT,
    INT,
    LANES,
    MASK,
    ZEROS,
    Vectors,
    depends_on_instructions,
    instruction,
    intrinsic,
)

ROWS = LANES // 2  # of a tile: 24 of 32 registers hold sums with AVX-512, 12 of 16 with AVX2
COLUMNS = 3 * LANES

# A sum is added up in parts of so many terms: of 2,304 terms at once, it would round four times as
# coarsely as torch's.
TERMS = 128


# ------------------------------------------------------------------------------------- products


def _dot_tile(height: int, vectors: int, is_masked: bool) -> Any:
    """As dot_columns, below, for so many rows and vectors of columns; of the last vector, so many
    lanes count.
    """

    def write(
        v: Vectors,
        out: Any,
        stride: Any,
        rows: Any,
        start: Any,
        left: Any,
        right: Any,
        offsets: Any,
        count: Any,
        lanes: Any,
    ) -> None:
        masks = [None] * (vectors - 1) + [v.mask(INT(0), lanes) if is_masked else None]
        sums = [
            [v.variable(v.filled(v.number(v.moved(start, 4 * row)))) for _ in masks]
            for row in range(height)
        ]
        totals = [[v.variable(ZEROS) for _ in masks] for _ in range(height)]
        pairs = list(zip(itertools.chain(*sums), itertools.chain(*totals), strict=True))

        def add_terms(first: Any, stop: Any) -> None:
            with cgutils.for_range(v.builder, stop, first) as loop:
                offset = v.number(v.moved(offsets, v.times(loop.index, 8)), INT)
                step = v.moved(left, v.times(loop.index, 4 * LANES))
                line = [
                    v.load(v.moved(right, offset, 4 * LANES * i), mask)
                    for i, mask in enumerate(masks)
                ]
                for row in range(height):
                    factor = v.filled(v.number(v.moved(step, 4 * row)))
                    for sum, vector in zip(sums[row], line, strict=True):
                        v.builder.store(v.fma(factor, vector, v.builder.load(sum)), sum)

        parts = v.builder.sdiv(v.moved(count, -1), INT(TERMS))
        with v.range(parts) as part:
            first = v.times(part.index, TERMS)
            add_terms(first, v.moved(first, TERMS))
            for sum, total in pairs:
                v.builder.store(v.add(v.builder.load(total), v.builder.load(sum)), total)
                v.builder.store(ZEROS, sum)
        add_terms(v.times(parts, TERMS), count)
        with v.when(v.builder.icmp_signed(">", parts, INT(0))):
            for sum, total in pairs:
                v.builder.store(v.add(v.builder.load(total), v.builder.load(sum)), sum)
        for row in range(height):
            with v.when(v.builder.icmp_signed("<", INT(row), rows)):
                target = v.moved(out, v.times(stride, row))
                for i, (sum, mask) in enumerate(zip(sums[row], masks, strict=True)):
                    v.store(v.builder.load(sum), v.moved(target, 4 * LANES * i), mask)

    @intrinsic
    def tile(
        typing_context: Any,
        out: Any,
        stride: Any,
        rows: Any,
        start: Any,
        left: Any,
        right: Any,
        offsets: Any,
        count: Any,
        lanes: Any,
    ) -> Any:
        return instruction(9, write)

    return tile


_tile_1, _tile_2, _tile_3 = [_dot_tile(ROWS, vectors, True) for vectors in (1, 2, 3)]
_whole_tile = _dot_tile(ROWS, 3, False)
_row, _whole_row = _dot_tile(1, 1, True), _dot_tile(1, 8, False)


@kernel
def dot_columns(
    out: int,
    stride: int,
    rows: int,
    start: int,
    left: int,
    right: int,
    offsets: int,
    count: int,
    columns: int,
) -> None:
    """out[m, j] = start[m] + the sum over k < count of left[k, m] * (right + offsets[k])[j].

    For m < rows <= ROWS and j < columns. The lines of ``left`` are LANES numbers apart; ROWS
    numbers of each of them, and of ``start``, are read.
    """
    if rows == 1:
        while columns >= 8 * LANES:
            _whole_row(out, stride, 1, start, left, right, offsets, count, 0)
            out += 4 * 8 * LANES
            right += 4 * 8 * LANES
            columns -= 8 * LANES
        while columns > 0:
            _row(out, stride, 1, start, left, right, offsets, count, columns)
            out += 4 * LANES
            right += 4 * LANES
            columns -= LANES
        return
    while columns >= COLUMNS:
        _whole_tile(out, stride, rows, start, left, right, offsets, count, 0)
        out += 4 * COLUMNS
        right += 4 * COLUMNS
        columns -= COLUMNS
    if columns > 2 * LANES:
        _tile_3(out, stride, rows, start, left, right, offsets, count, columns - 2 * LANES)
    elif columns > LANES:
        _tile_2(out, stride, rows, start, left, right, offsets, count, columns - LANES)
    elif columns > 0:
        _tile_1(out, stride, rows, start, left, right, offsets, count, columns)


def _outer_tile(vectors: int) -> Any:
    """As outer_columns, below, for so many vectors of columns."""

    def write(
        v: Vectors,
        out: Any,
        stride: Any,
        left: Any,
        offsets: Any,
        left_stride: Any,
        right: Any,
        right_stride: Any,
        lines: Any,
        length: Any,
    ) -> None:
        places = [
            [v.moved(out, v.times(stride, row), 4 * LANES * i) for i in range(vectors)]
            for row in range(ROWS)
        ]
        sums = [[v.variable(ZEROS) for _ in line] for line in places]
        starts = [v.moved(left, v.number(v.moved(offsets, 8 * row), INT)) for row in range(ROWS)]
        with v.range(lines) as line:
            heads = [v.moved(start, v.times(left_stride, line.index)) for start in starts]
            matrix = v.moved(right, v.times(right_stride, v.times(length, line.index)))
            with v.range(length) as loop:
                source = v.moved(matrix, v.times(right_stride, loop.index))
                values = [v.load(v.moved(source, 4 * LANES * i)) for i in range(vectors)]
                for row in range(ROWS):
                    factor = v.filled(v.number(v.moved(heads[row], v.times(loop.index, 4))))
                    for sum, vector in zip(sums[row], values, strict=True):
                        v.builder.store(v.fma(factor, vector, v.builder.load(sum)), sum)
        for row in range(ROWS):
            for sum, place in zip(sums[row], places[row], strict=True):
                v.store(v.add(v.load(place), v.builder.load(sum)), place)

    @intrinsic
    def tile(
        typing_context: Any,
        out: Any,
        stride: Any,
        left: Any,
        offsets: Any,
        left_stride: Any,
        right: Any,
        right_stride: Any,
        lines: Any,
        length: Any,
    ) -> Any:
        return instruction(9, write)

    return tile


_outer_1, _outer_2, _outer_3 = _outer_tile(1), _outer_tile(2), _outer_tile(3)


@kernel
def outer_columns(
    out: int,
    stride: int,
    left: int,
    offsets: int,
    left_stride: int,
    right: int,
    right_stride: int,
    lines: int,
    length: int,
    columns: int,
) -> None:
    """out[m, j] += the sum over y < lines and x < length of
    (left + offsets[m])[y, x] * right[y * length + x, j], for m < ROWS and j < columns.

    ``columns`` is a multiple of LANES. ``left_stride`` is that of a line y.
    """
    # Four vectors are better two and two: one alone waits for its own sums.
    while columns >= COLUMNS and columns != 4 * LANES:
        _outer_3(out, stride, left, offsets, left_stride, right, right_stride, lines, length)
        out += 4 * COLUMNS
        right += 4 * COLUMNS
        columns -= COLUMNS
    while columns > LANES:
        _outer_2(out, stride, left, offsets, left_stride, right, right_stride, lines, length)
        out += 4 * 2 * LANES
        right += 4 * 2 * LANES
        columns -= 2 * LANES
    if columns > 0:
        _outer_1(out, stride, left, offsets, left_stride, right, right_stride, lines, length)


@intrinsic
def _dots_of_lines(
    typing_context: Any,
    out: Any,
    left: Any,
    offsets: Any,
    left_stride: Any,
    right: Any,
    lines: Any,
    length: Any,
) -> Any:
    """As dots_of_lines, below."""

    def write(
        v: Vectors,
        out: Any,
        left: Any,
        offsets: Any,
        left_stride: Any,
        right: Any,
        lines: Any,
        length: Any,
    ) -> None:
        sums = [v.variable(ZEROS) for _ in range(ROWS)]
        starts = [v.moved(left, v.number(v.moved(offsets, 8 * row), INT)) for row in range(ROWS)]
        steps = v.builder.sdiv(v.moved(length, LANES - 1), INT(LANES))
        with v.range(lines) as line:
            heads = [v.moved(start, v.times(left_stride, line.index)) for start in starts]
            tail = v.moved(right, v.times(length, v.times(line.index, 4)))
            with v.range(steps) as loop:
                mask = v.mask(v.times(loop.index, LANES), length)
                place = v.times(loop.index, 4 * LANES)
                factor = v.load(v.moved(tail, place), mask)
                for head, sum in zip(heads, sums, strict=True):
                    term = v.load(v.moved(head, place), mask)
                    v.builder.store(v.fma(term, factor, v.builder.load(sum)), sum)
        for row, sum in enumerate(sums):
            place = v.builder.inttoptr(v.moved(out, 4 * row), FLOAT.as_pointer())
            total = v.add(v.builder.load(place), v.sum(v.builder.load(sum)))
            v.builder.store(total, place)

    return instruction(7, write)


@kernel
def dots_of_lines(
    out: int, left: int, offsets: int, left_stride: int, right: int, lines: int, length: int
) -> None:
    """out[m] += the sum over y < lines and x < length of (left + offsets[m])[y, x] * right[y, x],
    for m < ROWS.
    """
    _dots_of_lines(out, left, offsets, left_stride, right, lines, length)


# ------------------------------------------------------------------------------------- copies


def _copy(gathers: bool, scatters: bool) -> Any:
    """As copy_lines, below, of every ``step``-th number, to every ``step``-th place, or neither."""

    def write(
        v: Vectors,
        out: Any,
        out_stride: Any,
        source: Any,
        stride: Any,
        step: Any,
        lines: Any,
        length: Any,
    ) -> None:
        step = v.times(step, 4)

        def copy(target: Any, place: Any, column: Any, mask: Any) -> None:
            near, far = v.times(column, 4), v.times(column, step)
            if gathers:
                vector = v.load_every(v.moved(place, far), step, mask)
            else:
                vector = v.load(v.moved(place, near), mask)
            if scatters:
                v.store_every(vector, v.moved(target, far), step, mask)
            else:
                v.store(vector, v.moved(target, near), mask)

        whole = v.builder.sdiv(length, INT(LANES))
        rest = v.times(whole, LANES)
        last, all_lanes = v.mask(rest, length), ir.Constant(MASK, [1] * LANES)
        has_rest = v.builder.icmp_signed("<", rest, length)
        with v.range(lines) as line:
            target = v.moved(out, v.times(out_stride, line.index))
            place = v.moved(source, v.times(stride, line.index))
            with v.range(whole) as loop:
                copy(target, place, v.times(loop.index, LANES), all_lanes)
            with v.when(has_rest):
                copy(target, place, rest, last)

    @intrinsic
    def lines(
        typing_context: Any,
        out: Any,
        out_stride: Any,
        source: Any,
        stride: Any,
        step: Any,
        lines: Any,
        length: Any,
    ) -> Any:
        return instruction(7, write)

    return lines


_copy_near, _copy_from_far, _copy_to_far = (
    _copy(False, False),
    _copy(True, False),
    _copy(False, True),
)


@kernel
def copy_lines(
    out: int, out_stride: int, source: int, stride: int, step: int, lines: int, length: int
) -> None:
    """out[y, x] = source[y, x * step] for y < lines and x < length.

    For lines so short that LLVM's own loop would spend its time before and after its vectors.
    """
    if step == 1:
        _copy_near(out, out_stride, source, stride, 1, lines, length)
    else:
        _copy_from_far(out, out_stride, source, stride, step, lines, length)


@kernel
def spread_lines(
    out: int, out_stride: int, source: int, stride: int, step: int, lines: int, length: int
) -> None:
    """out[y, x * step] = source[y, x] for y < lines and x < length."""
    if step == 1:
        _copy_near(out, out_stride, source, stride, 1, lines, length)
    else:
        _copy_to_far(out, out_stride, source, stride, step, lines, length)


depends_on_instructions(dot_columns, outer_columns, dots_of_lines, copy_lines, spread_lines)
