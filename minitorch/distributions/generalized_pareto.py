"""The generalized Pareto distribution. Mirrors torch/distributions/generalized_pareto.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.utils import TensorOrNumber, broadcast_all
from minitorch.native.factories import ones_like, zeros_like
from minitorch.native.random_factories import rand
from minitorch.native.tensor_compare import isclose, where
from minitorch.native.views import broadcast_to

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Tails: by how much a number exceeds a high threshold, given that it does.

    With z = (x - loc) / scale and ξ = concentration, 1 - cdf = (1 + ξz)^(-1/ξ). ξ = 0, where it is
    exp(-z), is the exponential distribution, ξ = -1 the uniform one.

    >>> import minitorch
    >>> GeneralizedPareto(0.0, 1.0, 0.0).cdf(minitorch.tensor(1.0))
    tensor(0.6321)
    """

    arg_constraints = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True
    _batched = ("loc", "scale", "concentration")

    def __init__(
        self,
        loc: TensorOrNumber,
        scale: TensorOrNumber,
        concentration: TensorOrNumber,
        validate_args: bool | None = None,
    ) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Constraint:
        bounded = self.loc - self.scale / self.concentration
        return constraints.interval(self.loc, where(self.concentration < 0, bounded, math.inf))

    @property
    def mean(self) -> Tensor:
        valid = self.concentration < 1
        concentration = where(valid, self.concentration, 0.5)
        return where(valid, self.loc + self.scale / (1 - concentration), math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        valid = self.concentration < 0.5
        concentration = where(valid, self.concentration, 0.25)
        variance = self.scale**2 / ((1 - concentration) ** 2 * (1 - 2 * concentration))
        return where(valid, variance, math.nan)

    def _split_concentration(self) -> tuple[Tensor, Tensor]:
        """Where the concentration is close to 0, and one that can be divided by."""
        is_zero = isclose(self.concentration, zeros_like(self.concentration))
        return is_zero, where(is_zero, ones_like(self.concentration), self.concentration)

    def _z(self, x: Tensor) -> Tensor:
        return (x - self.loc) / self.scale

    def rsample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        z = self._z(value)
        is_zero, concentration = self._split_concentration()
        power = 1 / concentration + ones_like(z)
        exponent = where(power == 0, power, power * (concentration * z).log1p())  # 0 log 0 = 0
        return -self.scale.log() - where(is_zero, z, exponent)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """log(1 - cdf(value))."""
        if self._validate_args:
            self._validate_sample(value)
        z = self._z(value)
        is_zero, concentration = self._split_concentration()
        return where(is_zero, -z, -(concentration * z).log1p() / concentration)

    def log_cdf(self, value: Tensor) -> Tensor:
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Tensor) -> Tensor:
        return self.log_cdf(value).exp()

    def icdf(self, value: Tensor) -> Tensor:
        is_zero, concentration = self._split_concentration()
        log_survival = (-value).log1p()
        curved = self.loc + self.scale / concentration * (-concentration * log_survival).expm1()
        return where(is_zero, self.loc - self.scale * log_survival, curved)

    def entropy(self) -> Tensor:
        return broadcast_to(self.scale.log() + self.concentration + 1, self._batch_shape)
