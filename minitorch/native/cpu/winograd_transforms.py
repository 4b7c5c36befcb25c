"""The transforms of inputs, outputs and gradients in Winograd's convolution, LANES tiles at a time.

LLVM does not vectorise them: they read every other number and write to 16 places. Addresses and
strides are in bytes, as in register_tiles.py; winograd.py has the formulas, winograd_weights.py the
transforms of weights.

A *plane* holds element (i, j) of all tiles' 4 x 4; its number is 4 i + j.

Mirrors nothing in torch; aten/src/ATen/native/cpu/DepthwiseConvKernel.cpp has such transforms.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types

from minitorch._jit import kernel
from minitorch.native.cpu.transposes import transpose
from minitorch.native.cpu.vector_instructions import (
    INT,
    LANES,
    MASK,
    ZEROS,
    Vectors,
    depends_on_instructions,
    instruction,
    intrinsic,
)

# --------------------------------------------------------------------------------- instructions


def _lanes(first: int, count: int) -> Any:
    """A mask of these lanes."""
    return ir.Constant(MASK, [first <= lane < first + count for lane in range(LANES)])


def _input_rows(parts: int) -> Any:
    """As transform_inputs, below, of so many lines of tiles at once.

    A pair of vectors holds the columns of all of them, one line after the other: each is read to
    the lanes where it belongs, the others are masked.
    """
    columns = 2 * LANES // parts

    def write(
        v: Vectors,
        planes: Any,
        plane_stride: Any,
        places: Any,
        steps: Any,
        channel: Any,
        first: Any,
        width: Any,
        tiles: Any,
    ) -> None:
        rows = []
        for number in range(4 * parts):
            place, step = [v.number(v.moved(x, 8 * number), INT) for x in (places, steps)]
            rows.append(v.moved(place, v.times(step, channel)))

        def pair(row: int, start: Any) -> list[Any]:
            """The numbers of this row of each line, from column ``start`` on, in two vectors."""
            if parts == 1:
                starts = start, v.moved(start, LANES)
                return [v.load(v.moved(rows[row], v.times(x, 4)), v.mask(x, width)) for x in starts]
            vectors = []
            for half in range(2):
                vector = ZEROS
                for line in range(parts // 2):
                    lane = line * columns
                    source = rows[4 * (half * parts // 2 + line) + row]
                    left = v.moved(start, -lane)
                    mask = v.builder.and_(v.mask(left, width), _lanes(lane, columns))
                    vector = v.load(v.moved(source, v.times(left, 4)), mask, vector)
                vectors.append(vector)
            return vectors

        vectors = v.builder.sdiv(v.moved(tiles, LANES - 1), INT(LANES))
        with v.range(vectors if parts == 1 else INT(1)) as loop:
            column = v.moved(first, v.times(loop.index, 2 * LANES))
            d = [pair(row, column) + pair(row, v.moved(column, 2)) for row in range(4)]
            halves = [
                [v.sub(d0, d2) for d0, d2 in zip(d[0], d[2], strict=True)],
                [v.add(d1, d2) for d1, d2 in zip(d[1], d[2], strict=True)],
                [v.sub(d2, d1) for d1, d2 in zip(d[1], d[2], strict=True)],
                [v.sub(d1, d3) for d1, d3 in zip(d[1], d[3], strict=True)],
            ]
            target = v.moved(planes, v.times(loop.index, 4 * LANES))
            for a, b, c, e in halves:
                (x0, x1), (x2, x3) = v.parted(a, b), v.parted(c, e)
                for value in (v.sub(x0, x2), v.add(x1, x2), v.sub(x2, x1), v.sub(x1, x3)):
                    v.store(value, target)
                    target = v.moved(target, plane_stride)

    @intrinsic
    def rows(
        typing_context: Any,
        planes: Any,
        plane_stride: Any,
        places: Any,
        steps: Any,
        channel: Any,
        first: Any,
        width: Any,
        tiles: Any,
    ) -> Any:
        return instruction(8, write)

    return rows


def _output_rows(parts: int) -> Any:
    """As transform_products, below, of so many lines of tiles at once.

    Returns 0, or NaN if a number is not finite.
    """
    columns = 2 * LANES // parts

    def write(
        v: Vectors,
        planes: Any,
        plane_stride: Any,
        places: Any,
        steps: Any,
        channel: Any,
        bias: Any,
        width: Any,
    ) -> Any:
        rows = []
        for number in range(2 * parts):
            place, step = [v.number(v.moved(x, 8 * number), INT) for x in (places, steps)]
            rows.append(v.moved(place, v.times(step, channel)))
        shift = v.filled(v.number(bias))
        check = v.variable(ZEROS)

        def store(vector: Any, row: Any, column: Any) -> None:
            mask = v.mask(column, width)
            v.store(vector, v.moved(row, v.times(column, 4)), mask)
            kept = v.builder.select(mask, vector, ZEROS)
            v.builder.store(v.fma(kept, ZEROS, v.builder.load(check)), check)

        vectors = v.builder.sdiv(v.moved(width, 2 * LANES - 1), INT(2 * LANES))
        with v.range(vectors if parts == 1 else INT(1)) as loop:
            source = v.moved(planes, v.times(loop.index, 4 * LANES))
            m = [v.load(v.moved(source, v.times(plane_stride, i))) for i in range(16)]
            upper = [v.add(v.add(m[j], m[4 + j]), m[8 + j]) for j in range(4)]
            lower = [v.sub(v.sub(m[4 + j], m[8 + j]), m[12 + j]) for j in range(4)]
            for row, (q0, q1, q2, q3) in enumerate((upper, lower)):
                even = v.add(v.add(v.add(q0, q1), q2), shift)
                odd = v.add(v.sub(v.sub(q1, q2), q3), shift)
                for half, vector in enumerate(v.interleaved(even, odd)):
                    if parts == 1:
                        column = v.moved(v.times(loop.index, 2 * LANES), half * LANES)
                        store(vector, rows[row], column)
                    else:
                        for line in range(parts // 2):
                            target = rows[2 * (half * parts // 2 + line) + row]
                            store(vector, target, INT(-line * columns))
        return v.sum(v.builder.load(check))

    @intrinsic
    def rows(
        typing_context: Any,
        planes: Any,
        plane_stride: Any,
        places: Any,
        steps: Any,
        channel: Any,
        bias: Any,
        width: Any,
    ) -> Any:
        return instruction(7, write, types.float32)

    return rows


_input_rows_1, _input_rows_2, _input_rows_4, _input_rows_8 = [_input_rows(n) for n in (1, 2, 4, 8)]
_output_rows_1, _output_rows_2, _output_rows_4, _output_rows_8 = [
    _output_rows(n) for n in (1, 2, 4, 8)
]


@intrinsic
def _grad_tile(
    typing_context: Any,
    planes: Any,
    plane_stride: Any,
    corner0: Any,
    corner1: Any,
    corner2: Any,
    corner3: Any,
    count: Any,
) -> Any:
    """A d A^T of one tile of 2 x 2 positions, of ``count`` channels (a multiple of LANES) that lie
    side by side.
    """

    def write(
        v: Vectors,
        planes: Any,
        plane_stride: Any,
        corner0: Any,
        corner1: Any,
        corner2: Any,
        corner3: Any,
        count: Any,
    ) -> None:
        with v.range(v.builder.sdiv(count, INT(LANES))) as loop:
            bytes = v.times(loop.index, 4 * LANES)
            a, b, c, d = [v.load(v.moved(x, bytes)) for x in (corner0, corner1, corner2, corner3)]
            target = v.moved(planes, bytes)
            rows = (a, b), (v.add(a, c), v.add(b, d)), (v.sub(a, c), v.sub(b, d)), (c, d)
            for x, y in rows:
                for value in (x, v.add(x, y), v.sub(x, y), y):
                    v.store(value, target)
                    target = v.moved(target, plane_stride)

    return instruction(7, write)


# -------------------------------------------------------------------------------------- kernels


@kernel
def find_rows(
    places: Any,
    steps: Any,
    images: Any,
    spare: int,
    first: int,
    last: int,
    lines: int,
    top: int,
) -> None:
    """Where rows stand in the memory of ``images``, for each line of tiles from ``first`` to
    ``last``, each ``lines`` of which are an image: its first channel's, and the step to the next.

    Rows above and below the image, and those of lines after the last, are at ``spare``.

    Args:
        places, steps: (lines, rows of a tile); in bytes.
        top: the row at which the first tile begins.
    """
    _, _, height, width = images.shape
    for line in range(len(places)):
        image, y = (first + line) // lines, 2 * ((first + line) % lines) + top
        for row in range(places.shape[1]):
            exists = first + line < last and 0 <= y + row < height
            places[line, row] = images[image, 0, y + row].ctypes.data if exists else spare
            steps[line, row] = 4 * height * width if exists else 0


@kernel
def transform_inputs(
    planes: int,
    plane_size: int,
    stride: int,
    places: Any,
    steps: Any,
    channels: int,
    width: int,
    left: int,
    tiles: int,
    slots: int,
    parts: int,
) -> None:
    """B^T d B of some lines of tiles, each 4 x 4 numbers of four rows, two columns apart.

    planes[plane][c * stride + line * slots + t] is that of channel c and tile t. The first tile of
    a line begins at column ``left``; what lies outside range(width) is zero.

    Args:
        places, steps: see ``find_rows``.
        parts: lines that are transformed at once, in ``slots`` lanes each. With one line, slots are
            tiles, and up to LANES - 1 numbers beyond the last tile are written.
    """
    for channel in range(channels):
        target = planes + 4 * channel * stride
        for line in range(0, len(places), parts):
            rows, row_steps = places[line].ctypes.data, steps[line].ctypes.data
            size = 4 * plane_size
            if parts == 1:
                _input_rows_1(target, size, rows, row_steps, channel, left, width, tiles)
            elif parts == 2:
                _input_rows_2(target, size, rows, row_steps, channel, left, width, tiles)
            elif parts == 4:
                _input_rows_4(target, size, rows, row_steps, channel, left, width, tiles)
            else:
                _input_rows_8(target, size, rows, row_steps, channel, left, width, tiles)
            target += 4 * parts * slots


@kernel
def transform_products(
    is_finite: Any,
    planes: int,
    plane_size: int,
    stride: int,
    places: Any,
    steps: Any,
    start: Any,
    width: int,
    slots: int,
    parts: int,
    first: int,
    lines: int,
) -> None:
    """A^T m A + start, the opposite of transform_inputs: of each tile, 2 x 2 numbers in two rows.

    ``is_finite`` of an image becomes False where its output, or one beside it, is not.
    """
    for channel in range(len(start)):
        source, bias = planes + 4 * channel * stride, start[channel:].ctypes.data
        for line in range(0, len(places), parts):
            rows, row_steps = places[line].ctypes.data, steps[line].ctypes.data
            size = 4 * plane_size
            if parts == 1:
                rest = _output_rows_1(source, size, rows, row_steps, channel, bias, width)
            elif parts == 2:
                rest = _output_rows_2(source, size, rows, row_steps, channel, bias, width)
            elif parts == 4:
                rest = _output_rows_4(source, size, rows, row_steps, channel, bias, width)
            else:
                rest = _output_rows_8(source, size, rows, row_steps, channel, bias, width)
            if rest != 0:
                is_finite[(first + line) // lines : (first + line + parts - 1) // lines + 1] = False
            source += 4 * parts * slots


@kernel
def transform_grads(
    planes: int,
    plane_size: int,
    grad: Any,
    top: int,
    bottom: int,
    positions: int,
    zeros: int,
    first: int,
    last: int,
    lines: int,
    slots: int,
) -> None:
    """A d A^T of the tiles in some lines, each ``lines`` of which are an image.

    planes[plane][(line * slots + t) * kept + m] is that of channel top + m and tile t, with kept =
    bottom - top; beyond the last tile of a line it is zero. At ``positions`` room for two lines of
    all channels, at ``zeros`` one of channels.
    """
    channels, height, width = grad.shape[1:]
    kept = bottom - top
    for line in range(first, last):
        image, y = line // lines, 2 * (line % lines)
        has_second = y + 1 < height
        transpose(
            positions,
            4 * kept,
            grad[image, top, y].ctypes.data,
            4 * height * width,
            channels - top,
            2 * width if has_second else width,
            kept,
        )
        for tile in range(slots):
            corner = positions + 4 * kept * 2 * tile
            below = corner + 4 * kept * width
            has_left, has_right = 2 * tile < width, 2 * tile + 1 < width
            _grad_tile(
                planes + 4 * kept * ((line - first) * slots + tile),
                4 * plane_size,
                corner if has_left else zeros,
                corner + 4 * kept if has_right else zeros,
                below if has_second and has_left else zeros,
                below + 4 * kept if has_second and has_right else zeros,
                kept,
            )


depends_on_instructions(transform_inputs, transform_products, transform_grads)
