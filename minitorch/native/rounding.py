"""Rounding: ``floor``, ``ceil``, ``trunc``, ``round``, and the fraction that ``trunc`` leaves.

Mirrors its part of aten/src/ATen/native/UnaryOps.cpp. Integers are whole already; bool is refused.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native.tensor_iterator import not_implemented, on_floats, zero_like
from minitorch.native.variants import accepts_out, in_place

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _rounded(function: Callable[[Any], Any], kernel_name: str, input: Any) -> Any:
    if input.dtype.kind in "bc":
        raise not_implemented(kernel_name, input)
    return input.copy() if dtypes.is_integral(input.dtype) else function(input)


class Floor(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return _rounded(np.floor, "floor_vml_cpu", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Ceil(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return _rounded(np.ceil, "ceil_vml_cpu", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Trunc(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return _rounded(np.trunc, "trunc_vml_cpu", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Frac(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return on_floats(lambda x: x - np.trunc(x), "frac_cpu", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad


class Round(Operator):
    """Halves go to the even neighbour."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return _rounded(np.rint, "round_vml_cpu", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class RoundDecimals(Operator, name="RoundBackward1"):
    """Round to a number of decimals; negative ones round to tens, hundreds, ..."""

    @staticmethod
    def forward(ctx: Any, input: Any, decimals: int) -> Any:
        def scaled(x: Any) -> Any:
            scale = x.dtype.type(10 ** builtins.abs(decimals))
            return np.rint(x * scale) / scale if decimals > 0 else np.rint(x / scale) * scale

        if decimals == 0:
            return on_floats(np.rint, "round_vml_cpu", input)
        return on_floats(scaled, "round_cpu", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


@accepts_out
def floor(input: Tensor) -> Tensor:
    """out = the largest whole number <= input, element-wise."""
    return Floor.apply(input)


@accepts_out
def ceil(input: Tensor) -> Tensor:
    """out = the smallest whole number >= input, element-wise."""
    return Ceil.apply(input)


@accepts_out
def trunc(input: Tensor) -> Tensor:
    """out = input without its fraction, element-wise."""
    return Trunc.apply(input)


@accepts_out
def frac(input: Tensor) -> Tensor:
    """out = input - trunc(input), element-wise: the fraction, with the sign of the input."""
    return Frac.apply(input)


@accepts_out
def round(input: Tensor, *, decimals: int | None = None) -> Tensor:
    """out = the nearest number with that many decimals, element-wise; halves go to the even
    neighbour.
    """
    return Round.apply(input) if decimals is None else RoundDecimals.apply(input, decimals)


def round_(input: Tensor, *, decimals: int | None = None) -> Tensor:
    """``round`` in place."""
    return Round.apply_(input) if decimals is None else RoundDecimals.apply_(input, decimals)


floor_ = in_place(Floor)
ceil_ = in_place(Ceil)
trunc_ = in_place(Trunc)
frac_ = in_place(Frac)
