"""Arithmetic of two operands: addition, subtraction, multiplication, division and its remainders.

Mirrors the arithmetic of aten/src/ATen/native/BinaryOps.cpp and its lines in
tools/autograd/derivatives.yaml. Each operand is a tensor or a Python number; shapes broadcast;
types promote by torch's rules (native/tensor_iterator.py). Other operations of BinaryOps.cpp are in
native/comparison_ops.py, bitwise_ops.py, tensor_compare.py (maximum), exponential.py (logaddexp),
trigonometry.py (atan2, hypot) and float_parts.py (copysign, nextafter).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.native.not_differentiable import NotDifferentiable
from minitorch.native.tensor_iterator import (
    NUMBERS,
    cast_operand,
    check_tensors,
    divide,
    elementwise,
    multiply,
    promote,
    promote_to_float,
    zero_like,
)
from minitorch.native.ufunc import ufunc
from minitorch.native.variants import accepts_out, write_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Add(Operator):
    __slots__ = ("alpha",)  # without a __dict__ for it, recording costs 0.1 us less
    takes_numbers = True

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, alpha: float) -> Any:
        ctx.alpha = alpha
        if alpha == 1:
            return elementwise(np.add, input, other)
        return add_scaled(np.add, input, other, alpha)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad, grad if ctx.alpha == 1 else grad * ctx.alpha


class Sub(Holomorphic):
    takes_numbers = True

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, alpha: float) -> Any:
        ctx.alpha = alpha
        if alpha == 1:
            return elementwise(_subtract, input, other, _promote_for_subtraction)
        return add_scaled(_subtract, input, other, alpha)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad, None if ctx.next_edges[1] is None else grad * -ctx.alpha


def add_scaled(ufunc: Any, input: Any, other: Any, alpha: Any) -> Any:
    """``input + alpha * other`` or the difference; rounded once if it is float16. Mirrors
    alpha_check.
    """
    if not (hasattr(input, "dtype") or hasattr(other, "dtype")):
        raise TypeError("two numbers")  # which Operator.apply makes 0-dim tensors
    dtype = dtypes.result_dtype(input, other)
    if dtypes.is_integral(dtype) and isinstance(alpha, float):
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number."
        )
    if dtype.kind != "b" and isinstance(alpha, bool):
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    if ufunc is _subtract:
        _promote_for_subtraction(input, other)
    wide = np.dtype(np.float32) if dtypes.is_half(dtype) else dtype
    factor = cast_operand(alpha, dtype).astype(wide)  # rounded first, as torch does
    product = cast_operand(other, wide) * factor
    return elementwise(ufunc, cast_operand(input, wide), product).astype(dtype, copy=False)


def _subtract(input: Any, other: Any) -> Any:
    return np.subtract(input, other)


def _promote_for_subtraction(input: Any, other: Any) -> tuple[Any, Any]:
    bools = [isinstance(x, bool) or getattr(x, "dtype", None) == np.bool_ for x in (input, other)]
    if all(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` "
            "or `logical_xor()` operator instead."
        )
    if any(bools):
        raise RuntimeError(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are "
            "trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return promote(input, other)


class Rsub(Operator, name="RsubBackward0"):
    """``other - alpha * input``."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, alpha: float) -> Any:
        return Sub.forward(ctx, other, input, alpha)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * -ctx.alpha, None if ctx.next_edges[1] is None else grad


class RsubByNumber(Rsub, name="RsubBackward1"):
    """``Rsub`` from a Python number."""


