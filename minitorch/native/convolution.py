"""Convolutions of one, two and three dimensions, and the transposed ones, by matrix products.

im2col copies the inputs under every position of the window into the columns of a matrix. The
convolution is then one product with the weight, and its derivatives are products too:

- output = weight @ columns(input)
- gradient of the input = columns^T(weight^T @ grad), where columns^T (col2im) adds every column
  back to the place it came from. This is also what a transposed convolution computes;
- gradient of the weight = grad @ columns(input)^T.

So each of the three is the derivative of the two others, to any order.

Mirrors aten/src/ATen/native/{Convolution.cpp, ConvolutionMM2d.cpp, im2col.h}. Left out:
channels-last memory, complex numbers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel
from minitorch.autograd.operator import Operator
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.padding import pad
from minitorch.native.parallel import parallel_for

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

IntOrTuple = int | Sequence[int]
Ints = tuple[int, ...]

# As many images share one product as their columns have about this many elements together. Fewer,
# and calls cost more than the work; more, and the columns leave the cache before the product reads
# them. 2 ** 19 to 2 ** 21 differ by less than 10 %.
ELEMENTS_PER_PRODUCT = 2**20

# Below this many images for each, a second thread costs more than it saves.
IMAGES_PER_THREAD = 4


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


# ------------------------------------------------------------------------------- the three products


def _batches(start: int, stop: int, rows: int, layout: Layout) -> Iterator[slice]:
    """The images from ``start`` to ``stop`` in pieces of a size that suits one product.

    Args:
        rows: of the columns' matrix: channels times taps.
    """
    count = max(1, ELEMENTS_PER_PRODUCT // max(1, rows * math.prod(layout.framed)))
    for first in range(start, stop, count):
        yield slice(first, min(first + count, stop))


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


def _convolve(input: Any, weight: Any, bias: Any, window: Window) -> Any:
    """weight @ columns(input) + bias, batch by batch."""
    groups, out_channels, taps = window.groups, len(weight), weight.shape[2:]
    layout = layout_of(input.shape[2:], taps, window)
    matrices = weight.reshape(groups, out_channels // groups, math.prod(weight.shape[1:]))
    out = np.empty_like(input, shape=(len(input), out_channels, *layout.positions))
    rows = input.shape[1] * math.prod(taps)

    def convolve(start: int, stop: int) -> None:
        for batch in _batches(start, stop, rows, layout):
            images = input[batch]
            product = matrices @ _columns(images, taps, layout)
            if bias is not None:
                product += bias.reshape(groups, out_channels // groups, 1)
            product = product.reshape(out_channels, len(images), *layout.framed)
            out[batch] = product.swapaxes(0, 1)[..., : layout.positions[-1]]

    parallel_for(0, len(input), IMAGES_PER_THREAD, convolve)
    return out


def _spread(input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
    """columns^T(weight^T @ input) + bias, batch by batch, into images of ``size``."""
    groups, in_channels, taps = window.groups, len(weight), weight.shape[2:]
    out_channels = weight.shape[1] * groups
    layout = layout_of(size, taps, window)
    matrices = weight.reshape(groups, in_channels // groups, math.prod(weight.shape[1:]))
    out = np.empty_like(input, shape=(len(input), out_channels, *size))
    runs = len(layout.starts)
    run_length = math.prod(layout.framed) // runs if runs else 0

    rows = out_channels * math.prod(taps)

    def spread(start: int, stop: int) -> None:
        for batch in _batches(start, stop, rows, layout):
            images = input[batch]
            columns = matrices.swapaxes(1, 2) @ _channels_first(images, groups, layout)
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

    parallel_for(0, len(input), IMAGES_PER_THREAD, spread)
    return out


def _correlate(input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
    """grad @ columns(input)^T, summed over the batches.

    BLAS computes the transposed product, columns @ grad^T, a quarter faster.
    """
    groups, out_channels, taps = window.groups, weight_shape[0], weight_shape[2:]
    layout = layout_of(input.shape[2:], taps, window)
    rows = math.prod(weight_shape[1:])
    parts: list[tuple[int, Any]] = []

    def correlate(start: int, stop: int) -> None:
        part = np.zeros_like(input, shape=(groups, rows, out_channels // groups))
        for batch in _batches(start, stop, rows * groups, layout):
            columns = _columns(input[batch], taps, layout)
            part += columns @ _channels_first(grad[batch], groups, layout).swapaxes(1, 2)
        parts.append((start, part))

    parallel_for(0, len(input), IMAGES_PER_THREAD, correlate)
    total = sum(part for _, part in sorted(parts, key=lambda p: p[0]))  # always in the same order
    return np.ascontiguousarray(total.swapaxes(1, 2)).reshape(weight_shape)


# ----------------------------------------------------------------------------------- operators


def _operand(array: Any) -> Any:
    """Contiguous, as kernels want it; float16 as float32, so that a result is rounded only once."""
    return np.ascontiguousarray(array, np.float32 if array.dtype == np.float16 else None)


class Convolution(Operator):
    """input (N, C, *size), weight (M, C / groups, *taps), bias (M,) -> (N, M, *positions)."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, window: Window) -> Any:
        ctx.save_for_backward(input, weight)
        ctx.window = window
        out = _convolve(_operand(input), _operand(weight), bias, window)
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


