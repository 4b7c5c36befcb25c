"""``accelerator``: the one interface to whatever device there is beside the CPU. There is none.

Mirrors torch/accelerator/__init__.py.
"""

from __future__ import annotations

from typing import Any, NoReturn


def is_available() -> bool:
    """Whether there is an accelerator: no."""
    return False


def device_count() -> int:
    """How many accelerators there are: 0."""
    return 0


def current_accelerator(check_available: bool = False) -> None:
    """The accelerator's device: None."""
    return None


def _needs_device(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise torch's error.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("Cannot access accelerator device when none is available.")


current_device_index = set_device_index = current_stream = synchronize = _needs_device
