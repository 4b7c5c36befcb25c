"""What the transforms do, as functions of an image and of all that a transform would draw.

An image is a PIL image or a tensor (..., C, H, W): ``_functional_pil`` works on the former,
``_functional_tensor`` and ``_functional_tensor_color`` on the latter; ``_functional_conversion``
makes one of the other. What is common to both stands here: arguments, and where to cut.

Mirrors torchvision/transforms/functional.py. Left out: ``perspective``, ``elastic_transform``,
``posterize`` and its kind, and the sharpness.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from enum import Enum
from typing import Any

from minitorch._tensor import Tensor
from minitorch.vision._pillow import is_pil_image
from minitorch.vision.transforms import _functional_pil as pil
from minitorch.vision.transforms import _functional_tensor as tensors
from minitorch.vision.transforms import _functional_tensor_color as tensor_colors
from minitorch.vision.transforms._functional_conversion import (
    convert_image_dtype,
    erase,
    normalize,
    pil_to_tensor,
    to_pil_image,
    to_tensor,
)
from minitorch.vision.transforms._functional_tensor import Fill

__all__ = [
    "InterpolationMode",
    "adjust_brightness",
    "adjust_contrast",
    "adjust_gamma",
    "adjust_hue",
    "adjust_saturation",
    "affine",
    "center_crop",
    "convert_image_dtype",
    "crop",
    "erase",
    "five_crop",
    "gaussian_blur",
    "get_dimensions",
    "get_image_num_channels",
    "get_image_size",
    "hflip",
    "invert",
    "normalize",
    "pad",
    "pil_to_tensor",
    "resize",
    "resized_crop",
    "rgb_to_grayscale",
    "rotate",
    "ten_crop",
    "to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]

Size = int | Sequence[int]


class InterpolationMode(Enum):
    """How to find the colour between pixels. The last three are for PIL images only."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


_PILLOW_NUMBERS = {
    InterpolationMode.NEAREST: 0,
    InterpolationMode.LANCZOS: 1,
    InterpolationMode.BILINEAR: 2,
    InterpolationMode.BICUBIC: 3,
    InterpolationMode.BOX: 4,
    InterpolationMode.HAMMING: 5,
    InterpolationMode.NEAREST_EXACT: 0,
}


def interpolation_mode(interpolation: InterpolationMode | int) -> InterpolationMode:
    """The mode itself, or the one that Pillow gives this number.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(interpolation, InterpolationMode):
        return interpolation
    if isinstance(interpolation, int):
        return next(m for m, number in _PILLOW_NUMBERS.items() if number == interpolation)
    raise TypeError(
        "Argument interpolation should be a InterpolationMode or a corresponding Pillow integer "
        "constant"
    )


def _is_tensor(img: Any) -> bool:
    """True for an image that is a tensor, False for a PIL image.

    Raises:
        TypeError: the image is neither.
    """
    if isinstance(img, Tensor):
        if img.ndim < 2:
            raise TypeError("Tensor is not a torch image.")
        return True
    if is_pil_image(img):
        return False
    raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")


# --------------------------------------------------------------------------------------- sizes


def get_dimensions(img: Any) -> list[int]:
    """Channels, height and width."""
    return tensors.get_dimensions(img) if _is_tensor(img) else pil.get_dimensions(img)


def get_image_size(img: Any) -> list[int]:
    """Width and height: mind the order."""
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """1 if the image is grey, 3 if it has colours."""
    return get_dimensions(img)[0]


# -------------------------------------------------------------------- sizes, crops and margins


def resize(
    img: Any,
    size: Size,
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The image with another number of pixels.

    Args:
        size: (height, width), or the length of the shorter edge.
        max_size: a limit for the longer edge, where ``size`` is that of the shorter.
        antialias: look at all pixels when a tensor shrinks; Pillow always does.
    """
    mode = interpolation_mode(interpolation)
    sizes = [size] if isinstance(size, int) else list(size)
    if len(sizes) not in (1, 2):
        raise ValueError(
            f"Size must be an int or a 1 or 2 element tuple/list, not a {len(sizes)} element "
            "tuple/list"
        )
    if max_size is not None and len(sizes) != 1:
        raise ValueError(
            "max_size should only be passed if size specifies the length of the smaller edge, "
            "i.e. size should be an int or a sequence of length 1 in torchscript mode."
        )
    _, height, width = get_dimensions(img)
    out_size = sizes if len(sizes) == 2 else _edges(height, width, sizes[0], max_size)
    if [height, width] == out_size:
        return img
    if _is_tensor(img):
        return tensors.resize(img, out_size, mode.value, antialias)
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. "
            "Argument antialias is ignored.",
            stacklevel=2,
        )
    return pil.resize(img, out_size, _PILLOW_NUMBERS[mode])


