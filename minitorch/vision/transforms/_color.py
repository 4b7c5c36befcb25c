"""Colours, and blur.

Mirrors torchvision/transforms/transforms.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.random_factories import randperm
from minitorch.nn.modules.module import Module
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._draws import happens, uniform

__all__ = ["ColorJitter", "GaussianBlur", "Grayscale", "RandomGrayscale", "RandomInvert"]

Range = tuple[float, float]


class Grayscale(Module):
    """The luminance, in one channel or in three equal ones."""

    def __init__(self, num_output_channels: int = 1) -> None:
        super().__init__()
        self.num_output_channels = num_output_channels

    def forward(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, self.num_output_channels)

    def extra_repr(self) -> str:
        return f"num_output_channels={self.num_output_channels}"


class RandomGrayscale(Module):
    """The luminance, with probability ``p``, in as many channels as the image has."""

    def __init__(self, p: float = 0.1) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        channels = F.get_image_num_channels(img)
        return F.rgb_to_grayscale(img, channels) if happens(self.p) else img

    def extra_repr(self) -> str:
        return f"p={self.p}"


class RandomInvert(Module):
    """The negative, with probability ``p``."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return F.invert(img) if happens(self.p) else img

    def extra_repr(self) -> str:
        return f"p={self.p}"


class ColorJitter(Module):
    """Brightness, contrast, saturation and hue changed by any amounts, in any order.

    Args:
        brightness, contrast, saturation: smallest and largest factor, or how far from 1 it may be.
        hue: smallest and largest move around the circle of colours, as a share of its length (-0.5
            to 0.5), or how far it may be.
    """

    def __init__(
        self,
        brightness: float | Range = 0,
        contrast: float | Range = 0,
        saturation: float | Range = 0,
        hue: float | Range = 0,
    ) -> None:
        super().__init__()
        self.brightness = _factors("brightness", brightness)
        self.contrast = _factors("contrast", contrast)
        self.saturation = _factors("saturation", saturation)
        self.hue = _range_around("hue", hue, 0.0, (-0.5, 0.5))

    @staticmethod
    def get_params(
        brightness: Range | None,
        contrast: Range | None,
        saturation: Range | None,
        hue: Range | None,
    ) -> tuple[Tensor, float | None, float | None, float | None, float | None]:
        """Draws the order of the four, and then each of them; None is not drawn."""
        order = randperm(4)
        b, c, s, h = (
            None if interval is None else uniform(*interval)
            for interval in (brightness, contrast, saturation, hue)
        )
        return order, b, c, s, h

    def forward(self, img: Any) -> Any:
        order, *amounts = self.get_params(self.brightness, self.contrast, self.saturation, self.hue)
        adjust = (F.adjust_brightness, F.adjust_contrast, F.adjust_saturation, F.adjust_hue)
        for i in order.tolist():
            amount = amounts[i]
            if amount is not None:
                img = adjust[i](img, amount)
        return img

    def extra_repr(self) -> str:
        return (
            f"brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue}"
        )


def _factors(name: str, value: float | Range) -> Range | None:
    """Around 1, and not below 0."""
    if isinstance(value, (int, float)) and value > 1:
        value = (0.0, 1.0 + value)
    return _range_around(name, value, 1.0, (0, math.inf))


def _range_around(name: str, value: Any, center: float, bound: Range) -> Range | None:
    """As far around ``center`` as one number says, or between two; None if nothing is left to draw.

    Raises:
        TypeError, ValueError: ``value`` is no such thing, or leaves ``bound``.
    """
    if isinstance(value, (int, float)):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be non negative.")
        low, high = center - value, center + value
    elif isinstance(value, (tuple, list)) and len(value) == 2:
        low, high = float(value[0]), float(value[1])
    else:
        raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
    if not bound[0] <= low <= high <= bound[1]:
        raise ValueError(f"{name} values should be between {bound}, but got {[low, high]}.")
    return None if low == high == center else (low, high)


class GaussianBlur(Module):
    """Each pixel a weighted mean of its surroundings.

    Args:
        kernel_size: width and height of the surroundings, odd.
        sigma: smallest and largest standard deviation of the weights, in pixels, or the only one.
    """

    def __init__(self, kernel_size: F.Size, sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = F.pair_of(
            kernel_size, "Kernel size should be a tuple/list of two integers"
        )
        if any(size <= 0 or size % 2 == 0 for size in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        if isinstance(sigma, (int, float)):
            if sigma <= 0:
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)
        elif not isinstance(sigma, Sequence) or len(sigma) != 2:
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError("sigma values should be positive and of the form (min, max).")
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """Draws the standard deviation."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img: Any) -> Any:
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, sigma={self.sigma}"
