"""A continuous relaxation of the categorical distribution, known as Gumbel-softmax.

Mirrors torch/distributions/relaxed_categorical.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.categorical import Categorical, CategoricalParameters
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.transformed_distribution import TransformedDistribution
from minitorch.distributions.transforms.elementwise import ExpTransform
from minitorch.distributions.utils import broadcast_all, clamp_probs
from minitorch.native.factories import full_like
from minitorch.native.random_factories import rand

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(CategoricalParameters, Distribution):
    """The logarithms of a ``RelaxedOneHotCategorical``.

    log_softmax((logits + G) / temperature) of Gumbel-distributed numbers G.
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector  # or rather those whose exponentials add up to 1
    has_rsample = True
    _batched = ("_categorical",)

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        event_shape = self._categorical.param_shape[-1:]
        super().__init__(self._categorical.batch_shape, event_shape, validate_args=validate_args)

    def rsample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        u = clamp_probs(rand(self._extended_shape(sample_shape), dtype=self.logits.dtype))
        gumbels = -(-u.log()).log()
        scores = (self.logits + gumbels) / self.temperature
        return scores - scores.logsumexp(dim=-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        k = self._categorical._num_events
        logits, value = broadcast_all(self.logits, value)
        log_factorial = full_like(self.temperature, float(k)).lgamma()
        log_scale = log_factorial - self.temperature.log() * -(k - 1)
        score = logits - value * self.temperature
        return (score - score.logsumexp(dim=-1, keepdim=True)).sum(-1) + log_scale


class RelaxedOneHotCategorical(TransformedDistribution):
    """Probabilities that are close to a one-hot vector at low temperatures, with gradients.

    Maddison et al., "The concrete distribution" (2017); Jang et al., "Categorical
    reparameterization with Gumbel-softmax" (2017).

    Args:
        probs: the probabilities of each category's winning, in the last dimension.
        logits: their logarithms up to a constant, instead.

    >>> import minitorch
    >>> m = RelaxedOneHotCategorical(minitorch.tensor(1.0), minitorch.ones(3))
    >>> m.log_prob(minitorch.full((3,), 1 / 3)).exp()
    tensor(2.)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True
    base_dist: ExpRelaxedCategorical
    _batched = ("base_dist",)

    def __init__(
        self,
        temperature: Tensor,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base_dist = ExpRelaxedCategorical(temperature, probs, logits, validate_args=validate_args)
        super().__init__(base_dist, ExpTransform(), validate_args=validate_args)

    @property
    def temperature(self) -> Tensor:
        return self.base_dist.temperature

    @property
    def logits(self) -> Tensor:
        return self.base_dist.logits

    @property
    def probs(self) -> Tensor:
        return self.base_dist.probs