def _edges(height: int, width: int, shorter: int, max_size: int | None) -> list[int]:
    """Height and width of an image of the same form whose shorter edge is ``shorter``."""
    short, long = sorted((height, width))
    longer = int(shorter * long / short)
    if max_size is not None:
        if max_size <= shorter:
            raise ValueError(
                f"max_size = {max_size} must be strictly greater than the requested "
                f"size for the smaller edge size = {[shorter]}"
            )
        if longer > max_size:
            shorter, longer = int(max_size * shorter / longer), max_size
    return [longer, shorter] if width <= height else [shorter, longer]


def pad(img: Any, padding: Size, fill: Fill = 0, padding_mode: str = "constant") -> Any:
    """The image with a margin.

    Args:
        padding: of all sides; of (left and right, top and bottom); or of (left, top, right,
            bottom). A negative one cuts off.
        fill: the colour of a constant margin: a number, or for PIL images one of each channel.
        padding_mode: ``constant``; ``edge``, the outer pixels; ``reflect`` or ``symmetric``, the
            image mirrored at the middle, or at the rim, of the outer pixels.
    """
    check_padding(padding, fill, padding_mode)
    sides = [padding] if isinstance(padding, int) else list(padding)
    margins = sides * (4 // len(sides))
    backend: Any = tensors if _is_tensor(img) else pil
    return backend.pad(img, margins, fill, padding_mode)


def check_padding(padding: Any, fill: Any, padding_mode: Any) -> None:
    """Refuse arguments that ``pad`` would not understand.

    Raises:
        TypeError, ValueError: one of them is of another type, length or name.
    """
    if not isinstance(padding, (int, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if fill is not None and not isinstance(fill, (int, float, tuple, list)):
        raise TypeError("Got inappropriate fill arg")
    if not isinstance(padding_mode, str):
        raise TypeError("Got inappropriate padding_mode arg")
    if not isinstance(padding, int) and len(padding) not in (1, 2, 4):
        raise ValueError(
            f"Padding must be an int or a 1, 2, or 4 element tuple, not a {len(padding)} element "
            "tuple"
        )
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A part of the image; black where it reaches beyond the edge."""
    backend: Any = tensors if _is_tensor(img) else pil
    return backend.crop(img, top, left, height, width)


def center_crop(img: Any, output_size: Size) -> Any:
    """The middle of the image, with a black margin where the image is smaller than that."""
    height, width = pair_of(output_size)
    _, image_height, image_width = get_dimensions(img)
    wider, taller = max(width - image_width, 0), max(height - image_height, 0)
    if wider or taller:
        img = pad(img, [wider // 2, taller // 2, (wider + 1) // 2, (taller + 1) // 2], fill=0)
        _, image_height, image_width = get_dimensions(img)
        if (image_height, image_width) == (height, width):
            return img
    top, left = round((image_height - height) / 2), round((image_width - width) / 2)
    return crop(img, top, left, height, width)


def pair_of(
    size: Any, message: str = "Please provide only two dimensions (h, w) for size."
) -> Sequence[int]:
    """``size`` itself, or height and width of a square if it is only one number."""
    if isinstance(size, (int, float)):
        return int(size), int(size)
    if len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(message)
    return size


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: Size,
    interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """A part of the image, brought to ``size``."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def five_crop(img: Any, size: Size) -> tuple[Any, Any, Any, Any, Any]:
    """The four corners, top left, top right, bottom left, bottom right, and the middle."""
    height, width = pair_of(size)
    _, image_height, image_width = get_dimensions(img)
    if width > image_width or height > image_height:
        raise ValueError(
            f"Requested crop size {(height, width)} is bigger than input size "
            f"{(image_height, image_width)}"
        )
    bottom, right = image_height - height, image_width - width
    return (
        crop(img, 0, 0, height, width),
        crop(img, 0, right, height, width),
        crop(img, bottom, 0, height, width),
        crop(img, bottom, right, height, width),
        center_crop(img, (height, width)),
    )


def ten_crop(img: Any, size: Size, vertical_flip: bool = False) -> tuple[Any, ...]:
    """The ``five_crop`` of the image and of its mirror image."""
    mirrored = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(mirrored, size)


# ------------------------------------------------------------------------- flips and rotations


def hflip(img: Any) -> Any:
    """Left and right swapped."""
    return tensors.hflip(img) if _is_tensor(img) else pil.hflip(img)


def vflip(img: Any) -> Any:
    """Top and bottom swapped."""
    return tensors.vflip(img) if _is_tensor(img) else pil.vflip(img)


def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Fill = None,
) -> Any:
    """The image turned counter-clockwise.

    Args:
        angle: in degrees.
        expand: return all of the turned image, not only what lies where the image lay.
        center: what to turn around, (x, y) from the top left corner; the middle if None.
        fill: the colour of what no pixel of the image covers: a number or one of each channel.
    """
    mode = interpolation_mode(interpolation)
    _check_turn(angle, center)
    if not _is_tensor(img):
        return pil.rotate(img, angle, _PILLOW_NUMBERS[mode], expand, center, fill)
    # affine turns clockwise.
    matrix = _inverse_affine_matrix(_from_middle(img, center), -angle, (0.0, 0.0), 1.0, (0.0, 0.0))
    return tensors.rotate(img, matrix, mode.value, expand, fill)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[int],
    scale: float,
    shear: float | Sequence[float],
    interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
    fill: Fill = None,
    center: Sequence[float] | None = None,
) -> Any:
    """The image sheared, scaled and turned clockwise around its middle, and then moved.

    Args:
        angle: in degrees.
        translate: pixels to the right and down.
        shear: in degrees, parallel to the x axis, or to both.
        fill: the colour of what no pixel of the image covers: a number or one of each channel.
        center: what to turn around, (x, y) from the top left corner; the middle if None.
    """
    mode = interpolation_mode(interpolation)
    _check_turn(angle, center)
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    if not isinstance(shear, (int, float, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    shears = [shear, 0.0] if isinstance(shear, (int, float)) else list(shear)
    if len(shears) == 1:
        shears *= 2
    if len(shears) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shears}")
    if _is_tensor(img):
        matrix = _inverse_affine_matrix(_from_middle(img, center), angle, translate, scale, shears)
        return tensors.affine(img, matrix, mode.value, fill)
    middle = center or [img.width * 0.5, img.height * 0.5]
    matrix = _inverse_affine_matrix(middle, angle, translate, scale, shears)
    return pil.affine(img, matrix, _PILLOW_NUMBERS[mode], fill)


def _check_turn(angle: Any, center: Any) -> None:
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")


def _from_middle(img: Tensor, center: Sequence[float] | None) -> list[float]:
    """A place (x, y) in the image, as seen from its middle."""
    if center is None:
        return [0.0, 0.0]
    height, width = img.shape[-2:]
    return [center[0] - width * 0.5, center[1] - height * 0.5]


def _inverse_affine_matrix(
    center: Sequence[float],
    angle: float,
    translate: Sequence[float],
    scale: float,
    shear: Sequence[float],
) -> list[float]:
    """(a, b, c, d, e, f): the pixel at (x, y) comes from (ax + by + c, dx + ey + f).

    Forwards, a point goes through T C R S Sy Sx C⁻¹: Sx and Sy shear it by [1, -tan sx; 0, 1] and
    [1, 0; -tan sy, 1], S scales, R rotates around the center C, T translates. R Sy Sx has
    determinant 1, so that its inverse is [d, -b; -c, a].
    """
    rotation, shear_x, shear_y = (math.radians(x) for x in (angle, *shear))
    a = math.cos(rotation - shear_y) / math.cos(shear_y)
    b = -a * math.tan(shear_x) - math.sin(rotation)
    c = math.sin(rotation - shear_y) / math.cos(shear_y)
    d = -c * math.tan(shear_x) + math.cos(rotation)
    inverse = [d / scale, -b / scale, -c / scale, a / scale]
    x, y = -center[0] - translate[0], -center[1] - translate[1]
    return [
        inverse[0],
        inverse[1],
        inverse[0] * x + inverse[1] * y + center[0],
        inverse[2],
        inverse[3],
        inverse[2] * x + inverse[3] * y + center[1],
    ]


# ------------------------------------------------------------------------------------- colours


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The luminance, once or in three equal channels."""
    backend: Any = tensor_colors if _is_tensor(img) else pil
    return backend.rgb_to_grayscale(img, num_output_channels)


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """``rgb_to_grayscale`` of a PIL image in any mode."""
    if not is_pil_image(img):
        raise TypeError("Input should be PIL Image")
    return pil.rgb_to_grayscale(img, num_output_channels)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """Black at 0, the same image at 1, brighter above."""
    backend: Any = tensor_colors if _is_tensor(img) else pil
    return backend.adjust_brightness(img, brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """One grey at 0, the same image at 1, more contrast above."""
    backend: Any = tensor_colors if _is_tensor(img) else pil
    return backend.adjust_contrast(img, contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Without colours at 0, the same image at 1, more colourful above."""
    backend: Any = tensor_colors if _is_tensor(img) else pil
    return backend.adjust_saturation(img, saturation_factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """All hues moved around the circle of colours, by -0.5 to 0.5 of its length."""
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    backend: Any = tensor_colors if _is_tensor(img) else pil
    return backend.adjust_hue(img, hue_factor)


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """gain · x^gamma of each colour x in [0, 1]: above 1 shadows darken, below they brighten."""
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    backend: Any = tensor_colors if _is_tensor(img) else pil
    return backend.adjust_gamma(img, gamma, gain)


def invert(img: Any) -> Any:
    """The negative."""
    return tensor_colors.invert(img) if _is_tensor(img) else pil.invert(img)


def gaussian_blur(img: Any, kernel_size: Size, sigma: float | Sequence[float] | None = None) -> Any:
    """Each pixel a weighted mean of its surroundings.

    Args:
        kernel_size: width and height of the surroundings, odd.
        sigma: the standard deviations of the weights, across and down, in pixels;
            0.15 · kernel_size + 0.35 if None.
    """
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(
            f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}"
        )
    sizes = [kernel_size] * 2 if isinstance(kernel_size, int) else list(kernel_size)
    if len(sizes) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(sizes)}")
    if any(size % 2 == 0 or size < 0 for size in sizes):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {sizes}")
    if sigma is not None and not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    sigmas = [0.15 * size + 0.35 for size in sizes]
    if sigma is not None:
        sigmas = [float(sigma)] if isinstance(sigma, (int, float)) else list(sigma)
        sigmas = sigmas * 2 if len(sigmas) == 1 else sigmas
    if len(sigmas) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(sigmas)}")
    if any(s <= 0.0 for s in sigmas):
        raise ValueError(f"sigma should have positive values. Got {sigmas}")
    if _is_tensor(img):
        return tensors.gaussian_blur(img, sizes, sigmas)
    return to_pil_image(tensors.gaussian_blur(pil_to_tensor(img), sizes, sigmas), mode=img.mode)
