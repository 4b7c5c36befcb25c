"""The transforms of Winograd's convolution, of LANES tiles at a time.

LLVM does not vectorise them: they read every other number and write to 16 places. Addresses and
strides are in bytes, as in register_tiles.py; winograd.py has the formulas.

A *plane* holds element (i, j) of all tiles' 4 x 4; its number is 4 i + j.

Mirrors nothing in torch; aten/src/ATen/native/cpu/DepthwiseConvKernel.cpp has such transforms.
"""

from __future__ import annotations

from typing import Any

from numba.core import types

from minitorch._jit import kernel, prange
from minitorch.native.cpu.register_tiles import transpose
from minitorch.native.cpu.vector_instructions import (
    INT,
    LANES,
    ZEROS,
    Vectors,
    depends_on_instructions,
    instruction,
    intrinsic,
)

# --------------------------------------------------------------------------------- instructions


@intrinsic
def _input_row(
    typing_context: Any,
    planes: Any,
    plane_stride: Any,
    row0: Any,
    row1: Any,
    row2: Any,
    row3: Any,
    first: Any,
    width: Any,
    tiles: Any,
) -> Any:
    """B^T d B of a row of tiles, each 4 x 4 numbers of four rows, two columns apart.

    The first tile begins at column ``first``; what lies outside range(width) is zero. Number (i, j)
    of all tiles goes to plane 4 i + j. Writes up to LANES - 1 numbers beyond the last tile.
    """

    def write(
        v: Vectors,
        planes: Any,
        plane_stride: Any,
        row0: Any,
        row1: Any,
        row2: Any,
        row3: Any,
        first: Any,
        width: Any,
        tiles: Any,
    ) -> None:
        steps = v.builder.sdiv(v.moved(tiles, LANES - 1), INT(LANES))
        with v.range(steps) as loop:
            column = v.moved(first, v.times(loop.index, 2 * LANES))
            starts = [v.moved(column, n) for n in (0, LANES, 2, LANES + 2)]
            masks = [v.mask(start, width) for start in starts]
            d = [
                [
                    v.load(v.moved(row, v.times(start, 4)), mask)
                    for start, mask in zip(starts, masks, strict=True)
                ]
                for row in (row0, row1, row2, row3)
            ]
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

    return instruction(9, write)


@intrinsic
def _output_row(
    typing_context: Any,
    row0: Any,
    row1: Any,
    planes: Any,
    plane_stride: Any,
    bias: Any,
    width: Any,
) -> Any:
    """A^T m A + bias of a row of tiles: two rows of ``width`` numbers.

    Returns 0, or NaN if one of them is not finite.
    """

    def write(
        v: Vectors,
        row0: Any,
        row1: Any,
        planes: Any,
        plane_stride: Any,
        bias: Any,
        width: Any,
    ) -> Any:
        shift = v.filled(v.number(bias))
        check = v.variable(ZEROS)
        steps = v.builder.sdiv(v.moved(width, 2 * LANES - 1), INT(2 * LANES))
        with v.range(steps) as loop:
            source = v.moved(planes, v.times(loop.index, 4 * LANES))
            m = [v.load(v.moved(source, v.times(plane_stride, i))) for i in range(16)]
            upper = [v.add(v.add(m[j], m[4 + j]), m[8 + j]) for j in range(4)]
            lower = [v.sub(v.sub(m[4 + j], m[8 + j]), m[12 + j]) for j in range(4)]
            first = v.times(loop.index, 2 * LANES)
            for row, (q0, q1, q2, q3) in ((row0, upper), (row1, lower)):
                even = v.add(v.add(v.add(q0, q1), q2), shift)
                odd = v.add(v.sub(v.sub(q1, q2), q3), shift)
                for half, vector in enumerate(v.interleaved(even, odd)):
                    column = v.moved(first, half * LANES)
                    mask = v.mask(column, width)
                    v.store(vector, v.moved(row, v.times(column, 4)), mask)
                    kept = v.builder.select(mask, vector, ZEROS)
                    v.builder.store(v.fma(kept, ZEROS, v.builder.load(check)), check)
        return v.sum(v.builder.load(check))

    return instruction(6, write, types.float32)


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


