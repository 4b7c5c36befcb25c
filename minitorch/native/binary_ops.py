"""Element-wise operations on two operands: arithmetic, comparison, logic.

Mirrors aten/src/ATen/native/BinaryOps.cpp, Pow.cpp and their lines in
tools/autograd/derivatives.yaml. Each operand is a tensor or a Python number; shapes broadcast;
types promote by torch's rules (``dtypes.result_dtype``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import infer_size

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_NUMBERS = (bool, int, float, complex)


def promote(input: Any, other: Any) -> tuple[Any, Any]:
    """Both operands as arrays of the dtype that torch computes in."""
    dtype = dtypes.result_dtype(input, other)
    return cast_operand(input, dtype), cast_operand(other, dtype)


def promote_to_float(input: Any, other: Any) -> tuple[Any, Any]:
    """``promote``, and integers become the default floating dtype."""
    dtype = dtypes.result_dtype(input, other)
    if dtype.kind in "biu":
        dtype = dtypes.get_default_dtype().numpy
    return cast_operand(input, dtype), cast_operand(other, dtype)


def cast_operand(x: Any, dtype: np.dtype[Any]) -> Any:
    """An operand as an array of ``dtype``; a Python integer wraps around as it would in C."""
    if not isinstance(x, _NUMBERS):
        return x if x.dtype == dtype else x.astype(dtype)
    if dtype.kind in "iu" and isinstance(x, int):
        return np.uint64(int(x) & ((1 << 64) - 1)).astype(dtype)
    return dtype.type(x)


def elementwise(ufunc: Any, input: Any, other: Any, promotion: Any = promote) -> Any:
    """``ufunc(input, other)`` with torch's promotion, and torch's words for shapes that do not
    broadcast.
    """
    kind = type(other)
    if kind is type(input):
        same = input.dtype is other.dtype and (promotion is promote or input.dtype.kind == "f")
    elif (
        kind is float or kind is int
    ):  # beside a float tensor NumPy gives a number that tensor's dtype, as torch does
        same = input.dtype.kind == "f"
    else:
        same = type(input) in (float, int) and other.dtype.kind == "f"
    if not same:
        input, other = promotion(input, other)
    try:
        return ufunc(input, other)
    except ValueError:
        infer_size(np.shape(input), np.shape(other))  # raises in torch's words
        raise


# --------------------------------------------------------------------------- arithmetic


class Add(Operator):
    __slots__ = ("alpha",)  # without a __dict__ for it, recording costs 0.1 us less

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, alpha: float) -> Any:
        ctx.alpha = alpha
        return elementwise(np.add, input, other if alpha == 1 else scaled(other, alpha, input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad, grad if ctx.alpha == 1 else grad * ctx.alpha


class Sub(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, alpha: float) -> Any:
        ctx.alpha = alpha
        return elementwise(
            _subtract,
            input,
            other if alpha == 1 else scaled(other, alpha, input),
            _promote_for_subtraction,
        )

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad, None if ctx.next_edges[1] is None else grad * -ctx.alpha


def scaled(other: Any, alpha: Any, input: Any) -> Any:
    """``alpha * other``, in the dtype of the result. Mirrors alpha_check."""
    dtype = dtypes.result_dtype(input, other)
    if dtype.kind in "biu" and isinstance(alpha, float):
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number."
        )
    if dtype.kind != "b" and isinstance(alpha, bool):
        raise RuntimeError("Boolean alpha only supported for Boolean results.")
    return cast_operand(other, dtype) * cast_operand(alpha, dtype)


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


class Rsub(Sub, name="RsubBackward1"):
    """``other - input`` for a number ``other``; the operands arrive in the order of the
    subtraction.
    """


class Mul(Operator):
    saved_for = ((1,), (0,))

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return elementwise(np.multiply, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        to_input, to_other = ctx.next_edges
        return (
            None if to_input is None else grad * other,
            None if to_other is None else grad * input,
        )


class Div(Operator):
    saved_for = ((0, 1), (1,))

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(other, input)
        return elementwise(np.divide, input, other, promote_to_float)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        other, input = ctx.saved_tensors
        to_input, to_other = ctx.next_edges
        return (
            None if to_input is None else grad / other,
            None if to_other is None else -grad * ((input / other) / other),
        )


class DivRounded(Operator, name="DivBackward2"):
    """Division rounded to an integer value: its gradient is zero."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, rounding_mode: str) -> Any:
        return elementwise(
            _floor_divide if rounding_mode == "floor" else _trunc_divide, input, other
        )

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad), zero_like(grad)


