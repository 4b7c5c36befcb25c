"""A worker process as the data loader sees it: started, given tasks, read, stopped, mourned.

Mirrors torch/utils/data/_utils/signal_handling.py. Torch learns of a worker's death by a signal,
SIGCHLD, that it handles for the whole program; here the end of the worker's pipe tells of it.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
import warnings
import weakref
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from pickle import PicklingError
from typing import Any

from minitorch.utils.data._utils.exceptions import ExceptionWrapper
from minitorch.utils.data._utils.shared_memory import Receiver, UnreadableMessage
from minitorch.utils.data._utils.worker import (
    SECONDS_BETWEEN_CHECKS,
    SECONDS_TO_STOP,
    Job,
    Start,
    worker_loop,
)

__all__ = ["WorkerProcess", "stop_workers", "wait_for_answers"]

# This process's ends of all pipes to workers. A forked worker inherits them, and closes them: only
# when all copies of this end are closed does a pipe tell its worker that nobody listens any more.
_open_connections: weakref.WeakSet[Any] = weakref.WeakSet()


class WorkerProcess:
    """A process that runs ``worker_loop``, and this side of the pipe to it.

    Attributes:
        num_unanswered: how many tasks it was sent and has not answered.
    """

    def __init__(self, context: Any, job: Job, worker_id: int, start: Start) -> None:
        self.worker_id = worker_id
        self.connection, theirs = context.Pipe()
        _open_connections.add(self.connection)
        forked = context.get_start_method() == "fork"
        inherited = tuple(_open_connections) if forked else ()
        self.process = context.Process(
            target=worker_loop, args=(job, worker_id, start, theirs, inherited), daemon=True
        )
        try:
            self.process.start()
        except (TypeError, AttributeError, PicklingError):
            warnings.warn(
                "Got pickle error when attempting to start a worker Process. This might be because "
                "the worker Process arguments are not picklable. Python 3.14+ changed the "
                "multiprocessing start method in non-Mac POSIX platforms to 'forkserver', which "
                "requires the worker Process arguments to be picklable. You can also try "
                "multiprocessing.set_start_method('fork').",
                stacklevel=2,
            )
            raise
        finally:
            theirs.close()
        self.receiver = Receiver(self.connection)
        self.num_unanswered = 0

    def send(self, number: int | None, index: Any) -> None:
        """Hand over a task; to one that has died, in vain."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError), self._undivided():
            self.connection.send((number, index, self.receiver.num_read))
        self.num_unanswered += 1

    def receive(self) -> tuple[Any, Any]:
        """The number of a task and the answer.

        Raises:
            EOFError, ConnectionResetError: the worker has died.
        """
        self.num_unanswered -= 1
        try:
            with self._undivided():
                return self.receiver.receive()
        except UnreadableMessage as error:
            cause = error.__cause__ or error
            return error.number, (ExceptionWrapper(cause, "in the main process, reading it"), {})

    @contextlib.contextmanager
    def _undivided(self) -> Iterator[None]:
        """A message of which half has crossed the pipe when the user interrupts the program makes
        the pipe useless: better no worker than one that waits for the rest.
        """
        try:
            yield
        except (KeyboardInterrupt, SystemExit):
            self.process.kill()
            raise

    def cause_of_death(self) -> RuntimeError | None:
        """What is known of it."""
        pid, code = self.process.pid, self.process.exitcode
        if not code:
            return None
        if code > 0:
            return RuntimeError(
                f"DataLoader worker (pid {pid}) exited unexpectedly with exit code {code}. Details "
                "are lost due to multiprocessing. Rerunning with num_workers=0 may give better "
                "error trace."
            )
        words = f"DataLoader worker (pid {pid}) is killed by signal: {signal.strsignal(-code)}. "
        if -code == signal.SIGBUS:
            words += (
                "It is possible that dataloader's workers are out of shared memory. Please try to "
                "raise your shared memory limit."
            )
        return RuntimeError(words)


def wait_for_answers(
    workers: Sequence[WorkerProcess], timeout: float | None
) -> list[tuple[int, Any, Any]]:
    """(worker id, task number, answer) of all answers that have come; none after so many seconds.

    Raises:
        RuntimeError: a worker has died.
    """
    by_connection = {worker.connection: worker for worker in workers}
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    answers: list[tuple[int, Any, Any]] = []
    while not answers and time.monotonic() < deadline:
        # Without end, but not without a look at the workers: their children may hold a pipe open.
        patience = min(SECONDS_BETWEEN_CHECKS, deadline - time.monotonic())
        for connection in wait(list(by_connection), patience):
            worker = by_connection[connection]
            try:
                answers.append((worker.worker_id, *worker.receive()))
            except (EOFError, ConnectionResetError):
                worker.process.join(SECONDS_TO_STOP)
                _report_deaths([worker])
        if not answers:
            _report_deaths([worker for worker in workers if not worker.process.is_alive()])
    return answers


def _report_deaths(dead: Sequence[WorkerProcess]) -> None:
    if dead:
        pids = ", ".join(str(worker.process.pid) for worker in dead)
        cause = dead[0].cause_of_death()
        raise RuntimeError(f"DataLoader worker (pid(s) {pids}) exited unexpectedly") from cause


def stop_workers(workers: Sequence[WorkerProcess], owner: int) -> None:
    """Tell the workers to end, and wait for them; called once, at exit at last."""
    if os.getpid() != owner:  # a forked process has a copy of the iterator, but not its workers
        return
    for worker in workers:
        with contextlib.suppress(OSError):
            worker.connection.send(None)  # processes that the user forked may keep the pipe open
        worker.connection.close()
    for worker in workers:
        worker.process.join(SECONDS_TO_STOP)
        for stop in (worker.process.terminate, worker.process.kill):
            if worker.process.is_alive():
                stop()
                worker.process.join(SECONDS_TO_STOP)
