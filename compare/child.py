"""The parent's end of the line to a worker: start it, ask it, end it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from compare.errors import UsageError, WorkerError

_TRACEBACK_LINES = 20
# Thread pools take their size when they are made, which is before set_num_threads.
POOL_SIZES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


class Child:
    """A worker process that runs one library; ends with its ``with`` block.

    Args:
        library: the name to import.
        threads: the size of its thread pools.
        worker: the module that serves the requests.
        environment: variables to set beside those of the parent.

    Example::

        with Child("torch", threads=2) as child:
            child.send("train", steps=10)
            reply = child.receive()
    """

    def __init__(
        self,
        library: str,
        threads: int,
        worker: str = "compare.worker",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.library = library
        # A file, as a full pipe would block the worker.
        self._errors = tempfile.TemporaryFile(mode="w+")  # noqa: SIM115
        pools = dict.fromkeys(POOL_SIZES, str(threads))
        self._process = subprocess.Popen(
            [sys.executable, "-m", worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, **pools, **(environment or {})},
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()  # It holds nothing that would need an orderly end.
        self._process.wait()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()
        with suppress(BrokenPipeError):  # A request that a dead worker never read.
            self._process.stdin.close()

    def send(self, action: str, **arguments: Any) -> None:
        """Writes a request, without waiting for the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"action": action, **arguments}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._crash() from None

    def receive(self) -> dict[str, Any]:
        """Waits for the answer to the oldest open request.

        Raises:
            UsageError: the worker refused the request.
            WorkerError: the worker died.
        """
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise self._crash()
        reply: dict[str, Any] = json.loads(line)
        if "usage_error" in reply:
            raise UsageError(reply["usage_error"])
        return reply

    def ask(self, action: str, **arguments: Any) -> dict[str, Any]:
        """Sends a request and waits for its answer."""
        self.send(action, **arguments)
        return self.receive()

    def _crash(self) -> WorkerError:
        code = self._process.wait()
        how = f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"
        self._errors.seek(0)
        tail = self._errors.read().rstrip().splitlines()[-_TRACEBACK_LINES:]
        return WorkerError(f"the {self.library} worker {how}", "\n".join(tail))