def _kind(input: Any, other: Any) -> str:
    """The kind of dtype of two promoted operands, one of which may be a number."""
    return (input if hasattr(input, "dtype") else other).dtype.kind


def _check_divisor(input: Any, other: Any, kernel: str) -> None:
    kind = _kind(input, other)
    if kind == "b":
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")
    if kind in "iu" and not np.all(other):
        raise RuntimeError("ZeroDivisionError")


def _floor_divide(input: Any, other: Any) -> Any:
    _check_divisor(input, other, "div_floor_cpu")
    return np.floor_divide(input, other)


def _trunc_divide(input: Any, other: Any) -> Any:
    _check_divisor(input, other, "div_trunc_cpu")
    if _kind(input, other) == "f":
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


class PowScalar(Operator, name="PowBackward0"):
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
        return grad * (ctx.exponent * pow(input, ctx.exponent - 1))


class PowTensor(Operator, name="PowBackward1"):
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
            flat = (input == 0) & (exponent >= 0)
            grad_exponent = grad * Where.apply(flat, zero_like(out), out * _log(input))
        return grad_input, grad_exponent


class PowOfNumber(Operator, name="PowBackward2"):
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
            return None, grad * Where.apply(exponent >= 0, zero_like(out), out * -math.inf)
        return None, grad * (out * (math.log(ctx.base) if ctx.base > 0 else math.nan))


def power(input: Any, exponent: Any) -> Any:
    """``input ** exponent`` on arrays; small whole powers are products, as in torch."""
    if isinstance(exponent, _NUMBERS) and input.dtype.kind == "f":
        if exponent == 2:
            return input * input
        if exponent == 3:
            return input * input * input
        if exponent == 0.5:
            return np.sqrt(input)
        if exponent == -0.5:
            return 1 / np.sqrt(input)
        if exponent == -1:
            return 1 / input
        if exponent == -2:
            return 1 / (input * input)
    if isinstance(exponent, _NUMBERS) and exponent in (0, 1):
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


def _log(x: Any) -> Any:
    is_tensor: bool = isinstance(x, Variable)
    return x.log() if is_tensor else np.log(x)


def zero_like(x: Any) -> Any:
    return (
        x * 0
        if isinstance(x, _NUMBERS)
        else wrap(np.zeros_like(x._array))
        if isinstance(x, Variable)
        else np.zeros_like(x)
    )


