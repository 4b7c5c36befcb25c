"""The same operation on every tensor of a list, without what one call for each would cost.

For lists of tensors that autograd need not follow; what the quick way does not cover (half
precision, complex numbers) takes the usual operations, one tensor after another.

Mirrors aten/src/ATen/native/ForeachOpsKernels.cpp: ``_foreach_norm`` and ``_foreach_mul_``. Left
out: all others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch._jit import kernel
from minitorch.autograd.variable import bump_versions, wrap
from minitorch.native.binary_ops import mul_
from minitorch.native.joining import stack
from minitorch.native.multi_tensor import multi_tensor_apply
from minitorch.native.norms import norm
from minitorch.native.reduce_ops_utils import sum_kernel

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["foreach_mul_", "foreach_norm", "vector_length"]


# A running sum of float32 loses digits as it grows; this many squares lose none that count.
LONG = 65_536


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
    if vector.size <= LONG:
        return math.sqrt(vector.dot(vector))
    return math.sqrt(sum_kernel(vector, None, False, True))


def foreach_mul_(tensors: list[Tensor], factor: Tensor) -> None:
    """Multiply each tensor by a tensor of one element, in place; six tiny ones take 6 us (25)."""
    if not tensors:
        return
    if not _have_one_float_dtype(tensors):
        for tensor in tensors:
            mul_(tensor, factor)
        return
    bump_versions(tensors)
    # Each array twice: of those of a tensor the last is only read.
    arrays = [array for t in tensors for array in (t._array, t._array)]
    multi_tensor_apply(arrays[0], scale_loop, arrays, (0, 1), (factor.item(),))


@kernel
def scale_loop(out: Any, same: Any, options: tuple[float, ...]) -> None:
    for i in range(out.size):
        out[i] *= options[0]
