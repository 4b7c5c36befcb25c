"""Cells under the electron microscope and the membranes between them, or cells made on the spot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter

from compare.data.dataset import Data
from compare.errors import MissingData, UsageError
from compare.recipe import Facts
from minitorch.utils._download import download as download_file

URL = "https://raw.githubusercontent.com/zhixuhao/unet/master/data/membrane/train/{}/{}.png"
MADE_NOTE = (
    "240 images of 64 x 64 pixels, cells made on the spot with noise and blur: a stand-in. For the "
    "images of the ISBI challenge of 2012 add --download, or --data-root DIR (or "
    "MINITORCH_DATA=DIR) if you have segmentation/membrane/image/0.png and so on there."
)
CLASSES = ("cell", "membrane")
KINDS = ("image", "label")
"""The two folders: a label is 0 where a membrane is, and 255 elsewhere."""
_IMAGES = 30
_TRAINING_IMAGES = 24
_SIZE = 512
_TILE = 128

_MADE_IMAGES = 240
_MADE_TRAINING_IMAGES = 200
_MADE_SIZE = 64
_MADE_MEMBRANE_WIDTH = 3

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def load(root: str | None, download: bool) -> Data:
    """Images (N, 1, H, W), standardised; classes of the pixels (N, H, W): 1 is membrane.

    The images are slices of one piece of tissue, and neighbours look alike. So the last six are
    for testing, whole; the first 24 are for training, as tiles, in four orientations each.
    """
    if root is None and not download:
        return made_cells()
    folder = Path(root or "data", "segmentation", "membrane")
    if download:
        _download(folder)
    if not folder.is_dir():
        raise MissingData(f"{folder}: there is no such folder; add --download")
    images, marks = (
        np.stack([_read(folder / kind / f"{i}.png") for i in range(_IMAGES)]) for kind in KINDS
    )
    labels = (marks == 0).astype(np.int64)
    n = _TRAINING_IMAGES
    train = (_tiles(_turned(images[:n])), _tiles(_turned(labels[:n])))
    test = (images[n:], labels[n:])
    return _standardised("membrane", f"ISBI 2012 membranes from {folder}", train, test)


def made_cells() -> Data:
    """Returns cells around random points, with dark spots that are no membranes."""
    random = np.random.RandomState(0)
    images, labels = zip(*(_made_image(random) for _ in range(_MADE_IMAGES)), strict=True)
    pixels, classes = np.stack(images), np.stack(labels).astype(np.int64)
    n = _MADE_TRAINING_IMAGES
    train, test = (pixels[:n], classes[:n]), (pixels[n:], classes[n:])
    return _standardised("made cells", MADE_NOTE, train, test)


def _made_image(random: np.random.RandomState) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Returns an image, and where its membranes are: half-way between a point and the next."""
    corners = np.indices((6, 6)).reshape(2, -1).T - 1  # One row of cells more on each side.
    points = (corners + random.uniform(0, 1, corners.shape)) * (_MADE_SIZE / 4)
    pixels = np.moveaxis(np.indices((_MADE_SIZE, _MADE_SIZE)), 0, -1)
    distances = np.linalg.norm(pixels[:, :, np.newaxis] - points, axis=-1)  # (H, W, points)
    first, second = np.moveaxis(np.argsort(distances)[..., :2], -1, 0)
    between = points[second] - points[first]
    length = np.linalg.norm(between, axis=-1)
    middle = (points[second] + points[first]) / 2
    to_membrane = ((middle - pixels) * between).sum(-1) / length
    membrane = to_membrane < _MADE_MEMBRANE_WIDTH / 2
    spots = random.uniform(size=membrane.shape) < 0.008
    dark = gaussian_filter(membrane * 0.4, 1) + gaussian_filter(spots * 10.0, 2)
    grain = gaussian_filter(random.normal(0, 0.2, membrane.shape), 0.6)
    return 0.7 - dark + grain, membrane


def _standardised(
    name: str, note: str, train: tuple[npt.NDArray[Any], ...], test: tuple[npt.NDArray[Any], ...]
) -> Data:
    """Brings the pixels to mean 0 and standard deviation 1 over the training images."""
    mean, std = train[0].mean(), train[0].std()

    def scale(images: npt.NDArray[Any]) -> Pixels:
        return ((images - mean) / std).astype(np.float32)[:, np.newaxis]

    return Data(
        name,
        note,
        (scale(train[0]), train[1]),
        (scale(test[0]), test[1]),
        Facts(classes=len(CLASSES)),
        CLASSES,
    )


def _turned(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Returns each square image four times, in a different half of its eight orientations."""
    return np.stack(
        [
            np.rot90(image if (i + turns) % 2 else image.T, turns)
            for i, image in enumerate(images)
            for turns in range(4)
        ]
    )


def _tiles(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Cuts images (N, H, W) into square tiles."""
    count, height, width = images.shape
    grid = images.reshape(count, height // _TILE, _TILE, width // _TILE, _TILE)
    return np.ascontiguousarray(grid.swapaxes(2, 3).reshape(-1, _TILE, _TILE))


def _read(path: Path) -> npt.NDArray[np.uint8]:
    """Returns the grey values of an image."""
    try:
        pixels = np.asarray(Image.open(path).convert("L"))
    except (OSError, SyntaxError) as error:  # Pillow calls a damaged PNG file a SyntaxError.
        reason = str(error).partition("\n")[0]
        raise UsageError(f"{path}: cannot be read as an image ({reason})") from None
    if pixels.shape != (_SIZE, _SIZE):
        raise UsageError(f"{path}: is not an image of {_SIZE} x {_SIZE} pixels")
    return pixels


def _download(folder: Path) -> None:
    for kind in KINDS:
        for i in range(_IMAGES):
            path = folder / kind / f"{i}.png"
            if path.exists():
                continue
            try:
                download_file(URL.format(kind, i), path, progress=False)
            except RuntimeError as error:
                raise UsageError(str(error)) from None
