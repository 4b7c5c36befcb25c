"""The multinomial distribution. Mirrors torch/distributions/multinomial.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.binomial import Binomial
from minitorch.distributions.categorical import Categorical, CategoricalParameters
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.utils import broadcast_all
from minitorch.native.factories import ones_like
from minitorch.native.tensor_new import tensor

__all__ = ["Multinomial"]


class Multinomial(CategoricalParameters, Distribution):
    """How often each of K categories comes up in n draws: P(x) = n! / ∏ x_k! ∏ p_k^x_k.

    Args:
        total_count: n; one for the whole batch.
        probs: the probabilities in the last dimension; divided by their sum.
        logits: their logarithms up to a constant, instead.

    Shape: (..., K) for a batch of shape (...) and events of shape (K,).

    >>> import minitorch
    >>> Multinomial(4, minitorch.tensor([1.0, 3.0])).mean
    tensor([1., 3.])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    _batched = ("_categorical",)

    def __init__(
        self,
        total_count: int = 1,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs=probs, logits=logits)
        event_shape = self._categorical.param_shape[-1:]
        super().__init__(self._categorical.batch_shape, event_shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Constraint:
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        draws = self._categorical.sample(Size((self.total_count,)) + tuple(sample_shape))
        draws = draws.movedim(0, -1)
        counts = draws.new_zeros(self._extended_shape(sample_shape))
        counts.scatter_add_(-1, draws, ones_like(draws))
        return counts.type_as(self.probs)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        logits = logits.masked_fill((value == 0) & (logits == -math.inf), 0)  # 0 log 0 = 0
        log_factorial_n = (value.sum(-1) + 1).lgamma()
        log_factorial_xs = (value + 1).lgamma().sum(-1)
        return log_factorial_n - log_factorial_xs + (logits * value).sum(-1)

    def entropy(self) -> Tensor:
        """n H(p) - log n! + Σ_k E[log x_k!], each x_k being binomial."""
        n = tensor(self.total_count)
        marginals = Binomial(self.total_count, probs=self.probs)
        counts = marginals.enumerate_support(expand=False)[1:]
        expectations = (marginals.log_prob(counts).exp() * (counts + 1).lgamma()).sum([0, -1])
        return n * self._categorical.entropy() - (n + 1).lgamma() + expectations
