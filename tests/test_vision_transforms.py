"""Every transform beside torchvision's: the same pixels, draws, repr and refusals.

PIL images come out bit for bit, tensors within the default tolerances, and after each transform both
streams of random numbers stand at one place.
"""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import minitorch
from compare.torchvision_shim import import_torchvision
from minitorch.vision import transforms
from minitorch.vision.transforms import functional
from tests.parity import assert_same_values

torchvision = import_torchvision()
Build = Callable[[Any], Any]
RNG = np.random.default_rng(0)


def smooth(height: int, width: int, channels: int) -> Any:
    """Waves with a little noise, uint8, as (H, W, C): an image in which every pixel differs."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(y / (3 + c)) + np.cos(x / (2 + c)) for c in range(channels)]
    noise = RNG.random((height, width, channels))
    return (np.stack(waves, -1) * 50 + 110 + 20 * noise).astype(np.uint8)


PICTURES = {
    "RGB": Image.fromarray(smooth(23, 31, 3)),
    "L": Image.fromarray(smooth(31, 20, 1)[..., 0]),
}
ARRAYS = {
    "uint8 colour": smooth(23, 31, 3).transpose(2, 0, 1).copy(),
    "float32 colour": (smooth(20, 21, 3) / np.float32(255)).transpose(2, 0, 1).copy(),
    "float32 batch of grey": (smooth(22, 18, 2) / np.float32(255))
    .transpose(2, 0, 1)[:, None]
    .copy(),
}

# What works on PIL images and on tensors.
IMAGES: dict[str, Build] = {
    "Resize": lambda T: T.Resize(12),
    "Resize larger": lambda T: T.Resize(40),
    "Resize pair": lambda T: T.Resize((9, 17)),
    "Resize list": lambda T: T.Resize([16]),
    "Resize max_size": lambda T: T.Resize(18, max_size=22),
    "Resize same": lambda T: T.Resize((23, 31)),
    "Resize nearest": lambda T: T.Resize(11, T.InterpolationMode.NEAREST),
    "Resize nearest-exact": lambda T: T.Resize(11, T.InterpolationMode.NEAREST_EXACT),
    "Resize bicubic": lambda T: T.Resize((30, 14), T.InterpolationMode.BICUBIC),
    "Resize of Pillow's number": lambda T: T.Resize(11, Image.Resampling.BICUBIC.value),
    "Resize no antialias": lambda T: T.Resize((10, 9), antialias=False),
    "Resize antialias None": lambda T: T.Resize((10, 9), antialias=None),
    "CenterCrop": lambda T: T.CenterCrop(10),
    "CenterCrop pair": lambda T: T.CenterCrop([11, 14]),
    "CenterCrop larger": lambda T: T.CenterCrop((40, 12)),
    "CenterCrop larger both": lambda T: T.CenterCrop((40, 43)),
    "FiveCrop": lambda T: T.FiveCrop(8),
    "TenCrop": lambda T: T.TenCrop((8, 5)),
    "TenCrop vertical": lambda T: T.TenCrop([8], vertical_flip=True),
    "Pad": lambda T: T.Pad(3),
    "Pad pair": lambda T: T.Pad((2, 1), fill=7),
    "Pad four": lambda T: T.Pad([1, 2, 3, 4]),
    "Pad edge": lambda T: T.Pad((1, 2), padding_mode="edge"),
    "Pad reflect": lambda T: T.Pad([1, 2, 3, 4], padding_mode="reflect"),
    "Pad symmetric": lambda T: T.Pad([1, 2, 3, 4], padding_mode="symmetric"),
    "Pad symmetric and cut": lambda T: T.Pad([-1, 2, 3, -4], padding_mode="symmetric"),
    "Pad edge and cut": lambda T: T.Pad([-1, 2, 3, -4], padding_mode="edge"),
    "RandomCrop": lambda T: T.RandomCrop(12),
    "RandomCrop pair": lambda T: T.RandomCrop([9, 12]),
    "RandomCrop padding": lambda T: T.RandomCrop(14, padding=4),
    "RandomCrop reflect": lambda T: T.RandomCrop((14, 12), padding=[2, 3], padding_mode="reflect"),
    "RandomCrop if needed": lambda T: T.RandomCrop((33, 34), pad_if_needed=True, fill=9),
    "RandomHorizontalFlip": lambda T: T.RandomHorizontalFlip(),
    "RandomHorizontalFlip often": lambda T: T.RandomHorizontalFlip(p=0.9),
    "RandomVerticalFlip": lambda T: T.RandomVerticalFlip(0.4),
    "RandomResizedCrop": lambda T: T.RandomResizedCrop(13),
    "RandomResizedCrop pair": lambda T: T.RandomResizedCrop((8, 15), scale=(0.3, 0.6)),
    "RandomResizedCrop never fits": lambda T: T.RandomResizedCrop(9, scale=(2, 3), ratio=(1, 1)),
    "RandomResizedCrop wide": lambda T: T.RandomResizedCrop(9, (1, 1), (5, 6)),
    "RandomResizedCrop tall": lambda T: T.RandomResizedCrop(9, (1, 1), (0.1, 0.2)),
    "RandomResizedCrop nearest": lambda T: T.RandomResizedCrop(9, interpolation=0),
    "RandomRotation": lambda T: T.RandomRotation(30),
    "RandomRotation range": lambda T: T.RandomRotation((10, 80), fill=5),
    "RandomRotation bilinear": lambda T: T.RandomRotation(40, T.InterpolationMode.BILINEAR),
    "RandomRotation expand": lambda T: T.RandomRotation([20, 30], expand=True, fill=20),
    "RandomRotation center": lambda T: T.RandomRotation(30, center=(3, 4)),
    "RandomAffine": lambda T: T.RandomAffine(20),
    "RandomAffine all": lambda T: T.RandomAffine(
        (5, 50), (0.1, 0.3), (0.7, 1.4), 10, T.InterpolationMode.BILINEAR, 3, (9, 8)
    ),
    "RandomAffine shears": lambda T: T.RandomAffine(0, shear=[-10, 10, 5, 15], scale=(0.5, 2)),
    "Grayscale": lambda T: T.Grayscale(),
    "RandomInvert": lambda T: T.RandomInvert(0.6),
    "GaussianBlur": lambda T: T.GaussianBlur(5),
    "GaussianBlur pair": lambda T: T.GaussianBlur((3, 7), sigma=1.5),
    "RandomApply": lambda T: T.RandomApply([T.CenterCrop(9), T.RandomCrop(5)], p=0.6),
    "RandomOrder": lambda T: T.RandomOrder([T.CenterCrop(9), T.Pad(2), T.Resize(7)]),
    "RandomChoice": lambda T: T.RandomChoice([T.CenterCrop(9), T.Pad(2), T.Resize(7)]),
    "RandomChoice p": lambda T: T.RandomChoice([T.CenterCrop(9), T.Pad(2)], p=[0.3, 0.7]),
    "Lambda": lambda T: T.Lambda(lambda image: image),
    "Compose": lambda T: T.Compose([T.RandomCrop(15), T.RandomHorizontalFlip(), T.Pad(2)]),
}  # fmt: skip
COLOURS: dict[str, Build] = {
    "Grayscale of three": lambda T: T.Grayscale(num_output_channels=3),
    "RandomGrayscale": lambda T: T.RandomGrayscale(0.6),
    "ColorJitter": lambda T: T.ColorJitter(0.5, 0.4, 0.3, 0.2),
    "ColorJitter ranges": lambda T: T.ColorJitter((0.2, 0.9), [1, 2.5], saturation=2, hue=(0.1, 0.5)),
    "ColorJitter of one": lambda T: T.ColorJitter(contrast=0.9),
    "ColorJitter of hue": lambda T: T.ColorJitter(hue=0.5),
    "ColorJitter of nothing": lambda T: T.ColorJitter(),
}  # fmt: skip
TENSORS: dict[str, Build] = {
    "Normalize": lambda T: T.Normalize([0.4, 0.5, 0.6], (0.2, 0.3, 0.25)),
    "Normalize one": lambda T: T.Normalize([0.4], [0.2]),
    "RandomErasing": lambda T: T.RandomErasing(0.7),
    "RandomErasing value": lambda T: T.RandomErasing(1, (0.1, 0.2), (1, 2), 0.5),
    "RandomErasing values": lambda T: T.RandomErasing(1, value=[0.1, 0.2, 0.3], inplace=False),
    "RandomErasing random": lambda T: T.RandomErasing(1, value="random"),
    "RandomErasing never fits": lambda T: T.RandomErasing(1, scale=(0.9, 1), ratio=(9, 10)),
}
PICTURES_ONLY: dict[str, Build] = {
    "Resize lanczos": lambda T: T.Resize(12, T.InterpolationMode.LANCZOS),
    "Resize box": lambda T: T.Resize(12, T.InterpolationMode.BOX),
    "Resize hamming": lambda T: T.Resize(12, T.InterpolationMode.HAMMING),
    "RandomRotation bicubic": lambda T: T.RandomRotation(40, T.InterpolationMode.BICUBIC),
    "ToTensor": lambda T: T.ToTensor(),
    "PILToTensor": lambda T: T.PILToTensor(),
    "training": lambda T: T.Compose([
        T.RandomResizedCrop(16), T.RandomHorizontalFlip(), T.ToTensor(), T.Normalize([0.5], [0.2])
    ]),
}  # fmt: skip


def to_both(array: Any) -> tuple[Any, Any]:
    return minitorch.tensor(array), torch.tensor(array)


def assert_same_image(ours: Any, theirs: Any, halves: bool = False) -> None:
    """The same pixels.

    Args:
        halves: whether one whole number in a hundred may be one off. Sizes are computed in float32:
            where two sums around a half differ in their last bit, one is rounded up, one down.
    """
    if halves and isinstance(theirs, torch.Tensor) and not theirs.is_floating_point():
        assert ours.shape == tuple(theirs.shape)
        off = np.abs(ours.numpy().astype(int) - theirs.numpy())
        assert off.max() <= 1 and off.mean() < 0.01
    elif isinstance(theirs, tuple):
        assert isinstance(ours, tuple)
        for a, b in zip(ours, theirs, strict=True):
            assert_same_image(a, b)
    elif isinstance(theirs, torch.Tensor):
        assert (str(ours.dtype), tuple(ours.shape)) == (str(theirs.dtype), tuple(theirs.shape))
        assert_same_values(ours, theirs, exact=False)
    else:
        assert (ours.mode, ours.size) == (theirs.mode, theirs.size)
        assert np.array_equal(np.array(ours), np.array(theirs))


def assert_same_transform(
    build: Build, ours: Any, theirs: Any, draws: int = 6, halves: bool = False
) -> None:
    """The same images ``draws`` times over, from the same seeds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine, other = build(transforms), build(torchvision.transforms)
        for seed in range(draws):
            for library, transform, image in ((minitorch, mine, ours), (torch, other, theirs)):
                library.manual_seed(seed)
                random.seed(seed)
                result = transform(image)
                drawn = library.rand(1).item(), random.random()
                if library is minitorch:
                    our_result, our_draws = result, drawn
            assert_same_image(our_result, result, halves)
            assert our_draws == drawn


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("name", IMAGES | PICTURES_ONLY)
def test_on_pil_images(name: str, picture: str) -> None:
    build = (IMAGES | PICTURES_ONLY)[name]
    assert_same_transform(build, PICTURES[picture], PICTURES[picture])


