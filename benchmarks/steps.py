"""What a training step costs: milliseconds for zero_grad, forward, backward and optimizer step.

The three models are those of `compare`, on batches of 64 images of noise that are drawn once: the
time of a step does not depend on what the images show. Loading data is not part of it.
"""

from __future__ import annotations

from functools import partial
from itertools import cycle
from typing import Any

import numpy as np

from benchmarks.suite import MINITORCH, TORCH, TORCH_KEEPING_MEMORY, Effort, Suite, Work
from compare.models import MODELS

BATCH_SIZE = 64
# One batch alone would be learnt by heart within the run: gradients near zero, and caches that
# hold all data, are not what training looks like.
BATCHES = 32


def prepare(name: str, torch: Any, seed: int) -> Work:
    """Returns one training step of the model, which returns the loss."""
    random = np.random.default_rng(seed)
    images = random.standard_normal((BATCHES, BATCH_SIZE, 1, 28, 28), np.float32)
    labels = random.integers(0, 10, (BATCHES, BATCH_SIZE))
    batches = cycle(zip(torch.from_numpy(images), torch.from_numpy(labels), strict=True))

    torch.manual_seed(seed)
    model, criterion, optimizer = MODELS[name](torch)

    def step() -> Any:
        inputs, targets = next(batches)
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss

    return step


SUITE = Suite(
    name="steps",
    title=f"One training step, batch {BATCH_SIZE}",
    unit="ms per step",
    per_second=1e3,
    works={name: partial(prepare, name) for name in MODELS},
    sides=(TORCH, TORCH_KEEPING_MEMORY, MINITORCH),
    full=Effort(blocks=21, runs_per_block=20, warmup_runs=20),
    quick=Effort(blocks=2, runs_per_block=2, warmup_runs=1),
)
