"""The IDX reader: every shape of good file, and one clear line for every kind of damage; MNIST."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from compare.torchvision_shim import import_torchvision
from minitorch.utils.data import DataLoader
from minitorch.vision.datasets import MNIST, FashionMNIST
from minitorch.vision.datasets.idx import read_idx
from minitorch.vision.datasets.mnist import load_fashion_mnist
from minitorch.vision.transforms import ToTensor

TYPE_CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def encode(array: npt.NDArray[np.generic]) -> bytes:
    """Returns the array as the bytes of an IDX file."""
    header = struct.pack(">HBB", 0, TYPE_CODES[array.dtype.str[1:]], array.ndim)
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return header + sizes + array.astype(array.dtype.newbyteorder(">")).tobytes()


IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
LABELS = np.array([9, 0, 4], np.uint8)
CONTENT = encode(IMAGES)  # 2,368 bytes: a header of 16 and 3 * 28 * 28 pixels.


def write_set(folder: Path, *, compressed: bool = False, stem: str = "train") -> Path:
    """Writes a training set of three images into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in {"images-idx3": IMAGES, "labels-idx1": LABELS}.items():
        content = encode(array)
        path = folder / f"{stem}-{name}-ubyte{'.gz' if compressed else ''}"
        path.write_bytes(gzip.compress(content) if compressed else content)
    return folder


def message_of(path: Path, content: bytes) -> str:
    """Writes a damaged file and returns what the reader says, which must be one line."""
    path.write_bytes(content)
    with pytest.raises(ValueError) as caught:
        read_idx(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


@pytest.mark.parametrize("dtype", TYPE_CODES)
@pytest.mark.parametrize("shape", [(5,), (2, 3), (2, 3, 4), (0,), (0, 28, 28)])
@pytest.mark.parametrize("compressed", [False, True])
def test_reads_every_type_and_shape(
    tmp_path: Path, dtype: str, shape: tuple[int, ...], compressed: bool
) -> None:
    expected = (np.arange(np.prod(shape)) - 2).astype(np.int8).astype(dtype).reshape(shape)
    content = encode(expected)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content) if compressed else content)
    actual = read_idx(path)
    assert actual.dtype == expected.dtype
    assert actual.dtype.isnative
    assert actual.flags.writeable
    np.testing.assert_array_equal(actual, expected)


def test_agrees_with_torchvision(tmp_path: Path) -> None:
    from compare.torchvision_shim import import_torchvision

    torchvision = import_torchvision()
    write_set(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte"
    expected = torchvision.datasets.mnist.read_image_file(str(path)).numpy()
    np.testing.assert_array_equal(read_idx(path), expected)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere: no such file"):
        read_idx(tmp_path / "nowhere")


@pytest.mark.parametrize("length", [16, 17, 2367])
def test_truncated_file_names_both_byte_counts(tmp_path: Path, length: int) -> None:
    message = message_of(tmp_path / "file", CONTENT[:length])
    assert f"has 2368 bytes, found {length} bytes" in message


def test_too_long_file_names_both_byte_counts(tmp_path: Path) -> None:
    message = message_of(tmp_path / "file", CONTENT + b"\0")
    assert "has 2368 bytes, found 2369 bytes" in message


@pytest.mark.parametrize(("length", "expected"), [(0, 4), (3, 4), (4, 16), (15, 16)])
def test_truncated_header_names_both_byte_counts(
    tmp_path: Path, length: int, expected: int
) -> None:
    message = message_of(tmp_path / "file", CONTENT[:length])
    assert f"{expected} bytes, found {length} bytes" in message


@pytest.mark.parametrize(
    "magic", ["00010803", "00000703", "00000a03", "00000800", "00000804", "89504e47"]
)
def test_wrong_magic_number_is_shown(tmp_path: Path, magic: str) -> None:
    message = message_of(tmp_path / "file", bytes.fromhex(magic) + CONTENT[4:])
    assert f"2368 bytes begin with the magic number 0x{magic}" in message


def test_truncated_gzip_says_so(tmp_path: Path) -> None:
    compressed = gzip.compress(CONTENT)
    message = message_of(tmp_path / "file.gz", compressed[:-400])
    assert "truncated" in message
    assert f"after {len(compressed) - 400} bytes" in message


def test_gzip_without_its_checksum_says_so(tmp_path: Path) -> None:
    """All pixels are there, but nothing proves that they are right."""
    compressed = gzip.compress(CONTENT)
    message = message_of(tmp_path / "file.gz", compressed[:-8])
    assert "truncated" in message


@pytest.mark.parametrize("position", [40, -6])
def test_corrupt_gzip_says_so(tmp_path: Path, position: int) -> None:
    """Damage in the stream and in the checksum behind it."""
    damaged = bytearray(gzip.compress(CONTENT))
    damaged[position] ^= 0xFF
    message = message_of(tmp_path / "file.gz", bytes(damaged))
    assert "corrupt gzip" in message or "truncated" in message
    assert f"{len(damaged)} bytes" in message


def test_bytes_behind_the_gzip_stream_are_counted(tmp_path: Path) -> None:
    message = message_of(tmp_path / "file.gz", gzip.compress(CONTENT) + b"junk")
    assert "4 bytes follow" in message


def test_huge_sizes_in_a_header_allocate_nothing(tmp_path: Path) -> None:
    content = struct.pack(">HBB3I", 0, 14, 3, 2**32 - 1, 2**32 - 1, 2**32 - 1)
    message = message_of(tmp_path / "file", content)
    assert f"{16 + (2**32 - 1) ** 3 * 8} bytes, found 16 bytes" in message


@pytest.mark.parametrize("place", ["FashionMNIST/raw", "raw", "."])
@pytest.mark.parametrize("compressed", [False, True])
def test_finds_the_set_in_each_place(tmp_path: Path, place: str, compressed: bool) -> None:
    write_set(tmp_path / place, compressed=compressed)
    images, labels = load_fashion_mnist(tmp_path, train=True)
    np.testing.assert_array_equal(images, IMAGES)
    np.testing.assert_array_equal(labels, LABELS)
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)


