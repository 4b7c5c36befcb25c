"""The five pictures of a model: how each is drawn, and how it is told to those who can't see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from compare import wording
from compare.distance import losses_in_ulp
from compare.results import CHECKED_STEPS, RELATIVE_BOUND, ModelRun, Trajectory, largest

REFERENCE_COLOR, CANDIDATE_COLOR = "#ee8c3a", "#1f5fa8"
COLORS = (REFERENCE_COLOR, CANDIDATE_COLOR)
FLOAT32_COLOR, FLOAT64_COLOR, BOUND_COLOR = "#7b4fa3", "#2a9d4a", "#c0392b"
WIDTHS = (3.5, 1.0)
"""The wide line lies under the narrow one, so that both show where they coincide."""


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        draw: ``draw(axes, run)``.
        tell: ``tell(run)`` says in words what the picture shows.
    """

    draw: Callable[[Axes, ModelRun], None]
    tell: Callable[[ModelRun], str]


def _draw_losses(axes: Axes, run: ModelRun) -> None:
    """Of a long run the losses of single batches are pale, their means over 1 % of it are not."""
    steps_taken = len(run.candidate.losses)
    window = steps_taken // 100 if steps_taken >= 500 else 1
    for library, color, width in zip((run.reference, run.candidate), COLORS, WIDTHS, strict=True):
        label = f"{library.label}, at the end {wording.loss(library)}"
        if window > 1:
            axes.plot(
                _numbers(library.losses),
                library.losses,
                color=color,
                lw=width / 2,
                alpha=0.25,
                rasterized=True,
            )
        blocks = [library.losses[i : i + window] for i in range(0, len(library.losses), window)]
        middles = [(i + 0.5) * window + 0.5 for i in range(len(blocks))]
        axes.plot(middles, [np.mean(block) for block in blocks], color=color, lw=width, label=label)
    loss = "loss" if window == 1 else f"loss, and its mean over {window} steps"
    axes.set(title="Training loss", xlabel="step", ylabel=loss)
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, top + 0.15 * (top - bottom))  # Room for the legend.
    axes.legend(loc="upper right")
    if not steps_taken:
        _say(axes, "no step was taken")


def _tell_losses(run: ModelRun) -> str:
    reference, candidate = run.reference, run.candidate
    return (
        f"Training loss over {wording.steps(run)} steps: at the end {wording.loss(reference)} with"
        f" {reference.label}, {wording.loss(candidate)} with {candidate.label}."
    )


def _draw_difference(axes: Axes, run: ModelRun) -> None:
    lowest = 1e-18 if run.float64 else 1e-10
    _set_log_scales(axes, run)
    axes.set_ylim(lowest, 1e5)
    for trajectory, color in _trajectories(run):
        distances = trajectory.distances
        _draw_dots(
            axes,
            _numbers(trajectory.relative),
            trajectory.relative,
            color,
            f"losses, {trajectory.dtype}",
        )
        _draw_curve(
            axes,
            [distance.step for distance in distances],
            [distance.relative for distance in distances],
            color,
            f"parameters, {trajectory.dtype}",
        )
        epsilon = float(np.finfo(trajectory.dtype).eps)
        label = f"spacing of {trajectory.dtype} at 1"
        axes.axhline(epsilon, color=color, lw=1, ls=":", label=label)
    axes.plot(
        [axes.get_xlim()[0], CHECKED_STEPS],
        [RELATIVE_BOUND, RELATIVE_BOUND],
        color=BOUND_COLOR,
        ls="--",
        label=f"bound of the first {CHECKED_STEPS} losses",
    )
    axes.set(
        title="Relative difference" + (": rounding, amplified by training" if run.passed else ""),
        xlabel="step",
        ylabel="|a − b| / |a|",
    )
    _add_log_legend(axes)
    lost = [
        f"in {trajectory.dtype}, the loss of step {step} is not a number"
        for trajectory, _ in _trajectories(run)
        if (step := _first_nan(trajectory.relative))
    ]
    _say(axes, "\n".join(lost))


