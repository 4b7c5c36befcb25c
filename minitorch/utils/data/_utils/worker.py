"""What a worker process of the data loader does.

Mirrors torch/utils/data/_utils/worker.py and ExceptionWrapper of torch/_utils.py. Torch's workers
talk through queues that they share; here each has a pipe of its own, so that the death of one
shows at once, as the end of its pipe.
"""

from __future__ import annotations

import queue
import random
import threading
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from minitorch.backends.cpu import set_num_threads
from minitorch.random import manual_seed
from minitorch.utils.data._utils.fetch import Fetch, fetcher
from minitorch.utils.data.dataset import Dataset, IterableDataset

__all__ = ["EndOfData", "ExceptionWrapper", "WorkerInfo", "get_worker_info", "worker_loop"]


@dataclass(frozen=True)
class WorkerInfo:
    """What a worker knows of itself: ``id`` (from 0), ``num_workers``, ``seed``, ``dataset``."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """Which worker this process is; None in the process that made the data loader."""
    return _worker_info


@dataclass(frozen=True)
class EndOfData:
    """Sent instead of a batch when this worker's stream has ended."""


class ExceptionWrapper:
    """An exception on its way to another process, where it is raised with its first traceback."""

    def __init__(self, exception: BaseException, where: str) -> None:
        self.exc_type = type(exception)
        self.exc_msg = "".join(traceback.format_exception(exception))
        self.where = where

    def reraise(self) -> None:
        """Raise an exception of the same type, or a RuntimeError if that takes no message."""
        message = f"Caught {self.exc_type.__name__} {self.where}.\nOriginal {self.exc_msg}"
        if self.exc_type is KeyError:
            message = _ShownAsItIs(message)
        try:
            exception = self.exc_type(message)
        except Exception:
            exception = RuntimeError(message)
        raise exception


class _ShownAsItIs(str):
    """A KeyError shows the ``repr`` of its message, which would write a traceback in one line."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def worker_loop(
    worker_id: int,
    num_workers: int,
    base_seed: int,
    dataset: Dataset[Any],
    fetch_options: tuple[Any, ...],
    init_fn: Callable[[int], None] | None,
    connection: Connection,
    inherited: Iterable[Connection],
) -> None:
    """Answer each ``(task, index)`` with ``(task, batch)`` until None comes, or the pipe is closed.

    A task of None asks to begin the data set again.

    Args:
        fetch_options: the arguments of ``fetcher`` after the data set.
        inherited: the parent's ends of pipes, which a forked process holds too, to be closed.
    """
    global _worker_info
    for other in inherited:
        other.close()
    where = f"in DataLoader worker process {worker_id}"
    # A forked process has none of OpenMP's threads, and GNU's OpenMP aborts when it looks for them:
    # kernels run sequentially here. torch gives each worker one thread as well.
    set_num_threads(1)
    seed = base_seed + worker_id
    _seed_all(base_seed, worker_id)
    _worker_info = WorkerInfo(worker_id, num_workers, seed, dataset)
    failure: ExceptionWrapper | None = None
    fetch: Fetch | None = None
    try:
        if init_fn is not None:
            init_fn(worker_id)
    except Exception as error:
        failure = ExceptionWrapper(error, where)
    tasks: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(connection, tasks), daemon=True).start()
    try:
        while (message := tasks.get()) is not None:
            task, index = message
            if task is None:
                fetch = None
                continue
            result: Any = failure
            if failure is None:
                try:
                    fetch = fetch or fetcher(dataset, *fetch_options)
                    result = fetch(index)
                except StopIteration as error:
                    stream = isinstance(dataset, IterableDataset)
                    result = EndOfData() if stream else ExceptionWrapper(error, where)
                except Exception as error:
                    result = ExceptionWrapper(error, where)
            _send(connection, task, result, where)
    except (KeyboardInterrupt, BrokenPipeError):
        pass  # the parent was interrupted too, or has gone


def _receive(connection: Connection, tasks: queue.SimpleQueue[Any]) -> None:
    """Move tasks from the pipe to a queue, and None when the parent has closed its end.

    In a thread, so that the pipe never fills: the parent could wait for room in it while the worker
    waits for the parent to take a batch.
    """
    try:
        while True:
            tasks.put(connection.recv())
    except (EOFError, OSError):
        tasks.put(None)


def _send(connection: Connection, task: int, result: Any, where: str) -> None:
    try:
        connection.send((task, result))
    except BrokenPipeError:
        raise
    except Exception as error:  # the batch, or the type of the exception, cannot be pickled
        failure = ExceptionWrapper(error, where)
        failure.exc_type = RuntimeError
        connection.send((task, failure))


def _seed_all(base_seed: int, worker_id: int) -> None:
    """Seed Python's, minitorch's and NumPy's generators, each as torch does."""
    random.seed(base_seed + worker_id)
    manual_seed(base_seed + worker_id)
    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    np.random.seed(np.random.SeedSequence(words).generate_state(4))
