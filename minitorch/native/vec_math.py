"""exp, tanh, sigmoid, erf and their kin, for use inside kernels: float32 forms that vectorise.

Inside Numba, ``math.exp`` is a call of the C library for every element: 3 to 7 times slower than
torch. The float32 forms below are branch-free polynomials which the compiler turns into vector
code: 0.3 to 0.6 ns an element with AVX-512, at most 3 units in the last place from the truth, 6
for erf. float64 takes the C library's.

Mirrors aten/src/ATen/cpu/vec/ and third_party/sleef. Left out: sin and cos, which NumPy vectorises
by itself, and float64 polynomials.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch._jit import Kernel, fma, kernel

__all__ = [
    "ByPrecision",
    "erf",
    "exp",
    "exp_below_one",
    "expm1",
    "log",
    "log1p_of_unit",
    "log_of_one_or_more",
    "normal_cdf",
    "sigmoid",
    "tanh",
]


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
_LOG2_E, _LOG_2 = _float32s(math.log2(math.e), math.log(2))
# log(2) in two parts, of which the first is so short that its product with an integer is exact.
_LOG_2_PARTS = _float32s(0.693359375, -2.12194440e-4)
# Adding and subtracting 1.5 * 2**23 rounds to the nearest integer, which then stands in the low
# bits of the sum: an instruction that converts is not needed.
_ROUNDER = np.float32(1.5 * 2**23)
_ROUNDER_BITS = np.int32(_ROUNDER.view(np.int32))
_EXPONENT_BIAS, _EXPONENT_SHIFT, _MANTISSA = np.int32(127), np.int32(23), np.int32(0x7FFFFF)
# Here exp has become 0 and inf in float32.
_EXP_LOWEST, _EXP_HIGHEST = _float32s(-104.0, 89.0)
_NAN, _LEAST_NORMAL, _TWO_TO_23, _DENORMAL_EXPONENT = _float32s(math.nan, 2**-126, 2**23, 23)
_SQRT_HALF_BITS = np.int32(np.float32(math.sqrt(0.5)).view(np.int32))
# Here exp leaves the normal numbers.
_EXP_SMALLEST_NORMAL = np.float32(-87.33654)
# tanh is 1 beyond 9.02, erf beyond 3.92.
_TANH_HIGHEST, _ERF_HIGHEST = _float32s(10.0, 3.92)

# (exp(r) - 1 - r) / r**2 for |r| <= log(2)/2: least squares, 3e-9 of exp(r) from the truth.
_EXP_SERIES = _float32s(1.3814467e-03, 8.3687810e-03, 4.1668393e-02, 1.6666520e-01, 4.9999994e-01)
# atanh(s) / s - 1 over s**2, for s <= 1/3: Taylor, whose next term is 2**-29 of the sum.
_ATANH_SERIES = _float32s(*(1 / n for n in (15, 13, 11, 9, 7, 5, 3)))
# (log(1 + t) - t + t**2 / 2) / t**3 for sqrt(1/2) <= 1 + t <= sqrt(2): fitted for the smallest
# relative error of the logarithm, 6e-9.
_LOG_SERIES = _float32s(
    -7.6344694e-02, 1.2761666e-01, -1.3160227e-01, 1.4201744e-01,
    -1.6623351e-01, 2.0001228e-01, -2.5000821e-01, 3.3333332e-01,
)  # fmt: skip
# erf(x) / x as a quotient of polynomials in x**2, for |x| <= 3.92, where erf becomes 1: fitted for
# the smallest relative error, which is 2e-8.
_ERF_ABOVE = _float32s(
    2.0500893e-06, 2.8488322e-04, 3.7656275e-03, 5.2748760e-02, 1.9040668e-01, 1.1283792,
)  # fmt: skip
_ERF_BELOW = _float32s(
    3.8091760e-05, 1.1625385e-03, 1.4969237e-02, 1.1410920e-01, 5.0207627e-01, 1.0,
)  # fmt: skip

# P(Z > x) exp(x**2 / 2) of a standard normal Z as a polynomial in t = 1 / (1 + _TAIL_SCALE x), for
# x >= 0: fitted for the smallest error of the probability, which is 2e-8 (after Hastings, 1955).
_TAIL_SCALE = np.float32(0.4 * math.sqrt(0.5))
_TAIL_SERIES = _float32s(
    -0.09876534, 0.34902668, -0.17649202, 0.22694706, 0.083775432, 0.11550822, 0.0,
)  # fmt: skip


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
    """x = n log(2) + r with |r| <= log(2)/2; gives n and exp(r) - 1, which is NaN if x is."""
    shifted = fma(x, _LOG2_E, _ROUNDER)
    rounded = shifted - _ROUNDER
    rest = fma(rounded, -_LOG_2_PARTS[0], x)
    rest = fma(rounded, -_LOG_2_PARTS[1], rest)
    n = np.int32(np.float32(shifted).view(np.int32) - _ROUNDER_BITS)
    return n, fma(_polynomial(_EXP_SERIES, rest), rest * rest, rest)


@kernel
def _limited(x: Any, low: Any, high: Any) -> Any:
    """x, but not outside [low, high]; NaN stays NaN, which min() and max() do not promise."""
    x = low if x < low else x
    return high if x > high else x


@kernel
def _exp_float32(x: Any) -> Any:
    # -inf, which stands wherever attention hides a key, must not reach the product: a result in the
    # denormal range costs ten times as much.
    is_zero = x < _EXP_LOWEST
    n, minus_one = _reduce(_limited(_ZERO if is_zero else x, _EXP_LOWEST, _EXP_HIGHEST))
    # 2**n in two factors, because 2**-149 and 2**128 are not in the range of one.
    half = np.int32(n >> np.int32(1))
    result = (minus_one + _ONE) * _power_of_two(half) * _power_of_two(np.int32(n - half))
    return _ZERO if is_zero else result


@kernel
def _exp_below_one_float32(x: Any) -> Any:
    is_zero = x < _EXP_SMALLEST_NORMAL
    n, minus_one = _reduce(_ZERO if is_zero else x)
    return _ZERO if is_zero else (minus_one + _ONE) * _power_of_two(n)


@kernel
def _expm1_float32(x: Any) -> Any:
    n, minus_one = _reduce(_limited(x, np.float32(-80), _EXP_HIGHEST))
    half = np.int32(n >> np.int32(1))
    low, high = _power_of_two(half), _power_of_two(np.int32(n - half))
    result = fma(minus_one * low, high, low * high - _ONE)
    # Above, 2**128 would be inf before it is multiplied; there the 1 no longer counts.
    result = (minus_one + _ONE) * low * high if x > np.float32(80) else result
    return x if x == _ZERO else result  # -0 stays -0


@kernel
def _tanh_float32(x: Any) -> Any:
    """With u = exp(2x) - 1: tanh(x) = u / (u + 2), exact near 0 too."""
    n, minus_one = _reduce(_limited(x, -_TANH_HIGHEST, _TANH_HIGHEST) * _TWO)
    scale = _power_of_two(n)
    u = fma(minus_one, scale, scale - _ONE)
    return u / (u + _TWO)


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
def _log_of_one_or_more_float32(x: Any) -> Any:
    """x = m 2**n with 1 <= m < 2: log(x) = n log(2) + log(1 + (m - 1))."""
    bits = np.float32(x).view(np.int32)
    n = np.float32((bits >> _EXPONENT_SHIFT) - _EXPONENT_BIAS)
    m = np.int32((bits & _MANTISSA) | (_EXPONENT_BIAS << _EXPONENT_SHIFT)).view(np.float32)
    result = fma(n, _LOG_2, _log1p_of_unit_float32(m - _ONE))
    return x if x != x else result


@kernel
def _log_float32(x: Any) -> Any:
    """x = (1 + t) 2**n with sqrt(1/2) <= 1 + t < sqrt(2), so that nothing cancels near 1."""
    is_denormal = x < _LEAST_NORMAL
    bits = np.float32(x * _TWO_TO_23 if is_denormal else x).view(np.int32)
    n = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> _EXPONENT_SHIFT)
    t = np.int32(bits - np.int32(n << _EXPONENT_SHIFT)).view(np.float32) - _ONE
    exponent = np.float32(n) - (_DENORMAL_EXPONENT if is_denormal else _ZERO)
    result = fma(t * t, fma(t, _polynomial(_LOG_SERIES, t), -_HALF), t)
    result = fma(exponent, _LOG_2, result)
    result = result if x < _INF else x
    result = result if x >= _ZERO else _NAN
    return -_INF if x == _ZERO else result


@kernel
def _erf_float32(x: Any) -> Any:
    """One division instead of an exponential."""
    limited = _limited(x, -_ERF_HIGHEST, _ERF_HIGHEST)
    square = limited * limited
    result = limited * (_polynomial(_ERF_ABOVE, square) / _polynomial(_ERF_BELOW, square))
    return _limited(result, -_ONE, _ONE)


@kernel
def _normal_cdf_float32(x: Any) -> Any:
    """Where exp(-x**2 / 2) is computed as well, the compiler does so once."""
    tail = _polynomial(_TAIL_SERIES, _ONE / fma(abs(x), _TAIL_SCALE, _ONE))
    tail *= _exp_float32(x * x * -_HALF)
    return tail if x < _ZERO else _ONE - tail


@kernel
def _normal_cdf_float64(x: Any) -> Any:
    return 0.5 * (1.0 + math.erf(x * math.sqrt(0.5)))


exp = ByPrecision(_exp_float32, math.exp)
# exp(x) for x <= 0, or little above: 0 where it would be less than 1.2e-38. Takes 2/3 of the time.
exp_below_one = ByPrecision(_exp_below_one_float32, math.exp)
expm1 = ByPrecision(_expm1_float32, math.expm1)
tanh = ByPrecision(_tanh_float32, math.tanh)
erf = ByPrecision(_erf_float32, math.erf)
log1p_of_unit = ByPrecision(_log1p_of_unit_float32, math.log1p)  # log(1 + x) for 0 <= x <= 1
log = ByPrecision(_log_float32, math.log)
log_of_one_or_more = ByPrecision(_log_of_one_or_more_float32, math.log)  # not of infinity
normal_cdf = ByPrecision(_normal_cdf_float32, _normal_cdf_float64)  # P(Z <= x)


@kernel
def _sigmoid_float64(x: Any) -> Any:
    return 1.0 / (1.0 + exp(-x))


sigmoid = ByPrecision(_sigmoid_float32, _sigmoid_float64)  # 1 / (1 + exp(-x))
