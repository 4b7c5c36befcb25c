"""Orthogonal polynomials of Chebyshev, Hermite, Laguerre and Legendre.

``polynomial(x, n)`` evaluates the n-th polynomial at x; both are tensors or numbers, n is cut to a
whole number, and a negative one gives 0. Each is computed by its three-term recurrence in the dtype
of x, with the fused products of torch's compiled loops, so rounding errors grow alike; Chebyshev's,
between -1 and 1 and for larger n, by its trigonometric form.

Mirrors torch/special/__init__.py and aten/src/ATen/native/Math.h. None has a gradient in torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import fma, kernel
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.tensor_iterator import (
    check_any_tensor,
    not_implemented,
    on_promoted,
    promote_to_float,
)
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

Formula = Callable[[Any, Any], Any]


def _polynomial(name: str, formula: Formula, input: Any, n: Any) -> Tensor:
    """``formula(x, n)`` on arrays that have been promoted, and broadcast."""
    check_any_tensor(name, input=input, n=n)

    def evaluate(x: Any, n: Any) -> Any:
        if not dtypes.is_floating(x.dtype) or dtypes.is_half(x.dtype):
            raise not_implemented(f"{name}_cpu", x)
        x, n = np.broadcast_arrays(x, n)
        n = np.maximum(n.astype(np.int64), -1)  # towards zero; NaN is the lowest integer
        return np.where(n < 0, 0, formula(x, n)).astype(x.dtype)

    return wrap(on_promoted(evaluate, unwrap(input), unwrap(n), promote_to_float))


# --------------------------------------------------------------------------- recurrences

# Each kernel starts from the polynomials 0 (which is 1) and 1. Once a value is NaN it stays so.


@DispatchStub
@kernel
def chebyshev_kernel(out: Any, x: Any, first: Any, n: Any, one: Any) -> None:
    for i in range(out.size):
        previous, current = one, first[i]
        for _ in range(1, n[i]):
            if current != current:
                break
            previous, current = current, fma(x[i] + x[i], current, -previous)
        out[i] = current


@DispatchStub
@kernel
def hermite_h_kernel(out: Any, x: Any, first: Any, n: Any, one: Any) -> None:
    for i in range(out.size):
        previous, current, double = one, first[i], one + one
        for _ in range(1, n[i]):
            if current != current:
                break
            previous, current = current, fma(x[i] + x[i], current, -double * previous)
            double += one + one
        out[i] = current


@DispatchStub
@kernel
def hermite_he_kernel(out: Any, x: Any, first: Any, n: Any, one: Any) -> None:
    for i in range(out.size):
        previous, current, k = one, first[i], one
        for _ in range(1, n[i]):
            if current != current:
                break
            previous, current = current, fma(x[i], current, -k * previous)
            k += one
        out[i] = current


@DispatchStub
@kernel
def laguerre_kernel(out: Any, x: Any, first: Any, n: Any, one: Any) -> None:
    for i in range(out.size):
        previous, current, k = one, first[i], one
        for _ in range(1, n[i]):
            if current != current:
                break
            step = fma(k + k + (one - x[i]), current, -k * previous)
            k += one
            previous, current = current, step / k
        out[i] = current


@DispatchStub
@kernel
def legendre_kernel(out: Any, x: Any, first: Any, n: Any, one: Any) -> None:
    for i in range(out.size):
        previous, current, k = one, first[i], one
        for _ in range(1, n[i]):
            if current != current:
                break
            step = fma((k + k + one) * x[i], current, -k * previous)
            k += one
            previous, current = current, step / k
        out[i] = current


def _recurrence(kernel: Any, x: Any, first: Any, n: Any) -> Any:
    """For each element polynomial n, by the recurrence of a kernel; ``first`` is polynomial 1."""
    out = np.empty_like(x, shape=(x.size,))
    kernel(out, x.reshape(-1), first.reshape(-1), n.reshape(-1), x.dtype.type(1))
    return np.where(n == 0, 1, out.reshape(x.shape))


# --------------------------------------------------------------------------- the polynomials


def _rounded(ufunc: Any, x: Any) -> Any:
    """A trigonometric function to the last bit, as the C library gives it; NumPy's vectorised ones
    in float32 are not that exact, and here the angle's error is multiplied by n.
    """
    return ufunc(x.astype(np.float64)).astype(x.dtype)


def _cos(x: Any) -> Any:
    return _rounded(np.cos, x)


def _sin(x: Any) -> Any:
    return _rounded(np.sin, x)


def _arccos(x: Any) -> Any:
    return _rounded(np.arccos, x)


def _sign_of(n: Any) -> Any:
    """(-1) ** n."""
    return np.where(n % 2 == 0, 1, -1)


def _chebyshev(x: Any, n: Any, first: Any, highest: int, closed_form: Any) -> Any:
    """The recurrence, or between -1 and 1 the closed form once n is greater than ``highest``."""
    closed = (n > highest) & (np.abs(x) < 1)
    return np.where(
        closed, closed_form, _recurrence(chebyshev_kernel, x, first, np.where(closed, 0, n))
    )


def _t(x: Any, n: Any) -> Any:
    out = _chebyshev(x, n, x, 6, _cos(n.astype(x.dtype) * _arccos(x)))
    return np.where(x == 1, 1, np.where(x == -1, _sign_of(n), out))


def _u(x: Any, n: Any) -> Any:
    angle = _arccos(x)
    out = _chebyshev(x, n, x + x, 8, _sin((n + 1).astype(x.dtype) * angle) / _sin(angle))
    return np.where(x == 1, n + 1, np.where(x == -1, _sign_of(n) * (n + 1), out))


def _v(x: Any, n: Any) -> Any:
    angle = _arccos(x)
    quotient = _cos((n + 0.5).astype(x.dtype) * angle) / _cos(angle / 2)
    out = _chebyshev(x, n, x + x - 1, 8, quotient)
    return np.where(x == 1, 1, np.where(x == -1, _sign_of(n) * (2 * n + 1), out))


def _w(x: Any, n: Any) -> Any:
    angle = _arccos(x)
    quotient = _sin((n + 0.5).astype(x.dtype) * angle) / _sin(angle / 2)
    out = _chebyshev(x, n, x + x + 1, 8, quotient)
    return np.where(x == 1, 2 * n + 1, np.where(x == -1, _sign_of(n), out))


def _h(x: Any, n: Any) -> Any:
    return _recurrence(hermite_h_kernel, x, x + x, n)


def _he(x: Any, n: Any) -> Any:
    return _recurrence(hermite_he_kernel, x, x, n)


def _l(x: Any, n: Any) -> Any:
    return np.where(x == 0, 1, _recurrence(laguerre_kernel, x, 1 - x, n))


def _p(x: Any, n: Any) -> Any:
    out = _recurrence(legendre_kernel, x, x, n)
    return np.where(x == 1, 1, np.where(x == -1, _sign_of(n), out))


def _shifted(formula: Formula) -> Formula:
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
