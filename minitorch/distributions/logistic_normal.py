"""The logistic-normal distribution. Mirrors torch/distributions/logistic_normal.py."""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.normal import Normal
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms.simplex import StickBreakingTransform
from minitorch.distributions.utils import TensorOrNumber

__all__ = ["LogisticNormal"]


class LogisticNormal(TransformedDistribution):
    """Random probabilities: a stick broken in K parts, each break decided by a normal number.

    Args:
        loc, scale: means and standard deviations of the normal numbers.

    Shape: (..., K - 1) for a batch of shape (...) and events of shape (K,).

    >>> import minitorch
    >>> LogisticNormal(minitorch.zeros(2), minitorch.ones(2)).event_shape
    torch.Size([3])
    """

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive}
    support = constraints.simplex
    has_rsample = True
    _batched = ("base_dist",)

    def __init__(
        self, loc: TensorOrNumber, scale: TensorOrNumber, validate_args: bool | None = None
    ) -> None:
        base_dist: Distribution = Normal(loc, scale, validate_args=validate_args)
        if not base_dist.batch_shape:
            base_dist = base_dist.expand([1])
        super().__init__(base_dist, StickBreakingTransform(), validate_args=validate_args)

    @property
    def loc(self) -> Tensor:
        return self.base_dist.base_dist.loc

    @property
    def scale(self) -> Tensor:
        return self.base_dist.base_dist.scale
