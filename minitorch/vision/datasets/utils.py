"""Fetching, checking and unpacking the files of data sets.

Mirrors torchvision/datasets/utils.py. Left out: Google Drive. Here a broken transfer goes on where
it stopped, archives cannot write outside of their folder, and ``download_url`` knows sha256.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from minitorch.utils import _archives, _download

__all__ = [
    "calculate_md5",
    "check_integrity",
    "check_md5",
    "download_and_extract_archive",
    "download_url",
    "extract_archive",
    "verify_str_arg",
]

StrPath = str | os.PathLike[str]


def calculate_md5(fpath: StrPath) -> str:
    """The md5 of a file."""
    return _download.digest_of(fpath, "md5")


def check_md5(fpath: StrPath, md5: str) -> bool:
    """Whether the file has this md5."""
    return calculate_md5(fpath) == md5


def check_integrity(fpath: StrPath, md5: str | None = None) -> bool:
    """Whether the file is there and has this md5, if one is given."""
    return os.path.isfile(fpath) and (md5 is None or check_md5(fpath, md5))


def download_url(
    url: str,
    root: StrPath,
    filename: StrPath | None = None,
    md5: str | None = None,
    max_redirect_hops: int = 3,
    *,
    sha256: str | None = None,
) -> None:
    """Fetches a file into the folder ``root``, unless it is there already.

    Args:
        filename: its name there; the last part of ``url`` if None.
        max_redirect_hops: accepted, and left to urllib, which follows ten.

    Raises:
        RuntimeError: the file cannot be had, or has another checksum; it is then not there.
    """
    path = Path(os.path.expanduser(root), filename or os.path.basename(url))
    _download.download(url, path, md5=md5, sha256=sha256)


def extract_archive(
    from_path: StrPath, to_path: StrPath | None = None, remove_finished: bool = False
) -> StrPath:
    """Unpacks a tar or zip archive, or one compressed file, beside itself or into ``to_path``.

    Returns:
        The folder, or the decompressed file.

    Raises:
        RuntimeError: it is damaged, of an unknown kind, or reaches outside of the folder.
    """
    extracted = _archives.extract(from_path, to_path or os.path.dirname(from_path) or ".")
    if remove_finished:
        os.remove(from_path)
    return os.fspath(extracted) if isinstance(from_path, str) else extracted


def download_and_extract_archive(
    url: str,
    download_root: StrPath,
    extract_root: StrPath | None = None,
    filename: StrPath | None = None,
    md5: str | None = None,
    remove_finished: bool = False,
) -> None:
    """``download_url``, then ``extract_archive``."""
    download_root = os.path.expanduser(download_root)
    filename = filename or os.path.basename(url)
    download_url(url, download_root, filename, md5)
    archive = os.path.join(download_root, filename)
    extract_archive(archive, extract_root or download_root, remove_finished)


def verify_str_arg(
    value: str,
    arg: str | None = None,
    valid_values: Iterable[str] | None = None,
    custom_msg: str | None = None,
) -> str:
    """Returns ``value`` if it is one of the valid ones.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, str):
        where = "" if arg is None else f" for argument {arg}"
        raise ValueError(f"Expected type str{where}, but got type {type(value)}.")
    if valid_values is None or value in (valid := list(valid_values)):
        return value
    names = "', '".join(valid)
    raise ValueError(
        custom_msg or f"Unknown value '{value}' for argument {arg}. Valid values are {{'{names}'}}."
    )