def _tell_difference(run: ModelRun) -> str:
    text = (
        "Relative difference of the losses and of the parameters per step. Losses in float32: at"
        f" most {wording.first_difference(run)} within the first {CHECKED_STEPS} steps, at most"
        f" {wording.largest_difference(run)} over all."
    )
    if run.float64 is not None:
        text += f" Losses in float64: at most {wording.float64_difference(run)}."
    return text


def _draw_ulp(axes: Axes, run: ModelRun) -> None:
    _set_log_scales(axes, run)
    highest = 1e3
    for trajectory, color in _trajectories(run):
        distances, ulp = trajectory.distances, losses_in_ulp(trajectory)
        steps = [distance.step for distance in distances]
        farthest = [distance.max_ulp for distance in distances]
        middle = [distance.median_ulp for distance in distances]
        _draw_dots(axes, _numbers(ulp), ulp, color, f"losses, {trajectory.dtype}")
        _draw_curve(axes, steps, middle, color, f"median parameter, {trajectory.dtype}")
        _draw_curve(axes, steps, farthest, color, f"farthest parameter, {trajectory.dtype}", "--")
        highest = max([highest, *(value for value in ulp + farthest if np.isfinite(value))])
    axes.set(
        title="The same in units in the last place (ULP)",
        xlabel="step",
        ylabel="ULP",
        ylim=(0.2, highest * 1e4),
    )
    _add_log_legend(axes)


def _tell_ulp(run: ModelRun) -> str:
    parts = [
        f"the losses by at most {largest(losses_in_ulp(trajectory)):.3g} in {trajectory.dtype}"
        for trajectory, _ in _trajectories(run)
        if trajectory.reference_losses
    ] + [
        f"the median parameter by {trajectory.distances[-1].median_ulp:.3g} in {trajectory.dtype}"
        for trajectory, _ in _trajectories(run)
        if trajectory.distances
    ]
    return f"Differences in units in the last place: {', '.join(parts) or wording.NOT_MEASURED}."


def _draw_metric(axes: Axes, run: ModelRun) -> None:
    metric = wording.metric_of(run)
    for library, color, width in zip((run.reference, run.candidate), COLORS, WIDTHS, strict=True):
        steps = [evaluation["step"] for evaluation in library.evaluations]
        for split, style, marker in (("train", "--", "o"), ("test", "-", "s")):
            axes.plot(
                steps,
                [evaluation[split] for evaluation in library.evaluations],
                style,
                color=color,
                lw=width,
                marker=marker,
                ms=2.5 + width,
                label=f"{library.label}, {split} {wording.metric_value(run, library, split)}",
            )
    if metric.is_share:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if not run.candidate.evaluations:
        _say(axes, "no evaluation yet")
    bottom, top = axes.get_ylim()
    axes.set(
        title=f"After each epoch: {metric.name}",
        xlabel="step",
        ylabel=wording.metric_name(run),
        xlim=(0, max(len(run.candidate.losses), 1) * 1.05),
        ylim=(bottom - 0.3 * (top - bottom), top),  # Room for the legend.
    )
    axes.legend(loc="lower center", ncols=2)


def _tell_metric(run: ModelRun) -> str:
    parts = [
        f"{library.label} {wording.metric_value(run, library, 'train')} on the training data,"
        f" {wording.metric_value(run, library)} on the test data"
        for library in (run.reference, run.candidate)
    ]
    return f"Metric after each epoch, {wording.metric_name(run)}; at the end {'; '.join(parts)}."


