"""Operations on integers: bits, shifts, greatest common divisors.

Mirrors the integer operations of aten/src/ATen/native/BinaryOps.cpp and UnaryOps.cpp. None has a
gradient. An operand may be a Python integer, on either side.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.tensor_iterator import (
    check_any_tensor,
    check_tensors,
    compute,
    not_implemented,
)
from minitorch.native.variants import accepts_out, in_place

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _of_integers(ufunc: Any, kernel_name: str, kinds: str = "iu") -> Callable[[Any, Any], Any]:
    """``ufunc`` that refuses the other dtypes, in torch's words."""

    def apply(input: Any, other: Any) -> Any:
        array = input if hasattr(input, "dtype") else other
        if array.dtype.kind not in kinds:
            raise not_implemented(kernel_name, array)
        return ufunc(input, other)

    return apply


_and = _of_integers(np.bitwise_and, "bitwise_and_cpu", "biu")
_or = _of_integers(np.bitwise_or, "bitwise_or_cpu", "biu")
_xor = _of_integers(np.bitwise_xor, "bitwise_xor_cpu", "biu")
_left_shift = _of_integers(np.left_shift, "lshift_cpu")
_right_shift = _of_integers(np.right_shift, "rshift_cpu")
_gcd = _of_integers(np.gcd, "gcd_cpu")
_lcm = _of_integers(np.lcm, "lcm_cpu")


@accepts_out
def bitwise_and(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input & other, element-wise, for integers and bool."""
    check_any_tensor("bitwise_and", input=input, other=other)
    return compute(_and, input, other)


@accepts_out
def bitwise_or(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input | other, element-wise, for integers and bool."""
    check_any_tensor("bitwise_or", input=input, other=other)
    return compute(_or, input, other)


@accepts_out
def bitwise_xor(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input ^ other, element-wise, for integers and bool."""
    check_any_tensor("bitwise_xor", input=input, other=other)
    return compute(_xor, input, other)


@accepts_out
def bitwise_not(input: Tensor) -> Tensor:
    """out = ~input, element-wise, for integers and bool."""
    array = unwrap(input)
    if array.dtype.kind not in "biu":
        raise not_implemented("bitwise_not_cpu", array)
    return wrap(~array)


def invert(input: Tensor) -> Tensor:
    """out = ~input: the operator.

    Raises:
        TypeError: the tensor is neither of integers nor of bool.
    """
    if unwrap(input).dtype.kind not in "biu":
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type tensors"
        )
    return bitwise_not(input)


@accepts_out
def bitwise_left_shift(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input << other, element-wise, for integers."""
    check_any_tensor("bitwise_left_shift", input=input, other=other)
    return compute(_left_shift, input, other)


@accepts_out
def bitwise_right_shift(input: Tensor, other: Tensor | int) -> Tensor:
    """out = input >> other, element-wise, for integers; the sign is kept."""
    check_any_tensor("bitwise_right_shift", input=input, other=other)
    return compute(_right_shift, input, other)


def rlshift(input: Tensor, other: int) -> Tensor:
    """out = other << input: the reflected operator."""
    return bitwise_left_shift(other, input)


def rrshift(input: Tensor, other: int) -> Tensor:
    """out = other >> input: the reflected operator."""
    return bitwise_right_shift(other, input)


@accepts_out
def gcd(input: Tensor, other: Tensor) -> Tensor:
    """out = the greatest common divisor, element-wise; gcd(0, 0) = 0."""
    check_tensors("gcd", input=input, other=other)
    return compute(_gcd, input, other)


@accepts_out
def lcm(input: Tensor, other: Tensor) -> Tensor:
    """out = the least common multiple, element-wise; lcm(0, n) = 0."""
    check_tensors("lcm", input=input, other=other)
    return compute(_lcm, input, other)


bitwise_and_ = in_place(bitwise_and)
bitwise_or_ = in_place(bitwise_or)
bitwise_xor_ = in_place(bitwise_xor)
bitwise_not_ = in_place(bitwise_not)
bitwise_left_shift_ = in_place(bitwise_left_shift)
bitwise_right_shift_ = in_place(bitwise_right_shift)
gcd_ = in_place(gcd)
lcm_ = in_place(lcm)
