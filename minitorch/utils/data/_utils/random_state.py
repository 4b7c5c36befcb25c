"""The random numbers of a worker process: how they begin, and where they stand.

Mirrors the seeding in torch/utils/data/_utils/worker.py; torch cannot note where a worker stands.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.random import Generator, default_generator, manual_seed

__all__ = ["random_states", "seed_worker", "set_random_states"]


def seed_worker(base_seed: int, worker_id: int) -> None:
    """Seed Python's, minitorch's and NumPy's generators, each as torch does."""
    random.seed(base_seed + worker_id)
    manual_seed(base_seed + worker_id)
    # torch wrote NumPy's SeedSequence once more in Python; these are its words.
    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))


def random_states(generators: Sequence[Generator]) -> dict[str, Any]:
    """Where the three default generators stand, and some others, in plain Python values.

    About 0.1 ms, of which NumPy takes half.
    """
    name, words, *rest = np.random.get_state()
    return {
        "random": random.getstate(),
        "numpy": (name, words.tolist(), *rest),  # type: ignore[union-attr]
        "default": default_generator.get_state(),
        "generators": [generator.get_state() for generator in generators],
    }


def set_random_states(states: dict[str, Any], generators: Sequence[Generator]) -> None:
    """Let all generators continue from what ``random_states`` has returned."""
    version, words, next_gauss = states["random"]
    random.setstate((version, tuple(words), next_gauss))
    np.random.set_state(states["numpy"])
    default_generator.set_state(states["default"])
    for generator, state in zip(generators, states["generators"], strict=True):
        generator.set_state(state)
