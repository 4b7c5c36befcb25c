"""Fashion-MNIST from its own files, or the digits that come with scikit-learn."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from compare.data.dataset import Data
from compare.errors import MissingData, UsageError
from compare.recipe import Facts
from compare.torchvision_shim import import_torchvision
from minitorch.vision.datasets.mnist import load_fashion_mnist

DIGITS_NOTE = (
    "scikit-learn's 1,797 handwritten digits, upscaled from 8x8 to 28x28: a small stand-in. "
    "For the real Fashion-MNIST add --download, or --data-root DIR (or MINITORCH_DATA=DIR) "
    "if you have its four files."
)
FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_DIGITS_TRAINING_IMAGES = 1_500

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]


def load(root: str | None, download: bool) -> Data:
    """Fashion-MNIST, or the digits: images (N, 1, 28, 28) from 0 to 1, labels (N,)."""
    if root is None and not download:
        return load_digits()
    root = root or "data"
    if download:
        download_fashion_mnist(root)
    try:
        train, test = (load_fashion_mnist(root, train=train) for train in (True, False))
    except FileNotFoundError as error:
        raise MissingData(str(error)) from None
    except (OSError, ValueError) as error:
        raise UsageError(str(error)) from None
    note = f"Fashion-MNIST from {root}"
    return _scaled("Fashion-MNIST", note, train, test, FASHION_CLASSES)


def load_digits() -> Data:
    """Returns the bundled digits in a fixed split of 1,500 and 297, each pixel a block of 3 x 3."""
    from sklearn.datasets import load_digits as load_bundled_digits

    bundled = load_bundled_digits()
    pixels = (bundled.images * (255 / 16)).astype(np.uint8)  # (N, 8, 8), 0 to 16 before.
    images = np.pad(np.kron(pixels, np.ones((1, 3, 3), np.uint8)), ((0, 0), (2, 2), (2, 2)))
    labels = bundled.target.astype(np.int64)
    # The bundled order is by writer, so a plain cut would test on unseen hands alone.
    order = np.random.RandomState(0).permutation(len(images))
    train, test = order[:_DIGITS_TRAINING_IMAGES], order[_DIGITS_TRAINING_IMAGES:]
    names = tuple(str(digit) for digit in range(10))
    return _scaled(
        "digits", DIGITS_NOTE, (images[train], labels[train]), (images[test], labels[test]), names
    )


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
    train: tuple[Images, Labels],
    test: tuple[Images, Labels],
    classes: tuple[str, ...],
) -> Data:
    """Brings pixels to [0, 1], as ToTensor does.

    A mean is not subtracted: a pixel that is black in a whole batch then has a gradient of exactly
    0. Otherwise batch normalisation leaves pure rounding noise there, which Adam, dividing it by
    its own size, turns into full steps: the losses of the two libraries parted by 1e-4 at the
    third step.
    """

    def scale(images: Images) -> npt.NDArray[np.float32]:
        return images[:, np.newaxis].astype(np.float32) / np.float32(255)

    return Data(
        name,
        note,
        (scale(train[0]), train[1]),
        (scale(test[0]), test[1]),
        Facts(classes=len(classes)),
        classes,
    )