@intrinsic
def _weight_tile(
    typing_context: Any,
    planes: Any,
    plane_stride: Any,
    weight: Any,
    stride: Any,
    rows: Any,
    turned: Any,
) -> Any:
    """G g G^T of LANES windows ``stride`` bytes apart, the first ``rows`` of which exist;
    ``turned`` is 0, or 1 for windows turned by 180 degrees.
    """

    def write(
        v: Vectors,
        planes: Any,
        plane_stride: Any,
        weight: Any,
        stride: Any,
        rows: Any,
        turned: Any,
    ) -> None:
        half = v.constant(0.5)
        lines = v.transposed(v.lines(weight, stride, rows, INT(9)))
        if LANES < 9:
            lines += v.transposed(v.lines(v.moved(weight, 4 * LANES), stride, rows, INT(1)))
        g = [v.builder.select(v.is_true(turned), lines[8 - tap], lines[tap]) for tap in range(9)]

        def spread(first: Any, middle: Any, last: Any) -> tuple[Any, Any, Any, Any]:
            ends, middle = v.mul(half, v.add(first, last)), v.mul(half, middle)
            return first, v.add(ends, middle), v.sub(ends, middle), last

        columns = [spread(g[j], g[3 + j], g[6 + j]) for j in range(3)]
        for row in zip(*columns, strict=True):
            for value in spread(*row):
                v.store(value, planes)
                planes = v.moved(planes, plane_stride)

    return instruction(6, write)


@intrinsic
def _weight_grad_tile(
    typing_context: Any,
    weight: Any,
    stride: Any,
    planes: Any,
    plane_stride: Any,
    rows: Any,
) -> Any:
    """G^T s G of LANES windows that lie side by side: the opposite of _weight_tile."""

    def write(
        v: Vectors, weight: Any, stride: Any, planes: Any, plane_stride: Any, rows: Any
    ) -> None:
        half = v.constant(0.5)

        def gathered(first: Any, a: Any, b: Any, last: Any) -> tuple[Any, Any, Any]:
            sum, difference = v.mul(half, v.add(a, b)), v.mul(half, v.sub(a, b))
            # _grad_tile leaves out the sign of the last row and column.
            return v.add(first, sum), difference, v.sub(sum, last)

        s = [v.load(v.moved(planes, v.times(plane_stride, plane))) for plane in range(16)]
        columns = [gathered(*s[j::4]) for j in range(4)]
        taps = [value for row in zip(*columns, strict=True) for value in gathered(*row)]
        # Through memory, the loads would wait for all stores before them: 5 times as long.
        for first in range(0, 9, LANES):
            lines = taps[first : first + LANES]
            mask = v.mask(INT(0), INT(len(lines)))
            lines = v.transposed(lines + [ZEROS] * (LANES - len(lines)))
            for row, line in enumerate(lines):
                with v.when(v.builder.icmp_signed("<", INT(row), rows)):
                    v.store(line, v.moved(weight, v.times(stride, row), 4 * first), mask)

    return instruction(5, write)


# -------------------------------------------------------------------------------------- kernels


