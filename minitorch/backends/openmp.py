"""OpenMP: Numba's threads are used instead. Mirrors torch/backends/openmp/__init__.py."""

from __future__ import annotations


def is_available() -> bool:
    """Whether it is used: no."""
    return False
