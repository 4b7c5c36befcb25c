"""One epoch of a data loader: its batches, fetched here or by worker processes.

Random numbers are drawn in torch's order: first what the sampler draws when it is made, then a seed
for the workers, even if there are none, then what the sampler draws for each index.

Mirrors the iterators in torch/utils/data/dataloader.py.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import warnings
import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NoReturn

from minitorch.random import default_generator
from minitorch.utils.data._utils.exceptions import ExceptionWrapper
from minitorch.utils.data._utils.fetch import fetcher
from minitorch.utils.data._utils.position import Position, Replayable, draws_elsewhere
from minitorch.utils.data._utils.random_state import Place, unchanged, watched
from minitorch.utils.data._utils.worker import EndOfData, Job, Start
from minitorch.utils.data._utils.worker_process import (
    WorkerProcess,
    stop_workers,
    wait_for_answers,
)
from minitorch.utils.data.dataset import IterableDataset
from minitorch.utils.data.sampler import draw_seed

if TYPE_CHECKING:
    from minitorch.utils.data.dataloader import DataLoader

__all__ = ["_BaseDataLoaderIter", "_MultiProcessingDataLoaderIter", "_SingleProcessDataLoaderIter"]


class _BaseDataLoaderIter:
    """Yields the batches of an epoch from its beginning, or from a position that was loaded.

    Attributes:
        resumed: the state of that position.
        position: how far this iterator is. The loader has it too, and keeps it when this is gone.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        self.dataset = loader.dataset
        self.is_stream = isinstance(loader.dataset, IterableDataset)
        self.num_workers = loader.num_workers
        self.timeout = loader.timeout
        self.index_sampler = loader._index_sampler
        self.generators = watched(
            [default_generator, *loader._generators],
            python_and_numpy=draws_elsewhere(self.index_sampler)
            or (self.is_stream and self.num_workers == 0),
        )
        self.fetch_options = loader._auto_collation, loader.collate_fn, loader.drop_last
        self.promised_length = loader._promised_length
        if loader.pin_memory:
            _warn_of_pinning(loader)
        self.resumed, loader._resumed = loader._resumed, None
        with self._replaying():
            if self.resumed is None:
                sampler = Replayable(self._new_sampler, self.generators)
                self.position = Position(draw_seed(loader.generator), sampler, self.num_workers)
            else:
                self.position = Position.from_state_dict(
                    self.resumed, self._new_sampler, self.generators
                )
        loader._position = self.position

    def _replaying(self) -> contextlib.AbstractContextManager[None]:
        """What was drawn on the way to a position that was loaded is not drawn once more."""
        return contextlib.nullcontext() if self.resumed is None else unchanged(self.generators)

    def _new_sampler(self) -> Iterator[Any]:
        return iter(self.index_sampler)

    def __iter__(self) -> _BaseDataLoaderIter:
        return self

    def __len__(self) -> int:
        return len(self.index_sampler)

    def __next__(self) -> Any:
        try:
            batch = self._next_data()
        except StopIteration:
            self.position.finished = not self.position.pending
            raise
        self.position.num_yielded += 1
        if self.promised_length is not None and self.position.num_yielded > self.promised_length:
            self._warn_of_length()
        return batch

    def _next_data(self) -> Any:
        raise NotImplementedError

    def __getstate__(self) -> NoReturn:
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)

    def _warn_of_length(self) -> None:
        message = (
            f"Length of IterableDataset {self.dataset} was reported to be "
            f"{self.promised_length}(when accessing len(dataloader)), but "
            f"{self.position.num_yielded} samples have been fetched. "
        )
        if self.num_workers > 0:
            message += (
                "For multiprocessing data-loading, this could be caused by not properly "
                "configuring the IterableDataset replica at each worker. Please see "
                "https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for "
                "examples."
            )
        warnings.warn(message, stacklevel=3)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """Fetches each batch when it is asked for."""

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        if self.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        if self.is_stream:  # its place is found by reading it again, batch by batch
            saved = None if self.resumed is None else self.resumed["stream"]
            with self._replaying():
                self.position.stream = Replayable(self._new_stream, self.generators, saved)
        else:
            self.fetch = fetcher(self.dataset, *self.fetch_options)

    def _new_stream(self) -> Iterator[Any]:
        return map(fetcher(self.dataset, *self.fetch_options), self._new_sampler())

    def _next_data(self) -> Any:
        if self.position.stream is not None:
            return next(self.position.stream)
        return self.fetch(next(self.position.sampler))


