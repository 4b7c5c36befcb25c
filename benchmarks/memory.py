"""How much memory training takes: the peak of three training steps, in megabytes.

Each number comes from a fresh process, in which the model is trained for a step on a batch of two,
so that the library's code, its kernels and its threads are loaded, and dropped; then it is built
again. Two numbers are read:

- of the steps: how far the resident memory rises above what it was before the first of the steps.
  That is activations, gradients, the optimizer's state, and what the library adds to them.
- of the process: its highest resident memory, with the interpreter, the library, the model and its
  data.

Resident is what Linux counts as ``VmRSS`` and, at its highest, ``VmHWM``; the kernel is told to
forget the highest value so far (``/proc/self/clear_refs``). ``getrusage``'s ``ru_maxrss`` cannot be
told so, and begins with the size of the process that started this one. It is what other systems
have: there, only the numbers of the process are given.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import resource
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.models import TRAININGS
from benchmarks.report import describe_environment, describe_run, summary_of_blocks
from benchmarks.suite import MINITORCH, TORCH, TORCH_KEEPING_MEMORY, Effort, Suite
from compare.child import Child
from compare.errors import WorkerError
from compare.process import serve

MODELS = ("mlp", "cnn", "resnet18", "unet", "lstm", "gpt")
QUICK_MODELS = ("mlp",)
STEPS = 3

STEPS_NAME, PROCESS_NAME = GROUPS = ("of the steps", "of the process")

SUITE = Suite(
    name="memory",
    title=f"The peak memory of {STEPS} training steps",
    unit="MB",
    per_second=1.0,
    works={name: TRAININGS[name] for name in MODELS},
    sides=(TORCH, TORCH_KEEPING_MEMORY, MINITORCH),
    full=Effort(blocks=3, runs_per_block=1, warmup_runs=0),
    quick=Effort(blocks=1, runs_per_block=1, warmup_runs=0),
)


class Session:
    """One library; its one request is answered by one model's numbers."""

    def __init__(self, library: str, threads: int) -> None:
        self.torch = importlib.import_module(library)
        self.torch.set_num_threads(threads)

    def describe(self) -> dict[str, Any]:
        """Returns what was imported."""
        return {"version": str(self.torch.__version__), "threads": self.torch.get_num_threads()}

    def train(self, model: str, seed: int) -> dict[str, Any]:
        """Trains the model for a few steps and returns both numbers, in megabytes."""
        training = TRAININGS[model]
        training.of_size(2)(self.torch, seed)()
        step = training(self.torch, seed)
        _give_back_freed_memory()
        before = _resident_bytes("VmRSS")
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        for _ in range(STEPS):
            step()
        highest = _resident_bytes("VmHWM")
        if before is None or highest is None:
            unit = 1 if sys.platform == "darwin" else 1024
            highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
            return {PROCESS_NAME: highest / 1e6}
        return {STEPS_NAME: (highest - before) / 1e6, PROCESS_NAME: highest / 1e6}


def run_suite(
    suite: Suite, *, threads: int, seed: int, quick: bool, console: Console, workers: object = None
) -> dict[str, Any]:
    """Measures every model on every side, each in processes of its own, and returns the report.

    Args:
        workers: not used; as in `harness.run_suite`.
    """
    effort = suite.quick if quick else suite.full
    environment = describe_environment()
    descriptions: list[dict[str, Any]] = []
    results = []
    with console.status("memory: starting", refresh_per_second=1) as status:
        for model in QUICK_MODELS if quick else MODELS:
            status.update(f"memory, threads: {threads}: {model}")
            replies: list[dict[str, Any]] = []
            for _ in range(effort.blocks):
                descriptions, trained = _train(suite, model, threads, seed)
                replies.append(trained)
            results += _entries(suite, model, replies)
    results.sort(key=lambda entry: GROUPS.index(entry["group"]))
    return describe_run(
        suite, effort, environment, descriptions, results, threads=threads, seed=seed, quick=quick
    )


def _train(
    suite: Suite, model: str, threads: int, seed: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """All sides at once, as no time is taken; returns their descriptions and replies."""
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child(side.library, threads, "benchmarks.memory", side.environment))
            for side in suite.sides
        ]
        for child in children:
            child.send("start", library=child.library, threads=threads)
        descriptions = [child.receive() for child in children]
        for child in children:
            child.send("train", model=model, seed=seed)
        replies = {}
        for side, child in zip(suite.sides, children, strict=True):
            try:
                replies[side.name] = child.receive()
            except WorkerError as error:
                lines = error.traceback_tail.splitlines() or [str(error)]
                replies[side.name] = {"cannot": lines[-1]}
    return descriptions, replies


def _entries(suite: Suite, model: str, replies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = [side.name for side in suite.sides]
    cannot = {
        name: reply[name]["cannot"]
        for reply in replies
        for name in names
        if "cannot" in reply[name]
    }
    entries = []
    for group in GROUPS:
        blocks = {
            name: [reply[name][group] for reply in replies]
            for name in names
            if all(group in reply[name] for reply in replies)
        }
        entry = {
            "name": f"{model}, {group}",
            "group": group,
            "size": None,
            "first_results_differ": {},
            "cannot": cannot,
        }
        no_loads: dict[str, list[float | None]] = {name: [] for name in blocks}
        entries.append(entry | summary_of_blocks(names, blocks, no_loads))
    return entries


def _give_back_freed_memory() -> None:
    """What the model on two examples has left must not be filled unseen by what comes."""
    gc.collect()
    with suppress(AttributeError, OSError):  # glibc only.
        ctypes.CDLL(None).malloc_trim(0)


def _resident_bytes(field: str) -> int | None:
    """A field of Linux's description of this process; None elsewhere."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return None
    return next(
        int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(field)
    )


if __name__ == "__main__":
    serve(Session)
