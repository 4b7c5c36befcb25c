"""``BoundedReader``: a part of a file, from which nobody can ask for more than there is.

An instruction "the next 2**40 bytes are a string" must not ask for as much memory. Mirrors no file
of torch's, which does ask.
"""

from __future__ import annotations

import io
import os
import pickle
from typing import IO, cast


class BoundedReader:
    """What is left of ``file``, for a pickle to be read from."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        start = file.tell()
        self.left = file.seek(0, os.SEEK_END) - start
        file.seek(start)

    @classmethod
    def of(cls, content: bytes) -> IO[bytes]:
        """A reader of these bytes."""
        return cast("IO[bytes]", cls(io.BytesIO(content)))

    def read(self, size: int) -> bytes:
        """The next ``size`` bytes.

        Raises:
            pickle.UnpicklingError: there are not as many.
        """
        content = self.file.read(size) if size <= self.left else b""
        if len(content) < size:
            raise pickle.UnpicklingError("truncated: it ends within an instruction")
        self.left -= size
        return content

    def readline(self) -> bytes:
        """The rest of the line."""
        line = self.file.readline()
        self.left -= len(line)
        return line
