"""Helpers around training: ``data`` loads examples.

Mirrors torch/utils/__init__.py. Left out: everything but ``data``.
"""

from minitorch.utils import data

__all__ = ["data"]
