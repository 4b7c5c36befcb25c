"""Folders of images, CIFAR, the printed form of data sets, and grids, beside torchvision's.

The data is made on the spot. With ``MINITORCH_DATA`` naming a folder of the real data sets, those are
read too.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import minitorch
from compare.torchvision_shim import import_torchvision
from minitorch.utils.data import DataLoader
from minitorch.vision import datasets, transforms
from minitorch.vision import utils as vision_utils
from minitorch.vision.datasets import folder
from tests.parity import assert_same_values
from tests.real_data import real_data

torchvision = import_torchvision()
RNG = np.random.default_rng(0)


def paint(path: Path, mode: str = "RGB", size: tuple[int, int] = (9, 7)) -> Path:
    """Writes an image of noise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    Image.fromarray(RNG.integers(0, 256, shape, np.uint8)).save(path)
    return path


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Two classes, with a folder in one of them, other files, and three kinds of images."""
    for name in ("bees/2.png", "bees/10.JPG", "ants/b.bmp", "ants/more/a.png", "ants/a.png"):
        paint(tmp_path / name)
    paint(tmp_path / "ants" / "grey.png", "L")
    (tmp_path / "ants" / "notes.txt").write_text("no image")
    return tmp_path


def assert_same_sets(ours: Any, theirs: Any, indices: list[int]) -> None:
    assert repr(ours) == repr(theirs)
    assert len(ours) == len(theirs)
    for i in indices:
        (image, target), (other, expected) = ours[i], theirs[i]
        assert target == expected
        assert np.array_equal(np.array(image), np.array(other))


FOLDERS: dict[str, Callable[[Any, Any], dict[str, Any]]] = {
    "plain": lambda d, t: {},
    "transform": lambda d, t: {"transform": t.Compose([t.Resize(5), t.Grayscale()])},
    "both": lambda d, t: {"transform": t.CenterCrop(3), "target_transform": t.Lambda(lambda x: -x)},
    "only png": lambda d, t: {"is_valid_file": lambda path: path.endswith("a.png"), "allow_empty": True},
    "loader": lambda d, t: {"loader": lambda path: Image.open(path).convert("L")},
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_image_folder(animals: Path, name: str) -> None:
    lambdas = FOLDERS[name]
    ours = datasets.ImageFolder(animals, **lambdas(datasets, transforms))
    theirs = torchvision.datasets.ImageFolder(
        animals, **lambdas(torchvision.datasets, torchvision.transforms)
    )
    for attribute in ("classes", "class_to_idx", "samples", "imgs", "targets", "extensions"):
        assert getattr(ours, attribute) == getattr(theirs, attribute)
    assert_same_sets(ours, theirs, list(range(len(theirs))))


def test_a_transform_may_be_set_later(animals: Path) -> None:
    ours, theirs = datasets.ImageFolder(animals), torchvision.datasets.ImageFolder(str(animals))
    ours.transform, theirs.transform = transforms.Resize(3), torchvision.transforms.Resize(3)
    assert np.array_equal(np.array(ours[0][0]), np.array(theirs[0][0]))
    assert ours[0][0].size == (3, 3) or min(ours[0][0].size) == 3


def test_an_image_folder_in_batches(animals: Path) -> None:
    to_tensor = transforms.Compose([transforms.Resize((6, 8)), transforms.ToTensor()])
    images, labels = next(iter(DataLoader(datasets.ImageFolder(animals, to_tensor), batch_size=6)))
    assert images.shape == (6, 3, 6, 8) and labels.tolist() == [0, 0, 0, 0, 1, 1]


def test_a_lesson_in_small(animals: Path) -> None:
    """The whole way of an image, from its file into a network: the same batches, the same loss."""

    def first_steps(torch: Any, vision: Any) -> tuple[list[Any], list[float]]:
        torch.manual_seed(0)
        T = vision.transforms
        transform = T.Compose([
            T.RandomResizedCrop(32), T.RandomHorizontalFlip(), T.ColorJitter(0.2, 0.2, 0.2, 0.1),
            T.RandomRotation(10), T.ToTensor(), T.Normalize([0.5, 0.4, 0.3], [0.2, 0.2, 0.3]),
        ])  # fmt: skip
        dataset = vision.datasets.ImageFolder(animals, transform)
        loader = torch.utils.data.DataLoader(dataset, batch_size=3, shuffle=True)
        model = vision.models.resnet18(num_classes=2)
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
        batches, losses = [], []
        for images, labels in loader:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            batches.append((images.tolist(), labels.tolist()))
            losses.append(loss.item())
        return batches, losses

    batches, losses = first_steps(minitorch, minitorch.vision)
    expected_batches, expected_losses = first_steps(torch, torchvision)
    assert batches == expected_batches
    torch.testing.assert_close(losses[0], expected_losses[0], rtol=1.3e-6, atol=1e-5)


FOLDER_ERRORS: dict[str, Callable[[Any, Path], Any]] = {
    "no classes": lambda d, p: d.ImageFolder(p / "bees"),
    "no folder": lambda d, p: d.ImageFolder(p / "nowhere"),
    "an empty class": lambda d, p: (p / "cats").mkdir() or d.ImageFolder(p),
    "two empty classes": lambda d, p: d.DatasetFolder(p, open, (".gif", ".webp")),
    "a string of extensions": lambda d, p: d.DatasetFolder(p, open, ".gif"),
    "neither": lambda d, p: d.DatasetFolder(p, open),
    "both": lambda d, p: d.DatasetFolder(p, open, (".png",), is_valid_file=bool),
    "no classes to find": lambda d, p: d.folder.make_dataset(p, {}, (".png",)),
    "None as classes": lambda d, p: d.DatasetFolder.make_dataset(p, None, (".png",)),
    "three transforms": lambda d, p: d.VisionDataset(p, transforms=len, transform=len),
}


@pytest.mark.parametrize("name", FOLDER_ERRORS)
def test_folders_that_are_refused(animals: Path, name: str) -> None:
    with pytest.raises(Exception) as theirs:
        FOLDER_ERRORS[name](torchvision.datasets, animals)
    if (animals / "cats").exists():
        (animals / "cats").rmdir()
    with pytest.raises(type(theirs.value)) as ours:
        FOLDER_ERRORS[name](datasets, animals)
    assert str(ours.value) == str(theirs.value)


def test_helpers_of_folders(animals: Path) -> None:
    theirs = torchvision.datasets.folder
    assert folder.IMG_EXTENSIONS == theirs.IMG_EXTENSIONS
    assert folder.find_classes(animals) == theirs.find_classes(animals)
    assert folder.make_dataset(animals, extensions=".png") == theirs.make_dataset(
        animals, extensions=".png"
    )
    for name in ("a.PNG", "a.txt", "png"):
        assert folder.is_image_file(name) == theirs.is_image_file(name)


# --------------------------------------------------------------------------------- segmentation


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    for stem in ("1", "2", "10"):
        paint(tmp_path / "image" / f"{stem}.jpg", size=(8, 8))
        paint(tmp_path / "label" / f"{stem}.png", "L", size=(8, 8))
    return tmp_path


def test_a_segmentation_folder(pairs: Path) -> None:
    dataset = datasets.SegmentationFolder(pairs)
    assert len(dataset) == 3
    assert [Path(p).name for p in dataset.images] == ["1.jpg", "10.jpg", "2.jpg"]
    for (image, mask), image_path, mask_path in zip(
        dataset, dataset.images, dataset.masks, strict=True
    ):
        assert image.mode == "RGB" and mask.mode == "L"
        assert Path(image_path).stem == Path(mask_path).stem
        assert np.array_equal(np.array(mask), np.array(Image.open(mask_path)))


def test_transforms_of_pairs(pairs: Path) -> None:
    """Each by its own, or both by one that draws once."""

    def crop_both(image: Any, mask: Any) -> tuple[Any, Any]:
        box = transforms.RandomCrop.get_params(image, (4, 4))
        crop = transforms.functional.crop
        return crop(image, *box), crop(mask, *box)

    apart = datasets.SegmentationFolder(
        pairs, transform=transforms.ToTensor(), target_transform=transforms.PILToTensor()
    )
    image, mask = apart[0]
    assert (image.shape, str(image.dtype)) == ((3, 8, 8), "torch.float32")
    assert (mask.shape, str(mask.dtype)) == ((1, 8, 8), "torch.uint8")
    together = datasets.SegmentationFolder(
        pairs, mask_folder="image", transforms=crop_both, mask_loader=folder.pil_loader
    )
    image, mask = together[1]
    assert image.size == (4, 4) and np.array_equal(np.array(image), np.array(mask))
    assert "StandardTransform" in repr(apart) and "crop_both" in repr(together)


@pytest.mark.parametrize("lonely", ["image/7.png", "label/7.png"])
def test_an_image_without_its_mask(pairs: Path, lonely: str) -> None:
    paint(pairs / lonely)
    with pytest.raises(FileNotFoundError, match=rf"{lonely}: has no counterpart in .*"):
        datasets.SegmentationFolder(pairs)


def test_segmentation_folders_that_are_not_there(pairs: Path) -> None:
    with pytest.raises(FileNotFoundError, match="masks: no such folder"):
        datasets.SegmentationFolder(pairs, mask_folder="masks")
    (pairs / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="empty: no image in it"):
        datasets.SegmentationFolder(pairs, image_folder="empty")


# ---------------------------------------------------------------------------------------- CIFAR


class _Small:
    """Makes a CIFAR class of either library expect the files that are written here."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        fine = name == "CIFAR100"
        key = "fine_labels" if fine else "labels"
        names = ["train"] if fine else [f"data_batch_{i}" for i in range(1, 6)]
        test = "test" if fine else "test_batch"
        base = path / getattr(datasets, name).base_folder
        base.mkdir()
        md5s = {}
        for file in [*names, test]:
            batch = {"data": RNG.integers(0, 256, (3, 3072), np.uint8), key: [1, 0, 2]}
            md5s[file] = self.write(base / file, batch)
        meta_key = "fine_label_names" if fine else "label_names"
        meta = {"filename": "meta" if fine else "batches.meta", "key": meta_key}
        meta["md5"] = self.write(base / meta["filename"], {meta_key: ["car", "cat", "cow"]})
        for library in (datasets, torchvision.datasets):
            cls = getattr(library, name)
            monkeypatch.setattr(cls, "train_list", [[n, md5s[n]] for n in names])
            monkeypatch.setattr(cls, "test_list", [[test, md5s[test]]])
            monkeypatch.setattr(cls, "meta", meta)
        self.folder = base

    @staticmethod
    def write(path: Path, value: Any) -> str:
        content = pickle.dumps(value, protocol=2)
        path.write_bytes(content)
        return hashlib.md5(content).hexdigest()


