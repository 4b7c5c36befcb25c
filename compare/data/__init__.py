"""The data sets of the comparisons and the lessons, each with a small stand-in for use offline.

``load("housing", root, download)`` returns the real data from the folder ``root``, after fetching
it there if ``download``; with neither, a stand-in that is bundled or made on the spot. Arrays are
split and scaled here, once, so that neither library's arithmetic touches them before training does.
"""

from __future__ import annotations

from collections.abc import Callable

from compare.data import images
from compare.data.dataset import Data

Loader = Callable[[str | None, bool], Data]

LOADERS: dict[str, Loader] = {
    "fashion_mnist": images.load,
}
"""One loader a data set: ``loader(root, download)``; it raises UsageError for bad folders and files."""


def load(name: str, root: str | None = None, download: bool = False) -> Data:
    """Loads a data set by its name, or its stand-in if neither a root nor a download is asked for.

    Raises:
        UsageError: a folder or file is missing, truncated or corrupt, or the download failed.
    """
    return LOADERS[name](root, download)
