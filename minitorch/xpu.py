"""``xpu`` as a build of torch without Intel's GPUs has it: there are no devices.

Mirrors torch/xpu/__init__.py.
"""

from __future__ import annotations

from typing import Any, NoReturn


def is_available() -> bool:
    """Whether there is a device: no."""
    return False


def device_count() -> int:
    """How many devices there are: 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Seed the device's generator, if there is one."""


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Give unused memory of the device back."""


def _needs_device(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise torch's error.

    Raises:
        AssertionError: always.
    """
    raise AssertionError("Torch not compiled with XPU enabled")


current_device = set_device = synchronize = get_device_name = get_device_properties = _needs_device