@pytest.mark.parametrize("name", ["CIFAR10", "CIFAR100"])
@pytest.mark.parametrize("train", [True, False])
def test_cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, train: bool) -> None:
    _Small(tmp_path, monkeypatch, name)
    ours = getattr(datasets, name)(tmp_path, train)
    theirs = getattr(torchvision.datasets, name)(tmp_path, train)
    assert np.array_equal(ours.data, theirs.data) and ours.targets == theirs.targets
    assert (ours.classes, ours.class_to_idx) == (theirs.classes, theirs.class_to_idx)
    assert_same_sets(ours, theirs, [0, 1, 2])


def test_cifar_that_is_missing_damaged_or_hostile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RuntimeError, match="not found or corrupted"):
        datasets.CIFAR10(tmp_path)
    small = _Small(tmp_path, monkeypatch, "CIFAR10")
    hostile = b"cos\nsystem\n(S'echo hacked'\ntR."
    (small.folder / "test_batch").write_bytes(hostile)
    with pytest.raises(RuntimeError, match="not found or corrupted"):
        datasets.CIFAR10(tmp_path)
    digest = hashlib.md5(hostile).hexdigest()
    monkeypatch.setattr(datasets.CIFAR10, "test_list", [["test_batch", digest]])
    with pytest.raises(ValueError, match=r"test_batch: no CIFAR file .it asks for os\.system"):
        datasets.CIFAR10(tmp_path, train=False)


