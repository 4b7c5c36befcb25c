"""Layers that turn channels into pixels and back. Mirrors torch/nn/modules/pixelshuffle.py."""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.native.pixel_shuffle import pixel_shuffle, pixel_unshuffle
from minitorch.nn.modules.module import Module

__all__ = ["PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """Shape: input ``(*, C * r ** 2, H, W)``, output ``(*, C, H * r, W * r)``, r =
    ``upscale_factor``.
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """The inverse of ``PixelShuffle``.

    Shape: input ``(*, C, H * r, W * r)``, output ``(*, C * r ** 2, H, W)``, r =
    ``downscale_factor``.
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"
