"""Fill arrays with normal random numbers, by Box and Muller's method.

Two independent uniforms become two independent normals: the point at radius sqrt(-2 log u1) and
angle 2 pi u2 of a plane has normal coordinates. torch does it in two ways, which draw differently:

- 16 elements or more, contiguous: eight pairs at a time, element j with element j + 8.
- Fewer, or strided: one by one in double precision; the second of a pair waits in the generator.

A million float32 take 1.6 ms (torch: 2.8); one by one, each normal takes 39 ns (torch: 25).

Mirrors aten/src/ATen/native/cpu/DistributionTemplates.h, aten/src/ATen/core/DistributionsHelper.h
and aten/src/ATen/native/cpu/avx_mathfun.h. A torch on a processor without AVX2 computes float32
with other functions, and so differs from this in the last bits.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch._jit import Kernel, fma, kernel
from minitorch.native.distribution_kernels import (
    Array,
    check_implemented,
    fill,
    next_uniform53,
    real_view,
    uniform24,
    uniform53,
)
from minitorch.random import Generator, default_generator

__all__ = ["log_normal_", "next_normal", "normal_"]

_LANES = 8  # the first half of a block of 16 is paired with the second
_BLOCKS = 64  # as many at a time fill 4 KiB, which stay in the innermost cache


def _float32s(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(number) for number in numbers)


_ZERO, _HALF, _ONE, _MINUS_TWO, _TWO_PI = _float32s(0, 0.5, 1, -2, 2 * math.pi)

# Cephes' single precision logarithm, sine and cosine, in the form that torch took from Julien
# Pommier. Every fma stands where its compiler has fused a product with a sum.
_LOG_POLYNOMIAL = _float32s(
    7.0376836292e-2,
    -1.1514610310e-1,
    1.1676998740e-1,
    -1.2420140846e-1,
    1.4249322787e-1,
    -1.6668057665e-1,
    2.0000714765e-1,
    -2.4999993993e-1,
    3.3333331174e-1,
)
_SIN_POLYNOMIAL = _float32s(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
_COS_POLYNOMIAL = _float32s(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)
_SQRT_HALF, _FOUR_OVER_PI = _float32s(math.sqrt(0.5), 4 / math.pi)
# Constants in parts, of which the first is so short that its product with an integer is exact.
_LOG_2_PARTS = _float32s(0.693359375, -2.12194440e-4)
_QUARTER_PI_PARTS = _float32s(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)

_EXPONENT_SHIFT = np.uint32(23)
_MANTISSA_BITS = np.uint32(0x007FFFFF)
_EXPONENT_OF_HALF = np.uint32(0x3F000000)


# ------------------------------------------------------------------------------------- kernels


@kernel
def _polynomial(coefficients: Any, x: Any) -> Any:
    result = coefficients[0]
    for coefficient in coefficients[1:]:
        result = fma(result, x, coefficient)
    return result


@kernel
def _log(x: Any) -> Any:
    """log(x) = exponent log(2) + log(mantissa), with a mantissa in [sqrt(1/2), sqrt(2))."""
    bits = np.float32(x).view(np.uint32)
    exponent = np.float32(np.int32(bits >> _EXPONENT_SHIFT) - np.int32(126))
    mantissa = np.uint32((bits & _MANTISSA_BITS) | _EXPONENT_OF_HALF).view(np.float32)
    is_small = mantissa < _SQRT_HALF
    exponent = exponent - (_ONE if is_small else _ZERO)
    rest = (mantissa - _ONE) + (mantissa if is_small else _ZERO)
    square = rest * rest
    series = _polynomial(_LOG_POLYNOMIAL, rest) * rest
    series = fma(series, square, exponent * _LOG_2_PARTS[1]) - square * _HALF
    return fma(exponent, _LOG_2_PARTS[0], rest + series)


@kernel
def _sin_and_cos(angle: Any) -> Any:
    """Of an angle >= 0: subtract the nearest even multiple of pi/4, then swap and negate."""
    octant = np.int32(angle * _FOUR_OVER_PI)
    octant = np.int32((octant + np.int32(1)) & np.int32(-2))
    turns = np.float32(octant)
    x = fma(turns, -_QUARTER_PI_PARTS[0], angle)
    x = fma(turns, -_QUARTER_PI_PARTS[1], x)
    x = fma(turns, -_QUARTER_PI_PARTS[2], x)
    square = x * x
    sin_of_x = fma(_polynomial(_SIN_POLYNOMIAL, square) * square, x, x)
    cos_of_x = _polynomial(_COS_POLYNOMIAL, square) * square
    cos_of_x = fma(cos_of_x, square, -(square * _HALF)) + _ONE
    is_swapped = (octant & np.int32(2)) != np.int32(0)
    sin = cos_of_x if is_swapped else sin_of_x
    cos = sin_of_x if is_swapped else cos_of_x
    sin = -sin if (octant & np.int32(4)) != np.int32(0) else sin
    cos = cos if ((octant - np.int32(2)) & np.int32(4)) != np.int32(0) else -cos
    return sin, cos


@kernel
def _box_muller_float32(first: Any, second: Any, mean: Any, std: Any) -> None:
    """Uniforms in, normals out."""
    for i in range(first.size):
        radius = np.float32(math.sqrt(_MINUS_TWO * _log(_ONE - first[i])))
        sin, cos = _sin_and_cos(_TWO_PI * second[i])
        first[i] = fma(radius * cos, std, mean)
        second[i] = fma(radius * sin, std, mean)


@kernel
def _normal_float32(out: Any, engine: Any, mean: Any, std: Any) -> None:
    mean32 = np.float32(mean)
    std32 = np.float32(std)
    uniform24(out, engine)
    count = out.size // (2 * _LANES)
    # In two rows of their own the loop over pairs vectorises: 1.6 ns, in place 2.7.
    first = np.empty(min(count, _BLOCKS) * _LANES, np.float32)
    second = np.empty_like(first)
    for start in range(0, count, _BLOCKS):
        part = out[start * 2 * _LANES : min(start + _BLOCKS, count) * 2 * _LANES]
        size = part.size // 2
        for i in range(size):
            first[i] = part[i + i // _LANES * _LANES]
            second[i] = part[i + i // _LANES * _LANES + _LANES]
        _box_muller_float32(first[:size], second[:size], mean32, std32)
        for i in range(size):
            part[i + i // _LANES * _LANES] = first[i]
            part[i + i // _LANES * _LANES + _LANES] = second[i]
    if out.size % (2 * _LANES):  # the last 16 anew, from new uniforms
        last = out[out.size - 2 * _LANES :]
        uniform24(last, engine)
        _box_muller_float32(last[:_LANES], last[_LANES:], mean32, std32)


@kernel
def _box_muller_float64(first: Any, second: Any, mean: Any, std: Any) -> None:
    for i in range(first.size):
        radius = math.sqrt(-2.0 * math.log(1.0 - first[i]))
        angle = 2.0 * math.pi * second[i]
        first[i] = fma(radius * math.cos(angle), std, mean)
        second[i] = fma(radius * math.sin(angle), std, mean)


@kernel
def _normal_float64(out: Any, engine: Any, mean: Any, std: Any) -> None:
    uniform53(out, engine)
    for start in range(0, out.size - 2 * _LANES + 1, 2 * _LANES):
        middle = start + _LANES
        _box_muller_float64(out[start:middle], out[middle : middle + _LANES], mean, std)
    if out.size % (2 * _LANES):
        last = out[out.size - 2 * _LANES :]
        uniform53(last, engine)
        _box_muller_float64(last[:_LANES], last[_LANES:], mean, std)


@kernel
def next_normal(engine: Any, waiting: Any) -> Any:
    """One standard normal; ``waiting`` is the generator's ``next_normal``, NaN when none waits."""
    normal = waiting[0]
    if not math.isnan(normal):
        waiting[0] = math.nan
        return normal
    angle = 2.0 * math.pi * next_uniform53(engine)
    radius = math.sqrt(-2.0 * math.log1p(-next_uniform53(engine)))
    waiting[0] = radius * math.sin(angle)
    return radius * math.cos(angle)


