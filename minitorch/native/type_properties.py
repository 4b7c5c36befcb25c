"""Questions about a tensor's dtype, and about the dtype of a result.

Mirrors aten/src/ATen/native/TypeProperties.cpp. Those about complex numbers stand in
complex_ops.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch.autograd.variable import Variable, unwrap

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _dtype(input: Any, function: str) -> dtypes.dtype:
    if not isinstance(input, Variable):
        raise TypeError(
            f"{function}(): argument 'input' (position 1) must be Tensor, not "
            f"{type(input).__name__}"
        )
    return dtypes.from_numpy(input._array.dtype)


def is_floating_point(input: Tensor) -> bool:
    """Whether the dtype is a floating one."""
    return _dtype(input, "is_floating_point").category == dtypes.FLOATING


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers."""
    return bool(_dtype(input, "is_signed").is_signed)


def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not zero.

    Raises:
        RuntimeError: there is not exactly one.
    """
    _dtype(input, "is_nonzero")
    return bool(input)


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Whether the shapes are equal."""
    return bool(input._array.shape == other._array.shape)


def result_type(tensor1: Any, tensor2: Any) -> dtypes.dtype:
    """The dtype of an arithmetic result of two operands, tensors or numbers.

    >>> import minitorch
    >>> minitorch.result_type(minitorch.tensor([1, 2]), 1.0)
    torch.float32
    """
    return dtypes.from_numpy(dtypes.result_dtype(unwrap(tensor1), unwrap(tensor2)))