class Mul(Holomorphic):
    saved_factors = (0, 1)
    takes_numbers = True

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        return elementwise(np.multiply, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        to_input, to_other = ctx.next_edges
        return (
            None if to_input is None else multiply(grad, other),
            None if to_other is None else multiply(grad, input),
        )


@ufunc("div_backward", rounds_each_operation=True)
def div_backward_kernel(grad: Any, input: Any, other: Any) -> Any:
    """The gradient of the divisor."""
    return -grad * ((input / other) / other)


class Div(Holomorphic):
    saved_for = ((0, 1), (1,))
    takes_numbers = True

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(other, input)
        return elementwise(np.divide, input, other, promote_to_float)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        other, input = ctx.saved_tensors
        to_input, to_other = ctx.next_edges
        return (
            None if to_input is None else divide(grad, other),
            None if to_other is None else div_backward_kernel.on_anything(grad, input, other),
        )


class DivRounded(Operator, name="DivBackward2"):
    """Division rounded to an integer value: its gradient is zero."""

    takes_numbers = True

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, rounding_mode: str) -> Any:
        return elementwise(
            _floor_divide if rounding_mode == "floor" else _trunc_divide, input, other
        )

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad), zero_like(grad)


class FloorDivide(NotDifferentiable, name="NotImplemented"):
    """The quotient rounded down; torch gives it no derivative."""

    aten_name = "floor_divide"
    takes_numbers = True

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        return elementwise(_floor_divide, input, other)


def _kind(input: Any, other: Any) -> str:
    """The kind of dtype of two promoted operands, one of which may be a number."""
    return (input if hasattr(input, "dtype") else other).dtype.kind


def _check_divisor(input: Any, other: Any, kernel: str) -> None:
    kind = _kind(input, other)
    if kind == "b":
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")
    if kind in "iu" and np.size(input) and not np.all(other):
        raise RuntimeError("ZeroDivisionError")


def _floor_divide(input: Any, other: Any) -> Any:
    _check_divisor(input, other, "div_floor_cpu")
    return np.floor_divide(input, other)


def _trunc_divide(input: Any, other: Any) -> Any:
    _check_divisor(input, other, "div_trunc_cpu")
    if _kind(input, other) not in "iu":
        return np.trunc(np.divide(input, other))
    quotient = np.floor_divide(input, other)
    return quotient + ((quotient < 0) & (quotient * other != input)).astype(quotient.dtype)


class Remainder(Operator, name="RemainderBackward1"):
    """``input - other * floor(input / other)``: the sign is the divisor's, as Python's ``%``."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return elementwise(_remainder, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        quotient = div(input, other, rounding_mode="floor")
        return grad, -grad * quotient


def _remainder(input: Any, other: Any) -> Any:
    _check_divisor(input, other, "remainder_cpu")
    return np.remainder(input, other)


class RemainderByNumber(Remainder, name="RemainderBackward0"):
    """``Remainder`` of a Python number."""


class RemainderOfNumber(NotDifferentiable, name="NotImplemented"):
    """A Python number modulo a tensor; torch gives it no derivative."""

    aten_name = "remainder"

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        return elementwise(_remainder, input, other)


class Fmod(Operator, name="FmodBackward1"):
    """``input - other * trunc(input / other)``: the sign is the dividend's, as C's ``fmod``."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return elementwise(_fmod, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        return grad, -grad * div(input, other, rounding_mode="trunc")


class FmodByNumber(Fmod, name="FmodBackward0"):
    """``Fmod`` of a Python number."""


def _fmod(input: Any, other: Any) -> Any:
    _check_divisor(input, other, "fmod_cpu")
    return np.fmod(input, other)


# --------------------------------------------------------------------------- public functions


def add(
    input: Tensor, other: Tensor | float, *, alpha: float = 1, out: Tensor | None = None
) -> Tensor:
    """out = input + alpha * other, element-wise.

    >>> import minitorch
    >>> minitorch.add(minitorch.tensor([1, 2]), 0.5)
    tensor([1.5000, 2.5000])
    """
    result = Add.apply(input, other, alpha)
    return result if out is None else write_out("add", result, out, input, other)


