"""``DataLoader``: a data set in batches, fetched here or by worker processes.

The same seed gives torch's batches, epoch after epoch, and leaves torch's random numbers to the
rest of the program. In addition, a loader can say where it stands, and continue there.

Mirrors torch/utils/data/dataloader.py; the iterators are in _utils/iterators.py. Left out: pinned
memory (there is no accelerator to copy to), data pipes, the seed that distributed processes share.
"""

from __future__ import annotations

import itertools
import math
import multiprocessing
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar, cast

from minitorch.random import Generator
from minitorch.utils.data._utils.collate import default_collate, default_convert
from minitorch.utils.data._utils.iterators import (
    _BaseDataLoaderIter,
    _MultiProcessingDataLoaderIter,
    _SingleProcessDataLoaderIter,
)
from minitorch.utils.data._utils.position import (
    Position,
    from_savable,
    generators_of,
    to_savable,
)
from minitorch.utils.data._utils.random_state import put_all, watched
from minitorch.utils.data.dataset import Dataset, IterableDataset
from minitorch.utils.data.sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler

__all__ = ["DataLoader"]

T_co = TypeVar("T_co", covariant=True)


class _InfiniteConstantSampler(Sampler[None]):
    """None, for ever: the indices of a stream."""

    def __iter__(self) -> Iterator[None]:
        return itertools.repeat(None)


