"""The half-normal distribution. Mirrors torch/distributions/half_normal.py."""

from __future__ import annotations

import math

from minitorch._tensor import Tensor
from minitorch.distributions.folded import Folded
from minitorch.distributions.normal import Normal
from minitorch.distributions.utils import TensorOrNumber

__all__ = ["HalfNormal"]


class HalfNormal(Folded):
    """|X| of a normal X whose mean is 0.

    Args:
        scale: the standard deviation of X.

    >>> HalfNormal(1.0).mean
    tensor(0.7979)
    """

    base_dist: Normal
    _batched = ("base_dist",)

    def __init__(self, scale: TensorOrNumber, validate_args: bool | None = None) -> None:
        super().__init__(Normal(0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        return self.scale.pow(2) * (1 - 2 / math.pi)
