"""The colours of images that are tensors (..., 1 or 3, H, W).

Mirrors torchvision/transforms/_functional_tensor.py.
"""

from __future__ import annotations

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native.binary_ops import fmod
from minitorch.native.factories import zeros_like
from minitorch.native.joining import stack
from minitorch.native.tensor_compare import where
from minitorch.vision.transforms._functional_tensor import (
    convert_image_dtype,
    get_dimensions,
    max_value,
    working_dtype,
)


def rgb_to_grayscale(img: Tensor, num_output_channels: int) -> Tensor:
    """0.2989 red + 0.587 green + 0.114 blue, once or in three equal channels."""
    if img.ndim < 3:
        raise TypeError(
            f"Input image tensor should have at least 3 dimensions, but found {img.ndim}"
        )
    channels = _channels(img)
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if channels == 3:
        red, green, blue = img.unbind(-3)
        grey = (0.2989 * red + 0.587 * green + 0.114 * blue).to(img.dtype).unsqueeze(-3)
    else:
        grey = img.clone()
    return grey.expand(img.shape) if num_output_channels == 3 else grey


def adjust_brightness(img: Tensor, brightness_factor: float) -> Tensor:
    """Black at 0, the same image at 1."""
    _check_factor("brightness_factor", brightness_factor)
    _channels(img)
    return _blend(img, zeros_like(img), brightness_factor)


def adjust_contrast(img: Tensor, contrast_factor: float) -> Tensor:
    """The mean grey at 0, the same image at 1."""
    _check_factor("contrast_factor", contrast_factor)
    grey = rgb_to_grayscale(img, 1) if _channels(img) == 3 else img
    mean = grey.to(working_dtype(img)).mean(dim=(-3, -2, -1), keepdim=True)
    return _blend(img, mean, contrast_factor)


def adjust_saturation(img: Tensor, saturation_factor: float) -> Tensor:
    """Without colours at 0, the same image at 1."""
    _check_factor("saturation_factor", saturation_factor)
    if _channels(img) == 1:
        return img
    return _blend(img, rgb_to_grayscale(img, 1), saturation_factor)


def adjust_hue(img: Tensor, hue_factor: float) -> Tensor:
    """All hues moved around the circle of colours by ``hue_factor`` of its length."""
    if _channels(img) == 1:
        return img
    hue, saturation, value = _rgb_to_hsv(convert_image_dtype(img, dtypes.float32))
    moved = _hsv_to_rgb((hue + hue_factor) % 1.0, saturation, value)
    return convert_image_dtype(moved, img.dtype)


def adjust_gamma(img: Tensor, gamma: float, gain: float) -> Tensor:
    """gain · x^gamma of each colour x in [0, 1]."""
    _channels(img)
    colours = img if img.is_floating_point() else convert_image_dtype(img, dtypes.float32)
    return convert_image_dtype((gain * colours.pow(gamma)).clamp(0, 1), img.dtype)


def invert(img: Tensor) -> Tensor:
    """The negative: white less the image."""
    if img.ndim < 3:
        raise TypeError(
            f"Input image tensor should have at least 3 dimensions, but found {img.ndim}"
        )
    _channels(img)
    return max_value(img.dtype) - img


def _blend(img: Tensor, other: Tensor, ratio: float) -> Tensor:
    """The point at ``ratio`` of the line from ``other``, at 0, to ``img``, at 1."""
    mixed = float(ratio) * img + (1.0 - float(ratio)) * other
    return mixed.clamp(0, max_value(img.dtype)).to(img.dtype)


def _rgb_to_hsv(img: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and value, all from 0 to 1: how Pillow, too, reckons them."""
    red, green, blue = img.unbind(-3)
    largest, smallest = img.amax(-3), img.amin(-3)
    spread = largest - smallest
    grey = spread == 0
    divisor = spread.masked_fill(grey, 1)  # Of grey the hue does not matter.
    saturation = spread / largest.masked_fill(grey, 1)
    r, g, b = ((largest - colour) / divisor for colour in (red, green, blue))
    sextant = where(largest == red, b - g, where(largest == green, 2.0 + r - b, 4.0 + g - r))
    return fmod(sextant / 6.0 + 1.0, 1.0), saturation, largest


def _hsv_to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """Of the three colours one is at its largest, one at its smallest, one on its way between."""
    sextant = (hue * 6.0).floor()
    part = hue * 6.0 - sextant
    low = (value * (1.0 - saturation)).clamp(0, 1)
    falling = (value * (1.0 - saturation * part)).clamp(0, 1)
    rising = (value * (1.0 - saturation * (1.0 - part))).clamp(0, 1)
    which = (sextant.to(dtypes.int64) % 6).unsqueeze(-3)
    courses = (
        (value, falling, low, low, rising, value),
        (rising, value, value, falling, low, low),
        (low, low, rising, value, value, falling),
    )
    colours = [stack(course, -3).gather(-3, which).squeeze(-3) for course in courses]
    return stack(colours, -3)


def _channels(img: Tensor) -> int:
    """1 or 3."""
    channels = get_dimensions(img)[0]
    if channels not in (1, 3):
        raise TypeError(
            f"Input image tensor permitted channel values are [1, 3], but found {channels}"
        )
    return channels


def _check_factor(name: str, factor: float) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")
