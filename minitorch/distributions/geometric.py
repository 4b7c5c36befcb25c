"""The geometric distribution. Mirrors torch/distributions/geometric.py."""

from __future__ import annotations

from collections.abc import Sequence

from minitorch import dtypes
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.probs_or_logits import ProbsOrLogits
from minitorch.distributions.utils import TensorOrNumber, broadcast_all
from minitorch.native.factories import zeros_like
from minitorch.native.loss_binary import binary_cross_entropy_with_logits

__all__ = ["Geometric"]


class Geometric(ProbsOrLogits, Distribution):
    """The number of failures before the first success: P(k) = (1 - p)^k p.

    ``Tensor.geometric_`` counts the success, too.

    Args:
        probs: p, the probability of a success; not 0.
        logits: log(p / (1 - p)), instead.

    >>> Geometric(0.25).mean
    tensor(3.)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.nonnegative_integer
    _batched = ("probs", "logits")

    def __init__(
        self,
        probs: TensorOrNumber | None = None,
        logits: TensorOrNumber | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._set_either(probs, logits)
        super().__init__(self._param.shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all():
            value = self.probs
            raise ValueError(
                f"Expected parameter probs ({type(value).__name__} of shape {tuple(value.shape)}) "
                f"of distribution {self!r} to be positive but found invalid values:\n"
                f"{value.detach()[~(value > 0)]}"
            )

    @property
    def mean(self) -> Tensor:
        return 1.0 / self.probs - 1.0

    @property
    def mode(self) -> Tensor:
        return zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1.0 / self.probs - 1.0) / self.probs

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        with no_grad():
            u = self.probs.new_empty(self._extended_shape(sample_shape))
            u.uniform_(dtypes.finfo(u.dtype).tiny, 1)
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        probs = probs.masked_fill((probs == 1) & (value == 0), 0)  # 0 log 0 = 0
        return value * (-probs).log1p() + self.probs.log()

    def entropy(self) -> Tensor:
        of_one_trial = binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")
        return of_one_trial / self.probs