# ---------------------------------------------------------------------------------------- grids


GRIDS: dict[str, Callable[[Any], Any]] = {
    "batch": lambda v: v.utils.make_grid(v.images),
    "rows": lambda v: v.utils.make_grid(v.images, nrow=2, padding=3, pad_value=0.5),
    "many columns": lambda v: v.utils.make_grid(v.images, nrow=20, padding=0),
    "normalize": lambda v: v.utils.make_grid(v.images * 4 - 1, normalize=True),
    "value_range": lambda v: v.utils.make_grid(v.images, normalize=True, value_range=(0.2, 0.7)),
    "scale_each": lambda v: v.utils.make_grid(v.images, normalize=True, scale_each=True),
    "grey": lambda v: v.utils.make_grid(v.images[:, :1]),
    "list": lambda v: v.utils.make_grid([v.images[0], v.images[1]]),
    "one": lambda v: v.utils.make_grid(v.images[0]),
    "one grey": lambda v: v.utils.make_grid(v.images[0, :1]),
    "matrix": lambda v: v.utils.make_grid(v.images[0, 0]),
    "bytes": lambda v: v.utils.make_grid((v.images * 255).to(v.uint8)),
    "no tensor": lambda v: v.utils.make_grid(3),
    "no tensors": lambda v: v.utils.make_grid([3]),
    "a list as range": lambda v: v.utils.make_grid(v.images, normalize=True, value_range=[0, 1]),
}


