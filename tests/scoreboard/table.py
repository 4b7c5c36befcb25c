"""All entries of torch's three tables, and the processes that run them."""

from __future__ import annotations

import functools
import multiprocessing
import sys
import time
import warnings
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.scoreboard.checks import Check, lean_samples
from tests.scoreboard.entry import Entry


@functools.cache
def entries() -> list[Entry]:
    """Every entry of the three tables; a name that torch gives twice is numbered."""
    from tests.scoreboard import modules, operations, optimizers

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [*operations.entries(), *modules.entries(), *optimizers.entries()]


def run_entry(entry: Entry, limit: int | None = None) -> list[Check]:
    """All checks of one entry.

    Args:
        limit: how many samples of each property to take; None takes all.
    """
    from tests.scoreboard import modules, operations, optimizers

    runner = {"operations": operations, "modules": modules, "optimizers": optimizers}[entry.table]
    with lean_samples():
        return runner.run(entry.name, limit)


def _start_worker() -> None:
    import torch

    import minitorch

    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    minitorch.set_num_threads(1)


def run_all(
    chosen: Iterable[Entry], limit: int | None, jobs: int | None
) -> dict[Entry, list[Check]]:
    """Run entries in ``jobs`` processes; those out of scope have no checks."""
    chosen = list(chosen)
    results: dict[Entry, list[Check]] = {e: [] for e in chosen}
    in_scope = [e for e in chosen if e.reason is None]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, _start_worker) as pool:
        futures = {pool.submit(_timed, e, limit): e for e in in_scope}
        for done, future in enumerate(as_completed(futures), 1):
            entry = futures[future]
            results[entry], seconds = future.result()
            if sys.stderr.isatty() or seconds > 60:
                print(f"{done}/{len(in_scope)} {entry.name} {seconds:.0f} s", file=sys.stderr)
    return results


def _timed(entry: Entry, limit: int | None) -> tuple[list[Check], float]:
    start = time.perf_counter()
    return run_entry(entry, limit), time.perf_counter() - start
