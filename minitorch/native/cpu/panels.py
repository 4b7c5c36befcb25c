"""A product with a panel: 32 columns of the right operand, a contiguous ``(inner, 32)``.

A tile of 8 rows and 32 columns of the output stays in 16 vector registers while the inner dimension
goes by. A step of that loop loads 2 vectors and 8 single numbers for 16 multiply-adds, so that the
arithmetic units never wait for memory: 215 GFLOP/s on one core of a Xeon (Sapphire Rapids) that can
do 224. LLVM does not find this form in plain loops.

Only float32, and with AVX-512. Addresses are integers (``array.ctypes.data``), strides are in
bytes. Loads and stores at the edges are masked: nothing outside an array is touched.

Mirrors nothing in torch: MKL has such loops.
"""

from __future__ import annotations

import functools
from typing import Any

from minitorch._jit import gemm, kernel
from minitorch.native.cpu.instructions import Instruction, instruction
from minitorch.native.cpu.transposes import transpose

LANES = 16  # numbers in a register
ROWS = 8  # of a tile
PANEL = 2 * LANES
PANEL_BYTES = 4 * PANEL


@functools.cache
def are_usable() -> bool:
    """Whether registers have as many lanes as is assumed here."""
    from minitorch.native.cpu import vector_instructions

    return vector_instructions.LANES == LANES


def _tile(vectors: int) -> Instruction:
    """As multiply_panel, below, for at most ``ROWS`` rows and so many vectors of columns."""

    def tile(
        typing_context: Any,
        out: Any,
        out_stride: Any,
        added: Any,
        added_stride: Any,
        left: Any,
        row_stride: Any,
        step: Any,
        panel: Any,
        inner: Any,
        rows: Any,
        columns: Any,
    ) -> Any:
        from minitorch.native.cpu.vector_instructions import INT, ZEROS, Vectors
        from minitorch.native.cpu.vector_instructions import instruction as written_by

        def write(
            v: Vectors,
            out: Any,
            out_stride: Any,
            added: Any,
            added_stride: Any,
            left: Any,
            row_stride: Any,
            step: Any,
            panel: Any,
            inner: Any,
            rows: Any,
            columns: Any,
        ) -> None:
            offsets = [4 * LANES * i for i in range(vectors)]
            masks = [None] * (vectors - 1) + [v.mask(INT(LANES * (vectors - 1)), columns)]
            sums = [[v.variable(ZEROS) for _ in offsets] for _ in range(ROWS)]
            lefts, outs = [], []
            for row in range(ROWS):
                exists = v.builder.icmp_signed("<", INT(row), rows)
                last = v.builder.select(exists, INT(row), v.moved(rows, -1))
                lefts.append(v.moved(left, v.times(row_stride, last)))
                outs.append(v.moved(out, v.times(out_stride, last)))
                for offset in offsets:
                    v.expect_to_write(v.moved(outs[-1], offset))
            with v.range(inner) as loop:
                line = v.moved(panel, v.times(loop.index, PANEL_BYTES))
                right = [v.load(v.moved(line, offset)) for offset in offsets]
                distance = v.times(step, loop.index)
                for start, row_sums in zip(lefts, sums, strict=True):
                    factor = v.filled(v.number(v.moved(start, distance)))
                    for sum, vector in zip(row_sums, right, strict=True):
                        v.builder.store(v.fma(factor, vector, v.builder.load(sum)), sum)
            for row, (place, row_sums) in enumerate(zip(outs, sums, strict=True)):
                with v.when(v.builder.icmp_signed("<", INT(row), rows)):
                    before = v.moved(added, v.times(added_stride, row))
                    for offset, mask, sum in zip(offsets, masks, row_sums, strict=True):
                        start = v.load(v.moved(before, offset), mask)
                        total = v.add(start, v.builder.load(sum))
                        v.store(total, v.moved(place, offset), mask)

        return written_by(11, write)

    return instruction(tile)


_narrow_tile, _wide_tile = _tile(1), _tile(2)


@kernel
def multiply_panel(
    out: int,
    out_stride: int,
    added: int,
    added_stride: int,
    left: int,
    row_stride: int,
    step: int,
    panel: int,
    inner: int,
    rows: int,
    columns: int,
) -> None:
    """out[m, j] = added[m, j] + the sum over k < inner of left[m, k] * panel[k, j].

    For m < rows and j < columns <= PANEL. All operands are addresses; ``row_stride`` is that of m
    in ``left``, ``step`` that of k.
    """
    for row in range(0, rows, ROWS):
        height = min(ROWS, rows - row)
        place, before = out + row * out_stride, added + row * added_stride
        first = left + row * row_stride
        if columns > LANES:
            _wide_tile(
                place,
                out_stride,
                before,
                added_stride,
                first,
                row_stride,
                step,
                panel,
                inner,
                height,
                columns,
            )
        else:
            _narrow_tile(
                place,
                out_stride,
                before,
                added_stride,
                first,
                row_stride,
                step,
                panel,
                inner,
                height,
                columns,
            )


@instruction
def _copy_panel(
    typing_context: Any, panel: Any, source: Any, stride: Any, lines: Any, columns: Any
) -> Any:
    from minitorch.native.cpu.vector_instructions import INT, Vectors
    from minitorch.native.cpu.vector_instructions import instruction as written_by

    def write(v: Vectors, panel: Any, source: Any, stride: Any, lines: Any, columns: Any) -> None:
        masks = [v.mask(INT(first), columns) for first in (0, LANES)]
        with v.range(lines) as loop:
            line = v.moved(source, v.times(stride, loop.index))
            place = v.moved(panel, v.times(loop.index, PANEL_BYTES))
            for i, mask in enumerate(masks):
                v.store(v.load(v.moved(line, 4 * LANES * i), mask), v.moved(place, 4 * LANES * i))

    return written_by(5, write)


@kernel
def pack_panel(
    panel: int, source: int, line_stride: int, column_stride: int, lines: int, columns: int
) -> None:
    """panel[k, j] = source[k, j] for k < lines and j < columns <= PANEL, zero for other j.

    One of the strides, in bytes, is that of neighbours.
    """
    if column_stride == 4:
        _copy_panel(panel, source, line_stride, lines, columns)
    else:
        transpose(panel, PANEL_BYTES, source, column_stride, columns, lines, PANEL)


@kernel
def product(
    out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, accumulate: bool
) -> None:
    """``gemm`` as a function of its own: pasted into loops, it makes the compiler slow."""
    gemm(out, a, b, transpose_a, transpose_b, accumulate)
