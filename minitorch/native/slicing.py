"""Slices: the parts of a tensor that numbers, slices, None and ... select, as views.

Mirrors select, slice and their backward in aten/src/ATen/native/TensorShape.cpp and
torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.autograd.operator import Operator


class Slice(Operator):
    """The elements that numbers, slices, None and ... select: a view."""

    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, index: tuple[Any, ...]) -> Any:
        ctx.index, ctx.shape = index, input.shape
        return input[index]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return SliceBackward.apply(grad, ctx.shape, ctx.index)


class Select(Slice):
    """``Slice`` whose last part is a number."""


class SliceBackward(Operator):
    """Zeros of a shape with ``input`` in the sliced part: the adjoint of ``Slice``."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
        ctx.index = index
        out = np.zeros_like(input, shape=shape)
        out[index] = input
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Slice.apply(grad, ctx.index)
