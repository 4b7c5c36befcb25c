"""Random generators: how a worker seeds them, where they stand, and how to put them there again.

A *place* is what a generator is put back to: a tuple of numbers and bytes that is equal to another
only if the generator would go on with the same numbers.

Mirrors the seeding in torch/utils/data/_utils/worker.py; torch does not ask where they stand.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from minitorch.random import Generator, manual_seed

__all__ = ["Place", "Watched", "put_all", "seed_worker", "unchanged", "watched"]

Place = tuple[Any, ...]


def seed_worker(base_seed: int, worker_id: int) -> None:
    """Seed Python's, minitorch's and NumPy's generators, each as torch does."""
    random.seed(base_seed + worker_id)
    manual_seed(base_seed + worker_id)
    # torch wrote NumPy's SeedSequence once more in Python; these are its words.
    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))


class Watched:
    """One of minitorch's generators."""

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def ask(self) -> Place:
        """Where it stands: 0.5 us, where ``get_state`` takes 5."""
        generator = self.generator
        words = generator.engine.tobytes() + generator.next_normal.tobytes()
        return generator.initial_seed(), words

    def put(self, place: Place) -> None:
        """Let it go on from there."""
        generator, (seed, words) = self.generator, place
        engine = generator.engine
        with generator.lock:
            generator._initial_seed = seed
            engine[:] = np.frombuffer(words[: engine.nbytes], engine.dtype)
            generator.next_normal[:] = np.frombuffer(words[engine.nbytes :], np.float64)


class _WatchedPython(Watched):
    """Python's default generator."""

    def __init__(self) -> None:
        self.state: Any = None
        self.place: Place = ()

    def ask(self) -> Place:
        state = random.getstate()  # 12 us; as bytes 40, which are quickly sent and saved
        if state != self.state:
            version, words, next_normal = self.state = state
            self.place = version, np.array(words, np.uint32).tobytes(), next_normal
        return self.place

    def put(self, place: Place) -> None:
        version, words, next_normal = place
        random.setstate((version, tuple(np.frombuffer(words, np.uint32).tolist()), next_normal))


class _WatchedNumPy(Watched):
    """NumPy's default generator."""

    def __init__(self) -> None:
        self.words: Any = math.nan  # which equals nothing
        self.place: Place = ()

    def ask(self) -> Place:
        words = self._words()
        if words != self.words:
            state: Any = np.random.get_state()
            algorithm, key, *counters, has_normal, next_normal = state
            self.place = algorithm, key.tobytes(), *counters, has_normal, next_normal
            # A normal number that was drawn with another one will be used without new words.
            self.words = math.nan if has_normal else words
        return self.place

    def _words(self) -> Any:
        """The words of its state, read where they are: ``get_state`` takes 49 us, this 2."""
        bits: Any = np.random.mtrand.get_bit_generator()
        if type(bits) is not np.random.MT19937:  # a user has put another one in its place
            return math.nan
        return ctypes.string_at(bits.ctypes.state_address, (624 + 1) * 4)

    def put(self, place: Place) -> None:
        algorithm, key, *counters = place
        np.random.set_state((algorithm, np.frombuffer(key, np.uint32), *counters))


def watched(generators: Iterable[Generator], *, python_and_numpy: bool = False) -> list[Watched]:
    """Some generators, and perhaps the default ones of Python and NumPy."""
    ours = [Watched(generator) for generator in generators]
    return [*ours, _WatchedPython(), _WatchedNumPy()] if python_and_numpy else ours


def put_all(generators: Sequence[Watched], places: dict[int, Place]) -> None:
    """Put some of the generators, by their numbers, where they stood."""
    for number, place in places.items():
        generators[number].put(place)


@contextlib.contextmanager
def unchanged(generators: Sequence[Watched]) -> Iterator[None]:
    """Whatever the block draws, the generators stand afterwards where they stood before."""
    places = [generator.ask() for generator in generators]
    try:
        yield
    finally:
        put_all(generators, dict(enumerate(places)))
