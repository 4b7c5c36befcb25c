"""``multiprocessing``: Python's own. Tensors travel between processes as copies; forked ones share
the memory of ``Tensor.share_memory_``.

Mirrors torch/multiprocessing/__init__.py. Left out: ``spawn``.
"""

from __future__ import annotations

from multiprocessing import *  # noqa: F403


def get_all_sharing_strategies() -> set[str]:
    """How tensors can be shared: not at all."""
    return {"copy"}


def get_sharing_strategy() -> str:
    """How tensors are shared: they are copied."""
    return "copy"


def set_sharing_strategy(new_strategy: str) -> None:
    """Ask for another way: tensors are still copied."""
