"""The parts of a floating number: sign, exponent and mantissa, and its neighbours.

Mirrors frexp and signbit of aten/src/ATen/native/UnaryOps.cpp, and copysign, ldexp, nextafter and
heaviside of BinaryOps.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.not_differentiable import NotDifferentiable
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import (
    NUMBERS,
    check_tensors,
    on_floats,
    on_promoted,
    promote_to_float,
    refuse,
    zero_like,
)
from minitorch.native.variants import accepts_out, in_place

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class MantissaAndExponent(NamedTuple):
    """What ``frexp`` returns."""

    mantissa: Tensor
    exponent: Tensor

    def __repr__(self) -> str:
        return (
            f"torch.return_types.frexp(\nmantissa={self.mantissa!r},\nexponent={self.exponent!r})"
        )


class Frexp(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if not dtypes.is_floating(input.dtype):
            raise RuntimeError("torch.frexp() only supports floating-point dtypes")
        mantissa, exponent = np.frexp(input)
        ctx.save_for_backward(exponent)
        return mantissa, exponent

    @staticmethod
    def backward(ctx: Any, grad_mantissa: Any, grad_exponent: Any) -> Any:
        (exponent,) = ctx.saved_tensors
        return grad_mantissa / 2.0**exponent


class Ldexp(Holomorphic):
    """``input * 2 ** other``."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        def scale(a: Any, b: Any) -> Any:
            return a * np.exp2(b)

        out = on_promoted(scale, input, other, promote_to_float)
        ctx.save_for_backward(out, other)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        out, other = ctx.saved_tensors
        return grad * 2.0**other, grad * out * math.log(2)


class Copysign(Operator):
    """The magnitude of ``input`` with the sign of ``other``."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:

        def kernel(a: Any, b: Any) -> Any:
            refuse("c", "copysign_cpu", a)
            return np.copysign(a, b)

        out = on_promoted(kernel, input, other, promote_to_float)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        to_other = ctx.next_edges[1]
        return (
            grad * Where.apply(input == 0, 0.0, out / input),
            None if to_other is None else zero_like(grad),
        )


class CopysignOfNumber(Copysign, name="CopysignBackward1"):
    """``Copysign`` from a Python number."""


class Nextafter(Operator):
    """The next number after ``input`` on the way to ``other``."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)

        def kernel(a: Any, b: Any) -> Any:
            if dtypes.is_half(a.dtype):  # its neighbours are not those of float32
                return np.nextafter(a, b)
            return on_floats(np.nextafter, "nextafter_cpu", a, b)

        return on_promoted(kernel, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        return Where.apply(input == other, 0.0, grad), zero_like(grad)


class Heaviside(NotDifferentiable, name="NotImplemented"):
    aten_name = "heaviside"

    @staticmethod
    def forward(ctx: Any, input: Any, values: Any) -> Any:
        if input.dtype != values.dtype:
            raise RuntimeError(
                "heaviside is not yet implemented for tensors with different dtypes."
            )

        if input.dtype.kind == "c":
            raise RuntimeError("heaviside is not yet implemented for complex tensors.")

        def step(x: Any, at_zero: Any) -> Any:
            return np.where(x == 0, at_zero, (x > 0).astype(x.dtype))

        return on_promoted(step, input, values)


@accepts_out
def frexp(input: Tensor) -> MantissaAndExponent:
    """input = mantissa * 2 ** exponent, element-wise, with 0.5 <= |mantissa| < 1.

    Raises:
        RuntimeError: the tensor is not a floating one.
    """
    return MantissaAndExponent(*Frexp.apply(input))


@accepts_out
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """out = input * 2 ** other, element-wise."""
    check_tensors("ldexp", input=input, other=other)
    return Ldexp.apply(input, other)


@accepts_out
def copysign(input: Tensor, other: Tensor | float) -> Tensor:
    """out = |input| with the sign of other, element-wise; -0.0 counts as negative."""
    check_tensors("copysign", input=input)
    return (CopysignOfNumber if isinstance(other, NUMBERS) else Copysign).apply(input, other)


def copysign_(input: Tensor, other: Tensor | float) -> Tensor:
    """``copysign`` in place."""
    return (CopysignOfNumber if isinstance(other, NUMBERS) else Copysign).apply_(input, other)


@accepts_out
def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """out = the next floating number after input towards other, element-wise."""
    check_tensors("nextafter", input=input, other=other)
    return Nextafter.apply(input, other)


@accepts_out
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """out = 0 below 0, 1 above, and ``values`` at 0, element-wise; NaN counts as below.

    Raises:
        RuntimeError: the dtypes differ.
    """
    check_tensors("heaviside", input=input, values=values)
    return Heaviside.apply(input, values)


@accepts_out
def signbit(input: Tensor) -> Tensor:
    """Whether the sign bit of each element is set: True for -0.0, False for bool."""
    array = unwrap(input)
    if array.dtype.kind == "c":
        raise NotImplementedError("signbit is not implemented for complex tensors.")
    return wrap(np.signbit(array) if dtypes.is_floating(array.dtype) else array < 0)


ldexp_ = in_place(Ldexp)
nextafter_ = in_place(Nextafter)
heaviside_ = in_place(Heaviside)
