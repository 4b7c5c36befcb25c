"""``ExponentialFamily``: the distributions whose entropy follows from a single function.

Mirrors torch/distributions/exp_family.py.
"""

from __future__ import annotations

from collections.abc import Callable

from minitorch._tensor import Tensor
from minitorch.autograd import grad
from minitorch.distributions.distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """Densities of the form exp(<t(x), θ> - F(θ) + k(x)).

    θ are the natural parameters, t(x) the sufficient statistics, F the log-normalizer, k the
    carrier measure. The gradient of F is the expectation of t(x).
    """

    @property
    def _mean_carrier_measure(self) -> float:
        """The expectation of k(x)."""
        raise NotImplementedError

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    _log_normalizer: Callable[..., Tensor]
    """F, a function of the natural parameters."""

    def entropy(self) -> Tensor:
        """F(θ) - <θ, ∇F(θ)> - E[k(x)], with ∇F from autograd."""
        params = [param.detach().requires_grad_() for param in self._natural_params]
        log_normalizer = self._log_normalizer(*params)
        expectations = grad(log_normalizer.sum(), params, create_graph=True)
        result = log_normalizer - self._mean_carrier_measure
        for param, expectation in zip(params, expectations, strict=True):
            result = result - (param * expectation).reshape(self._batch_shape + (-1,)).sum(-1)
        return result
