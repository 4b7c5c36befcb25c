"""Convolutions of one, two and three dimensions, and the transposed ones, by matrix products.

im2col copies the inputs under every position of the window into the columns of a matrix. The
convolution is then one product with the weight, and its derivatives are products too:

- output = weight @ columns(input)
- gradient of the input = columns^T(weight^T @ grad), where columns^T (col2im) adds every column
  back to the place it came from. This is also what a transposed convolution computes;
- gradient of the weight = grad @ columns(input)^T.

So each of the three is the derivative of the two others, to any order. Three dimensions are the
general case: fewer are lifted to three by spatial dimensions of size one.

Mirrors aten/src/ATen/native/{Convolution.cpp, ConvolutionMM2d.cpp, im2col.h}. Left out: dilations
and paddings per side, channels-last memory, complex numbers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native.dispatch_stub import DispatchStub

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
]

Triple = tuple[int, int, int]
IntOrTuple = int | Sequence[int]

# As many images share one product as have about this many output positions together. Fewer, and
# the product does not fill its blocks; more, and the columns no longer stay in the cache between
# im2col and the product (measured: 256 to 2048 differ by less than 15 %).
POSITIONS_PER_PRODUCT = 1024


# ------------------------------------------------------------------------------------- kernels


@DispatchStub
@kernel(parallel=True)
def im2col(columns: Any, input: Any, stride: Any, padding: Any, dilation: Any) -> None:
    """columns[c, k, b, o] = input[b, c, o * stride + k * dilation - padding], zero outside.

    Shape: columns (C, KD, KH, KW, B, OD, OH, OW), input (B, C, D, H, W); k, o and the three
    options stand for three numbers each.
    """
    depth, height, width = input.shape[2:]
    channels, taps_d, taps_h, taps_w, images, out_d, out_h, out_w = columns.shape
    for row in prange(channels * taps_d * taps_h * taps_w):
        kw = row % taps_w
        kh = row // taps_w % taps_h
        kd = row // (taps_w * taps_h) % taps_d
        channel = row // (taps_w * taps_h * taps_d)
        # Output columns from first to last see the input, those beside them the padding.
        shift = kw * dilation[2] - padding[2]
        first = min(max(0, -(shift // stride[2])), out_w)
        last = max(min((width - 1 - shift) // stride[2] + 1, out_w), first)
        for image in range(images):
            for od in range(out_d):
                d = od * stride[0] + kd * dilation[0] - padding[0]
                for oh in range(out_h):
                    h = oh * stride[1] + kh * dilation[1] - padding[1]
                    line = columns[channel, kd, kh, kw, image, od, oh]
                    if 0 <= d < depth and 0 <= h < height:
                        source = input[image, channel, d, h]
                        line[:first] = 0
                        for ow in range(first, last):
                            line[ow] = source[ow * stride[2] + shift]
                        line[last:] = 0
                    else:
                        line[:] = 0


@DispatchStub
@kernel(parallel=True)
def col2im(input: Any, columns: Any, stride: Any, padding: Any, dilation: Any) -> None:
    """input[b, c, o * stride + k * dilation - padding] = the sum of columns[c, k, b, o].

    The transposed map of ``im2col``, with the same shapes; it overwrites ``input``.
    """
    images, channels, depth, height, width = input.shape
    _, taps_d, taps_h, taps_w, _, out_d, out_h, out_w = columns.shape
    for plane in prange(images * channels):
        image = plane // channels
        channel = plane % channels
        target_plane = input[image, channel]
        target_plane[:] = 0
        for kd in range(taps_d):
            for kh in range(taps_h):
                for kw in range(taps_w):
                    shift = kw * dilation[2] - padding[2]
                    first = min(max(0, -(shift // stride[2])), out_w)
                    last = max(min((width - 1 - shift) // stride[2] + 1, out_w), first)
                    for od in range(out_d):
                        d = od * stride[0] + kd * dilation[0] - padding[0]
                        for oh in range(out_h):
                            h = oh * stride[1] + kh * dilation[1] - padding[1]
                            if 0 <= d < depth and 0 <= h < height:
                                line = columns[channel, kd, kh, kw, image, od, oh]
                                target = target_plane[d, h]
                                for ow in range(first, last):
                                    target[ow * stride[2] + shift] += line[ow]


# ---------------------------------------------------------------------------------- three products


class Window(NamedTuple):
    """How the window of a convolution moves, in three dimensions."""

    stride: Triple
    padding: Triple
    dilation: Triple
    groups: int

    def positions(self, size: Triple, taps: Triple) -> Triple:
        """How many places a window of ``taps`` visits in a volume of ``size``."""
        d, h, w = [
            (n + 2 * p - (e * (k - 1) + 1)) // s + 1
            for n, k, s, p, e in zip(
                size, taps, self.stride, self.padding, self.dilation, strict=True
            )
        ]
        return d, h, w

    def is_a_point(self, taps: Triple) -> bool:
        """The columns are the input as it is: a 1x1 convolution needs no im2col."""
        return taps == self.stride == (1, 1, 1) and self.padding == (0, 0, 0)


def _batches(images: int, positions: Triple) -> Iterator[slice]:
    """The images in pieces of a size that suits one product."""
    count = max(1, POSITIONS_PER_PRODUCT // max(1, math.prod(positions)))
    for start in range(0, images, count):
        yield slice(start, min(start + count, images))


def _channels_first(volume: Any, groups: int) -> Any:
    """(B, C, D, H, W) as matrices (groups, C / groups, B * D * H * W); a copy only if B > 1."""
    images, channels = volume.shape[:2]
    width = images * math.prod(volume.shape[2:])
    return volume.swapaxes(0, 1).reshape(groups, channels // groups, width)


def _columns(volume: Any, taps: Triple, window: Window) -> Any:
    """The matrices (groups, C / groups * taps, B * positions) of the inputs under the window."""
    if window.is_a_point(taps):
        return _channels_first(volume, window.groups)
    images, channels = volume.shape[:2]
    positions = window.positions(volume.shape[2:], taps)
    columns = np.empty_like(volume, shape=(channels, *taps, images, *positions))
    im2col(columns, volume, window.stride, window.padding, window.dilation)
    rows = channels // window.groups * math.prod(taps)
    return columns.reshape(window.groups, rows, images * math.prod(positions))


def _convolve(volume: Any, weight: Any, bias: Any, window: Window) -> Any:
    """weight @ columns(input) + bias, in batches."""
    groups, out_channels, taps = window.groups, len(weight), weight.shape[2:]
    positions = window.positions(volume.shape[2:], taps)
    matrices = weight.reshape(groups, out_channels // groups, math.prod(weight.shape[1:]))
    out = np.empty_like(volume, shape=(len(volume), out_channels, *positions))
    for batch in _batches(len(volume), positions):
        images = volume[batch]
        product = matrices @ _columns(images, taps, window)
        product = product.reshape(out_channels, len(images), *positions)
        if bias is not None:
            product += bias.reshape(out_channels, 1, 1, 1, 1)
        out[batch] = product.swapaxes(0, 1)
    return out


def _spread(volume: Any, weight: Any, bias: Any, window: Window, size: Triple) -> Any:
    """columns^T(weight^T @ input) + bias, in batches, into volumes of ``size``."""
    groups, in_channels, taps = window.groups, len(weight), weight.shape[2:]
    out_channels = weight.shape[1] * groups
    matrices = weight.reshape(groups, in_channels // groups, math.prod(weight.shape[1:]))
    out = np.empty_like(volume, shape=(len(volume), out_channels, *size))
    for batch in _batches(len(volume), volume.shape[2:]):
        images = volume[batch]
        columns = matrices.swapaxes(1, 2) @ _channels_first(images, groups)
        if window.is_a_point(taps):
            out[batch] = columns.reshape(out_channels, len(images), *size).swapaxes(0, 1)
        else:
            columns = columns.reshape(out_channels, *taps, len(images), *images.shape[2:])
            col2im(out[batch], columns, window.stride, window.padding, window.dilation)
        if bias is not None:
            out[batch] += bias.reshape(out_channels, 1, 1, 1)
    return out


def _correlate(volume: Any, grad: Any, weight_shape: tuple[int, ...], window: Window) -> Any:
    """grad @ columns(input)^T, summed over the batches."""
    groups, out_channels, taps = window.groups, weight_shape[0], weight_shape[2:]
    rows = math.prod(weight_shape[1:])
    total = np.zeros_like(volume, shape=(groups, out_channels // groups, rows))
    for batch in _batches(len(volume), grad.shape[2:]):
        columns = _columns(volume[batch], taps, window)  # type: ignore[arg-type]
        total += _channels_first(grad[batch], groups) @ columns.swapaxes(1, 2)
    return total


# ----------------------------------------------------------------------------------- operators


def _volume(array: Any) -> Any:
    """(N, C, W) or (N, C, H, W) as a contiguous (N, C, D, H, W).

    float16 becomes float32, so that a result is rounded to it only once.
    """
    array = np.ascontiguousarray(array, np.float32 if array.dtype == np.float16 else None)
    return array.reshape(array.shape[:2] + _lift(array.shape[2:], 1))


def _lift(values: Sequence[int], fill: int) -> Triple:
    """The numbers of one or two dimensions as those of three."""
    d, h, w = (fill,) * (3 - len(values)) + tuple(values)
    return d, h, w


class Convolution(Operator):
    """input (N, C, *size), weight (M, C / groups, *taps), bias (M,) -> (N, M, *positions)."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, window: Window) -> Any:
        ctx.save_for_backward(input, weight)
        ctx.window, ctx.has_bias = window, bias is not None
        out = _convolve(_volume(input), _volume(weight), bias, window)
        lifted = 5 - input.ndim
        return out.reshape(out.shape[:2] + out.shape[2 + lifted :]).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.next_edges[0] is not None:
            size = tuple(input.shape[2:])
            grad_input = ConvolutionTranspose.apply(grad, weight, None, ctx.window, size)
        if ctx.next_edges[1] is not None:
            shape = tuple(weight.shape)
            grad_weight = ConvolutionWeightGrad.apply(input, grad, shape, ctx.window)
        if ctx.has_bias and ctx.next_edges[2] is not None:
            grad_bias = _sum_over_all_but_channels(grad)
        return grad_input, grad_weight, grad_bias


