"""Categories as one-hot vectors. Mirrors torch/distributions/one_hot_categorical.py."""

from __future__ import annotations

from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.categorical import Categorical, CategoricalParameters
from minitorch.distributions.distribution import Distribution
from minitorch.native.embedding import one_hot
from minitorch.native.factories import eye

__all__ = ["OneHotCategorical", "OneHotCategoricalStraightThrough"]


class OneHotCategorical(CategoricalParameters, Distribution):
    """A ``Categorical`` number as a vector that has a 1 in its place, and zeros elsewhere.

    Args:
        probs: the probabilities in the last dimension; divided by their sum.
        logits: their logarithms up to a constant, instead.

    Shape: (..., K) for a batch of shape (...) and events of shape (K,).

    >>> import minitorch
    >>> OneHotCategorical(minitorch.tensor([1.0, 3.0])).mode
    tensor([0., 1.])
    """

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.one_hot
    has_enumerate_support = True
    _batched = ("_categorical",)

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits)
        event_shape = self._categorical.param_shape[-1:]
        super().__init__(self._categorical.batch_shape, event_shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        return one_hot(self.probs.argmax(dim=-1), self.probs.shape[-1]).to(self.probs)

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        indices = self._categorical.sample(sample_shape)
        return one_hot(indices, self._categorical._num_events).to(self.probs)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Tensor:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        values = eye(self._event_shape[0], dtype=self._categorical._param.dtype)
        return self._enumerated(values, expand)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """A draw whose gradient is that of the probabilities: straight through the choice.

    Bengio et al., "Estimating or propagating gradients through stochastic neurons" (2013).
    """

    has_rsample = True

    def rsample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        samples = self.sample(sample_shape)
        return samples + (self.probs - self.probs.detach())
