"""Intel's oneDNN: Numba's kernels are used instead. Mirrors torch/backends/mkldnn/__init__.py."""

from __future__ import annotations

enabled = True
deterministic = False
allow_tf32 = False


def is_available() -> bool:
    """Whether it is used: no."""
    return False
