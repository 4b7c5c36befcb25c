"""Intel's BLAS: NumPy's own, OpenBLAS, is used instead. Mirrors torch/backends/mkl/__init__.py."""

from __future__ import annotations


def is_available() -> bool:
    """Whether it is used: no."""
    return False