class DataLoader(Generic[T_co]):
    """Iterates over a data set in batches.

    Args:
        batch_size: examples in a batch; None leaves batching to the data set.
        shuffle: a new random order in every epoch.
        sampler: the order of the indices, instead of ``shuffle``.
        batch_sampler: lists of indices, instead of ``batch_size, shuffle, sampler, drop_last``.
        num_workers: processes that fetch batches ahead; 0 fetches here, when asked.
        collate_fn: makes a batch of a list of examples.
        drop_last: leave out the last batch if it would be smaller.
        timeout: seconds to wait for a worker, 0 for ever.
        worker_init_fn: called in each worker with its number, after it was seeded.
        multiprocessing_context: how to start workers: a context, or the name of a start method.
        generator: of the order and of the workers' seeds, instead of the default one.
        prefetch_factor: batches that each worker fetches ahead, 2 unless given.
        persistent_workers: keep the workers for the next epoch.
        in_order: yield the batches in the order of the indices, not as they are finished.
        pin_memory, pin_memory_device: accepted, and without effect here.

    Raises:
        ValueError: arguments that exclude each other, or are out of range.

    >>> import minitorch
    >>> from minitorch.utils.data import TensorDataset
    >>> for batch in DataLoader(TensorDataset(minitorch.arange(5)), batch_size=2):
    ...     print(batch)
    [tensor([0, 1])]
    [tensor([2, 3])]
    [tensor([4])]
    """

    __initialized = False

    def __init__(
        self,
        dataset: Dataset[T_co],
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler[Any] | Iterable[Any] | None = None,
        batch_sampler: Sampler[list[Any]] | Iterable[list[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(
                "num_workers option should be non-negative; use num_workers=0 to disable "
                "multiprocessing."
            )
        if timeout < 0:
            raise ValueError("timeout option should be non-negative")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified in multiprocessing.let num_workers "
                "> 0 to enable multiprocessing, otherwise set prefetch_factor to None."
            )
        if prefetch_factor is not None and prefetch_factor < 0:
            raise ValueError("prefetch_factor option should be non-negative")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        if isinstance(dataset, IterableDataset):
            _check_stream_options(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching and is mutually exclusive with "
                "drop_last"
            )
        order: Any = sampler
        if order is None:
            if isinstance(dataset, IterableDataset):
                order = _InfiniteConstantSampler()
            elif shuffle:
                order = RandomSampler(dataset, generator=generator)  # type: ignore[arg-type]
            else:
                order = SequentialSampler(dataset)  # type: ignore[arg-type]
        if batch_size is not None and batch_sampler is None:
            batch_sampler = BatchSampler(order, batch_size, drop_last)
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = order
        self.batch_sampler = batch_sampler
        self.generator = generator
        if collate_fn is None:
            collate_fn = default_convert if batch_sampler is None else default_collate
        self.collate_fn = collate_fn
        self.persistent_workers = persistent_workers
        self._promised_length: int | None = None
        self._iterator: _MultiProcessingDataLoaderIter | None = None  # of persistent workers
        self._position: Position | None = None  # of the latest epoch
        self._resumed: dict[str, Any] | None = None  # the position at which the next one begins
        self.__initialized = True
        _warn_of_too_many_workers(num_workers, stacklevel=3)

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = "batch_size batch_sampler sampler drop_last dataset persistent_workers"
        if self.__initialized and name in fixed.split():
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
            )
        super().__setattr__(name, value)

    @property
    def multiprocessing_context(self) -> Any:
        """How workers are started; may be set to the name of a start method."""
        return self.__context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context: Any) -> None:
        self.__context = _checked_context(context, self.num_workers)

    def __iter__(self) -> _BaseDataLoaderIter:
        if not self.persistent_workers:
            return self._get_iterator()
        resumed, iterator = self._resumed, self._iterator
        if iterator is not None and resumed is not None:
            iterator._shutdown_workers()
        if iterator is None or iterator.shut_down:
            iterator = cast(_MultiProcessingDataLoaderIter, self._get_iterator())
            if resumed is not None and resumed["finished"]:  # its workers begin the next epoch
                iterator._reset(self)
        else:
            iterator._reset(self)
        self._iterator = iterator
        return iterator

    def _get_iterator(self) -> _BaseDataLoaderIter:
        if self.num_workers == 0:
            return _SingleProcessDataLoaderIter(self)
        _warn_of_too_many_workers(self.num_workers, stacklevel=4)
        return _MultiProcessingDataLoaderIter(self)

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Any:
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __len__(self) -> int:
        """The number of batches.

        Raises:
            TypeError: the data set, or the sampler, has no length.
        """
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)
        length = self._promised_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else math.ceil(length / self.batch_size)

    @property
    def _generators(self) -> list[Generator]:
        return generators_of(self, self.sampler, self.batch_sampler, self.dataset)

    def state_dict(self) -> dict[str, Any]:
        """Where the latest epoch stands, in values that ``save`` writes.

        That is: behind the last batch yielded, whatever the workers have fetched ahead. A loader of
        the same data set with the same options that loads it yields the batches that would have
        come next, in this epoch and all others, and leaves its generators as they would have been.
        So do its workers: what they draw in a data set's ``__getitem__`` is the same too.

        The default generators are the program's: save ``get_rng_state()`` beside this, and Python's
        and NumPy's if it uses them. (What samplers and workers have drawn from them is known here.)
        An ``IterableDataset`` is read again up to the position. A sampler cannot be continued that
        draws from generators that are neither default ones nor attributes of minitorch's class.

        After the last batch of an epoch, but before the loop has ended, an epoch stands at its
        end: the one that follows in the program then has no batch left.

        >>> import minitorch
        >>> loader = DataLoader(range(6), batch_size=2, shuffle=True)
        >>> batches = iter(loader)
        >>> first, state = next(batches), loader.state_dict()
        >>> loader.load_state_dict(state)
        >>> [b.tolist() for b in loader] == [b.tolist() for b in batches]
        True
        """
        position, epoch = self._position, self._resumed
        if position is not None and (self.persistent_workers or not position.finished):
            epoch = position.state_dict()
        places = [generator.ask() for generator in watched(self._generators)]
        return to_savable({"num_workers": self.num_workers, "generators": places, "epoch": epoch})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Let the next epoch begin where another stood.

        Raises:
            ValueError: the loader that was saved had other workers or generators.
        """
        state = from_savable(state_dict)
        if state.keys() != {"num_workers", "generators", "epoch"}:
            raise ValueError(f"not the state of a DataLoader: a dict of {list(state)}")
        if state["num_workers"] != self.num_workers:
            raise ValueError(
                f"the state is of a DataLoader with num_workers={state['num_workers']}, and this "
                f"one has num_workers={self.num_workers}"
            )
        generators = watched(self._generators)
        if len(state["generators"]) != len(generators):
            raise ValueError(
                f"the state is of a DataLoader with {len(state['generators'])} generators of its "
                f"own, and this one has {len(generators)}"
            )
        put_all(generators, dict(enumerate(state["generators"])))
        self._resumed = state["epoch"]
        self._position = None


def _checked_context(context: Any, num_workers: int) -> Any:
    if context is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0),"
            f" but got num_workers={num_workers}"
        )
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                "multiprocessing_context option should specify a valid start method in "
                f"{methods!r}, but got multiprocessing_context={context!r}"
            )
        context = multiprocessing.get_context(context)
    if not isinstance(context, multiprocessing.context.BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string "
            f"specifying the start method, but got multiprocessing_context={context}"
        )
    return context


def _check_stream_options(shuffle: Any, sampler: Any, batch_sampler: Any) -> None:
    unexpected = {
        "shuffle": shuffle or None,
        "sampler": sampler,
        "batch_sampler": batch_sampler,
    }
    for name, value in unexpected.items():
        if value is not None:
            raise ValueError(
                f"DataLoader with IterableDataset: expected unspecified {name} option, but got "
                f"{name}={value}"
            )


def _warn_of_too_many_workers(num_workers: int, stacklevel: int) -> None:
    if not hasattr(os, "sched_getaffinity"):
        return
    processors = len(os.sched_getaffinity(0))
    if num_workers > processors:
        warnings.warn(
            f"This DataLoader will create {num_workers} worker processes in total. Our suggested "
            f"max number of worker in current system is {processors}, which is smaller than what "
            "this DataLoader is going to create. Please be aware that excessive worker creation "
            "might get DataLoader running slow or even freeze, lower the worker number to avoid "
            "potential slowness/freeze if necessary.",
            stacklevel=stacklevel,
        )
