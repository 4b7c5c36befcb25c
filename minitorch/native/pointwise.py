"""Run a kernel over every element, whatever the layout of the arrays.

Mirrors aten/src/ATen/TensorIterator.h and native/cpu/Loops.h. Left out: broadcasting and promotion
(native/tensor_iterator.py): the arrays here have one shape and one dtype.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import dtypes


def check_floating(array: Any, kernel_name: str) -> None:
    """Refuse what torch has no kernel for.

    Raises:
        NotImplementedError: the dtype is not a real floating one.
    """
    if not dtypes.is_floating(array.dtype):
        name = dtypes.from_numpy(array.dtype).c10_name
        raise NotImplementedError(f"\"{kernel_name}\" not implemented for '{name}'")


def pointwise(kernel: Any, kernel_name: str, arrays: tuple[Any, ...], *scalars: float) -> Any:
    """``kernel(out, *arrays, *scalars)`` on flat arrays; the result is shaped like the first array.

    float16 and bfloat16 are computed in float32. One non-contiguous array keeps its order of axes
    in memory, as in torch; several are made contiguous.

    Args:
        kernel_name: torch's, for the error message.
        scalars: become numbers of the arrays' dtype: a float64 would make the whole loop float64.
    """
    first = arrays[0]
    dtype = first.dtype
    if dtype.char not in "fd":
        check_floating(first, kernel_name)
        wide = tuple([a.astype(np.float32) for a in arrays])
        return pointwise(kernel, kernel_name, wide, *scalars).astype(dtype)
    numbers = [dtype.type(s) for s in scalars] if scalars else ()
    if len(arrays) == 1 and not first.flags.c_contiguous:
        out = np.empty_like(first)
        if out.strides != first.strides:  # expanded, reversed or with gaps: no order to walk along
            first = np.positive(first)  # a copy, laid out as torch lays out results
            out = np.empty_like(first)
        kernel(out.ravel(order="K"), first.ravel(order="K"), *numbers)
        return out
    out = np.empty_like(first, order="C")
    kernel(out.ravel(), *[a.ravel() for a in arrays], *numbers)
    return out
