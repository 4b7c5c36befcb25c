"""The transforms of PIL images, which are Pillow's own.

Mirrors torchvision/transforms/_functional_pil.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from minitorch.vision import _pillow

if TYPE_CHECKING:
    from PIL.Image import Image

    from minitorch.vision.transforms._functional_tensor import Fill


def from_array(array: npt.NDArray[Any], mode: str) -> Image:
    """An image of this mode from the bytes of an array (H, W) or (H, W, C)."""
    size = (array.shape[1], array.shape[0])
    return _pillow.Image.frombytes(mode, size, array.tobytes())


def get_dimensions(img: Image) -> list[int]:
    """Channels, height and width."""
    return [len(img.getbands()), img.height, img.width]


# ------------------------------------------------------------------------------------ geometry


def hflip(img: Image) -> Image:
    """Left and right swapped."""
    return img.transpose(_pillow.Image.Transpose.FLIP_LEFT_RIGHT)


def vflip(img: Image) -> Image:
    """Top and bottom swapped."""
    return img.transpose(_pillow.Image.Transpose.FLIP_TOP_BOTTOM)


def crop(img: Image, top: int, left: int, height: int, width: int) -> Image:
    """A part of the image; black where it reaches beyond the edge."""
    return img.crop((left, top, left + width, top + height))


def resize(img: Image, size: Sequence[int], interpolation: int) -> Image:
    """The image at ``size`` (height, width); Pillow smooths whenever it shrinks."""
    height, width = size
    return img.resize((width, height), interpolation)


def pad(img: Image, margins: Sequence[int], fill: Fill, padding_mode: str) -> Image:
    """With ``margins`` (left, top, right, bottom) around; a negative one cuts off."""
    left, top, right, bottom = margins
    if padding_mode == "constant":
        colour = _fill_of(fill, img)
        out = _pillow.ImageOps.expand(img, border=tuple(margins), fill=colour)
    else:
        img = img.crop(
            (max(-left, 0), max(-top, 0), img.width + min(right, 0), img.height + min(bottom, 0))
        )
        rows, columns = (max(top, 0), max(bottom, 0)), (max(left, 0), max(right, 0))
        pixels = np.asarray(img)
        around = (rows, columns, (0, 0))[: pixels.ndim]
        out = _pillow.Image.fromarray(np.pad(pixels, around, mode=padding_mode))  # type: ignore[call-overload]
    if img.mode == "P":
        out.putpalette(img.getpalette())
    return out


def rotate(
    img: Image,
    angle: float,
    interpolation: Any,
    expand: bool,
    center: Any,
    fill: Fill,
) -> Image:
    """Turned counter-clockwise by ``angle`` degrees."""
    return img.rotate(angle, interpolation, expand, center, fillcolor=_fill_of(fill, img))


def affine(img: Image, matrix: Sequence[float], interpolation: int, fill: Fill) -> Image:
    """Pixel (x, y) comes from (ax + by + c, dx + ey + f), matrix = (a, b, c, d, e, f)."""
    method = _pillow.Image.Transform.AFFINE
    return img.transform(img.size, method, matrix, interpolation, fillcolor=_fill_of(fill, img))


def _fill_of(fill: Fill, img: Image) -> Any:
    """One number for each channel; Pillow wants whole ones, unless the pixels are floats."""
    channels = len(img.getbands())
    values: list[Any] = list(fill) if isinstance(fill, Sequence) else [fill or 0]
    if len(values) == 1:
        values *= channels
    if len(values) != channels:
        raise ValueError(
            "The number of elements in 'fill' does not match the number of channels of the image "
            f"({len(values)} != {channels})"
        )
    if img.mode != "F":
        values = [int(value) for value in values]
    return tuple(values) if channels > 1 or isinstance(fill, Sequence) else values[0]


# ------------------------------------------------------------------------------------- colours


def rgb_to_grayscale(img: Image, num_output_channels: int) -> Image:
    """The luminance, once or in three equal channels."""
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    grey = img.convert("L")
    return grey if num_output_channels == 1 else _pillow.Image.merge("RGB", [grey] * 3)


def adjust_brightness(img: Image, brightness_factor: float) -> Image:
    """Black at 0, the same image at 1."""
    return _pillow.ImageEnhance.Brightness(img).enhance(brightness_factor)


def adjust_contrast(img: Image, contrast_factor: float) -> Image:
    """One grey at 0, the same image at 1."""
    return _pillow.ImageEnhance.Contrast(img).enhance(contrast_factor)


def adjust_saturation(img: Image, saturation_factor: float) -> Image:
    """Without colours at 0, the same image at 1."""
    return _pillow.ImageEnhance.Color(img).enhance(saturation_factor)


def adjust_hue(img: Image, hue_factor: float) -> Image:
    """All hues moved around the circle of colours by ``hue_factor`` of its length."""
    if img.mode in {"L", "1", "I", "F"}:
        return img
    hue, saturation, value = img.convert("HSV").split()
    moved = np.array(hue) + np.int32(hue_factor * 255).astype(np.uint8)  # wraps at 256
    bands = (from_array(moved, "L"), saturation, value)
    return _pillow.Image.merge("HSV", bands).convert(img.mode)


def adjust_gamma(img: Image, gamma: float, gain: float) -> Image:
    """gain · x^gamma of each colour x in [0, 1]."""
    table = [int((255 + 1 - 1e-3) * gain * (x / 255) ** gamma) for x in range(256)]
    return img.convert("RGB").point(table * 3).convert(img.mode)


def invert(img: Image) -> Image:
    """The negative."""
    return _pillow.ImageOps.invert(img)