class ConvolutionTranspose(Operator, name="ConvolutionBackward0"):
    """input (N, M, *positions), weight (M, C / groups, *taps), bias (C,) -> (N, C, *size).

    The gradient of a convolution with respect to its input, whose ``size`` must be given: where a
    stride leaves a rest, the last inputs lie beyond the last window.
    """

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
        ctx.save_for_backward(input, weight)
        ctx.window = window
        out = _spread(_operand(input), _operand(weight), bias, window, size)
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


class ConvolutionWeightGrad(Operator, name="ConvolutionBackwardBackward0"):
    """input (N, C, *size), grad (N, M, *positions) -> the gradient of the weight."""

    @staticmethod
    def forward(ctx: Any, input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
        ctx.save_for_backward(input, grad)
        ctx.window = window
        total = _correlate(_operand(input), _operand(grad), weight_shape, window)
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
    # The long, contiguous dimension first: there NumPy sums in pairs, exactly and fast.
    samples, channels = grad.shape[:2]
    return grad.reshape(samples, channels, math.prod(grad.shape[2:])).sum(axis=2).sum(axis=0)


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
    input, is_batched = _batched(input, ndim, f"conv{ndim}d")
    taps = tuple(weight.shape[2:])
    strides = _expanded(stride, "stride", ndim, len(taps))
    dilations = _expanded(dilation, "dilation", ndim, len(taps))
    if isinstance(padding, str):
        input, paddings = _padding_by_name(input, padding, strides, taps, dilations)
    else:
        paddings = _expanded(padding, "padding", ndim, len(taps))
    window = Window(strides, paddings, dilations, groups)
    _check_window(window)
    _check_shapes(input, weight, bias, window)
    _check_dtypes(input, weight, bias)
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
    input, is_batched = _batched(input, ndim, f"conv_transpose{ndim}d")
    taps = tuple(weight.shape[2:])
    window = Window(
        _expanded(stride, "stride", ndim, len(taps)),
        _expanded(padding, "padding", ndim, len(taps)),
        _expanded(dilation, "dilation", ndim, len(taps)),
        groups,
    )
    extra = _expanded(output_padding, "output_padding", ndim, len(taps))
    _check_window(window)
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    _check_transposed_shapes(input, weight, bias, window)
    _check_dtypes(input, weight, bias)
    if any(e >= max(s, d) for e, s, d in zip(extra, window.stride, window.dilation, strict=True)):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got output_padding "
            f"{extra}, stride {window.stride}, dilation {window.dilation}"
        )
    options = zip(input.shape[2:], taps, *window[:3], extra, strict=True)
    size = tuple([(n - 1) * s - 2 * p + d * (k - 1) + 1 + e for n, k, s, p, d, e in options])
    if min(size) < 1:
        raise RuntimeError(
            f"Given input size per channel: {list(input.shape[2:])}. Calculated output size per "
            f"channel: {list(size)}. Output size is too small"
        )
    out: Tensor = ConvolutionTranspose.apply(input, weight, bias, window, size)
    return out if is_batched else out.squeeze(0)


# -------------------------------------------------------------------------------------- checks


