"""Linear interpolation between two tensors.

Mirrors aten/src/ATen/native/Lerp.cpp and Lerp.h.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap
from minitorch.native.expand_utils import infer_size
from minitorch.native.tensor_iterator import NUMBERS, check_tensors, not_implemented
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Lerp(Holomorphic, name="LerpBackward1"):
    saved_for = ((2,), (2,), (0, 1))

    @staticmethod
    def forward(ctx: Any, input: Any, end: Any, weight: Any) -> Any:
        if dtypes.is_integral(input.dtype):
            kind = "scalar" if isinstance(weight, NUMBERS) else "tensor"
            raise not_implemented(f"lerp_kernel_{kind}", input)
        ctx.save_for_backward(input, end, weight)
        infer_size(infer_size(input.shape, end.shape), np.shape(weight))
        if dtypes.is_half(input.dtype):
            wide = [x if isinstance(x, NUMBERS) else x.astype(np.float32) for x in (end, weight)]
            return interpolate(input.astype(np.float32), *wide).astype(input.dtype)
        return interpolate(input, end, weight)

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


def interpolate(input: Any, end: Any, weight: Any) -> Any:
    """Each half is computed from its own end, so that weights 0 and 1 give the ends exactly."""
    difference = end - input
    low = np.abs(weight) < 0.5
    if isinstance(weight, NUMBERS):
        return input + weight * difference if low else end - difference * (1 - weight)
    near_end = end - difference * (1 - weight)
    return np.where(low, input + weight * difference, near_end).astype(input.dtype)


def _operator_of(input: Tensor, end: Tensor, weight: Any) -> type[Operator]:
    check_tensors("lerp", input=input, end=end)
    start = unwrap(input).dtype
    for name, operand in (("end", end), ("weight", weight)):
        dtype = getattr(unwrap(operand), "dtype", start)
        if dtype != start:
            expected, found = (dtypes.from_numpy(d).c10_name for d in (start, dtype))
            raise RuntimeError(
                f"expected dtype {expected.lower()} for `{name}` but got dtype {found.lower()}"
            )
    return LerpByNumber if isinstance(weight, NUMBERS) else Lerp


@accepts_out
def lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """out = input + weight * (end - input), element-wise.

    Raises:
        RuntimeError: the tensors are not of one dtype.
    """
    return _operator_of(input, end, weight).apply(input, end, weight)


def lerp_(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """``lerp`` in place."""
    return _operator_of(input, end, weight).apply_(input, end, weight)
