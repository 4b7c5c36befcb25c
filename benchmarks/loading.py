"""What loading a batch costs: microseconds per batch of a shuffled epoch, here or by two workers.

The data set is tensors in memory, so that what is timed is the loader: drawing the order, looking
examples up, stacking them, and for the workers the way of a batch from one process to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from benchmarks.suite import MINITORCH, TORCH, TORCH_KEEPING_MEMORY, Effort, Suite, Work

BATCHES = 40


@dataclass(frozen=True)
class Loading:
    """What is loaded, and by whom.

    Args:
        shape: of an example.
        kept: whether the workers stay for the next epoch, or are started in each.
    """

    shape: tuple[int, ...]
    batch_size: int
    workers: int = 0
    kept: bool = False


LOADING = {
    "64 digits": Loading((1, 28, 28), 64),
    "64 digits, 2 workers": Loading((1, 28, 28), 64, workers=2, kept=True),
    "64 digits, 2 workers started": Loading((1, 28, 28), 64, workers=2),
    "8 photos": Loading((3, 224, 224), 8),
    "8 photos, 2 workers": Loading((3, 224, 224), 8, workers=2, kept=True),
}


def prepare(loading: Loading, torch: Any, seed: int) -> Work:
    """Returns one epoch, which returns the labels in the order in which they came."""
    size = BATCHES * loading.batch_size
    labels = torch.from_numpy(np.random.default_rng(seed).permutation(size))
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.zeros(size, *loading.shape), labels),
        loading.batch_size,
        shuffle=True,
        num_workers=loading.workers,
        persistent_workers=loading.kept,
        generator=torch.Generator().manual_seed(seed),
    )

    def epoch() -> Any:
        return torch.cat([label for _, label in loader])

    return epoch


SUITE = Suite(
    name="loading",
    title=f"A batch of a shuffled epoch of {BATCHES}",
    unit="us per batch",
    per_second=1e6 / BATCHES,
    works={name: partial(prepare, loading) for name, loading in LOADING.items()},
    sides=(TORCH, TORCH_KEEPING_MEMORY, MINITORCH),
    full=Effort(blocks=11, runs_per_block=5, warmup_runs=3),
    quick=Effort(blocks=2, runs_per_block=1, warmup_runs=1),
    quick_works=("64 digits", "64 digits, 2 workers"),
)
