"""The continuous Bernoulli distribution. Mirrors torch/distributions/continuous_bernoulli.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.exp_family import ExponentialFamily
from minitorch.distributions.probs_or_logits import ProbsOrLogits
from minitorch.distributions.utils import (
    TensorOrNumber,
    broadcast_all,
    clamp_probs,
    lazy_property,
    logits_to_probs,
)
from minitorch.native.factories import ones_like, zeros_like
from minitorch.native.loss_binary import binary_cross_entropy_with_logits
from minitorch.native.random_factories import rand
from minitorch.native.tensor_compare import where

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(ProbsOrLogits, ExponentialFamily):
    """Numbers in [0, 1] with a density proportional to p^x (1 - p)^(1 - x).

    What a variational autoencoder assumes of grey pixels whose loss is binary_cross_entropy, once
    the density is normalised (Loaiza-Ganem and Cunningham, "The continuous Bernoulli", 2019). Near
    p = 1/2 the formulas are 0 / 0; their Taylor series stand in.

    Args:
        probs: p, which is not a probability here.
        logits: log(p / (1 - p)), instead.
        lims: where the Taylor series take over.

    >>> import minitorch
    >>> ContinuousBernoulli(0.5).cdf(minitorch.tensor(0.25))
    tensor(0.2500)
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0
    _batched = ("probs", "logits")

    def __init__(
        self,
        probs: TensorOrNumber | None = None,
        logits: TensorOrNumber | None = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._set_either(probs, logits)
        if probs is not None:
            # Checked here, since clamped probabilities are always valid.
            if validate_args is not None and not constraints.unit_interval.check(self.probs).all():
                raise ValueError("The parameter probs has invalid values")
            self.probs = clamp_probs(self.probs)
        self._lims = lims
        super().__init__(self._param.shape, validate_args=validate_args)

    @lazy_property
    def probs(self) -> Tensor:
        return clamp_probs(logits_to_probs(self.logits, is_binary=True))

    def _is_far_from_half(self) -> Tensor:
        low, high = self._lims
        return (self.probs <= low) | (self.probs > high)

    def _cut_probs(self) -> Tensor:
        """The probabilities, but for those near 1/2, which would make NaNs of gradients."""
        return where(self._is_far_from_half(), self.probs, self._lims[0] * ones_like(self.probs))

    def _cont_bern_log_norm(self) -> Tensor:
        """The logarithm of the factor that makes the density integrate to 1."""
        p = self._cut_probs()
        p_below = where(p <= 0.5, p, zeros_like(p))
        p_above = where(p >= 0.5, p, ones_like(p))
        log_norm = ((-p).log1p() - p.log()).abs().log() - where(
            p <= 0.5, (-2.0 * p_below).log1p(), (2.0 * p_above - 1.0).log()
        )
        x = (self.probs - 0.5).pow(2)
        taylor = math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x
        return where(self._is_far_from_half(), log_norm, taylor)

    @property
    def mean(self) -> Tensor:
        p = self._cut_probs()
        mean = p / (2.0 * p - 1.0) + 1.0 / ((-p).log1p() - p.log())
        x = self.probs - 0.5
        taylor = 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x
        return where(self._is_far_from_half(), mean, taylor)

    @property
    def variance(self) -> Tensor:
        p = self._cut_probs()
        variance = p * (p - 1.0) / (1.0 - 2.0 * p).pow(2) + 1.0 / ((-p).log1p() - p.log()).pow(2)
        x = (self.probs - 0.5).pow(2)
        taylor = 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x
        return where(self._is_far_from_half(), variance, taylor)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        log_weight = -binary_cross_entropy_with_logits(logits, value, reduction="none")
        return log_weight + self._cont_bern_log_norm()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        p = self._cut_probs()
        cdf = (p.pow(value) * (1.0 - p).pow(1.0 - value) + p - 1.0) / (2.0 * p - 1.0)
        inside = where(self._is_far_from_half(), cdf, value)
        up_to_one = where(value >= 1.0, ones_like(value), inside)
        return where(value <= 0.0, zeros_like(value), up_to_one)

    def icdf(self, value: Tensor) -> Tensor:
        p = self._cut_probs()
        distance = (-p + value * (2.0 * p - 1.0)).log1p() - (-p).log1p()
        return where(self._is_far_from_half(), distance / (p.log() - (-p).log1p()), value)

    def entropy(self) -> Tensor:
        log_q, log_p = (-self.probs).log1p(), self.probs.log()
        return self.mean * (log_q - log_p) - self._cont_bern_log_norm() - log_q

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return (self.logits,)

    def _log_normalizer(self, x: Tensor) -> Tensor:
        low, high = self._lims[0] - 0.5, self._lims[1] - 0.5
        far = (x <= low) | (x > high)
        cut = where(far, x, low * ones_like(x))
        log_norm = cut.expm1().abs().log() - cut.abs().log()
        taylor = 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0
        return where(far, log_norm, taylor)
