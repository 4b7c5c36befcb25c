"""``DataLoader``: a data set in batches, fetched here or by worker processes.

Random numbers are drawn in torch's order: ``iter()`` draws a seed for the workers, even if there
are none; the sampler draws its own when the first index is asked for, and one permutation more at
the end than it needs. The same seed gives torch's batches, epoch after epoch.

Mirrors torch/utils/data/dataloader.py. Left out: pinned memory (there is no accelerator to copy
to), batches out of order (``in_order=False`` is accepted), distributed training.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import multiprocessing
import os
import warnings
import weakref
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import Any, Generic, TypeVar

from minitorch.random import Generator
from minitorch.utils.data._utils.collate import default_collate, default_convert
from minitorch.utils.data._utils.fetch import fetcher
from minitorch.utils.data._utils.worker import EndOfData, ExceptionWrapper, worker_loop
from minitorch.utils.data.dataset import Dataset, IterableDataset
from minitorch.utils.data.sampler import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    draw_seed,
)

__all__ = ["DataLoader"]

T_co = TypeVar("T_co", covariant=True)

# This process's ends of all pipes to workers. A forked worker inherits them, and closes them: only
# when all copies of this end are closed does a pipe tell its worker that nobody listens any more.
_open_connections: weakref.WeakSet[Any] = weakref.WeakSet()

SECONDS_TO_STOP = 5.0  # that a worker may take to finish what it does when nobody needs it any more


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
        pin_memory, pin_memory_device, in_order: accepted, and without effect here.

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

    _fixed = False  # attributes may no longer be set

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
        self.multiprocessing_context = _checked_context(multiprocessing_context, num_workers)
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
        self._iterator: _MultiProcessingIterator | None = None
        self._fixed = True
        _warn_of_too_many_workers(num_workers)

    def __setattr__(self, name: str, value: Any) -> None:
        fixed = "batch_size batch_sampler sampler drop_last dataset persistent_workers"
        if self._fixed and name in fixed.split():
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
            )
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator[Any]:
        if self.num_workers == 0:
            return _SingleProcessIterator(self)
        if self._iterator is None or not self.persistent_workers:
            iterator = _MultiProcessingIterator(self)
            if self.persistent_workers:
                self._iterator = iterator
            return iterator
        self._iterator.begin_again(self)
        return self._iterator

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


class _Iterator:
    """One epoch."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        self.loader = loader
        self.indices = iter(loader._index_sampler)
        self.base_seed = draw_seed(loader.generator)
        self.fetch_options = (
            loader.batch_sampler is not None,
            loader.collate_fn,
            loader.drop_last,
        )
        self.num_yielded = 0
        self.promised_length = loader._promised_length
        if loader.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, then device "
                "pinned memory won't be used.",
                stacklevel=3,
            )

    def __iter__(self) -> _Iterator:
        return self

    def __len__(self) -> int:
        return len(self.loader._index_sampler)

    def __next__(self) -> Any:
        batch = self.next_batch()
        self.num_yielded += 1
        if self.promised_length is not None and self.num_yielded > self.promised_length:
            self._warn_of_length()
        return batch

    def next_batch(self) -> Any:
        raise NotImplementedError

    def _warn_of_length(self) -> None:
        message = (
            f"Length of IterableDataset {self.loader.dataset} was reported to be "
            f"{self.promised_length}(when accessing len(dataloader)), but {self.num_yielded} "
            "samples have been fetched. "
        )
        if self.loader.num_workers > 0:
            message += (
                "For multiprocessing data-loading, this could be caused by not properly "
                "configuring the IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for "
                "examples."
            )
        warnings.warn(message, stacklevel=3)


