"""Powers: ``pow`` of tensors and numbers, ``square``, ``float_power``.

Mirrors aten/src/ATen/native/Pow.cpp and its lines in tools/autograd/derivatives.yaml.
"""

from __future__ import annotations

import cmath
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import (
    NUMBERS,
    as_float,
    elementwise,
    in_float32,
    multiply,
    on_elements,
    promote,
    zero_like,
)
from minitorch.native.ufunc import number, ufunc
from minitorch.native.variants import accepts_out, write_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@ufunc("square_backward", rounds_each_operation=True)
def square_backward_kernel(grad: Any, x: Any) -> Any:
    return grad * (number(2) * x)


class PowScalar(Holomorphic, name="PowBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any, exponent: Any) -> Any:
        ctx.save_for_backward(input)
        ctx.exponent = exponent
        return power(input, exponent)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        if ctx.exponent == 0:
            return zero_like(grad)
        if ctx.exponent == 2:
            return square_backward_kernel.on_anything(grad, input)
        return grad * (ctx.exponent * pow(input, ctx.exponent - 1))


class PowTensor(Holomorphic, name="PowBackward1"):
    @staticmethod
    def forward(ctx: Any, input: Any, exponent: Any) -> Any:
        out = power(input, exponent)
        ctx.save_for_backward(input, exponent, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, exponent, out = ctx.saved_tensors
        grad_input = grad_exponent = None
        if ctx.next_edges[0] is not None:
            slope = Where.apply(
                exponent == 0, zero_like(input), exponent * pow(input, exponent - 1)
            )
            grad_input = grad * slope
        if ctx.next_edges[1] is not None:
            # 0 ** exponent is 0 for every positive exponent: there log(0) must not make the
            # gradient NaN.
            flat = (input == 0) & (np.real(exponent) >= 0)
            grad_exponent = grad * Where.apply(flat, zero_like(out), out * _log(input))
        return grad_input, grad_exponent


class PowOfNumber(Holomorphic, name="PowBackward2"):
    """``base ** exponent`` for a number ``base``."""

    @staticmethod
    def forward(ctx: Any, base: Any, exponent: Any) -> Any:
        out = power(base, exponent)
        ctx.save_for_backward(exponent, out)
        ctx.base = base
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        exponent, out = ctx.saved_tensors
        if ctx.base == 0:
            return None, grad * Where.apply(np.real(exponent) >= 0, zero_like(out), out * -math.inf)
        if isinstance(ctx.base, complex) or ctx.output_dtype.kind == "c":
            return None, grad * (out * cmath.log(ctx.base))
        return None, grad * (out * (math.log(ctx.base) if ctx.base > 0 else math.nan))


def _log(x: Any) -> Any:
    is_tensor: bool = isinstance(x, Variable)
    return x.log() if is_tensor else np.log(as_float(x))  # of int8 NumPy makes float16


def power(input: Any, exponent: Any) -> Any:
    """``input ** exponent`` on arrays; small whole powers are products, as in torch."""
    if isinstance(exponent, NUMBERS) and dtypes.is_half(input.dtype):
        return in_float32(lambda x: power(x, exponent), input)
    if isinstance(exponent, NUMBERS) and input.dtype.kind == "f":
        if exponent == 2:
            return on_elements(np.square, input)
        if exponent == 3:
            return multiply(multiply(input, input), input)
        if exponent == 0.5:
            return on_elements(np.sqrt, input)
        if exponent == -0.5:
            return 1 / np.sqrt(input)
        if exponent == -1:
            return 1 / input
        if exponent == -2:
            return 1 / (input * input)
    if isinstance(exponent, NUMBERS) and exponent in (0, 1):
        dtype = dtypes.result_dtype(input, exponent)
        return np.ones_like(input, dtype) if exponent == 0 else input.astype(dtype)
    base_array, exponent_array = promote(input, exponent)
    if base_array.dtype == bool:
        raise NotImplementedError("\"pow\" not implemented for 'Bool'")
    if base_array.dtype.kind in "iu":
        if isinstance(exponent, int) and exponent < 0:
            raise RuntimeError("Integers to negative integer powers are not allowed.")
        return _integer_power(base_array, exponent_array)
    return elementwise(np.power, base_array, exponent_array)


def _integer_power(base: Any, exponent: Any) -> Any:
    negative = exponent < 0
    out = elementwise(np.power, base, np.where(negative, 0, exponent).astype(exponent.dtype))
    if negative.any():  # 1 and -1 have inverses; everything else rounds to 0
        inverse = np.where(
            base == 1, 1, np.where(base == -1, np.where(exponent % 2 == 0, 1, -1), 0)
        )
        out = np.where(negative, inverse, out).astype(out.dtype)
    return out


def _operator_of(input: Any, exponent: Any) -> type[Operator]:
    if isinstance(exponent, NUMBERS):
        return PowScalar
    return PowOfNumber if isinstance(input, NUMBERS) else PowTensor


def pow(input: Any, exponent: Any, *, out: Tensor | None = None) -> Tensor:
    """out = input ** exponent, element-wise; either may be a number.

    Raises:
        RuntimeError: an integer tensor to a negative whole number.
    """
    result = _operator_of(input, exponent).apply(input, exponent)
    return result if out is None else write_out("pow", result, out, input, exponent)


def pow_(input: Tensor, exponent: Any) -> Tensor:
    """``pow`` in place."""
    return _operator_of(input, exponent).apply_(input, exponent)


def rpow(input: Tensor, other: float) -> Tensor:
    """out = other ** input, element-wise: the reflected operator."""
    return pow(other, input)


@accepts_out
def square(input: Tensor) -> Tensor:
    """out = input ** 2, element-wise."""
    return pow(input, 2)


def square_(input: Tensor) -> Tensor:
    """``square`` in place."""
    return pow_(input, 2)


@accepts_out
def float_power(input: Any, exponent: Any) -> Tensor:
    """out = input ** exponent, element-wise, in float64 (or complex128) whatever the operands."""
    dtype = _double(input, exponent)
    return pow(_converted(input, dtype), _converted(exponent, dtype))


def float_power_(input: Tensor, exponent: Any) -> Tensor:
    """``float_power`` in place.

    Raises:
        RuntimeError: the tensor is neither float64 nor complex128.
    """
    dtype = _double(input, exponent)
    if input.dtype is not dtype:
        raise RuntimeError(
            f"the base given to float_power_ has dtype {input.dtype.c10_name} but the operation's "
            f"result requires dtype {dtype.c10_name}"
        )
    return pow_(input, _converted(exponent, dtype))


def _double(*operands: Any) -> dtypes.dtype:
    kinds = [getattr(unwrap(x), "dtype", np.dtype(type(x))).kind for x in operands]
    return dtypes.complex128 if "c" in kinds else dtypes.float64


def _converted(operand: Any, dtype: dtypes.dtype) -> Any:
    if isinstance(operand, NUMBERS):
        return complex(operand) if dtype.is_complex else float(operand.real)
    return operand.to(dtype)
