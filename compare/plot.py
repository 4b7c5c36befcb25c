"""``report.png``: one row per model, four panels each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from compare.results import CHECKED_STEPS, RELATIVE_BOUND, ModelRun

REFERENCE_COLOR, CANDIDATE_COLOR = "#ee8c3a", "#1f5fa8"
COLORS = (REFERENCE_COLOR, CANDIDATE_COLOR)


def write_plot(path: Path, runs: list[ModelRun], title: str) -> None:
    """Draws the losses, their difference, the accuracies and the times of the steps."""
    figure = Figure(figsize=(18, 3.9 * len(runs) + 0.6), layout="constrained")
    figure.suptitle(title, fontsize=13)
    panels = figure.subplots(len(runs), 4, squeeze=False)
    for run, row in zip(runs, panels, strict=True):
        for draw, axes in zip((_losses, _difference, _accuracy, _times), row, strict=True):
            draw(axes, run)
            axes.grid(alpha=0.25)
    figure.savefig(path, dpi=110)


def _losses(axes: Axes, run: ModelRun) -> None:
    """The wide line lies under the narrow one, so that both show where they coincide."""
    steps = np.arange(1, len(run.reference.losses) + 1)
    axes.plot(steps, run.reference.losses, color=REFERENCE_COLOR, lw=3.5, label=run.reference.label)
    axes.plot(steps, run.candidate.losses, color=CANDIDATE_COLOR, lw=1, label=run.candidate.label)
    axes.set(title=f"{run.model}: training loss", xlabel="step", ylabel="cross entropy")
    axes.legend(loc="upper right")


def _difference(axes: Axes, run: ModelRun) -> None:
    """Differences of exactly 0 have no place on a log axis and are left out."""
    difference = np.array(run.relative_difference)
    steps = np.arange(1, len(difference) + 1)
    seen = difference > 0
    axes.set(
        title=f"{run.model}: relative difference of the losses",
        xlabel="step (log)",
        ylabel="|a - b| / max(|a|, |b|)",
        xscale="log",
        yscale="log",
        xlim=(0.9, max(len(steps), CHECKED_STEPS) * 1.1),
        ylim=(1e-9, 10),
    )
    axes.axvspan(0.9, CHECKED_STEPS, color="#2a9d4a", alpha=0.08)
    axes.plot(
        [0.9, CHECKED_STEPS],
        [RELATIVE_BOUND, RELATIVE_BOUND],
        color="#c0392b",
        ls="--",
        label=f"bound {RELATIVE_BOUND:.0e} over the first {CHECKED_STEPS} steps",
    )
    axes.scatter(steps[seen], difference[seen], s=5, color="#444444", label="difference")
    if not seen.any():
        axes.text(0.5, 0.45, "all losses equal", transform=axes.transAxes, ha="center")
    axes.text(
        0.98,
        0.03,
        "float32 rounding noise grows with every step",
        transform=axes.transAxes,
        ha="right",
        fontsize=8,
        color="#555555",
    )
    axes.legend(loc="upper left", fontsize=8)


def _accuracy(axes: Axes, run: ModelRun) -> None:
    for library, color, width in zip((run.reference, run.candidate), COLORS, (3.5, 1), strict=True):
        steps = [epoch["step"] for epoch in library.epochs]
        for name, style, marker in (("train", "--", "o"), ("test", "-", "s")):
            values = [epoch[f"{name}_accuracy"] for epoch in library.epochs]
            label = f"{library.label}, {name} {values[-1]:.1%}"
            axes.plot(steps, values, style, color=color, lw=width, marker=marker, ms=4, label=label)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    bottom, top = axes.get_ylim()
    axes.set(
        title=f"{run.model}: accuracy",
        xlabel="step",
        ylabel="correct",
        xlim=(0, None),
        ylim=(bottom - 0.6 * (top - bottom), top),  # Room for the legend.
    )
    axes.legend(loc="lower right", fontsize=8)


def _times(axes: Axes, run: ModelRun) -> None:
    """The axis ends above what 98 of 100 steps took, or a cold compile would flatten it."""
    both = (run.reference, run.candidate)
    for library, color in zip(both, COLORS, strict=True):
        steps = np.arange(1, len(library.step_ms) + 1)
        axes.scatter(steps, library.step_ms, s=4, color=color, alpha=0.5)
        middle = library.median_step_ms
        axes.axhline(middle, color=color, label=f"{library.label}, median {middle:.2f} ms")
    timed = np.concatenate([library.step_ms[library.warmup_steps :] for library in both])
    axes.set(
        title=f"{run.model}: time per step, speed {run.speed_ratio:.2f}x",
        xlabel="step",
        ylabel="forward + backward + step, ms",
        ylim=(0, 1.3 * float(np.percentile(timed, 98))),
    )
    axes.legend(loc="lower right", fontsize=8)