class Where(Operator):
    @staticmethod
    def forward(ctx: Any, condition: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(condition)
        a, b = promote(input, other)
        try:
            return np.where(condition, a, b)
        except ValueError:
            infer_size(infer_size(np.shape(condition), np.shape(a)), np.shape(b))
            raise

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (condition,) = ctx.saved_tensors
        zero = zero_like(grad)
        return (
            None,
            Where.apply(condition, grad, zero),
            Where.apply(condition, zero, grad),
        )


class Maximum(Operator):
    """Ties share the gradient."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return elementwise(np.maximum, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        tie = (input == other) * 0.5
        return (
            grad * ((input > other) + tie),
            grad * ((input < other) + tie),
        )


class Minimum(Operator):
    """Ties share the gradient."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return elementwise(np.minimum, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        tie = (input == other) * 0.5
        return (
            grad * ((input < other) + tie),
            grad * ((input > other) + tie),
        )


class Atan2(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return elementwise(np.arctan2, input, other, promote_to_float)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        scaled_grad = grad / (input * input + other * other)
        return scaled_grad * other, -scaled_grad * input


class Lerp(Operator, name="LerpBackward1"):
    saved_for = ((2,), (2,), (0, 1))

    @staticmethod
    def forward(ctx: Any, input: Any, end: Any, weight: Any) -> Any:
        ctx.save_for_backward(input, end, weight)
        difference = end - input
        low = weight < 0.5
        if isinstance(weight, _NUMBERS):
            return input + weight * difference if low else end - difference * (1 - weight)
        near_end = end - difference * (1 - weight)
        return np.where(low, input + weight * difference, near_end).astype(input.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, end, weight = ctx.saved_tensors
        to_input, to_end, to_weight = ctx.next_edges
        return (
            None if to_input is None else grad * (1 - weight),
            None if to_end is None else grad * weight,
            None if to_weight is None else grad * (end - input),
        )


class LerpByNumber(Lerp, name="LerpBackward0"):
    """``Lerp`` with a Python number as weight."""


def add(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """out = input + alpha * other, element-wise.

    >>> import minitorch
    >>> minitorch.add(minitorch.tensor([1, 2]), 0.5)
    tensor([1.5000, 2.5000])
    """
    return Add.apply(input, other, alpha)


def sub(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """out = input - alpha * other, element-wise.

    Raises:
        RuntimeError: both are bool.
    """
    return Sub.apply(input, other, alpha)


def rsub(input: Tensor, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """out = other - alpha * input, element-wise."""
    return Rsub.apply(other, input, alpha)


def mul(input: Tensor, other: Tensor | float) -> Tensor:
    """out = input * other, element-wise."""
    return Mul.apply(input, other)


def div(input: Tensor, other: Tensor | float, *, rounding_mode: str | None = None) -> Tensor:
    """out = input / other, element-wise; integers divide to floats unless rounded.

    Args:
        rounding_mode: None, "trunc" (towards zero) or "floor".
    """
    if rounding_mode is None:
        return Div.apply(input, other)
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
            f"'{rounding_mode}'"
        )
    return DivRounded.apply(input, other, rounding_mode)


def rdiv(input: Tensor, other: float) -> Tensor:
    """out = other / input, element-wise: the reflected operator. torch spells it
    ``input.reciprocal() * other``.
    """
    return mul(input.reciprocal(), other)


def floor_divide(input: Tensor, other: Tensor | float) -> Tensor:
    """out = floor(input / other), element-wise."""
    return DivRounded.apply(input, other, "floor")


def rfloordiv(input: Tensor, other: float) -> Tensor:
    """out = floor(other / input), element-wise: the reflected operator."""
    return DivRounded.apply(other, input, "floor")


def remainder(input: Tensor, other: Tensor | float) -> Tensor:
    """out = input - other * floor(input / other): Python's ``%``, element-wise."""
    return (RemainderByNumber if isinstance(other, _NUMBERS) else Remainder).apply(input, other)


def rmod(input: Tensor, other: float) -> Tensor:
    """out = other % input, element-wise: the reflected operator."""
    return Remainder.apply(other, input)


def fmod(input: Tensor, other: Tensor | float) -> Tensor:
    """out = input - other * trunc(input / other): C's ``fmod``, element-wise."""
    return (FmodByNumber if isinstance(other, _NUMBERS) else Fmod).apply(input, other)


def pow(input: Any, exponent: Any) -> Tensor:
    """out = input ** exponent, element-wise; either may be a number."""
    if isinstance(exponent, _NUMBERS):
        return PowScalar.apply(input, exponent)
    if isinstance(input, _NUMBERS):
        return PowOfNumber.apply(input, exponent)
    return PowTensor.apply(input, exponent)


def rpow(input: Tensor, other: float) -> Tensor:
    """out = other ** input, element-wise: the reflected operator."""
    return pow(other, input)


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """out = input where condition, else other; with one argument, the indices where it is true.

    Shape: all three broadcast.
    """
    if input is None and other is None:
        return tuple(wrap(index.copy()) for index in np.nonzero(unwrap(condition)))
    if unwrap(condition).dtype != bool:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtypes.from_numpy(unwrap(condition).dtype).c10_name}"
        )
    return Where.apply(condition, input, other)


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """out = max(input, other), element-wise; NaN wins."""
    return Maximum.apply(input, other)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """out = min(input, other), element-wise; NaN wins."""
    return Minimum.apply(input, other)


def atan2(input: Tensor, other: Tensor) -> Tensor:
    """out = the angle of (other, input) in radians, in (-pi, pi], element-wise."""
    return Atan2.apply(input, other)


def lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """out = input + weight * (end - input), element-wise."""
    return (LerpByNumber if isinstance(weight, _NUMBERS) else Lerp).apply(input, end, weight)


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """out = input + value * tensor1 * tensor2, element-wise."""
    return add(input, mul(tensor1, tensor2), alpha=value)


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """out = input + value * tensor1 / tensor2, element-wise."""
    return add(input, div(tensor1, tensor2), alpha=value)


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
    return (
        Div.apply_(input, other)
        if rounding_mode is None
        else DivRounded.apply_(input, other, rounding_mode)
    )


def floor_divide_(input: Tensor, other: Tensor | float) -> Tensor:
    """``floor_divide`` in place."""
    return DivRounded.apply_(input, other, "floor")


def remainder_(input: Tensor, other: Tensor | float) -> Tensor:
    """``remainder`` in place."""
    return Remainder.apply_(input, other)


def fmod_(input: Tensor, other: Tensor | float) -> Tensor:
    """``fmod`` in place."""
    return Fmod.apply_(input, other)


def pow_(input: Tensor, exponent: Any) -> Tensor:
    """``pow`` in place."""
    return (PowScalar if isinstance(exponent, _NUMBERS) else PowTensor).apply_(input, exponent)


def lerp_(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """``lerp`` in place."""
    return (LerpByNumber if isinstance(weight, _NUMBERS) else Lerp).apply_(input, end, weight)


def addcmul_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``addcmul`` in place."""
    return Add.apply_(input, mul(tensor1, tensor2), value)


def addcdiv_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``addcdiv`` in place."""
    return Add.apply_(input, div(tensor1, tensor2), value)


# --------------------------------------------------------------------------- comparison and logic


def _compute(ufunc: Any, input: Any, other: Any) -> Any:
    """An operation without gradient; on arrays it just computes."""
    out = elementwise(ufunc, unwrap(input), unwrap(other))
    return wrap(out) if isinstance(input, Variable) or isinstance(other, Variable) else out


def eq(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input == other), element-wise, as bool."""
    return _compute(np.equal, input, other)


def ne(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input != other), element-wise, as bool."""
    return _compute(np.not_equal, input, other)


def lt(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input < other), element-wise, as bool."""
    return _compute(np.less, input, other)


def le(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input <= other), element-wise, as bool."""
    return _compute(np.less_equal, input, other)


def gt(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input > other), element-wise, as bool."""
    return _compute(np.greater, input, other)


def ge(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input >= other), element-wise, as bool."""
    return _compute(np.greater_equal, input, other)


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """out = input and other, element-wise; non-zero is true."""
    return _compute(np.logical_and, input, other)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """out = input or other, element-wise; non-zero is true."""
    return _compute(np.logical_or, input, other)


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """out = input xor other, element-wise; non-zero is true."""
    return _compute(np.logical_xor, input, other)


def bitwise_and(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input & other, element-wise, for integers and bool."""
    return _compute(_integers_only(np.bitwise_and), input, other)


def bitwise_or(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input | other, element-wise, for integers and bool."""
    return _compute(_integers_only(np.bitwise_or), input, other)


def bitwise_xor(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input ^ other, element-wise, for integers and bool."""
    return _compute(_integers_only(np.bitwise_xor), input, other)


def _integers_only(ufunc: Any) -> Any:
    def apply(input: Any, other: Any) -> Any:
        try:
            return ufunc(input, other)
        except TypeError:
            name = dtypes.from_numpy(np.asarray(input).dtype).c10_name
            raise NotImplementedError(
                f"\"{ufunc.__name__}_cpu\" not implemented for '{name}'"
            ) from None

    return apply


def bitwise_left_shift(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input << other, element-wise, for integers."""
    return _compute(_integers_only(np.left_shift), input, other)


def bitwise_right_shift(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input >> other, element-wise, for integers; the sign is kept."""
    return _compute(_integers_only(np.right_shift), input, other)


def bitwise_and_(input: Tensor, other: Tensor | int) -> Tensor:
    """``bitwise_and`` in place."""
    return input.copy_(bitwise_and(input, other))


def bitwise_or_(input: Tensor, other: Tensor | int) -> Tensor:
    """``bitwise_or`` in place."""
    return input.copy_(bitwise_or(input, other))


def bitwise_xor_(input: Tensor, other: Tensor | int) -> Tensor:
    """``bitwise_xor`` in place."""
    return input.copy_(bitwise_xor(input, other))


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|input - other| <= atol + rtol * |other|, element-wise."""
    return wrap(np.isclose(unwrap(input), unwrap(other), rtol, atol, equal_nan))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether ``isclose`` holds everywhere."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and the same elements."""
    return bool(np.array_equal(unwrap(input), unwrap(other)))
