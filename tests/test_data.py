"""Data sets, samplers and the loader: torch's indices and batches from the same seed; workers."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data

import minitorch
from minitorch.utils import data
from minitorch.utils.data._utils import fetch

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")

Point = namedtuple("Point", "x y")


def plain(x: Any) -> Any:
    """The same structure with lists, and the dtype's name, for the tensors of either library."""
    if isinstance(x, torch.Tensor | minitorch.Tensor):
        return str(x.dtype), x.tolist()
    if isinstance(x, dict):
        return type(x).__name__, {k: plain(v) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return type(x).__name__, [plain(v) for v in x]
    return x


def both(function: Callable[[Any], Any], seed: int = 3) -> Any:
    """What ``function(library)`` gives, which must be the same, and leave the generators equal."""
    results = []
    for library in (torch, minitorch):
        library.manual_seed(seed)
        results.append((plain(function(library)), library.initial_seed(), library.rand(3).tolist()))
    assert results[0] == results[1]
    return results[1][0]


def both_raise(function: Callable[[Any], Any]) -> str:
    caught = []
    for library in (torch, minitorch):
        with pytest.raises(Exception) as info:
            function(library)
        caught.append((info.type, str(info.value)))
    assert caught[0] == caught[1]
    return caught[1][1]


def pairs(library: Any, size: int = 23) -> Any:
    features = library.arange(size * 2).reshape(size, 2).to(library.float32)
    return library.utils.data.TensorDataset(features, library.arange(size))


class Squares:
    """A data set without tensors; defined by its methods alone."""

    def __len__(self) -> int:
        return 11

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"x": index**2, "y": np.full(2, index, "float32"), "name": f"n{index}"}


# --------------------------------------------------------------------------- data sets


def test_data_sets() -> None:
    both(lambda t: [pairs(t)[3], len(pairs(t)), pairs(t)[1:3]])
    both(lambda t: [(pairs(t) + pairs(t, 4))[i] for i in (0, 22, 23, 26, -1, -27)])
    both(lambda t: t.utils.data.Subset(pairs(t), [4, 2])[1])
    both(lambda t: t.utils.data.Subset(pairs(t), [4, 2, 7])[[0, 2]])
    both(lambda t: t.utils.data.ConcatDataset([pairs(t), pairs(t)]).cumulative_sizes)


def test_data_set_errors() -> None:
    both_raise(lambda t: t.utils.data.TensorDataset(t.ones(2), t.ones(3)))
    both_raise(lambda t: t.utils.data.ConcatDataset([]))
    both_raise(lambda t: t.utils.data.ConcatDataset([pairs(t)])[-24])
    both_raise(lambda t: t.utils.data.Dataset()[0])

    def overrides_one(t: Any) -> None:
        class Doubled(t.utils.data.Subset):  # type: ignore[misc, name-defined]
            def __getitem__(self, idx: int) -> Any:
                return idx

        Doubled(pairs(t), [1])

    both_raise(overrides_one)


def test_random_split() -> None:
    def split(lengths: list[Any]) -> Callable[[Any], Any]:
        return lambda t: [s.indices for s in t.utils.data.random_split(pairs(t), lengths)]

    both(split([20, 3]))
    both(split([0.5, 0.3, 0.2]))
    both(split([1 / 3] * 3))
    both(
        lambda t: [
            s.indices
            for s in t.utils.data.random_split(
                pairs(t), [20, 3], generator=t.Generator().manual_seed(9)
            )
        ]
    )
    both_raise(split([20, 4]))
    both_raise(split([-0.5, 1.5]))
    with pytest.warns(UserWarning, match="Length of split at index 1 is 0"):
        data.random_split(pairs(minitorch), [1.0, 0.0])


# --------------------------------------------------------------------------- samplers


def generator(library: Any) -> Any:
    return library.Generator().manual_seed(11)


