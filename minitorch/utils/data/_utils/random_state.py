"""The random numbers of a worker process: how they begin, and where they stand.

Mirrors the seeding in torch/utils/data/_utils/worker.py; torch cannot note where a worker stands.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from minitorch.random import Generator, default_generator, manual_seed

__all__ = [
    "AllGenerators",
    "Watched",
    "generator_state",
    "seed_worker",
    "set_generator_states",
    "unchanged",
    "watched",
]

# How to ask a generator where it stands, and how to put it there.
Watched = tuple[Callable[[], Any], Callable[[Any], None]]


def seed_worker(base_seed: int, worker_id: int) -> None:
    """Seed Python's, minitorch's and NumPy's generators, each as torch does."""
    random.seed(base_seed + worker_id)
    manual_seed(base_seed + worker_id)
    # torch wrote NumPy's SeedSequence once more in Python; these are its words.
    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))


class AllGenerators:
    """The generators that a data set may draw from: ``others``, and the default ones of Python,
    NumPy and minitorch.
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
            "generators": [_words(generator) for generator in self.generators],
        }
        changed = [name for name, mark in marks.items() if mark != self.seen.get(name)]
        self.seen = marks
        return {name: self._state(name) for name in changed}

    def _state(self, name: str) -> Any:
        if name == "random":
            return random.getstate()
        if name == "generators":
            return [generator_state(generator) for generator in self.generators]
        state = _numpy_state()
        if state[3]:  # a second normal number, to be used without a change of the words
            self.seen[name] = math.nan
        return state

    def set_states(self, states: dict[str, Any]) -> None:
        """Let them continue from what ``new_states`` has returned, all told."""
        if "random" in states:
            random.setstate(states["random"])
        if "numpy" in states:
            np.random.set_state(states["numpy"])
        if "generators" in states:
            set_generator_states(self.generators, states["generators"])


def watched(generators: Sequence[Generator], *, python_and_numpy: bool) -> list[Watched]:
    """Some generators, and perhaps the default ones of Python and NumPy."""
    pairs: list[Watched] = [
        (partial(_words, generator), partial(_set_words, generator)) for generator in generators
    ]
    if python_and_numpy:
        pairs += [(random.getstate, random.setstate), (_numpy_state, np.random.set_state)]
    return pairs


@contextlib.contextmanager
def unchanged(others: Sequence[Generator]) -> Iterator[None]:
    """Whatever the block draws, all generators stand afterwards where they stood before."""
    generators = AllGenerators(others)
    states = generators.states()
    try:
        yield
    finally:
        generators.set_states(states)


def _numpy_state() -> tuple[Any, ...]:
    """NumPy's words and counters, in plain values."""
    state: Any = np.random.get_state()
    algorithm, words, *counters = state
    return algorithm, words.tolist(), *counters


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


def _words(generator: Generator) -> bytes:
    """What changes in the state when numbers are drawn: 0.4 us, where the state takes 5."""
    return generator.engine.tobytes() + generator.next_normal.tobytes()


def _set_words(generator: Generator, words: bytes) -> None:
    """Let the generator draw again what it drew from here on."""
    engine = generator.engine
    with generator.lock:
        engine[:] = np.frombuffer(words[: engine.nbytes], engine.dtype)
        generator.next_normal[:] = np.frombuffer(words[engine.nbytes :], np.float64)
