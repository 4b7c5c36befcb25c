"""``cpu``: the device interface of the one device that is always there.

Mirrors torch/cpu/__init__.py.
"""

from __future__ import annotations

from typing import Any


def is_available() -> bool:
    """Whether there is a CPU."""
    return True


def device_count() -> int:
    """How many devices the CPUs count as: 1."""
    return 1


def current_device() -> str:
    """The name of the device."""
    return "cpu"


def set_device(device: Any) -> None:
    """Nothing to choose."""


def synchronize(device: Any = None) -> None:
    """Nothing to wait for: every operation is done when it returns."""