SAMPLERS: dict[str, Callable[[Any, Any], Any]] = {
    "sequential": lambda t, d: d.SequentialSampler(range(7)),
    "random": lambda t, d: d.RandomSampler(range(7)),
    "random, many": lambda t, d: d.RandomSampler(range(1000)),
    "random, more than there are": lambda t, d: d.RandomSampler(range(7), num_samples=17),
    "random, generator": lambda t, d: d.RandomSampler(range(7), generator=generator(t)),
    "replacement": lambda t, d: d.RandomSampler(range(7), replacement=True, num_samples=70),
    "replacement, generator": lambda t, d: d.RandomSampler(
        range(64), replacement=True, generator=generator(t)
    ),
    "subset": lambda t, d: d.SubsetRandomSampler([5, 3, 8, 1]),
    "subset, generator": lambda t, d: d.SubsetRandomSampler([5, 3, 8], generator=generator(t)),
    "weighted": lambda t, d: d.WeightedRandomSampler([0.1, 3, 0, 0.5], 20),
    "weighted, tensor": lambda t, d: d.WeightedRandomSampler(t.tensor([1.0, 2.0, 0.5]), 9),
    "weighted, one": lambda t, d: d.WeightedRandomSampler([0.1, 3, 0, 0.5], 1),
    "weighted, no replacement": lambda t, d: d.WeightedRandomSampler(
        [0.1, 3, 2, 0.5], 3, replacement=False, generator=generator(t)
    ),
    "batch": lambda t, d: d.BatchSampler(d.RandomSampler(range(8)), 3, False),
    "batch, drop last": lambda t, d: d.BatchSampler(d.RandomSampler(range(8)), 3, True),
    "batch, even": lambda t, d: d.BatchSampler(range(6), 3, True),
}


@pytest.mark.parametrize("name", SAMPLERS)
def test_samplers(name: str) -> None:
    def two_epochs(t: Any) -> Any:
        sampler = SAMPLERS[name](t, t.utils.data)
        return [list(sampler), len(sampler), list(sampler)]

    both(two_epochs)


def test_sampler_errors() -> None:
    both_raise(lambda t: t.utils.data.RandomSampler([]))
    both_raise(lambda t: t.utils.data.RandomSampler([1], num_samples=0))
    both_raise(lambda t: t.utils.data.RandomSampler([1], replacement=1))
    both_raise(lambda t: t.utils.data.WeightedRandomSampler([1.0], 0))
    both_raise(lambda t: t.utils.data.WeightedRandomSampler([1.0], 1, replacement=1))
    both_raise(lambda t: t.utils.data.WeightedRandomSampler([[1.0]], 1))
    both_raise(lambda t: t.utils.data.BatchSampler([1], 0, False))
    both_raise(lambda t: t.utils.data.BatchSampler([1], True, False))
    both_raise(lambda t: t.utils.data.BatchSampler([1], 1, 1))
    both_raise(lambda t: iter(t.utils.data.Sampler()))


# --------------------------------------------------------------------------- collating


@pytest.mark.parametrize(
    "make_batch",
    [
        lambda t: [t.tensor([1.0]), t.tensor([2.0])],
        lambda t: [t.tensor(1), t.tensor(2)],
        lambda t: [np.ones((2, 2)), np.zeros((2, 2))],
        lambda t: [np.float32(1), np.float32(2)],
        lambda t: [np.float64(1), np.float64(2)],
        lambda t: [np.int16(1), np.int16(2)],
        lambda t: [np.bool_(True), np.bool_(False)],
        lambda t: [1, 2],
        lambda t: [True, False],
        lambda t: [1.5, 2.0],
        lambda t: ["a", "b"],
        lambda t: (b"a", b"b"),
        lambda t: [(1, "a", 2.0), (3, "b", 4.0)],
        lambda t: [[1, "a"], [3, "b"]],
        lambda t: [{"x": 1, "y": [2.0]}, {"x": 3, "y": [4.0]}],
        lambda t: [OrderedDict(x=1), OrderedDict(x=2)],
        lambda t: [Point(1, "a"), Point(2, "b")],
        lambda t: [range(2), range(1, 3)],
    ],
)
def test_collate_and_convert(make_batch: Callable[[Any], Any]) -> None:
    both(lambda t: t.utils.data.default_collate(make_batch(t)))
    both(lambda t: t.utils.data.default_convert(make_batch(t)))


