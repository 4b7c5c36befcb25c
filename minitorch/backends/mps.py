"""Apple's GPUs: not here. Mirrors torch/backends/mps/__init__.py."""

from __future__ import annotations


def is_available() -> bool:
    """Whether there is such a GPU: no."""
    return False


def is_built() -> bool:
    """Whether minitorch was built for them: no."""
    return False
