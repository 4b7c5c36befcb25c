"""How tables, plots and the page write what was measured; a dash stands for what was not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from compare.metrics import METRICS, Metric
from compare.results import CHECKED_STEPS, RELATIVE_BOUND, LibraryRun, ModelRun

NOT_MEASURED = "—"


def describe(library: LibraryRun) -> str:
    """Names the library, its version, its device and its threads."""
    threads = "1 thread" if library.threads == 1 else f"{library.threads} threads"
    return f"{library.label} {library.version} on {library.device}, {threads}"


def metric_of(run: ModelRun) -> type[Metric]:
    """Returns the metric by which the model is judged."""
    return METRICS[run.metric]


def metric_name(run: ModelRun) -> str:
    """Names the metric, and says so if less of it is better."""
    metric = metric_of(run)
    return metric.name if metric.higher_is_better else f"{metric.name} (less is better)"


def metric_value(run: ModelRun, library: LibraryRun, split: str = "test") -> str:
    """Writes the last value of the metric on the training data or the test data."""
    if not library.evaluations:
        return NOT_MEASURED
    return metric_of(run).format(library.evaluations[-1][split])


def metric_gap(run: ModelRun) -> str:
    """Writes by how much the candidate's metric on the test data is above the reference's."""
    if not (run.reference.evaluations and run.candidate.evaluations):
        return NOT_MEASURED
    gap = run.candidate.final_metric - run.reference.final_metric
    if math.isnan(gap):
        return "nan"
    return f"{100 * gap:+.2f} points" if metric_of(run).is_share else f"{gap:+.4f}"


def loss(library: LibraryRun) -> str:
    """Writes the loss at the end."""
    return f"{library.final_loss:.4f}" if library.losses else NOT_MEASURED


def step_ms(library: LibraryRun) -> str:
    """Writes the median time of a step in ms."""
    return f"{library.median_step_ms:.2f}" if library.step_ms else NOT_MEASURED


def speed_ratio(run: ModelRun) -> str:
    """Writes how many steps the candidate takes while the reference takes one."""
    measured = run.reference.step_ms and run.candidate.step_ms
    return f"{run.speed_ratio:.2f}x" if measured else NOT_MEASURED


def memory(library: LibraryRun) -> str:
    """Writes the peak memory in MB."""
    if not library.peak_memory_mb:
        return NOT_MEASURED
    gpu = library.peak_gpu_memory_mb
    return f"{library.peak_memory_mb:.0f}" + ("" if gpu is None else f" + {gpu:.0f} GPU")


def steps(run: ModelRun) -> str:
    """Writes how many steps were taken, and of how many if some are missing."""
    taken = len(run.candidate.losses)
    return f"{taken:,}" if run.is_complete else f"{taken:,} of {run.planned_steps:,}"


def first_difference(run: ModelRun) -> str:
    """Writes the largest relative difference of the losses within the checked steps."""
    return f"{run.first_difference:.1e}" if run.relative_difference else NOT_MEASURED


def largest_difference(run: ModelRun) -> str:
    """Writes the largest relative difference of the losses over all steps."""
    return f"{run.largest_difference:.1e}" if run.relative_difference else NOT_MEASURED


def parameter_distance(run: ModelRun) -> str:
    """Writes the relative distance of the parameters when they were last compared."""
    return f"{run.distances[-1].relative:.1e}" if run.distances else NOT_MEASURED


def float64_difference(run: ModelRun) -> str:
    """Writes the largest relative difference of the losses in the run in double precision."""
    float64 = run.float64
    return f"{float64.largest:.1e}" if float64 and float64.relative else NOT_MEASURED


@dataclass(frozen=True)
class Verdict:
    """What came of a comparison.

    Attributes:
        word: "passed"; "failed"; or "stopped", if nothing was wrong before Ctrl-C.
        reasons: what it rests on.
    """

    word: str
    reasons: str


def verdict(run: ModelRun) -> Verdict:
    """Judges a run by its checks: which of them hold, and by how much the losses differ."""
    failed = [name for name, holds in run.checks.items() if not holds]
    equal = [name for name in run.reference.digests if run.checks.get(name)]
    reasons = [f"{', '.join(failed)} differ"] if failed else []
    if not run.is_complete:
        reasons.append(f"by Ctrl-C after {steps(run)} steps")
    if equal:
        reasons.append(f"bit-equal {', '.join(equal)}")
    reasons.append(_first_losses(run))
    word = "failed" if failed else "passed" if run.is_complete else "stopped"
    return Verdict(word, "; ".join(reasons))


def _first_losses(run: ModelRun) -> str:
    differences = run.relative_difference[:CHECKED_STEPS]
    if not differences:
        return "no step was taken"
    for i, difference in enumerate(differences):
        if math.isnan(difference):
            return f"the loss of step {i + 1} is not a number"
    count = len(differences)
    losses = "the first loss differs" if count == 1 else f"the first {count} losses differ"
    text = f"{losses} by at most {run.first_difference:.1e} (bound {RELATIVE_BOUND:.0e})"
    if run.is_rounding_amplified:
        text += f", in float64 by {run.first_float64_difference:.1e}: amplified rounding"
    return text


def overall_verdict(runs: list[ModelRun], interrupted: bool) -> Verdict:
    """Judges all models at once."""
    words = [verdict(run).word for run in runs]
    reasons = []
    for word in ("passed", "failed", "stopped"):
        models = [run.model for run, its_word in zip(runs, words, strict=True) if its_word == word]
        if len(models) == len(runs) > 0:
            names = models[0] if len(models) == 1 else f"all {len(models)} models"
            reasons.append(f"{names} {word}")
        elif models:
            reasons.append(f"{word}: {', '.join(models)}")
    if "failed" in words:
        word = "failed"
    else:
        word = "stopped" if interrupted or "stopped" in words or not runs else "passed"
    return Verdict(word, "; ".join(reasons) or "nothing was measured")


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """Writes rows of cells, of which the first are the headings."""
    headings, *body = rows
    rule = ["---"] * len(headings)
    return "\n".join("| " + " | ".join(row) + " |" for row in (headings, rule, *body))
