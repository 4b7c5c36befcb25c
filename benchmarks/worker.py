"""One side of a benchmark, in a process of its own: ``python -m benchmarks.worker``.

It speaks the protocol of `compare.worker`; the requests are ``start``, ``prepare`` and ``measure``.
"""

from __future__ import annotations

import importlib
import sys
import time
from typing import Any

from benchmarks.suite import Suite, Work
from compare.worker import serve, wait_until_idle


class Session:
    """One library and the work at hand; each public method answers a request."""

    def __init__(self, library: str, suite: str, seed: int, threads: int) -> None:
        self.torch = importlib.import_module(library)
        self.torch.set_num_threads(threads)
        self.suite: Suite = importlib.import_module(f"benchmarks.{suite}").SUITE
        self.seed = seed
        self.work: Work | None = None
        if library == "torch" and "minitorch" in sys.modules:
            raise RuntimeError("minitorch, which sets up its process for speed, was imported here")

    def describe(self) -> dict[str, Any]:
        """Returns what was imported."""
        return {"version": str(self.torch.__version__), "threads": self.torch.get_num_threads()}

    def prepare(self, work: str, runs: int) -> dict[str, Any]:
        """Makes the work ready, does it a few times and returns what came out each time."""
        self.work = None  # The last work's memory goes before this one's comes.
        self.work = self.suite.works[work](self.torch, self.seed)
        results = [self.work().detach().numpy().ravel().tolist() for _ in range(runs)]
        wait_until_idle()
        return {"results": results}

    def measure(self, runs: int) -> dict[str, Any]:
        """Does the work and returns the seconds that each run took.

        The results are dropped within the timed region, as freeing a graph is part of its price.
        Python's garbage collector stays on, as it does in training.
        """
        assert self.work is not None
        self.work()  # Untimed: wakes the threads and the caches after the others' turn.
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            self.work()
            seconds.append(time.perf_counter() - start)
        wait_until_idle()
        return {"seconds": seconds}


if __name__ == "__main__":
    serve(Session)
