"""Convolutions so small that finding and packing things would take longer than computing them.

These are the definition: a sum over channels and taps for each position. A window of 3 x 3 over two
channels of 4 x 4 takes 1 us, where the kernels for large images need 20 to get ready.

Mirrors nothing in torch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel
from minitorch.native.convolution_columns import Ints, Window, output_shape

_NO_BIAS = np.empty(0, np.float32)


@kernel
def sums_over_taps(
    out: Any,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> None:
    """out[n, m, y, x] = bias[m] + the sum over c, i, j of weight[m, c, i, j] * input[n, c, ...]."""
    count, rows, lines, length = out.shape
    _, columns, taps_y, taps_x = weight.shape
    height, width = input.shape[2:]
    for n in range(count):
        for m in range(rows):
            first_channel = m // (rows // groups) * columns
            for y in range(lines):
                for x in range(length):
                    total = float(bias[m]) if len(bias) else 0.0
                    for i in range(taps_y):
                        line = y * stride[0] - padding[0] + i * dilation[0]
                        if 0 <= line < height:
                            for j in range(taps_x):
                                column = x * stride[1] - padding[1] + j * dilation[1]
                                if 0 <= column < width:
                                    for c in range(columns):
                                        number = input[n, first_channel + c, line, column]
                                        total += weight[m, c, i, j] * number
                    out[n, m, y, x] = total


@kernel
def spread_over_taps(
    out: Any,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> None:
    """Every input is multiplied by the window and added to the outputs under it."""
    count, rows, lines, length = input.shape
    _, columns, taps_y, taps_x = weight.shape
    channels, height, width = out.shape[1:]
    for n in range(count):
        for c in range(channels):
            out[n, c] = bias[c] if len(bias) else 0
        for m in range(rows):
            first_channel = m // (rows // groups) * columns
            for y in range(lines):
                for x in range(length):
                    number = input[n, m, y, x]
                    for i in range(taps_y):
                        line = y * stride[0] - padding[0] + i * dilation[0]
                        if 0 <= line < height:
                            for j in range(taps_x):
                                column = x * stride[1] - padding[1] + j * dilation[1]
                                if 0 <= column < width:
                                    for c in range(columns):
                                        term = weight[m, c, i, j] * number
                                        out[n, first_channel + c, line, column] += term


@kernel
def sums_over_positions(
    out: Any, input: Any, grad: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> None:
    """out[m, c, i, j] = the sum over n, y, x of grad[n, m, y, x] * input[n, c, ...]."""
    count, rows, lines, length = grad.shape
    _, columns, taps_y, taps_x = out.shape
    height, width = input.shape[2:]
    for m in range(rows):
        first_channel = m // (rows // groups) * columns
        for c in range(columns):
            for i in range(taps_y):
                for j in range(taps_x):
                    total = 0.0
                    for n in range(count):
                        for y in range(lines):
                            line = y * stride[0] - padding[0] + i * dilation[0]
                            if 0 <= line < height:
                                for x in range(length):
                                    column = x * stride[1] - padding[1] + j * dilation[1]
                                    if 0 <= column < width:
                                        number = input[n, first_channel + c, line, column]
                                        total += grad[n, m, y, x] * number
                    out[m, c, i, j] = total


def convolve(input: Any, weight: Any, bias: Any, window: Window) -> Any:
    """weight * input + bias: as ``convolve`` of convolution_mm.py."""
    out = np.empty(output_shape(input.shape, weight.shape, window), np.float32)
    sums_over_taps(out, input, weight, _NO_BIAS if bias is None else bias, *window)
    return out


def spread(input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
    """The gradient of a convolution's input: as ``spread`` of convolution_mm.py."""
    out = np.empty((len(input), weight.shape[1] * window.groups, *size), np.float32)
    spread_over_taps(out, input, weight, _NO_BIAS if bias is None else bias, *window)
    return out


def correlate(input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
    """The gradient of the weight: as ``correlate`` of convolution_mm.py."""
    out = np.empty(weight_shape, np.float32)
    sums_over_positions(out, input, grad, *window)
    return out
