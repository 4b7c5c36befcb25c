"""Where the numbers of a convolution lie, for kernels that compute it without columns.

Such a kernel reads the image through a *frame*: a copy with zeros around it, all lines of a channel
one after the other. There the number under tap k at position o stands at ``o + offset[k]``, so that
the output of one channel, a long run of positions, is a sum of shifted runs:

    out[m, o] = sum over c, k of weight[m, c, k] * frame[c][o + offset[k]]

- A window with a stride reads every other number: the frame holds one *plane* for each remainder
  that its taps meet, and in a plane the numbers that a tap meets lie side by side again.
- The gradient of the input is such a sum, too, over a frame of the output's gradient, with the taps
  turned around. With a stride each remainder of the input's positions meets taps of its own: a
  *part* of the output for each.

Mirrors nothing in torch: oneDNN generates machine code for every shape instead.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minitorch.native.convolution_columns import Ints, Window


class Plan(NamedTuple):
    """All numbers that a kernel needs. Offsets are in bytes."""

    planes: Any
    """(planes, 2): the image's line and column at which the plane begins; may be negative."""
    steps: Ints
    """From a line and a column of a plane to the next, in the image."""
    frame: Ints
    """Lines and columns of a plane."""
    parts: Any
    """(parts, 8): first tap, number of taps; first line and column of the output, number of lines
    and of columns; where the first position stands in the frame; where the offsets begin."""
    out_steps: Ints
    """From a line and a column of a part to the next, in the output."""
    taps: Any
    """The weight's taps in the order of the parts."""
    offsets: Any
    """For each part: (channels, taps)."""
    run: int
    """Positions of the longest part, those between its lines included."""
    reads_image: bool
    """The image is its own frame."""
    writes_out: bool
    """The run is what the output holds."""


class _Axis(NamedTuple):
    """One dimension of a plan."""

    step: int
    planes: list[int]  # where they begin in the image
    need: int  # numbers in a plane that are read
    parts: list[tuple[int, int, int, list[tuple[int, int, int]]]]
    """First output, number of outputs, first number in the frame; (tap, plane, shift)."""


def _forward(size: int, taps: int, stride: int, padding: int, dilation: int) -> _Axis:
    extent = dilation * (taps - 1)
    count = (size + 2 * padding - extent - 1) // stride + 1
    remainders = sorted({dilation * tap % stride for tap in range(taps)})
    shifts = [
        (tap, remainders.index(dilation * tap % stride), dilation * tap // stride)
        for tap in range(taps)
    ]
    need = count + extent // stride
    return _Axis(stride, [r - padding for r in remainders], need, [(0, count, 0, shifts)])


def _backward(size: int, taps: int, stride: int, padding: int, dilation: int) -> _Axis:
    """Of ``size`` inputs, from the gradient of the outputs."""
    parts = []
    for remainder in range(stride):
        first = (remainder - padding) % stride  # of the inputs that meet these taps
        if first < size:
            shifts = [
                (tap, 0, -(dilation * tap // stride))
                for tap in range(taps)
                if dilation * tap % stride == remainder
            ]
            count = (size - 1 - first) // stride + 1
            parts.append((first, count, (first + padding - remainder) // stride, shifts))
    ends = [
        (start + shift, start + count + shift)
        for _, count, start, shifts in parts
        for _, _, shift in shifts
    ]
    lowest = min([low for low, _ in ends], default=0)
    need = max([high for _, high in ends], default=1) - lowest
    parts = [(first, count, start - lowest, shifts) for first, count, start, shifts in parts]
    return _Axis(1, [lowest], need, parts)


@lru_cache(maxsize=512)
def plan_of(
    is_forward: bool, size: Ints, source_size: Ints, taps: Ints, window: Window, channels: int
) -> Plan:
    """The plan of a convolution of images, or of its gradient.

    Args:
        size: of the convolution's input.
        source_size: of what is read: the input itself, or the gradient of the output.
        channels: of what is read, in a group.
    """
    axis = _forward if is_forward else _backward
    options = zip(size, taps, window.stride, window.padding, window.dilation, strict=True)
    y, x = [axis(*option) for option in options]
    left = max(0, -max(x.planes))
    beyond = x.need - left - source_size[1]
    # Zeros at the left end of a line serve as those at the right end of the line above.
    widest = max([count for _, count, _, _ in x.parts])
    width = max(widest, x.need - max(0, min(left, beyond))) if x.step == 1 else x.need
    frame = y.need, width
    planes = np.array(list(itertools.product(y.planes, x.planes)), np.int64).reshape(-1, 2)
    area = y.need * width
    parts: list[Ints] = []
    tap_numbers: list[int] = []
    offsets: list[int] = []
    for (y0, lines, y_start, y_taps), (x0, columns, x_start, x_taps) in itertools.product(
        y.parts, x.parts
    ):
        pairs = list(itertools.product(y_taps, x_taps))
        start = 4 * (y_start * width + x_start)
        parts.append((len(tap_numbers), len(pairs), y0, x0, lines, columns, start, len(offsets)))
        tap_numbers += [i * taps[1] + j for (i, _, _), (j, _, _) in pairs]
        places = [
            (plane_y * len(x.planes) + plane_x) * area + shift_y * width + shift_x
            for (_, plane_y, shift_y), (_, plane_x, shift_x) in pairs
        ]
        offsets += [
            4 * (c * len(planes) * area + place) for c in range(channels) for place in places
        ]
    runs = [(lines - 1) * width + columns for _, _, _, _, lines, columns, _, _ in parts]
    is_whole = len(parts) == 1 and (parts[0][4] == 1 or parts[0][5] == width)
    return Plan(
        planes,
        (y.step, x.step),
        frame,
        np.array(parts, np.int64),
        (1, 1) if is_forward else window.stride,
        np.array(tap_numbers, np.int64),
        np.array(offsets, np.int64),
        max(runs),
        len(planes) == 1
        and not planes.any()
        and (y.step, x.step) == (1, 1)
        and frame == source_size,
        is_whole and (is_forward or window.stride == (1, 1)),
    )
