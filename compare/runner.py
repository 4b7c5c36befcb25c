"""Leads two workers through the same training, in turns.

While one library trains a block of steps, the other waits: they never share the cores, so the times
are honest, and both losses are at hand for the progress bar.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from compare import distance
from compare.child import Child
from compare.data.dataset import Data
from compare.journal import SAVED_EVERY_S, Journal
from compare.metrics import METRICS
from compare.models import MODELS
from compare.results import CHECKED_STEPS, Distance, LibraryRun, ModelRun, Settings, Trajectory

STEPS_PER_TURN = 20


@dataclass(frozen=True)
class Job:
    """One model to be trained.

    Attributes:
        data_folder: where `compare.array_files` has put the data.
        journal: where the run is kept while it lasts.
        start_file: the weights that the model starts from; None: from scratch.
    """

    model: str
    settings: Settings
    data: Data
    data_folder: Path
    journal: Journal
    start_file: Path | None

    @property
    def batch_size(self) -> int:
        """Samples a step: the command line's, or the recipe's; at most all there are."""
        wanted = self.settings.batch_size or MODELS[self.model].batch_size
        return min(wanted, len(self.data.train[0]))

    @property
    def steps_per_epoch(self) -> int:
        """Whole batches in the training data."""
        return len(self.data.train[0]) // self.batch_size

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        steps = (self.settings.epochs or MODELS[self.model].epochs) * self.steps_per_epoch
        return steps if self.settings.steps is None else min(steps, self.settings.steps)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of a model; ``run`` is what was measured before."""

    def __init__(self, run: ModelRun) -> None:
        super().__init__()
        self.run = run


def run_model(job: Job, console: Console) -> ModelRun:
    """Trains one model in both libraries and returns everything that was measured.

    Raises:
        Interrupted: Ctrl-C came; the journal holds the run up to its last checkpoint.
    """
    run = job.journal.read()
    if run is not None:
        state = "done before" if run.is_complete else f"goes on after step {run.steps}"
        console.print(f"  {state}", highlight=False)
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child(name, job.settings.threads))
            for name in job.settings.libraries
        ]
        if run is None or not run.is_complete:
            run = _train(job, run, children, console)
        if run.float64 is None and job.settings.float64_steps:
            try:
                run.float64 = _trajectory_in_float64(job, children, console)
            except KeyboardInterrupt:
                raise Interrupted(run) from None
            job.journal.write_run(run)
    return run


def _train(job: Job, run: ModelRun | None, children: list[Child], console: Console) -> ModelRun:
    with ExitStack() as stack:
        progress = stack.enter_context(_progress_bar(console))
        task = progress.add_task(job.model, total=job.steps, losses="starting both libraries")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        descriptions = _start(children, job, "float32", run)
        if run is None:
            run = _new_run(job, descriptions)
        else:
            for library in (run.reference, run.candidate):
                library.starts.append(run.steps)
        try:
            progress.update(task, losses="first steps (minitorch may compile kernels)")
            _train_all_steps(job, run, children, folder, progress, task)
            for child, library in zip(children, (run.reference, run.candidate), strict=True):
                reply = child.ask("finish")
                library.peak_memory_mb = max(library.peak_memory_mb, reply["peak_memory_mb"])
                library.peak_gpu_memory_mb = reply["peak_gpu_memory_mb"]
                library.digests["all batches"] = reply["batches_digest"]
        except KeyboardInterrupt:
            raise Interrupted(_cut_to_equal_length(run)) from None
        job.journal.write(run, children)
        return run


def _train_all_steps(
    job: Job,
    run: ModelRun,
    children: list[Child],
    folder: Path,
    progress: Progress,
    task: TaskID,
) -> None:
    pairs = list(zip(children, (run.reference, run.candidate), strict=True))
    done = run.steps
    saved_at = time.monotonic()
    while done < job.steps:
        left_of_epoch = job.steps_per_epoch - done % job.steps_per_epoch
        # The parameters are compared after each of the first steps.
        turn = 1 if done < CHECKED_STEPS else STEPS_PER_TURN - done % STEPS_PER_TURN
        steps = min(turn, job.steps - done, left_of_epoch)
        pairs.reverse()  # Being first or second must not favour either.
        for child, library in pairs:
            reply = child.ask("train", steps=steps)
            library.losses += reply["losses"]
            library.step_ms += reply["step_ms"]
        done += steps
        _show_losses(progress, task, run, done)
        _probe(run.distances, children, done, job.steps, folder)
        if done % job.steps_per_epoch == 0 or done == job.steps:
            _evaluate(children, run, done, progress)
        if time.monotonic() - saved_at > SAVED_EVERY_S and done < job.steps:
            job.journal.write(run, children)
            saved_at = time.monotonic()


