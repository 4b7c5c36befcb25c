"""The random numbers of a worker process: how they begin, and where they stand.

Mirrors the seeding in torch/utils/data/_utils/worker.py; torch cannot note where a worker stands.
"""

from __future__ import annotations

import ctypes
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.random import Generator, default_generator, manual_seed

__all__ = [
    "WorkerGenerators",
    "generator_state",
    "generator_words",
    "seed_worker",
    "set_generator_states",
    "set_generator_words",
]


def seed_worker(base_seed: int, worker_id: int) -> None:
    """Seed Python's, minitorch's and NumPy's generators, each as torch does."""
    random.seed(base_seed + worker_id)
    manual_seed(base_seed + worker_id)
    # torch wrote NumPy's SeedSequence once more in Python; these are its words.
    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))


class WorkerGenerators:
    """All random generators that a worker may draw from: the default ones of Python, NumPy and
    minitorch, and ``others``.
    """

    def __init__(self, others: Sequence[Generator]) -> None:
        self.generators = (default_generator, *others)
        self.seen: dict[str, Any] = {}
        self.states()

    def states(self) -> dict[str, Any]:
        """Where they stand."""
        self.seen = {}
        return self.new_states()

    def new_states(self) -> dict[str, Any]:
        """``states`` of those that may have been used since they were last asked for.

        Looking takes 14 us, all states 0.13 ms: too much for each of many small batches.
        """
        marks = {
            "random": random.getstate(),
            "numpy": _numpy_mark(),
            "generators": [generator_words(generator) for generator in self.generators],
        }
        changed = [name for name, mark in marks.items() if mark != self.seen.get(name)]
        self.seen = marks
        return {name: self._state(name) for name in changed}

    def _state(self, name: str) -> Any:
        if name == "random":
            return random.getstate()
        if name == "generators":
            return [generator_state(generator) for generator in self.generators]
        of_numpy: Any = np.random.get_state()
        algorithm, words, position, has_normal, next_normal = of_numpy
        if has_normal:  # to be used without a change of the words
            self.seen[name] = math.nan
        return algorithm, words.tolist(), position, has_normal, next_normal

    def set_states(self, states: dict[str, Any]) -> None:
        """Let them continue from what ``new_states`` has returned, all told."""
        if "random" in states:
            random.setstate(states["random"])
        if "numpy" in states:
            np.random.set_state(states["numpy"])
        if "generators" in states:
            set_generator_states(self.generators, states["generators"])


def _numpy_mark() -> Any:
    """NumPy's words, read where they are: its ``get_state`` takes 49 us, this 2.

    NaN, which equals nothing, for other algorithms, which are seldom chosen.
    """
    bits: Any = np.random.mtrand.get_bit_generator()
    if type(bits) is not np.random.MT19937:
        return math.nan
    return ctypes.string_at(bits.ctypes.state_address, (624 + 1) * 4)


def generator_state(generator: Generator) -> bytes:
    """The whole state."""
    return bytes(generator.get_state().numpy())


def set_generator_states(generators: Sequence[Generator], states: Sequence[bytes]) -> None:
    """Let each generator continue from its state."""
    for generator, state in zip(generators, states, strict=True):
        generator.set_state(np.frombuffer(state, np.uint8))


def generator_words(generator: Generator) -> bytes:
    """What changes in the state when numbers are drawn: 0.4 us, where the state takes 5."""
    return generator.engine.tobytes() + generator.next_normal.tobytes()


def set_generator_words(generator: Generator, words: bytes) -> None:
    """Let the generator draw again what it drew from here on."""
    engine = generator.engine
    with generator.lock:
        engine[:] = np.frombuffer(words[: engine.nbytes], engine.dtype)
        generator.next_normal[:] = np.frombuffer(words[engine.nbytes :], np.float64)
