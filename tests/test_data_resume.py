"""A training run that stops after any batch and goes on in another process: the same numbers."""

from __future__ import annotations

import io
import itertools
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    get_worker_info,
)

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

EPOCHS = 3


class Augmented(Dataset[Any]):
    """Draws from all three default generators, and from one of its own, for each example."""

    def __init__(self) -> None:
        self.noise = minitorch.Generator().manual_seed(8)

    def __len__(self) -> int:
        return 23

    def __getitem__(self, index: int) -> list[Any]:
        own = minitorch.rand(1, generator=self.noise).item()
        return [index, minitorch.rand(1).item(), random.gauss(0, 1), np.random.randn(), own]


class Stream(IterableDataset[Any]):
    """Its parts for the workers are of different lengths; it draws when it begins, too."""

    def __iter__(self) -> Iterator[Any]:
        info = get_worker_info()
        first, step = (0, 1) if info is None else (info.id, info.num_workers)
        order = minitorch.randperm(23 - 5 * first).tolist()
        return ((i, minitorch.rand(1).item(), random.random()) for i in order[first::step])


class FromDefaultGenerator(Sampler[int]):
    """Draws each index when it is asked for, between the numbers that the program draws."""

    def __iter__(self) -> Iterator[int]:
        for _ in range(23):
            yield int(minitorch.randint(23, ()))


class FromPython(Sampler[int]):
    """Shuffles as many a program does, when its first index is asked for, and skips some later."""

    def __iter__(self) -> Iterator[int]:
        order = list(range(23))
        random.shuffle(order)
        return (i for i in order if np.random.rand() < 0.9)


def own() -> Any:
    return minitorch.Generator().manual_seed(5)


def loader(dataset: Any = None, **options: Any) -> Callable[[], Any]:
    """A function that makes a new loader, as the program does when it is started again."""

    def make() -> Any:
        given = {k: v() if callable(v) else v for k, v in options.items()}
        return DataLoader(Augmented() if dataset is None else dataset, **{"batch_size": 4, **given})

    return make


HERE = {
    "in order": loader(),
    "shuffled": loader(shuffle=True),
    "generator": loader(shuffle=True, generator=own),
    "shared generator": loader(
        sampler=lambda: RandomSampler(range(23), generator=minitorch.default_generator)
    ),
    "replacement": loader(sampler=lambda: RandomSampler(range(23), True, 70, own())),
    "more than there are": loader(sampler=lambda: RandomSampler(range(9), False, 30, own())),
    "subset": loader(sampler=lambda: SubsetRandomSampler(range(3, 20))),
    "weighted": loader(sampler=lambda: WeightedRandomSampler([1.0, 2.0, 3.0], 23)),
    "batch sampler": loader(
        batch_size=1,
        batch_sampler=lambda: BatchSampler(RandomSampler(range(23), generator=own()), 5, True),
    ),
    "sampler of its own": loader(sampler=FromDefaultGenerator),
    "sampler of Python's numbers": loader(sampler=FromPython),
    "one by one": loader(batch_size=None, shuffle=True),
    "stream": loader(Stream()),
}
IN_WORKERS = {
    "shuffled": loader(shuffle=True, num_workers=2),
    "persistent": loader(shuffle=True, num_workers=2, persistent_workers=True, generator=own),
    "sampler of its own": loader(sampler=FromDefaultGenerator, num_workers=1),
    "sampler of Python's numbers": loader(sampler=FromPython, num_workers=1),
    "stream": loader(Stream(), num_workers=3, prefetch_factor=1),
    "persistent stream": loader(Stream(), num_workers=2, persistent_workers=True),
}


def generators() -> tuple[Any, ...]:
    """What a program saves beside its loader."""
    return minitorch.get_rng_state(), random.getstate(), np.random.get_state()


def set_generators(states: tuple[Any, ...]) -> None:
    minitorch.set_rng_state(states[0])
    random.setstate(states[1])
    np.random.set_state(states[2])


def train(batches: Any, epoch: int) -> Iterator[Any]:
    """What a step depends on: the batch, and numbers that it draws itself."""
    for batch in batches:
        yield (
            epoch,
            [np.asarray(x).tolist() for x in batch],
            minitorch.rand(2).tolist(),
            random.random(),
        )


