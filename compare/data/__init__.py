"""The data sets of the comparisons and the lessons, each with a small stand-in for use offline.

``load("housing", root, download)`` returns the real data from the folder ``root``, after fetching
it there if ``download``; with neither, a stand-in that is bundled or made on the spot. Arrays are
split and scaled here, once, so that neither library's arithmetic touches them before training does.
"""

from __future__ import annotations

from collections.abc import Callable

from compare.data import characters, housing, image_classes, images, imdb, membrane, qa
from compare.data.dataset import Data

Loader = Callable[[str | None, bool], Data]

LOADERS: dict[str, Loader] = {
    "housing": housing.load,
    "fashion_mnist": images.load,
    "imdb": imdb.load,
    "qa": qa.load,
    "characters": characters.load,
    "fashion_base": image_classes.load_base,
    "fashion_new": image_classes.load_new,
    "membrane": membrane.load,
}
"""``loader(root, download)``, one for each data set."""


def load(name: str, root: str | None = None, download: bool = False) -> Data:
    """Loads a data set by its name, or its stand-in if neither a root nor a download is asked for.

    Raises:
        MissingData: the root does not hold this data set.
        UsageError: a file is missing, truncated or corrupt, or the download failed.
    """
    return LOADERS[name](root, download)
