"""The half-Cauchy distribution. Mirrors torch/distributions/half_cauchy.py."""

from __future__ import annotations

import math

from minitorch._tensor import Tensor
from minitorch.distributions.cauchy import Cauchy
from minitorch.distributions.folded import Folded
from minitorch.distributions.utils import TensorOrNumber

__all__ = ["HalfCauchy"]


class HalfCauchy(Folded):
    """|X| of a Cauchy-distributed X whose median is 0.

    Args:
        scale: the median of |X|.

    >>> import minitorch
    >>> HalfCauchy(1.0).cdf(minitorch.tensor(1.0))
    tensor(0.5000)
    """

    base_dist: Cauchy
    _batched = ("base_dist",)

    def __init__(self, scale: TensorOrNumber, validate_args: bool | None = None) -> None:
        super().__init__(Cauchy(0, scale, validate_args=False), validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale.new_full(self._extended_shape(), math.inf)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def log_prob(self, value: Tensor) -> Tensor:
        """In the dtype of the scale, whatever that of ``value``."""
        return super().log_prob(value.to(self.scale.dtype) if isinstance(value, Tensor) else value)
