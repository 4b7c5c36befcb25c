"""The inputs under every position of a window as the columns of a matrix, for convolutions.

``unfold`` (im2col.py) shows users such columns; these lie in memory as the products want them, many
images side by side.

Mirrors aten/src/ATen/native/im2col.h.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from minitorch._jit import kernel
from minitorch.native.dispatch_stub import DispatchStub

Ints = tuple[int, ...]


# ------------------------------------------------------------------------------------- kernels

# A padded image lies flat in memory, so the input under tap k at position o stands at
# start[o] + offset[k]. Positions that follow each other in memory form a run.
#
# These kernels are not parallel: the loop over the images that calls them is.


@DispatchStub
@kernel
def im2col(columns: Any, padded: Any, starts: Any, offsets: Any, length: int, stride: int) -> None:
    """columns[c, k, b, r, i] = padded[b, c, starts[r] + offsets[k] + i * stride] for i < length.

    Shape: columns (C, taps, B, runs, >= length), the rest of which becomes zero; padded (B, C, *).
    """
    channels, taps, images, runs, _ = columns.shape
    for channel in range(channels):
        for tap in range(taps):
            for image in range(images):
                for run in range(runs):
                    column = columns[channel, tap, image, run]
                    source = padded[image, channel, starts[run] + offsets[tap] :]
                    for i in range(length):
                        column[i] = source[i * stride]
                    column[length:] = 0


@DispatchStub
@kernel
def col2im(padded: Any, columns: Any, starts: Any, offsets: Any, length: int, stride: int) -> None:
    """Add each column back to the place that im2col takes it from; overwrites ``padded``."""
    channels, taps, images, runs, _ = columns.shape
    for image in range(images):
        for channel in range(channels):
            padded[image, channel] = 0
            for tap in range(taps):
                for run in range(runs):
                    column = columns[channel, tap, image, run]
                    target = padded[image, channel, starts[run] + offsets[tap] :]
                    for i in range(length):
                        target[i * stride] += column[i]


# --------------------------------------------------------------------------- where the window goes


class Window(NamedTuple):
    """How the window of a convolution moves, a number for each dimension."""

    stride: Ints
    padding: Ints
    dilation: Ints
    groups: int

    def positions(self, size: Ints, taps: Ints) -> Ints:
        """How many places a window of ``taps`` visits in an image of ``size``."""
        options = zip(size, taps, self.stride, self.padding, self.dilation, strict=True)
        return tuple([(n + 2 * p - (d * (k - 1) + 1)) // s + 1 for n, k, s, p, d in options])


@lru_cache(maxsize=512)
def output_shape(input_shape: Ints, weight_shape: Ints, window: Window) -> Ints:
    positions = window.positions(input_shape[2:], weight_shape[2:])
    return input_shape[0], weight_shape[0], *positions


class Layout(NamedTuple):
    """What im2col and col2im need to know of a window in an image of a certain size."""

    window: Window
    size: Ints  # of the image
    padded: Ints
    positions: Ints
    framed: Ints
    """The positions as the columns hold them: the last dimension may be wider, so that all lines
    of a plane make one long run, which is copied faster than many short ones. What stands between
    the lines is left out of results, and zero in gradients."""
    starts: Any
    offsets: Any
    length: int
    is_a_point: bool  # a 1x1 window: the columns are the image as it is

    @property
    def interior(self) -> tuple[Any, ...]:
        """The index of the image in the padded image."""
        sizes = zip(self.size, self.window.padding, strict=True)
        return (..., *[slice(p, p + n) for n, p in sizes])


@lru_cache(maxsize=512)
def layout_of(size: Ints, taps: Ints, window: Window) -> Layout:
    positions = window.positions(size, taps)
    padded = tuple([n + 2 * p for n, p in zip(size, window.padding, strict=True)])
    steps = [math.prod(padded[dim + 1 :]) for dim in range(len(padded))]
    offsets = _grid(taps, [d * step for d, step in zip(window.dilation, steps, strict=True)])
    # One run per plane (or volume) computes the products for a frame of padding, too. Worth it
    # until that is a third more: copying lines of 14 took twice as long as planes of 14 x 16.
    width = padded[-1]
    whole_planes = len(size) > 1 and window.stride[-2:] == (1, 1) and 3 * width <= 4 * positions[-1]
    if whole_planes:
        outer, framed = len(size) - 2, positions[:-1] + (width,)
        length = (positions[-2] - 1) * width + positions[-1]
    else:
        outer, framed = len(size) - 1, positions
        length = positions[-1]
    starts = _grid(
        positions[:outer], [s * step for s, step in zip(window.stride, steps, strict=True)][:outer]
    )
    is_a_point = set(taps) == set(window.stride) == {1} and set(window.padding) == {0}
    return Layout(window, size, padded, positions, framed, starts, offsets, length, is_a_point)


def _grid(counts: Sequence[int], steps: Sequence[int]) -> Any:
    """i * steps[0] + j * steps[1] + ... for all i < counts[0], j < counts[1], ..."""
    total = np.zeros(1, np.int64)
    for count, step in zip(counts, steps, strict=True):
        total = np.add.outer(total, np.arange(count) * step).reshape(-1)
    return total
