"""The method, the same for every benchmark.

- Each side runs in a process of its own: thread pools and memory allocators do not meet.
- All processes live at the same time and work in turns, block by block, never two at once: a
  machine that slows down slows down both. Who begins changes from block to block.
- Before anything is timed, the first results must be equal up to rounding. A side whose results
  differ from torch's, or that cannot do a work at all, gets no time but a reason.
- Some runs warm up and count for nothing. A block's time is the median of its runs; the result is
  the median over the blocks, with the lowest and the highest block as its spread.
- A block beside which something else ran (`load`) is done again, at most twice, and the calmest of
  its turns counts. Blocks that stayed busy are counted in the report and marked in the table.

`report` says what comes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from math import ceil
from statistics import median
from typing import Any

from rich.console import Console

from benchmarks.load import is_busy
from benchmarks.report import describe_environment, describe_run, summary_of_blocks
from benchmarks.suite import Effort, Side, Suite
from compare.child import Child
from compare.results import RELATIVE_BOUND

CHECKED_RUNS = 3
QUICK_WORKS = 4
"""With ``quick``, a suite does about so many of its works, evenly chosen."""
REPEATS_PER_BLOCK = 2
REPEATED_SHARE = 0.2
"""On a machine that stays busy, so much of a benchmark's blocks is repeated, and then no more."""


class Workers:
    """The processes of the sides; they end with its ``with`` block."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._children: dict[tuple[int, str], tuple[Child, dict[str, Any]]] = {}

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *exception: Any) -> None:
        self._stack.close()

    def start(self, sides: Sequence[Side], threads: int) -> tuple[list[Child], list[Any]]:
        """Returns the sides' processes and their descriptions; starts those that do not run yet."""
        started = []
        for side in sides:
            if (threads, side.name) not in self._children:
                child = Child(side.library, threads, "benchmarks.worker", side.environment)
                self._stack.enter_context(child)
                options = {"threads": threads, "compiled": side.compiled}
                child.send("start", library=side.library, **options)
                started.append((side, child))
        for side, child in started:  # All import at once: nothing is timed yet.
            self._children[threads, side.name] = child, child.receive()
        children, descriptions = zip(
            *[self._children[threads, side.name] for side in sides], strict=True
        )
        return list(children), list(descriptions)


def run_suite(
    suite: Suite,
    *,
    threads: int,
    seed: int,
    quick: bool,
    console: Console,
    workers: Workers | None = None,
) -> dict[str, Any]:
    """Measures every work of the suite on every side and returns the report.

    Args:
        workers: processes that are at work already; None for processes that only this suite uses.

    Raises:
        WorkerError: a worker process broke.
    """
    effort = suite.quick if quick else suite.full
    environment = describe_environment()
    starting = console.status(f"{suite.name}: starting", refresh_per_second=1)
    with Workers() as own_workers, starting as status:
        children, descriptions = (workers or own_workers).start(suite.sides, threads)
        for child in children:
            child.ask("begin", suite=suite.name, seed=seed)
        turns = len(suite.works) * len(children) * effort.blocks
        if quick:
            suite = replace(suite, breakdown_s=suite.breakdown_s / 10)
        method = Method(suite, effort, 0 if quick else int(REPEATED_SHARE * turns))
        works = list(suite.works)
        if quick:
            works = list(suite.quick_works) or works[:: ceil(len(works) / QUICK_WORKS)]
        results = []
        for i, work in enumerate(works):
            status.update(f"{suite.name}, threads: {threads}: {work} ({i + 1} of {len(works)})")
            results.append(method.measure(work, children))
    return describe_run(
        suite, effort, environment, descriptions, results, threads=threads, seed=seed, quick=quick
    )


