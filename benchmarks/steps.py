"""What a training step costs: milliseconds for zero_grad, forward, backward and optimizer step.

The models stand in `models`. Two of them are trained with batches of several sizes: the smaller the
batch, the more of a step is the framework itself.
"""

from __future__ import annotations

from benchmarks.models import BATCH_SIZES, TRAININGS
from benchmarks.models.training import Training
from benchmarks.suite import (
    MINITORCH,
    TORCH,
    TORCH_COMPILED,
    TORCH_KEEPING_MEMORY,
    Effort,
    Suite,
)


def of_all_sizes() -> dict[str, Training]:
    """Returns the trainings by name, each followed by those with batches of other sizes."""
    works = {}
    for name, training in TRAININGS.items():
        works[name] = training
        for size in BATCH_SIZES.get(name, ()):
            works[f"{name}, batch {size}"] = training.of_size(size)
    return works


SUITE = Suite(
    name="steps",
    title="One training step",
    unit="ms per step",
    per_second=1e3,
    works=of_all_sizes(),
    sides=(TORCH, TORCH_KEEPING_MEMORY, TORCH_COMPILED, MINITORCH),
    full=Effort(blocks=9, runs_per_block=50, warmup_runs=20, block_s=0.2),
    quick=Effort(blocks=1, runs_per_block=1, warmup_runs=0),
    quick_works=("tiny_mlp", "mlp, batch 16", "cnn, batch 1", "rnn"),
    size_name="batch size",
    breakdown_s=2.0,
    not_compiled=[name for name in of_all_sizes() if name not in TRAININGS],
)
