"""Helpers around training: ``data`` loads examples, ``checkpoint`` trades memory for time.

Mirrors torch/utils/__init__.py. Left out: everything else.
"""

from minitorch.utils import checkpoint, data

__all__ = ["checkpoint", "data"]
