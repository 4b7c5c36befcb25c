"""Batches fetched by worker processes: torch's batches, and an end to every process and memory."""

from __future__ import annotations

import ctypes
import faulthandler
import functools
import gc
import itertools
import multiprocessing
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.utils.data

import minitorch
from minitorch.utils import data
from minitorch.utils.data._utils import worker, worker_process
from tests.parity import assert_same
from tests.test_data import both, counting, generator, pairs, plain

pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create")


# --------------------------------------------------------------------------- the same batches


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


def test_worker_init_fn() -> None:
    def init(worker_id: int) -> None:
        np.random.seed(worker_id)

    loader = data.DataLoader(
        Randoms(minitorch), num_workers=2, collate_fn=list, worker_init_fn=init
    )
    numbers = {batch[0][3]: batch[0][1] for batch in itertools.islice(loader, 2)}
    assert numbers == {i: np.random.RandomState(i).rand() for i in range(2)}


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_other_ways_to_start_a_worker(method: str) -> None:
    loader = data.DataLoader(
        pairs(minitorch), 4, shuffle=True, num_workers=1, multiprocessing_context=method
    )
    minitorch.manual_seed(0)
    batches = plain(list(loader))
    minitorch.manual_seed(0)
    assert batches == plain(list(data.DataLoader(pairs(minitorch), 4, shuffle=True)))


def test_batches_as_they_are_finished() -> None:
    """Torch's answer depends on which worker is the faster one."""

    class Slow:
        def __len__(self) -> int:
            return 8

        def __getitem__(self, index: int) -> int:
            time.sleep(0.5 if index == 0 else 0)
            return index

    loader = data.DataLoader(Slow(), None, num_workers=2, in_order=False)
    order = list(loader)
    assert sorted(order) == list(range(8))
    assert order.index(0) > 2


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


# --------------------------------------------------------------------------- shared memory

LARGE = 40_000  # elements: enough to travel through shared memory, whatever their type
CROSSING: dict[str, Callable[[Any], Any]] = {
    **{
        name: lambda t, name=name: t.ones(LARGE).to(getattr(t, name))
        for name in ("float64", "bool", "complex64", "int8")
    },
    "bfloat16": lambda t: t.ones(LARGE).bfloat16().view(t.int16),
    "small": lambda t: t.arange(3),
    "empty": lambda t: t.ones(0, 3),
    "0-dim": lambda t: t.tensor(2.5),
    "transposed": lambda t: t.arange(LARGE).reshape(200, -1).t(),
    "channels last": lambda t: (
        t.arange(LARGE).reshape(2, 4, 50, 100).contiguous(memory_format=t.channels_last)
    ),
    "leaf": lambda t: t.ones(LARGE, requires_grad=True),
    "parameter": lambda t: t.nn.Parameter(t.ones(LARGE)),
    "array": lambda t: np.arange(LARGE),
    "transposed array": lambda t: np.arange(LARGE).reshape(200, -1).T,
    "structure": lambda t: {"a": (t.ones(LARGE), [t.zeros(2), "text"]), "b": np.ones(LARGE)},
    "one tensor twice": lambda t: (lambda x: [x, x])(t.ones(LARGE)),
}


@pytest.mark.parametrize("name", CROSSING)
def test_what_crosses_the_border(name: str) -> None:
    def crossed(t: Any) -> Any:
        loader = t.utils.data.DataLoader([0], num_workers=1, collate_fn=lambda _: CROSSING[name](t))
        return next(iter(loader))

    assert_same(crossed)


def test_only_what_a_tensor_shows_crosses_the_border() -> None:
    """Not the memory behind it: an example may be a view of the whole data set."""
    everything = minitorch.zeros(50, LARGE)
    examples = next(iter(data.DataLoader(everything, 2, num_workers=1, collate_fn=list)))
    assert [x.untyped_storage().nbytes() for x in examples] == [4 * LARGE] * 2
    column = data.DataLoader([0], None, num_workers=1, collate_fn=lambda _: everything[:, 3])
    (with_gaps,) = column
    assert with_gaps.untyped_storage().nbytes() == 4 * 50


