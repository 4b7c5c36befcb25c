"""PIL images, arrays and tensors made of one another, and what only tensors can have done to them.

Mirrors torchvision/transforms/functional.py.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.dtypes import dtype as DType
from minitorch.native.tensor_new import from_numpy
from minitorch.vision._pillow import is_pil_image
from minitorch.vision.transforms import _functional_pil as pil
from minitorch.vision.transforms import _functional_tensor as tensors

__all__ = [
    "convert_image_dtype",
    "erase",
    "normalize",
    "pil_to_tensor",
    "to_pil_image",
    "to_tensor",
]

_ARRAY_TYPES = {
    "I": np.int32,
    "I;16": np.int16,
    "I;16B": np.int16,
    "F": np.float32,
}


def to_tensor(pic: Any) -> Tensor:
    """A PIL image or an array (H, W, C) as a tensor (C, H, W); bytes become floats from 0 to 1."""
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        array = pic
    elif is_pil_image(pic):
        array = np.array(pic, _ARRAY_TYPES.get(pic.mode, np.uint8))
        if pic.mode == "1":
            array *= 255
    else:
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    img = _channels_first(array).contiguous()
    return img.to(dtypes.get_default_dtype()).div(255) if img.dtype == dtypes.uint8 else img


def pil_to_tensor(pic: Any) -> Tensor:
    """A PIL image as a tensor (C, H, W) of the same numbers."""
    if not is_pil_image(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    return _channels_first(np.array(pic))


def _channels_first(array: Any) -> Tensor:
    """(H, W) or (H, W, C) -> (C, H, W)"""
    return from_numpy(array[:, :, None] if array.ndim == 2 else array).permute(2, 0, 1)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A tensor (C, H, W) or an array (H, W, C) as a PIL image; floats from 0 to 1 become bytes."""
    if isinstance(pic, Tensor):
        array = (pic.permute(1, 2, 0) if pic.ndim == 3 else pic).numpy(force=True)
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    if array.shape[2] > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {array.shape[2]} channels.")
    if np.issubdtype(array.dtype, np.floating) and mode != "F":
        array = (array * 255).astype(np.uint8)
    return pil.from_array(array, _pil_mode(array, mode))


_GREY_MODES = {
    "uint8": "L",
    "int16": "I;16" if sys.byteorder == "little" else "I;16B",
    "int32": "I",
    "float32": "F",
}
_COLOUR_MODES = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}


def _pil_mode(array: Any, mode: str | None) -> str:
    """The mode of Pillow's that is asked for, if the array (H, W, C) fits it, or the usual one."""
    channels = array.shape[2]
    if channels == 1:
        usual = _GREY_MODES.get(array.dtype.name)
        if mode is not None and mode != usual:
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {array.dtype}. Should be {usual}"
            )
    else:
        possible = _COLOUR_MODES[channels]
        if mode is not None and mode not in possible:
            raise ValueError(f"Only modes {possible} are supported for {channels}D inputs")
        usual = possible[0] if array.dtype == np.uint8 else None
    if mode is None and usual is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    return mode or str(usual)


def convert_image_dtype(image: Any, dtype: DType = dtypes.float32) -> Tensor:
    """The tensor in another type, where white is another number.

    Raises:
        RuntimeError: float32 to int32 or int64, or float64 to int64: they lack numbers near white.
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    return tensors.convert_image_dtype(image, dtype)


def normalize(
    tensor: Any, mean: Sequence[float], std: Sequence[float], inplace: bool = False
) -> Tensor:
    """(tensor - mean) / std, with one mean and one std for each channel."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    return tensors.normalize(tensor, mean, std, inplace)


def erase(img: Any, i: int, j: int, h: int, w: int, v: Tensor, inplace: bool = False) -> Tensor:
    """The tensor with ``v`` in the rectangle of h x w below and right of (i, j)."""
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    return tensors.erase(img, i, j, h, w, v, inplace)
