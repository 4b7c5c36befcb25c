"""The binomial distribution. Mirrors torch/distributions/binomial.py."""

from __future__ import annotations

from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.probs_or_logits import ProbsOrLogits
from minitorch.distributions.utils import TensorOrNumber
from minitorch.native.distributions import binomial
from minitorch.native.ranges import arange

__all__ = ["Binomial"]


def _clamp_by_zero(x: Tensor) -> Tensor:
    """max(x, 0), with the gradient 1/2 at 0."""
    return (x.clamp(min=0) + x - x.clamp(max=0)) / 2


class Binomial(ProbsOrLogits, Distribution):
    """The number of successes in n trials: P(k) = n! / (k! (n - k)!) p^k (1 - p)^(n - k).

    Args:
        total_count: n.
        probs: p, the probability of a success.
        logits: log(p / (1 - p)), instead.

    >>> import minitorch
    >>> Binomial(2, minitorch.tensor(0.5)).log_prob(minitorch.tensor(1.0)).exp()
    tensor(0.5000)
    """

    arg_constraints = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True
    _batched = ("total_count", "probs", "logits")

    def __init__(
        self,
        total_count: Tensor | int = 1,
        probs: TensorOrNumber | None = None,
        logits: TensorOrNumber | None = None,
        validate_args: bool | None = None,
    ) -> None:
        (count,) = self._set_either(probs, logits, total_count)
        self.total_count = count.type_as(self._param)
        super().__init__(self._param.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().clamp(max=self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        log_factorial_n = (self.total_count + 1).lgamma()
        log_factorial_k = (value + 1).lgamma()
        log_factorial_nmk = (self.total_count - value + 1).lgamma()
        # -n log(1 - p) = n log(1 + exp(logits)), without overflow
        log_normalizer = (
            self.total_count * _clamp_by_zero(self.logits)
            + self.total_count * (-self.logits.abs()).exp().log1p()
            - log_factorial_n
        )
        return value * self.logits - log_factorial_k - log_factorial_nmk - log_normalizer

    def _common_total_count(self, method: str) -> int:
        total_count = int(self.total_count.max())
        if not self.total_count.min() == total_count:
            raise NotImplementedError(f"Inhomogeneous total count not supported by `{method}`.")
        return total_count

    def entropy(self) -> Tensor:
        self._common_total_count("entropy")
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        total_count = self._common_total_count("enumerate_support")
        return self._enumerated(arange(1 + total_count, dtype=self._param.dtype), expand)
