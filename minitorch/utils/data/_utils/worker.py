"""What a worker process of the data loader does.

Mirrors torch/utils/data/_utils/worker.py. Torch's workers share one queue for their batches; here
each has a pipe of its own, so that the death of one shows at once, as the end of its pipe. Left
out: threads as workers, data pipes.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from minitorch.backends.cpu import set_num_threads
from minitorch.random import default_generator
from minitorch.utils.data._utils.exceptions import ExceptionWrapper
from minitorch.utils.data._utils.fetch import Fetch, fetcher
from minitorch.utils.data._utils.position import generators_of
from minitorch.utils.data._utils.random_state import Place, put_all, seed_worker, watched
from minitorch.utils.data._utils.shared_memory import Sender
from minitorch.utils.data.dataset import Dataset, IterableDataset

__all__ = ["EndOfData", "Job", "Start", "WorkerInfo", "get_worker_info", "worker_loop"]

SECONDS_BETWEEN_CHECKS = 5.0  # that the parent is alive
SECONDS_TO_STOP = 5.0  # that a worker may take to finish what it does when nobody needs it any more


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """What a worker knows of itself: ``id`` (from 0), ``num_workers``, ``seed``, ``dataset``.

    ``rng`` and ``worker_method`` are there for torch's workers that are threads.
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: Any = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker this process is; None in the process that made the data loader."""
    return _worker_info


@dataclass(frozen=True)
class EndOfData:
    """Sent instead of a batch when this worker's stream has ended."""


@dataclass(frozen=True)
class Job:
    """What all workers of a loader are told.

    Attributes:
        fetch_options: the arguments of ``fetcher`` after the data set.
    """

    dataset: Dataset[Any]
    fetch_options: tuple[Any, ...]
    init_fn: Callable[[int], None] | None
    num_workers: int
    base_seed: int


@dataclass(frozen=True)
class Start:
    """Where a worker takes over from one that did the same job.

    Attributes:
        places: where its generators stood, by number; empty at the very beginning.
        skipped: the indices of the batches of a stream that were fetched since then.
    """

    places: dict[int, Place]
    skipped: Sequence[Any]


def worker_loop(
    job: Job,
    worker_id: int,
    start: Start,
    connection: Connection,
    inherited: Iterable[Connection],
) -> None:
    """Answer each task ``(number, index, num_read)`` with ``(number, (batch, places))``.

    A number of None asks to begin the data set again; it is answered too. None instead of a task,
    or the end of the pipe, is the end.

    Args:
        inherited: the parent's ends of pipes, which a forked process holds too, to be closed.
    """
    for other in inherited:
        other.close()
    # The parent was interrupted too, or has gone, if these come.
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError, ConnectionResetError):
        inbox = _Inbox(connection)
        worker = _Worker(job, worker_id, start)
        sender = Sender(connection)
        while (message := inbox.next()) is not None:
            number, index, num_read = message
            sender.release(num_read)
            batch, places = worker.begin() if number is None else worker.fetch(index)
            try:
                sender.send(number, (batch, places))
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:  # what cannot be pickled
                failure = ExceptionWrapper(error, worker.where)
                failure.exc_type = RuntimeError
                sender.send(number, (failure, places))


class _Worker:
    """Fetches batches, and keeps an account of the random numbers drawn for them."""

    def __init__(self, job: Job, worker_id: int, start: Start) -> None:
        global _worker_info
        self.job = job
        self.where = f"in DataLoader worker process {worker_id}"
        self.is_stream = isinstance(job.dataset, IterableDataset)
        self.failure: ExceptionWrapper | None = None
        # A forked process has none of OpenMP's threads, and GNU's OpenMP aborts when it looks for
        # them: kernels run sequentially here. torch gives each worker one thread as well.
        set_num_threads(1)
        seed_worker(job.base_seed, worker_id)
        _worker_info = WorkerInfo(
            worker_id, job.num_workers, job.base_seed + worker_id, job.dataset
        )
        try:
            if job.init_fn is not None:
                job.init_fn(worker_id)
        except Exception as error:
            self.failure = ExceptionWrapper(error, self.where)
        own_generators = generators_of(job.dataset)
        self.generators = watched([default_generator, *own_generators], python_and_numpy=True)
        put_all(self.generators, start.places)
        self.places = [generator.ask() for generator in self.generators]
        self.fetcher: Fetch | None = None
        for index in start.skipped:
            self._batch(index)

    def begin(self) -> tuple[None, dict[int, Place]]:
        """Begin the data set again; where the generators stand."""
        self.fetcher = None
        self.places = [generator.ask() for generator in self.generators]
        return None, dict(enumerate(self.places))

    def fetch(self, index: Any) -> tuple[Any, dict[int, Place]]:
        """A batch, or what came in its place, and where the generators stand after it, as far as
        that has changed. (The position in a stream is found by reading it again, from ``begin``.)
        """
        batch = self._batch(index)
        if self.is_stream:
            return batch, {}
        old, self.places = self.places, [generator.ask() for generator in self.generators]
        return batch, {i: new for i, new in enumerate(self.places) if new != old[i]}

    def _batch(self, index: Any) -> Any:
        if self.failure is not None:
            return self.failure
        try:
            if self.fetcher is None:
                self.fetcher = fetcher(self.job.dataset, *self.job.fetch_options)
            return self.fetcher(index)
        except StopIteration as error:
            return EndOfData() if self.is_stream else ExceptionWrapper(error, self.where)
        except Exception as error:
            return ExceptionWrapper(error, self.where)


class _Inbox:
    """The tasks that the pipe has brought.

    A thread takes them out, so that the pipe never fills: the parent could wait for room in it
    while the worker waits for the parent to take a batch. It also notices that the parent has gone.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.closed = False
        self.parent = os.getppid()
        threading.Thread(target=self._fill, daemon=True).start()

    def next(self) -> Any:
        """Wait for the next task; None if there will be none, or none that matters."""
        task = self.tasks.get()
        return None if self.closed else task

    def _fill(self) -> None:
        message: Any = ()
        # The pipe of a parent that has died stays open if it had other children.
        try:
            with contextlib.suppress(EOFError, OSError):
                while message is not None and os.getppid() == self.parent:
                    if self.connection.poll(SECONDS_BETWEEN_CHECKS):
                        message = self.connection.recv()
                        self.tasks.put(message)
        finally:  # after an index too that cannot be unpickled
            self.closed = True
            self.tasks.put(None)
        time.sleep(SECONDS_TO_STOP)
        os._exit(1)  # the worker is still busy: with something that does not end, perhaps