class ConvolutionTranspose(Operator, name="ConvolutionBackward0"):
    """input (N, M, *positions), weight (M, C / groups, *taps), bias (C,) -> (N, C, *size).

    The gradient of a convolution with respect to its input, whose ``size`` must be given: the
    last inputs may lie beyond the last window, where a stride leaves a rest.
    """

    @staticmethod
    def forward(
        ctx: Any, input: Any, weight: Any, bias: Any, window: Window, size: tuple[int, ...]
    ) -> Any:
        ctx.save_for_backward(input, weight)
        ctx.window, ctx.has_bias = window, bias is not None
        out = _spread(_volume(input), _volume(weight), bias, window, _lift(size, 1))
        return out.reshape(*out.shape[:2], *size).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.next_edges[0] is not None:
            grad_input = Convolution.apply(grad, weight, None, ctx.window)
        if ctx.next_edges[1] is not None:
            shape = tuple(weight.shape)
            grad_weight = ConvolutionWeightGrad.apply(grad, input, shape, ctx.window)
        if ctx.has_bias and ctx.next_edges[2] is not None:
            grad_bias = _sum_over_all_but_channels(grad)
        return grad_input, grad_weight, grad_bias


class ConvolutionWeightGrad(Operator, name="ConvolutionBackwardBackward0"):
    """input (N, C, *size), grad (N, M, *positions) -> the gradient of the weight."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, grad: Any, weight_shape: tuple[int, ...], window: Window
    ) -> Any:
        ctx.save_for_backward(input, grad)
        ctx.window = window
        shape = weight_shape[:2] + _lift(weight_shape[2:], 1)
        matrix = _correlate(_volume(input), _volume(grad), shape, window)
        return matrix.reshape(weight_shape).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad_weight: Any) -> Any:
        input, grad = ctx.saved_tensors
        grad_input = grad_grad = None
        if ctx.next_edges[0] is not None:
            size = tuple(input.shape[2:])
            grad_input = ConvolutionTranspose.apply(grad, grad_weight, None, ctx.window, size)
        if ctx.next_edges[1] is not None:
            grad_grad = Convolution.apply(input, grad_weight, None, ctx.window)
        return grad_input, grad_grad


def _sum_over_all_but_channels(grad: Any) -> Any:
    # The long, contiguous dimension first: there NumPy sums in pairs, exactly and fast.
    return grad.reshape(grad.shape[0], grad.shape[1], -1).sum(axis=2).sum(axis=0)
