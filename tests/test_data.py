"""Data sets, samplers and the loader: torch's indices and batches from the same seed."""

from __future__ import annotations

import itertools
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


class Wrong(list[int]):
    """A data set that gives more than it was asked for."""

    def __len__(self) -> int:
        return 3

    def __getitems__(self, indices: list[int]) -> list[int]:
        return [*indices, 0]


# --------------------------------------------------------------------------- data sets


def test_data_sets() -> None:
    both(lambda t: [pairs(t)[3], len(pairs(t)), pairs(t)[1:3]])
    both(lambda t: [(pairs(t) + pairs(t, 4))[i] for i in (0, 22, 23, 26, -1, -27)])
    both(lambda t: t.utils.data.Subset(pairs(t), [4, 2])[1])
    both(lambda t: t.utils.data.Subset(pairs(t), [4, 2, 7])[[0, 2]])
    both(lambda t: t.utils.data.ConcatDataset([pairs(t), pairs(t)]).cumulative_sizes)


def test_stacked_data_sets() -> None:
    def stacked(t: Any) -> list[Any]:
        d = t.utils.data
        by_place = d.StackDataset(pairs(t, 5), range(5), d.Subset(pairs(t), [4, 2, 7, 8, 9]))
        by_name = d.StackDataset(x=range(5), y=pairs(t, 5))
        return [
            [by_place[2], len(by_place), by_place.__getitems__([3, 1])],
            [by_name[2], len(by_name), by_name.__getitems__([3, 1])],
            list(d.DataLoader(by_place, 2)),
            list(d.DataLoader(by_name, 2)),
        ]

    both(stacked)


def test_chained_streams() -> None:
    both(lambda t: [list(counting(t) + counting(t, 3)), len(counting(t) + counting(t, 3))])
    both(lambda t: [list(t.utils.data.DataLoader(counting(t) + counting(t, 3), 4))])
    both_raise(lambda t: list(t.utils.data.ChainDataset([counting(t), [1]])))
    both_raise(lambda t: len(t.utils.data.ChainDataset([[1]])))


def test_data_set_errors() -> None:
    both_raise(lambda t: t.utils.data.StackDataset())
    both_raise(lambda t: t.utils.data.StackDataset(range(3), x=range(3)))
    both_raise(lambda t: t.utils.data.StackDataset(range(3), range(4)))
    both_raise(lambda t: t.utils.data.StackDataset(x=range(3), y=range(4)))
    both_raise(lambda t: t.utils.data.StackDataset(Wrong(), range(3)).__getitems__([1]))
    both_raise(lambda t: t.utils.data.ConcatDataset([counting(t)]))
    both_raise(lambda t: t.utils.data.IterableDataset())
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


@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(("size", "replicas"), [(0, 1), (2, 5), (7, 2), (10, 5), (100, 7)])
def test_distributed_sampler(size: int, replicas: int, shuffle: bool, drop_last: bool) -> None:
    def shares(t: Any) -> list[Any]:
        given = []
        for rank in range(replicas):
            sampler = t.utils.data.DistributedSampler(
                range(size), replicas, rank, shuffle=shuffle, seed=5, drop_last=drop_last
            )
            given.append([len(sampler), list(sampler)])
            sampler.set_epoch(3)
            given.append(list(sampler))
        return given

    both(shares)


def test_distributed_sampler_errors() -> None:
    both_raise(lambda t: t.utils.data.DistributedSampler(range(3), 2, 2))
    both_raise(lambda t: t.utils.data.DistributedSampler(range(3), 2, -1))
    with pytest.raises(RuntimeError, match="Requires distributed package to be available"):
        data.DistributedSampler(range(3), rank=0)


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


def test_a_function_for_another_type() -> None:
    """By a map of one's own, or in the map of all."""

    def join(t: Any) -> list[Any]:
        from_ranges = {range: lambda batch, *, collate_fn_map: [sum(r) for r in batch]}
        collating = t.utils.data._utils.collate
        own = collating.collate([[range(3)], [range(5)]], collate_fn_map=from_ranges)
        collating.default_collate_fn_map.update(from_ranges)
        try:
            return [own, collating.default_collate([(1, range(3)), (2, range(5))])]
        finally:
            del collating.default_collate_fn_map[range]

    both(join)
    both_raise(lambda t: t.utils.data._utils.collate.collate([1, 2]))


def test_another_function_for_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in (torch, minitorch):
        functions = library.utils.data._utils.collate.default_collate_fn_map  # type: ignore[attr-defined]
        monkeypatch.setitem(functions, library.Tensor, lambda batch, *, collate_fn_map: len(batch))
    both(lambda t: list(t.utils.data.DataLoader(pairs(t), 5)))


def test_collate_errors() -> None:
    both_raise(lambda t: t.utils.data.default_collate([]))
    both_raise(lambda t: t.utils.data.default_collate([t.ones(2), t.ones(3)]))
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

    def set_context(t: Any) -> None:
        loader = t.utils.data.DataLoader(pairs(t), num_workers=1)
        loader.multiprocessing_context = "spoon"

    both_raise(set_later)
    both_raise(set_context)
    both_raise(lambda t: iter(t.utils.data.DataLoader(pairs(t), timeout=1)))
    both_raise(lambda t: iter(t.utils.data.DataLoader(pairs(t))).__getstate__())
    with pytest.raises(AssertionError, match="prefetch_factor must be greater than 0"):
        iter(data.DataLoader(pairs(minitorch), num_workers=1, prefetch_factor=0))


def test_a_loader_that_begins_again_by_itself() -> None:
    """As some training libraries have: a subclass that sets what cannot be set."""

    class Repeated:
        def __init__(self, sampler: Any) -> None:
            self.sampler = sampler

        def __iter__(self) -> Iterator[Any]:
            while True:
                yield from self.sampler

    def epochs(t: Any) -> Any:
        class Endless(t.utils.data.DataLoader):  # type: ignore[misc, name-defined]
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs)
                self._DataLoader__initialized = False
                self.batch_sampler = Repeated(self.batch_sampler)
                self._DataLoader__initialized = True
                self.iterator = super().__iter__()

            def __iter__(self) -> Iterator[Any]:
                return itertools.islice(self.iterator, len(self.batch_sampler.sampler))

        loader = Endless(pairs(t), 5, shuffle=True)
        return [list(loader), list(loader)]

    both(epochs)


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


def test_too_many_workers_warn() -> None:
    with pytest.warns(UserWarning, match="will create 999 worker processes"):
        data.DataLoader([1], num_workers=999)


def test_pin_memory_warns_as_in_torch() -> None:
    loader = data.DataLoader(pairs(minitorch), pin_memory=True, pin_memory_device="cuda")
    with pytest.warns(UserWarning) as warned:
        next(iter(loader))
    assert "no accelerator is found" in str(warned[1].message)
    assert ["pin_memory_device='cuda'" in str(w.message) for w in warned] == [True, False]
    assert {w.filename for w in warned} == {__file__}