def test_collate_errors() -> None:
    both_raise(lambda t: t.utils.data.default_collate([(1, 2), (3,)]))
    both_raise(lambda t: t.utils.data.default_collate([object(), object()]))
    both_raise(lambda t: t.utils.data.default_collate([np.array(["a"]), np.array(["b"])]))
    both_raise(lambda t: t.utils.data.default_collate([{1}, {2}]))


# --------------------------------------------------------------------------- the loader

LOADERS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "plain": lambda t: {"batch_size": 4},
    "shuffled": lambda t: {"batch_size": 4, "shuffle": True},
    "drop last": lambda t: {"batch_size": 4, "shuffle": True, "drop_last": True},
    "one by one": lambda t: {},
    "no batches": lambda t: {"batch_size": None},
    "generator": lambda t: {"batch_size": 5, "shuffle": True, "generator": generator(t)},
    "sampler": lambda t: {"batch_size": 3, "sampler": t.utils.data.SubsetRandomSampler([3, 1, 2])},
    "list as sampler": lambda t: {"batch_size": 2, "sampler": [5, 1, 1]},
    "batch sampler": lambda t: {"batch_sampler": [[1, 2], [0], [5, 5, 5]]},
    "collate": lambda t: {"batch_size": 4, "collate_fn": len},
}
loaders = pytest.mark.parametrize("name", LOADERS)


@loaders
@pytest.mark.parametrize("workers", [0, 2])
def test_batches(name: str, workers: int) -> None:
    def two_epochs(t: Any) -> Any:
        loader = t.utils.data.DataLoader(pairs(t), **LOADERS[name](t), num_workers=workers)
        return [list(loader), len(loader), list(loader)]

    both(two_epochs)


def test_batches_of_other_data_sets() -> None:
    both(lambda t: list(t.utils.data.DataLoader(Squares(), 4, shuffle=True)))
    both(lambda t: list(t.utils.data.DataLoader(Squares(), batch_size=None)))
    both(lambda t: list(t.utils.data.DataLoader(pairs(t) + pairs(t), 9, shuffle=True)))
    both(
        lambda t: list(
            t.utils.data.DataLoader(
                t.utils.data.Subset(t.utils.data.Subset(pairs(t), range(5, 20)), [-1, 3, 2]), 2
            )
        )
    )


def test_interrupted_epochs_draw_as_torchs_do() -> None:
    def interrupted(t: Any) -> Any:
        loader = t.utils.data.DataLoader(pairs(t), 4, shuffle=True)
        first = list(itertools.islice(loader, 2))
        iterator = iter(loader)
        return [first, next(iterator), list(loader), list(iterator)]

    both(interrupted)


def test_whole_batches_are_looked_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "default_collate", None)  # so that no batch takes the short way
    loader = data.DataLoader(pairs(minitorch), 4, shuffle=True)
    minitorch.manual_seed(0)
    slow = plain(list(loader))
    monkeypatch.undo()
    minitorch.manual_seed(0)
    assert plain(list(loader)) == slow
    features = minitorch.ones(3, 2, requires_grad=True)
    (batch,) = next(iter(data.DataLoader(data.TensorDataset(features), 2)))
    batch.sum().backward()
    assert features.grad is not None and features.grad.tolist() == [[1, 1], [1, 1], [0, 0]]


def test_an_index_out_of_range_is_an_error() -> None:
    both_raise(lambda t: list(t.utils.data.DataLoader(pairs(t), sampler=[99])))


def test_the_batch_is_a_copy() -> None:
    dataset = pairs(minitorch)
    batch = next(iter(data.DataLoader(dataset, 4)))
    batch[0].zero_()
    assert dataset.tensors[0].sum().item() > 0


