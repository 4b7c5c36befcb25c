"""Windows of an image as the columns of a matrix, and back: ``unfold`` and ``fold``.

Mirrors aten/src/ATen/native/{Im2Col.cpp, Col2Im.cpp}. Convolutions have kernels of their own for
this (convolution_columns.py): they need another order in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native.sizes import wrap_dim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["fold", "unfold"]

Pair = tuple[int, int]


class Blocks(NamedTuple):
    """How a window moves over an image, height and width."""

    taps: Pair
    dilation: Pair
    padding: Pair
    stride: Pair

    def positions(self, size: Pair) -> Pair:
        """How many places the window visits in an image of ``size``."""
        options = zip(size, *self, strict=True)
        height, width = [(n + 2 * p - (d * (k - 1) + 1)) // s + 1 for n, k, d, p, s in options]
        return height, width

    def under_taps(self, positions: Pair) -> Iterator[tuple[int, int, Any]]:
        """For each tap, the index of the pixels of a padded image that it visits."""
        for i in range(self.taps[0]):
            for j in range(self.taps[1]):
                starts = i * self.dilation[0], j * self.dilation[1]
                index = [
                    slice(start, start + (n - 1) * s + 1, s)
                    for start, n, s in zip(starts, positions, self.stride, strict=True)
                ]
                yield i, j, (..., *index)


class Im2Col(Operator):
    """input (*, C, H, W) -> (*, C * taps, positions)."""

    @staticmethod
    def forward(ctx: Any, input: Any, blocks: Blocks) -> Any:
        ctx.blocks, ctx.size = blocks, input.shape[-2:]
        positions = blocks.positions(ctx.size)
        *lead, channels, height, width = input.shape
        (top, left), padded = blocks.padding, input
        if top or left:
            shape = *lead, channels, height + 2 * top, width + 2 * left
            padded = np.zeros_like(input, shape=shape)
            padded[..., top : top + height, left : left + width] = input
        columns = np.empty_like(input, shape=(*lead, channels, *blocks.taps, *positions), order="C")
        for i, j, index in blocks.under_taps(positions):
            columns[..., i, j, :, :] = padded[index]
        rows = channels * blocks.taps[0] * blocks.taps[1]
        return columns.reshape(*lead, rows, positions[0] * positions[1])

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Col2Im.apply(grad, ctx.size, ctx.blocks)


class Col2Im(Operator):
    """input (*, C * taps, positions) -> (*, C, H, W): overlapping elements are added up."""

    @staticmethod
    def forward(ctx: Any, input: Any, size: Pair, blocks: Blocks) -> Any:
        ctx.blocks = blocks
        (height, width), (top, left) = size, blocks.padding
        positions = blocks.positions(size)
        *lead, rows, _ = input.shape
        channels = rows // (blocks.taps[0] * blocks.taps[1])
        columns = input.reshape(*lead, channels, *blocks.taps, *positions)
        shape = *lead, channels, height + 2 * top, width + 2 * left
        padded = np.zeros_like(input, shape=shape, order="C")
        for i, j, index in blocks.under_taps(positions):
            padded[index] += columns[..., i, j, :, :]
        if not (top or left):
            return padded
        return padded[..., top : top + height, left : left + width].copy()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Im2Col.apply(grad, ctx.blocks)


def unfold(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """The elements under each position of a sliding window, as columns.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``; output ``(N, C * taps, positions)``.

    >>> import minitorch
    >>> unfold(minitorch.arange(6.0).reshape(1, 2, 3), 2)
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """
    blocks = _blocks(kernel_size, dilation, padding, stride)
    _check_dtype(input, "im2col_out_cpu")
    wrap_dim(3 if input.ndim == 4 else 2, input.ndim)
    is_batched = input.ndim == 4
    if input.ndim not in (3, 4) or 0 in input.shape[is_batched:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(input.shape)}"
        )
    size = input.shape[-2], input.shape[-1]
    positions = blocks.positions(size)
    if min(positions) < 1:
        raise RuntimeError(
            f"Given input with spatial size {size}, kernel_size={blocks.taps}, "
            f"dilation={blocks.dilation}, padding={blocks.padding}, calculated shape of the array "
            f"of sliding blocks as {positions}, but its components must be at least one."
        )
    out: Tensor = Im2Col.apply(input, blocks)
    return out


def fold(
    input: Tensor,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Tensor:
    """An image in which every column of ``unfold`` is added back to where it came from.

    Shape: input ``(N, C * taps, positions)`` or without N; output ``(N, C, *output_size)``.
    """
    size = _pair(output_size, "output_size")
    blocks = _blocks(kernel_size, dilation, padding, stride)
    _check_dtype(input, "col2im_out_cpu")
    is_batched = input.ndim == 3
    if input.ndim not in (2, 3) or 0 in input.shape[is_batched:]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )
    if input.shape[-2] % (blocks.taps[0] * blocks.taps[1]):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={input.shape[-2]} and kernel_size={blocks.taps}."
        )
    height, width = blocks.positions(size)
    if input.shape[-1] != height * width or min(height, width) < 1:
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={blocks.taps}, dilation={blocks.dilation}, "
            f"padding={blocks.padding}, stride={blocks.stride}, expected size of input's dimension "
            f"2 to match the calculated number of sliding blocks {height} * {width} = "
            f"{height * width}, but got input.size(2)={input.shape[-1]}."
        )
    out: Tensor = Col2Im.apply(input, size, blocks)
    return out


def _pair(value: Any, name: str) -> Pair:
    values = (value, value) if isinstance(value, int) else tuple(value)
    if len(values) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(values)}")
    return values


def _blocks(kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> Blocks:
    blocks = Blocks(
        _pair(kernel_size, "kernel_size"),
        _pair(dilation, "dilation"),
        _pair(padding, "padding"),
        _pair(stride, "stride"),
    )
    names = ("kernel size", "kernel"), ("dilation", "dilation"), ("padding", "pad"), ("stride",) * 2
    for (what, short), (height, width) in zip(names, blocks, strict=True):
        lowest, bound = (0, "non-negative") if short == "pad" else (1, "greater than zero")
        if min(height, width) < lowest:
            raise RuntimeError(
                f"{what} should be {bound}, but got {short}_height: {height} {short}_width: {width}"
            )
    return blocks


def _check_dtype(input: Tensor, name: str) -> None:
    dtype = dtypes.from_numpy(input._array.dtype)
    if dtypes.is_integral(dtype.numpy) and dtype is not dtypes.bool_:
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtype.c10_name}'")
