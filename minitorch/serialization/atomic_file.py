"""``atomic_write``: a file that appears under its name when it is complete.

Whoever looks, and whenever the process is killed, finds the old file or the new one, never a part.
Mirrors no file of torch's, which writes into the named file itself.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from typing import IO


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a temporary file in the same folder; when the block ends, it takes the name ``path``.

    A link stays a link, to the new file. Where a file was before, the new one has its permissions.
    What is no regular file (a pipe, ``/dev/null``) is written to directly.

    Raises:
        RuntimeError: there is no such folder.
        OSError: the old file must not be written to, the disk is full, ...; the old file stays.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise RuntimeError(f"Parent directory {folder} does not exist.")
    old = _status(target)
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(target, "wb") as file:
            yield file
        return
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(f"{os.fspath(path)}: no permission to write to this file")
    # Letters of any alphabet: a name may have 255 bytes.
    temporary = os.path.join(folder, f".{name[:50]}.{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            if old is not None:
                _take_over_permissions(file, old)
            yield file
            file.flush()
            os.fsync(file.fileno())  # else a power failure may leave the name without the content
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(temporary)
        raise
    _sync_folder(folder)


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _take_over_permissions(file: IO[bytes], old: os.stat_result) -> None:
    with contextlib.suppress(PermissionError):  # only root may give files away
        os.fchown(file.fileno(), old.st_uid, old.st_gid)
    os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))


def _sync_folder(folder: str) -> None:
    """Bring the new name itself onto the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
