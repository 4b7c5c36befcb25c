"""One side of a benchmark, in a process of its own: ``python -m benchmarks.worker``.

It speaks the protocol of `compare.process`; the requests are ``start``, ``begin``, ``prepare``,
``measure`` and ``break_down``.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import breakdown, peers
from benchmarks.load import LoadMeter
from benchmarks.suite import NOT_WRITTEN, PEERS, Suite, Work
from compare.process import serve, wait_until_idle

MOST_NUMBERS = 4096
"""A result that is larger is compared at so many places, evenly spread."""


class Session:
    """One library and the work at hand; each public method answers a request."""

    def __init__(self, library: str, threads: int, compiled: bool) -> None:
        self.library, self.threads, self.compiled = library, threads, compiled
        self.is_peer = library in [side.library for side in PEERS]
        if self.is_peer and hasattr(os, "sched_setaffinity"):
            # Each has its own idea of threads; none has more than the cores it may run on.
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
        self.torch = importlib.import_module(library)
        if not self.is_peer:
            self.torch.set_num_threads(threads)
            self.threads = self.torch.get_num_threads()
        if compiled:
            # Else it draws dropout masks of its own, and no loss could be compared.
            inductor: Any = importlib.import_module("torch._inductor.config")
            inductor.fallback_random = True
        self.suite: Suite | None = None
        self.seed = 0
        self.work: Work | None = None
        if library == "torch" and "minitorch" in sys.modules:
            raise RuntimeError("minitorch, which sets up its process for speed, was imported here")

    def describe(self) -> dict[str, Any]:
        """Returns what was imported."""
        version = peers.version_of(self.torch) if self.is_peer else str(self.torch.__version__)
        return {"version": version, "threads": self.threads}

    def begin(self, suite: str, seed: int) -> dict[str, Any]:
        """Turns to a suite."""
        self.suite = importlib.import_module(f"benchmarks.{suite}").SUITE
        self.seed = seed
        return {}

    def prepare(self, work: str, runs: int) -> dict[str, Any]:
        """Makes the work ready, does it a few times and returns what came out each time.

        A library that cannot do the work says why.
        """
        self.work = None  # The last work's memory goes before this one's comes.
        try:
            self.work = self._make(work)
            results = [numbers(self.work()) for _ in range(runs)]
            if self.compiled:
                self._require_graphs()
        except Exception as error:
            self.work = None
            lines = str(error).strip().splitlines() or [""]
            return {"cannot": f"{type(error).__name__}: {lines[0][:300]}"}
        wait_until_idle()
        return {"results": results}

    def measure(self, runs: int, limit_s: float) -> dict[str, Any]:
        """Does the work until one of the limits is reached, at least once.

        Returns the seconds that each run took, and the load beside them (see `load`).
        The results are dropped within the timed region, as freeing a graph is part of its price.
        Python's garbage collector stays on, as it does in training.
        """
        assert self.work is not None
        self.work()  # Untimed: wakes the threads and the caches after the others' turn.
        seconds: list[float] = []
        meter = LoadMeter()
        deadline = time.perf_counter() + limit_s
        while not seconds or (len(seconds) < runs and time.perf_counter() < deadline):
            start = time.perf_counter()
            self.work()
            seconds.append(time.perf_counter() - start)
        load = meter.load()
        wait_until_idle()
        return {"seconds": seconds, "load": load}

    def break_down(self, seconds: float) -> dict[str, Any]:
        """Does the work for so long and returns where the time went, if this machine tells."""
        assert self.work is not None
        if not breakdown.is_supported():
            return {}
        return breakdown.measure(self.work, seconds)

    def _make(self, name: str) -> Work:
        assert self.suite is not None
        if self.is_peer:
            return peers.prepare(self.torch, self.suite.name, name, self.seed)
        if self.compiled and name in self.suite.not_compiled:
            raise NotImplementedError(f"{NOT_WRITTEN}: compiling it takes too long")
        work = self.suite.works[name](self.torch, self.seed)
        if self.compiled:
            self.torch._dynamo.reset()
            self.torch._dynamo.utils.counters.clear()
            return self.torch.compile(work)
        return work

    def _require_graphs(self) -> None:
        """What the compiler cannot follow runs as before, in silence; then there is no number."""
        if not self.torch._dynamo.utils.counters["stats"].get("unique_graphs"):
            raise RuntimeError("the compiler left all of it to Python")


def numbers(result: Any) -> list[float]:
    """Returns the numbers of a result, or some of them, and their mean where there are more."""
    array = _as_array(result).ravel()
    if np.iscomplexobj(array):
        array = np.stack([array.real, array.imag], axis=-1).ravel()
    if array.size > MOST_NUMBERS:
        places = np.linspace(0, array.size - 1, MOST_NUMBERS).astype(int)
        array = np.append(array[places], array.mean(dtype=np.float64))
    return [float(number) for number in array]


def _as_array(result: Any) -> Any:
    if hasattr(result, "detach"):
        result = result.detach()
    method: Callable[[], Any] | None = getattr(result, "numpy", None)
    return np.asarray(result) if method is None else method()


if __name__ == "__main__":
    serve(Session)
