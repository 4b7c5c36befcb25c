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

# Of the new clothes, coats and shirts are hard to tell apart, bags and boots are easy; pullover and
# sneaker are among the base classes. Each of the new digits has a loop, as some base digits have.
NEW_CLASSES = (4, 6, 8, 9)
BASE_CLASSES = (0, 1, 2, 3, 5, 7)
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
    of_each = [np.flatnonzero(labels == label)[:images_of_each] for label in classes]
    chosen = np.sort(np.concatenate(of_each))  # As mixed as they were.
    return images[chosen], np.searchsorted(classes, labels[chosen])
