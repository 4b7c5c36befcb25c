"""The method, the same for every benchmark, and its report.

- Each side runs in a process of its own: thread pools and memory allocators do not meet.
- All processes live at the same time and work in turns, block by block, never two at once: a
  machine that slows down slows down both. Who begins changes from block to block.
- Before anything is timed, the first results must be equal up to rounding.
- Some runs warm up and count for nothing. A block's time is the median of its runs; the result is
  the median over the blocks, with the lowest and the highest block as its spread.

The JSON file holds: ``schema`` (1), ``benchmark``, ``title``, ``unit``, ``quick``, ``seed``,
``effort`` (``blocks``, ``runs_per_block``, ``warmup_runs``), ``environment`` (``commit``,
``uncommitted_changes``, ``cpu``, ``cores``, ``system``, ``versions``, ``started``,
``load_average_before``, ``load_average_after``), ``sides`` (``name``, ``library``, ``version``,
``threads``, ``environment``) and ``results``, one entry per work: ``name``,
``first_results_differ`` (relative), ``times`` (by side: ``median``, ``lowest``, ``highest``,
``blocks``) and ``ratios`` (by side, its median over minitorch's: above 1, minitorch is the faster
one).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.suite import Suite
from compare.child import Child
from compare.errors import WorkerError
from compare.report import cpu_name, versions
from compare.results import RELATIVE_BOUND

CHECKED_RUNS = 3
BUSY_LOAD = 0.5
"""A load average above this before the start means that something else is computing here."""


def run_suite(
    suite: Suite, *, threads: int, seed: int, quick: bool, console: Console
) -> dict[str, Any]:
    """Measures every work of the suite on every side and returns the report.

    Raises:
        WorkerError: a worker process broke, or the sides compute different things.
    """
    effort = suite.quick if quick else suite.full
    environment = describe_environment()
    if environment["load_average_before"][0] > BUSY_LOAD and not quick:
        console.print(
            f"[yellow]This machine is busy (load average {environment['load_average_before'][0]}):"
            f" the times below hold noise.[/]"
        )
    with ExitStack() as stack, console.status(f"{suite.name}: starting") as status:
        children = [
            stack.enter_context(Child(side.library, threads, "benchmarks.worker", side.environment))
            for side in suite.sides
        ]
        for child in children:  # All at once: nothing is timed yet.
            child.send("start", library=child.library, suite=suite.name, seed=seed, threads=threads)
        descriptions = [child.receive() for child in children]
        results = []
        for work in suite.works:
            status.update(f"{suite.name}: {work}")
            results.append(_measure(suite, work, quick, children))

    return {
        "schema": 1,
        "benchmark": suite.name,
        "title": suite.title,
        "unit": suite.unit,
        "quick": quick,
        "seed": seed,
        "effort": vars(effort),
        "environment": environment | {"load_average_after": _load_average()},
        "sides": [
            {"name": side.name, "library": side.library, **description}
            | {"environment": dict(side.environment)}
            for side, description in zip(suite.sides, descriptions, strict=True)
        ],
        "results": results,
    }


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


def describe_environment() -> dict[str, Any]:
    """Returns what the numbers depend on, as it is before the start."""
    commit = _git("rev-parse", "HEAD")
    # Results themselves are no change: a run writes the first file before it measures the second.
    changes = _git("status", "--porcelain", "--", ".", ":(exclude)benchmarks/results")
    return {
        "commit": commit,
        "uncommitted_changes": None if changes is None else changes != "",
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "versions": versions(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average_before": _load_average(),
    }


def write_json(path: Path, report: dict[str, Any]) -> None:
    """Writes the report, for machines and for later readers."""
    path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n")


def print_table(console: Console, report: dict[str, Any]) -> None:
    """Prints one line per work: each side's time with its spread, and the ratios."""
    *others, ours = report["sides"]
    environment = report["environment"]
    libraries = "\n".join(
        f"{side['name']}: {side['version']}, threads: {side['threads']}" for side in report["sides"]
    )
    commit = (environment["commit"] or "unknown")[:10]
    table = Table(
        title=f"{report['title']}: {report['unit']}",
        caption=f"{libraries}\n{environment['cpu']}, load average before the start: "
        f"{environment['load_average_before'][0]}\n"
        f"commit {commit}{' with changes' if environment['uncommitted_changes'] else ''}; "
        f"median of {report['effort']['blocks']} blocks (lowest-highest)",
        caption_justify="left",
    )
    table.add_column("")
    for side in report["sides"]:
        table.add_column(side["name"], justify="right", overflow="fold")
    for side in others:
        table.add_column(f"ratio: {side['name']} / {ours['name']}", justify="right")
    for result in report["results"]:
        times = [
            f"{time['median']:.2f} ({time['lowest']:.2f}-{time['highest']:.2f})"
            for time in result["times"].values()
        ]
        ratios = [f"{ratio:.2f}" for ratio in result["ratios"].values()]
        table.add_row(result["name"], *times, *ratios)
    console.print(table)
    if report["quick"]:
        console.print("--quick shows that everything works; its times mean nothing.")


def _measure(suite: Suite, work: str, quick: bool, children: list[Child]) -> dict[str, Any]:
    """Checks, warms up and times one work on all sides, in turns."""
    effort = suite.quick if quick else suite.full
    *others, ours = [child.ask("prepare", work=work, runs=CHECKED_RUNS) for child in children]
    difference = max(
        (
            relative_difference(expected, actual)
            for other in others
            for expected, actual in zip(other["results"], ours["results"], strict=True)
        ),
        key=lambda value: float("inf") if value != value else value,
    )
    if not difference <= RELATIVE_BOUND:
        raise WorkerError(
            f"{suite.name}, {work}: the sides compute different things: their first results differ "
            f"by {difference:.1e} (relative; bound {RELATIVE_BOUND:.0e})",
            "Nothing was timed.",
        )

    for child in children:
        child.ask("measure", runs=effort.warmup_runs)
    blocks: list[list[float]] = [[] for _ in children]
    for block in range(effort.blocks):
        for turn in range(len(children)):
            i = (block + turn) % len(children)
            seconds = children[i].ask("measure", runs=effort.runs_per_block)["seconds"]
            blocks[i].append(median(seconds) * suite.per_second)

    medians = [median(times) for times in blocks]
    names = [side.name for side in suite.sides]
    return {
        "name": work,
        "first_results_differ": difference,
        "times": {
            name: {
                "median": middle,
                "lowest": min(times),
                "highest": max(times),
                "blocks": times,
            }
            for name, middle, times in zip(names, medians, blocks, strict=True)
        },
        "ratios": {
            name: middle / medians[-1]
            for name, middle in zip(names[:-1], medians[:-1], strict=True)
        },
    }


def _load_average() -> list[float]:
    """Of the last 1, 5 and 15 minutes."""
    return [round(load, 2) for load in os.getloadavg()]


def _git(*arguments: str) -> str | None:
    """Returns what git prints about this repository; None where there is no git or repository."""
    root = Path(__file__).parent.parent
    try:
        result = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return result.stdout.strip()
