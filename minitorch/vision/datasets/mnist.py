"""The MNIST family of data sets: small grey images of ten classes.

Mirrors torchvision/datasets/mnist.py. Left out: EMNIST and QMNIST.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from minitorch.native.tensor_new import from_numpy
from minitorch.vision.datasets.idx import read_idx
from minitorch.vision.datasets.utils import check_integrity, download_url
from minitorch.vision.datasets.vision import Transform, VisionDataset
from minitorch.vision.transforms._functional_conversion import to_pil_image

__all__ = ["KMNIST", "MNIST", "FashionMNIST", "load_fashion_mnist"]


def load_fashion_mnist(
    root: str | os.PathLike[str], train: bool
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Loads the training or the test set of Fashion-MNIST, as published, from four IDX files.

    The files may lie in ``root/FashionMNIST/raw`` (where torchvision puts them), in ``root/raw``
    or in ``root`` itself, each with or without ``.gz``.

    Returns:
        The images ``(N, 28, 28)`` as uint8 and the class numbers 0 to 9 ``(N,)`` as int64.

    Raises:
        FileNotFoundError: the folder or one of its files is missing.
        ValueError: a file is damaged, or the two do not belong together.
    """
    root = Path(root)
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder")
    return _load((root / "FashionMNIST" / "raw", root / "raw", root), train)


def _load(
    folders: tuple[Path, ...], train: bool
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    stem = "train" if train else "t10k"
    images_path = _find(folders, f"{stem}-images-idx3-ubyte")
    labels_path = _find(folders, f"{stem}-labels-idx1-ubyte")
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise ValueError(
            f"{images_path}: expected images of shape (N, 28, 28) and type uint8, "
            f"found {images.shape} and {images.dtype}"
        )
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"{labels_path}: expected one uint8 label for each of the {len(images)} images, "
            f"found shape {labels.shape} and type {labels.dtype}"
        )
    if labels.size and labels.max() > 9:
        raise ValueError(f"{labels_path}: expected labels 0 to 9, found {labels.max()}")
    return images, labels.astype(np.int64)


def _find(folders: tuple[Path, ...], name: str) -> Path:
    """Returns the first of the places where the file may lie, by the user's own path."""
    for folder in folders:
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return path
    places = ", ".join(str(folder) for folder in folders)
    raise FileNotFoundError(f"{name}: not found, with or without .gz, in {places}")


class MNIST(VisionDataset):
    """Handwritten digits: 60,000 images of 28 x 28 for training, 10,000 for testing.

    The files lie where torchvision puts them, in ``root/MNIST/raw``, with or without ``.gz``. A
    sample is a grey PIL image and the number of its class.

    Args:
        train: the training set, or the test set.
        transform: what to make of an image.
        target_transform: what to make of the number of a class.
        download: fetch the files that are not there.

    Attributes:
        data: all images, (N, 28, 28), uint8.
        targets: all classes, (N,), int64.

    Raises:
        RuntimeError: a file is missing, or cannot be fetched.
        ValueError: a file is damaged, or the two do not belong together.
    """

    mirrors: ClassVar[Sequence[str]] = [
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ]
    resources: ClassVar[Sequence[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    classes: ClassVar[list[str]] = [
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]

    def __init__(
        self,
        root: str | os.PathLike[str],
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        try:
            images, labels = _load((Path(self.raw_folder),), train)
        except FileNotFoundError as error:
            raise RuntimeError(
                f"Dataset not found. You can use download=True to download it ({error})"
            ) from None
        self.data = from_numpy(images)
        self.targets = from_numpy(labels)

    @property
    def raw_folder(self) -> str:
        """Where the files lie."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: number for number, name in enumerate(self.classes)}

    def download(self) -> None:
        """Fetch the files that are not there, from the first mirror that has them."""
        for filename, md5 in self.resources:
            if check_integrity(os.path.join(self.raw_folder, filename.removesuffix(".gz"))):
                continue
            errors = []
            for mirror in self.mirrors:
                try:
                    download_url(mirror + filename, self.raw_folder, filename, md5)
                    break
                except RuntimeError as error:
                    errors.append(str(error))
            else:
                raise RuntimeError("; ".join(errors))

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        image = to_pil_image(self.data._array[index], "L")
        return self._transformed(image, int(self.targets._array[index]))

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class FashionMNIST(MNIST):
    """Pictures of clothes, in the format of ``MNIST`` and harder; in ``root/FashionMNIST/raw``."""

    mirrors: ClassVar[Sequence[str]] = [
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
    ]
    resources: ClassVar[Sequence[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes: ClassVar[list[str]] = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]


class KMNIST(MNIST):
    """Old Japanese handwriting, in the format of ``MNIST``; in ``root/KMNIST/raw``."""

    mirrors: ClassVar[Sequence[str]] = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources: ClassVar[Sequence[tuple[str, str]]] = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes: ClassVar[list[str]] = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