def steps_and_checkpoints(make: Callable[[], Any]) -> tuple[list[Any], list[Any], float]:
    """An uninterrupted run, the checkpoint after each step and each epoch, and a last number."""
    minitorch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)
    batches = make()
    steps: list[Any] = []
    checkpoints = [(0, 0, batches.state_dict(), generators())]
    for epoch in range(EPOCHS):
        for step in train(batches, epoch):
            steps.append(step)
            checkpoints.append((len(steps), epoch, batches.state_dict(), generators()))
        checkpoints.append((len(steps), epoch + 1, batches.state_dict(), generators()))
    return steps, checkpoints, minitorch.rand(1).item()


def resumed(make: Callable[[], Any], checkpoint: Any) -> tuple[list[Any], float]:
    _, first_epoch, state, states_of_generators = checkpoint
    file = io.BytesIO()
    minitorch.save(state, file)
    file.seek(0)
    minitorch.manual_seed(99)
    batches = make()
    batches.load_state_dict(minitorch.load(file))
    set_generators(states_of_generators)
    steps = [step for epoch in range(first_epoch, EPOCHS) for step in train(batches, epoch)]
    return steps, minitorch.rand(1).item()


@pytest.mark.parametrize("name", HERE)
def test_a_run_continues_after_any_step(name: str) -> None:
    steps, checkpoints, last = steps_and_checkpoints(HERE[name])
    for checkpoint in checkpoints:
        assert resumed(HERE[name], checkpoint) == (steps[checkpoint[0] :], last)


@pytest.mark.parametrize("name", IN_WORKERS)
def test_a_run_with_workers_continues(name: str) -> None:
    steps, checkpoints, last = steps_and_checkpoints(IN_WORKERS[name])
    first_end = next(i for i, checkpoint in enumerate(checkpoints) if checkpoint[1] == 1)
    for at in (2, first_end - 1, first_end, first_end + 4):
        assert resumed(IN_WORKERS[name], checkpoints[at]) == (steps[checkpoints[at][0] :], last)


def test_a_resumed_run_can_be_resumed() -> None:
    for make in (HERE["shared generator"], IN_WORKERS["shuffled"]):
        steps, checkpoints, _ = steps_and_checkpoints(make)
        _, epoch, state, states_of_generators = checkpoints[2]
        batches = make()
        batches.load_state_dict(state)
        assert batches.state_dict().keys() == state.keys()  # and may be saved before it goes on
        set_generators(states_of_generators)
        assert list(itertools.islice(train(batches, epoch), 2)) == steps[2:4]
        later = 4, epoch, batches.state_dict(), generators()
        assert resumed(make, later)[0] == steps[4:]


def test_the_position_outlives_the_loop() -> None:
    batches = DataLoader(range(10), batch_size=2, shuffle=True, num_workers=1)
    iterator = iter(batches)
    next(iterator)
    within = batches.state_dict()
    rest = [batch.tolist() for batch in iterator]
    iterator = iter(batches)
    del iterator  # which stops its workers
    assert batches.state_dict()["epoch"]["num_yielded"] == 0
    batches.load_state_dict(within)
    assert [batch.tolist() for batch in batches] == rest
    assert batches.state_dict()["epoch"] is None


def test_resuming_leaves_the_default_generator_alone() -> None:
    batches = DataLoader(range(10), shuffle=True)
    next(iter(batches))
    state = batches.state_dict()
    minitorch.manual_seed(1)
    expected = minitorch.rand(1)
    minitorch.manual_seed(1)
    batches.load_state_dict(state)
    next(iter(batches))
    assert minitorch.rand(1).equal(expected)


def test_a_state_that_does_not_fit_is_an_error() -> None:
    batches = DataLoader(range(10), 2)
    state = batches.state_dict()
    with pytest.raises(ValueError, match="not the state of a DataLoader"):
        batches.load_state_dict({"epoch": 3})
    with pytest.raises(ValueError, match="num_workers=0, and this one has num_workers=1"):
        DataLoader(range(10), num_workers=1).load_state_dict(state)
    with pytest.raises(ValueError, match="0 generators of its own, and this one has 1"):
        DataLoader(range(10), generator=own()).load_state_dict(state)
    list(itertools.islice(batches, 4))
    shorter = DataLoader(TensorDataset(minitorch.arange(4)), 2)
    shorter.load_state_dict(batches.state_dict())
    with pytest.raises(RuntimeError, match="cannot continue after 4 batches: there are only 2"):
        iter(shorter)