def test_loader_errors() -> None:
    stream = {"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}
    for options in stream:
        both_raise(lambda t, o=options: t.utils.data.DataLoader(counting(t), **o))
    for options in (
        {"num_workers": -1},
        {"timeout": -1},
        {"prefetch_factor": 2},
        {"prefetch_factor": -1, "num_workers": 1},
        {"persistent_workers": True},
        {"sampler": [1], "shuffle": True},
        {"batch_sampler": [[1]], "batch_size": 2},
        {"batch_size": None, "drop_last": True},
        {"batch_size": 0},
        {"multiprocessing_context": "fork"},
        {"multiprocessing_context": "spoon", "num_workers": 1},
        {"multiprocessing_context": 3, "num_workers": 1},
    ):
        both_raise(lambda t, o=options: t.utils.data.DataLoader(pairs(t), **o))

    def set_later(t: Any) -> None:
        t.utils.data.DataLoader(pairs(t)).batch_size = 3

    both_raise(set_later)


# --------------------------------------------------------------------------- streams


def counting(library: Any, size: int = 10) -> Any:
    class Counting(library.utils.data.IterableDataset):  # type: ignore[misc, name-defined]
        def __iter__(self) -> Iterator[int]:
            info = library.utils.data.get_worker_info()
            start, step = (0, 1) if info is None else (info.id, info.num_workers)
            yield from range(start, size, step)

        def __len__(self) -> int:
            return size

    return Counting()


@pytest.mark.parametrize("workers", [0, 1, 2, 3])
@pytest.mark.parametrize("options", [{"batch_size": 3}, {"batch_size": 2, "drop_last": True}])
def test_streams(workers: int, options: dict[str, Any]) -> None:
    def epochs(t: Any) -> Any:
        loader = t.utils.data.DataLoader(counting(t), num_workers=workers, **options)
        return [list(loader), len(loader)]

    both(epochs)


def test_a_stream_longer_than_it_said_warns() -> None:
    class Long(data.IterableDataset[int]):
        def __iter__(self) -> Iterator[int]:
            return iter(range(3))

        def __len__(self) -> int:
            return 1

    loader = data.DataLoader(Long())
    assert len(loader) == 1
    with pytest.warns(UserWarning, match="was reported to be 1"):
        list(loader)


# --------------------------------------------------------------------------- workers


class Randoms:
    """What the three generators of a worker give, and what it knows of itself."""

    def __init__(self, library: Any) -> None:
        self.library = library

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> list[Any]:
        info = self.library.utils.data.get_worker_info()
        numbers = [random.random(), np.random.rand(), self.library.rand(1).item()]
        return [*numbers, info.id, info.num_workers, info.seed, self.library.get_num_threads()]


def test_workers_are_seeded_as_torchs_are() -> None:
    both(lambda t: list(t.utils.data.DataLoader(Randoms(t), num_workers=2, collate_fn=list)))
    assert data.get_worker_info() is None


def test_workers_prefetch_through_a_generator_as_torchs_do() -> None:
    def epochs(t: Any) -> Any:
        g = generator(t)
        loader = t.utils.data.DataLoader(
            pairs(t), 4, shuffle=True, num_workers=2, generator=g, prefetch_factor=3
        )
        return [list(loader), g.get_state().tolist(), next(iter(loader)), g.get_state().tolist()]

    both(epochs)


def test_persistent_workers() -> None:
    def epochs(t: Any) -> Any:
        loader = t.utils.data.DataLoader(
            pairs(t), 4, shuffle=True, num_workers=2, persistent_workers=True
        )
        first = list(itertools.islice(loader, 2))
        stream = t.utils.data.DataLoader(counting(t), 4, num_workers=2, persistent_workers=True)
        return [first, list(loader), list(loader), list(stream), list(stream)]

    both(epochs)


class Failing:
    """Fails at one index, in a way of its own."""

    def __init__(self, failure: Callable[[], Any], size: int = 12) -> None:
        self.failure = failure
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return self.failure() if index == 5 else index


class Peculiar(Exception):
    def __init__(self, number: int, text: str) -> None:
        super().__init__(f"{number} {text}")


def raise_value_error() -> None:
    raise ValueError("five")


def raise_key_error() -> None:
    raise KeyError("five")


def raise_peculiar() -> None:
    raise Peculiar(5, "five")


@pytest.mark.parametrize("failure", [raise_value_error, raise_key_error, raise_peculiar])
def test_exceptions_reach_the_parent(failure: Callable[[], Any]) -> None:
    caught = []
    for library in (torch, minitorch):
        loader = library.utils.data.DataLoader(Failing(failure), 2, num_workers=2)
        iterator = iter(loader)
        assert [next(iterator).tolist() for _ in range(2)] == [[0, 1], [2, 3]]
        with pytest.raises(Exception) as info:
            next(iterator)
        message = str(info.value)
        lines = message.splitlines()
        caught.append((info.type, lines[:2], failure.__name__ in message, lines[-1]))
        assert next(iterator).tolist() == [6, 7]  # the epoch goes on
    assert caught[0] == caught[1]
    assert " in DataLoader worker process 0." in caught[1][1][0]


def test_a_failing_worker_init_fn() -> None:
    def init(worker_id: int) -> None:
        raise ValueError(f"no {worker_id}")

    both_first_line = []
    for library in (torch, minitorch):
        with pytest.raises(ValueError, match="no 0") as info:
            next(iter(library.utils.data.DataLoader([1], num_workers=1, worker_init_fn=init)))
        both_first_line.append(str(info.value).splitlines()[0])
    assert both_first_line[0] == both_first_line[1]


def test_worker_init_fn() -> None:
    def init(worker_id: int) -> None:
        np.random.seed(worker_id)

    loader = data.DataLoader(
        Randoms(minitorch), num_workers=2, collate_fn=list, worker_init_fn=init
    )
    numbers = {batch[0][3]: batch[0][1] for batch in itertools.islice(loader, 2)}
    assert numbers == {i: np.random.RandomState(i).rand() for i in range(2)}


@pytest.mark.parametrize("persistent", [False, True])
def test_a_killed_worker_is_an_error_and_does_not_hang(persistent: bool) -> None:
    dataset = Failing(lambda: os.kill(os.getpid(), signal.SIGKILL))
    loader = data.DataLoader(dataset, 2, num_workers=2, persistent_workers=persistent)
    start = time.monotonic()
    for _ in range(2):  # another epoch starts with new workers
        with pytest.raises(RuntimeError, match=r"worker \(pid\(s\) \d+\) exited .* -9"):
            list(loader)
    assert time.monotonic() - start < 5


def test_batches_larger_than_a_pipe_do_not_block() -> None:
    dataset = data.TensorDataset(minitorch.zeros(40_000, 10))
    loader = data.DataLoader(dataset, 20_000, num_workers=2, prefetch_factor=4)
    indices = list(range(40_000)) * 3
    many = data.DataLoader(dataset, 20_000, sampler=indices, num_workers=1, prefetch_factor=6)
    assert [len(batch[0]) for batch in loader] == [20_000] * 2
    assert [len(batch[0]) for batch in many] == [20_000] * 6


def test_what_cannot_be_pickled_is_an_error() -> None:
    loader = data.DataLoader([1], num_workers=1, collate_fn=lambda batch: lambda: batch)
    with pytest.raises(RuntimeError, match="in DataLoader worker process 0"):
        list(loader)


def test_timeout() -> None:
    loader = data.DataLoader(Failing(lambda: time.sleep(1)), 6, num_workers=1, timeout=0.2)
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.2 seconds"):
        list(loader)


def test_workers_end_with_their_iterator() -> None:
    loader = data.DataLoader(pairs(minitorch), num_workers=2)
    iterator: Any = iter(loader)
    next(iterator)
    workers = iterator.workers
    assert all(worker.is_alive() for worker in workers)
    del iterator
    assert not any(worker.is_alive() for worker in workers)


def test_kernels_run_in_workers() -> None:
    """After a parallel kernel in the parent, whose threads a forked process does not have."""
    minitorch.arange(100_000).float().add_(1).tanh().sum()

    class Heavy:
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> Any:
            x = minitorch.rand(200_000)
            return (x @ x).reshape(1), minitorch.randperm(50_000).float().tanh().mean()

    assert len(list(data.DataLoader(Heavy(), num_workers=2))) == 2


def test_too_many_workers_warn() -> None:
    with pytest.warns(UserWarning, match="will create 999 worker processes"):
        data.DataLoader([1], num_workers=999)


def test_pin_memory_warns_as_in_torch() -> None:
    loader = data.DataLoader(pairs(minitorch), pin_memory=True)
    with pytest.warns(UserWarning, match="no accelerator is found"):
        next(iter(loader))