def _batched(input: Tensor, ndim: int, function: str) -> tuple[Tensor, bool]:
    if input.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Expected {ndim + 1}D (unbatched) or {ndim + 2}D (batched) input to {function}, but "
            f"got input of size: {list(input.shape)}"
        )
    is_batched = input.ndim == ndim + 2
    return (input if is_batched else input.unsqueeze(0)), is_batched


def _expanded(value: IntOrTuple, name: str, ndim: int, weight_ndim: int) -> Ints:
    """One number for each dimension.

    Raises:
        RuntimeError: there are more or fewer, or the weight has another number of dimensions.
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) == 1:
        values *= ndim
    if len(values) != ndim or ndim != weight_ndim:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {weight_ndim} values to "
            f"match the convolution dimensions, but got {name}={list(values)}"
        )
    return values


def _padding_by_name(
    input: Tensor, padding: str, strides: Ints, taps: Ints, dilations: Ints
) -> tuple[Tensor, Ints]:
    """The padding that ``"same"`` and ``"valid"`` mean; an odd rest is added to the input's end."""
    if padding == "valid":
        return input, (0,) * len(taps)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if max(strides) > 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(taps, dilations, strict=True)]
    if any(total % 2 for total in totals):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created"
        )
        ends = [(0, total % 2) for total in reversed(totals)]
        input = pad(input, [width for pair in ends for width in pair])
    return input, tuple([total // 2 for total in totals])


def _check_window(window: Window) -> None:
    if min(window.padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(window.stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(window.dilation) <= 0:
        raise RuntimeError("non-positive dilation is not supported")
    if window.groups <= 0:
        raise RuntimeError("non-positive groups is not supported")


def _check_groups(weight: Tensor, groups: int) -> None:
    size = list(weight.shape)
    if size[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {size} instead"
        )
    if size[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{size}] instead"
        )


def _check_shapes(input: Tensor, weight: Tensor, bias: Tensor | None, window: Window) -> None:
    groups, size = window.groups, list(weight.shape)
    _check_groups(weight, groups)
    if input.shape[1] != size[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {size}, expected input{list(input.shape)} to "
            f"have {size[1] * groups} channels, but got {input.shape[1]} channels instead"
        )
    if bias is not None and bias.shape != (size[0],):
        raise RuntimeError(
            f"Given weight of size {size}, expected bias to be 1-dimensional with {size[0]} "
            f"elements, but got bias of size {list(bias.shape)} instead"
        )
    padded = [n + 2 * p for n, p in zip(input.shape[2:], window.padding, strict=True)]
    extents = [d * (k - 1) + 1 for k, d in zip(size[2:], window.dilation, strict=True)]
    if any(n < extent for n, extent in zip(padded, extents, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel "
            f"size: ({' x '.join(map(str, extents))}). Kernel size can't be greater than actual "
            "input size"
        )
    _check_not_empty(input)


def _check_transposed_shapes(
    input: Tensor, weight: Tensor, bias: Tensor | None, window: Window
) -> None:
    size = list(weight.shape)
    _check_groups(weight, window.groups)
    if input.shape[1] != size[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {size}, expected input{list(input.shape)} to have "
            f"{size[0]} channels, but got {input.shape[1]} channels instead"
        )
    out_channels = size[1] * window.groups
    if bias is not None and bias.shape != (out_channels,):
        raise RuntimeError(
            f"Given transposed=1, weight of size {size}, expected bias to be 1-dimensional with "
            f"{out_channels} elements, but got bias of size {list(bias.shape)} instead"
        )
    _check_not_empty(input)


def _check_not_empty(input: Tensor) -> None:
    if 0 in input.shape[2:] and 0 not in input.shape[:2]:
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(input.shape)}"
        )


def _check_dtypes(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if bias is not None and bias.dtype != input.dtype:
        names = [_CPP_NAMES.get(str(x.dtype), str(x.dtype)) for x in (input, bias)]
        raise RuntimeError(f"Input type ({names[0]}) and bias type ({names[1]}) should be the same")
    if weight.dtype != input.dtype:
        names = [dtypes.from_numpy(x._array.dtype).c10_name for x in (input, weight)]
        raise RuntimeError(f"expected scalar type {names[0]} but found {names[1]}")


_CPP_NAMES = {
    "torch.float32": "float",
    "torch.float64": "double",
    "torch.float16": "c10::Half",
    "torch.int32": "int",
    "torch.int64": "long long",
}