class _MultiProcessingDataLoaderIter(_BaseDataLoaderIter):
    """Hands numbered tasks to workers in turn, and yields the batches in the order of the tasks.

    A task is pending until its batch is yielded, and every task is answered once.

    Attributes:
        answers: what was received ahead of its turn: for each task the batch, and where the
            worker's random generators stood after it.
        shut_down: the workers have been stopped, or are being.
    """

    def __init__(self, loader: DataLoader[Any]) -> None:
        super().__init__(loader)
        self.prefetch_factor = loader.prefetch_factor or 0
        if self.prefetch_factor <= 0:
            raise AssertionError(
                "prefetch_factor must be greater than 0 for MultiProcessingDataLoaderIter"
            )
        self.in_order = loader.in_order
        self.persistent_workers = loader.persistent_workers
        self.shut_down = False
        self.answers: dict[int, tuple[Any, dict[int, Place]]] = {}
        self.workers: list[WorkerProcess] = []
        self._stop = weakref.finalize(self, stop_workers, self.workers, os.getpid())
        job = Job(
            self.dataset,
            self.fetch_options,
            loader.worker_init_fn,
            self.num_workers,
            self.position.base_seed,
        )
        context = loader.multiprocessing_context or multiprocessing.get_context()
        for worker_id in range(self.num_workers):
            start = self._start_of(worker_id)
            self.workers.append(WorkerProcess(context, job, worker_id, start))
        if self.resumed is None:
            self._prefetch()
            return
        for number, worker_id in self.position.pending.items():
            self.workers[worker_id].send(number, self.position.sampler.again.pop(number))

    def _start_of(self, worker_id: int) -> Start:
        """What a worker has to know to continue another's work."""
        position = self.position
        skipped: list[Any] = []
        if self.is_stream and position.answers[worker_id]:
            skipped = [next(self._new_sampler())] * position.answers[worker_id]
        return Start(position.places[worker_id], skipped)

    def _reset(self, loader: DataLoader[Any]) -> None:
        """Start the next epoch with the same workers. Unlike the first, it draws no new seed."""
        for worker in self.workers:
            worker.send(None, None)
        while any(worker.num_unanswered for worker in self.workers):  # an epoch left early
            self._receive()
        self.answers.clear()
        old = self.position
        sampler = Replayable(self._new_sampler, self.generators)
        self.position = loader._position = Position(old.base_seed, sampler, self.num_workers)
        self.position.places = old.places
        self.promised_length = loader._promised_length
        self._prefetch()

    def _prefetch(self) -> None:
        for _ in range(self.prefetch_factor * self.num_workers):
            self._try_put_index()

    def _try_put_index(self) -> None:
        """Give the next index to the next worker that has data left."""
        position = self.position
        try:
            index = next(position.sampler)
        except StopIteration:
            return
        worker_id = self._next_worker()
        if worker_id is None:
            return
        self.workers[worker_id].send(position.next_task, index)
        position.pending[position.next_task] = worker_id
        position.next_task += 1

    def _next_worker(self) -> int | None:
        position = self.position
        for _ in range(self.num_workers):
            worker_id = position.turn
            position.turn = (position.turn + 1) % self.num_workers
            if position.has_data[worker_id] and (self.in_order or self._has_time(worker_id)):
                return worker_id
        return None

    def _has_time(self, worker_id: int) -> bool:
        tasks = sum(worker == worker_id for worker in self.position.pending.values())
        most = self.prefetch_factor * self.num_workers // sum(self.position.has_data)
        return tasks < most

    def _next_data(self) -> Any:
        position = self.position
        while position.pending and not self.shut_down:
            number = next(iter(position.pending))  # the oldest: dicts keep their order
            while not self.answers or (self.in_order and number not in self.answers):
                self._receive()
            if not self.in_order:
                number = next(iter(self.answers))
            batch, places = self.answers.pop(number)
            worker_id = position.pending.pop(number)
            position.answers[worker_id] += 1
            position.places[worker_id].update(places)
            if isinstance(batch, EndOfData):
                if position.has_data[worker_id]:
                    position.has_data[worker_id] = False
                    self._try_put_index()
                continue
            self._try_put_index()
            if isinstance(batch, ExceptionWrapper):
                batch.reraise()
            return batch
        if not self.persistent_workers:
            self._shutdown_workers()
        raise StopIteration

    def _receive(self) -> None:
        """Wait for the next answer, of whichever worker.

        Raises:
            RuntimeError: a worker has died, or none has answered within ``timeout`` seconds.
        """
        try:
            answers = wait_for_answers(self.workers, self.timeout or None)
        except RuntimeError:
            self._shutdown_workers()
            raise
        if not answers:
            raise RuntimeError(f"DataLoader timed out after {self.timeout} seconds")
        for worker_id, number, answer in answers:
            if number is None:  # the worker begins again
                self.position.places[worker_id] = answer[1]
            else:
                self.answers[number] = answer

    def _shutdown_workers(self) -> None:
        self.shut_down = True
        self._stop()


def _warn_of_pinning(loader: DataLoader[Any]) -> None:
    if loader.pin_memory_device:
        warnings.warn(
            "pin_memory_device is deprecated, the current accelerator will be used as the device,"
            f"ignore pin_memory_device='{loader.pin_memory_device}'.",
            stacklevel=6,
        )
    warnings.warn(
        "'pin_memory' argument is set as true but no accelerator is found, then device pinned "
        "memory won't be used.",
        stacklevel=6,
    )
