"""A line on the terminal while kernels are compiled for the first time.

Later programs find the compiled kernels on disk (``__pycache__``). The first one that uses a kernel
waits for the compiler, half a second for a small kernel and several for a large one, and should
know what for. ``MINITORCH_COMPILE_PROGRESS=1`` writes the line also where standard error is no
terminal, ``0`` nowhere. ``python -m minitorch.warmup`` compiles the usual kernels ahead.

Mirrors nothing in torch: there the C++ compiler has done this ahead of time.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

# What a user notices: before the kernels have taken this long in all, nothing is said.
PATIENCE_SECONDS = 1.0

_WIPE = "\r\x1b[K"


class CompileProgress:
    """Counts what Numba compiles: its events begin and end with each function that has no entry in
    the cache. A kernel compiles the functions that it calls first, within its own event.
    """

    def __init__(self) -> None:
        self.kernels = 0
        self.seconds = 0.0
        self._depth = 0
        self._began = 0.0
        self._told = 0.0

    def on_start(self, event: Any) -> None:
        """Numba begins to compile a function."""
        self._depth += 1
        now = time.perf_counter()
        if self._depth == 1:
            self._began = now
        waited = self.seconds + now - self._began
        if waited > PATIENCE_SECONDS:
            self._tell(waited)

    def on_end(self, event: Any) -> None:
        """Numba has compiled a function."""
        self._depth -= 1
        if self._depth == 0:
            self.kernels += 1
            self.seconds += time.perf_counter() - self._began
            if self._told and sys.stderr.isatty():
                sys.stderr.write(_WIPE)  # what the program prints next begins a line
                sys.stderr.flush()

    def notify(self, event: Any) -> None:
        """What Numba calls."""
        if event.is_start:
            self.on_start(event)
        else:
            self.on_end(event)

    def _tell(self, waited: float) -> None:
        wanted = os.environ.get("MINITORCH_COMPILE_PROGRESS", "")
        on_terminal = sys.stderr is not None and sys.stderr.isatty()
        if wanted == "0" or not (on_terminal or wanted == "1"):
            return
        line = f"minitorch: compiling kernels for the first use ({self.kernels} so far) ..."
        if on_terminal:
            sys.stderr.write(_WIPE + line)
        elif waited > 2 * self._told:  # in a file, not a line for each: ever fewer
            sys.stderr.write(line + "\n")
        else:
            return
        sys.stderr.flush()
        self._told = waited


progress = CompileProgress()
_watching = False


def watch() -> None:
    """Listen to Numba from now on."""
    global _watching
    if not _watching:
        from numba.core import event

        _watching = True
        event.Listener.register(CompileProgress)
        event.register("numba:compile", progress)  # type: ignore[no-untyped-call]
