"""Unpacking archives of strangers: nothing is written outside of the folder, or at all if one
member would be.

Mirrors no file of torch: torchvision/datasets/utils.py and torchtext/utils.py each have their own.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

__all__ = ["extract"]

_DAMAGE = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error)
_OPENERS: dict[str, Any] = {".bz2": bz2.open, ".gz": gzip.open, ".xz": lzma.open}
_TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz", ".tbz2", ".tar.xz", ".txz")


def extract(archive: str | os.PathLike[str], folder: str | os.PathLike[str]) -> Path:
    """Unpacks a tar or zip archive, or one compressed file, as its name ends.

    Returns:
        The folder, or the decompressed file.

    Raises:
        RuntimeError: the name ends in no known way; the archive is damaged; or a member of it
            would come to lie outside of ``folder``. In the last case nothing is written.
    """
    archive, folder = Path(archive), Path(folder)
    name = archive.name.lower()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if name.endswith(_TAR_SUFFIXES):
            _extract_tar(archive, folder)
        elif name.endswith(".zip"):
            _extract_zip(archive, folder)
        elif archive.suffix in _OPENERS:
            return _decompress(archive, folder / archive.stem)
        else:
            known = ", ".join([*_TAR_SUFFIXES, ".zip", *_OPENERS])
            raise RuntimeError(f"{archive}: no archive by its name, which may end in {known}")
    except tarfile.FilterError as error:
        raise RuntimeError(f"{archive}: refused, nothing unpacked: {error}") from None
    except _DAMAGE as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # It is the folder's fault, not the archive's.
        raise RuntimeError(f"{archive}: damaged archive ({error})") from None
    return folder


def _extract_tar(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():  # All of them, before the first is written.
            tarfile.data_filter(member, str(folder))
        tar.extractall(folder, filter="data")


def _extract_zip(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as zip:
        root = folder.resolve()
        for name in zip.namelist():
            if not (root / name).resolve().is_relative_to(root):
                raise RuntimeError(
                    f"{archive}: refused, nothing unpacked: {name!r} would be outside the folder"
                )
        zip.extractall(folder)


def _decompress(archive: Path, path: Path) -> Path:
    partial = path.with_name(path.name + ".part")
    try:
        with _OPENERS[archive.suffix](archive, "rb") as source, open(partial, "wb") as target:
            shutil.copyfileobj(source, target)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path
