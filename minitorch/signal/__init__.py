"""Signal processing: ``windows``.

Mirrors torch/signal/__init__.py.
"""

from minitorch.signal import windows

__all__ = ["windows"]
