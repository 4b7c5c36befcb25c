"""The images: Fashion-MNIST from its own files, or the digits that come with scikit-learn.

The arrays are scaled here, once, and handed to both libraries as files, so that neither
library's arithmetic touches them before training does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from compare.errors import UsageError
from compare.torchvision_shim import import_torchvision
from minitorch.vision.datasets.mnist import load_fashion_mnist

DIGITS_NOTE = (
    "scikit-learn's 1,797 handwritten digits, upscaled from 8x8 to 28x28: a small stand-in. "
    "For the real Fashion-MNIST add --download, or --data-root DIR (or MINITORCH_DATA=DIR) "
    "if you have its four files."
)
_DIGITS_TRAINING_IMAGES = 1_500
_ARRAYS = ("train_images", "train_labels", "test_images", "test_labels")

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Data:
    """A data set, split and scaled: images (N, 1, 28, 28), labels (N,)."""

    name: str
    note: str
    train_images: FloatArray
    train_labels: IntArray
    test_images: FloatArray
    test_labels: IntArray


def load(name: str | None, root: str | None, download: bool) -> Data:
    """Loads the data set that the options ask for: without any, the digits.

    Raises:
        UsageError: a folder or file is missing, truncated or corrupt, or the download failed.
    """
    if name == "digits" or (name is None and root is None and not download):
        return load_digits()
    if root is None and not download:
        raise UsageError(
            "fashion_mnist needs --data-root DIR (or MINITORCH_DATA=DIR), or --download to fetch it"
        )
    root = root or "data"
    if download:
        download_fashion_mnist(root)
    try:
        return _scaled(
            "Fashion-MNIST",
            f"Fashion-MNIST from {root}",
            *load_fashion_mnist(root, train=True),
            *load_fashion_mnist(root, train=False),
        )
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from None


def load_digits() -> Data:
    """Returns the bundled digits in a fixed split of 1,500 and 297, each pixel a block of 3 x 3."""
    from sklearn.datasets import load_digits as load_bundled_digits

    bundled = load_bundled_digits()
    pixels = (bundled.images * (255 / 16)).astype(np.uint8)  # (N, 8, 8), 0 to 16 before.
    images = np.pad(np.kron(pixels, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    # The bundled order is by writer, so a plain cut would test on unseen hands alone.
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:_DIGITS_TRAINING_IMAGES], order[_DIGITS_TRAINING_IMAGES:]
    labels = bundled.target.astype(np.int64)
    return _scaled("digits", DIGITS_NOTE, images[train], labels[train], images[test], labels[test])


def download_fashion_mnist(root: str) -> None:
    """Fetches the four files through torchvision, which checks their md5 sums."""
    try:
        import_torchvision().datasets.FashionMNIST(root, download=True)
    except (OSError, RuntimeError, ImportError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"downloading Fashion-MNIST to {root} failed: {reason}") from None


def _scaled(
    name: str,
    note: str,
    train_images: npt.NDArray[np.uint8],
    train_labels: IntArray,
    test_images: npt.NDArray[np.uint8],
    test_labels: IntArray,
) -> Data:
    """Brings pixels to [0, 1], as ToTensor does.

    A mean is not subtracted: a pixel that is black in a whole batch then has a gradient of exactly
    0. Otherwise batch normalisation leaves pure rounding noise there, which Adam, dividing it by
    its own size, turns into full steps: the losses of the two libraries parted by 1e-4 at the
    third step.
    """

    def scale(images: npt.NDArray[np.uint8]) -> FloatArray:
        return images[:, np.newaxis].astype(np.float32) / np.float32(255)

    return Data(name, note, scale(train_images), train_labels, scale(test_images), test_labels)


def save_arrays(data: Data, folder: str | os.PathLike[str]) -> None:
    """Writes the four arrays into the folder, each under its own name."""
    for name in _ARRAYS:
        np.save(Path(folder, f"{name}.npy"), getattr(data, name))
