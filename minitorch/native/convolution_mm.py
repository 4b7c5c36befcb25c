"""The three products of a convolution: the output, and the gradients of input and weight.

Mirrors aten/src/ATen/native/ConvolutionMM2d.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from minitorch.native.convolution_columns import Ints, Layout, Window, col2im, im2col, layout_of
from minitorch.native.cpu_blas import gemm
from minitorch.native.dispatch_stub import DispatchStub

# As many images share one product as their columns have about this many elements together. Fewer,
# and calls cost more than the work; more, and the columns leave the cache before the product reads
# them. 2 ** 19 to 2 ** 21 differ by less than 10 %.
ELEMENTS_PER_PRODUCT = 2**20


def _batches(images: int, rows: int, layout: Layout) -> Iterator[slice]:
    """All images, in pieces of a size that suits one product.

    Args:
        rows: of the columns' matrix: channels times taps.
    """
    count = max(1, ELEMENTS_PER_PRODUCT // max(1, rows * math.prod(layout.framed)))
    for first in range(0, images, count):
        yield slice(first, min(first + count, images))


def _with_zeros_around(images: Any, size: Ints, before: Ints) -> Any:
    """A larger frame, with the images at ``before``. Only its border is written twice."""
    framed = np.empty_like(images, shape=(*images.shape[:2], *size), order="C")
    inside: list[Any] = [slice(None), slice(None)]
    for dim, (n, first) in enumerate(zip(images.shape[2:], before, strict=True), start=2):
        framed[(slice(None),) * dim + (slice(0, first),)] = 0
        framed[(slice(None),) * dim + (slice(first + n, None),)] = 0
        inside.append(slice(first, first + n))
    framed[tuple(inside)] = images
    return framed


def _columns(images: Any, taps: Ints, layout: Layout) -> Any:
    """The matrices (groups, C / groups * taps, B * positions) of the inputs under the window."""
    groups = layout.window.groups
    count, channels = images.shape[:2]
    if layout.is_a_point:
        return _channels_first(images, groups, layout)
    if layout.padded != layout.size:
        images = _with_zeros_around(images, layout.padded, layout.window.padding)
    runs = len(layout.starts)
    columns = np.empty_like(
        images,
        shape=(channels, math.prod(taps), count, runs, math.prod(layout.framed) // runs),
    )
    flat = images.reshape(count, channels, math.prod(layout.padded))
    stride = layout.window.stride[-1]
    im2col(columns, flat, layout.starts, layout.offsets, layout.length, stride)
    rows = channels // groups * math.prod(taps)
    return columns.reshape(groups, rows, count * math.prod(layout.framed))


def _channels_first(images: Any, groups: int, layout: Layout) -> Any:
    """(B, C, *positions) as matrices (groups, C / groups, B * framed positions)."""
    count, channels = images.shape[:2]
    matrix = images.swapaxes(0, 1)
    if layout.framed != layout.positions:
        matrix = _with_zeros_around(matrix, layout.framed, (0,) * len(layout.framed))
    return matrix.reshape(groups, channels // groups, count * math.prod(layout.framed))


@DispatchStub
def convolve(input: Any, weight: Any, bias: Any, window: Window) -> Any:
    """weight @ columns(input) + bias, batch by batch."""
    groups, out_channels, taps = window.groups, len(weight), weight.shape[2:]
    layout = layout_of(input.shape[2:], taps, window)
    matrices = weight.reshape(groups, out_channels // groups, math.prod(weight.shape[1:]))
    out = np.empty_like(input, shape=(len(input), out_channels, *layout.positions))
    rows = input.shape[1] * math.prod(taps)
    for batch in _batches(len(input), rows, layout):
        images = input[batch]
        product = gemm(matrices, _columns(images, taps, layout))
        if bias is not None:
            product += bias.reshape(groups, out_channels // groups, 1)
        product = product.reshape(out_channels, len(images), *layout.framed)
        out[batch] = product.swapaxes(0, 1)[..., : layout.positions[-1]]
    return out


@DispatchStub
def spread(input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
    """columns^T(weight^T @ input) + bias, batch by batch, into images of ``size``."""
    groups, in_channels, taps = window.groups, len(weight), weight.shape[2:]
    out_channels = weight.shape[1] * groups
    layout = layout_of(size, taps, window)
    matrices = weight.reshape(groups, in_channels // groups, math.prod(weight.shape[1:]))
    out = np.empty_like(input, shape=(len(input), out_channels, *size))
    runs = len(layout.starts)
    run_length = math.prod(layout.framed) // runs if runs else 0

    rows = out_channels * math.prod(taps)
    for batch in _batches(len(input), rows, layout):
        images = input[batch]
        columns = gemm(matrices.swapaxes(1, 2), _channels_first(images, groups, layout))
        if layout.is_a_point:
            out[batch] = columns.reshape(out_channels, len(images), *size).swapaxes(0, 1)
        else:
            shape = out_channels, math.prod(taps), len(images), runs, run_length
            padded = np.empty_like(input, shape=(len(images), out_channels, *layout.padded))
            flat = padded.reshape(len(images), out_channels, math.prod(layout.padded))
            col2im(
                flat,
                columns.reshape(shape),
                layout.starts,
                layout.offsets,
                layout.length,
                window.stride[-1],
            )
            out[batch] = padded[layout.interior]
        if bias is not None:
            out[batch] += bias.reshape(out_channels, *[1] * len(size))
    return out


def spread_in_half(input: Any, weight: Any, window: Window, size: Ints) -> Any:
    """``spread`` without padding and bias, with every sum rounded to half precision."""
    dtype, taps, positions = input.dtype, weight.shape[2:], input.shape[2:]
    groups, width = window.groups, weight.shape[1]
    matrices = weight.astype(np.float32).reshape(groups, len(weight) // groups, -1)
    images = input.astype(np.float32).swapaxes(0, 1).reshape(groups, len(weight) // groups, -1)
    columns = (matrices.swapaxes(1, 2) @ images).astype(dtype)
    columns = columns.reshape(groups, width, math.prod(taps), len(input), *positions)
    out = np.zeros_like(input, shape=(groups, width, len(input), *size))
    for number, tap in enumerate(np.ndindex(*taps)):
        place: list[Any] = [...]
        for k, d, s, n in zip(tap, window.dilation, window.stride, positions, strict=True):
            place.append(slice(k * d, k * d + s * (n - 1) + 1, s))
        out[tuple(place)] += columns[:, :, number]
    return out.reshape(groups * width, len(input), *size).swapaxes(0, 1)


@DispatchStub
def correlate(input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
    """grad @ columns(input)^T, summed over the batches.

    BLAS computes the transposed product, columns @ grad^T, a quarter faster.
    """
    groups, out_channels, taps = window.groups, weight_shape[0], weight_shape[2:]
    layout = layout_of(input.shape[2:], taps, window)
    rows = math.prod(weight_shape[1:])
    total = np.zeros_like(input, shape=(groups, rows, out_channels // groups))
    for batch in _batches(len(input), rows * groups, layout):
        columns = _columns(input[batch], taps, layout)
        total += gemm(columns, _channels_first(grad[batch], groups, layout).swapaxes(1, 2))
    return np.ascontiguousarray(total.swapaxes(1, 2)).reshape(weight_shape)


@DispatchStub
def channel_sums(grad: Any) -> Any:
    """The gradient of the bias: all that is added to a channel. Takes tensors, too."""
    # The long, contiguous dimension first: there NumPy sums in pairs, exactly and fast.
    samples, channels = grad.shape[:2]
    return grad.reshape(samples, channels, math.prod(grad.shape[2:])).sum(axis=2).sum(axis=0)
