"""Copies between lines and every second number of others, as windows of stride 2 need them.

Vectors are shuffled: 64 planes of 32 x 32 take 3.0 us, and 4.8 us back; the processor's own
instructions for scattered numbers 4.9 and 7.0 us.

Mirrors nothing in torch; oneDNN's machine code reads every second number where it multiplies.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from minitorch._jit import kernel
from minitorch.native.cpu.register_tiles import copy_lines, spread_lines
from minitorch.native.cpu.vector_instructions import (
    INT,
    LANES,
    MASK,
    Vectors,
    depends_on_instructions,
    instruction,
    intrinsic,
)


def _lines(copy: Any) -> Any:
    """An instruction: ``copy(v, target, place, column, masks)`` for each vector of some lines.

    ``target`` and ``place`` are a line of the two arrays, ``column`` is counted in numbers that lie
    side by side. Lines of one vector, which are the most, have their masks before the loop.
    """

    def masks_of(v: Vectors, column: Any, length: Any) -> tuple[Any, list[Any]]:
        """Of the numbers side by side, and of the twice as long part of the other line."""
        starts = v.times(column, 2), v.moved(v.times(column, 2), LANES)
        end = v.moved(v.times(length, 2), -1)
        return v.mask(column, length), [v.mask(start, end) for start in starts]

    def write(
        v: Vectors, out: Any, out_stride: Any, source: Any, stride: Any, lines: Any, length: Any
    ) -> None:
        is_short = v.builder.icmp_signed("<=", length, INT(LANES))
        masks = masks_of(v, INT(0), length)
        with v.range(lines) as line:
            target = v.moved(out, v.times(out_stride, line.index))
            place = v.moved(source, v.times(stride, line.index))
            with v.builder.if_else(is_short) as (short, long):
                with short:
                    copy(v, target, place, INT(0), *masks)
                with long:
                    steps = v.builder.sdiv(v.moved(length, LANES - 1), INT(LANES))
                    with v.range(steps) as loop:
                        column = v.times(loop.index, LANES)
                        copy(v, target, place, column, *masks_of(v, column, length))

    @intrinsic
    def lines(
        typing_context: Any,
        out: Any,
        out_stride: Any,
        source: Any,
        stride: Any,
        lines: Any,
        length: Any,
    ) -> Any:
        return instruction(6, write)

    return lines


def _gather(
    v: Vectors, target: Any, place: Any, column: Any, mask: Any, far_masks: list[Any]
) -> None:
    far = v.moved(place, v.times(column, 8))
    pair = [v.load(v.moved(far, 4 * LANES * i), mask) for i, mask in enumerate(far_masks)]
    even, _ = v.parted(*pair)
    v.store(even, v.moved(target, v.times(column, 4)), mask)


def _scatter(
    v: Vectors, target: Any, place: Any, column: Any, mask: Any, far_masks: list[Any]
) -> None:
    even = ir.Constant(MASK, [1, 0] * (LANES // 2))
    vector = v.load(v.moved(place, v.times(column, 4)), mask)
    far = v.moved(target, v.times(column, 8))
    for i, doubled in enumerate(v.interleaved(vector, vector)):
        v.store(doubled, v.moved(far, 4 * LANES * i), v.builder.and_(far_masks[i], even))


_gather_seconds, _scatter_to_seconds = _lines(_gather), _lines(_scatter)


@kernel
def gather_lines(
    out: int, out_stride: int, source: int, stride: int, step: int, lines: int, length: int
) -> None:
    """out[y, x] = source[y, x * step] for y < lines and x < length."""
    if step == 2:
        _gather_seconds(out, out_stride, source, stride, lines, length)
    else:
        copy_lines(out, out_stride, source, stride, step, lines, length)


@kernel
def scatter_lines(
    out: int, out_stride: int, source: int, stride: int, step: int, lines: int, length: int
) -> None:
    """out[y, x * step] = source[y, x] for y < lines and x < length."""
    if step == 2:
        _scatter_to_seconds(out, out_stride, source, stride, lines, length)
    else:
        spread_lines(out, out_stride, source, stride, step, lines, length)


depends_on_instructions(gather_lines, scatter_lines)