def _draw_times(axes: Axes, run: ModelRun) -> None:
    """The axis ends above what 98 of 100 steps took, or a cold compile would flatten it.

    Of a long run only every second, third, ... step is shown, 750 to 1,500 in all.
    """
    libraries = (run.reference, run.candidate)
    for library, color in zip(libraries, COLORS, strict=True):
        shown = slice(None, None, len(library.step_ms) // 1500 + 1)
        steps, step_ms = _numbers(library.step_ms)[shown], library.step_ms[shown]
        axes.scatter(steps, step_ms, s=5, color=color, alpha=0.5, lw=0, rasterized=True)
        if library.step_ms:
            label = f"{library.label}, median {wording.step_ms(library)} ms"
            axes.axhline(library.median_step_ms, color=color, lw=2, label=label)
    axes.set(title="Time per step", xlabel="step", ylabel="forward + backward + step, ms")
    timed = [ms for library in libraries for ms in library.timed_steps]
    if not timed:
        _say(axes, "no step was taken")
    else:
        axes.set(
            title=f"Time per step: ratio {wording.speed_ratio(run)}",
            ylim=(0, 1.6 * float(np.percentile(timed, 98))),
        )
        axes.legend(loc="upper right")


def _tell_times(run: ModelRun) -> str:
    reference, candidate = run.reference, run.candidate
    return (
        f"Median time per step: {wording.step_ms(reference)} ms with {reference.label}, and"
        f" {wording.step_ms(candidate)} ms with {candidate.label}: ratio"
        f" {wording.speed_ratio(run)}."
    )


def _trajectories(run: ModelRun) -> list[tuple[Trajectory, str]]:
    float32 = (run.trajectory, FLOAT32_COLOR)
    return [float32] if run.float64 is None else [float32, (run.float64, FLOAT64_COLOR)]


def _numbers(values: list[float]) -> list[int]:
    """The numbers of the steps at which the values were measured."""
    return list(range(1, len(values) + 1))


def _set_log_scales(axes: Axes, run: ModelRun) -> None:
    steps = max(len(run.candidate.losses), CHECKED_STEPS)
    axes.set(xscale="log", yscale="log", xlim=(0.9, steps * 1.1))
    for axis in (axes.xaxis, axes.yaxis):
        # As tables write numbers; and powers set by mathtext take half of the time of a plot.
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _draw_dots(axes: Axes, steps: list[int], values: list[float], color: str, label: str) -> None:
    _draw_zeros(axes, steps, values, color)
    seen = np.array(values) > 0
    if seen.any():
        axes.scatter(
            np.array(steps)[seen],
            np.array(values)[seen],
            s=5,
            color=color,
            alpha=0.45,
            lw=0,
            label=label,
            rasterized=True,
        )


def _draw_curve(
    axes: Axes, steps: list[int], values: list[float], color: str, label: str, style: str = "-"
) -> None:
    _draw_zeros(axes, steps, values, color)
    above_zero = [value if value > 0 else np.nan for value in values]
    if not np.isnan(above_zero).all():
        axes.plot(steps, above_zero, style, color=color, lw=1.6, label=label)


def _draw_zeros(axes: Axes, steps: list[int], values: list[float], color: str) -> None:
    """Marks differences of exactly 0, which have no place on a log axis, at its lower edge."""
    zeros = np.array(steps)[np.array(values) == 0]
    if zeros.size:
        edge = axes.get_xaxis_transform()
        heights = np.full(len(zeros), 0.012)
        axes.plot(zeros, heights, "|", color=color, ms=6, transform=edge, rasterized=True)


def _add_log_legend(axes: Axes) -> None:
    """Explains the marks of zeros, too; curves that grow leave room at the upper left."""
    handles, labels = axes.get_legend_handles_labels()
    if any(line.get_marker() == "|" for line in axes.lines):
        handles.append(Line2D([], [], color="#777777", marker="|", ls=""))
        labels.append("at the lower edge: exactly 0")
    axes.legend(handles, labels, loc="upper left", ncols=2, fontsize=8, markerscale=2)


def _say(axes: Axes, text: str) -> None:
    """Writes why something is missing."""
    axes.text(0.98, 0.5, text, transform=axes.transAxes, ha="right", va="center", color=BOUND_COLOR)


def _first_nan(values: list[float]) -> int | None:
    return next((i + 1 for i, value in enumerate(values) if np.isnan(value)), None)


PANELS = {
    "difference": Panel(_draw_difference, _tell_difference),
    "losses": Panel(_draw_losses, _tell_losses),
    "ulp": Panel(_draw_ulp, _tell_ulp),
    "metric": Panel(_draw_metric, _tell_metric),
    "times": Panel(_draw_times, _tell_times),
}
"""By name, in the order in which they are read."""
