"""Sizes, crops, margins and flips.

Mirrors torchvision/transforms/transforms.py.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.exponential import exp, log
from minitorch.native.factories import empty
from minitorch.native.tensor_new import tensor
from minitorch.nn.modules.module import Module
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._draws import happens, uniform, whole_number
from minitorch.vision.transforms._functional_tensor import Fill
from minitorch.vision.transforms.functional import InterpolationMode, Size

__all__ = [
    "CenterCrop",
    "FiveCrop",
    "Pad",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomVerticalFlip",
    "Resize",
    "TenCrop",
]

Box = tuple[int, int, int, int]  # Top, left, height, width.


class Resize(Module):
    """Another number of pixels.

    Args:
        size: (height, width), or the length of the shorter edge.
        interpolation: tensors know nearest, nearest-exact, bilinear and bicubic.
        max_size: a limit for the longer edge, where ``size`` is that of the shorter.
        antialias: look at all pixels when a tensor shrinks; Pillow always does.
    """

    def __init__(
        self,
        size: Size,
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if not isinstance(size, (int, Sequence)):
            raise TypeError(f"Size should be int or sequence. Got {type(size)}")
        if isinstance(size, Sequence) and len(size) not in (1, 2):
            raise ValueError("If size is a sequence, it should have 1 or 2 values")
        self.size = size
        self.max_size = max_size
        self.interpolation = F.interpolation_mode(interpolation)
        self.antialias = antialias

    def forward(self, img: Any) -> Any:
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def extra_repr(self) -> str:
        return (
            f"size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias}"
        )


class CenterCrop(Module):
    """The middle of the image, with a black margin where the image is smaller than that."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = F.pair_of(size)

    def forward(self, img: Any) -> Any:
        return F.center_crop(img, self.size)

    def extra_repr(self) -> str:
        return f"size={self.size}"


class FiveCrop(Module):
    """A tuple of the four corners and the middle."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = F.pair_of(size)

    def forward(self, img: Any) -> tuple[Any, ...]:
        return F.five_crop(img, self.size)

    def extra_repr(self) -> str:
        return f"size={self.size}"


class TenCrop(Module):
    """A tuple of the four corners and the middle of the image, and of its mirror image."""

    def __init__(self, size: Size, vertical_flip: bool = False) -> None:
        super().__init__()
        self.size = F.pair_of(size)
        self.vertical_flip = vertical_flip

    def forward(self, img: Any) -> tuple[Any, ...]:
        return F.ten_crop(img, self.size, self.vertical_flip)

    def extra_repr(self) -> str:
        return f"size={self.size}, vertical_flip={self.vertical_flip}"


class Pad(Module):
    """A margin.

    Args:
        padding: of all sides; of (left and right, top and bottom); or of (left, top, right,
            bottom). A negative one cuts off.
        fill: the colour of a constant margin: a number, or for PIL images one of each channel.
        padding_mode: ``constant``; ``edge``, the outer pixels; ``reflect`` or ``symmetric``, the
            image mirrored at the middle, or at the rim, of the outer pixels.
    """

    def __init__(self, padding: Size, fill: Fill = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        if fill is None:
            raise TypeError("Got inappropriate fill arg")
        F.check_padding(padding, fill, padding_mode)
        self.padding = padding
        self.fill = fill
        self.padding_mode = padding_mode

    def forward(self, img: Any) -> Any:
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode}"


class RandomCrop(Module):
    """A part of the image, anywhere.

    Args:
        size: (height, width) of the part, or the edge of a square.
        padding, fill, padding_mode: the margin that the image gets first, as for ``Pad``.
        pad_if_needed: widen the image on both sides where it is still smaller than ``size``.
    """

    def __init__(
        self,
        size: Size,
        padding: Size | None = None,
        pad_if_needed: bool = False,
        fill: Fill = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = tuple(F.pair_of(size))
        self.padding = padding
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self.padding_mode = padding_mode

    @staticmethod
    def get_params(img: Any, output_size: Sequence[int]) -> Box:
        """Draws where to cut: top, left, height, width.

        Raises:
            ValueError: the image is smaller than that.
        """
        _, height, width = F.get_dimensions(img)
        h, w = output_size
        if height < h or width < w:
            raise ValueError(
                f"Required crop size {(h, w)} is larger than input image size {(height, width)}"
            )
        if (height, width) == (h, w):
            return 0, 0, h, w
        return whole_number(0, height - h + 1), whole_number(0, width - w + 1), h, w

    def forward(self, img: Any) -> Any:
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, height, width = F.get_dimensions(img)
        if self.pad_if_needed and width < self.size[1]:
            img = F.pad(img, [self.size[1] - width, 0], self.fill, self.padding_mode)
        if self.pad_if_needed and height < self.size[0]:
            img = F.pad(img, [0, self.size[0] - height], self.fill, self.padding_mode)
        return F.crop(img, *self.get_params(img, self.size))

    def extra_repr(self) -> str:
        return f"size={self.size}, padding={self.padding}"


class RandomHorizontalFlip(Module):
    """Left and right swapped, with probability ``p``."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return F.hflip(img) if happens(self.p) else img

    def extra_repr(self) -> str:
        return f"p={self.p}"


