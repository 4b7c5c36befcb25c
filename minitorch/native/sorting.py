"""Sorting, and the k largest elements.

Mirrors aten/src/ATen/native/{Sorting.cpp, TopKImpl.h}.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.extremes import select_backward
from minitorch.native.portable_stub import PortableStub
from minitorch.native.return_types import return_type
from minitorch.native.selection_kernels import select_first
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def order(array: Any, dim: int, descending: bool) -> Any:
    """Indices that sort: equal elements keep their order, NaN counts as largest."""
    if array.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    if not array.ndim:
        return np.zeros_like(array, dtype=np.int64)
    if array.dtype.itemsize == 2 and dtypes.is_floating(array.dtype):
        array = array.astype(np.float32)
    if not descending:
        return np.argsort(array, dim, kind="stable")
    mirrored = np.flip(np.argsort(np.flip(array, dim), dim, kind="stable"), dim)
    return array.shape[dim] - 1 - mirrored


def rows_of(array: Any, dim: int) -> tuple[Any, Any]:
    """Copies of the lines along ``dim`` as the rows of a matrix, and the numbers 0, 1, ... in each:
    what the selection kernels take. Half precision comes as single, which Numba can compute in.
    """
    moved = np.moveaxis(array, dim, -1) if array.ndim else array.reshape(1)
    values = moved.reshape(-1, moved.shape[-1]) if moved.size else moved.reshape(0, 1)
    half = array.dtype.itemsize == 2 and dtypes.is_floating(array.dtype)
    values = np.array(values, np.float32 if half else array.dtype, order="C")
    indices = np.empty_like(values, dtype=np.int64)
    indices[...] = np.arange(values.shape[-1])
    return values, indices


@PortableStub
def sort_kernel(array: Any, dim: int, descending: bool) -> tuple[Any, Any]:
    """The elements in order, and the indices that sort."""
    indices = order(array, dim, descending)
    return np.take_along_axis(array, indices, dim) if array.ndim else array.copy(), indices


@PortableStub
def topk_kernel(array: Any, dim: int, k: int, largest: bool, in_order: bool) -> tuple[Any, Any]:
    """The first k elements of each line along ``dim``, and their indices."""
    values, indices = rows_of(array, dim)
    select_first(values, indices, k, largest, in_order)
    return _columns(values, array, dim, k), _columns(indices, array, dim, k)


class Sort(Operator):
    """The elements along a dimension in order, and where they stood."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, descending: bool) -> Any:
        ctx.arguments = input.shape, dim
        values, indices = sort_kernel(input, dim, descending)
        ctx.save_for_backward(indices)
        return values, indices

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        shape, dim = ctx.arguments
        return select_backward(grad, indices, shape, dim, True)


class Topk(Operator):
    """The first k elements along a dimension, and where they stood."""

    @staticmethod
    def forward(ctx: Any, input: Any, k: int, dim: int, largest: bool, in_order: bool) -> Any:
        ctx.arguments = input.shape, dim
        if input.ndim and not (k and input.size):
            shape = input.shape[:dim] + (k,) + input.shape[dim + 1 :]
            values = np.empty_like(input, shape=shape)
            indices = np.empty_like(input, shape=shape, dtype=np.int64)
        else:
            values, indices = topk_kernel(input, dim, k, largest, in_order)
        ctx.save_for_backward(indices)
        return values if values.dtype is input.dtype else values.astype(input.dtype), indices

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        shape, dim = ctx.arguments
        return select_backward(grad, indices, shape, dim, True)


def _columns(rows: Any, like: Any, dim: int, k: int) -> Any:
    """The first k columns of what ``rows_of`` made, back along ``dim``."""
    if not like.ndim:
        return rows[:, :k].reshape(())
    others = like.shape[:dim] + like.shape[dim + 1 :]
    return np.ascontiguousarray(np.moveaxis(rows[:, :k].reshape((*others, k)), -1, dim))


# --------------------------------------------------------------------------- public functions

_SortResult, _TopkResult = return_type("sort"), return_type("topk")


@accepts_out
def sort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool | None = False
) -> Any:
    """(values, indices) in rising (or falling) order along a dimension; always stable.

    >>> import minitorch
    >>> minitorch.sort(minitorch.tensor([3, 1, 2])).indices
    tensor([1, 2, 0])
    """
    return _SortResult(*Sort.apply(input, wrap_dim(dim, input._array.ndim), bool(descending)))


@accepts_out
def argsort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool | None = False
) -> Tensor:
    """The indices that sort along a dimension."""
    dim = wrap_dim(dim, input._array.ndim)
    return wrap(sort_kernel(input._array, dim, bool(descending))[1])


@accepts_out
def msort(input: Tensor) -> Tensor:
    """The elements in rising order along the first dimension."""
    return sort(input, 0).values


@accepts_out
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """(values, indices) of the k largest (or smallest) elements along a dimension, best first.

    Raises:
        RuntimeError: there are fewer than k; or the dtype is bool or complex.
    """
    array = input._array
    dim = wrap_dim(dim, array.ndim)
    if not 0 <= k <= (array.shape[dim] if array.ndim else 1):
        raise RuntimeError("selected index k out of range")
    if array.dtype.kind in "bc":
        kind = "bool" if array.dtype.kind == "b" else "complex"
        raise RuntimeError(f"topk does not support {kind} dtypes on CPU")
    k = int(k) if array.ndim else 1  # a 0-dim tensor is its own first element, even for k = 0
    return _TopkResult(*Topk.apply(input, k, dim, largest, sorted))
