"""Helpers around training: ``data`` loads examples, ``checkpoint`` trades memory for time.

Mirrors torch/utils/__init__.py. Left out: everything else.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

from minitorch.utils import checkpoint

if TYPE_CHECKING:
    from minitorch.utils import data

__all__ = ["checkpoint", "data"]


def __getattr__(name: str) -> ModuleType:
    """``data`` when it is first used: processes and shared memory take 25 ms to import."""
    if name == "data":
        return importlib.import_module("minitorch.utils.data")
    raise AttributeError(f"minitorch has no torch.utils.{name}", name=name)