@pytest.mark.parametrize("name", COLOURS)
def test_colours_of_pil_images(name: str) -> None:
    assert_same_transform(COLOURS[name], PICTURES["RGB"], PICTURES["RGB"])


@pytest.mark.parametrize("array", ARRAYS)
@pytest.mark.parametrize("name", IMAGES | COLOURS | TENSORS)
def test_on_tensors(name: str, array: str) -> None:
    ours, theirs = to_both(ARRAYS[array])
    if name in TENSORS and not theirs.is_floating_point() and "Normalize" in name:
        with pytest.raises(TypeError, match="float tensor"):
            TENSORS[name](transforms)(ours)
        return
    if name in ("RandomErasing values", "Normalize") and theirs.shape[-3] != 3:
        with pytest.raises((ValueError, RuntimeError)):
            TENSORS[name](transforms)(ours)
        return
    build = (IMAGES | COLOURS | TENSORS)[name]
    assert_same_transform(build, ours, theirs, halves="Resize" in name)


@pytest.mark.parametrize("name", IMAGES | COLOURS | TENSORS | PICTURES_ONLY)
def test_repr(name: str) -> None:
    build = (IMAGES | COLOURS | TENSORS | PICTURES_ONLY)[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert repr(build(transforms)) == repr(build(torchvision.transforms))


REFUSED: dict[str, Build] = {
    "Resize of a name": lambda T: T.Resize("large"),
    "Resize of three": lambda T: T.Resize((1, 2, 3)),
    "Resize pair and max_size": lambda T: T.Resize((9, 9), max_size=12)(PICTURES["RGB"]),
    "Resize max_size too small": lambda T: T.Resize(9, max_size=9)(PICTURES["RGB"]),
    "Resize of an array": lambda T: T.Resize(9)(smooth(4, 4, 3)),
    "CenterCrop of three": lambda T: T.CenterCrop((1, 2, 3)),
    "Pad of three": lambda T: T.Pad((1, 2, 3)),
    "Pad of a name": lambda T: T.Pad("wide"),
    "Pad with None": lambda T: T.Pad(1, fill=None),
    "Pad in an unknown mode": lambda T: T.Pad(1, padding_mode="circular"),
    "Pad with two colours": lambda T: T.Pad(1, fill=(1, 2))(PICTURES["RGB"]),
    "RandomCrop too large": lambda T: T.RandomCrop(50)(PICTURES["RGB"]),
    "FiveCrop too large": lambda T: T.FiveCrop(50)(PICTURES["RGB"]),
    "RandomResizedCrop scale": lambda T: T.RandomResizedCrop(5, scale=0.5),
    "RandomResizedCrop ratio": lambda T: T.RandomResizedCrop(5, ratio=0.5),
    "RandomRotation negative": lambda T: T.RandomRotation(-3),
    "RandomRotation of three": lambda T: T.RandomRotation((1, 2, 3)),
    "RandomRotation center": lambda T: T.RandomRotation(3, center=4),
    "RandomRotation fill": lambda T: T.RandomRotation(3, fill={}),
    "RandomAffine translate": lambda T: T.RandomAffine(3, translate=(0.5, 2)),
    "RandomAffine scale": lambda T: T.RandomAffine(3, scale=(0, 2)),
    "RandomAffine shear": lambda T: T.RandomAffine(3, shear=(1, 2, 3)),
    "ColorJitter negative": lambda T: T.ColorJitter(brightness=-1),
    "ColorJitter of a name": lambda T: T.ColorJitter(contrast="high"),
    "ColorJitter hue": lambda T: T.ColorJitter(hue=0.6),
    "ColorJitter range": lambda T: T.ColorJitter(saturation=(-1, 2)),
    "Grayscale of two": lambda T: T.Grayscale(2)(PICTURES["RGB"]),
    "GaussianBlur even": lambda T: T.GaussianBlur(4),
    "GaussianBlur sigma": lambda T: T.GaussianBlur(3, sigma=-1),
    "GaussianBlur sigmas": lambda T: T.GaussianBlur(3, sigma=(2, 1)),
    "GaussianBlur of a name": lambda T: T.GaussianBlur(3, sigma="wide"),
    "RandomErasing value": lambda T: T.RandomErasing(value="noise"),
    "RandomErasing scale": lambda T: T.RandomErasing(scale=(0.5, 2)),
    "RandomErasing p": lambda T: T.RandomErasing(2),
    "RandomErasing of None": lambda T: T.RandomErasing(value=None),
    "Lambda of a number": lambda T: T.Lambda(3),
    "RandomChoice of a transform": lambda T: T.RandomChoice(T.CenterCrop(3)),
    "RandomChoice p": lambda T: T.RandomChoice([T.CenterCrop(3)], p=1),
    "ToTensor of a list": lambda T: T.ToTensor()([1, 2]),
    "ToTensor of four dimensions": lambda T: T.ToTensor()(np.zeros((1, 2, 3, 4))),
    "PILToTensor of an array": lambda T: T.PILToTensor()(np.zeros((2, 2))),
    "ToPILImage of a list": lambda T: T.ToPILImage()([1, 2]),
    "ToPILImage of four dimensions": lambda T: T.ToPILImage()(np.zeros((1, 2, 3, 4))),
    "ToPILImage of five channels": lambda T: T.ToPILImage()(np.zeros((2, 3, 5))),
    "ToPILImage of two channels as RGB": lambda T: T.ToPILImage("RGB")(np.zeros((2, 3, 2))),
    "ToPILImage of complex numbers": lambda T: T.ToPILImage()(np.zeros((2, 3), np.complex64)),
    "Normalize of a PIL image": lambda T: T.Normalize([0], [1])(PICTURES["RGB"]),
    "ConvertImageDtype of a PIL image": lambda T: T.ConvertImageDtype(None)(PICTURES["RGB"]),
    "functional resize": lambda T: T.functional.resize(PICTURES["RGB"], 3, "bilinear"),
    "functional rotate": lambda T: T.functional.rotate(PICTURES["RGB"], "3"),
    "functional rotate center": lambda T: T.functional.rotate(PICTURES["RGB"], 3, center=3),
    "functional affine scale": lambda T: T.functional.affine(PICTURES["RGB"], 3, [0, 0], 0, 0),
    "functional affine translate": lambda T: T.functional.affine(PICTURES["RGB"], 3, [0], 1, 0),
    "functional affine shear": lambda T: T.functional.affine(
        PICTURES["L"], 3, [0, 0], 1, [1, 2, 3]
    ),
    "functional hue": lambda T: T.functional.adjust_hue(PICTURES["RGB"], 0.7),
    "functional gamma": lambda T: T.functional.adjust_gamma(PICTURES["RGB"], -1),
    "functional blur": lambda T: T.functional.gaussian_blur(PICTURES["RGB"], 4),
    "functional blur sigma": lambda T: T.functional.gaussian_blur(PICTURES["RGB"], 3, [1, 2, 3]),
    "functional grey": lambda T: T.functional.to_grayscale(np.zeros((2, 2))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name: str) -> None:
    """The same type of exception, in the same words."""
    with pytest.raises(Exception) as theirs:
        REFUSED[name](torchvision.transforms)
    with pytest.raises(type(theirs.value)) as ours:
        REFUSED[name](transforms)
    if name != "Resize of an array":
        assert str(ours.value) == str(theirs.value)


TENSOR_REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "one dimension": lambda T, t: T.RandomHorizontalFlip()(t.zeros(3)),
    "fill": lambda T, t: T.Pad(1, fill=(1, 2, 3))(t.zeros(3, 4, 4)),
    "symmetric padding of five": lambda T, t: T.Pad(1, 0, "symmetric")(t.zeros(1, 1, 3, 4, 4)),
    "bicubic rotation": lambda T, t: T.RandomRotation(3, 3)(t.zeros(3, 4, 4)),
    "colours of a rotation": lambda T, t: T.functional.rotate(t.zeros(3, 4, 4), 3, fill=[1, 2]),
    "two channels": lambda T, t: T.functional.adjust_saturation(t.zeros(2, 4, 4), 1),
    "brightness": lambda T, t: T.functional.adjust_brightness(t.zeros(3, 4, 4), -1),
    "grey without channels": lambda T, t: T.Grayscale()(t.zeros(4, 4)),
    "grey of two": lambda T, t: T.Grayscale(2)(t.zeros(3, 4, 4)),
    "normalize by zero": lambda T, t: T.Normalize([0], [0])(t.zeros(1, 2, 2)),
    "normalize bytes": lambda T, t: T.Normalize([0], [1])(t.zeros(1, 2, 2, dtype=t.uint8)),
    "normalize two dimensions": lambda T, t: T.Normalize([0], [1])(t.zeros(2, 2)),
    "int32 of float32": lambda T, t: T.ConvertImageDtype(t.int32)(t.zeros(1, 2, 2)),
    "int64 of float64": lambda T, t: T.ConvertImageDtype(t.int64)(t.zeros(1, 2, dtype=t.float64)),
    "erasing values": lambda T, t: T.RandomErasing(1, value=[1, 2])(t.zeros(3, 9, 9)),
}


@pytest.mark.parametrize("name", TENSOR_REFUSED)
def test_refusals_of_tensors(name: str) -> None:
    with pytest.raises(Exception) as theirs:
        TENSOR_REFUSED[name](torchvision.transforms, torch)
    with pytest.raises(type(theirs.value)) as ours:
        TENSOR_REFUSED[name](transforms, minitorch)
    assert str(ours.value) == str(theirs.value)


MODES = ["1", "L", "LA", "P", "I", "I;16", "F", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"]


def picture_in(mode: str) -> Any:
    if mode == "I;16":
        return Image.fromarray(RNG.integers(0, 30_000, (7, 5)).astype(np.uint16))
    if mode in ("I", "F"):
        return Image.fromarray(RNG.integers(0, 999, (7, 5)).astype({"I": "i4", "F": "f4"}[mode]))
    return PICTURES["RGB"].convert("RGB").convert(mode)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_of_picture(mode: str) -> None:
    picture = picture_in(mode)
    for name in ("to_tensor", "pil_to_tensor", "get_dimensions", "get_image_size", "hflip"):
        ours = getattr(functional, name)(picture)
        theirs = getattr(torchvision.transforms.functional, name)(picture)
        if isinstance(theirs, list):
            assert ours == theirs
        else:
            assert_same_image(ours, theirs)
    for padding_mode in ("constant", "edge"):
        if mode not in ("I;16",):  # which Pillow cannot pad
            assert_same_transform(
                lambda T, m=padding_mode: T.Pad((1, 2), padding_mode=m), picture, picture, 1
            )


@pytest.mark.parametrize(
    ("shape", "dtype", "mode"),
    [
        ((3, 5, 4), "uint8", None),
        ((3, 5, 4), "uint8", "HSV"),
        ((3, 5, 4), "float32", None),
        ((3, 5, 4), "float64", "YCbCr"),
        ((4, 5, 4), "uint8", None),
        ((4, 5, 4), "float32", "CMYK"),
        ((2, 5, 4), "uint8", None),
        ((1, 5, 4), "uint8", "L"),
        ((1, 5, 4), "int16", None),
        ((1, 5, 4), "int32", None),
        ((1, 5, 4), "float32", "F"),
        ((1, 5, 4), "float32", None),
        ((5, 4), "uint8", None),
        ((5, 4), "float32", None),
    ],
)
def test_to_pil_image(shape: tuple[int, ...], dtype: str, mode: str | None) -> None:
    array = RNG.random(shape) if "float" in dtype else RNG.integers(0, 255, shape)
    ours, theirs = to_both(array.astype(dtype))
    assert_same_image(
        transforms.ToPILImage(mode)(ours), torchvision.transforms.ToPILImage(mode)(theirs)
    )
    rows_first = np.moveaxis(array.astype(dtype), 0, -1) if len(shape) == 3 else array.astype(dtype)
    assert_same_image(
        functional.to_pil_image(rows_first, mode),
        torchvision.transforms.functional.to_pil_image(rows_first, mode),
    )
    assert repr(transforms.ToPILImage(mode)) == repr(torchvision.transforms.ToPILImage(mode))


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float32", "float64", "bool"])
def test_to_tensor_of_arrays(dtype: str) -> None:
    for shape in ((5, 4), (5, 4, 3), (0, 4, 3)):
        array = RNG.integers(0, 250, shape).astype(dtype)
        assert_same_image(
            functional.to_tensor(array), torchvision.transforms.functional.to_tensor(array)
        )


@pytest.mark.parametrize(
    "source", ["uint8", "int8", "int16", "int32", "int64", "float32", "float64"]
)
@pytest.mark.parametrize("target", ["uint8", "int16", "int32", "int64", "float32", "float64"])
def test_convert_image_dtype(source: str, target: str) -> None:
    if (source, target) in {("float32", "int32"), ("float32", "int64"), ("float64", "int64")}:
        with pytest.raises(RuntimeError, match="cannot be performed safely"):
            image = minitorch.ones(2, 2, dtype=getattr(minitorch, source))
            functional.convert_image_dtype(image, getattr(minitorch, target))
        return
    array = np.array([[0, 0.25, 0.5, 1]])
    if not source.startswith("float"):
        array = np.array([[0, 1, 99, np.iinfo(source).max]])
    ours, theirs = to_both(array.astype(source))
    ours = transforms.ConvertImageDtype(getattr(minitorch, target))(ours)
    theirs = torchvision.transforms.ConvertImageDtype(getattr(torch, target))(theirs)
    assert_same_image(ours, theirs)
    assert repr(transforms.ConvertImageDtype(minitorch.uint8)) == "ConvertImageDtype()"


FUNCTIONS: dict[str, Build] = {
    "gamma": lambda F: lambda image: F.adjust_gamma(image, 0.7, 1.1),
    "brightness": lambda F: lambda image: F.adjust_brightness(image, 1.7),
    "contrast": lambda F: lambda image: F.adjust_contrast(image, 0.3),
    "saturation": lambda F: lambda image: F.adjust_saturation(image, 2.3),
    "hue": lambda F: lambda image: F.adjust_hue(image, -0.3),
    "invert": lambda F: F.invert,
    "crop outside": lambda F: lambda image: F.crop(image, -3, 25, 9, 12),
    "crop above": lambda F: lambda image: F.crop(image, 2, -4, 40, 9),
    "rotate by a right angle": lambda F: lambda image: F.rotate(image, 90),
    "rotate and fill": lambda F: lambda image: F.rotate(image, 33, fill=[1, 2, 3]),
    "affine": lambda F: lambda image: F.affine(image, -20, (3, -2), 1.2, (5, 6), fill=2),
    "blur": lambda F: lambda image: F.gaussian_blur(image, [5, 3]),
    "blur sigma": lambda F: lambda image: F.gaussian_blur(image, 3, [0.5]),
    "center_crop": lambda F: lambda image: F.center_crop(image, [6]),
    "resized_crop": lambda F: lambda image: F.resized_crop(image, 2, 3, 12, 9, [5, 5]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    ours = FUNCTIONS[name](functional)
    theirs = FUNCTIONS[name](torchvision.transforms.functional)
    assert_same_image(ours(PICTURES["RGB"]), theirs(PICTURES["RGB"]))
    for array in ("uint8 colour", "float32 colour"):
        mine, other = to_both(ARRAYS[array])
        assert_same_image(ours(mine), theirs(other))


def test_names_are_torchvisions() -> None:
    assert set(transforms.__all__) <= {*dir(torchvision.transforms)}
    assert set(functional.__all__) <= {*dir(torchvision.transforms.functional)}
    assert [m.value for m in transforms.InterpolationMode] == [
        m.value for m in torchvision.transforms.InterpolationMode
    ]


def test_transforms_are_layers() -> None:
    """A sequence of them is a Sequential; transforms in place change the image itself."""
    image = minitorch.rand(3, 8, 8)
    layers = minitorch.nn.Sequential(transforms.CenterCrop(4), transforms.Resize(2))
    assert layers(image).shape == (3, 2, 2)
    normalized = transforms.Normalize([0.5], [0.5], inplace=True)(image)
    assert normalized is image and image.min().item() < 0
    transforms.RandomErasing(1, value=7, inplace=True)(image)
    assert image.max().item() == 7


def test_without_pillow() -> None:
    """Tensors need none; an image from bytes asks for it by the name of the extra."""
    program = """
        import sys
        sys.modules["PIL"] = None
        import numpy as np
        import minitorch
        from minitorch.vision import transforms as T
        image = T.ToTensor()(np.zeros((9, 8, 3), np.uint8))
        image = T.Compose([T.RandomCrop(6), T.Resize(4), T.ColorJitter(0.5, 0.5, 0.5, 0.5)])(image)
        print(tuple(image.shape))
        try:
            T.ToPILImage()(image)
        except ModuleNotFoundError as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert lines[0] == "(3, 4, 4)"
    assert "pip install 'minitorch[vision]'" in lines[1]
