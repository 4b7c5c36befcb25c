"""Linear layers of few numbers: one kernel forward, and one for all three gradients.

A layer of 64 x 64 for 32 rows takes 2.9 us forward, and 4.1 backward, instead of 5.3 and 5.5 by
calls of BLAS and sums of their own. Larger ones are products like others (products.py).

Mirrors aten/src/ATen/native/mkldnn/Linear.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel
from minitorch.native.cpu.matrix_products import multiply, multiply_and_add
from minitorch.native.cpu.products import MULTIPLICATIONS_PER_THREAD
from minitorch.native.linear_algebra import linear_backward_kernel, linear_kernel

SMALL = 2 * MULTIPLICATIONS_PER_THREAD
"""Multiplications that one thread does."""

FEW_ROWS = 256
"""Of which a plain running sum is accurate."""

NOTHING = {char: np.empty((0, 0), char) for char in "fd"}


def _are_plain(*arrays: Any) -> bool:
    """Whether matrices lie in memory as the kernels expect it."""
    for array in arrays:
        if not array.flags.carray:
            return False
    return True


@linear_kernel.tuned
def linear(mat1: Any, weight: Any, bias: Any) -> Any:
    columns = len(weight)
    is_small = mat1.size * columns < SMALL and weight.dtype.char in NOTHING
    if not (is_small and _are_plain(mat1, weight, bias)):
        return linear_kernel.plain(mat1, weight, bias)
    out = np.empty((len(mat1), columns), weight.dtype)
    _linear.sequential(out, mat1, weight, bias)
    return out


@kernel
def _linear(out: Any, mat1: Any, weight: Any, bias: Any) -> None:
    multiply_and_add(out, mat1, weight, False, True, bias.reshape((1, bias.size)))


@linear_backward_kernel.tuned
def linear_backward(grad: Any, mat1: Any, weight: Any) -> tuple[Any, Any, Any]:
    dtype = grad.dtype
    nothing = NOTHING.get(dtype.char)
    to_mat1 = to_weight = nothing
    rows, columns = grad.shape
    if mat1 is not None:
        to_weight = np.empty((columns, mat1.shape[1]), dtype)
    if weight is not None:
        to_mat1 = np.empty((rows, weight.shape[1]), dtype)
    ...
