"""The benchmark tables of our pages, from the committed JSON files, so that none is typed by hand.

``python -m benchmarks.tables`` prints the table of every file in ``benchmarks/results``, in
Markdown; with ``--write`` it puts them into README.md and docs/speed.md instead, between lines such
as these::

    <!-- table: steps-2t.json -->
    <!-- end of table -->

With ``misses`` for ``table``, it is the list of the operations that are below their goal. A test
checks that the pages hold exactly what the files say. A file of schema 1 has no table, nor has one
of ``--quick``: what stands between its lines is left as it is.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import NO_NUMBER, SCHEMA, geometric_mean, significant
from compare.wording import markdown_table

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "speed.md")
RESULTS = ROOT / "benchmarks" / "results"
MOST_ROWS = 48
"""A report with more works is summed up by group and size."""

GOALS = {"tiny": 1.0, "large": 0.8}
"""What the ratio to PyTorch should be at least, for operations of these sizes."""

_PLACE = re.compile(
    r"(?P<begin><!-- (?P<kind>table|misses): (?P<files>[^>]+) -->\n)(?P<table>.*?)"
    r"(?P<end><!-- end of table -->)",
    re.DOTALL,
)

Report = Mapping[str, Any]


def markdown(report: Report) -> str:
    """Returns a report's table, and a line that says how its numbers came about."""
    if len(report["results"]) <= MOST_ROWS:
        rows = _rows_by_work(report)
    else:
        rows = _rows_by_group(report)
    return f"{markdown_table(rows)}\n\n{_origin(report)}\n"


def misses(report: Report) -> str:
    """Returns the operations below their goal, group by group, with their ratios to PyTorch."""
    head = ["", *[f"{size}: below {goal}" for size, goal in GOALS.items()]]
    rows = [head]
    for group in dict.fromkeys(result["group"] for result in report["results"]):
        cells = []
        for size, goal in GOALS.items():
            below = [
                f"{_without_size(result)} {ratio:.2f}"
                for result in report["results"]
                if result["group"] == group and result["size"] == size
                if (ratio := result["ratios"].get("torch", goal)) < goal
            ]
            cells.append("; ".join(below) or NO_NUMBER)
        rows.append([str(group), *cells])
    return f"{markdown_table(rows)}\n\n{_origin(report)}\n"


def _without_size(result: Mapping[str, Any]) -> str:
    operation, _, direction = result["name"].partition(f", {result['size']}, ")
    return operation if direction == "forward" else f"{operation}, with backward"


def with_tables(text: str, results: Path = RESULTS) -> str:
    """Returns the text with the tables of its files between its lines."""

    def fill(place: re.Match[str]) -> str:
        reports = [_read(results / name) for name in place["files"].split()]
        if None in reports:
            return place[0]
        show = misses if place["kind"] == "misses" else markdown
        tables = "\n".join(show(report) for report in reports if report is not None)
        return f"{place['begin']}\n{tables}\n{place['end']}"

    return _PLACE.sub(fill, text)


def main(arguments: Sequence[str]) -> int:
    """Prints the tables, or writes them into the pages."""
    if arguments not in ([], ["--write"]):
        print("benchmarks.tables: error: the only option is --write", file=sys.stderr)
        return 2
    if arguments:
        for page in PAGES:
            page.write_text(with_tables(page.read_text()))
        return 0
    for path in sorted(RESULTS.glob("*.json")):
        report = _read(path)
        if report is not None:
            print(f"## {path.name}\n\n{markdown(report)}")
    return 0


def _read(path: Path) -> Report | None:
    """A report; None for a file that is not there or has no table."""
    if not path.is_file():
        return None
    report: Report = json.loads(path.read_text())
    return None if report["schema"] != SCHEMA or report["quick"] else report


def _rows_by_work(report: Report) -> list[list[str]]:
    names = [side["name"] for side in report["sides"]]
    *others, _ = names
    rows = [
        [
            f"{report['title']}, {report['unit']}",
            *names,
            *[f"ratio: {name}" for name in others],
        ]
    ]
    for result in report["results"]:
        measured = [result["measured"].get(name) for name in names]
        ratios = [result["ratios"].get(name) for name in others]
        rows.append(
            [
                result["name"],
                *[
                    NO_NUMBER if v is None else significant(v["median"]) + _mark(v)
                    for v in measured
                ],
                *[NO_NUMBER if ratio is None else f"{ratio:.2f}" for ratio in ratios],
            ]
        )
    return rows


def _rows_by_group(report: Report) -> list[list[str]]:
    """Geometric means of the ratios; the lowest ratio of all, with its work."""
    others = [side["name"] for side in report["sides"]][:-1]
    names = [name for name in others if any(name in r["ratios"] for r in report["results"])][:2]
    results = report["results"]
    sizes = list(dict.fromkeys(result["size"] for result in results))
    head = [f"{size}: {name}" for size in sizes for name in names]
    rows = [["geometric means of ratios", "works", *head, "lowest"]]
    for group in dict.fromkeys(result["group"] for result in results):
        found = [result for result in results if result["group"] == group]
        cells = []
        for size in sizes:
            for name in names:
                here = [r["ratios"] for r in found if r["size"] == size]
                ratios = [each[name] for each in here if name in each]
                cells.append(f"{geometric_mean(ratios):.2f}" if ratios else NO_NUMBER)
        all_of = [(r["ratios"][n], r["name"]) for r in found for n in names if n in r["ratios"]]
        lowest = "{:.2f} ({})".format(*min(all_of)) if all_of else NO_NUMBER
        rows.append([str(group), str(len(found)), *cells, lowest])
    return rows


def _origin(report: Report) -> str:
    environment = report["environment"]
    versions = environment["versions"]
    threads = "1 thread" if report["threads"] == 1 else f"{report['threads']} threads"
    changes = " with changes" if environment["uncommitted_changes"] else ""
    busy = any(
        value["busy_blocks"]
        for result in report["results"]
        for value in result["measured"].values()
    )
    return (
        f"{threads}, {environment['cores']} cores of {environment['cpu']}, Python "
        f"{versions['python']}, torch {versions['torch']}, NumPy {versions['numpy']}, Numba "
        f"{versions['numba']}; commit {(environment['commit'] or 'unknown')[:10]}{changes}, "
        f"{environment['started'][:10]}.{' *: measured beside other load.' if busy else ''}"
    )


def _mark(value: Mapping[str, Any]) -> str:
    return "*" if value["busy_blocks"] else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
