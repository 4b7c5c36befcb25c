"""Leads two workers through the same training, in turns.

While one library trains a block of steps, the other waits: they never share the cores, so the times
are honest, and both losses are at hand for the progress bar.
"""

from __future__ import annotations

from contextlib import ExitStack
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

from compare.child import Child
from compare.results import CHECKED_STEPS, LibraryRun, ModelRun, Settings

STEPS_PER_TURN = 20


def run_model(model: str, settings: Settings, data_folder: str, console: Console) -> ModelRun:
    """Trains one model in both libraries and returns everything that was measured."""
    with ExitStack() as stack:
        progress = stack.enter_context(_progress_bar(console))
        task = progress.add_task(model, total=None, losses="starting both libraries")
        children = [
            stack.enter_context(Child(library, settings.threads)) for library in settings.libraries
        ]
        descriptions = _start(children, model, settings, data_folder)
        runs = [
            LibraryRun(child.library, d["version"], d["device"], d["threads"], d["digests"])
            for child, d in zip(children, descriptions, strict=True)
        ]
        steps_per_epoch = descriptions[0]["steps_per_epoch"]
        total = settings.epochs * steps_per_epoch
        total = total if settings.steps is None else min(total, settings.steps)
        progress.update(task, total=total, losses="first steps (minitorch may compile kernels)")

        pairs = list(zip(children, runs, strict=True))
        done = 0
        while done < total:
            steps = min(STEPS_PER_TURN, total - done, steps_per_epoch - done % steps_per_epoch)
            pairs.reverse()  # Being first or second must not favour either.
            for child, run in pairs:
                reply = child.ask("train", steps=steps)
                run.losses += reply["losses"]
                run.step_ms += reply["step_ms"]
            done += steps
            _show_losses(progress, task, runs, done)
            if done % steps_per_epoch == 0 or done == total:
                _evaluate(children, runs, done, progress)
        for child, run in zip(children, runs, strict=True):
            reply = child.ask("finish")
            run.peak_memory_mb = reply["peak_memory_mb"]
            run.peak_gpu_memory_mb = reply["peak_gpu_memory_mb"]
            run.digests["all batches"] = reply["batches_digest"]
        return ModelRun(model, descriptions[0]["lr"], *runs)


def _start(
    children: list[Child], model: str, settings: Settings, data_folder: str
) -> list[dict[str, Any]]:
    """Starts both at once: nothing is timed yet."""
    for child, device in zip(children, (settings.device, "cpu"), strict=True):
        child.send(
            "start",
            library=child.library,
            model=model,
            data_folder=data_folder,
            batch_size=settings.batch_size,
            lr=settings.lr,
            seed=settings.seed,
            threads=settings.threads,
            device=device,
            checked_steps=CHECKED_STEPS,
        )
    return [child.receive() for child in children]


def _evaluate(children: list[Child], runs: list[LibraryRun], done: int, progress: Progress) -> None:
    """Lets both measure their accuracy, and prints a line that stays above the bar."""
    for child, run in zip(children, runs, strict=True):
        run.epochs.append({"step": done, **child.ask("evaluate")})
    results = " | ".join(
        f"{run.label} {run.final_loss:.4f}, {run.epochs[-1]['test_accuracy']:.2%}" for run in runs
    )
    progress.console.print(
        f"  step {done}, loss and test accuracy: {results}", highlight=False, soft_wrap=True
    )


def _show_losses(progress: Progress, task: TaskID, runs: list[LibraryRun], done: int) -> None:
    losses = "  ".join(f"{run.label} {run.losses[-1]:.4f}" for run in runs)
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
