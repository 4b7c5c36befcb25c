"""Files from the web: whole, checked, or not at all.

The bytes go to ``FILE.part``, which becomes ``FILE`` only when it is complete and its checksum is
right. A transfer that breaks off goes on where it stopped, if the server can do that (HTTP Range);
with a checksum even in the next call, for without one nothing would tell whether the rest fits.

Mirrors ``download_url_to_file`` of torch/hub.py.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import importlib
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

__all__ = ["digest_of", "download", "wrong_checksum"]

_CHUNK_BYTES = 1 << 18
_TIMEOUT_S = 30.0


def download(
    url: str,
    path: str | os.PathLike[str],
    *,
    md5: str | None = None,
    sha256: str | None = None,
    progress: bool = True,
) -> None:
    """Fetches ``url`` into the file ``path``, unless that is there already with the right checksum.

    Args:
        progress: show a bar on stderr, if tqdm is installed.

    Raises:
        ValueError: ``url`` is not of the web.
        RuntimeError: the file cannot be had, or is another one than its checksum says; one line
            names it, the address and what to do.
    """
    path = Path(path)
    if urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"{path}: can only download http and https addresses, got {url}")
    if path.is_file() and not wrong_checksum(path, md5, sha256):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    checked = bool(md5 or sha256)
    if not checked:
        partial.unlink(missing_ok=True)
    resumes = partial.is_file()
    try:
        _Transfer(url, partial, checked, progress).run()
        wrong = wrong_checksum(partial, md5, sha256)
        if wrong and resumes:  # The part of an earlier call may be one of another file.
            partial.unlink()
            _Transfer(url, partial, checked, progress).run()
            wrong = wrong_checksum(partial, md5, sha256)
    except (OSError, http.client.HTTPException) as error:
        if partial.is_file() and not (checked and partial.stat().st_size):
            partial.unlink()
        reason = " ".join(str(error).split()) or type(error).__name__
        raise RuntimeError(
            f"{path}: could not download {url} ({reason}); fetch it in another way and put it there"
        ) from None
    if wrong:
        partial.unlink()
        raise RuntimeError(
            f"{path}: what {url} sent is another file or damaged: {wrong}; fetch it in another "
            "way and put it there"
        )
    os.replace(partial, path)


class _Transfer:
    """One download, over as many connections as it takes while each brings something."""

    def __init__(self, url: str, partial: Path, checked: bool, progress: bool) -> None:
        self.url = url
        self.partial = partial
        self.checked = checked
        self.progress = progress
        self.validator: str | None = None  # What the server calls this version of the file.

    def run(self) -> None:
        while True:
            before = self._size()
            try:
                if self._receive():
                    return
                error: Exception = ConnectionError(f"it broke off after {self._size()} bytes")
            except urllib.error.HTTPError as refusal:
                if refusal.code != http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE or not before:
                    raise
                self.partial.unlink()  # It is longer than the file.
                continue
            except (OSError, http.client.HTTPException) as broken:
                error = broken
            if self._size() <= before:
                raise error

    def _receive(self) -> bool:
        """Appends what one connection brings; returns whether that was all."""
        start = self._size()
        headers = {"User-Agent": "minitorch"}
        if start and (self.checked or self.validator):
            headers["Range"] = f"bytes={start}-"
            if self.validator:
                headers["If-Range"] = self.validator
        request = urllib.request.Request(self.url, headers=headers)
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:
            etag = response.headers.get("ETag")
            self.validator = etag if etag and not etag.startswith("W/") else None
            partly = response.status == http.HTTPStatus.PARTIAL_CONTENT
            if partly and not response.headers.get("Content-Range", "").startswith(
                f"bytes {start}-"
            ):
                raise http.client.HTTPException("it sent another part than the one asked for")
            start = start if partly else 0
            length = response.headers.get("Content-Length")
            end = None if length is None else start + int(length)
            with open(self.partial, "ab" if partly else "wb") as file, self._bar(start, end) as bar:
                while chunk := response.read(_CHUNK_BYTES):
                    file.write(chunk)
                    if bar is not None:
                        bar.update(len(chunk))
        return end is None or self._size() == end

    def _size(self) -> int:
        return self.partial.stat().st_size if self.partial.is_file() else 0

    def _bar(self, start: int, end: int | None) -> Any:
        """A progress bar as a context, or an empty one."""
        try:
            tqdm = importlib.import_module("tqdm").tqdm if self.progress else None
        except ModuleNotFoundError:
            tqdm = None
        if tqdm is None:
            return contextlib.nullcontext()
        name = self.partial.stem
        return tqdm(total=end, initial=start, unit="B", unit_scale=True, desc=name, leave=False)


def digest_of(path: str | os.PathLike[str], algorithm: str = "md5") -> str:
    """The checksum of a file as hexadecimal digits; md5 here guards against damage, not malice."""
    with open(path, "rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def wrong_checksum(
    path: str | os.PathLike[str], md5: str | None = None, sha256: str | None = None
) -> str:
    """What is wrong with a file's checksums; empty if nothing is."""
    for algorithm, expected in (("md5", md5), ("sha256", sha256)):
        if expected is not None and (found := digest_of(path, algorithm)) != expected.lower():
            return f"its {algorithm} is {found}, expected {expected}"
    return ""
