"""How tests run: each library in one thread, torch seeded on the CPU alone, programs that hear Ctrl-C."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
import torch

import minitorch


def seed_the_cpu(seed: int) -> torch.Generator:
    """``torch.manual_seed`` also keeps the seed for CUDA, XPU and MTIA, each with the formatted
    call stack, which is deep under pytest: a sixth of the time of the layers' tests.
    """
    return torch.default_generator.manual_seed(int(seed))


@pytest.fixture(scope="session", autouse=True)
def lean_libraries() -> Iterator[None]:
    """``pytest -n 2`` fills two cores. More threads beside them wait for each other, spinning: 70 %
    of the CPU time that the layers' tests took. Tests of threads ask for them.
    """
    seed_all_devices = torch.manual_seed
    threads = [(library, library.get_num_threads()) for library in (torch, minitorch)]
    torch.manual_seed = seed_the_cpu
    for library, _ in threads:
        library.set_num_threads(1)
    yield
    torch.manual_seed = seed_all_devices
    for library, count in threads:
        library.set_num_threads(count)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works() -> None:
    """A job in a shell's background ignores SIGINT, and so do its children; the programs that tests
    start and interrupt must not.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
