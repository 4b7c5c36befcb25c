"""Random rotations, and random affine maps.

Mirrors torchvision/transforms/transforms.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch.nn.modules.module import Module
from minitorch.vision.transforms import functional as F
from minitorch.vision.transforms._draws import uniform
from minitorch.vision.transforms._functional_tensor import Fill
from minitorch.vision.transforms.functional import InterpolationMode

__all__ = ["RandomAffine", "RandomRotation"]


class RandomRotation(Module):
    """The image turned by any angle.

    Args:
        degrees: smallest and largest angle, or the largest in both directions.
        interpolation: tensors know nearest and bilinear.
        expand: return all of the turned image, not only what lies where the image lay.
        center: what to turn around, (x, y) from the top left corner; the middle if None.
        fill: the colour of what no pixel of the image covers: a number or one of each channel.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Fill = 0,
    ) -> None:
        super().__init__()
        self.degrees = _range_of("degrees", degrees, (2,))
        if center is not None:
            _check_length("center", center, (2,))
        self.center = center
        self.interpolation = F.interpolation_mode(interpolation)
        self.expand = expand
        self.fill = _checked_fill(fill)

    @staticmethod
    def get_params(degrees: Sequence[float]) -> float:
        """Draws the angle."""
        return uniform(degrees[0], degrees[1])

    def forward(self, img: Any) -> Any:
        angle = self.get_params(self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)

    def extra_repr(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill}"
        )


class RandomAffine(Module):
    """The image turned, moved, scaled and sheared, by any amounts.

    Args:
        degrees: smallest and largest angle, or the largest in both directions.
        translate: how far to move it at most, as a share of its width and of its height.
        scale: smallest and largest factor.
        shear: smallest and largest angle parallel to the x axis, or the largest in both
            directions; four numbers for both axes.
        interpolation, fill, center: as for ``RandomRotation``.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: InterpolationMode | int = InterpolationMode.NEAREST,
        fill: Fill = 0,
        center: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees = _range_of("degrees", degrees, (2,))
        if translate is not None:
            _check_length("translate", translate, (2,))
            if not all(0.0 <= share <= 1.0 for share in translate):
                raise ValueError("translation values should be between 0 and 1")
        self.translate = translate
        if scale is not None:
            _check_length("scale", scale, (2,))
            if not all(factor > 0 for factor in scale):
                raise ValueError("scale values should be positive")
        self.scale = scale
        self.shear = None if shear is None else _range_of("shear", shear, (2, 4))
        self.interpolation = F.interpolation_mode(interpolation)
        self.fill = _checked_fill(fill)
        if center is not None:
            _check_length("center", center, (2,))
        self.center = center

    @staticmethod
    def get_params(
        degrees: Sequence[float],
        translate: Sequence[float] | None,
        scale_ranges: Sequence[float] | None,
        shears: Sequence[float] | None,
        img_size: Sequence[int],
    ) -> tuple[float, tuple[int, int], float, tuple[float, float]]:
        """Draws angle, translation, scale and shears for an image of (width, height)."""
        angle = uniform(degrees[0], degrees[1])
        x = y = 0
        if translate is not None:
            furthest_x, furthest_y = translate[0] * img_size[0], translate[1] * img_size[1]
            x = round(uniform(-furthest_x, furthest_x))
            y = round(uniform(-furthest_y, furthest_y))
        scale = 1.0 if scale_ranges is None else uniform(scale_ranges[0], scale_ranges[1])
        shear_x = 0.0 if shears is None else uniform(shears[0], shears[1])
        both = shears is not None and len(shears) == 4
        shear_y = uniform(shears[2], shears[3]) if shears is not None and both else 0.0
        return angle, (x, y), scale, (shear_x, shear_y)

    def forward(self, img: Any) -> Any:
        size = F.get_image_size(img)
        drawn = self.get_params(self.degrees, self.translate, self.scale, self.shear, size)
        return F.affine(img, *drawn, self.interpolation, self.fill, self.center)

    def extra_repr(self) -> str:
        usual = self.interpolation == InterpolationMode.NEAREST
        parts = {
            "translate": self.translate,
            "scale": self.scale,
            "shear": self.shear,
            "interpolation": None if usual else self.interpolation.value,
            "fill": self.fill or None,
            "center": self.center,
        }
        given = [f"{name}={value}" for name, value in parts.items() if value is not None]
        return ", ".join([f"degrees={self.degrees}", *given])


def _range_of(name: str, value: Any, lengths: tuple[int, ...]) -> list[float]:
    """From -x to x, if there is only one number."""
    if isinstance(value, (int, float)):
        if value < 0:
            raise ValueError(f"If {name} is a single number, it must be positive.")
        return [float(-value), float(value)]
    _check_length(name, value, lengths)
    return [float(x) for x in value]


def _check_length(name: str, value: Any, lengths: tuple[int, ...]) -> None:
    possible = " or ".join(str(length) for length in lengths)
    message = f"{name} should be a sequence of length {possible}."
    if not isinstance(value, Sequence):
        raise TypeError(message)
    if len(value) not in lengths:
        raise ValueError(message)


def _checked_fill(fill: Any) -> Any:
    """0 for None.

    Raises:
        TypeError: it is no colour.
    """
    if not isinstance(fill, (Sequence, int, float, type(None))):
        raise TypeError("Fill should be either a sequence or a number.")
    return 0 if fill is None else fill
