"""The half-Cauchy distribution. Mirrors torch/distributions/half_cauchy.py."""

from __future__ import annotations

import math

from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.cauchy import Cauchy
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms.elementwise import AbsTransform
from minitorch.distributions.utils import TensorOrNumber
from minitorch.native.factories import zeros_like
from minitorch.native.tensor_compare import where
from minitorch.native.tensor_new import as_tensor

__all__ = ["HalfCauchy"]


class HalfCauchy(TransformedDistribution):
    """|X| of a Cauchy-distributed X whose median is 0.

    Args:
        scale: the median of |X|.

    >>> import minitorch
    >>> HalfCauchy(1.0).cdf(minitorch.tensor(1.0))
    tensor(0.5000)
    """

    arg_constraints = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    base_dist: Cauchy
    _batched = ("base_dist",)

    def __init__(self, scale: TensorOrNumber, validate_args: bool | None = None) -> None:
        base_dist = Cauchy(0, scale, validate_args=False)
        super().__init__(base_dist, AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        return self.base_dist.scale

    @property
    def mean(self) -> Tensor:
        return self.scale.new_full(self._extended_shape(), math.inf)

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.scale)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value = as_tensor(value, dtype=self.scale.dtype)
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Tensor) -> Tensor:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)
