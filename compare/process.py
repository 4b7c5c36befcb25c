"""What a worker process does beside its work: it answers requests, and measures itself.

Two libraries in one process would share its threads and its memory allocator, and neither time nor
peak memory could be told apart. So each has a process, and the parent leads both by the hand: it
writes one request per line to standard input and reads one reply per line, both in JSON.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compare.errors import UsageError


def peak_memory_bytes() -> int:
    """Returns the most physical memory this process ever held: interpreter, library and data."""
    try:
        # getrusage's maximum begins with that of the starting process, VmHWM with zero.
        status = Path("/proc/self/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def wait_until_idle(limit_s: float = 1.0) -> None:
    """Waits for this library's threads to fall asleep, so that they take no time from the other's.

    After a parallel loop, OpenMP's idle threads spin for 5 ms and OpenBLAS's for 120 ms. Telling
    them not to (OMP_WAIT_POLICY=PASSIVE) would slow PyTorch itself by a fifth, so we wait instead.
    """
    deadline = time.perf_counter() + limit_s
    while time.perf_counter() < deadline:
        busy_s = time.process_time()
        time.sleep(0.005)
        if time.process_time() - busy_s < 0.001:
            return


def serve(session_type: Callable[..., Any]) -> None:
    """Answers requests until standard input ends, as it does when the parent is gone.

    The request ``start`` makes the session and is answered by its ``describe``; every other request
    is a call of the session's method of that name.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # On Ctrl-C it is the parent who ends this.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    # What a library prints must not get between the replies.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    session = None
    for line in sys.stdin:
        request = json.loads(line)
        action = request.pop("action")
        try:
            if action == "start":
                session = session_type(**request)
                reply = session.describe()
            else:
                reply = getattr(session, action)(**request)
        except UsageError as error:
            reply = {"usage_error": str(error)}
        print(json.dumps(reply), file=replies)