class _SingleProcessIterator(_Iterator):
    """Fetches each batch when it is asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self.fetch = fetcher(loader.dataset, *self.fetch_options)

    def next_batch(self) -> Any:
        return self.fetch(next(self.indices))


class _MultiProcessingIterator(_Iterator):
    """Hands numbered tasks to workers in turn, and yields the batches in the order of the tasks.

    A task stays in ``worker_of`` until its batch is yielded, and every task is answered once.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        context = loader.multiprocessing_context or _default_context()
        self.connections: list[Any] = []
        self.workers: list[Any] = []
        self.stop = weakref.finalize(
            self, _stop_workers, self.connections, self.workers, os.getpid()
        )
        for worker_id in range(loader.num_workers):
            ours, theirs = context.Pipe()
            self.connections.append(ours)
            _open_connections.add(ours)
            forked = context.get_start_method() == "fork"
            worker = context.Process(
                target=worker_loop,
                args=(
                    worker_id,
                    loader.num_workers,
                    self.base_seed,
                    loader.dataset,
                    self.fetch_options,
                    loader.worker_init_fn,
                    theirs,
                    tuple(_open_connections) if forked else (),
                ),
                daemon=True,
            )
            worker.start()
            self.workers.append(worker)
            theirs.close()
        self._begin()

    def begin_again(self, loader: DataLoader[Any]) -> None:
        """Start the next epoch with the same workers. Unlike the first, it draws no new seed."""
        while self.unanswered:  # an epoch that was left early
            self._receive()
        for connection in self.connections:
            connection.send((None, None))
        self.indices = iter(loader._index_sampler)
        self.num_yielded = 0
        self.promised_length = loader._promised_length
        self._begin()

    def _begin(self) -> None:
        count = self.loader.num_workers
        self.worker_of: dict[int, int] = {}
        self.batches: dict[int, Any] = {}
        self.unanswered = 0
        self.next_task = 0
        self.has_data = [True] * count
        self.turns = itertools.cycle(range(count))
        for _ in range((self.loader.prefetch_factor or 1) * count):
            self._send_task()

    def _send_task(self) -> None:
        """Give the next index to the next worker that has data left."""
        try:
            index = next(self.indices)
        except StopIteration:
            return
        for worker_id in itertools.islice(self.turns, len(self.workers)):
            if self.has_data[worker_id]:
                break
        else:
            return
        try:
            self.connections[worker_id].send((self.next_task, index))
        except BrokenPipeError:
            self._fail(worker_id)
        self.worker_of[self.next_task] = worker_id
        self.next_task += 1
        self.unanswered += 1

    def next_batch(self) -> Any:
        while self.worker_of:
            task = next(iter(self.worker_of))  # the oldest: dicts keep their order
            while task not in self.batches:
                self._receive()
            batch = self.batches.pop(task)
            worker_id = self.worker_of.pop(task)
            if isinstance(batch, EndOfData):
                if self.has_data[worker_id]:
                    self.has_data[worker_id] = False
                    self._send_task()
                continue
            self._send_task()
            if isinstance(batch, ExceptionWrapper):
                batch.reraise()
            return batch
        if not self.loader.persistent_workers:
            self.stop()
        raise StopIteration

    def _receive(self) -> None:
        """Wait for the next answer, of whichever worker.

        Raises:
            RuntimeError: a worker has died, or none has answered within ``timeout`` seconds.
        """
        timeout = self.loader.timeout or None
        ready: list[Any] = wait(self.connections, timeout)
        if not ready:
            raise RuntimeError(f"DataLoader timed out after {self.loader.timeout} seconds")
        for connection in ready:
            try:
                task, batch = connection.recv()
            except (EOFError, ConnectionResetError):
                self._fail(self.connections.index(connection))
            self.batches[task] = batch
            self.unanswered -= 1

    def _fail(self, worker_id: int) -> None:
        worker = self.workers[worker_id]
        worker.join(SECONDS_TO_STOP)
        self.stop()
        self.worker_of.clear()
        self.loader._iterator = None  # the next epoch starts with new workers
        raise RuntimeError(
            f"DataLoader worker (pid(s) {worker.pid}) exited unexpectedly "
            f"(exit code {worker.exitcode}; a negative one is the signal that killed it)"
        ) from None


def _stop_workers(connections: list[Any], workers: list[Any], owner: int) -> None:
    """Tell the workers to end, and wait for them; called once, at exit at last."""
    if os.getpid() != owner:  # a forked process has a copy of the iterator, but not its workers
        return
    for connection in connections:
        with contextlib.suppress(OSError):
            connection.send(None)  # processes that the user forked may keep the pipe open
        connection.close()
    for worker in workers:
        worker.join(SECONDS_TO_STOP)
        if worker.is_alive():
            worker.terminate()
            worker.join()


def _default_context() -> Any:
    """Fork where there is fork: it shares the data set's memory, and needs no pickling of it."""
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if "fork" in methods else None)


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


def _warn_of_too_many_workers(num_workers: int) -> None:
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
            stacklevel=3,
        )
