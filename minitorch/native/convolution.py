"""Convolutions of one, two and three dimensions, and the transposed ones, by matrix products.

im2col copies the inputs under every position of the window into the columns of a matrix. The
convolution is then one product with the weight, and its derivatives are products too:

- output = weight @ columns(input)
- gradient of the input = columns^T(weight^T @ grad), where columns^T (col2im) adds every column
  back to the place it came from. This is also what a transposed convolution computes;
- gradient of the weight = grad @ columns(input)^T.

So each of the three is the derivative of the two others, to any order.

The columns are made in convolution_columns.py, the products in convolution_mm.py.

Mirrors aten/src/ATen/native/Convolution.cpp. Left out: channels-last memory, complex numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.native import convolution_checks as checks
from minitorch.native.convolution_checks import IntOrTuple
from minitorch.native.convolution_columns import Ints, Window
from minitorch.native.convolution_mm import (
    channel_sums,
    convolve,
    correlate,
    spread,
    spread_in_half,
)
from minitorch.native.padding import pad

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "conv_tbc",
]


# ----------------------------------------------------------------------------------- operators


def _operand(array: Any) -> Any:
    """Contiguous, as kernels want it; half precision as float32, to be rounded only once."""
    return np.ascontiguousarray(array, np.float32 if dtypes.is_half(array.dtype) else None)


class Convolution(Holomorphic):
    """input (N, C, *size), weight (M, C / groups, *taps), bias (M,) -> (N, M, *positions)."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, window: Window) -> Any:
        ctx.save_for_backward(input, weight)
        ctx.window = window
        out = convolve(_operand(input), _operand(weight), bias, window)
        return out.astype(input.dtype, copy=False)

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
        if ctx.next_edges[2] is not None:
            grad_bias = _sum_over_all_but_channels(grad)
        return grad_input, grad_weight, grad_bias


class ConvolutionTranspose(Holomorphic, name="ConvolutionBackward0"):
    """input (N, M, *positions), weight (M, C / groups, *taps), bias (C,) -> (N, C, *size).

    The gradient of a convolution with respect to its input, whose ``size`` must be given: where a
    stride leaves a rest, the last inputs lie beyond the last window.
    """

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
        ctx.save_for_backward(input, weight)
        ctx.window = window
        out = spread(_operand(input), _operand(weight), bias, window, size)
        return out.astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight = ctx.saved_tensors
        grad_input = grad_weight = grad_bias = None
        if ctx.next_edges[0] is not None:
            grad_input = Convolution.apply(grad, weight, None, ctx.window)
        if ctx.next_edges[1] is not None:
            shape = tuple(weight.shape)
            grad_weight = ConvolutionWeightGrad.apply(grad, input, shape, ctx.window)
        if ctx.next_edges[2] is not None:
            grad_bias = _sum_over_all_but_channels(grad)
        return grad_input, grad_weight, grad_bias


