"""Element-wise operations on one tensor.

Mirrors aten/src/ATen/native/UnaryOps.cpp and its lines in tools/autograd/derivatives.yaml. Integers
are computed in the default floating dtype where the result is not whole.
"""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.binary_ops import Where, elementwise, zero_like
from minitorch.native.expand_utils import meta_of, sum_to

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def as_float(array: Any) -> Any:
    """Integers and bool as the default floating dtype."""
    if array.dtype.kind == "f":
        return array
    return array.astype(dtypes.get_default_dtype().numpy) if array.dtype.kind in "biu" else array


class Neg(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if input.dtype == bool:
            raise RuntimeError(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying "
                "to invert a mask, use the "
                "`~` or `logical_not()` operator instead."
            )
        return -input

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return -grad


class Abs(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.abs(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * sign(input)


class Exp(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.exp(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * out


class Expm1(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.expm1(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (out + 1)


class Exp2(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.exp2(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * out * math.log(2)


class Log(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.log(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / input


class Log2(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.log2(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / (input * math.log(2))


class Log10(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.log10(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / (input * math.log(10))


class Log1p(Operator, name="Log1PBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.log1p(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / (input + 1)


class Sqrt(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.sqrt(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad / (2 * out)


class Rsqrt(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = 1 / np.sqrt(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (-0.5 * out * out * out)


class Reciprocal(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = 1 / as_float(input)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return -grad * (out * out)


class Sin(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.sin(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * cos(input)


class Cos(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.cos(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * -sin(input)


class Tan(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.tan(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (1 + out * out)


class Asin(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arcsin(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * rsqrt(1 - input * input)


class Acos(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arccos(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * -rsqrt(1 - input * input)


class Atan(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.arctan(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / (input * input + 1)


class Sinh(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.sinh(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * cosh(input)


class Cosh(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return np.cosh(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * sinh(input)


class Tanh(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.tanh(as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (1 - out * out)


class Sigmoid(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = 1 / (1 + np.exp(-as_float(input)))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * ((1 - out) * out)


class Sign(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if input.dtype.kind != "f":
            return input.copy() if input.dtype == bool else np.sign(input)
        return ((input > 0) * input.dtype.type(1)) - (input < 0)  # 0 for NaN, unlike np.sign

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Floor(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return np.floor(input) if input.dtype.kind == "f" else input.copy()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Ceil(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return np.ceil(input) if input.dtype.kind == "f" else input.copy()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Trunc(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return np.trunc(input) if input.dtype.kind == "f" else input.copy()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Round(Operator):
    """Halves go to the even neighbour."""

    @staticmethod
    def forward(ctx: Any, input: Any, decimals: int) -> Any:
        if decimals == 0:
            return np.rint(input) if input.dtype.kind == "f" else input.copy()
        scale = input.dtype.type(10 ** builtins.abs(decimals))
        return np.rint(input * scale) / scale if decimals > 0 else np.rint(input / scale) * scale

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Clamp(Operator, name="ClampBackward0"):
    """Bounds are numbers or tensors; the gradient passes where ``min <= input <= max``."""

    @staticmethod
    def forward(ctx: Any, input: Any, min: Any, max: Any) -> Any:
        ctx.save_for_backward(input, min, max)
        out = input
        if min is not None:
            out = elementwise(np.maximum, out, min)
        if max is not None:
            out = elementwise(np.minimum, out, max)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, min, max = ctx.saved_tensors
        grad_input, grad_min, grad_max = grad, None, None
        if min is not None:
            grad_input = Where.apply(input >= min, grad_input, 0.0)
            if meta_of(min) is not None:
                covered = (input < min) & (min < max) if max is not None else input < min
                grad_min = sum_to(Where.apply(covered, grad, 0.0), meta_of(min))
        if max is not None:
            grad_input = Where.apply(input <= max, grad_input, 0.0)
            if meta_of(max) is not None:
                covered = (input > max) | (max < min) if min is not None else input > max
                grad_max = sum_to(Where.apply(covered, grad, 0.0), meta_of(max))
        return sum_to(grad_input, meta_of(input)), grad_min, grad_max


class ClampByNumbers(Clamp, name="ClampBackward1"):
    """``Clamp`` by Python numbers."""


def neg(input: Tensor) -> Tensor:
    """out = -input, element-wise."""
    return Neg.apply(input)


def abs(input: Tensor) -> Tensor:
    """out = |input|, element-wise; the gradient at 0 is 0."""
    return Abs.apply(input)


def exp(input: Tensor) -> Tensor:
    """out = e ** input, element-wise."""
    return Exp.apply(input)


def expm1(input: Tensor) -> Tensor:
    """out = e ** input - 1, element-wise, exact near 0."""
    return Expm1.apply(input)


def exp2(input: Tensor) -> Tensor:
    """out = 2 ** input, element-wise."""
    return Exp2.apply(input)


def log(input: Tensor) -> Tensor:
    """out = ln(input), element-wise."""
    return Log.apply(input)


def log2(input: Tensor) -> Tensor:
    """out = log2(input), element-wise."""
    return Log2.apply(input)


def log10(input: Tensor) -> Tensor:
    """out = log10(input), element-wise."""
    return Log10.apply(input)


def log1p(input: Tensor) -> Tensor:
    """out = ln(1 + input), element-wise, exact near 0."""
    return Log1p.apply(input)


def sqrt(input: Tensor) -> Tensor:
    """out = the square root, element-wise; NaN below 0."""
    return Sqrt.apply(input)


def rsqrt(input: Tensor) -> Tensor:
    """out = 1 / sqrt(input), element-wise."""
    return Rsqrt.apply(input)


def reciprocal(input: Tensor) -> Tensor:
    """out = 1 / input, element-wise."""
    return Reciprocal.apply(input)


def square(input: Tensor) -> Tensor:
    """out = input ** 2, element-wise."""
    return input**2


def sin(input: Tensor) -> Tensor:
    """out = sin(input), element-wise, input in radians."""
    return Sin.apply(input)


def cos(input: Tensor) -> Tensor:
    """out = cos(input), element-wise, input in radians."""
    return Cos.apply(input)


def tan(input: Tensor) -> Tensor:
    """out = tan(input), element-wise, input in radians."""
    return Tan.apply(input)


def asin(input: Tensor) -> Tensor:
    """out = arcsin(input) in radians, element-wise."""
    return Asin.apply(input)


def acos(input: Tensor) -> Tensor:
    """out = arccos(input) in radians, element-wise."""
    return Acos.apply(input)


def atan(input: Tensor) -> Tensor:
    """out = arctan(input) in radians, element-wise."""
    return Atan.apply(input)


def sinh(input: Tensor) -> Tensor:
    """out = sinh(input), element-wise."""
    return Sinh.apply(input)


def cosh(input: Tensor) -> Tensor:
    """out = cosh(input), element-wise."""
    return Cosh.apply(input)


def tanh(input: Tensor) -> Tensor:
    """out = tanh(input), element-wise.

    >>> import minitorch
    >>> minitorch.tanh(minitorch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.7616])
    """
    return Tanh.apply(input)


def sigmoid(input: Tensor) -> Tensor:
    """out = 1 / (1 + e ** -input), element-wise."""
    return Sigmoid.apply(input)


def sign(input: Tensor) -> Tensor:
    """out = -1, 0 or 1, element-wise."""
    return Sign.apply(input)


def floor(input: Tensor) -> Tensor:
    """out = the largest whole number <= input, element-wise."""
    return Floor.apply(input)


def ceil(input: Tensor) -> Tensor:
    """out = the smallest whole number >= input, element-wise."""
    return Ceil.apply(input)


def trunc(input: Tensor) -> Tensor:
    """out = input without its fraction, element-wise."""
    return Trunc.apply(input)


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """out = the nearest number with that many decimals, element-wise; halves go to the even
    neighbour.
    """
    return Round.apply(input, decimals)


def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """out = min(max(input, min), max), element-wise; NaN stays.

    Raises:
        RuntimeError: neither bound is given.
    """
    return _clamp_operator(min, max).apply(input, min, max)


def _clamp_operator(min: Any, max: Any) -> type[Operator]:
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    return (
        ClampByNumbers
        if all(b is None or isinstance(b, (int, float)) for b in (min, max))
        else Clamp
    )


def neg_(input: Tensor) -> Tensor:
    """``neg`` in place."""
    return Neg.apply_(input)


def abs_(input: Tensor) -> Tensor:
    """``abs`` in place."""
    return Abs.apply_(input)


def exp_(input: Tensor) -> Tensor:
    """``exp`` in place."""
    return Exp.apply_(input)


def log_(input: Tensor) -> Tensor:
    """``log`` in place."""
    return Log.apply_(input)


def sqrt_(input: Tensor) -> Tensor:
    """``sqrt`` in place."""
    return Sqrt.apply_(input)


def rsqrt_(input: Tensor) -> Tensor:
    """``rsqrt`` in place."""
    return Rsqrt.apply_(input)


def reciprocal_(input: Tensor) -> Tensor:
    """``reciprocal`` in place."""
    return Reciprocal.apply_(input)


def sin_(input: Tensor) -> Tensor:
    """``sin`` in place."""
    return Sin.apply_(input)


def cos_(input: Tensor) -> Tensor:
    """``cos`` in place."""
    return Cos.apply_(input)


def tanh_(input: Tensor) -> Tensor:
    """``tanh`` in place."""
    return Tanh.apply_(input)


def sigmoid_(input: Tensor) -> Tensor:
    """``sigmoid`` in place."""
    return Sigmoid.apply_(input)


def floor_(input: Tensor) -> Tensor:
    """``floor`` in place."""
    return Floor.apply_(input)


def ceil_(input: Tensor) -> Tensor:
    """``ceil`` in place."""
    return Ceil.apply_(input)


def round_(input: Tensor, *, decimals: int = 0) -> Tensor:
    """``round`` in place."""
    return Round.apply_(input, decimals)


def clamp_(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """``clamp`` in place."""
    return _clamp_operator(min, max).apply_(input, min, max)


# --------------------------------------------------------------------------- tests of elements,
# without gradient


def isnan(input: Tensor) -> Tensor:
    """Whether each element is not a number."""
    return wrap(np.isnan(unwrap(input)))


def isinf(input: Tensor) -> Tensor:
    """Whether each element is infinite."""
    return wrap(np.isinf(unwrap(input)))


def isfinite(input: Tensor) -> Tensor:
    """Whether each element is neither infinite nor NaN."""
    return wrap(np.isfinite(unwrap(input)))


def logical_not(input: Tensor) -> Tensor:
    """Whether each element is zero."""
    return wrap(np.logical_not(unwrap(input)))


def bitwise_not(input: Tensor) -> Tensor:
    """out = ~input, element-wise, for integers and bool."""
    array = unwrap(input)
    if array.dtype.kind not in "biu":
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return wrap(~array)