class Method:
    """How one work after another is checked, warmed up and timed.

    Args:
        repeats: how many blocks may be done again in all.
    """

    def __init__(self, suite: Suite, effort: Effort, repeats: int) -> None:
        self.suite, self.effort, self.repeats_left = suite, effort, repeats

    def measure(self, work: str, children: Sequence[Any]) -> dict[str, Any]:
        """Returns the entry of one work in the report."""
        effort, names = self.effort, [side.name for side in self.suite.sides]
        replies = {
            name: child.ask("prepare", work=work, runs=CHECKED_RUNS)
            for name, child in zip(names, children, strict=True)
        }
        differences, cannot = compare_results(replies)
        able = {
            name: child
            for name, child in zip(names, children, strict=True)
            if name not in cannot and names[-1] not in cannot
        }

        if effort.warmup_runs:
            for child in able.values():
                child.ask("measure", runs=effort.warmup_runs, limit_s=effort.block_s)
        blocks: dict[str, list[float]] = {name: [] for name in able}
        loads: dict[str, list[float | None]] = {name: [] for name in able}
        order = list(able)
        for _ in range(effort.blocks):
            for name in order:
                seconds, load = self._block(able[name])
                blocks[name].append(seconds * self._units_per_second(work))
                loads[name].append(load)
            order = [*order[1:], *order[:1]]  # Another one begins.

        shares = {}
        if self.suite.breakdown_s and names[-1] in able:
            shares = able[names[-1]].ask("break_down", seconds=self.suite.breakdown_s)
        prepare = self.suite.works[work]
        return {
            "name": work,
            "group": getattr(prepare, "group", None),
            "size": getattr(prepare, "size", None),
            "first_results_differ": differences,
            "cannot": cannot,
            "breakdown": shares or None,
        } | summary_of_blocks(names, blocks, loads)

    def _block(self, child: Any) -> tuple[float, float | None]:
        """Seconds of the median run, and the load beside it, of the calmest turn."""
        turns = [self._turn(child)]
        while is_busy(turns[-1][1]) and len(turns) <= REPEATS_PER_BLOCK and self.repeats_left > 0:
            self.repeats_left -= 1
            turns.append(self._turn(child))
        return min(turns, key=lambda turn: turn[1] or 0.0)

    def _turn(self, child: Any) -> tuple[float, float | None]:
        effort = self.effort
        reply = child.ask("measure", runs=effort.runs_per_block, limit_s=effort.block_s)
        return median(reply["seconds"]), reply["load"]

    def _units_per_second(self, work: str) -> float:
        operations = getattr(self.suite.works[work], "operations_per_run", 1)
        return self.suite.per_second / operations


def compare_results(
    replies: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, float | None], dict[str, str]]:
    """Returns how far each side's first results are from the first side's, and who cannot take
    part, with the reason.

    Args:
        replies: by side; those of torch come first, those of minitorch last.
    """
    reference, *others = replies
    cannot = {name: reply["cannot"] for name, reply in replies.items() if "cannot" in reply}
    differences: dict[str, float | None] = {}
    for name in others:
        if name in cannot:
            continue
        if reference in cannot:
            cannot[name] = f"{reference} cannot, and there is nothing to compare with"
            continue
        pairs = zip(replies[reference]["results"], replies[name]["results"], strict=True)
        each = [relative_difference(expected, actual) for expected, actual in pairs]
        largest = max(each, key=lambda value: float("inf") if value != value else value)
        differences[name] = largest if largest < float("inf") else None  # JSON has no infinity.
        if not largest <= RELATIVE_BOUND:
            cannot[name] = (
                f"computes something else than {reference}: its first results differ by "
                f"{largest:.1e} (relative; bound {RELATIVE_BOUND:.0e})"
            )
    return differences, cannot


def relative_difference(first: Sequence[float], second: Sequence[float]) -> float:
    """Returns the largest difference of two lists, over the largest size of their numbers."""
    if len(first) != len(second):
        return float("inf")
    size = max(map(abs, [*first, *second]), default=0.0)
    differences = [abs(a - b) for a, b in zip(first, second, strict=True)]
    # max() would step over a NaN that does not come first.
    if any(difference != difference for difference in differences):
        return float("nan")
    return max(differences, default=0.0) / max(size, 1e-30)