def test_what_needs_gradients_does_not_cross_the_border() -> None:
    leaf = minitorch.ones(2, requires_grad=True)
    loader = data.DataLoader([0], num_workers=1, collate_fn=lambda _: leaf * 2)
    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor"):
        next(iter(loader))


def test_batches_that_grow_and_shrink() -> None:
    """A worker needs larger memory, and uses it again; no batch is written over."""

    class Growing:
        def __len__(self) -> int:
            return 24

        def __getitem__(self, index: int) -> Any:
            return minitorch.full((20_000 * (1 + index * 7 % 5),), index)

    loader = data.DataLoader(Growing(), batch_size=None, num_workers=2, prefetch_factor=3)
    batches = []
    for batch in loader:
        batches.append(batch)
        batches[0].zero_()
    assert [len(batch) // 20_000 for batch in batches] == [1 + i * 7 % 5 for i in range(24)]
    assert all((batch == i).all() for i, batch in enumerate(batches))


def test_batches_larger_than_a_pipe_do_not_block() -> None:
    dataset = data.TensorDataset(minitorch.zeros(40_000, 10))
    loader = data.DataLoader(dataset, 20_000, num_workers=2, prefetch_factor=4)
    indices = list(range(40_000)) * 3
    many = data.DataLoader(dataset, 20_000, sampler=indices, num_workers=1, prefetch_factor=6)
    assert [len(batch[0]) for batch in loader] == [20_000] * 2
    assert [len(batch[0]) for batch in many] == [20_000] * 6


# --------------------------------------------------------------------------- what goes wrong


class Failing:
    """Fails at one index, in a way of its own."""

    def __init__(self, failure: Callable[[], Any], size: int = 12) -> None:
        self.failure = failure
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, index: int) -> Any:
        return self.failure() if index == 5 else minitorch.full((LARGE,), index)


class Peculiar(Exception):
    def __init__(self, number: int, text: str) -> None:
        super().__init__(f"{number} {text}")


class WithMessage(Exception):
    message = "none"

    def __init__(self, message: str) -> None:
        super().__init__(message)


FAILURES = [
    ValueError("five"),
    KeyError("five"),
    Peculiar(5, "five"),
    WithMessage("five"),
    StopIteration(),
]


class FailingAlways:
    """Each example is another failure."""

    def __len__(self) -> int:
        return len(FAILURES)

    def __getitem__(self, index: int) -> Any:
        raise FAILURES[index]


def test_exceptions_reach_the_parent() -> None:
    """One after the other: the epoch goes on."""
    caught: dict[Any, list[Any]] = {torch: [], minitorch: []}
    for library, failures in caught.items():
        iterator = iter(library.utils.data.DataLoader(FailingAlways(), num_workers=1))
        for _ in FAILURES:
            with pytest.raises(Exception) as info:
                next(iterator)
            lines = str(info.value).splitlines()
            failures.append((info.type, lines[:2], lines[-1], "in __getitem__" in lines[-2]))
        assert list(iterator) == []
    assert caught[torch] == caught[minitorch]
    assert caught[torch][0][1][0] == "Caught ValueError in DataLoader worker process 0."


def test_a_failing_worker_init_fn() -> None:
    def init(worker_id: int) -> None:
        raise ValueError(f"no {worker_id}")

    with pytest.raises(ValueError, match="no 0") as info:
        next(iter(data.DataLoader([1], num_workers=1, worker_init_fn=init)))
    first_line = str(info.value).splitlines()[0]
    assert first_line == "Caught ValueError in DataLoader worker process 0."


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def crash() -> None:
    faulthandler.disable()  # pytest's, which would print many lines
    ctypes.string_at(0)


DEATHS: dict[str, tuple[Callable[[], Any], str | None]] = {
    "killed": (kill, r"DataLoader worker \(pid \d+\) is killed by signal: Killed\. $"),
    "crashed": (crash, r"is killed by signal: Segmentation fault\. $"),
    "left": (
        functools.partial(os._exit, 3),
        r"exited unexpectedly with exit code 3\. Details are lost due to multiprocessing\. "
        r"Rerunning with num_workers=0 may give better error trace\.$",
    ),
    "sys.exit": (functools.partial(sys.exit, 2), r"exited unexpectedly with exit code 2\. "),
    "left silently": (functools.partial(os._exit, 0), None),
}


