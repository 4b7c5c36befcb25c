"""Channels to pixels and back, and channels among each other. Nothing is computed, only moved.

Mirrors aten/src/ATen/native/{PixelShuffle.cpp, ChanelShuffle.cpp}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class PixelShuffle(Operator):
    """input (*, C * r * r, H, W) -> (*, C, H * r, W * r)."""

    @staticmethod
    def forward(ctx: Any, input: Any, factor: int) -> Any:
        ctx.factor = factor
        *lead, channels, height, width = input.shape
        blocks = input.reshape(*lead, channels // factor**2, factor, factor, height, width)
        pixels = np.moveaxis(blocks, (-4, -3), (-3, -1))  # (*, C, H, r, W, r)
        shape = *lead, channels // factor**2, height * factor, width * factor
        return pixels.copy().reshape(shape)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return PixelUnshuffle.apply(grad, ctx.factor)


class PixelUnshuffle(Operator):
    """input (*, C, H * r, W * r) -> (*, C * r * r, H, W)."""

    @staticmethod
    def forward(ctx: Any, input: Any, factor: int) -> Any:
        ctx.factor = factor
        *lead, channels, height, width = input.shape
        size = height // factor, width // factor
        pixels = input.reshape(*lead, channels, size[0], factor, size[1], factor)
        blocks = np.moveaxis(pixels, (-3, -1), (-4, -3))  # (*, C, r, r, H, W)
        return blocks.copy().reshape(*lead, channels * factor**2, *size)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return PixelShuffle.apply(grad, ctx.factor)


class ChannelShuffle(Operator):
    """Channel i of group g becomes channel g of group i."""

    @staticmethod
    def forward(ctx: Any, input: Any, groups: int) -> Any:
        ctx.groups = groups
        samples, channels, *size = input.shape
        table = input.reshape(samples, groups, channels // groups, *size)
        return table.swapaxes(1, 2).copy().reshape(input.shape)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return ChannelShuffle.apply(grad, grad.shape[1] // ctx.groups)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """out[c, h * r + i, w * r + j] = input[(c * r + i) * r + j, h, w] for r = ``upscale_factor``.

    Shape: input ``(*, C * r ** 2, H, W)``, output ``(*, C, H * r, W * r)``.

    >>> import minitorch
    >>> pixel_shuffle(minitorch.arange(4.0).reshape(4, 1, 1), 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    _check_image(input, "pixel_shuffle")
    _check_factor(upscale_factor, "pixel_shuffle", "upscale_factor")
    if input.shape[-3] % upscale_factor**2:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={input.shape[-3]} is not divisible by "
            f"{upscale_factor**2}"
        )
    out: Tensor = PixelShuffle.apply(input, upscale_factor)
    return out


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """The inverse of ``pixel_shuffle``.

    Shape: input ``(*, C, H * r, W * r)``, output ``(*, C * r ** 2, H, W)``.
    """
    _check_image(input, "pixel_unshuffle")
    _check_factor(downscale_factor, "pixel_unshuffle", "downscale_factor")
    if not input._array.size:
        return input.clone()  # of the same shape: so torch does it
    for dim, name in ((-2, "height"), (-1, "width")):
        if input.shape[dim] % downscale_factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"input.size({dim})={input.shape[dim]} is not divisible by {downscale_factor}"
            )
    out: Tensor = PixelUnshuffle.apply(input, downscale_factor)
    return out


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Deal the channels out like cards: first the first one of each group, then the second ones.

    Shape: input ``(N, C, *)``, output the same.

    >>> import minitorch
    >>> channel_shuffle(minitorch.arange(6.0).reshape(1, 6, 1), 2).flatten()
    tensor([0., 3., 1., 4., 2., 5.])
    """
    if input.ndim <= 2:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes "
            f"{list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    if input.shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {input.shape[1]} channels and "
            f"{groups} groups."
        )
    out: Tensor = ChannelShuffle.apply(input, groups)
    return out


def _check_image(input: Tensor, name: str) -> None:
    if input.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with {input.ndim} "
            "dimension(s)"
        )


def _check_factor(factor: int, name: str, parameter: str) -> None:
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {parameter}, but got {factor}")
