"""What a comparison leaves behind: the table on the screen, and ``report.json``.

The JSON file holds, in this order: ``schema`` (2), ``written`` (date and time), ``passed``,
``complete`` (whether no model was stopped by Ctrl-C), ``versions``, ``machine`` (``cpu``,
``cores``, ``system``), ``settings``, ``relative_bound``, ``checked_steps`` and ``models``, a list
with one entry per model:

- ``model``, ``description``, ``data``, ``data_note``, ``metric``, ``lr``, ``batch_size``,
  ``planned_steps``: see `results.ModelRun`;
- ``passed``, ``complete`` and ``checks``, by name;
- ``first_difference`` (the largest within the checked steps), ``is_rounding_amplified`` (whether it
  is above the bound in float32 alone), ``largest_difference`` and, per step,
  ``relative_difference`` of the losses;
- ``distances`` of the parameters: ``step``, ``relative``, ``median_ulp``, ``max_ulp``;
- ``speed_ratio``: above 1, the candidate is the faster one;
- ``reference`` and ``candidate``: ``library``, ``version``, ``device``, ``threads``, ``digests``,
  ``losses`` and ``step_ms`` per step, ``evaluations`` (``step``, ``train``, ``test``), ``starts``,
  ``peak_memory_mb``, ``peak_gpu_memory_mb``, ``final_loss``, ``final_metric`` and
  ``median_step_ms``: see `results.LibraryRun`;
- ``float64``, null if there was no such run: ``dtype``, ``reference_losses`` and
  ``candidate_losses`` per step, ``distances`` and ``largest_difference``.

Numbers that are not finite, and those that were not measured before Ctrl-C, are null.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from compare import wording
from compare.results import CHECKED_STEPS, RELATIVE_BOUND, LibraryRun, ModelRun, Settings

SCHEMA = 2
VERDICT_STYLES = {"passed": "green", "failed": "bold red", "stopped": "bold yellow"}


def print_table(console: Console, runs: list[ModelRun], settings: Settings) -> None:
    """Prints two lines per model, one for each library, and the verdict on each model."""
    if not runs:
        console.print("Nothing was measured.")
        return
    table = Table(
        caption="\n".join([*libraries_of(runs), f"{cpu_name()}, seed {settings.seed}"]),
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1 if console.width >= 100 else 0),  # 80 columns are just enough.
    )
    table.add_column("model, data")
    table.add_column("library", no_wrap=True)
    table.add_column("metric", no_wrap=True)
    for heading in ("test", "train", "loss", "ms per\nstep", "ratio", "peak\nMB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for run in runs:
        labels = (run.model, Text(run.data, style="dim"))
        metric = wording.metric_of(run)
        direction = "" if metric.higher_is_better else "less is better"
        metric_lines = (metric.name, Text(direction, style="dim"))
        ratios = ("", wording.speed_ratio(run))
        libraries = (run.reference, run.candidate)
        for i, library in enumerate(libraries):
            table.add_row(
                labels[i],
                library.label,
                metric_lines[i],
                wording.metric_value(run, library),
                wording.metric_value(run, library, "train"),
                wording.loss(library),
                wording.step_ms(library),
                ratios[i],
                wording.memory(library),
            )
        if not run.is_complete:
            table.add_row(Text(f"{wording.steps(run)} steps", style=VERDICT_STYLES["stopped"]))
        table.add_section()
    console.print(table)
    for run in runs:
        verdict = wording.verdict(run)
        line = Text.assemble(
            (f"{run.model}: {verdict.word}", VERDICT_STYLES[verdict.word]), f": {verdict.reasons}"
        )
        console.print(line, soft_wrap=True)


def write_json(path: Path, runs: list[ModelRun], settings: Settings) -> None:
    """Writes everything that was measured, for machines and for later readers."""
    content = {
        "schema": SCHEMA,
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "passed": all(run.passed for run in runs),
        "complete": all(run.is_complete for run in runs),
        "versions": versions(),
        "machine": {
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
        },
        "settings": settings.as_dict(),
        "relative_bound": RELATIVE_BOUND,
        "checked_steps": CHECKED_STEPS,
        "models": [_model_entry(run) for run in runs],
    }
    text = json.dumps(_finite(content), indent=1, allow_nan=False)
    path.write_text(_LIST_OF_NUMBERS.sub(lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n")


_LIST_OF_NUMBERS = re.compile(r"\[\n[-+.,\s\deE]*(null[-+.,\s\deE]*)*\]")
"""With one number a line, as ``indent`` has it, nobody would find the rest."""


def libraries_of(runs: list[ModelRun]) -> list[str]:
    """Describes the libraries that took part, each once."""
    both = [library for run in runs for library in (run.reference, run.candidate)]
    return list(dict.fromkeys(wording.describe(library) for library in both))


def cpu_name() -> str:
    """Returns the processor's own name for itself, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions() -> dict[str, str | None]:
    """Returns the versions of Python and of the packages that the numbers depend on."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in ("minitorch", "torch", "torchvision", "numpy", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _model_entry(run: ModelRun) -> dict[str, Any]:
    entry = run.as_dict() | {
        "passed": run.passed,
        "complete": run.is_complete,
        "checks": run.checks,
        "first_difference": run.first_difference,
        "is_rounding_amplified": run.is_rounding_amplified,
        "largest_difference": run.largest_difference,
        "relative_difference": run.relative_difference,
        "speed_ratio": run.speed_ratio,
    }
    entry["reference"] |= _derived(run.reference)
    entry["candidate"] |= _derived(run.candidate)
    if run.float64 is not None:
        entry["float64"]["largest_difference"] = run.float64.largest
    return entry


def _derived(library: LibraryRun) -> dict[str, float]:
    return {
        "final_loss": library.final_loss,
        "final_metric": library.final_metric,
        "median_step_ms": library.median_step_ms,
    }


def _finite(value: Any) -> Any:
    """Replaces NaN and infinity, which JSON does not know, by None."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