@pytest.mark.parametrize("name", DEATHS)
def test_a_worker_that_dies_is_an_error(name: str) -> None:
    failure, words = DEATHS[name]
    loader = data.DataLoader(
        Failing(failure), 2, num_workers=2, persistent_workers=name == "killed"
    )
    start = time.monotonic()
    for _ in range(2):  # another epoch starts with new workers
        with pytest.raises(RuntimeError, match=r"worker \(pid\(s\) \d+\) exited unexpected") as e:
            list(loader)
        cause = e.value.__cause__
        if words is None:
            assert cause is None
        else:
            assert re.search(words, str(cause))
    assert time.monotonic() - start < 5


def test_a_killed_worker_leaves_the_position() -> None:
    loader = data.DataLoader(Failing(kill), 2, num_workers=1, prefetch_factor=2)
    iterator = iter(loader)
    assert [len(next(iterator)) for _ in range(2)] == [2, 2]
    with pytest.raises(RuntimeError):
        next(iterator)
    epoch = loader.state_dict()["epoch"]
    assert epoch["num_yielded"] == 2 and list(epoch["pending"]) == [2, 3]
    assert list(iterator) == []


def test_a_worker_whose_pipe_is_held_open_by_its_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its end does not show at the pipe then."""
    monkeypatch.setattr(worker_process, "SECONDS_BETWEEN_CHECKS", 0.1)

    def die_after_fork() -> None:
        if os.fork() == 0:
            time.sleep(1)
            os._exit(0)
        kill()

    loader = data.DataLoader(Failing(die_after_fork), 2, num_workers=1)
    with pytest.raises(RuntimeError, match="exited unexpectedly"):
        list(loader)


def test_what_cannot_be_pickled_is_an_error() -> None:
    loader = data.DataLoader([1], num_workers=1, collate_fn=lambda batch: lambda: batch)
    with pytest.raises(RuntimeError, match="in DataLoader worker process 0"):
        list(loader)


class Unreadable:
    def __reduce__(self) -> Any:
        return len, (3,)


def test_what_cannot_be_unpickled_is_an_error() -> None:
    loader = data.DataLoader(
        [0, 1], None, num_workers=1, collate_fn=lambda i: i if i else Unreadable()
    )
    iterator = iter(loader)
    with pytest.raises(TypeError, match="Caught TypeError in the main process"):
        next(iterator)
    assert list(iterator) == [1]


def test_timeout() -> None:
    loader = data.DataLoader(Failing(lambda: time.sleep(1)), 6, num_workers=1, timeout=0.2)
    iterator = iter(loader)
    with pytest.raises(RuntimeError, match=r"DataLoader timed out after 0\.2 seconds"):
        next(iterator)


# --------------------------------------------------------------------------- nothing is left


def resources() -> tuple[Any, ...]:
    """Processes, open files and pieces of shared memory of this process."""
    gc.collect()
    maps = Path("/proc/self/maps").read_text().splitlines()
    return (
        {process.pid for process in multiprocessing.active_children()},
        len(os.listdir("/proc/self/fd")),
        sum("memfd:minitorch" in line for line in maps),
        sorted(os.listdir("/dev/shm")),
    )


def exhausted(loader: Any) -> None:
    assert len(list(loader)) == len(loader)


def left_early(loader: Any) -> None:
    for _ in loader:
        break


def dropped(loader: Any) -> None:
    iterator = iter(loader)
    next(iterator)
    del iterator


def never_read(loader: Any) -> None:
    iter(loader)


class TakingASecond(data.Dataset[int]):
    def __len__(self) -> int:
        return 100

    def __getitem__(self, index: int) -> int:
        time.sleep(1)
        return index


def interrupted(loader: Any) -> None:
    """By Ctrl-C, while it waits for its workers."""

    def press_ctrl_c(*_: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, press_ctrl_c)
    signal.setitimer(signal.ITIMER_REAL, 0.5)
    persistent = loader.persistent_workers
    with pytest.raises(KeyboardInterrupt):
        list(data.DataLoader(TakingASecond(), num_workers=2, persistent_workers=persistent))


def failed(loader: Any) -> None:
    with pytest.raises(ValueError):
        list(data.DataLoader(FailingAlways(), 2, num_workers=2))


def killed(loader: Any) -> None:
    with pytest.raises(RuntimeError):
        list(data.DataLoader(Failing(kill), 2, num_workers=2))


def in_a_circle(loader: Any) -> None:
    iterator: Any = iter(loader)
    next(iterator)
    iterator.myself = iterator


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("end", [exhausted, left_early, interrupted, in_a_circle])
def test_nothing_is_left_of_an_epoch(end: Callable[[Any], None], persistent: bool) -> None:
    check_that_nothing_is_left(end, persistent)


@pytest.mark.parametrize("end", [dropped, never_read, failed, killed])
def test_nothing_is_left(end: Callable[[Any], None]) -> None:
    check_that_nothing_is_left(end, False)


def check_that_nothing_is_left(end: Callable[[Any], None], persistent: bool) -> None:
    before = resources()
    loader = data.DataLoader(
        data.TensorDataset(minitorch.zeros(20, LARGE)),
        num_workers=2,
        persistent_workers=persistent,
    )
    end(loader)
    del loader
    assert resources() == before


def test_workers_end_with_their_iterator() -> None:
    loader = data.DataLoader(pairs(minitorch), num_workers=2)
    iterator: Any = iter(loader)
    next(iterator)
    processes = [worker.process for worker in iterator.workers]
    assert all(process.is_alive() for process in processes)
    del iterator
    assert not any(process.is_alive() for process in processes)


def test_a_stopped_worker_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "SECONDS_TO_STOP", 0.1)
    iterator: Any = iter(data.DataLoader(pairs(minitorch), num_workers=1))
    (process,) = [worker.process for worker in iterator.workers]
    os.kill(process.pid, signal.SIGSTOP)
    del iterator
    assert process.exitcode == -signal.SIGKILL


PROGRAM = """
    import os, signal, sys, time
    import minitorch

    class Numbers:
        def __len__(self):
            return 100_000

        def __getitem__(self, index):
            return minitorch.zeros(10_000)

    iterator = iter(minitorch.utils.data.DataLoader(Numbers(), 4, num_workers=2))
    for _ in range(3):
        next(iterator)
    print(*[worker.process.pid for worker in iterator.workers], flush=True)
    {end}
    for batch in iterator:
        pass
