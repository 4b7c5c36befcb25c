"""Data sets that are folders: a folder of images for each class, or images and their masks.

Mirrors torchvision/datasets/folder.py; ``SegmentationFolder`` is our own.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minitorch.vision import _pillow
from minitorch.vision.datasets.utils import StrPath
from minitorch.vision.datasets.vision import Transform, VisionDataset

__all__ = ["DatasetFolder", "ImageFolder", "SegmentationFolder"]

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def has_file_allowed_extension(filename: str, extensions: str | tuple[str, ...]) -> bool:
    """Whether the name ends in one of the extensions, which are in lower case."""
    return filename.lower().endswith(extensions)


def is_image_file(filename: str) -> bool:
    """Whether the name ends like that of an image."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: StrPath) -> tuple[list[str], dict[str, int]]:
    """The names of the folders in a folder, sorted, and the number of each.

    Raises:
        FileNotFoundError: there is none.
    """
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: number for number, name in enumerate(classes)}


def make_dataset(
    directory: StrPath,
    class_to_idx: dict[str, int] | None = None,
    extensions: str | tuple[str, ...] | None = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[tuple[str, int]]:
    """The files below the folder of each class, sorted, with the number of the class.

    Args:
        extensions, is_valid_file: which files count, by the end of their name or by a function of
            their path: one of the two.

    Raises:
        ValueError: there are no classes, or not exactly one of the two is given.
        FileNotFoundError: a class has no file, and it must not be empty.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        class_to_idx = find_classes(directory)[1]
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError(
            "Both extensions and is_valid_file cannot be None or not None at the same time"
        )
    samples, empty = [], []
    for name in sorted(class_to_idx):
        folder = os.path.join(directory, name)
        paths = [
            os.path.join(parent, file)
            for parent, _, files in sorted(os.walk(folder, followlinks=True))
            for file in sorted(files)
        ]
        if extensions is not None:
            paths = [path for path in paths if has_file_allowed_extension(path, extensions)]
        elif is_valid_file is not None:
            paths = [path for path in paths if is_valid_file(path)]
        samples += [(path, class_to_idx[name]) for path in paths]
        if not paths:
            empty.append(name)
    if empty and not allow_empty:
        message = f"Found no valid file for the classes {', '.join(empty)}. "
        if extensions is not None:
            listed = extensions if isinstance(extensions, str) else ", ".join(extensions)
            message += f"Supported extensions are: {listed}"
        raise FileNotFoundError(message)
    return samples


def pil_loader(path: StrPath) -> Any:
    """An image file as a PIL image in RGB."""
    with open(path, "rb") as file:  # Pillow would keep it open until the image is collected.
        return _pillow.Image.open(file).convert("RGB")


default_loader = pil_loader


def mask_loader(path: StrPath) -> Any:
    """An image file as a PIL image in its own mode: masks are numbers, not colours."""
    with open(path, "rb") as file:
        image = _pillow.Image.open(file)
        image.load()
        return image


class DatasetFolder(VisionDataset):
    """A folder for each class, with files in it, or in folders in it::

        root/ants/1.png
        root/ants/2.png
        root/bees/more/1.png

    Args:
        loader: a function from the path of a file to a sample.
        extensions, is_valid_file: which files count: one of the two, as for ``make_dataset``.
        allow_empty: whether a class may have no file.

    Attributes:
        classes: the names of the folders, sorted.
        class_to_idx: the number of each class.
        samples: pairs (path, number of the class).
        targets: the number of the class of each sample.
    """

    def __init__(
        self,
        root: StrPath,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(
            self.root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.targets = [target for _, target in self.samples]
        self.loader = loader
        self.extensions = extensions

    @staticmethod
    def make_dataset(
        directory: StrPath,
        class_to_idx: dict[str, int],
        extensions: tuple[str, ...] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        """The function of that name; a subclass may find its samples in another way."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: StrPath) -> tuple[list[str], dict[str, int]]:
        """The function of that name; a subclass may leave out or rename classes."""
        return find_classes(directory)

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        path, target = self.samples[index]
        return self._transformed(self.loader(path), target)

    def __len__(self) -> int:
        return len(self.samples)


class ImageFolder(DatasetFolder):
    """A ``DatasetFolder`` of image files, which become PIL images in RGB."""

    def __init__(
        self,
        root: StrPath,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(
            root,
            loader,
            IMG_EXTENSIONS if is_valid_file is None else None,
            transform,
            target_transform,
            is_valid_file,
            allow_empty,
        )
        self.imgs = self.samples


class SegmentationFolder(VisionDataset):
    """A folder of images and a folder of masks, which belong together by name::

        root/image/1.jpg    root/label/1.png
        root/image/2.jpg    root/label/2.png

    A sample is a pair of PIL images: the image in RGB, the mask in its own mode, that is, with the
    numbers of the classes as its pixels.

    Args:
        image_folder, mask_folder: their names in ``root``.
        transforms: a function of image and mask, for what must happen to both alike; or else
        transform, target_transform: a function of each.
        loader, mask_loader: functions from the path of a file to an image, and to a mask.

    Attributes:
        images, masks: the paths of the files, sorted by name.

    Raises:
        FileNotFoundError: a folder is missing or without images; or an image has no mask, or a mask
            no image.
    """

    def __init__(
        self,
        root: StrPath,
        image_folder: str = "image",
        mask_folder: str = "label",
        transforms: Transform | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        loader: Callable[[str], Any] = default_loader,
        mask_loader: Callable[[str], Any] = mask_loader,
    ) -> None:
        super().__init__(root, transforms, transform, target_transform)
        images = _images_by_stem(Path(self.root, image_folder))
        masks = _images_by_stem(Path(self.root, mask_folder))
        lonely = [*(images.keys() - masks.keys()), *(masks.keys() - images.keys())]
        if lonely:
            path = {**masks, **images}[min(lonely)]
            other = mask_folder if min(lonely) in images else image_folder
            raise FileNotFoundError(f"{path}: has no counterpart in {Path(self.root, other)}")
        self.images = [images[stem] for stem in sorted(images)]
        self.masks = [masks[stem] for stem in sorted(masks)]
        self.loader = loader
        self.mask_loader = mask_loader

    def __getitem__(self, index: Any) -> tuple[Any, Any]:
        image, mask = self.loader(self.images[index]), self.mask_loader(self.masks[index])
        return self._transformed(image, mask)

    def __len__(self) -> int:
        return len(self.images)


def _images_by_stem(folder: Path) -> dict[str, str]:
    """The image files of a folder, by their names without extension."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    found = {p.stem: str(p) for p in sorted(folder.iterdir()) if is_image_file(p.name)}
    if not found:
        raise FileNotFoundError(f"{folder}: no image in it ({', '.join(IMG_EXTENSIONS)})")
    return found
