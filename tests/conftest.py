"""How torch runs beside us: in one thread, and seeded on the CPU alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch


def seed_the_cpu(seed: int) -> torch.Generator:
    """``torch.manual_seed`` also keeps the seed for CUDA, XPU and MTIA, each with the formatted
    call stack, which is deep under pytest: a sixth of the time of the layers' tests.
    """
    return torch.default_generator.manual_seed(int(seed))


@pytest.fixture(scope="session", autouse=True)
def lean_torch() -> Iterator[None]:
    """``pytest -n 2`` fills two cores. Threads of torch beside them wait for each other, spinning:
    70 % of the CPU time that the layers' tests took.
    """
    seed_all_devices, threads = torch.manual_seed, torch.get_num_threads()
    torch.manual_seed = seed_the_cpu
    torch.set_num_threads(1)
    yield
    torch.manual_seed = seed_all_devices
    torch.set_num_threads(threads)