"""
ENDS = {
    "exit": ("sys.exit(0)", 0),
    "kill": ("os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    "interrupt": ("os.killpg(0, signal.SIGINT)", -signal.SIGINT),
}


@pytest.mark.parametrize("name", ENDS)
def test_workers_end_with_the_program(name: str) -> None:
    end, code = ENDS[name]
    program = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROGRAM).replace("{end}", end)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        cwd=Path(__file__).parent.parent,
    )
    output, errors = program.communicate(timeout=60)  # ends when the workers have closed theirs
    assert program.returncode == code
    assert errors.count("Traceback") == (1 if name == "interrupt" else 0), errors
    for pid in output.split():
        stat = Path(f"/proc/{pid}/stat")
        assert not stat.exists() or ") Z " in stat.read_text()  # dead, though nobody has asked


def test_a_worker_notices_that_its_parent_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its pipe is open, because the parent had other children."""
    monkeypatch.setattr(worker, "SECONDS_BETWEEN_CHECKS", 0.05)
    inbox_end, other_end = multiprocessing.Pipe()
    reader, writer = os.pipe()
    if os.fork() == 0:  # the parent
        if os.fork() == 0:  # the worker
            inbox = worker._Inbox(inbox_end)
            os.write(writer, b"begun")
            os.write(writer, str(inbox.next()).encode())
            os._exit(0)
        time.sleep(0.2)
        os._exit(0)
    assert os.read(reader, 5) == b"begun"
    assert os.read(reader, 4) == b"None"
    for connection in (inbox_end, other_end):
        connection.close()
    os.close(reader)
    os.close(writer)
