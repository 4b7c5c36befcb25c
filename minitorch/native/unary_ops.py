"""Element-wise operations on one tensor: signs, roots, reciprocals, replacing NaN.

Mirrors aten/src/ATen/native/UnaryOps.cpp and its lines in tools/autograd/derivatives.yaml. The
other functions of that file are in native/exponential.py, trigonometry.py, rounding.py and
float_parts.py; special functions in error_functions.py, gamma_functions.py and bessel_functions.py.
Integers are computed in the default floating dtype where the result is not whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap
from minitorch.native.complex_ops import Sgn, is_complex
from minitorch.native.portable_stub import PortableStub
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import (
    as_float,
    in_float32,
    not_implemented,
    on_elements,
    zero_like,
)
from minitorch.native.ufunc import number, ufunc
from minitorch.native.variants import accepts_out, in_place, write_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Neg(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if input.dtype == bool:
            raise RuntimeError(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying "
                "to invert a mask, use the "
                "`~` or `logical_not()` operator instead."
            )
        return on_elements(np.negative, input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return -grad


@PortableStub
def abs_backward_kernel(grad: Any, input: Any) -> Any:
    """``grad`` times the sign of the input, which is 0 at 0 and for NaN."""
    return grad * Sgn.apply(input)


class Abs(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if input.dtype == bool:
            raise not_implemented("abs_cpu", input)
        ctx.save_for_backward(input)
        return on_elements(np.abs, input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        if isinstance(grad, Variable):
            return grad * Sgn.apply(input)
        return abs_backward_kernel(grad, input)


@ufunc("sqrt_backward", rounds_each_operation=True)
def sqrt_backward_kernel(grad: Any, result: Any) -> Any:
    return grad / (number(2) * result)


class Sqrt(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = on_elements(np.sqrt, as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return sqrt_backward_kernel.on_anything(grad, out)


class Rsqrt(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = in_float32(lambda x: 1 / np.sqrt(x), as_float(input))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (-0.5 * out * out * out)


class Reciprocal(Holomorphic):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = 1 / as_float(input)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return -grad * (out * out)


class Sign(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if not dtypes.is_floating(input.dtype):
            if input.dtype.kind == "c":
                raise NotImplementedError(
                    "Unlike NumPy, torch.sign is not intended to support complex numbers. Please "
                    "use torch.sgn instead."
                )
            return input.copy() if input.dtype == bool else np.sign(input)
        return ((input > 0) * input.dtype.type(1)) - (input < 0)  # 0 for NaN, unlike np.sign

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class NanToNum(Operator):
    @staticmethod
    def forward(
        ctx: Any, input: Any, nan: float, posinf: float | None, neginf: float | None
    ) -> Any:
        ctx.save_for_backward(input)
        if dtypes.is_integral(input.dtype):
            return input.copy()
        limits = dtypes.finfo(dtypes.from_numpy(input.dtype))
        posinf = limits.max if posinf is None else posinf
        neginf = limits.min if neginf is None else neginf
        if dtypes.is_half(input.dtype):  # NumPy's function does not know bfloat16
            wide = np.nan_to_num(input.astype(np.float32), nan=nan, posinf=posinf, neginf=neginf)
            return wide.astype(input.dtype)
        return np.nan_to_num(input, nan=nan, posinf=posinf, neginf=neginf)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return Where.apply(input - input == 0, grad, 0.0)  # inf - inf and NaN are NaN


# --------------------------------------------------------------------------- public functions


def neg(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """out = -input, element-wise."""
    result = Neg.apply(input)
    return result if out is None else write_out("neg", result, out, input)


@accepts_out
def abs(input: Tensor) -> Tensor:
    """out = |input|, element-wise; the gradient at 0 is 0."""
    return Abs.apply(input)


def sqrt(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """out = the square root, element-wise; NaN below 0."""
    result = Sqrt.apply(input)
    return result if out is None else write_out("sqrt", result, out, input)


@accepts_out
def rsqrt(input: Tensor) -> Tensor:
    """out = 1 / sqrt(input), element-wise."""
    return Rsqrt.apply(input)


@accepts_out
def reciprocal(input: Tensor) -> Tensor:
    """out = 1 / input, element-wise."""
    return Reciprocal.apply(input)


@accepts_out
def sign(input: Tensor) -> Tensor:
    """out = -1, 0 or 1, element-wise."""
    return Sign.apply(input)


def positive(input: Tensor) -> Tensor:
    """The tensor itself.

    Raises:
        RuntimeError: it is bool.
    """
    if unwrap(input).dtype == bool:
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@accepts_out
def nan_to_num(
    input: Tensor,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Tensor:
    """out = input with NaN and infinities replaced, element-wise.

    Args:
        nan: in the place of NaN; 0 if it is left out.
        posinf, neginf: in the place of infinities; the largest and the lowest number of the dtype
            if they are left out.
    """
    return NanToNum.apply(input, 0.0 if nan is None else nan, posinf, neginf)


neg_ = in_place(Neg)


def abs_(input: Tensor) -> Tensor:
    """``abs`` in place.

    Raises:
        RuntimeError: the tensor is complex, and its magnitude is real.
    """
    if is_complex(input):
        raise RuntimeError("In-place abs is not supported for complex tensors.")
    return Abs.apply_(input)


sqrt_ = in_place(Sqrt)
rsqrt_ = in_place(Rsqrt)
reciprocal_ = in_place(Reciprocal)
sign_ = in_place(Sign)
nan_to_num_ = in_place(nan_to_num)
