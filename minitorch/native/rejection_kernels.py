"""Random numbers by rejection: draw a point, accept it or draw again.

How many words an element takes depends on what is drawn, so these go through next_uniform53 one at
a time. The results are contiguous whatever the parameters' strides, and drawn in that order.

Mirrors aten/src/ATen/native/Distributions.cpp (poisson, _s_dirichlet) and
aten/src/ATen/native/Distributions.h (sample_gamma, sample_binomial).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel
from minitorch.native.distribution_kernels import (
    Array,
    check_implemented,
    fill,
    next_uniform53,
)
from minitorch.native.normal_kernels import next_normal
from minitorch.random import Generator, default_generator

__all__ = ["binomial", "poisson", "sample_dirichlet", "standard_gamma"]


# ------------------------------------------------------------------------------------- poisson


@kernel
def _poisson_by_products(engine: Any, rate: Any) -> Any:
    """Count the exponential waiting times that fit into one unit of time."""
    threshold = math.exp(-rate)
    product = next_uniform53(engine)
    count = 0
    while product > threshold:
        count += 1
        product *= next_uniform53(engine)
    return count


@kernel
def _poisson_by_rejection(engine: Any, rate: Any) -> Any:
    """Hörmann's PTRS (1993): two uniforms a trial, accepted nearly always without a logarithm."""
    log_rate = math.log(rate)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    log_inverse_alpha = math.log(1.1239 + 1.1328 / (b - 3.4))
    bound_of_v = 0.9277 - 3.6224 / (b - 2.0)
    while True:
        u = next_uniform53(engine) - 0.5
        v = next_uniform53(engine)
        us = 0.5 - abs(u)
        k = np.int64(math.floor((2.0 * a / us + b) * u + rate + 0.43))
        if us >= 0.07 and v <= bound_of_v:
            return k
        if k < 0 or (us < 0.013 and v > us):
            continue
        log_of_trial = math.log(v) + log_inverse_alpha - math.log(a / (us * us) + b)
        if log_of_trial <= -rate + k * log_rate - math.lgamma(k + 1.0):
            return k


@kernel
def _poisson(out: Any, engine: Any, rates: Any) -> None:
    for i in range(out.size):
        rate = np.float64(rates[i])
        if rate >= 10.0:
            out[i] = _poisson_by_rejection(engine, rate)
        elif rate == 0.0:
            out[i] = 0  # and draws nothing
        else:
            out[i] = _poisson_by_products(engine, rate)


def poisson(input: Array, generator: Generator | None = None) -> Array:
    """How many events come in a unit of time, at the rates ``input``; of the dtype of ``input``."""
    check_implemented("poisson_cpu", input, "f")
    if not (input >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    rates = input.astype(np.float64).reshape(-1)
    return fill(np.empty(input.shape, input.dtype), np.float64, generator, _poisson, rates)


# --------------------------------------------------------------------------------------- gamma

# torch's C++ has this third in single precision whatever it is subtracted from.
_THIRD = np.float32(1) / np.float32(3)
_SQUEEZE = float(np.float32(0.0331))


@kernel
def _next_gamma(engine: Any, waiting: Any, alpha: Any, one: Any) -> Any:
    """Marsaglia and Tsang (2000): the cube of a normal is nearly a gamma.

    ``one`` is of the type of alpha, and keeps the sums with it in that type.
    """
    scale = 1.0
    if alpha < one:  # draw of alpha + 1, which is accepted more often, and scale that down
        if alpha == 0:
            return 0.0
        scale = (1.0 - next_uniform53(engine)) ** np.float64(one / alpha)
        alpha = alpha + one
    d = np.float64(alpha - _THIRD)
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = next_normal(engine, waiting)
        y = 1.0 + c * x
        while y <= 0:
            x = next_normal(engine, waiting)
            y = 1.0 + c * x
        v = y * y * y
        u = 1.0 - next_uniform53(engine)
        if u < 1.0 - _SQUEEZE * (x * x) * (x * x):
            return scale * d * v
        if math.log(u) < 0.5 * (x * x) + d * (1.0 - v + math.log(v)):
            return scale * d * v


@kernel
def _standard_gamma(out: Any, engine: Any, waiting: Any, alphas: Any, one: Any) -> None:
    for i in range(out.size):
        out[i] = _next_gamma(engine, waiting, alphas[i], one)


def standard_gamma(alpha: Array, generator: Generator | None = None) -> Array:
    """Draw from densities x**(alpha - 1) exp(-x) / gamma(alpha); never 0, whose log is infinite."""
    check_implemented("gamma_cpu", alpha, "" if dtypes.is_half(alpha.dtype) else "f")
    if generator is None:
        generator = default_generator
    one = alpha.dtype.type(1)
    result = np.empty(alpha.shape, alpha.dtype)
    flat = alpha.reshape(-1)
    fill(result, alpha.dtype, generator, _standard_gamma, generator.next_normal, flat, one)
    np.fmax(result, dtypes.finfo(dtypes.from_numpy(alpha.dtype)).tiny, out=result)
    return result


def sample_dirichlet(alpha: Array, generator: Generator | None = None) -> Array:
    """Gammas divided by their sum: points whose components are in (0, 1) and add up to 1.

    The gammas are float64, since those of a small alpha would be 0 in float32.

    Shape: (..., components) to the same; each component has its own alpha.
    """
    check_implemented("dirichlet", alpha, "" if dtypes.is_half(alpha.dtype) else "f")
    gammas = standard_gamma(alpha.astype(np.float64), generator)
    shares = (gammas / gammas.sum(axis=-1, keepdims=True)).astype(alpha.dtype)
    tiny = dtypes.finfo(dtypes.from_numpy(alpha.dtype)).tiny
    below_one = np.nextafter(alpha.dtype.type(1), alpha.dtype.type(0))
    return np.fmin(np.fmax(shares, tiny), below_one)


# ------------------------------------------------------------------------------------ binomial

# log(k!) minus Stirling's approximation, for k up to 9.
_STIRLING_TAILS = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)


