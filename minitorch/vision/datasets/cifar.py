"""CIFAR-10 and CIFAR-100: small photographs of ten, and of a hundred, kinds of things.

Mirrors torchvision/datasets/cifar.py. The files are pickles: here they are read by an unpickler
that knows nothing but arrays, so that a file cannot run code.
"""

from __future__ import annotations

import importlib
import os
import pickle
from collections.abc import Sequence
from typing import IO, Any, ClassVar

import numpy as np

from minitorch.vision.datasets.utils import check_integrity, download_and_extract_archive
from minitorch.vision.datasets.vision import Transform, VisionDataset
from minitorch.vision.transforms._functional_conversion import to_pil_image

__all__ = ["CIFAR10", "CIFAR100"]


class _ArrayUnpickler(pickle.Unpickler):
    """Reads dicts, lists, strings, numbers and arrays, under NumPy's old and new names."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = {
            ("numpy", "ndarray"): ("numpy", "ndarray"),
            ("numpy", "dtype"): ("numpy", "dtype"),
            ("numpy.core.multiarray", "_reconstruct"): ("numpy._core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"): ("numpy._core.multiarray", "_reconstruct"),
            ("_codecs", "encode"): ("_codecs", "encode"),
        }
        if (module, name) not in allowed:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no CIFAR file needs")
        module, name = allowed[module, name]
        return getattr(importlib.import_module(module), name)


def _read_batch(path: str) -> dict[str, Any]:
    """One of the pickled dicts.

    Raises:
        ValueError: the file is no such thing.
    """
    file: IO[bytes]
    with open(path, "rb") as file:
        try:
            return _ArrayUnpickler(file, encoding="latin1").load()
        except Exception as error:  # A damaged pickle can raise anything.
            raise ValueError(f"{path}: no CIFAR file ({error})") from None


class CIFAR10(VisionDataset):
    """Photographs of 32 x 32: 50,000 for training, 10,000 for testing, in ten classes.

    The files lie where torchvision puts them, in ``root/cifar-10-batches-py``. A sample is a PIL
    image in RGB and the number of its class.

    Args:
        train: the training set, or the test set.
        transform: what to make of an image.
        target_transform: what to make of the number of a class.
        download: fetch and unpack the archive, if the files are not there.

    Attributes:
        data: all images, an array (N, 32, 32, 3) of uint8.
        targets: all classes, a list.
        classes: their names.
        class_to_idx: the number of each class.

    Raises:
        RuntimeError: a file is missing or has another checksum, or cannot be fetched.
    """

    base_folder: ClassVar[str] = "cifar-10-batches-py"
    url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename: ClassVar[str] = "cifar-10-python.tar.gz"
    tgz_md5: ClassVar[str] = "c58f30108f718f92721af3b95e74349a"
    train_list: ClassVar[Sequence[Sequence[str]]] = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list: ClassVar[Sequence[Sequence[str]]] = [
        ["test_batch", "40351d587109b95175f43aff81a1287e"]
    ]
    meta: ClassVar[dict[str, str]] = {
        "filename": "batches.meta",
        "key": "label_names",
        "md5": "5ff9c542aee3614f3951f8cda6e48888",
    }

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
        if not self._check_integrity():
            raise RuntimeError(
                "Dataset not found or corrupted. You can use download=True to download it"
            )
        batches = [self._read(name) for name, _ in (self.train_list if train else self.test_list)]
        pixels = np.concatenate([batch["data"] for batch in batches]).reshape(-1, 3, 32, 32)
        self.data = pixels.transpose(0, 2, 3, 1)
        self.targets: list[int] = []
        for batch in batches:
            self.targets += batch["labels"] if "labels" in batch else batch["fine_labels"]
        self.classes: list[str] = self._read(self.meta["filename"])[self.meta["key"]]
        self.class_to_idx = {name: number for number, name in enumerate(self.classes)}

    def _read(self, name: str) -> dict[str, Any]:
        return _read_batch(os.path.join(self.root, self.base_folder, name))

    def _check_integrity(self) -> bool:
        expected = [*self.train_list, *self.test_list, (self.meta["filename"], self.meta["md5"])]
        folder = os.path.join(self.root, self.base_folder)
        return all(check_integrity(os.path.join(folder, name), md5) for name, md5 in expected)

    def download(self) -> None:
        """Fetch and unpack the archive, unless the files are there."""
        if not self._check_integrity():
            download_and_extract_archive(
                self.url, self.root, filename=self.filename, md5=self.tgz_md5
            )

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        return self._transformed(to_pil_image(self.data[index]), self.targets[index])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train else 'Test'}"


class CIFAR100(CIFAR10):
    """The same with a hundred classes; in ``root/cifar-100-python``."""

    base_folder: ClassVar[str] = "cifar-100-python"
    url: ClassVar[str] = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename: ClassVar[str] = "cifar-100-python.tar.gz"
    tgz_md5: ClassVar[str] = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list: ClassVar[Sequence[Sequence[str]]] = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list: ClassVar[Sequence[Sequence[str]]] = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta: ClassVar[dict[str, str]] = {
        "filename": "meta",
        "key": "fine_label_names",
        "md5": "7973b15100ade9c7d40fb424638fde48",
    }