@pytest.mark.parametrize("name", GRIDS)
def test_grids(name: str) -> None:
    values = RNG.random((5, 3, 4, 6), np.float32)

    class Ours:
        utils, images, uint8 = vision_utils, minitorch.tensor(values), minitorch.uint8

    class Theirs:
        utils, images, uint8 = torchvision.utils, torch.tensor(values), torch.uint8

    try:
        theirs = GRIDS[name](Theirs)
    except TypeError as error:
        with pytest.raises(TypeError) as caught:
            GRIDS[name](Ours)
        assert str(caught.value).replace("minitorch._tensor", "torch") == str(error)
        return
    ours = GRIDS[name](Ours)
    assert (tuple(ours.shape), str(ours.dtype)) == (tuple(theirs.shape), str(theirs.dtype))
    assert_same_values(ours, theirs, exact=False)
    assert Ours.images.tolist() == values.tolist()


def test_save_image(tmp_path: Path) -> None:
    values = RNG.random((3, 3, 4, 6), np.float32)
    vision_utils.save_image(minitorch.tensor(values), tmp_path / "ours.png", nrow=2)
    torchvision.utils.save_image(torch.tensor(values), tmp_path / "theirs.png", nrow=2)
    assert np.array_equal(
        *(np.array(Image.open(tmp_path / f"{w}.png")) for w in ("ours", "theirs"))
    )
    stream = io.BytesIO()
    vision_utils.save_image(minitorch.tensor(values[0]), stream, format="bmp")
    assert stream.getvalue().startswith(b"BM")


# ------------------------------------------------------------------------------------ real data


@pytest.mark.parametrize("name", ["FashionMNIST", "MNIST"])
@pytest.mark.parametrize("train", [True, False])
def test_the_real_mnists(name: str, train: bool) -> None:
    dataset = getattr(datasets, name)(real_data(name).parent, train)
    assert dataset.data.shape == ((60_000 if train else 10_000), 28, 28)
    counts = np.bincount(dataset.targets.numpy())
    if name == "FashionMNIST":
        assert set(counts.tolist()) == {6_000 if train else 1_000}
        if train:
            assert dataset.classes[dataset[0][1]] == "Ankle boot"
            assert round(dataset.data.float().mean().item() / 255, 4) == 0.2860
    elif train:
        assert dataset.targets[:5].tolist() == [5, 0, 4, 1, 9]
        assert round(dataset.data.float().mean().item() / 255, 4) == 0.1307


def test_the_real_ants_and_bees() -> None:
    root = real_data("hymenoptera")
    for split, counts in (("train", (123, 121)), ("val", (70, 83))):
        ours = datasets.ImageFolder(root / split, transforms.CenterCrop(64))
        theirs = torchvision.datasets.ImageFolder(
            root / split, torchvision.transforms.CenterCrop(64)
        )
        assert (ours.classes, ours.samples) == (theirs.classes, theirs.samples)
        assert tuple(np.bincount(ours.targets)) == counts
        assert_same_sets(ours, theirs, [0, len(ours) - 1])


def test_the_real_segmentation_pairs() -> None:
    root = real_data("segmentation")
    membrane = datasets.SegmentationFolder(root / "membrane")
    image, mask = membrane[7]
    assert len(membrane) == 30 and image.size == mask.size == (512, 512)
    assert set(np.unique(np.array(mask))) <= set(range(256)) and mask.getextrema() == (0, 255)
    for split, count in (("train", 60), ("val", 20), ("test", 20)):
        camvid = datasets.SegmentationFolder(root / "camvid", split, f"{split}annot")
        image, mask = camvid[0]
        assert len(camvid) == count and image.size == mask.size == (480, 360)
        assert mask.getextrema()[1] <= 11
