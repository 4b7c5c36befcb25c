"""Overwriting a tensor: with another, with a number, with zeros.

Mirrors aten/src/ATen/native/{Copy.cpp, Fill.cpp}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.conversions import cast, number_as
from minitorch.native.expand_utils import infer_size, meta_of, sum_to
from minitorch.native.tensor_iterator import zero_like

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class CopyInto(Operator, name="CopyBackwards"):
    """``input.copy_(source)``: nothing of the old value remains."""

    @staticmethod
    def forward(ctx: Any, input: Any, source: Any) -> Any:
        ctx.source = meta_of(source)
        if source.dtype != input.dtype:
            source = cast(source, input.dtype)
        if source.shape == input.shape:
            return source
        common = infer_size(input.shape, source.shape)
        if common != input.shape:
            raise RuntimeError(
                f"output with shape {list(input.shape)} doesn't match the broadcast shape "
                f"{list(common)}"
            )
        return np.broadcast_to(source, input.shape)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        grad_source = sum_to(grad, ctx.source)
        return None if ctx.next_edges[0] is None else zero_like(grad), grad_source


class Fill(Operator):
    """A number in place of every element."""

    may_overlap = True

    @staticmethod
    def forward(ctx: Any, input: Any, value: bool | int | float | complex) -> Any:
        return np.full_like(input, value)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class FillWithTensor(Operator, name="FillBackward1"):
    """``Fill`` with a 0-dim tensor, which gets all of the gradient."""

    may_overlap = True

    @staticmethod
    def forward(ctx: Any, input: Any, value: Any) -> Any:
        ctx.value = meta_of(value)
        out = np.empty_like(input)
        out[...] = cast(value, input.dtype)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad), sum_to(grad.sum(), ctx.value)


class FillInPlace(Fill, name="FillBackward2"):
    """``input.fill_(value)`` with a number."""


class FillInPlaceWithTensor(FillWithTensor, name="FillBackward3"):
    """``input.fill_(value)`` with a 0-dim tensor."""


class Zero(Fill):
    """``input.zero_()``."""


def copy_(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Overwrite with the elements of ``src``, broadcast and converted."""
    return CopyInto.apply_(input, src if isinstance(src, Variable) else wrap(np.asarray(src)))


def _checked_value(input: Tensor, value: Any) -> Any:
    """What to fill with: a 0-dim tensor, or a number that the dtype of ``input`` can hold."""
    if isinstance(value, Variable):
        if value._array.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value._array.ndim} dimensions."
            )
        return value
    if not isinstance(value, (bool, int, float, complex, np.generic)):
        raise TypeError(
            f"fill_(): argument 'value' (position 1) must be Number, not {type(value).__name__}"
        )
    return number_as(value, input._array.dtype)


def fill(input: Tensor, value: Any) -> Tensor:
    """A number or a 0-dim tensor in the shape, dtype and memory order of ``input``."""
    value = _checked_value(input, value)
    return (FillWithTensor if isinstance(value, Variable) else Fill).apply(input, value)


def fill_(input: Tensor, value: Any) -> Tensor:
    """Overwrite every element with a number or a 0-dim tensor."""
    value = _checked_value(input, value)
    if isinstance(value, Variable):
        return FillInPlaceWithTensor.apply_(input, value)
    return FillInPlace.apply_(input, value)


def zero_(input: Tensor) -> Tensor:
    """Overwrite every element with 0."""
    return Zero.apply_(input, 0)