def sub(
    input: Tensor, other: Tensor | float, *, alpha: float = 1, out: Tensor | None = None
) -> Tensor:
    """out = input - alpha * other, element-wise.

    Raises:
        RuntimeError: an operand is bool.
    """
    result = Sub.apply(input, other, alpha)
    return result if out is None else write_out("sub", result, out, input, other)


def rsub(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """out = other - alpha * input, element-wise."""
    check_tensors("rsub", input=input)
    return (RsubByNumber if isinstance(other, NUMBERS) else Rsub).apply(input, other, alpha)


def mul(input: Tensor, other: Tensor | float, *, out: Tensor | None = None) -> Tensor:
    """out = input * other, element-wise."""
    result = Mul.apply(input, other)
    return result if out is None else write_out("mul", result, out, input, other)


def div(
    input: Tensor,
    other: Tensor | float,
    *,
    rounding_mode: str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """out = input / other, element-wise; integers divide to floats unless rounded.

    Args:
        rounding_mode: None, "trunc" (towards zero) or "floor".
    """
    if rounding_mode is None:
        result = Div.apply(input, other)
    else:
        _check_rounding_mode(rounding_mode)
        result = DivRounded.apply(input, other, rounding_mode)
    return result if out is None else write_out("div", result, out, input, other)


def _check_rounding_mode(rounding_mode: str) -> None:
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"'{rounding_mode}'"
        )


def rdiv(input: Tensor, other: float) -> Tensor:
    """out = other / input, element-wise: the reflected operator. torch spells it
    ``input.reciprocal() * other``.
    """
    return mul(input.reciprocal(), other)


@accepts_out
def floor_divide(input: Tensor, other: Tensor | float) -> Tensor:
    """out = floor(input / other), element-wise; without a derivative."""
    return FloorDivide.apply(input, other)


def rfloordiv(input: Tensor, other: float) -> Tensor:
    """out = floor(other / input), element-wise: the reflected operator."""
    return FloorDivide.apply(other, input)


@accepts_out
def remainder(input: Tensor, other: Tensor | float) -> Tensor:
    """out = input - other * floor(input / other): Python's ``%``, element-wise."""
    if isinstance(input, NUMBERS):
        return RemainderOfNumber.apply(input, other)
    return (RemainderByNumber if isinstance(other, NUMBERS) else Remainder).apply(input, other)


def rmod(input: Tensor, other: float) -> Tensor:
    """out = other % input, element-wise: the reflected operator."""
    return remainder(other, input)


@accepts_out
def fmod(input: Tensor, other: Tensor | float) -> Tensor:
    """out = input - other * trunc(input / other): C's ``fmod``, element-wise."""
    check_tensors("fmod", input=input)
    return (FmodByNumber if isinstance(other, NUMBERS) else Fmod).apply(input, other)


# --------------------------------------------------------------------------- in place


def add_(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """``add`` in place."""
    return Add.apply_(input, other, alpha)


def sub_(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """``sub`` in place."""
    return Sub.apply_(input, other, alpha)


def mul_(input: Tensor, other: Tensor | float) -> Tensor:
    """``mul`` in place."""
    return Mul.apply_(input, other)


def div_(input: Tensor, other: Tensor | float, *, rounding_mode: str | None = None) -> Tensor:
    """``div`` in place."""
    if rounding_mode is None:
        return Div.apply_(input, other)
    _check_rounding_mode(rounding_mode)
    return DivRounded.apply_(input, other, rounding_mode)


def floor_divide_(input: Tensor, other: Tensor | float) -> Tensor:
    """``floor_divide`` in place."""
    return FloorDivide.apply_(input, other)


def remainder_(input: Tensor, other: Tensor | float) -> Tensor:
    """``remainder`` in place."""
    return (RemainderByNumber if isinstance(other, NUMBERS) else Remainder).apply_(input, other)


def fmod_(input: Tensor, other: Tensor | float) -> Tensor:
    """``fmod`` in place."""
    return (FmodByNumber if isinstance(other, NUMBERS) else Fmod).apply_(input, other)