def test_training_and_test_set_are_told_apart(tmp_path: Path) -> None:
    write_set(tmp_path, stem="t10k")
    assert len(load_fashion_mnist(tmp_path, train=False)[0]) == 3
    with pytest.raises(FileNotFoundError, match="train-images-idx3-ubyte: not found"):
        load_fashion_mnist(tmp_path, train=True)


def test_missing_root_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        load_fashion_mnist(tmp_path / "nowhere", train=True)


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("images-idx3", np.zeros((3, 28, 27), np.uint8), "expected images of shape"),
        ("images-idx3", np.zeros((3, 28, 28), np.int8), "type uint8"),
        ("labels-idx1", np.zeros(2, np.uint8), "each of the 3 images"),
        ("labels-idx1", np.zeros(3, np.int32), "uint8 label"),
        ("labels-idx1", np.full(3, 10, np.uint8), "labels 0 to 9, found 10"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, array: npt.NDArray[np.generic], message: str
) -> None:
    path = write_set(tmp_path) / f"train-{name}-ubyte"
    path.write_bytes(encode(array))
    with pytest.raises(ValueError, match=message) as caught:
        load_fashion_mnist(tmp_path, train=True)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["MNIST", "FashionMNIST"])
@pytest.mark.parametrize("train", [True, False])
def test_data_sets_are_torchvisions(tmp_path: Path, name: str, train: bool) -> None:
    for stem in ("train", "t10k"):
        write_set(tmp_path / name / "raw", stem=stem)
    ours = {"MNIST": MNIST, "FashionMNIST": FashionMNIST}[name](tmp_path, train)
    theirs = getattr(import_torchvision().datasets, name)(tmp_path, train)
    assert ours.data.tolist() == theirs.data.tolist()
    assert ours.targets.tolist() == theirs.targets.tolist()
    assert str(ours.targets.dtype) == str(theirs.targets.dtype)
    assert ours.classes == theirs.classes and ours.class_to_idx == theirs.class_to_idx
    assert repr(ours) == repr(theirs) and len(ours) == len(theirs)
    image, label = theirs[1]
    assert ours[1][0].mode == image.mode and ours[1][1] == label
    assert (np.asarray(ours[1][0]) == np.asarray(image)).all()


def test_data_sets_transform_and_batch(tmp_path: Path) -> None:
    write_set(tmp_path / "MNIST" / "raw", compressed=True)
    dataset = MNIST(tmp_path, transform=ToTensor(), target_transform=lambda label: -label)
    images, labels = next(iter(DataLoader(dataset, batch_size=3)))
    assert images.tolist() == (IMAGES[:, None] / np.float32(255)).tolist()
    assert labels.tolist() == [-9, 0, -4]


def test_a_missing_data_set(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"Dataset not found\. You can use download=True"):
        MNIST(tmp_path)
