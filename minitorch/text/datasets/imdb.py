"""IMDB: 50,000 film reviews, half of them for training, half of each kind (Maas et al., 2011).

Mirrors torchtext/datasets/imdb.py. Unlike that, it unpacks nothing: 50,000 files of 1.3 kB each
would come out of the archive, which is read in one pass in about three seconds.
"""

from __future__ import annotations

import lzma
import os
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import overload

from minitorch.utils import _download
from minitorch.utils.data.dataset import Dataset

__all__ = ["IMDB"]

URL = "http://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz"
MD5 = "7c2ac02c03563afcf9b574c7e56c153a"

SPLITS = ("train", "test")
LABELS = {"neg": 1, "pos": 2}
_ARCHIVES = [f"aclImdb{v}.tar{c}" for v in ("_v1", "") for c in (".gz", ".xz", ".bz2", "")]
_REVIEW = re.compile(r"(?:.*/)?(train|test)/(neg|pos)/(\d+)_\d+\.txt")  # .../ID_RATING.txt

Place = tuple[str, int, int]  # Split, label and number of a review: the order of all.


class Reviews(Dataset[tuple[int, str]]):
    """One half of the reviews: pairs of a label, 1 for bad and 2 for good, and a text."""

    def __init__(self, samples: Iterable[tuple[int, str]]) -> None:
        self.samples = list(samples)

    def __getitem__(self, index: int) -> tuple[int, str]:
        return self.samples[index]

    def __len__(self) -> int:
        return len(self.samples)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(self.samples)


@overload
def IMDB(root: str | os.PathLike[str], split: str, download: bool = False) -> Reviews: ...


@overload
def IMDB(
    root: str | os.PathLike[str], split: tuple[str, ...] = SPLITS, download: bool = False
) -> tuple[Reviews, ...]: ...


def IMDB(
    root: str | os.PathLike[str] = ".data",
    split: str | tuple[str, ...] = SPLITS,
    download: bool = False,
) -> Reviews | tuple[Reviews, ...]:
    """The reviews of one half, or of both: pairs (label, text) with label 1 for bad, 2 for good.

    Bad ones come first: shuffle them.

    Args:
        root: the folder with ``aclImdb_v1.tar.gz`` (or ``aclImdb.tar.xz`` and the like), or with
            the folder ``aclImdb`` that comes out of it; or one of the two itself.
        split: ``"train"``, ``"test"``, or a tuple of them.
        download: fetch the archive, 84 MB, if none of these is there.

    Raises:
        FileNotFoundError: there are no such files.
        ValueError: the archive is damaged, or a review is missing or not UTF-8.
    """
    wanted = (split,) if isinstance(split, str) else split
    for name in wanted:
        if name not in SPLITS:
            raise ValueError(f"split {name!r} is not one of {SPLITS}")
    source = _find(Path(root).expanduser(), download)
    reviews: dict[Place, str] = {}
    for name, content in _read_folder(source) if source.is_dir() else _read_archive(source):
        match = _REVIEW.fullmatch(name)
        if match is not None and match[1] in wanted:
            place = match[1], LABELS[match[2]], int(match[3])
            reviews[place] = _decode(content, f"{source}: {name}")
    halves = []
    for name in wanted:
        places = sorted(place for place in reviews if place[0] == name)
        if {label for _, label, _ in places} != set(LABELS.values()):
            raise ValueError(f"{source}: has no reviews {name}/neg/ID_RATING.txt or {name}/pos/...")
        halves.append(Reviews((place[1], reviews[place]) for place in places))
    return halves[0] if isinstance(split, str) else tuple(halves)


def _find(root: Path, download: bool) -> Path:
    """The folder of the reviews, or their archive."""
    if root.is_file() or (root / "train" / "neg").is_dir():
        return root
    for name in ("aclImdb", *_ARCHIVES):
        if (root / name).exists():
            return root / name
    if not download:
        raise FileNotFoundError(
            f"{root}: found neither aclImdb nor {_ARCHIVES[0]}; pass download=True, or fetch "
            f"{URL} and put it there"
        )
    _download.download(URL, root / _ARCHIVES[0], md5=MD5)
    return root / _ARCHIVES[0]


def _read_archive(path: Path) -> Iterator[tuple[str, bytes]]:
    """Names and contents of the files of an archive, in the order in which they lie in it."""
    try:
        with tarfile.open(path, "r|*") as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() else None
                if file is not None and _REVIEW.fullmatch(member.name):
                    yield member.name, file.read()
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError) as error:
        raise ValueError(f"{path}: damaged archive ({error})") from None


def _read_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for split in SPLITS:
        for label in LABELS:
            for path in folder.glob(f"{split}/{label}/*.txt"):
                yield f"{split}/{label}/{path.name}", path.read_bytes()


def _decode(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: not UTF-8 at byte {error.start}") from None