class SlowConvolutionTranspose(ConvolutionTranspose, name="ConvolutionBackward0"):
    """As torch's slow kernels compute it: half precision is rounded at every step."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
        if not dtypes.is_half(input.dtype):
            return ConvolutionTranspose.forward(ctx, input, weight, bias, window, size)
        ctx.save_for_backward(input, weight)
        ctx.window = window
        return spread_in_half(input, weight, window, size)


class ConvolutionWeightGrad(Holomorphic, name="ConvolutionBackwardBackward0"):
    """input (N, C, *size), grad (N, M, *positions) -> the gradient of the weight."""

    @staticmethod
    def forward(ctx: Any, input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
        ctx.save_for_backward(input, grad)
        ctx.window = window
        total = correlate(_operand(input), _operand(grad), weight_shape, window)
        return total.astype(input.dtype, copy=False)

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
    is_array = isinstance(grad, np.ndarray)
    return channel_sums(grad) if is_array else channel_sums.plain(grad)


# ----------------------------------------------------------------------------------- functions


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrTuple = 1,
    padding: IntOrTuple | str = 0,
    dilation: IntOrTuple = 1,
    groups: int = 1,
) -> Tensor:
    """out[n, m, o] = bias[m] + Σ over c, k of weight[m, c, k] * input[n, c, o * stride + k].

    Shape:
        input ``(N, C, L)`` or ``(C, L)``, weight ``(M, C / groups, K)``, bias ``(M,)``;
        output ``(N, M, O)`` with ``O = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1``.
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrTuple = 1,
    padding: IntOrTuple | str = 0,
    dilation: IntOrTuple = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution (in truth a cross-correlation: the weight is not flipped) of images.

    Args:
        padding: zeros on both sides; ``"valid"`` is none, ``"same"`` keeps the size (stride 1).
        groups: channels are split into this many groups, each of which sees only its own.

    Shape:
        input ``(N, C, H, W)`` or ``(C, H, W)``, weight ``(M, C / groups, KH, KW)``, bias ``(M,)``;
        output ``(N, M, OH, OW)``.

    >>> import minitorch
    >>> image = minitorch.arange(9.).reshape(1, 1, 3, 3)
    >>> conv2d(image, minitorch.ones(1, 1, 2, 2))
    tensor([[[[ 8., 12.],
              [20., 24.]]]])
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrTuple = 1,
    padding: IntOrTuple | str = 0,
    dilation: IntOrTuple = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of volumes, ``(N, C, D, H, W)``."""
    return _conv(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrTuple = 1,
    padding: IntOrTuple = 0,
    output_padding: IntOrTuple = 0,
    groups: int = 1,
    dilation: IntOrTuple = 1,
) -> Tensor:
    """The gradient of ``conv1d`` with respect to its input, used as a layer.

    Shape:
        input ``(N, M, O)`` or ``(M, O)``, weight ``(M, C / groups, K)``, bias ``(C,)``; output
        ``(N, C, (O - 1) * stride - 2 * padding + dilation * (K - 1) + output_padding + 1)``.
    """
    return _conv_transpose(
        1, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrTuple = 1,
    padding: IntOrTuple = 0,
    output_padding: IntOrTuple = 0,
    groups: int = 1,
    dilation: IntOrTuple = 1,
) -> Tensor:
    """The gradient of ``conv2d`` with respect to its input, used as a layer.

    Args:
        output_padding: rows and columns added at one end: with a stride, inputs of several sizes
            lead to the same output, and this tells which one is wanted.
    """
    return _conv_transpose(
        2, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: IntOrTuple = 1,
    padding: IntOrTuple = 0,
    output_padding: IntOrTuple = 0,
    groups: int = 1,
    dilation: IntOrTuple = 1,
) -> Tensor:
    """The gradient of ``conv3d`` with respect to its input, used as a layer."""
    return _conv_transpose(
        3, input, weight, bias, stride, padding, output_padding, groups, dilation
    )


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """``conv1d`` of tensors in the order (time, batch, channels).

    Shape:
        input ``(T, N, C)``, weight ``(K, C, M)``, bias ``(M,)``; output ``(O, N, M)`` with
        O = T + 2 pad - K + 1.
    """
    checks.check_tbc(input, weight, bias)
    channels_first = conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return channels_first.permute(2, 0, 1)


def _conv(
    ndim: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrTuple,
    padding: IntOrTuple | str,
    dilation: IntOrTuple,
    groups: int,
) -> Tensor:
    input, is_batched = checks.batched(input, ndim, f"conv{ndim}d")
    if isinstance(padding, str):
        input, padding = checks.padding_by_name(input, weight, padding, stride, dilation)
    window = checks.window_of(input, weight, bias, stride, padding, dilation, groups)
    out: Tensor = Convolution.apply(input, weight, bias, window)
    return out if is_batched else out.squeeze(0)


def _conv_transpose(
    ndim: int,
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrTuple,
    padding: IntOrTuple,
    output_padding: IntOrTuple,
    groups: int,
    dilation: IntOrTuple,
) -> Tensor:
    input, is_batched = checks.batched(input, ndim, f"conv_transpose{ndim}d")
    window, extra, size = checks.transposed_window_of(
        input, weight, bias, stride, padding, output_padding, groups, dilation
    )
    out: Tensor
    if any(e >= s for e, s in zip(extra, window.stride, strict=True)):
        out = _spread_and_cut(input, weight, bias, window, extra)
    else:
        out = ConvolutionTranspose.apply(input, weight, bias, window, size)
    return out if is_batched else out.squeeze(0)


def _spread_and_cut(
    input: Tensor, weight: Tensor, bias: Tensor | None, window: Window, extra: Ints
) -> Tensor:
    """An output padding of a stride or more (a dilation allows it) has room for another window, so
    that this is not the gradient of a convolution: spread over all that the windows reach, and cut.
    """
    whole = window._replace(padding=(0,) * len(extra))
    options = zip(input.shape[2:], weight.shape[2:], window.stride, window.dilation, strict=True)
    size = tuple([(n - 1) * s + d * (k - 1) + 1 for n, k, s, d in options])
    out: Tensor = SlowConvolutionTranspose.apply(input, weight, None, whole, size)
    ends = [(-p, e - p) for p, e in zip(window.padding, extra, strict=True)]
    out = pad(out, [width for pair in reversed(ends) for width in pair])
    return out if bias is None else out + bias.reshape(-1, *[1] * len(size))
