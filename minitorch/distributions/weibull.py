"""The Weibull distribution. Mirrors torch/distributions/weibull.py."""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.exponential import Exponential
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms.elementwise import AffineTransform, PowerTransform
from minitorch.distributions.utils import TensorOrNumber, broadcast_all, euler_constant
from minitorch.native.factories import ones_like

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """scale E^(1/k) of an exponential E, k = concentration: the time until something fails.

    Failures become more frequent with age if k > 1, rarer if k < 1.

    >>> import minitorch
    >>> Weibull(1.0, 2.0).cdf(minitorch.tensor(1.0))
    tensor(0.6321)
    """

    arg_constraints = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive
    _batched = ("base_dist", "scale", "concentration", "concentration_reciprocal")

    def __init__(
        self,
        scale: TensorOrNumber,
        concentration: TensorOrNumber,
        validate_args: bool | None = None,
    ) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        self.concentration_reciprocal = self.concentration.reciprocal()
        base_dist = Exponential(ones_like(self.scale), validate_args=validate_args)
        transforms = [
            PowerTransform(exponent=self.concentration_reciprocal),
            AffineTransform(loc=0, scale=self.scale),
        ]
        super().__init__(base_dist, transforms, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.scale * (1 + self.concentration_reciprocal).lgamma().exp()

    @property
    def mode(self) -> Tensor:
        k = self.concentration
        return self.scale * ((k - 1) / k) ** k.reciprocal()

    @property
    def variance(self) -> Tensor:
        second_moment = (1 + 2 * self.concentration_reciprocal).lgamma().exp()
        squared_mean = (2 * (1 + self.concentration_reciprocal).lgamma()).exp()
        return self.scale.pow(2) * (second_moment - squared_mean)

    def entropy(self) -> Tensor:
        return (
            euler_constant * (1 - self.concentration_reciprocal)
            + (self.scale * self.concentration_reciprocal).log()
            + 1
        )
