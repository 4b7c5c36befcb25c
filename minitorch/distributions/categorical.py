"""The categorical distribution. Mirrors torch/distributions/categorical.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch import dtypes
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.probs_or_logits import ProbsOrLogits, check_either
from minitorch.native.distributions import multinomial
from minitorch.native.ranges import arange
from minitorch.native.views import broadcast_tensors

__all__ = ["Categorical", "CategoricalParameters"]


class Categorical(ProbsOrLogits, Distribution):
    """One of the numbers 0 ... K - 1, each with a probability of its own.

    Args:
        probs: the probabilities in the last dimension; divided by their sum.
        logits: their logarithms up to a constant, instead.

    Shape: (..., K) for a batch of shape (...).

    >>> import minitorch
    >>> m = Categorical(minitorch.tensor([1.0, 3.0]))
    >>> m.probs
    tensor([0.2500, 0.7500])
    >>> m.mode
    tensor(1)
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True
    _is_binary = False
    _batched = ("probs", "logits")

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        check_either(probs, logits)
        if probs is not None:
            if probs.dim() < 1:
                raise ValueError("`probs` parameter must be at least one-dimensional.")
            self.probs = probs / probs.sum(-1, keepdim=True)
        elif logits is not None:
            if logits.dim() < 1:
                raise ValueError("`logits` parameter must be at least one-dimensional.")
            self.logits = logits - logits.logsumexp(dim=-1, keepdim=True)
        self._num_events = self._param.size(-1)
        super().__init__(self._param.shape[:-1], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Tensor:
        """NaN: categories have no mean."""
        return self.probs.new_full(self._extended_shape(), math.nan)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(dim=-1)

    @property
    def variance(self) -> Tensor:
        """NaN, as the mean."""
        return self.probs.new_full(self._extended_shape(), math.nan)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        rows = self.probs.reshape(-1, self._num_events)
        draws = multinomial(rows, Size(sample_shape).numel(), True).T
        return draws.reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        index, log_probs = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return log_probs.gather(-1, index[..., :1]).squeeze(-1)

    def entropy(self) -> Tensor:
        logits = self.logits.clamp(min=dtypes.finfo(self.logits.dtype).min)  # 0 log 0 = 0
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        return self._enumerated(arange(self._num_events), expand)


class CategoricalParameters:
    """For a distribution with a ``Categorical`` inside, as ``_categorical``: its parameters."""

    _categorical: Categorical

    @property
    def probs(self) -> Tensor:
        return self._categorical.probs

    @property
    def logits(self) -> Tensor:
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter, categories included."""
        return self._categorical.param_shape
