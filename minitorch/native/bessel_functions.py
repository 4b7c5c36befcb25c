"""Bessel functions of order 0 and 1, and Airy's.

Mirrors torch/special/__init__.py and aten/src/ATen/native/UnaryOps.cpp. torch gives derivatives to
``i0``, ``i0e``, ``i1`` and ``i1e`` alone; the results of the others are constants to autograd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.special_math import scipy_special, special_unary, without_gradient
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import as_float, on_floats
from minitorch.native.unary_ops import sign
from minitorch.native.variants import accepts_out, in_place

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# --------------------------------------------------------------------------- modified, first kind


class I0(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return special_unary("i0", "i0", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * SpecialI1.apply(input)


class SpecialI0e(Operator, name="SpecialI0EBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = special_unary("i0e", "i0e_cpu", input)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        return grad * (SpecialI1e.apply(input) - sign(input) * out)


class SpecialI1(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = special_unary("i1", "i1_cpu", input)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        tiny, safe = _away_from_zero(input)
        return grad * Where.apply(tiny, 0.5, I0.apply(safe) - out / safe)


class SpecialI1e(Operator, name="SpecialI1EBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = special_unary("i1e", "i1e_cpu", input)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        tiny, safe = _away_from_zero(input)
        slope = SpecialI0e.apply(safe) - out * (sign(safe) + 1 / safe)
        return grad * Where.apply(tiny, 0.5, slope)


def _away_from_zero(input: Any) -> tuple[Any, Any]:
    """Where the input is too small to divide by, and the input with those elements replaced."""
    smallest = float(np.finfo(unwrap(input).dtype).eps)
    tiny = abs(input) <= smallest
    return tiny, Where.apply(tiny, smallest, input)


@accepts_out
def i0(input: Tensor) -> Tensor:
    """out = I0(input), element-wise: the modified Bessel function of the first kind, order 0."""
    return I0.apply(input)


@accepts_out
def i0e(input: Tensor) -> Tensor:
    """out = e ** -|input| * I0(input), element-wise."""
    return SpecialI0e.apply(input)


@accepts_out
def i1(input: Tensor) -> Tensor:
    """out = I1(input), element-wise: the modified Bessel function of the first kind, order 1."""
    return SpecialI1.apply(input)


@accepts_out
def i1e(input: Tensor) -> Tensor:
    """out = e ** -|input| * I1(input), element-wise."""
    return SpecialI1e.apply(input)


i0_ = in_place(I0)


# --------------------------------------------------------------------------- without gradient


@accepts_out
def modified_bessel_i0(input: Tensor) -> Tensor:
    """out = I0(input), element-wise, without gradient."""
    return without_gradient("i0", "modified_bessel_i0_cpu", input)


@accepts_out
def modified_bessel_i1(input: Tensor) -> Tensor:
    """out = I1(input), element-wise, without gradient."""
    return without_gradient("i1", "modified_bessel_i1_cpu", input)


@accepts_out
def modified_bessel_k0(input: Tensor) -> Tensor:
    """out = K0(input), element-wise: the modified Bessel function of the second kind, order 0."""
    return without_gradient("k0", "modified_bessel_k0_cpu", input)


@accepts_out
def modified_bessel_k1(input: Tensor) -> Tensor:
    """out = K1(input), element-wise: the modified Bessel function of the second kind, order 1."""
    return without_gradient("k1", "modified_bessel_k1_cpu", input)


@accepts_out
def scaled_modified_bessel_k0(input: Tensor) -> Tensor:
    """out = e ** input * K0(input), element-wise."""
    return without_gradient("k0e", "scaled_modified_bessel_k0_cpu", input)


@accepts_out
def scaled_modified_bessel_k1(input: Tensor) -> Tensor:
    """out = e ** input * K1(input), element-wise."""
    return without_gradient("k1e", "scaled_modified_bessel_k1_cpu", input)


@accepts_out
def bessel_j0(input: Tensor) -> Tensor:
    """out = J0(input), element-wise: the Bessel function of the first kind, order 0."""
    return without_gradient("j0", "bessel_j0_cpu", input)


@accepts_out
def bessel_j1(input: Tensor) -> Tensor:
    """out = J1(input), element-wise: the Bessel function of the first kind, order 1."""
    return without_gradient("j1", "bessel_j1_cpu", input)


@accepts_out
def bessel_y0(input: Tensor) -> Tensor:
    """out = Y0(input), element-wise: the Bessel function of the second kind, order 0."""
    return without_gradient("y0", "bessel_y0_cpu", input)


@accepts_out
def bessel_y1(input: Tensor) -> Tensor:
    """out = Y1(input), element-wise: the Bessel function of the second kind, order 1."""
    return without_gradient("y1", "bessel_y1_cpu", input)


@accepts_out
def spherical_bessel_j0(input: Tensor) -> Tensor:
    """out = sin(input) / input, element-wise; 1 at 0, 0 at infinity."""

    def kernel(x: Any) -> Any:
        quotient = np.where(np.isinf(x), 0, np.sin(x) / x)
        return np.where(x == 0, 1, quotient).astype(x.dtype)

    array = as_float(unwrap(input))
    return wrap(on_floats(kernel, "spherical_bessel_j0_cpu", array, half=False))


@accepts_out
def airy_ai(input: Tensor) -> Tensor:
    """out = Airy's function Ai(input), element-wise."""

    def kernel(x: Any) -> Any:
        ai = scipy_special("airy")(x)[0]
        return np.where(np.isfinite(x) & (x > 103.892), 0, ai).astype(x.dtype)

    return wrap(on_floats(kernel, "airy_ai_cpu", as_float(unwrap(input)), half=False))
