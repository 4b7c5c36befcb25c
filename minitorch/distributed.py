"""``distributed`` as a build of torch without it: not available, and this process is alone.

Mirrors torch/distributed/__init__.py.
"""

from __future__ import annotations

from typing import Any, NoReturn


def is_available() -> bool:
    """Whether processes can work together: no."""
    return False


def is_initialized() -> bool:
    """Whether they do: no."""
    return False


def get_rank(group: Any = None) -> int:
    """The number of this process.

    Raises:
        ValueError: there is no group of processes.
    """
    return _no_group()


def get_world_size(group: Any = None) -> int:
    """How many processes there are.

    Raises:
        ValueError: there is no group of processes.
    """
    return _no_group()


def barrier(*args: Any, **kwargs: Any) -> NoReturn:
    """Wait for the other processes.

    Raises:
        ValueError: there is no group of processes.
    """
    _no_group()


all_gather = all_reduce = broadcast = destroy_process_group = reduce = barrier


def init_process_group(*args: Any, **kwargs: Any) -> NoReturn:
    """Raises: RuntimeError: minitorch runs in one process."""
    raise RuntimeError("minitorch has no torch.distributed: it trains in one process")


def _no_group() -> NoReturn:
    raise ValueError(
        "Default process group has not been initialized, please make sure to call "
        "init_process_group."
    )
