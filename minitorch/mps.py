"""``mps`` as a build of torch away from Apple's GPUs has it: not available.

Mirrors torch/mps/__init__.py.
"""

from __future__ import annotations

from typing import NoReturn


def is_available() -> bool:
    """Whether there is a device: no."""
    return False


def device_count() -> int:
    """How many devices there are: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the device's generator, if there is one."""


def empty_cache() -> NoReturn:
    """Raises: RuntimeError: there is no device."""
    raise RuntimeError("Cannot execute emptyCache() without MPS backend.")


def synchronize() -> NoReturn:
    """Raises: RuntimeError: there is no device."""
    raise RuntimeError("Cannot execute deviceSynchronize() without MPS backend.")


def current_allocated_memory() -> NoReturn:
    """Raises: RuntimeError: there is no device."""
    raise RuntimeError("Cannot execute getCurrentAllocatedMemory() without MPS backend.")