@kernel
def _normal_one_by_one(out: Any, engine: Any, waiting: Any, mean: Any, std: Any) -> None:
    for i in range(out.size):
        out[i] = fma(next_normal(engine, waiting), std, mean)


@kernel
def _log_normal(out: Any, engine: Any, waiting: Any, mean: Any, std: Any) -> None:
    for i in range(out.size):
        out[i] = math.exp(fma(next_normal(engine, waiting), std, mean))


# -------------------------------------------------------------------------------------- arrays


def _fill_one_by_one(
    array: Array, generator: Generator | None, kernel: Kernel, mean: float, std: float
) -> Array:
    if generator is None:
        generator = default_generator
    stored = np.float64 if array.dtype == np.float64 else np.float32  # computed in double anyway
    return fill(array, stored, generator, kernel, generator.next_normal, mean, std)


def normal_(
    array: Array, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Array:
    """Draw from the normal distribution; std**2 is the variance of both parts of a complex number.

    >>> import numpy as np
    >>> from minitorch.random import Generator
    >>> normal_(np.empty(2), generator=Generator().manual_seed(0))
    array([ 1.54099611, -0.29342891])
    """
    if not std >= 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if array.dtype.kind == "c":
        normal_(real_view(array), mean, std / math.sqrt(2), generator)
        return array
    check_implemented("normal_kernel_cpu", array, "f")
    mean, std = float(mean), float(std)
    if array.size < 2 * _LANES or not array.flags.c_contiguous:
        return _fill_one_by_one(array, generator, _normal_one_by_one, mean, std)
    if array.dtype == np.float64:
        return fill(array, np.float64, generator, _normal_float64, mean, std)
    if array.dtype == np.float32:
        return fill(array, np.float32, generator, _normal_float32, mean, std)
    # Half types draw no uniforms for the elements after the last full block, only for the last 16.
    flat = array.reshape(-1)
    rest = array.size % (2 * _LANES)
    fill(flat[: array.size - rest], np.float32, generator, _normal_float32, mean, std)
    if rest:
        fill(flat[-2 * _LANES :], np.float32, generator, _normal_float32, mean, std)
    return array


def log_normal_(
    array: Array, mean: float = 1.0, std: float = 2.0, generator: Generator | None = None
) -> Array:
    """exp of normals with this mean and std."""
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    check_implemented("log_normal_cpu", array, "f")
    return _fill_one_by_one(array, generator, _log_normal, float(mean), float(std))
