"""The transforms of weights in Winograd's convolution, of LANES windows at a time.

See winograd.py for the formulas, winograd_transforms.py for the other transforms.

Mirrors nothing in torch; aten/src/ATen/native/cpu/DepthwiseConvKernel.cpp has such transforms.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import kernel, prange
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


depends_on_instructions(transform_weights, weights_from_tiles)
