"""Many images in one, and images in files.

Mirrors torchvision/utils.py. Left out: drawing boxes, masks and key points.
"""

from __future__ import annotations

import math
import os
from typing import IO, Any

from minitorch._tensor import Tensor
from minitorch.dtypes import uint8
from minitorch.native.joining import stack
from minitorch.vision import _pillow

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: Tensor | list[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Images (N, C, H, W) in rows of one image (C, H', W'); grey ones in three equal channels.

    Args:
        nrow: how many images a row has.
        padding: how many pixels are between images and around all.
        normalize: bring what lies between smallest and largest value, or within ``value_range``,
            to the range from 0 to 1 ...
        scale_each: ... of each image by itself.
        pad_value: the colour between the images.

    Example:
        >>> import minitorch
        >>> make_grid(minitorch.zeros(5, 3, 10, 12), nrow=3).shape
        torch.Size([3, 26, 44])
    """
    images = _as_batch(tensor).detach()
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError(
                "value_range has to be a tuple (min, max) if specified. min and max are numbers"
            )
        images = images.clone()
        for part in images if scale_each else [images]:
            low, high = value_range or (float(part.min()), float(part.max()))
            part.clamp_(low, high).sub_(low).div_(max(high - low, 1e-5))
    count, channels = images.shape[:2]
    if count == 1:
        return images.squeeze(0)
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = images.shape[2] + padding, images.shape[3] + padding
    size = (channels, height * rows + padding, width * columns + padding)
    grid = images.new_full(size, pad_value)
    for i, image in enumerate(images):
        top, left = i // columns * height + padding, i % columns * width + padding
        grid[:, top : top + height - padding, left : left + width - padding] = image
    return grid


def _as_batch(tensor: Any) -> Tensor:
    """(N, C, H, W) of one image (H, W) or (C, H, W), of a list of images or of a batch."""
    if isinstance(tensor, list):
        for image in tensor:
            if not isinstance(image, Tensor):
                raise TypeError(
                    f"tensor or list of tensors expected, got a list containing {type(image)}"
                )
        tensor = stack(tensor)
    if not isinstance(tensor, Tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    while tensor.ndim < 4:
        tensor = tensor.unsqueeze(0)
    if tensor.shape[1] == 1:
        tensor = tensor.expand(-1, 3, -1, -1)
    return tensor


def save_image(
    tensor: Tensor | list[Tensor],
    fp: str | os.PathLike[str] | IO[bytes],
    format: str | None = None,
    **kwargs: Any,
) -> None:
    """Write the ``make_grid`` of images with values from 0 to 1 to a file.

    Args:
        format: such as ``"png"``; None means what the name of the file ends in.
        kwargs: for ``make_grid``.
    """
    grid = make_grid(tensor, **kwargs)
    pixels = grid.mul(255).add_(0.5).clamp_(0, 255).permute(1, 2, 0).to(uint8).numpy()
    _pillow.Image.fromarray(pixels).save(fp, format=format)
