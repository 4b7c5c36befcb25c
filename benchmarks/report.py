"""What a benchmark leaves behind: a table on the screen, and a JSON file.

The JSON file holds: ``schema`` (2), ``benchmark``, ``title``, ``unit``, ``size_name``, ``quick``,
``seed``, ``threads``, ``effort`` (see `suite.Effort`), ``environment`` (``commit``,
``uncommitted_changes``, ``cpu``, ``cores``, ``system``, ``versions``, ``started``,
``load_average_before``, ``load_average_after``), ``sides`` (``name``, ``library``, ``version``,
``threads``, ``environment``, ``compiled``) and ``results``, one entry per work, each on a line:
``name``, ``group`` and ``size`` (null where a work has none), ``first_results_differ`` (by side,
from the first side's; relative), ``cannot`` (by side, the reason why it has no number),
``breakdown`` (of minitorch, where there is one: what `breakdown.measure` returns),
``measured`` (by side: ``median``, ``lowest``, ``highest``, ``blocks``, ``loads``, the cores that
others kept busy beside each block, and ``busy_blocks``, the number of blocks for which that was too
much; see `load`) and ``ratios`` (by side, its median over minitorch's: above 1, minitorch is the
better one).
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import exp, log
from pathlib import Path
from statistics import fmean, median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.load import is_busy
from benchmarks.suite import NOT_WRITTEN, Effort, Suite
from compare.report import cpu_name, versions

SCHEMA = 2
NO_NUMBER = "—"
BUSY_LOAD = 0.5
"""A load average above this before the start means that something else is computing here."""


def summary_of_blocks(
    names: Sequence[str],
    blocks: Mapping[str, Sequence[float]],
    loads: Mapping[str, Sequence[float | None]],
) -> dict[str, Any]:
    """Returns ``measured`` and ``ratios`` of a report's entry.

    Args:
        names: of all sides; minitorch is the last one.
        blocks, loads: by the names of the sides that were measured.
    """
    measured = {
        name: {
            "median": _rounded(median(values)),
            "lowest": _rounded(min(values)),
            "highest": _rounded(max(values)),
            "blocks": [_rounded(value) for value in values],
            "loads": list(loads[name]),
            "busy_blocks": sum(map(is_busy, loads[name])),
        }
        for name, values in blocks.items()
    }
    *others, ours = names
    ratios = {
        name: _rounded(median(blocks[name]) / median(blocks[ours]))
        for name in others
        if name in blocks and ours in blocks
    }
    return {"measured": measured, "ratios": ratios}


def describe_run(
    suite: Suite,
    effort: Effort,
    environment: Mapping[str, Any],
    descriptions: Sequence[Mapping[str, Any]],
    results: Sequence[Mapping[str, Any]],
    *,
    threads: int,
    seed: int,
    quick: bool,
) -> dict[str, Any]:
    """Returns the whole report.

    Args:
        descriptions: ``version`` and ``threads`` of each side.
    """
    return {
        "schema": SCHEMA,
        "benchmark": suite.name,
        "title": suite.title,
        "unit": suite.unit,
        "size_name": suite.size_name,
        "quick": quick,
        "seed": seed,
        "threads": threads,
        "effort": vars(effort),
        "environment": {**environment, "load_average_after": load_average()},
        "sides": [
            {
                "name": side.name,
                "library": side.library,
                **description,
                "environment": dict(side.environment),
                "compiled": side.compiled,
            }
            for side, description in zip(suite.sides, descriptions, strict=True)
        ],
        "results": list(results),
    }


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
        "load_average_before": load_average(),
    }


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    """Writes the report, for machines and for later readers; each result stands on one line."""
    head, tail = json.dumps({**report, "results": ["HERE"]}, indent=1, allow_nan=False).split(
        '"HERE"'
    )
    results = ",\n  ".join(json.dumps(result, allow_nan=False) for result in report["results"])
    # A reader never finds half a file, whenever the run is interrupted.
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(head + results + tail + "\n")
    unfinished.replace(path)


def print_table(console: Console, report: Mapping[str, Any]) -> None:
    """Prints one line per work: each side's number with its spread, and the ratios."""
    names = [side["name"] for side in report["sides"]]
    table = Table(title=f"{report['title']}: {report['unit']}, threads: {report['threads']}")
    table.add_column("", overflow="fold")
    for heading in (*names, *[f"ratio: {name}" for name in names[:-1]]):
        table.add_column(heading, justify="right", overflow="fold")
    group = report["results"][0]["group"] if report["results"] else None
    for result in report["results"]:
        if result["group"] != group:
            table.add_section()
            group = result["group"]
        table.add_row(
            result["name"],
            *[_with_spread(result["measured"].get(name)) for name in names],
            *[_ratio(result["ratios"].get(name)) for name in names[:-1]],
        )
    console.print(table)
    for line in _caption(report):
        console.print(line, highlight=False, soft_wrap=True)
    for result in report["results"]:
        for name, reason in result["cannot"].items():
            if NOT_WRITTEN not in reason:
                console.print(f"{result['name']}: {name}: {reason}", markup=False, soft_wrap=True)
    if report["quick"]:
        console.print("--quick shows that everything works; its times mean nothing.")


