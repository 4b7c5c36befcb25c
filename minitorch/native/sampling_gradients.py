"""How a random sample moves with its parameter: the derivatives behind ``rsample``.

A sample is x = F⁻¹(u; α) of a uniform u that stays fixed, F being the cumulative distribution. So
F(x(α); α) is constant, and differentiating it implicitly gives ::

    dx/dα = -(∂F/∂α) / (∂F/∂x) = -(∂F/∂α) / density

F of a gamma or a beta has no closed form. The regions below cover the plane of x and α with the
first terms of a series where x is small, with saddle-point expansions (Rice's) where α is large,
and with fitted rational functions in between; they are torch's, digits included.

Mirrors aten/src/ATen/native/Distributions.h (standard_gamma_grad_one, dirichlet_grad_one).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["dirichlet_grad", "standard_gamma_grad"]

Array = NDArray[Any]
Formula = Callable[..., Array]


def _piecewise(regions: Sequence[tuple[Any, Formula]], *arguments: Array) -> Array:
    """Each element by the formula of the first region, a mask or True, that it lies in."""
    out = np.empty_like(arguments[0])
    left = np.ones(out.shape, np.bool_)
    with np.errstate(all="ignore"):
        for region, formula in regions:
            inside = left & region
            if inside.any():
                out[inside] = formula(*[argument[inside] for argument in arguments])
            left &= ~inside
    return out


_BERNOULLI_OVER_2K = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def _digamma(x: Array) -> Array:
    """ψ(x) of x > 0: ten steps of the recurrence at most, then the asymptotic series.

    As torch has it here, of float32 each 1 / x is rounded to float32, while their sum is float64:
    in differences of ψ these roundings are all that is left.
    """
    shift = np.zeros(x.shape)
    while (below := x < 10).any():
        shift -= np.where(below, 1 / x, 0)
        x = np.where(below, x + 1, x)
    inverse_square = 1 / (x * x).astype(np.float64)
    series = np.zeros(x.shape)
    for coefficient in reversed(_BERNOULLI_OVER_2K):
        series = (series + coefficient) * inverse_square
    log = np.log(x.astype(np.float64)).astype(x.dtype)  # rounded as the C library does
    out: Array = shift + log - 0.5 / x - series
    return out.astype(x.dtype)


def _without_nan(x: Array) -> Array:
    return np.where(np.isnan(x), x.dtype.type(0), x)


# --------------------------------------------------------------------------------------- gamma


def standard_gamma_grad(alpha: Array, x: Array) -> Array:
    """dx/dα of samples x from the densities x^(α - 1) e^(-x) / Γ(α); computed in float64.

    Shape: all of one shape.
    """
    alpha, x = alpha.astype(np.float64), x.astype(np.float64)
    near_mean = (0.9 * alpha <= x) & (x <= 1.1 * alpha)
    return _piecewise(
        [
            (x < 0.8, _gamma_small_x),
            ((alpha > 8) & near_mean, _gamma_near_mean),
            (alpha > 8, _gamma_saddle_point),
            (True, _gamma_fitted),
        ],
        alpha,
        x,
    )


def _gamma_small_x(alpha: Array, x: Array) -> Array:
    """F(x) = x^α Σ (-x)^i / (i! (α + i)) / Γ(α), of which six terms are differentiated."""
    term = np.ones_like(x)
    series = term / alpha
    series_of_squares = term / (alpha * alpha)
    for i in range(1, 6):
        term = term * -x / i
        series = series + term / (alpha + i)
        series_of_squares = series_of_squares + term / ((alpha + i) * (alpha + i))
    power = np.power(x, alpha)
    slope = (np.log(x) - _digamma(alpha)) * (power * series) - power * series_of_squares
    density = np.power(x, alpha - 1) * np.exp(-x)
    return _without_nan(-slope / density)


def _gamma_near_mean(alpha: Array, x: Array) -> Array:
    """The limit of the saddle-point expansion, which is 0 / 0 at x = α."""
    alpha2 = alpha * alpha
    polynomial = (
        1440 * alpha2 + 6 * x * (53 - 120 * x) - 65 * x * x / alpha + alpha * (107 + 3600 * x)
    )
    return (1 + 24 * alpha * (1 + 12 * alpha)) * polynomial / (1244160 * alpha2 * alpha2)


def _gamma_saddle_point(alpha: Array, x: Array) -> Array:
    root = np.sqrt(8 * alpha)
    log_ratio = np.log(x / alpha)
    from_mean = root / (alpha - x)
    from_exponent = np.power(x - alpha - alpha * log_ratio, -1.5)
    both = np.where(x < alpha, from_mean - from_exponent, from_mean + from_exponent)
    slope = log_ratio * both - np.sqrt(2 / alpha) * (alpha + x) / ((alpha - x) * (alpha - x))
    stirling = 1 + 1 / (12 * alpha) * (1 + 1 / (24 * alpha))
    return -stirling * x * slope / root


# Of log(x / α)^row and log(α)^column: a numerator of four columns, then a denominator of four.
_GAMMA_FIT = (
    (0.16009398, -0.094634809, 0.025146376, -0.0030648343)
    + (1, 0.32668115, 0.10406089, 0.0014179084),
    (0.53487893, 0.1298071, 0.065735949, -0.0015649758)
    + (0.16639465, 0.020070113, -0.0035938915, -0.00058392623),
    (0.040121004, -0.0065914022, -0.0026286047, -0.0013441777)
    + (0.017050642, -0.0021309326, 0.00085092367, -1.5247877e-07),
)


def _gamma_fitted(alpha: Array, x: Array) -> Array:
    u = np.log(x / alpha)
    v = np.log(alpha)
    c = [c0 + u * (c1 + u * c2) for c0, c1, c2 in zip(*_GAMMA_FIT, strict=True)]
    return np.exp(_cubic(c[:4], v) / _cubic(c[4:], v))


def _cubic(c: Sequence[Any], v: Array) -> Array:
    return c[0] + v * (c[1] + v * (c[2] + v * c[3]))


# ----------------------------------------------------------------------------------- dirichlet


def dirichlet_grad(x: Array, alpha: Array, total: Array) -> Array:
    """A scaled derivative of one component: -(∂F/∂α) / density / (1 - x), F of Beta(α, total - α).

    One component of a Dirichlet sample is a beta sample; the others shrink in proportion as it
    grows, which is why the factor 1 / (1 - x) is of use.

    Shape: all of one shape.
    """
    boundary = total * x * (1 - x)
    return _piecewise(
        [
            ((x <= 0.5) & (boundary < 2.5), _beta_small_x),
            ((x >= 0.5) & (boundary < 0.75), _beta_large_x),
            ((alpha > 6) & (total - alpha > 6), _beta_saddle_point),
            (True, _beta_fitted),
        ],
        x,
        alpha,
        total,
    )


def _beta_small_x(x: Array, alpha: Array, total: Array) -> Array:
    """The derivative by α of the series of F in powers of x, to the tenth."""
    beta = total - alpha
    factor = _digamma(alpha) - _digamma(alpha + beta) - np.log(x)
    term = np.ones_like(x)
    series = term / alpha * (factor + 1 / alpha)
    for i in range(1, 11):
        term = term * ((i - beta) * x / i)
        series = series + term / (alpha + i) * (factor + 1 / (alpha + i))
    return _without_nan(x * np.power(1 - x, -beta) * series)


def _beta_large_x(x: Array, alpha: Array, total: Array) -> Array:
    """The same for the other component, 1 - x, by its other parameter."""
    rest = 1 - x
    beta = total - alpha
    factor = _digamma(alpha + beta) - _digamma(alpha)
    term, product = np.ones_like(x), np.ones_like(x)
    slope = np.zeros_like(x)  # of the product by alpha
    series = factor / beta
    for i in range(1, 9):
        term = term * (-rest / i)
        slope = slope * (alpha - i) + product
        product = product * (alpha - i)
        series = series + term / (beta + i) * (slope + factor * product)
    return _without_nan(np.power(1 - rest, 1 - alpha) * series)


def _beta_saddle_point(x: Array, alpha: Array, total: Array) -> Array:
    x64, alpha64, total64 = (array.astype(np.float64) for array in (x, alpha, total))
    mean = alpha64 / total64
    std = np.sqrt(mean * (total64 - alpha64) / (total64 * (total64 + 1)))
    regions: list[tuple[Any, Formula]] = [
        (np.abs(x64 - mean) <= 0.1 * std, _beta_near_mean),
        (True, _beta_far_from_mean),
    ]
    return _piecewise(regions, x64, alpha64, total64).astype(x.dtype)


def _beta_near_mean(x: Array, alpha: Array, total: Array) -> Array:
    """The limit of the expansion, which is 0 / 0 at the mean."""
    beta = total - alpha
    beta2 = beta * beta
    polynomial = 8 * (1 - x) * (135 * beta - 11)
    polynomial = (453 + 1620 * beta * (1 - x) - 455 * x) * beta + alpha * polynomial
    polynomial = 3 * (59 + 180 * beta - 90 * x) * beta2 + alpha * polynomial
    polynomial = (43 + 20 * (16 + 27 * beta) * x) * beta2 * beta + alpha * polynomial
    polynomial = 47 * x * beta2 * beta2 + alpha * polynomial
    numerator = (1 + 12 * alpha) * (1 + 12 * beta) / (total * total)
    denominator = 12960 * alpha * alpha * alpha * beta * beta * (1 + 12 * total)
    return numerator / (1 - x) * polynomial / denominator


def _beta_far_from_mean(x: Array, alpha: Array, total: Array) -> Array:
    beta = total - alpha
    distance = alpha * (x - 1) + beta * x
    slope = 2 * (alpha * alpha) * (x - 1) + alpha * beta * (x - 1) - x * (beta * beta)
    slope = slope / (np.sqrt(2 * alpha / beta) * np.power(total, 1.5) * distance * distance)
    log_ratio = np.log(alpha / (total * x))
    exponent = beta * np.log(beta / (total * (1 - x))) + alpha * log_ratio
    side = np.where(x < alpha / total, 1.0, -1.0)
    both = np.sqrt(8 * alpha * beta / total) / distance + side * np.power(exponent, -1.5)
    factor = -x / np.sqrt(2 * alpha * beta / total)
    stirling = _stirling(alpha) * _stirling(beta) / _stirling(total)
    return stirling * factor * (slope + 0.5 * log_ratio * both)


def _stirling(x: Array) -> Array:
    return 1 + 1 / (12 * x) + 1 / (288 * x * x)


# A numerator and a denominator, of log(x)^i, a^j and b^k; see below.
_BETA_FIT = np.array(
    [
        [
            [
                [1.003668233, -0.01061107488, -0.0657888334, 0.01201642863],
                [0.6336835991, -0.3557432599, 0.05486251648, -0.001465281033],
                [-0.03276231906, 0.004474107445, 0.002429354597, -0.0001557569013],
            ],
            [
                [0.221950385, -0.3187676331, 0.01799915743, 0.01074823814],
                [-0.2951249643, 0.06219954479, 0.01535556598, 0.001550077057],
                [0.02155310298, 0.004170831599, 0.001292462449, 6.976601077e-05],
            ],
            [
                [-0.05980841433, 0.008441916499, 0.01085618172, 0.002319392565],
                [0.02911413504, 0.01400243777, -0.002721828457, 0.000751041181],
                [0.005900514878, -0.001936558688, -9.495446725e-06, 5.385558597e-05],
            ],
        ],
        [
            [
                [1, -0.02924021934, -0.04438342661, 0.007285809825],
                [0.6357567472, -0.3473456711, 0.05454656494, -0.002407477521],
                [-0.03301322327, 0.004845219414, 0.00231480583, -0.0002307248149],
            ],
            [
                [0.5925320577, -0.1757678135, 0.01505928619, 0.000564515273],
                [0.1014815858, -0.06589186703, 0.01272886114, -0.0007316646956],
                [-0.007258481865, 0.001096195486, 0.0003934994223, -4.12701925e-05],
            ],
            [
                [0.06469649321, -0.0236701437, 0.002902096474, -5.896963079e-05],
                [0.001925008108, -0.002869809258, 0.0008000589141, -6.063713228e-05],
                [-0.0003477407336, 6.959756487e-05, 1.097287507e-05, -1.650964693e-06],
            ],
        ],
    ]
)


def _beta_fitted(x: Array, alpha: Array, total: Array) -> Array:
    """x (ψ(total) - ψ(α)) / β, corrected by a rational function."""
    slope = _digamma(total).astype(np.float64) - _digamma(alpha)
    x, alpha, total = (array.astype(np.float64) for array in (x, alpha, total))
    u = np.log(x)
    a = np.log(alpha) - u
    b = np.log(total) - a
    numerator, denominator = (
        sum(u**i * a**j * _cubic(table[i, j], b) for i in range(3) for j in range(3))
        for table in _BETA_FIT
    )
    return numerator / denominator * (x * slope / (total - alpha))
