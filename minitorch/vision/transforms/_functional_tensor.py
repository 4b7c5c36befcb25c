"""The transforms of images that are tensors (..., C, H, W), but for colours.

Mirrors torchvision/transforms/_functional_tensor.py, whose colours are in
``_functional_tensor_color``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native.convolution import conv2d
from minitorch.native.factories import ones
from minitorch.native.grid_sampler import grid_sample
from minitorch.native.joining import cat
from minitorch.native.linear_algebra import bmm
from minitorch.native.padding import pad as native_pad
from minitorch.native.ranges import linspace
from minitorch.native.rounding import round as native_round
from minitorch.native.tensor_compare import where
from minitorch.native.tensor_new import as_tensor, tensor
from minitorch.native.upsample import interpolate

Fill = float | Sequence[float] | None

# The integer types of which a floating one does not have all whole numbers up to white.
_INEXACT = {
    dtypes.float32: (dtypes.int32, dtypes.int64),
    dtypes.float64: (dtypes.int64,),
}


def get_dimensions(img: Tensor) -> list[int]:
    """Channels, height and width.

    Raises:
        TypeError: the tensor has fewer than two dimensions.
    """
    if img.ndim < 2:
        raise TypeError("Tensor is not a torch image.")
    return [1 if img.ndim == 2 else img.shape[-3], *img.shape[-2:]]


def working_dtype(img: Tensor) -> dtypes.dtype:
    """What an image is computed in: its own type if that is a floating one, else float32."""
    return img.dtype if img.is_floating_point() else dtypes.float32


def in_batch(img: Tensor, dtype: dtypes.dtype, function: Callable[[Tensor], Tensor]) -> Tensor:
    """``function`` of the image as a batch (N, C, H, W) of ``dtype``; whole numbers are rounded."""
    batch = (img if img.ndim >= 4 else img.unsqueeze(0)).to(dtype)
    out = function(batch)
    out = out if img.ndim >= 4 else out.squeeze(0)
    return (out if img.is_floating_point() else native_round(out)).to(img.dtype)


# --------------------------------------------------------------------------------- conversions


def max_value(dtype: dtypes.dtype) -> int:
    """White: the largest whole number of an integer type, 1 of the others."""
    if dtype.is_floating_point or dtype.is_complex or dtype is dtypes.bool_:
        return 1
    return dtypes.iinfo(dtype).max


def convert_image_dtype(image: Tensor, dtype: dtypes.dtype) -> Tensor:
    """The image in another type, where white is another number."""
    if image.dtype == dtype:
        return image
    old, new = max_value(image.dtype), max_value(dtype)
    if image.is_floating_point():
        if dtype.is_floating_point:
            return image.to(dtype)
        if dtype in _INEXACT.get(image.dtype, ()):
            raise RuntimeError(
                f"The cast from {image.dtype} to {dtype} cannot be performed safely."
            )
        # Not just new: only 1.0 itself would become white, one of 256 equal parts shall.
        return image.mul(float(new) + 1.0 - 1e-3).to(dtype)
    if dtype.is_floating_point:
        return image.to(dtype) / float(old)
    if old > new:
        return image.div((old + 1) // (new + 1), rounding_mode="floor").to(dtype)
    return image.to(dtype) * ((new + 1) // (old + 1))


def normalize(
    image: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False
) -> Tensor:
    """(image - mean) / std, with one mean and one std for each channel."""
    get_dimensions(image)
    if not image.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {image.dtype}.")
    if image.ndim < 3:
        raise ValueError(
            "Expected tensor to be a tensor image of size (..., C, H, W). "
            f"Got tensor.size() = {image.size()}"
        )
    means, stds = as_tensor(mean, dtype=image.dtype), as_tensor(std, dtype=image.dtype)
    if bool((stds == 0).any()):
        raise ValueError(
            f"std evaluated to zero after conversion to {image.dtype}, leading to division by zero."
        )
    means = means.view(-1, 1, 1) if means.ndim == 1 else means
    stds = stds.view(-1, 1, 1) if stds.ndim == 1 else stds
    return (image if inplace else image.clone()).sub_(means).div_(stds)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool) -> Tensor:
    """The image with ``v`` in the rectangle of h x w below and right of (i, j)."""
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img


# --------------------------------------------------------------------- flips, crops and margins


def hflip(img: Tensor) -> Tensor:
    """Left and right swapped."""
    return img.flip(-1)


def vflip(img: Tensor) -> Tensor:
    """Top and bottom swapped."""
    return img.flip(-2)


def crop(img: Tensor, top: int, left: int, height: int, width: int) -> Tensor:
    """A part of the image; 0 where it reaches beyond the edge."""
    _, h, w = get_dimensions(img)
    right, bottom = left + width, top + height
    inside = img[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= w and bottom <= h:
        return inside
    margins = [
        max(min(right, 0) - left, 0),
        max(min(bottom, 0) - top, 0),
        max(right - max(w, left), 0),
        max(bottom - max(h, top), 0),
    ]
    return pad(inside, margins, 0, "constant")


def pad(img: Tensor, margins: Sequence[int], fill: Fill, padding_mode: str) -> Tensor:
    """With ``margins`` (left, top, right, bottom) around; a negative one cuts off."""
    if not isinstance(fill, (int, float, type(None))):
        raise TypeError("Got inappropriate fill arg")
    left, top, right, bottom = margins
    if padding_mode == "symmetric":
        return _pad_symmetric(img, left, top, right, bottom)
    around = [left, right, top, bottom]
    if padding_mode == "constant":
        return native_pad(img, around, value=float(fill or 0))
    mode = {"edge": "replicate", "reflect": "reflect"}[padding_mode]
    return in_batch(img, _float_dtype(img), lambda batch: native_pad(batch, around, mode=mode))


def _pad_symmetric(img: Tensor, left: int, top: int, right: int, bottom: int) -> Tensor:
    """Mirrored at the outer edges of the outer pixels, which therefore stand there twice."""
    if img.ndim not in (3, 4):
        raise RuntimeError("Symmetric padding of N-D tensors are not supported yet")
    places = []
    for size, before, after in ((img.shape[-2], top, bottom), (img.shape[-1], left, right)):
        kept = np.arange(max(-before, 0), size - max(-after, 0))
        places.append(np.pad(kept, (max(before, 0), max(after, 0)), mode="symmetric"))
    rows, columns = as_tensor(places[0]), as_tensor(places[1])
    return img[..., rows[:, None], columns[None, :]]


def _float_dtype(img: Tensor) -> dtypes.dtype:
    """What padding and resizing compute in: half precision becomes single."""
    return img.dtype if img.dtype in (dtypes.float32, dtypes.float64) else dtypes.float32


# ------------------------------------------------------------------------------ sizes and blur


def resize(img: Tensor, size: Sequence[int], interpolation: str, antialias: bool | None) -> Tensor:
    """The image at ``size`` (height, width)."""
    smooth = interpolation in ("bilinear", "bicubic")

    def resized(batch: Tensor) -> Tensor:
        out = interpolate(
            batch,
            size=list(size),
            mode=interpolation,
            align_corners=False if smooth else None,
            antialias=bool(antialias) and smooth,
        )
        overshoots = interpolation == "bicubic" and img.dtype == dtypes.uint8
        return out.clamp(0, 255) if overshoots else out

    return in_batch(img, _float_dtype(img), resized)


def gaussian_blur(img: Tensor, kernel_size: Sequence[int], sigma: Sequence[float]) -> Tensor:
    """Each pixel a weighted mean of its surroundings; the image is reflected at its edges."""
    dtype = working_dtype(img)
    across, down = (_gaussian(k, s, dtype) for k, s in zip(kernel_size, sigma, strict=True))
    kernel = (down[:, None] @ across[None, :]).expand(img.shape[-3], 1, -1, -1)
    width, height = kernel_size
    around = [width // 2, width // 2, height // 2, height // 2]

    def blurred(batch: Tensor) -> Tensor:
        return conv2d(native_pad(batch, around, mode="reflect"), kernel, groups=batch.shape[-3])

    return in_batch(img, dtype, blurred)


def _gaussian(size: int, sigma: float, dtype: dtypes.dtype) -> Tensor:
    """The bell curve at ``size`` whole steps around its centre, of sum 1."""
    half = (size - 1) * 0.5
    curve = (-0.5 * (linspace(-half, half, steps=size, dtype=dtype) / sigma).pow(2)).exp()
    return curve / curve.sum()


# ----------------------------------------------------------------------------------- rotations


def rotate(
    img: Tensor, matrix: Sequence[float], interpolation: str, expand: bool, fill: Fill
) -> Tensor:
    """What ``affine`` does, on a canvas that holds all of the result if ``expand``."""
    height, width = img.shape[-2:]
    out_size = _bounding_box(matrix, width, height) if expand else (width, height)
    return _apply_grid(img, _affine_grid(img, matrix, out_size), interpolation, fill)


def affine(img: Tensor, matrix: Sequence[float], interpolation: str, fill: Fill) -> Tensor:
    """Pixel (x, y) comes from (ax + by + c, dx + ey + f), seen from the centre of the image."""
    height, width = img.shape[-2:]
    return _apply_grid(img, _affine_grid(img, matrix, (width, height)), interpolation, fill)


def _affine_grid(img: Tensor, matrix: Sequence[float], out_size: tuple[int, int]) -> Tensor:
    """Where each pixel of the output comes from (1, H_out, W_out, 2), from -1 to 1 in the image."""
    dtype = working_dtype(img)
    height, width = img.shape[-2:]
    out_width, out_height = out_size
    x = linspace(-out_width * 0.5 + 0.5, out_width * 0.5 - 0.5, steps=out_width)
    y = linspace(-out_height * 0.5 + 0.5, out_height * 0.5 - 0.5, steps=out_height)
    points = ones(1, out_height, out_width, 3, dtype=dtype)  # (x, y, 1)
    points[..., 0] = x
    points[..., 1] = y[:, None]
    theta = tensor([matrix[:3], matrix[3:]], dtype=dtype).T / tensor(
        [0.5 * width, 0.5 * height], dtype=dtype
    )
    grid = bmm(points.view(1, out_height * out_width, 3), theta.unsqueeze(0))
    return grid.view(1, out_height, out_width, 2)


def _bounding_box(matrix: Sequence[float], width: int, height: int) -> tuple[int, int]:
    """The size of the smallest canvas of whole pixels around the turned corners."""
    x, y = 0.5 * width, 0.5 * height
    corners = np.array([[-x, -y, 1], [-x, y, 1], [x, y, 1], [x, -y, 1]], np.float32)
    turned = corners @ np.array(matrix, np.float32).reshape(2, 3).T
    centre = np.array([x, y], np.float32)
    # A ten-thousandth of a pixel is rounding, and no reason for one pixel more.
    low, high = (np.trunc((end + centre) / 1e-4) * 1e-4 for end in (turned.min(0), turned.max(0)))
    return math.ceil(high[0]) - math.floor(low[0]), math.ceil(high[1]) - math.floor(low[1])


def _apply_grid(img: Tensor, grid: Tensor, mode: str, fill: Fill) -> Tensor:
    """The image at the points of ``grid``, and ``fill`` outside of it."""
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"Interpolation mode '{mode}' is unsupported with Tensor input")
    channels = get_dimensions(img)[0]
    colours = list(fill) if isinstance(fill, Sequence) else [fill or 0]
    if len(colours) not in (1, channels):
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of "
            f"the image ({len(colours)} != {channels})"
        )

    def sampled(batch: Tensor) -> Tensor:
        points = grid.expand(batch.shape[0], -1, -1, -1)
        if fill is None:
            return _sample(batch, points, mode)
        # A channel of ones, sampled alike, says how much of each pixel lies inside.
        n, _, height, width = batch.shape
        out = _sample(cat([batch, ones(n, 1, height, width, dtype=batch.dtype)], 1), points, mode)
        out, inside = out[:, :-1], out[:, -1:]
        background = tensor(colours, dtype=batch.dtype).view(1, -1, 1, 1)
        if mode == "nearest":
            return where(inside < 0.5, background, out)
        return out * inside + (1.0 - inside) * background

    return in_batch(img, grid.dtype, sampled)


def _sample(batch: Tensor, points: Tensor, mode: str) -> Any:
    return grid_sample(batch, points, mode=mode, padding_mode="zeros", align_corners=False)