def significant(value: float) -> str:
    """Returns three significant digits, or all digits before the point."""
    return f"{value:.{max(0, 2 - _exponent(value))}f}"


def geometric_mean(ratios: Sequence[float]) -> float:
    """Returns the mean of ratios, in which 2 and 1/2 make 1."""
    return exp(fmean(map(log, ratios)))


def failures(report: Mapping[str, Any]) -> list[str]:
    """Returns the works that torch or minitorch cannot do, or in which they differ."""
    required = [side["name"] for side in report["sides"] if _required(side)]
    return [
        f"{report['benchmark']}, {result['name']}: {name}: {result['cannot'][name]}"
        for result in report["results"]
        for name in required
        if name in result["cannot"]
    ]


def _required(side: Mapping[str, Any]) -> bool:
    return side["library"] in ("torch", "minitorch") and not side["compiled"]


def _caption(report: Mapping[str, Any]) -> list[str]:
    environment = report["environment"]
    commit = (environment["commit"] or "unknown")[:10]
    measured = [value for result in report["results"] for value in result["measured"].values()]
    busy = sum(value["busy_blocks"] for value in measured)
    blocks = sum(len(value["blocks"]) for value in measured)
    lines = [
        *[f"{side['name']}: {side['version']}" for side in report["sides"]],
        f"{environment['cpu']}, load average before the start: "
        f"{environment['load_average_before'][0]}",
        f"commit {commit}{' with changes' if environment['uncommitted_changes'] else ''}; "
        f"median of {report['effort']['blocks']} blocks, ± half of the way from lowest to highest",
        "ratio: the other's number / minitorch's",
    ]
    if any(None in value["loads"] for value in measured):
        lines.append("what else ran on this machine beside the blocks is not known")
    elif busy:
        lines.append(f"* has blocks that ran beside other load: {busy} of all {blocks}")
    return lines


def _with_spread(value: Mapping[str, Any] | None) -> str:
    """The median, and half the way from the lowest to the highest block, in percent of it."""
    if value is None:
        return NO_NUMBER
    half = (value["highest"] - value["lowest"]) / 2 / value["median"]
    return f"{significant(value['median'])} ±{half:.0%}{'*' if value['busy_blocks'] else ''}"


def _ratio(ratio: float | None) -> str:
    return NO_NUMBER if ratio is None else f"{ratio:.2f}"


def _exponent(value: float) -> int:
    return int(f"{value:e}".partition("e")[2])


def _rounded(value: float) -> float:
    """Five digits are more than any clock gives, and keep the files small."""
    return float(f"{value:.5g}")


def load_average() -> list[float]:
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
