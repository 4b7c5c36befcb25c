"""The von Mises distribution. Mirrors torch/distributions/von_mises.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch import dtypes
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.distributions import constraints
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.utils import TensorOrNumber, broadcast_all, lazy_property
from minitorch.native.factories import empty, zeros
from minitorch.native.random_factories import rand
from minitorch.native.tensor_compare import where

__all__ = ["VonMises"]

# Abramowitz and Stegun, "Handbook of Mathematical Functions", 9.8.1 to 9.8.4: polynomials for the
# modified Bessel functions of order 0 and 1, in (x / 3.75)² below 3.75, in 3.75 / x above.
_BELOW = (
    (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.360768e-1, 0.45813e-2),
    (0.5, 0.87890594, 0.51498869, 0.15084934, 0.2658733e-1, 0.301532e-2, 0.32411e-3),
)
_ABOVE = (
    (0.39894228, 0.1328592e-1, 0.225319e-2, -0.157565e-2, 0.916281e-2)
    + (-0.2057706e-1, 0.2635537e-1, -0.1647633e-1, 0.392377e-2),
    (0.39894228, -0.3988024e-1, -0.362018e-2, 0.163801e-2, -0.1031555e-1)
    + (0.2282967e-1, -0.2895312e-1, 0.1787654e-1, -0.420059e-2),
)


def _polynomial(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """c0 + c1 x + c2 x² + ..., by Horner's scheme."""
    *rest, last = coefficients
    result: Tensor | float = last
    for coefficient in reversed(rest):
        result = coefficient + x * result
    return result  # type: ignore[return-value]


def _log_modified_bessel_fn(x: Tensor, order: int = 0) -> Tensor:
    """log I_order(x), x > 0."""
    below = _polynomial(_BELOW[order], (x / 3.75) * (x / 3.75))
    if order == 1:
        below = x.abs() * below
    above = x - 0.5 * x.log() + _polynomial(_ABOVE[order], 3.75 / x).log()
    return where(x < 3.75, below.log(), above)


class VonMises(Distribution):
    """Angles around ``loc``: density exp(κ cos(x - loc)) / (2π I₀(κ)), -π <= x < π.

    The normal distribution's counterpart on a circle.

    Args:
        loc: the mean, in radians.
        concentration: κ; the larger, the closer the angles.

    >>> import minitorch
    >>> VonMises(0.0, minitorch.tensor(1.0)).log_prob(minitorch.tensor(0.0))
    tensor(-1.0738)
    """

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support = constraints.real
    has_rsample = False
    _batched = ("loc", "concentration")

    def __init__(
        self,
        loc: TensorOrNumber,
        concentration: TensorOrNumber,
        validate_args: bool | None = None,
    ) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean direction."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @lazy_property
    def variance(self) -> Tensor:
        """The circular variance, 1 - I₁(κ) / I₀(κ)."""
        log_i0, log_i1 = (_log_modified_bessel_fn(self.concentration, order=i) for i in (0, 1))
        return 1 - (log_i1 - log_i0).exp()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        log_weight = self.concentration * (value - self.loc).cos()
        log_i0 = _log_modified_bessel_fn(self.concentration, order=0)
        return log_weight - math.log(2 * math.pi) - log_i0

    @lazy_property
    def _proposal_r(self) -> Tensor:
        """The concentration of the proposal, float64: in float32, sampling might not end."""
        kappa = self.concentration.double()
        tau = 1 + (1 + 4 * kappa**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
        return where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        """By rejection, from wrapped Cauchy numbers.

        Best and Fisher, "Efficient simulation of the von Mises distribution" (1979). All elements
        are drawn again until none is rejected.
        """
        with no_grad():
            loc, concentration = self.loc.double(), self.concentration.double()
            x = empty(self._extended_shape(sample_shape), dtype=dtypes.float64)
            done = zeros(x.shape, dtype=dtypes.bool_)
            while not done.all():
                u1, u2, u3 = rand((3,) + x.shape, dtype=dtypes.float64).unbind()
                z = (math.pi * u1).cos()
                f = (1 + self._proposal_r * z) / (self._proposal_r + z)
                c = concentration * (self._proposal_r - f)
                accept = ((c * (2 - c) - u2) > 0) | ((c / u2).log() + 1 - c >= 0)
                x = where(accept, (u3 - 0.5).sign() * f.acos(), x)
                done = done | accept
            return ((x + math.pi + loc) % (2 * math.pi) - math.pi).to(self.loc.dtype)
