"""A continuous relaxation of the Bernoulli distribution.

Mirrors torch/distributions/relaxed_bernoulli.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.probs_or_logits import ProbsOrLogits
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms.elementwise import SigmoidTransform
from minitorch.distributions.utils import TensorOrNumber, broadcast_all, clamp_probs
from minitorch.native.random_factories import rand

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(ProbsOrLogits, Distribution):
    """The logits of a ``RelaxedBernoulli``: (logit U + logit p) / temperature of a uniform U."""

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.real
    _batched = ("probs", "logits")

    def __init__(
        self,
        temperature: Tensor,
        probs: TensorOrNumber | None = None,
        logits: TensorOrNumber | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        self._set_either(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)

    def rsample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        probs = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(rand(shape, dtype=probs.dtype))
        return (u.log() - (-u).log1p() + probs.log() - (-probs).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        diff = logits - value * self.temperature
        return self.temperature.log() + diff - 2 * diff.exp().log1p()


class RelaxedBernoulli(TransformedDistribution):
    """Numbers in (0, 1), close to 0 or 1 at low temperatures, through which gradients flow.

    Maddison et al., "The concrete distribution" (2017); Jang et al., "Categorical
    reparameterization with Gumbel-softmax" (2017).

    Args:
        probs: the probability of being closer to 1.
        logits: log(p / (1 - p)), instead.

    >>> import minitorch
    >>> m = RelaxedBernoulli(minitorch.tensor(2.0), 0.5)
    >>> m.log_prob(minitorch.tensor(0.5)).exp()
    tensor(2.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    base_dist: LogitRelaxedBernoulli
    _batched = ("base_dist",)

    def __init__(
        self,
        temperature: Tensor,
        probs: TensorOrNumber | None = None,
        logits: TensorOrNumber | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base_dist = LogitRelaxedBernoulli(temperature, probs, logits)
        super().__init__(base_dist, SigmoidTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Tensor:
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        return self.base_dist.probs