@kernel(parallel=True)
def transform_weights(
    packed: Any,
    weight: Any,
    rows: int,
    columns: int,
    row_stride: int,
    column_stride: int,
    turned: bool,
) -> None:
    """packed[plane, (m // LANES, c), m % LANES] = (G g G^T) of row m and column c.

    Args:
        packed: planes may be longer, so that they do not begin at the same place of the cache.
        weight: all its numbers in a line; the strides are those of a row and a column.
        turned: windows are turned by 180 degrees.
    """
    length = packed.shape[1]
    for block in prange((rows + LANES - 1) // LANES):
        for column in range(columns):
            start = block * LANES * row_stride + column * column_stride
            _weight_tile(
                packed[0, block * columns + column].ctypes.data,
                4 * LANES * length,
                weight[start:].ctypes.data,
                4 * row_stride,
                rows - block * LANES,
                1 if turned else 0,
            )


@kernel
def transform_inputs(
    planes: int,
    plane_size: int,
    stride: int,
    images: Any,
    zeros: int,
    first: int,
    last: int,
    lines: int,
    tiles: int,
    padding: Any,
) -> None:
    """B^T d B of the tiles in some lines of the output, each ``lines`` of which are an image.

    planes[plane][c * stride + t] is that of channel c and tile t. At ``zeros`` a line of them.
    """
    _, channels, height, width = images.shape
    pad_y, pad_x = padding
    line_bytes = 4 * width
    for channel in range(channels):
        # Not with / and %: they took a third of the time.
        image, y = first // lines, 2 * (first % lines) - pad_y
        for line in range(first, last):
            source = images[image, channel].ctypes.data + y * line_bytes
            _input_row(
                planes + 4 * (channel * stride + (line - first) * tiles),
                4 * plane_size,
                source if 0 <= y < height else zeros,
                source + line_bytes if 0 <= y + 1 < height else zeros,
                source + 2 * line_bytes if 0 <= y + 2 < height else zeros,
                source + 3 * line_bytes if 0 <= y + 3 < height else zeros,
                -pad_x,
                width,
                tiles,
            )
            y += 2
            if y == 2 * lines - pad_y:
                image, y = image + 1, -pad_y


@kernel
def transform_products(
    out: Any,
    is_finite: Any,
    planes: int,
    plane_size: int,
    stride: int,
    start: Any,
    spare: int,
    first: int,
    last: int,
    lines: int,
    tiles: int,
) -> None:
    """A^T m A + start, the opposite of transform_inputs. At ``spare`` room for a line.

    ``is_finite`` of an image becomes False where its output is not.
    """
    rows, height, width = out.shape[1:]
    for row in range(rows):
        image, y = first // lines, 2 * (first % lines)
        for line in range(first, last):
            target = out[image, row, y].ctypes.data
            rest = _output_row(
                target,
                target + 4 * width if y + 1 < height else spare,
                planes + 4 * (row * stride + (line - first) * tiles),
                4 * plane_size,
                start[row:].ctypes.data,
                width,
            )
            if rest != 0:
                is_finite[image] = False
            y += 2
            if y == 2 * lines:
                image, y = image + 1, 0


@kernel
def transform_grads(
    planes: int,
    plane_size: int,
    grad: Any,
    kept: int,
    positions: int,
    zeros: int,
    first: int,
    last: int,
    lines: int,
    tiles: int,
) -> None:
    """A d A^T of the tiles in some lines, each ``lines`` of which are an image.

    planes[plane][t * kept + m] is that of channel m and tile t. At ``positions`` room for two lines
    of all channels, at ``zeros`` one of channels.
    """
    rows, height, width = grad.shape[1:]
    for line in range(first, last):
        image, y = line // lines, 2 * (line % lines)
        has_second = y + 1 < height
        transpose(
            positions,
            4 * kept,
            grad[image, 0, y].ctypes.data,
            4 * height * width,
            rows,
            2 * width if has_second else width,
            kept,
        )
        for tile in range(tiles):
            corner = positions + 4 * kept * 2 * tile
            below = corner + 4 * kept * width
            has_right = 2 * tile + 1 < width
            _grad_tile(
                planes + 4 * kept * ((line - first) * tiles + tile),
                4 * plane_size,
                corner,
                corner + 4 * kept if has_right else zeros,
                below if has_second else zeros,
                below + 4 * kept if has_second and has_right else zeros,
                kept,
            )


@kernel(parallel=True)
def weights_from_tiles(out: Any, total: Any, size: int) -> None:
    """out[m, c] = G^T (the sum of total[thread, plane, c * size + m] over the threads) G.

    Overwrites ``total``. A line of a plane has ``size`` numbers; the plane may have more.
    """
    rows, channels = out.shape[:2]
    threads, _, plane_size = total.shape
    for channel in prange(channels):
        for row in range(0, rows, LANES):
            place = channel * size + row
            for thread in range(1, threads):
                for plane in range(16):
                    sums = total[0, plane, place : place + LANES]
                    sums += total[thread, plane, place : place + LANES]
            _weight_grad_tile(
                out[row, channel].ctypes.data,
                4 * 9 * channels,
                total[0, 0, place:].ctypes.data,
                4 * plane_size,
                rows - row,
            )


depends_on_instructions(transform_weights, transform_inputs, transform_products, weights_from_tiles)
