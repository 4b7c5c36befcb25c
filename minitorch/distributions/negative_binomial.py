"""The negative binomial distribution. Mirrors torch/distributions/negative_binomial.py."""

from __future__ import annotations

from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.gamma import Gamma
from minitorch.distributions.probs_or_logits import ProbsOrLogits
from minitorch.distributions.utils import TensorOrNumber, lazy_property
from minitorch.native.activation_smooth import logsigmoid
from minitorch.native.distributions import poisson

__all__ = ["NegativeBinomial"]


class NegativeBinomial(ProbsOrLogits, Distribution):
    """The number of successes before the r-th failure: P(k) = Γ(k + r) / (k! Γ(r)) p^k (1 - p)^r.

    Drawn as a Poisson number whose rate is itself random, drawn from a gamma distribution.

    Args:
        total_count: r, which need not be a whole number.
        probs: p, the probability of a success; not 1.
        logits: log(p / (1 - p)), instead.

    >>> import minitorch
    >>> NegativeBinomial(3.0, minitorch.tensor(0.5)).mean
    tensor(3.)
    """

    arg_constraints = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer
    _batched = ("total_count", "probs", "logits")

    def __init__(
        self,
        total_count: TensorOrNumber,
        probs: TensorOrNumber | None = None,
        logits: TensorOrNumber | None = None,
        validate_args: bool | None = None,
    ) -> None:
        (count,) = self._set_either(probs, logits, total_count)
        self.total_count = count.type_as(self._param)
        super().__init__(self._param.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0.0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    @lazy_property
    def _gamma(self) -> Gamma:
        # Not validated, because total_count may be 0.
        return Gamma(self.total_count, rate=(-self.logits).exp(), validate_args=False)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        with no_grad():
            return poisson(self._gamma.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        log_powers = self.total_count * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        log_normalizer = (
            -(self.total_count + value).lgamma()
            + (1.0 + value).lgamma()
            + self.total_count.lgamma()
        )
        # Where both are 0, the probability is 1, though lgamma(0) is infinite.
        return log_powers - log_normalizer.masked_fill(self.total_count + value == 0.0, 0.0)
