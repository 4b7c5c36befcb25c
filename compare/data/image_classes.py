"""Fashion-MNIST (or the digits) parted by class: many images of some, few of the others.

That is what transfer learning is for: features are learnt where there are many images, and serve
classes of which there are few.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from compare.data import images
from compare.data.dataset import Array, Data
from compare.recipe import Facts

# The new clothes are shapes that no base class has (sandals), and tops that differ in sleeves and
# buttons alone. Of the digits, these four have loops, an angle and a foot, as the other six do.
NEW_CLASSES = (2, 4, 5, 6)
BASE_CLASSES = (0, 1, 3, 7, 8, 9)
NEW_IMAGES_OF_EACH_CLASS = 25


def load_base(root: str | None, download: bool) -> Data:
    """All images of six classes, numbered from 0."""
    return _part("six classes", images.load(root, download), BASE_CLASSES, None)


def load_new(root: str | None, download: bool) -> Data:
    """The other four classes, numbered from 0: 25 training images of each, and all for testing."""
    data = images.load(root, download)
    return _part("four new classes", data, NEW_CLASSES, NEW_IMAGES_OF_EACH_CLASS)


def _part(what: str, data: Data, classes: tuple[int, ...], images_of_each: int | None) -> Data:
    """Returns the images of these classes alone; of each, the first so many for training."""
    return replace(
        data,
        name=f"{data.name}, {what}",
        train=_images_of(data.train, classes, images_of_each),
        test=_images_of(data.test, classes, None),
        facts=Facts(classes=len(classes)),
        classes=tuple(data.classes[label] for label in classes),
    )


def _images_of(
    split: tuple[Array, ...], classes: tuple[int, ...], images_of_each: int | None
) -> tuple[Array, Array]:
    images, labels = split
    chosen = [np.flatnonzero(labels == label)[:images_of_each] for label in classes]
    numbers = np.repeat(np.arange(len(classes)), [len(indices) for indices in chosen])
    return images[np.concatenate(chosen)], numbers
