"""The Kumaraswamy distribution. Mirrors torch/distributions/kumaraswamy.py."""

from __future__ import annotations

import math

from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms.elementwise import AffineTransform, PowerTransform
from minitorch.distributions.uniform import Uniform
from minitorch.distributions.utils import TensorOrNumber, broadcast_all, euler_constant
from minitorch.native.factories import full_like

__all__ = ["Kumaraswamy"]


class Kumaraswamy(TransformedDistribution):
    """Like a beta distribution, but simple: the cdf is 1 - (1 - x^a)^b, 0 <= x <= 1.

    Drawn as (1 - U^(1/b))^(1/a) of a uniform U.

    Args:
        concentration1: a.
        concentration0: b.

    >>> import minitorch
    >>> Kumaraswamy(2.0, 1.0).mean
    tensor(0.6667)
    """

    arg_constraints = {
        "concentration1": constraints.positive,
        "concentration0": constraints.positive,
    }
    support = constraints.unit_interval
    has_rsample = True
    _batched = ("base_dist", "concentration1", "concentration0")

    def __init__(
        self,
        concentration1: TensorOrNumber,
        concentration0: TensorOrNumber,
        validate_args: bool | None = None,
    ) -> None:
        a, b = self.concentration1, self.concentration0 = broadcast_all(
            concentration1, concentration0
        )
        base_dist = Uniform(full_like(b, 0), full_like(b, 1), validate_args=validate_args)
        transforms = [
            PowerTransform(exponent=b.reciprocal()),
            AffineTransform(loc=1.0, scale=-1.0),
            PowerTransform(exponent=a.reciprocal()),
        ]
        super().__init__(base_dist, transforms, validate_args=validate_args)

    def _moment(self, n: int) -> Tensor:
        """E[X^n] = b B(1 + n / a, b), with B = ΓΓ / Γ."""
        a, b = self.concentration1, self.concentration0
        first = 1 + n / a
        return b * (first.lgamma() + b.lgamma() - (first + b).lgamma()).exp()

    @property
    def mean(self) -> Tensor:
        return self._moment(1)

    @property
    def mode(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        log_mode = b.reciprocal() * (-b).log1p() - (-b * a).log1p()
        return log_mode.masked_fill((b < 1) | (a < 1), math.nan).exp()

    @property
    def variance(self) -> Tensor:
        return self._moment(2) - self.mean.pow(2)

    def entropy(self) -> Tensor:
        a, b = self.concentration1, self.concentration0
        harmonic = (b + 1).digamma() + euler_constant
        return (1 - b.reciprocal()) + (1 - a.reciprocal()) * harmonic - a.log() - b.log()