@kernel
def _stirling_tail(k: Any) -> Any:
    if k <= 9.0:
        return _STIRLING_TAILS[np.int64(k)]
    square = (k + 1.0) * (k + 1.0)
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1.0)


@kernel
def _binomial_by_waiting(engine: Any, count: Any, p: Any) -> Any:
    """Add up the trials that each success takes (geometric numbers) until there are ``count``."""
    log_of_failure = np.float64(math.log1p(-p))
    trials = 0.0
    successes = -1
    while trials <= count:
        trials += math.ceil(math.log(next_uniform53(engine)) / log_of_failure)
        successes += 1
    return successes


@kernel
def _binomial_by_rejection(engine: Any, count: Any, p: Any, one: Any) -> Any:
    """Hörmann's BTRS (1993); count and p are of one type, the type of ``one``, the rest double."""
    std = np.float64(math.sqrt(count * p * (one - p)))
    b = 1.15 + 2.53 * std
    a = -0.0873 + 0.0248 * b + 0.01 * np.float64(p)
    c = np.float64(count * p) + 0.5
    bound_of_v = 0.92 - 4.2 / b
    odds = np.float64(p / (one - p))
    alpha = (2.83 + 5.1 / b) * std
    mode = np.float64(math.floor((count + one) * p))
    n = np.float64(count)
    while True:
        u = next_uniform53(engine) - 0.5
        v = next_uniform53(engine)
        us = 0.5 - abs(u)
        k = np.float64(math.floor((2.0 * a / us + b) * u + c))
        if k < 0 or k > n:
            continue
        if us >= 0.07 and v <= bound_of_v:
            return k
        log_of_trial = math.log(v * alpha / (a / (us * us) + b))
        log_of_ratio = (
            (mode + 0.5) * math.log((mode + 1.0) / (odds * (n - mode + 1.0)))
            + (n + 1.0) * math.log((n - mode + 1.0) / (n - k + 1.0))
            + (k + 0.5) * math.log(odds * (n - k + 1.0) / (k + 1.0))
            + _stirling_tail(mode)
            + _stirling_tail(n - mode)
            - _stirling_tail(k)
            - _stirling_tail(n - k)
        )
        if log_of_trial <= log_of_ratio:
            return k


@kernel
def _next_binomial(engine: Any, count: Any, p: Any, one: Any) -> Any:
    if np.float64(count * p) >= 10.0:
        return np.float64(_binomial_by_rejection(engine, count, p, one))
    return np.float64(_binomial_by_waiting(engine, count, p))


@kernel
def _binomial(out: Any, engine: Any, counts: Any, probabilities: Any, one: Any) -> None:
    for i in range(out.size):
        count = counts[i]
        p = probabilities[i]
        if math.isnan(count) or math.isnan(p):
            out[i] = math.nan
        elif count <= 0 or p <= 0:
            out[i] = 0
        elif p >= 1:
            out[i] = count
        elif np.float64(p) <= 0.5:
            out[i] = _next_binomial(engine, count, p, one)
        else:
            out[i] = count - _next_binomial(engine, count, one - p, one)


def binomial(count: Array, prob: Array, generator: Generator | None = None) -> Array:
    """The number of successes in ``count`` trials of probability ``prob`` each.

    ``prob`` is broadcast to the shape of ``count``. A NaN gives NaN, where torch may not return.
    """
    check_implemented("binomial_cpu", count, "" if dtypes.is_half(count.dtype) else "f")
    counts = count.reshape(-1)
    probabilities = np.broadcast_to(prob, count.shape).reshape(-1)
    result = np.empty(count.shape, count.dtype)
    one = count.dtype.type(1)
    return fill(result, count.dtype, generator, _binomial, counts, probabilities, one)
