"""Comparison and logic, element-wise: ``eq``, ``lt``, ``logical_and``, ... The results are bool.

Mirrors the comparisons of aten/src/ATen/native/BinaryOps.cpp. Tests of single elements (``isnan``)
and choices (``where``, ``maximum``) are in native/tensor_compare.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minitorch.autograd.memory_overlap import check_no_overlap
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.tensor_iterator import (
    NUMBERS,
    check_tensors,
    compute,
    elementwise,
    ordered,
    zero_like,
)
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_less, _less_equal = ordered(np.less, "lt_cpu"), ordered(np.less_equal, "le_cpu")
_greater, _greater_equal = ordered(np.greater, "gt_cpu"), ordered(np.greater_equal, "ge_cpu")


@accepts_out
def eq(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input == other), element-wise, as bool."""
    check_tensors("eq", input=input)
    return compute(np.equal, input, other)


@accepts_out
def ne(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input != other), element-wise, as bool."""
    check_tensors("ne", input=input)
    return compute(np.not_equal, input, other)


@accepts_out
def lt(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input < other), element-wise, as bool."""
    check_tensors("lt", input=input)
    return compute(_less, input, other)


@accepts_out
def le(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input <= other), element-wise, as bool."""
    check_tensors("le", input=input)
    return compute(_less_equal, input, other)


@accepts_out
def gt(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input > other), element-wise, as bool."""
    check_tensors("gt", input=input)
    return compute(_greater, input, other)


@accepts_out
def ge(input: Tensor, other: Tensor | float) -> Tensor:
    """out = (input >= other), element-wise, as bool."""
    check_tensors("ge", input=input)
    return compute(_greater_equal, input, other)


@accepts_out
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """out = input and other, element-wise; non-zero is true."""
    check_tensors("logical_and", input=input, other=other)
    return compute(np.logical_and, input, other)


@accepts_out
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """out = input or other, element-wise; non-zero is true."""
    check_tensors("logical_or", input=input, other=other)
    return compute(np.logical_or, input, other)


@accepts_out
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """out = input xor other, element-wise; non-zero is true."""
    check_tensors("logical_xor", input=input, other=other)
    return compute(np.logical_xor, input, other)


@accepts_out
def logical_not(input: Tensor) -> Tensor:
    """Whether each element is zero."""
    return wrap(np.logical_not(unwrap(input)))


# --------------------------------------------------------------------------- in place


class ComparisonInPlace(Operator):
    """Writes 1 or 0 over its first operand, whose history ends there: the gradient is zero."""

    ufunc: ClassVar[Any]

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        return elementwise(ctx.ufunc, input, other).astype(input.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad), zero_like(grad)


def _comparison_in_place(name: str, ufunc: Any) -> Any:
    """The in-place twin of a comparison, with torch's two nodes: one beside a number, one beside a
    tensor.
    """
    nodes: list[Any] = [
        type(
            name.capitalize(),
            (ComparisonInPlace,),
            {"ufunc": ufunc, "__slots__": ()},
            name=f"{name.capitalize()}Backward{overload}",
        )
        for overload in (0, 1)
    ]

    def twin(input: Tensor, other: Tensor | float) -> Tensor:
        beside_number, beside_tensor = nodes
        return (beside_number if isinstance(other, NUMBERS) else beside_tensor).apply_(input, other)

    twin.__name__ = twin.__qualname__ = f"{name}_"
    twin.__doc__ = f"``{name}`` in place: 1 or 0 in the tensor's own dtype."
    return twin


eq_ = _comparison_in_place("eq", np.equal)
ne_ = _comparison_in_place("ne", np.not_equal)
lt_ = _comparison_in_place("lt", np.less)
le_ = _comparison_in_place("le", np.less_equal)
gt_ = _comparison_in_place("gt", np.greater)
ge_ = _comparison_in_place("ge", np.greater_equal)


def _overwrite(input: Tensor, result: Tensor) -> Tensor:
    """Store a result that autograd does not follow, as torch does for logic in place."""
    check_no_overlap(input._array)
    if result._array.shape != input._array.shape:
        raise RuntimeError(
            f"output with shape {list(input.shape)} doesn't match the broadcast shape "
            f"{list(result.shape)}"
        )
    input._array[...] = result._array
    input.bump_version()
    return input


def logical_and_(input: Tensor, other: Tensor) -> Tensor:
    """``logical_and`` in place: 1 or 0 in the tensor's own dtype."""
    return _overwrite(input, logical_and(input, other))


def logical_or_(input: Tensor, other: Tensor) -> Tensor:
    """``logical_or`` in place: 1 or 0 in the tensor's own dtype."""
    return _overwrite(input, logical_or(input, other))


def logical_xor_(input: Tensor, other: Tensor) -> Tensor:
    """``logical_xor`` in place: 1 or 0 in the tensor's own dtype."""
    return _overwrite(input, logical_xor(input, other))


def logical_not_(input: Tensor) -> Tensor:
    """``logical_not`` in place: 1 or 0 in the tensor's own dtype."""
    return _overwrite(input, logical_not(input))
