"""Choosing and bounding by comparison: ``where``, ``clamp``, ``maximum``, ``isclose``, ``isnan``.

Mirrors aten/src/ATen/native/TensorCompare.cpp, with maximum and minimum of BinaryOps.cpp and their
lines in tools/autograd/derivatives.yaml. Left out: ``max`` and ``min`` along dimensions
(native/extremes.py), ``isin`` (unique.py) and ``mode`` (order_statistics.py).
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import infer_size, meta_of, sum_to
from minitorch.native.portable_stub import PortableStub
from minitorch.native.tensor_iterator import (
    NUMBERS,
    cast_operand,
    check_tensors,
    elementwise,
    not_implemented,
    promote,
)
from minitorch.native.ufunc import number, ufunc
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# --------------------------------------------------------------------------- where


@PortableStub
def where_kernel(condition: Any, input: Any, other: Any) -> Any:
    """``input`` where the condition is true, else ``other``, of the same dtype."""
    return np.where(condition, input, other)


class Where(Operator):
    @staticmethod
    def forward(ctx: Any, condition: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(condition)
        a, b = input, other
        if isinstance(a, NUMBERS) or isinstance(b, NUMBERS) or a.dtype is not b.dtype:
            a, b = promote(a, b)
        try:
            return where_kernel(condition, a, b)
        except ValueError:
            infer_size(infer_size(np.shape(condition), np.shape(a)), np.shape(b))
            raise

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (condition,) = ctx.saved_tensors
        _, to_input, to_other = ctx.next_edges
        return (
            None,
            None if to_input is None else Where.apply(condition, grad, 0.0),
            None if to_other is None else Where.apply(condition, 0.0, grad),
        )


@accepts_out
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """out = input where condition, else other; with one argument, the indices where it is true.

    Shape: all three broadcast.

    Raises:
        RuntimeError: the condition is not bool.
    """
    if input is None and other is None:
        return tuple(wrap(index.copy()) for index in np.nonzero(unwrap(condition)))
    kind = unwrap(condition).dtype
    if kind == np.uint8:
        warnings.warn(
            "where received a uint8 condition tensor. This behavior is deprecated and will be "
            "removed in a future version of PyTorch. Use a boolean condition instead."
        )
        condition = wrap(unwrap(condition) != 0)
    elif kind != np.bool_:
        raise RuntimeError(
            "where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{dtypes.from_numpy(kind).c10_name}"
        )
    return Where.apply(condition, input, other)


# --------------------------------------------------------------------------- clamp

_BOUNDS = (float, int, type(None))


@PortableStub
def clamp_kernel(input: Any, low: float | None, high: float | None) -> Any:
    """A floating array between two numbers, at least one of which is given; NaN stays."""
    out = input if low is None else np.maximum(input, low)
    return out if high is None else np.minimum(out, high)


@PortableStub
def clamp_backward_kernel(grad: Any, input: Any, low: float | None, high: float | None) -> Any:
    """``grad`` where the input is within the bounds, else 0."""
    out = grad if low is None else Where.apply(input >= low, grad, 0.0)
    return out if high is None else Where.apply(input <= high, out, 0.0)


class Clamp(Operator, name="ClampBackward0"):
    """Bounds are numbers or tensors; the gradient passes where ``min <= input <= max``."""

    @staticmethod
    def forward(ctx: Any, input: Any, min: Any, max: Any) -> Any:
        ctx.save_for_backward(input, min, max)
        by_numbers = type(min) in _BOUNDS and type(max) in _BOUNDS
        if by_numbers and input.dtype.char in "fd" and min == min and max == max:
            return clamp_kernel(input, min, max)
        bounds = [b for b in (min, max) if b is not None]
        dtype = dtypes.result_dtype(input, *bounds)
        if dtype == np.bool_ and (len(bounds) == 2 or isinstance(bounds[0], NUMBERS)):
            raise not_implemented("clamp_cpu", input)
        if dtype.kind == "c":
            raise NotImplementedError("clamp is not supported for complex types")
        if any([b != b for b in bounds if isinstance(b, float)]):  # a NaN bound makes all NaN
            return np.full_like(input, np.nan, dtype=dtype)
        out = input if input.dtype == dtype else input.astype(dtype)
        if min is not None:
            out = elementwise(np.maximum, out, min)
        if max is not None:
            out = elementwise(np.minimum, out, max)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, min, max = ctx.saved_tensors
        if type(min) in _BOUNDS and type(max) in _BOUNDS and not isinstance(grad, Variable):
            return sum_to(clamp_backward_kernel(grad, input, min, max), meta_of(input))
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


class ClampMin(Clamp, name="ClampMinBackward1"):
    """``max(input, min)``."""


class ClampMinByNumber(Clamp, name="ClampMinBackward0"):
    """``ClampMin`` by a Python number."""


class ClampMax(Clamp, name="ClampMaxBackward1"):
    """``min(input, max)``."""


class ClampMaxByNumber(Clamp, name="ClampMaxBackward0"):
    """``ClampMax`` by a Python number."""


@accepts_out
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """out = min(max(input, min), max), element-wise; NaN stays.

    Raises:
        RuntimeError: neither bound is given.
    """
    return _clamp_operator(min, max).apply(input, min, max)


def clamp_(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """``clamp`` in place."""
    return _clamp_operator(min, max).apply_(input, min, max)


def _clamp_operator(min: Any, max: Any) -> type[Operator]:
    if type(min) in _BOUNDS and type(max) in _BOUNDS and min is not max:
        return ClampByNumbers
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    bounds = [b for b in (min, max) if b is not None]
    numbers = [isinstance(b, NUMBERS) for b in bounds]
    if any(numbers) and not all(numbers):
        raise TypeError("clamp(): 'min' and 'max' must both be numbers, or both be Tensors")
    return ClampByNumbers if numbers[0] else Clamp


@accepts_out
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """out = max(input, min), element-wise; NaN stays."""
    check_tensors("clamp_min", input=input)
    return (ClampMinByNumber if isinstance(min, NUMBERS) else ClampMin).apply(input, min, None)


def clamp_min_(input: Tensor, min: Any) -> Tensor:
    """``clamp_min`` in place."""
    return (ClampMinByNumber if isinstance(min, NUMBERS) else ClampMin).apply_(input, min, None)


@accepts_out
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """out = min(input, max), element-wise; NaN stays."""
    check_tensors("clamp_max", input=input)
    return (ClampMaxByNumber if isinstance(max, NUMBERS) else ClampMax).apply(input, None, max)


def clamp_max_(input: Tensor, max: Any) -> Tensor:
    """``clamp_max`` in place."""
    return (ClampMaxByNumber if isinstance(max, NUMBERS) else ClampMax).apply_(input, None, max)


# --------------------------------------------------------------------------- larger, smaller


def _extreme_of_two(ufunc: Any, input: Any, other: Any) -> Any:
    out = elementwise(ufunc, input, other)
    if out.dtype.kind == "c":  # NumPy has an order for complex numbers, torch has none
        raise RuntimeError(f"{ufunc.__name__} not implemented for complex tensors.")
    return out


@ufunc("maximum_backward")
def maximum_backward_kernel(grad: Any, larger: Any, smaller: Any) -> Any:
    """The gradient of the first operand of ``maximum``, or of the second one of ``minimum``."""
    half = grad * number(0.5)
    return number(0) if larger < smaller else (half if larger == smaller else grad)


class Maximum(Operator):
    """Ties share the gradient."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        if input.dtype is not other.dtype:
            input, other = promote(input, other)  # backward compares what forward did
        ctx.save_for_backward(input, other)
        return _extreme_of_two(np.maximum, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        return maximum_backward(grad, input, other), maximum_backward(grad, other, input)


class Minimum(Operator):
    """Ties share the gradient."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        if input.dtype is not other.dtype:
            input, other = promote(input, other)  # backward compares what forward did
        ctx.save_for_backward(input, other)
        return _extreme_of_two(np.minimum, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        return maximum_backward(grad, other, input), maximum_backward(grad, input, other)


def maximum_backward(grad: Any, larger: Any, smaller: Any) -> Any:
    """``maximum_backward_kernel`` of arrays, or of tensors."""
    if not isinstance(grad, Variable):
        return maximum_backward_kernel(grad, larger, smaller)
    shared = Where.apply(larger == smaller, grad / 2, grad)  # type: ignore[operator]
    return Where.apply(larger < smaller, 0.0, shared)


class Fmax(Operator):
    """A number wins over NaN; ``input`` takes the gradient of ties."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        if input.dtype is not other.dtype:
            input, other = promote(input, other)  # backward compares what forward did
        ctx.save_for_backward(input, other)
        return _extreme_of_two(np.fmax, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        first = (input >= other) | (other != other)
        return Where.apply(first, grad, 0.0), Where.apply(first, 0.0, grad)


class Fmin(Operator):
    """A number wins over NaN; ``input`` takes the gradient of ties."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        if input.dtype is not other.dtype:
            input, other = promote(input, other)  # backward compares what forward did
        ctx.save_for_backward(input, other)
        return _extreme_of_two(np.fmin, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        first = (input <= other) | (other != other)
        return Where.apply(first, grad, 0.0), Where.apply(first, 0.0, grad)


@accepts_out
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """out = max(input, other), element-wise; NaN wins."""
    return Maximum.apply(input, other)


@accepts_out
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """out = min(input, other), element-wise; NaN wins."""
    return Minimum.apply(input, other)


@accepts_out
def fmax(input: Tensor, other: Tensor) -> Tensor:
    """out = max(input, other), element-wise; NaN only where both are."""
    return Fmax.apply(input, other)


@accepts_out
def fmin(input: Tensor, other: Tensor) -> Tensor:
    """out = min(input, other), element-wise; NaN only where both are."""
    return Fmin.apply(input, other)


# --------------------------------------------------------------------------- nearly equal


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """|input - other| <= atol + rtol * |other|, element-wise; infinities are close to themselves.

    Raises:
        RuntimeError: the dtypes differ, or a tolerance is negative.
    """
    check_tensors("isclose", input=input, other=other)
    a, b = unwrap(input), unwrap(other)
    if a.dtype != b.dtype:
        names = [dtypes.from_numpy(x.dtype).c10_name for x in (a, b)]
        raise RuntimeError(f"{names[0]} did not match {names[1]}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(
                f"{name} must be greater than or equal to zero, but got {tolerance:g}"
            )
    close = elementwise(np.equal, a, b)
    if equal_nan and dtypes.is_differentiable(a.dtype):
        close = close | (np.isnan(a) & np.isnan(b))
    if rtol == 0 and atol == 0:
        return wrap(close)
    if dtypes.is_integral(a.dtype):  # differences of uint8 must not wrap around
        double = np.dtype(np.float64)
        a, b = cast_operand(a, double), cast_operand(b, double)
    error = np.abs(a - b)
    return wrap(close | (np.isfinite(error) & (error <= atol + np.abs(rtol * b))))


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether ``isclose`` holds everywhere."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have the same shape and the same elements."""
    a, b = unwrap(input), unwrap(other)
    return a.shape == b.shape and bool(np.all(a == b))


# --------------------------------------------------------------------------- tests of elements


def isnan(input: Tensor) -> Tensor:
    """Whether each element is not a number."""
    return wrap(np.isnan(unwrap(input)))


def isinf(input: Tensor) -> Tensor:
    """Whether each element is infinite."""
    return wrap(np.isinf(unwrap(input)))


def isfinite(input: Tensor) -> Tensor:
    """Whether each element is neither infinite nor NaN."""
    return wrap(np.isfinite(unwrap(input)))


@accepts_out
def isposinf(input: Tensor) -> Tensor:
    """Whether each element is +inf.

    Raises:
        RuntimeError: the tensor is complex.
    """
    return _is_infinity(input, np.inf, "isposinf")


@accepts_out
def isneginf(input: Tensor) -> Tensor:
    """Whether each element is -inf.

    Raises:
        RuntimeError: the tensor is complex.
    """
    return _is_infinity(input, -np.inf, "isneginf")


def _is_infinity(input: Tensor, infinity: float, name: str) -> Tensor:
    array = unwrap(input)
    if array.dtype.kind == "c":
        raise RuntimeError(f"{name} does not support complex inputs.")
    return wrap(array == infinity)
