"""What all reductions share: their dimensions, their errors, sums as accurate as torch's.

Mirrors aten/src/ATen/native/{ReduceOpsUtils.h, cpu/SumKernel.cpp}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import Variable
from minitorch.native.conversions import to_dtype
from minitorch.native.portable_stub import PortableStub
from minitorch.native.sizes import wrap_dim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

Axes = tuple[int, ...] | None

# One call, where the method ``sum`` is two. NumPy's types know no ``keepdims`` that may be either.
add_up: Any = np.add.reduce


def as_axes(dim: Any, ndim: int) -> Axes:
    """Dimensions as a tuple counted from the front; None and () mean all.

    Raises:
        IndexError: out of range.
        RuntimeError: one is named twice.
    """
    if dim is None:
        return None
    if isinstance(dim, (int, np.integer)):
        d = wrap_dim(int(dim), ndim)
        return (d,) if ndim else None
    dims = tuple([wrap_dim(d, ndim) for d in dim])
    for d in dims:
        if dims.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return dims if dims and ndim else None


def restore(reduced: Any, shape: tuple[int, ...], axes: Axes, keepdim: bool) -> Any:
    """Put the reduced dimensions back as size 1, so that a result broadcasts against the input."""
    if keepdim or not shape:
        return reduced
    kept = [1 if axes is None or d in axes else n for d, n in enumerate(shape)]
    return reduced.reshape(tuple(kept))


def dim_names(dim: Any, keepdim: bool, axis: Any, keepdims: bool) -> tuple[Any, bool]:
    """``dim`` and ``keepdim``, for which NumPy's ``axis`` and ``keepdims`` are taken too."""
    return (dim if axis is None else axis), bool(keepdim or keepdims)


def cast(input: Tensor, dtype: Any) -> Tensor:
    """The input in the dtype that the argument ``dtype`` asks for."""
    return input if dtype is None else to_dtype(input, dtype)


def as_number(mask: Any, like: Any) -> Any:
    """A mask as zeros and ones of the dtype of ``like``, on arrays or tensors."""
    is_tensor: bool = isinstance(mask, Variable)
    return mask.to(like.dtype) if is_tensor else mask.astype(like.dtype)


def require_elements(array: Any, dim: Any, name: str) -> None:
    """Refuse to reduce nothing with an operation that has no value for it. Mirrors
    zero_numel_check_dims.
    """
    if array.size:
        return
    axes = as_axes(dim, array.ndim)
    if axes is None:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
            "reduction dim with the 'dim' argument."
        )
    for d in axes:
        if not array.shape[d]:
            raise IndexError(f"{name}(): Expected reduction dim {d} to have non-zero size.")


# --------------------------------------------------------------------------- accurate sums

LARGE = 4096  # elements; the errors of a shorter sum do not show
_BLOCK = 32  # elements; a plain running sum of so few is as accurate as NumPy's pairwise one


def accurate_sum(array: Any, axes: Axes, keepdim: bool, dtype: Any = None) -> Any:
    """``array.sum`` with an error that hardly grows with the number of elements.

    NumPy adds in pairs along the axis that is innermost in memory only. Along the others it keeps
    running sums, whose error grows with their length: those axes are cut in blocks here, and the
    sums of the blocks are added.
    """
    axis = _longest_running_sum(array, axes)
    if axis is not None and array.shape[axis] > 2 * _BLOCK:
        n = array.shape[axis]
        whole = n - n % _BLOCK
        lead = (slice(None),) * axis
        head = array[(*lead, slice(whole))]
        cut = head.reshape(head.shape[:axis] + (whole // _BLOCK, _BLOCK) + head.shape[axis + 1 :])
        partial = cut.sum(axis=axis + 1, dtype=dtype)
        if whole < n:
            tail = array[(*lead, slice(whole, None))].sum(axis=axis, keepdims=True, dtype=dtype)
            partial = np.concatenate((partial, tail), axis)
        return accurate_sum(partial, axes, keepdim, dtype)
    return array.sum(axis=axes, keepdims=keepdim, dtype=dtype)


@PortableStub
def sum_kernel(input: Any, axes: Axes, keepdim: bool, squares: bool = False) -> Any:
    """The sum of the elements of an array, or of their squares."""
    return accurate_sum(input * input if squares else input, axes, keepdim)


def sum_along(x: Any, axes: Axes = None, keepdim: bool = False) -> Any:
    """``x.sum`` of an array or a tensor. In half precision NumPy would round after each addition:
    such sums are computed in single.
    """
    if dtypes.is_half(x.dtype):
        return x.astype(np.float32).sum(axis=axes, keepdims=keepdim).astype(x.dtype)
    return x.sum(axis=axes, keepdims=keepdim)


def _longest_running_sum(array: Any, axes: Axes) -> int | None:
    """The longest of the summed axes that are not innermost in memory."""
    if not dtypes.is_floating(array.dtype):
        return None
    if axes is None:
        if array.flags.c_contiguous or array.flags.f_contiguous:
            return None  # one long line
        axes = tuple(range(array.ndim))
    long = [d for d in range(array.ndim) if array.shape[d] > 1]
    innermost = min(long, key=lambda d: abs(array.strides[d]), default=None)
    outer = [d for d in axes if d != innermost]
    return max(outer, key=lambda d: array.shape[d], default=None)