class RandomVerticalFlip(Module):
    """Top and bottom swapped, with probability ``p``."""

    def __init__(self, p: float = 0.5) -> None:
        super().__init__()
        self.p = p

    def forward(self, img: Any) -> Any:
        return F.vflip(img) if happens(self.p) else img

    def extra_repr(self) -> str:
        return f"p={self.p}"


class RandomResizedCrop(Module):
    """A part of the image of any place, size and form, brought to one size.

    Args:
        size: (height, width) of the result, or the edge of a square.
        scale: smallest and largest share of the image's area.
        ratio: smallest and largest width / height; its logarithm is drawn uniformly.
        interpolation, antialias: as for ``Resize``.
    """

    def __init__(
        self,
        size: Size,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: InterpolationMode | int = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = F.pair_of(size)
        _check_scale_and_ratio(scale, ratio)
        self.scale = scale
        self.ratio = ratio
        self.interpolation = F.interpolation_mode(interpolation)
        self.antialias = antialias

    @staticmethod
    def get_params(img: Any, scale: Sequence[float], ratio: Sequence[float]) -> Box:
        """Draws where to cut: top, left, height, width.

        After ten that do not fit in the image, takes the largest from the middle that is within
        ``ratio``.
        """
        _, height, width = F.get_dimensions(img)
        for _ in range(10):
            area, form = _draw_area_and_form(height * width, scale, ratio)
            w, h = round(math.sqrt(area * form)), round(math.sqrt(area / form))
            if 0 < w <= width and 0 < h <= height:
                return whole_number(0, height - h + 1), whole_number(0, width - w + 1), h, w
        h, w = height, width
        if width / height < min(ratio):
            h = round(width / min(ratio))
        elif width / height > max(ratio):
            w = round(height * max(ratio))
        return (height - h) // 2, (width - w) // 2, h, w

    def forward(self, img: Any) -> Any:
        box = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *box, self.size, self.interpolation, self.antialias)

    def extra_repr(self) -> str:
        return (
            f"size={self.size}, scale={tuple(round(s, 4) for s in self.scale)}, "
            f"ratio={tuple(round(r, 4) for r in self.ratio)}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias}"
        )


class RandomErasing(Module):
    """A rectangle of a tensor painted over, with probability ``p``.

    Args:
        scale: smallest and largest share of the image's area.
        ratio: smallest and largest height / width; its logarithm is drawn uniformly.
        value: the paint: a number, one of each channel, or ``"random"``, drawn from N(0, 1).
        inplace: paint over the image itself.
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: float | str | Sequence[float] = 0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        if not isinstance(value, (int, float, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        _check_scale_and_ratio(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if not 0 <= p <= 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(
        img: Tensor,
        scale: Sequence[float],
        ratio: Sequence[float],
        value: Sequence[float] | None = None,
    ) -> tuple[int, int, int, int, Tensor]:
        """Draws what to paint over: top, left, height, width and the paint, by pixel if None.

        After ten rectangles that do not fit in the image, returns the image itself.
        """
        channels, height, width = img.shape[-3:]
        for _ in range(10):
            area, form = _draw_area_and_form(height * width, scale, ratio)
            h, w = round(math.sqrt(area * form)), round(math.sqrt(area / form))
            if h < height and w < width:
                if value is None:
                    paint = empty(channels, h, w).normal_()
                else:
                    paint = tensor(value)[:, None, None]
                top, left = whole_number(0, height - h + 1), whole_number(0, width - w + 1)
                return top, left, h, w, paint
        return 0, 0, height, width, img

    def forward(self, img: Tensor) -> Tensor:
        if not happens(self.p):
            return img
        if isinstance(self.value, str):
            value = None
        elif isinstance(self.value, (int, float)):
            value = [float(self.value)]
        else:
            value = [float(v) for v in self.value]
        if value is not None and len(value) not in (1, img.shape[-3]):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{img.shape[-3]} (number of input channels)"
            )
        params = self.get_params(img, self.scale, self.ratio, value)
        return F.erase(img, *params, self.inplace)

    def extra_repr(self) -> str:
        return (
            f"p={self.p}, scale={self.scale}, ratio={self.ratio}, value={self.value}, "
            f"inplace={self.inplace}"
        )


def _check_scale_and_ratio(scale: Any, ratio: Any) -> None:
    if not isinstance(scale, Sequence):
        raise TypeError("Scale should be a sequence")
    if not isinstance(ratio, Sequence):
        raise TypeError("Ratio should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


def _draw_area_and_form(
    area: int, scale: Sequence[float], ratio: Sequence[float]
) -> tuple[float, float]:
    """A share of the area, and a ratio of the edges whose logarithm is uniform (in float32)."""
    share = area * uniform(scale[0], scale[1])
    low, high = log(tensor(ratio))
    return share, exp(tensor(uniform(low, high))).item()
