"""Orthogonal polynomials of Chebyshev, Hermite, Laguerre and Legendre.

``polynomial(x, n)`` evaluates the n-th polynomial at x; both are tensors or numbers, n is cut to a
whole number, and a negative one gives 0. Each is computed by its three-term recurrence in the dtype
of x; Chebyshev's, between -1 and 1 and for larger n, by its trigonometric form.

Mirrors torch/special/__init__.py and aten/src/ATen/native/Math.h. None has a gradient in torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.tensor_iterator import not_implemented, on_promoted, promote_to_float
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

Step = Callable[[int, Any, Any], Any]


def _polynomial(name: str, formula: Callable[[Any, Any], Any], input: Any, n: Any) -> Tensor:
    """``formula(x, n)`` on arrays that have been promoted, and broadcast."""

    def kernel(x: Any, n: Any) -> Any:
        if not dtypes.is_floating(x.dtype) or x.dtype.itemsize < 4:
            raise not_implemented(f"{name}_cpu", x)
        x, n = x + 0 * n, np.trunc(n) + 0 * x
        return np.where(n < 0, 0, formula(x, n)).astype(x.dtype)

    return wrap(on_promoted(kernel, unwrap(input), unwrap(n), promote_to_float))


def _recurrence(n: Any, first: Any, second: Any, step: Step) -> Any:
    """For each element the n-th polynomial, of which polynomial k is ``step(k, those before)``."""
    out = np.where(n == 0, first, second)
    previous, current = first, second
    for k in range(2, int(n.max(initial=0).item()) + 1):
        previous, current = current, step(k, current, previous)
        out = np.where(n == k, current, out)
    return out


def _fma(a: Any, b: Any, c: Any) -> Any:
    """``a * b + c``; in float32 rounded once, as torch's compiled loops do, which makes these equal
    bit for bit: rounding errors grow from step to step.
    """
    if a.dtype == np.float32:
        return (a.astype(np.float64) * b + c).astype(a.dtype)
    return a * b + c


def _chebyshev(x: Any, n: Any, second: Any) -> Any:
    def step(k: int, current: Any, previous: Any) -> Any:
        return _fma(2 * x, current, -previous)

    return _recurrence(n, 1 + 0 * x, second, step)


def _sign_of(n: Any) -> Any:
    """(-1) ** n."""
    return np.where(n % 2 == 0, 1, -1).astype(n.dtype)


def _t(x: Any, n: Any) -> Any:
    out = _chebyshev(x, n, x)
    out = np.where((n > 6) & (np.abs(x) < 1), np.cos(n * np.arccos(x)), out)
    return np.where(x == 1, 1, np.where(x == -1, _sign_of(n), out))


def _u(x: Any, n: Any) -> Any:
    angle = np.arccos(x)
    out = _chebyshev(x, n, 2 * x)
    out = np.where((n > 8) & (np.abs(x) < 1), np.sin((n + 1) * angle) / np.sin(angle), out)
    return np.where(x == 1, n + 1, np.where(x == -1, _sign_of(n) * (n + 1), out))


def _v(x: Any, n: Any) -> Any:
    angle = np.arccos(x)
    out = _chebyshev(x, n, 2 * x - 1)
    quotient = np.cos((n + 0.5) * angle) / np.cos(angle / 2)
    out = np.where((n > 8) & (np.abs(x) < 1), quotient, out)
    return np.where(x == 1, 1, np.where(x == -1, _sign_of(n) * (2 * n + 1), out))


def _w(x: Any, n: Any) -> Any:
    angle = np.arccos(x)
    out = _chebyshev(x, n, 2 * x + 1)
    quotient = np.sin((n + 0.5) * angle) / np.sin(angle / 2)
    out = np.where((n > 8) & (np.abs(x) < 1), quotient, out)
    return np.where(x == 1, 2 * n + 1, np.where(x == -1, _sign_of(n), out))


def _h(x: Any, n: Any) -> Any:
    return _recurrence(n, 1 + 0 * x, 2 * x, lambda k, q, p: _fma(2 * x, q, (2 - 2 * k) * p))


def _he(x: Any, n: Any) -> Any:
    return _recurrence(n, 1 + 0 * x, x, lambda k, q, p: _fma(x, q, (1 - k) * p))


def _l(x: Any, n: Any) -> Any:
    def step(k: int, q: Any, p: Any) -> Any:
        return _fma(2 * k - 2 + (1 - x), q, (1 - k) * p) / k

    return np.where(x == 0, 1, _recurrence(n, 1 + 0 * x, 1 - x, step))


def _p(x: Any, n: Any) -> Any:
    def step(k: int, q: Any, p: Any) -> Any:
        return _fma((2 * k - 1) * x, q, (1 - k) * p) / k

    out = _recurrence(n, 1 + 0 * x, x, step)
    return np.where(x == 1, 1, np.where(x == -1, _sign_of(n), out))


def _shifted(formula: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """From the interval [-1, 1] to [0, 1]."""
    return lambda x, n: formula(x + x - 1, n)


@accepts_out
def chebyshev_polynomial_t(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = T_n(input), element-wise: T_n(cos a) = cos(n a)."""
    return _polynomial("chebyshev_polynomial_t", _t, input, n)


@accepts_out
def chebyshev_polynomial_u(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = U_n(input), element-wise: U_n(cos a) = sin((n + 1) a) / sin(a)."""
    return _polynomial("chebyshev_polynomial_u", _u, input, n)


@accepts_out
def chebyshev_polynomial_v(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = V_n(input), element-wise: V_n(cos a) = cos((n + 1/2) a) / cos(a / 2)."""
    return _polynomial("chebyshev_polynomial_v", _v, input, n)


@accepts_out
def chebyshev_polynomial_w(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = W_n(input), element-wise: W_n(cos a) = sin((n + 1/2) a) / sin(a / 2)."""
    return _polynomial("chebyshev_polynomial_w", _w, input, n)


@accepts_out
def shifted_chebyshev_polynomial_t(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = T_n(2 input - 1), element-wise."""
    return _polynomial("shifted_chebyshev_polynomial_t", _shifted(_t), input, n)


@accepts_out
def shifted_chebyshev_polynomial_u(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = U_n(2 input - 1), element-wise."""
    return _polynomial("shifted_chebyshev_polynomial_u", _shifted(_u), input, n)


@accepts_out
def shifted_chebyshev_polynomial_v(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = V_n(2 input - 1), element-wise."""
    return _polynomial("shifted_chebyshev_polynomial_v", _shifted(_v), input, n)


@accepts_out
def shifted_chebyshev_polynomial_w(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = W_n(2 input - 1), element-wise."""
    return _polynomial("shifted_chebyshev_polynomial_w", _shifted(_w), input, n)


@accepts_out
def hermite_polynomial_h(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = H_n(input), element-wise: orthogonal under e ** -x**2, the physicist's."""
    return _polynomial("hermite_polynomial_h", _h, input, n)


@accepts_out
def hermite_polynomial_he(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = He_n(input), element-wise: orthogonal under e ** -(x**2 / 2), the probabilist's."""
    return _polynomial("hermite_polynomial_he", _he, input, n)


@accepts_out
def laguerre_polynomial_l(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = L_n(input), element-wise."""
    return _polynomial("laguerre_polynomial_l", _l, input, n)


@accepts_out
def legendre_polynomial_p(input: Tensor | float, n: Tensor | float) -> Tensor:
    """out = P_n(input), element-wise."""
    return _polynomial("legendre_polynomial_p", _p, input, n)
