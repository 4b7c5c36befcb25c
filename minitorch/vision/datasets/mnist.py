"""The MNIST family of data sets, and a reader of the IDX file format that they come in.

An IDX file is a header and the numbers, all big-endian::

    0 0 TYPE NDIM    four bytes, the "magic number"
    SIZE * NDIM      four bytes for each dimension
    DATA             the elements, last dimension fastest

Mirrors torchvision/datasets/mnist.py. Left out: downloading, KMNIST, EMNIST and QMNIST. Unlike
torchvision's reader, which asserts, this one says what is wrong with a damaged file.
"""

from __future__ import annotations

import math
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from minitorch.native.tensor_new import from_numpy
from minitorch.utils.data import Dataset

SN3_PASCALVINCENT_TYPEMAP: dict[int, np.dtype[Any]] = {
    8: np.dtype(">u1"),
    9: np.dtype(">i1"),
    11: np.dtype(">i2"),
    12: np.dtype(">i4"),
    13: np.dtype(">f4"),
    14: np.dtype(">f8"),
}

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FORMAT = 16 + zlib.MAX_WBITS  # zlib's sign for "expect a gzip header and check its CRC".


def read_idx(path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """Reads one IDX file, gzip-compressed or not, into an array of its own shape.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is truncated, corrupt, too long or no IDX file; the one line of the
            message names the file and the expected and found byte counts.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = pathlib.Path(folder, "labels-idx1-ubyte")
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
        ...     read_idx(path)
        array([7, 8, 9], dtype=uint8)
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file")
    content, note = _decompress(path, path.read_bytes())
    dtype, shape, header_bytes = _parse_header(path, content, note)

    expected_bytes = header_bytes + math.prod(shape) * dtype.itemsize
    if len(content) != expected_bytes or note:
        raise ValueError(
            f"{path}: an IDX file of shape {shape} has {expected_bytes} bytes, "
            f"found {len(content)} bytes{note}"
        )
    array = np.frombuffer(content, dtype, offset=header_bytes).reshape(shape)
    return array.astype(dtype.newbyteorder("="))


def _decompress(path: Path, content: bytes) -> tuple[bytes, str]:
    """Undoes gzip as far as the file goes, with a note on a stream that ends too early.

    `gzip.open` would drop the bytes before a damaged spot, and with them the count to report.
    """
    if not content.startswith(_GZIP_MAGIC):
        return content, ""
    decompressor = zlib.decompressobj(_GZIP_FORMAT)
    try:
        decompressed = decompressor.decompress(content)
    except zlib.error as error:
        raise ValueError(
            f"{path}: corrupt gzip data in a file of {len(content)} bytes ({error})"
        ) from None
    if not decompressor.eof:
        return decompressed, f" of a gzip stream truncated after {len(content)} bytes"
    if decompressor.unused_data:
        raise ValueError(
            f"{path}: {len(decompressor.unused_data)} bytes follow the end of the gzip stream, "
            f"expected 0 in a file of {len(content)} bytes"
        )
    return decompressed, ""


def _parse_header(
    path: Path, content: bytes, note: str
) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    """Returns the element type, the shape and the length of the header in bytes."""
    if len(content) < 4:
        raise ValueError(
            f"{path}: an IDX file begins with 4 bytes, found {len(content)} bytes{note}"
        )
    zero, type_code, ndim = int.from_bytes(content[:2], "big"), content[2], content[3]
    if zero != 0 or type_code not in SN3_PASCALVINCENT_TYPEMAP or not 1 <= ndim <= 3:
        raise ValueError(
            f"{path}: not an IDX file of 1 to 3 dimensions: its {len(content)} bytes begin with "
            f"the magic number 0x{content[:4].hex()}"
        )
    header_bytes = 4 + 4 * ndim
    if len(content) < header_bytes:
        raise ValueError(
            f"{path}: an IDX header of {ndim} dimensions has {header_bytes} bytes, "
            f"found {len(content)} bytes{note}"
        )
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", count=ndim, offset=4))
    return SN3_PASCALVINCENT_TYPEMAP[type_code], shape, header_bytes


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


class MNIST(Dataset[tuple[Any, Any]]):
    """Handwritten digits: 60,000 images of 28 x 28 for training, 10,000 for testing.

    The files lie where torchvision puts them, in ``root/MNIST/raw``, with or without ``.gz``. An
    example is an image and the number of its class. An image is an array (28, 28) of uint8, where
    torchvision's is a PIL image: ``ToTensor`` takes both.

    Args:
        train: the training set, or the test set.
        transform: what to make of an image.
        target_transform: what to make of the number of a class.
        download: accepted, and without effect if the files are there.

    Attributes:
        data: all images, (N, 28, 28), uint8.
        targets: all classes, (N,), int64.

    Raises:
        RuntimeError: a file is missing.
        ValueError: a file is damaged, or the two do not belong together.
    """

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
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        self.root = os.path.expanduser(root)
        self.train = train
        self.transform = transform
        self.target_transform = target_transform
        try:
            images, labels = _load((Path(self.raw_folder),), train)
        except FileNotFoundError as error:
            raise RuntimeError(
                "Dataset not found. You can use download=True to download it with torchvision; "
                f"minitorch does not download. ({error})"
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

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        image: Any = self.data._array[index]
        target: Any = int(self.targets._array[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __len__(self) -> int:
        return len(self.data)

    def __repr__(self) -> str:
        return (
            f"Dataset {type(self).__name__}\n"
            f"    Number of datapoints: {len(self)}\n"
            f"    Root location: {self.root}\n"
            f"    Split: {'Train' if self.train else 'Test'}"
        )


class FashionMNIST(MNIST):
    """Pictures of clothes, in the format of ``MNIST`` and harder; in ``root/FashionMNIST/raw``."""

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
