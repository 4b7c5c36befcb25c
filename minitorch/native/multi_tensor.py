"""A kernel for every row of some lists of arrays: a parameter, its gradient and its means.

An optimizer's loop computes vectors: those of one parameter. Here it is called for one parameter
after another; native/cpu/multi_tensor.py calls it for all of them at once.

Mirrors aten/src/ATen/native/cuda/MultiTensorApply.cuh, which serves ``torch._foreach_*``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import Kernel
from minitorch.native.portable_stub import PortableStub

__all__ = ["multi_tensor_apply"]

Array = Any


@PortableStub
def multi_tensor_apply(
    first: Array,
    loop: Kernel,
    arrays: Sequence[Array],
    columns: tuple[int | None, ...],
    options: Sequence[float],
) -> None:
    """Call ``loop(*operands, options)`` for every row of arrays, as vectors, which it changes.

    Arrays with gaps, or of different layout, which have no common order, are computed in copies; so
    are float16 and bfloat16, in float32, as by torch's fused kernels. A complex number is computed
    as two real ones.

    Args:
        first: the first of the arrays.
        arrays: row after row, each row of one shape and dtype. The last of a row is only read.
        columns: where in a row the operands of the loop are; None for those that are None.
        options: numbers; take the arrays' dtype, flags too: float32 * float64 would make every
            product, and the loop half as fast, in float64.

    Raises:
        RuntimeError: the arrays of a row differ in shape.
        ValueError: an array is read-only.
    """
    width = len(columns) - columns.count(None)
    for start in range(0, len(arrays), width):
        row = arrays[start : start + width]
        if any([array.shape != row[0].shape for array in row]):
            raise RuntimeError(
                f"the arrays of a parameter differ in shape: {[array.shape for array in row]}"
            )
        dtype = np.float32 if dtypes.is_half(row[0].dtype) else row[0].dtype
        in_order = [np.require(array, dtype, ["C", "ALIGNED", "WRITEABLE"]) for array in row]
        vectors = [array.reshape(-1) for array in in_order]
        vectors = [vector.view(vector.real.dtype) for vector in vectors]
        operands = [None if column is None else vectors[column] for column in columns]
        loop(*operands, tuple(np.array(options, vectors[0].dtype)))
        for array, result in zip(row[:-1], in_order, strict=False):
            if result is not array:
                array[...] = result
