"""Puts a finished comparison into our pages, so that no number there is typed by hand.

``python -m compare.publish DIR`` takes ``DIR/report.json`` and the plots beside it, keeps them in
``docs/compare`` (the report without what was measured in every single step), and writes the tables
of README.md and docs/compare.md between lines such as these::

    <!-- compare: results -->
    <!-- end of compare -->

The tables are ``results`` (how good, how fast), ``trajectories`` (how far the libraries part) and
``origin`` (a line on where and when). A test checks that the pages hold what the report says.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from compare.metrics import METRICS
from compare.wording import markdown_table

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "README.md", ROOT / "docs" / "compare.md")
KEPT = ROOT / "docs" / "compare"
PER_STEP = ("losses", "step_ms", "relative_difference", "reference_losses", "candidate_losses")
LEFT_OUT = (*PER_STEP, "data_note")  # A data note names a folder of the machine.

Report = Mapping[str, Any]

_PLACE = re.compile(
    r"(<!-- compare: (\w+) -->\n).*?(<!-- end of compare -->)",
    re.DOTALL,
)


def summary(report: Any) -> Any:
    """Returns the report without lists that have an entry for each step, and without folders."""
    if isinstance(report, dict):
        kept = {name: summary(value) for name, value in report.items() if name not in LEFT_OUT}
        if "distances" in kept:
            kept["distances"] = kept["distances"][-1:]
        return kept
    return [summary(entry) for entry in report] if isinstance(report, list) else report


def results(report: Report) -> str:
    """How good the models are, how long a step takes, and how much memory the process needs."""
    rows = [
        [
            *("model", "data", "on test data", "PyTorch", "minitorch", "difference"),
            *("ms per step: PyTorch", "minitorch", "ratio", "peak MB: PyTorch", "minitorch"),
        ]
    ]
    for model in report["models"]:
        metric = METRICS[model["metric"]]
        sides = [model["reference"], model["candidate"]]
        values = [side["final_metric"] for side in sides]
        gap = values[1] - values[0]
        rows.append(
            [
                model["model"],
                model["data"],
                metric.name + ("" if metric.higher_is_better else ", less is better"),
                *[metric.format(value) for value in values],
                f"{100 * gap:+.2f} points" if metric.is_share else f"{gap:+.4f}",
                *[f"{side['median_step_ms']:.2f}" for side in sides],
                f"{model['speed_ratio']:.2f}",
                *[f"{side['peak_memory_mb']:.0f}" for side in sides],
            ]
        )
    return markdown_table(rows)


def trajectories(report: Report) -> str:
    """How far losses and parameters part, in either precision."""
    rows = [
        [
            *("model", "steps", f"losses, first {report['checked_steps']} steps"),
            *("losses, all steps", "parameters, last step"),
            *("float64: losses", "float64: parameters", "float64: steps"),
        ]
    ]
    for model in report["models"]:
        float64 = model["float64"]
        rows.append(
            [
                model["model"],
                f"{model['planned_steps']:,}",
                f"{model['first_difference']:.1e}",
                f"{model['largest_difference']:.1e}",
                f"{model['distances'][-1]['relative']:.1e}",
                f"{float64['largest_difference']:.1e}",
                f"{float64['distances'][-1]['relative']:.1e}",
                f"{float64['distances'][-1]['step']}",
            ]
        )
    return markdown_table(rows)


def origin(report: Report) -> str:
    """Where and when it was measured, and with what."""
    versions, machine, settings = report["versions"], report["machine"], report["settings"]
    device = report["models"][0]["reference"]["device"]
    threads = "1 thread" if settings["threads"] == 1 else f"{settings['threads']} threads"
    return (
        f"PyTorch {versions['torch']} on {device}, minitorch on cpu, {threads} of "
        f"{machine['cores']} cores of {machine['cpu']}, Python {versions['python']}, NumPy "
        f"{versions['numpy']}, Numba {versions['numba']}, seed {settings['seed']}; "
        f"{report['written'][:10]}."
    )


TABLES: dict[str, Callable[[Report], str]] = {
    "results": results,
    "trajectories": trajectories,
    "origin": origin,
}


def with_tables(text: str, report: Report) -> str:
    """Returns the text with its tables filled in."""
    return _PLACE.sub(lambda place: f"{place[1]}\n{TABLES[place[2]](report)}\n\n{place[3]}", text)


def main(arguments: Sequence[str]) -> int:
    """Keeps the report and the plots of a folder, and writes the tables into the pages."""
    if len(arguments) != 1:
        print("usage: python -m compare.publish DIR", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        report = json.loads((folder / "report.json").read_text())
    except FileNotFoundError as error:
        print(f"compare.publish: {error.filename}: no such file", file=sys.stderr)
        return 2
    if not report["complete"]:
        print("compare.publish: the report is of an interrupted comparison", file=sys.stderr)
        return 2
    KEPT.mkdir(exist_ok=True)
    (KEPT / "report.json").write_text(json.dumps(summary(report), indent=1) + "\n")
    for model in report["models"]:
        shutil.copy(folder / f"{model['model']}.png", KEPT)
    for page in PAGES:
        page.write_text(with_tables(page.read_text(), report))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
