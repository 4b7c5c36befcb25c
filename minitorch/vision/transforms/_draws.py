"""What random transforms draw, from the same stream as weights and shuffles.

Mirrors torchvision/transforms/transforms.py, where these stand in each transform: the same draws in
the same order, so that the same seed cuts and turns alike.
"""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.native.factories import empty
from minitorch.native.random_factories import rand, randint

__all__ = ["happens", "uniform", "whole_number"]


def happens(p: float) -> bool:
    """Whether something of probability ``p`` comes to pass. The comparison is one of float32."""
    return bool(rand(1) < p)


def uniform(low: float | Tensor, high: float | Tensor) -> float:
    """A number of the interval [low, high)."""
    return empty(1).uniform_(float(low), float(high)).item()


def whole_number(low: int, high: int) -> int:
    """One of low, ..., high - 1."""
    return randint(low, high, (1,)).item()
