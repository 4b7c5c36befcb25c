"""exp, tanh, sigmoid, erf and their kin, for use inside kernels: float32 forms that vectorise.

Inside Numba, ``math.exp`` is a call of the C library for every element: 3 to 7 times slower than
torch. The float32 forms below are branch-free polynomials which the compiler turns into vector
code: 0.3 to 0.6 ns an element with AVX-512, at most 2 units in the last place from the truth.
float64 takes the C library's.

Mirrors aten/src/ATen/cpu/vec/ and third_party/sleef. Left out: what NumPy vectorises by itself
(log, sin, cos, ...), and float64 polynomials.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch._jit import Kernel, fma, kernel

__all__ = ["ByPrecision", "erf", "exp", "expm1", "log1p_of_unit", "sigmoid", "tanh"]


class ByPrecision(Kernel):
    """A function for use in kernels, with one body for float32 and another for float64.

    Which one is decided when the kernel that calls it is compiled, by the type of the argument: a
    scalar or an array.
    """

    def __init__(self, float32: Kernel, float64: Callable[[Any], Any]) -> None:
        super().__init__(float32.function, parallel=False, fast_sums=False, inline=False)
        self.float32, self.float64 = float32, float64

    def __call__(self, x: Any) -> Any:
        is_float32 = getattr(x, "dtype", None) == np.float32
        return (self.float32 if is_float32 else self.float64)(x)

    def compile(self, parallel: bool = False) -> Callable[..., Any]:
        import numba

        if False not in self._compiled:
            if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
                return self._compiled.setdefault(False, self.__call__)
            of_float32, of_float64 = self.float32.compile(), self.float64
            if isinstance(of_float64, Kernel):
                of_float64 = of_float64.compile()

            # Wherever a kernel names this function, the compiler meets the stub, and asks which
            # body to take for the type at hand.
            # Numba compares the bare argument names of all four, so they carry no annotations.
            def stub(x):  # type: ignore[no-untyped-def]
                raise NotImplementedError

            @numba.extending.overload(stub)
            def choose(x):  # type: ignore[no-untyped-def]
                if getattr(x, "dtype", x) == numba.types.float32:
                    return lambda x: of_float32(x)
                return lambda x: of_float64(x)

            for kernel in (self.float32, self.float64):
                self.sources |= kernel.sources if isinstance(kernel, Kernel) else set()
            self._compiled[False] = stub
        return self._compiled[False]


def _float32s(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(number) for number in numbers)


_ZERO, _HALF, _ONE, _TWO, _INF = _float32s(0, 0.5, 1, 2, math.inf)
_LOG2_E = np.float32(math.log2(math.e))
# log(2) in two parts, of which the first is so short that its product with an integer is exact.
_LOG_2_PARTS = _float32s(0.693359375, -2.12194440e-4)
# Adding and subtracting 1.5 * 2**23 rounds to the nearest integer, which then stands in the low
# bits of the sum: an instruction that converts is not needed.
_ROUNDER = np.float32(1.5 * 2**23)
_ROUNDER_BITS = np.int32(_ROUNDER.view(np.int32))
_EXPONENT_BIAS, _EXPONENT_SHIFT = np.int32(127), np.int32(23)
# Beyond these exp is 0 or inf in float32.
_EXP_LOWEST, _EXP_HIGHEST = _float32s(-104.0, 88.72284)
# tanh is 1 beyond 9.02, erf beyond 3.92.
_TANH_HIGHEST, _ERF_HIGHEST = _float32s(10.0, 4.0)

# (exp(r) - 1 - r) / r**2 for |r| <= log(2)/2: Taylor, whose next term is 2**-27 of exp(r).
_EXP_SERIES = _float32s(*(1 / math.factorial(n) for n in (7, 6, 5, 4, 3, 2)))
# atanh(s) / s - 1 over s**2, for s <= 1/3: Taylor, whose next term is 2**-29 of the sum.
_ATANH_SERIES = _float32s(*(1 / n for n in (15, 13, 11, 9, 7, 5, 3)))
# Least squares over 400 Chebyshev nodes: erf(x) / x - 1 in x**2 for |x| < 0.92 ...
_ERF_CENTRE = _float32s(
    8.37733e-05, -8.14429950e-04, 5.20116091e-03, -2.68594436e-02, 1.12836964e-01,
    -3.76126349e-01, 1.28379166e-01,
)  # fmt: skip
# ... and -log(1 - erf(x)) in x from there to 4.
_ERF_TAIL = _float32s(
    2.11787083e-05, -4.35255410e-04, 4.17408114e-03, -2.51252726e-02, 1.08285993e-01,
    6.33344293e-01, 1.12951493e00, -1.74433822e-04,
)  # fmt: skip
_ERF_SEAM = np.float32(0.92)


@kernel
def _polynomial(coefficients: Any, x: Any) -> Any:
    result = coefficients[0]
    for coefficient in coefficients[1:]:
        result = fma(result, x, coefficient)
    return result


@kernel
def _power_of_two(bits: Any) -> Any:
    """2**n as a float32, for n in [-126, 127]."""
    return np.int32(np.int32(bits + _EXPONENT_BIAS) << _EXPONENT_SHIFT).view(np.float32)


@kernel
def _reduce(x: Any) -> Any:
    """x = n log(2) + r with |r| <= log(2)/2; gives n and exp(r) - 1. No inf or NaN comes in."""
    shifted = fma(x, _LOG2_E, _ROUNDER)
    rounded = shifted - _ROUNDER
    rest = fma(rounded, -_LOG_2_PARTS[0], x)
    rest = fma(rounded, -_LOG_2_PARTS[1], rest)
    n = np.int32(np.float32(shifted).view(np.int32) - _ROUNDER_BITS)
    return n, fma(_polynomial(_EXP_SERIES, rest), rest * rest, rest)


@kernel
def _exp_float32(x: Any) -> Any:
    n, minus_one = _reduce(min(max(x, _EXP_LOWEST), _EXP_HIGHEST))
    # 2**n in two factors, because 2**-149 and 2**128 are not in the range of one.
    half = np.int32(n >> np.int32(1))
    result = (minus_one + _ONE) * _power_of_two(half) * _power_of_two(np.int32(n - half))
    result = _INF if x > _EXP_HIGHEST else result
    return x if x != x else result


@kernel
def _expm1_float32(x: Any) -> Any:
    n, minus_one = _reduce(min(max(x, np.float32(-80)), _EXP_HIGHEST))
    half = np.int32(n >> np.int32(1))
    low, high = _power_of_two(half), _power_of_two(np.int32(n - half))
    result = fma(minus_one * low, high, low * high - _ONE)
    # Above, 2**128 would be inf before it is multiplied; there the 1 no longer counts.
    result = (minus_one + _ONE) * low * high if x > np.float32(80) else result
    result = _INF if x > _EXP_HIGHEST else result
    return x if x != x or x == _ZERO else result  # -0 stays -0


@kernel
def _tanh_float32(x: Any) -> Any:
    """With u = exp(2x) - 1: tanh(x) = u / (u + 2), exact near 0 too."""
    doubled = min(max(x, -_TANH_HIGHEST), _TANH_HIGHEST) * _TWO
    n, minus_one = _reduce(doubled)
    scale = _power_of_two(n)
    u = fma(minus_one, scale, scale - _ONE)
    return x if x != x else u / (u + _TWO)


@kernel
def _sigmoid_float32(x: Any) -> Any:
    return _ONE / (_ONE + _exp_float32(-x))


@kernel
def _log1p_of_unit_float32(x: Any) -> Any:
    """2 atanh(x / (2 + x)) = log((1 + s) / (1 - s)) = log(1 + x)."""
    s = x / (_TWO + x)
    square = s * s
    s = s + s
    return fma(_polynomial(_ATANH_SERIES, square) * square, s, s)


@kernel
def _erf_float32(x: Any) -> Any:
    size = min(abs(x), _ERF_HIGHEST)
    n, minus_one = _reduce(-_polynomial(_ERF_TAIL, size))
    scale = _power_of_two(n)
    tail = (_ONE - scale) - minus_one * scale
    tail = -tail if x < _ZERO else tail
    square = size * size
    centre = fma(_polynomial(_ERF_CENTRE, square), x, x)
    result = centre if size < _ERF_SEAM else tail
    return x if x != x else result


exp = ByPrecision(_exp_float32, math.exp)
expm1 = ByPrecision(_expm1_float32, math.expm1)
tanh = ByPrecision(_tanh_float32, math.tanh)
erf = ByPrecision(_erf_float32, math.erf)
log1p_of_unit = ByPrecision(_log1p_of_unit_float32, math.log1p)  # log(1 + x) for 0 <= x <= 1


@kernel
def _sigmoid_float64(x: Any) -> Any:
    return 1.0 / (1.0 + exp(-x))


sigmoid = ByPrecision(_sigmoid_float32, _sigmoid_float64)  # 1 / (1 + exp(-x))
