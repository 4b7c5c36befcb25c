"""What a comparison leaves behind: the table on the screen, and ``report.json``.

The JSON file holds, in this order: ``schema`` (1), ``passed``, ``versions``, ``machine``,
``settings``, ``data``, ``relative_bound``, ``checked_steps`` and ``models``, a list with one entry
per model: ``model``, ``lr``, ``passed``, ``checks``, ``first_difference``, ``speed_ratio`` (above
1, minitorch is the faster one), ``relative_difference`` per step, and ``libraries``, a list of two:
``library``, ``version``, ``device``, ``threads``, ``digests``, ``losses`` and ``step_ms`` per step,
``epochs`` (``step``, ``train_accuracy``, ``test_accuracy``), ``peak_memory_mb``,
``peak_gpu_memory_mb``, ``final_loss``, ``median_step_ms`` and ``warmup_steps``. Numbers that are
not finite are null.
"""

from __future__ import annotations

import json
import math
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from compare.data import Data
from compare.results import CHECKED_STEPS, RELATIVE_BOUND, LibraryRun, ModelRun, Settings


def print_table(console: Console, runs: list[ModelRun], data: Data, settings: Settings) -> None:
    """Prints one line per model and library, and the verdict on each model."""
    reference, candidate = runs[0].reference, runs[0].candidate
    table = Table(
        title=f"{data.name}, batches of {settings.batch_size}",
        caption=f"{describe(reference)}\n{describe(candidate)}\n{cpu_name()}",
        caption_justify="left",
    )
    table.add_column("model")
    table.add_column("library")
    for heading in ("loss", "train", "test", "ms/step", "peak MB", "speed"):
        table.add_column(heading, justify="right")
    for run in runs:
        for library, ratio in ((run.reference, 1.0), (run.candidate, run.speed_ratio)):
            last = library.epochs[-1]
            table.add_row(
                run.model if library is run.reference else "",
                library.label,
                f"{library.final_loss:.4f}",
                f"{last['train_accuracy']:.2%}",
                f"{last['test_accuracy']:.2%}",
                f"{library.median_step_ms:.2f}",
                _memory(library),
                f"{ratio:.2f}x",
            )
        table.add_section()
    console.print(table)
    for run in runs:
        console.print(_verdict(run), highlight=False, soft_wrap=True)


def write_json(path: Path, runs: list[ModelRun], data: Data, settings: Settings) -> None:
    """Writes everything that was measured, for machines and for later readers."""
    content = {
        "schema": 1,
        "passed": all(run.passed for run in runs),
        "versions": versions(),
        "machine": {
            "cpu": cpu_name(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
        },
        "settings": settings.as_dict(),
        "data": {
            "name": data.name,
            "train_images": len(data.train_images),
            "test_images": len(data.test_images),
        },
        "relative_bound": RELATIVE_BOUND,
        "checked_steps": CHECKED_STEPS,
        "models": [_model_entry(run) for run in runs],
    }
    path.write_text(json.dumps(_finite(content), indent=1, allow_nan=False) + "\n")


def cpu_name() -> str:
    """Returns the processor's own name for itself, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def describe(run: LibraryRun) -> str:
    """Names the library, its version, its device and its threads."""
    threads = "1 thread" if run.threads == 1 else f"{run.threads} threads"
    return f"{run.label} {run.version} on {run.device}, {threads}"


def _memory(run: LibraryRun) -> str:
    gpu = run.peak_gpu_memory_mb
    return f"{run.peak_memory_mb:.0f}" + ("" if gpu is None else f" + {gpu:.0f} GPU")


def _verdict(run: ModelRun) -> str:
    if not run.passed:
        failed = ", ".join(name for name, holds in run.checks.items() if not holds)
        return (
            f"[bold red]{run.model}: failed: {failed} differ[/] (largest relative loss difference "
            f"{run.first_difference:.1e}, bound {RELATIVE_BOUND:.0e})"
        )
    equal = ", ".join(name for name in run.reference.digests)
    return (
        f"[green]{run.model}: passed[/]: bit-equal {equal}; the first "
        f"{min(CHECKED_STEPS, len(run.relative_difference))} losses differ by at most "
        f"{run.first_difference:.1e} (bound {RELATIVE_BOUND:.0e})"
    )


def _model_entry(run: ModelRun) -> dict[str, Any]:
    return {
        "model": run.model,
        "lr": run.lr,
        "passed": run.passed,
        "checks": run.checks,
        "first_difference": run.first_difference,
        "speed_ratio": run.speed_ratio,
        "relative_difference": run.relative_difference,
        "libraries": [_library_entry(library) for library in (run.reference, run.candidate)],
    }


def _library_entry(run: LibraryRun) -> dict[str, Any]:
    return vars(run) | {
        "final_loss": run.final_loss,
        "median_step_ms": run.median_step_ms,
        "warmup_steps": run.warmup_steps,
    }


def versions() -> dict[str, str | None]:
    """Returns the versions of Python and of the packages that the numbers depend on."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for name in ("minitorch", "torch", "torchvision", "numpy", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _finite(value: Any) -> Any:
    """Replaces NaN and infinity, which JSON does not know, by None."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