def _trajectory_in_float64(job: Job, children: list[Child], console: Console) -> Trajectory:
    """Trains the first steps once more, in double precision."""
    steps = min(job.settings.float64_steps, job.steps)
    with ExitStack() as stack:
        progress = stack.enter_context(_progress_bar(console))
        task = progress.add_task(f"{job.model} in float64", total=steps, losses="")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        _start(children, job, "float64", None)
        trajectory = Trajectory("float64", [], [], [])
        losses = (trajectory.reference_losses, trajectory.candidate_losses)
        for done in range(1, steps + 1):
            for child, sequence in zip(children, losses, strict=True):
                sequence += child.ask("train", steps=1)["losses"]
            _probe(trajectory.distances, children, done, steps, folder)
            progress.update(task, completed=done)
        return trajectory


def _start(
    children: list[Child], job: Job, dtype: str, run: ModelRun | None
) -> list[dict[str, Any]]:
    """Starts both at once: nothing is timed yet."""
    step = 0 if run is None else run.steps
    checkpoints = (None, None) if run is None else job.journal.checkpoints(step)
    devices = (job.settings.device, "cpu")
    for child, device, checkpoint in zip(children, devices, checkpoints, strict=True):
        child.send(
            "start",
            library=child.library,
            model=job.model,
            data_folder=str(job.data_folder),
            batch_size=job.batch_size,
            total_steps=job.steps,
            lr=job.settings.lr,
            seed=job.settings.seed,
            threads=job.settings.threads,
            dtype=dtype,
            device=device,
            checked_steps=CHECKED_STEPS,
            start_file=None if job.start_file is None else str(job.start_file),
            checkpoint=None if checkpoint is None else str(checkpoint),
        )
    return [child.receive() for child in children]


def _new_run(job: Job, descriptions: list[dict[str, Any]]) -> ModelRun:
    recipe = MODELS[job.model]
    libraries = [
        LibraryRun(library, d["version"], d["device"], d["threads"], d["digests"])
        for library, d in zip(job.settings.libraries, descriptions, strict=True)
    ]
    return ModelRun(
        model=job.model,
        description=recipe.description,
        data=job.data.name,
        data_note=job.data.note,
        metric=recipe.metric,
        lr=descriptions[0]["lr"],
        batch_size=job.batch_size,
        planned_steps=job.steps,
        reference=libraries[0],
        candidate=libraries[1],
    )


def _cut_to_equal_length(run: ModelRun) -> ModelRun:
    """Drops the steps that only one library has taken."""
    steps = min(len(run.reference.losses), run.steps)
    evaluations = min(len(run.reference.evaluations), len(run.candidate.evaluations))
    for library in (run.reference, run.candidate):
        del library.losses[steps:], library.step_ms[steps:], library.evaluations[evaluations:]
    return run


def _probe(
    distances: list[Distance], children: list[Child], step: int, last_step: int, folder: Path
) -> None:
    """Compares the parameters, if it is time to."""
    if step < last_step and not distance.is_due(step, distances[-1].step if distances else 0):
        return
    files = [folder / f"parameters-{i}.npy" for i in range(len(children))]
    for child, file in zip(children, files, strict=True):
        child.send("parameters", path=str(file))
    for child in children:
        child.receive()
    distances.append(distance.measure(step, *files))


def _evaluate(children: list[Child], run: ModelRun, done: int, progress: Progress) -> None:
    """Lets both measure their metric, and prints a line that stays above the bar."""
    libraries = (run.reference, run.candidate)
    for child, library in zip(children, libraries, strict=True):
        library.evaluations.append({"step": done, **child.ask("evaluate")})
    metric = METRICS[run.metric]
    results = " | ".join(
        f"{library.label} {library.final_loss:.4f}, {metric.format(library.final_metric)}"
        for library in libraries
    )
    progress.console.print(
        f"  step {done}, loss and {metric.name} on test data: {results}",
        highlight=False,
        soft_wrap=True,
    )


def _show_losses(progress: Progress, task: TaskID, run: ModelRun, done: int) -> None:
    losses = "  ".join(
        f"{library.label} {library.losses[-1]:.4f}" for library in (run.reference, run.candidate)
    )
    progress.update(task, completed=done, losses=losses)


def _progress_bar(console: Console) -> Progress:
    return Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[losses]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
