"""Where an epoch stands, so that a training run which was killed continues with the next batch.

Mirrors nothing in torch, whose loaders always begin a new epoch. ``state_dict`` and
``load_state_dict`` of the data loader have the names of torchdata's ``StatefulDataLoader``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from minitorch._tensor import Tensor
from minitorch.autograd.variable import wrap
from minitorch.random import Generator, default_generator
from minitorch.utils.data._utils.random_state import Place, Watched
from minitorch.utils.data.dataset import Dataset
from minitorch.utils.data.sampler import BatchSampler, Sampler

__all__ = [
    "Position",
    "Replayable",
    "draws_elsewhere",
    "from_savable",
    "generators_of",
    "to_savable",
]

T = TypeVar("T")


def generators_of(*owners: Any) -> list[Generator]:
    """The random generators that these objects keep in attributes, or the samplers and data sets in
    them.

    Without the default generator, whose state a program saves itself: it draws from it too.
    """
    found: list[Generator] = []
    seen: set[int] = {id(default_generator)}
    remaining = list(owners)
    kept = (Generator, Sampler, Dataset)
    while remaining:
        owner = remaining.pop(0)
        if id(owner) in seen:
            continue
        seen.add(id(owner))
        if isinstance(owner, Generator):
            found.append(owner)
        attributes = getattr(owner, "__dict__", {}).values()
        remaining += [value for value in attributes if isinstance(value, kept)]
    return found


def draws_elsewhere(sampler: Any) -> bool:
    """Whether a sampler may draw from other generators than minitorch's: a user's may."""
    while type(sampler) is BatchSampler:
        sampler = sampler.sampler
    known = isinstance(sampler, list | tuple | range)
    return not known and type(sampler).__module__.partition(".")[0] != __name__.partition(".")[0]


class Replayable(Generic[T]):
    """An iterator of which another process can make a copy that stands at the same element.

    Python's generators cannot be saved. But a new one that is run through as many elements comes
    to the same place, if it draws the same random numbers. ``draws`` tells where the random
    generators have to stand for that: (step, number of the generator, its place) for each step in
    which the iterator drew from a generator that somebody else had used, or seeded, since it drew
    the last time: once in an epoch for all of torch's samplers, unless they share a generator with
    the program. Step 0 makes the iterator; step n yields its n-th element.

    Args:
        saved: what ``state_dict`` of another one has returned.
        wanted: numbers of those elements, from 0, that ``state_dict`` had seen taken but that are
            needed once more; ``again`` holds them.

    Raises:
        RuntimeError: the iterator ends before it comes to the place that was saved.
    """

    def __init__(
        self,
        make: Callable[[], Iterator[T]],
        generators: Sequence[Watched],
        saved: dict[str, Any] | None = None,
        wanted: Container[int] = (),
    ) -> None:
        self.generators = generators
        self.taken = 0
        self.ended = False
        self.draws: list[tuple[int, int, Place]] = []
        self.again: dict[int, T] = {}
        self._left_at: list[Place] = [()] * len(generators)
        self._past: dict[int, list[tuple[int, Place]]] = {}
        for step, number, place in saved["draws"] if saved else ():
            self._past.setdefault(step, []).append((number, place))
        self._iterator = self._noting_draws(0, make)
        if saved:
            self._go_on(saved, wanted)

    def _go_on(self, saved: dict[str, Any], wanted: Container[int]) -> None:
        for number, element in enumerate(itertools.islice(self, saved["taken"])):
            if number in wanted:
                self.again[number] = element
        if self.taken < saved["taken"]:
            raise RuntimeError(
                f"cannot continue after {saved['taken']} batches: there are only {self.taken}. Was "
                "the state saved with another data set, sampler or batch size?"
            )
        if saved["ended"]:
            next(self, None)
        self._past.clear()

    def __iter__(self) -> Iterator[T]:
        return self

    def __next__(self) -> T:
        if self.ended:
            raise StopIteration
        try:
            element = self._noting_draws(self.taken + 1, self._iterator.__next__)
        except StopIteration:
            self.ended = True
            raise
        self.taken += 1
        return element

    def _noting_draws(self, step: int, act: Callable[[], Any]) -> Any:
        for number, place in self._past.get(step, ()):
            self.generators[number].put(place)
        before = [generator.ask() for generator in self.generators]
        try:
            return act()
        finally:
            for number, generator in enumerate(self.generators):
                after = generator.ask()
                if after != before[number]:
                    if before[number] != self._left_at[number]:
                        self.draws.append((step, number, before[number]))
                    self._left_at[number] = after

    def state_dict(self) -> dict[str, Any]:
        """How far the iterator is, and the draws that led there."""
        return {"taken": self.taken, "ended": self.ended, "draws": list(self.draws)}


class Position:
    """How far an epoch is: how many elements the sampler gave, and what the workers have to do.

    Attributes:
        stream: the batches, if they come from an iterable data set that is read here.
        pending: the worker that fetches each numbered batch not yet yielded, the oldest first.
        next_task: the number of the next batch to be asked for.
        turn: the worker that is asked for it.
        has_data: for each worker, that its stream has not ended.
        answers: how many batches of each worker were yielded.
        places: where each worker's generators stood after the last of these batches (for a stream,
            before the first), by number, as far as they were used.
    """

    # What ``state_dict`` copies as it is.
    _PLAIN = (
        "base_seed",
        "num_yielded",
        "finished",
        "pending",
        "next_task",
        "turn",
        "has_data",
        "answers",
        "places",
    )

    def __init__(self, base_seed: int, sampler: Replayable[Any], num_workers: int) -> None:
        self.base_seed = base_seed
        self.sampler = sampler
        self.stream: Replayable[Any] | None = None
        self.num_yielded = 0
        self.finished = False
        self.pending: dict[int, int] = {}
        self.next_task = 0
        self.turn = 0
        self.has_data = [True] * num_workers
        self.answers = [0] * num_workers
        self.places: list[dict[int, Place]] = [{} for _ in range(num_workers)]

    def state_dict(self) -> dict[str, Any]:
        """All of it in containers, numbers and bytes."""
        state = {name: getattr(self, name) for name in self._PLAIN}
        state["sampler"] = self.sampler.state_dict()
        state["stream"] = None if self.stream is None else self.stream.state_dict()
        return _copy(state)

    @classmethod
    def from_state_dict(
        cls,
        state: dict[str, Any],
        make_sampler: Callable[[], Iterator[Any]],
        generators: Sequence[Watched],
    ) -> Position:
        """The position that was saved, with a sampler that stands where the old one stood."""
        sampler = Replayable(make_sampler, generators, state["sampler"], state["pending"])
        position = cls(state["base_seed"], sampler, len(state["has_data"]))
        for name in cls._PLAIN:
            setattr(position, name, _copy(state[name]))
        return position


def to_savable(state: Any) -> Any:
    """The same structure with ByteTensors for bytes: what ``save`` writes and ``load`` reads."""
    if isinstance(state, bytes):
        return wrap(np.frombuffer(bytearray(state), np.uint8))
    return _map(to_savable, state)


def from_savable(state: Any) -> Any:
    """The inverse of ``to_savable``."""
    if isinstance(state, Tensor):
        return bytes(state.numpy())
    return _map(from_savable, state)


def _copy(state: Any) -> Any:
    return _map(_copy, state)


def _map(function: Callable[[Any], Any], structure: Any) -> Any:
    if isinstance(structure, dict):
        return {key: function(value) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)([function(value) for value in structure])
    return structure
