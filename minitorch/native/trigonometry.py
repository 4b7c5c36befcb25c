"""Trigonometric and hyperbolic functions, their inverses, and what goes with angles: ``atan2``,
``hypot``, ``sinc``, ``deg2rad``.

Mirrors their parts of aten/src/ATen/native/UnaryOps.cpp and BinaryOps.cpp, and their lines in
tools/autograd/derivatives.yaml. Integers are computed in the default floating dtype.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import (
    as_float,
    check_tensors,
    elementwise,
    multiply,
    on_elements,
    on_floats,
    on_promoted,
    promote_to_float,
)
from minitorch.native.ufunc import number, ufunc
from minitorch.native.unary_ops import Neg, rsqrt
from minitorch.native.variants import accepts_out, in_place, write_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Sin(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return on_elements(np.sin, as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return multiply(grad, cos(input))


class Cos(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return on_elements(np.cos, as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * -sin(input)


class Tan(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.tan(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (1 + out * out)


class Asin(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arcsin(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * rsqrt(1 - input * input)


class Acos(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arccos(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * -rsqrt(1 - input * input)


class Atan(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arctan(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / (input * input + 1)


class Sinh(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.sinh(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * cosh(input)


class Cosh(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.cosh(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * sinh(input)


@ufunc("tanh_backward_cpu")
def tanh_backward_kernel(grad: Any, result: Any) -> Any:
    return grad * (number(1) - result * result)


class Tanh(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = on_elements(np.tanh, as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return TanhBackward.apply(grad, out)


class TanhBackward(Holomorphic, name="TanhBackwardBackward0"):
    """grad, tanh(x) -> the gradient of x."""

    @staticmethod
    def forward(ctx: Any, grad: Any, output: Any) -> Any:
        ctx.save_for_backward(grad, output)
        return tanh_backward_kernel.on_anything(grad, output)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        first, output = ctx.saved_tensors
        slope = tanh_backward_kernel.on_anything(grad, output)
        return slope, grad * first * output * -2


class Asinh(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arcsinh(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * rsqrt(input * input + 1)


class Acosh(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arccosh(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * rsqrt(input * input - 1)


class Atanh(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arctanh(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / (1 - input * input)


class Sinc(Holomorphic):
    """sin(pi x) / (pi x), and 1 at 0."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        x = as_float(input)
        if dtypes.is_half(x.dtype):
            return Sinc.apply(x.astype(np.float32)).astype(x.dtype)
        angle = x * x.dtype.type(math.pi)
        return np.where(x == 0, x.dtype.type(1), np.sin(angle) / angle)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        angle = input * math.pi
        square = angle * input
        slope = (angle * Cos.apply(angle) - Sin.apply(angle)) / square
        return Where.apply(square == 0, 0.0, grad * slope)


def _refuse_complex(input: Any, name: str) -> None:
    if input.dtype.kind == "c":
        raise RuntimeError(f"{name} is not supported for complex tensors.")


class Deg2rad(Operator, name="Deg2RadBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        _refuse_complex(input, "deg2rad")
        return on_floats(lambda x: x * (math.pi / 180), "deg2rad", as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * (math.pi / 180)


class Rad2deg(Operator, name="Rad2DegBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        _refuse_complex(input, "rad2deg")
        return on_floats(lambda x: x * (180 / math.pi), "rad2deg", as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * (180 / math.pi)


class Atan2(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return elementwise(np.arctan2, input, other, promote_to_float)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        square = input * input + other * other
        scaled_grad = Where.apply(square == 0, 0.0, grad / square)
        return scaled_grad * other, scaled_grad * Neg.apply(input)


class Hypot(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        def kernel(a: Any, b: Any) -> Any:
            return on_floats(np.hypot, "hypot_cpu", a, b)

        out = on_promoted(kernel, input, other)
        ctx.save_for_backward(input, other, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other, out = ctx.saved_tensors
        return grad * (input / out), grad * (other / out)


# --------------------------------------------------------------------------- public functions


@accepts_out
def sin(input: Tensor) -> Tensor:
    """out = sin(input), element-wise, input in radians."""
    return Sin.apply(input)


@accepts_out
def cos(input: Tensor) -> Tensor:
    """out = cos(input), element-wise, input in radians."""
    return Cos.apply(input)


@accepts_out
def tan(input: Tensor) -> Tensor:
    """out = tan(input), element-wise, input in radians."""
    return Tan.apply(input)


@accepts_out
def asin(input: Tensor) -> Tensor:
    """out = arcsin(input) in radians, element-wise."""
    return Asin.apply(input)


@accepts_out
def acos(input: Tensor) -> Tensor:
    """out = arccos(input) in radians, element-wise."""
    return Acos.apply(input)


@accepts_out
def atan(input: Tensor) -> Tensor:
    """out = arctan(input) in radians, element-wise."""
    return Atan.apply(input)


@accepts_out
def sinh(input: Tensor) -> Tensor:
    """out = sinh(input), element-wise."""
    return Sinh.apply(input)


@accepts_out
def cosh(input: Tensor) -> Tensor:
    """out = cosh(input), element-wise."""
    return Cosh.apply(input)


def tanh(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """out = tanh(input), element-wise.

    >>> import minitorch
    >>> minitorch.tanh(minitorch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    result = Tanh.apply(input)
    return result if out is None else write_out("tanh", result, out, input)


@accepts_out
def asinh(input: Tensor) -> Tensor:
    """out = the inverse of sinh, element-wise."""
    return Asinh.apply(input)


@accepts_out
def acosh(input: Tensor) -> Tensor:
    """out = the inverse of cosh, >= 0, element-wise; NaN below 1."""
    return Acosh.apply(input)


@accepts_out
def atanh(input: Tensor) -> Tensor:
    """out = the inverse of tanh, element-wise; infinite at -1 and 1, NaN beyond."""
    return Atanh.apply(input)


@accepts_out
def sinc(input: Tensor) -> Tensor:
    """out = sin(pi * input) / (pi * input), element-wise; 1 at 0."""
    return Sinc.apply(input)


@accepts_out
def deg2rad(input: Tensor) -> Tensor:
    """out = an angle in radians, input in degrees, element-wise."""
    return Deg2rad.apply(input)


@accepts_out
def rad2deg(input: Tensor) -> Tensor:
    """out = an angle in degrees, input in radians, element-wise."""
    return Rad2deg.apply(input)


@accepts_out
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """out = the angle of (other, input) in radians, in (-pi, pi], element-wise."""
    check_tensors("atan2", input=input, other=other)
    return Atan2.apply(input, other)


@accepts_out
def hypot(input: Tensor, other: Tensor) -> Tensor:
    """out = sqrt(input ** 2 + other ** 2), element-wise, without overflow."""
    check_tensors("hypot", input=input, other=other)
    return Hypot.apply(input, other)


sin_ = in_place(Sin)
cos_ = in_place(Cos)
tan_ = in_place(Tan)
asin_ = in_place(Asin)
acos_ = in_place(Acos)
atan_ = in_place(Atan)
sinh_ = in_place(Sinh)
cosh_ = in_place(Cosh)
tanh_ = in_place(Tanh)
asinh_ = in_place(Asinh)
acosh_ = in_place(Acosh)
atanh_ = in_place(Atanh)
sinc_ = in_place(Sinc)
deg2rad_ = in_place(Deg2rad)
rad2deg_ = in_place(Rad2deg)
atan2_ = in_place(Atan2)
hypot_ = in_place(Hypot)
