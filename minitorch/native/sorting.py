"""Sorting and the largest elements. Mirrors aten/src/ATen/native/{Sorting.cpp, Unique.cpp}."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.indexing import gather
from minitorch.native.reduce_ops import ValuesAndIndices, return_type
from minitorch.native.tensor_shape import wrap_dim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


_SortResult, _TopkResult, _KthResult = map(return_type, ("sort", "topk", "kthvalue"))


def _order(array: Any, dim: int, descending: bool) -> Any:
    """Indices that sort: equal elements keep their order, NaN counts as largest."""
    if not array.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(array, dim, kind="stable")
    mirrored = np.flip(np.argsort(np.flip(array, dim), dim, kind="stable"), dim)
    return array.shape[dim] - 1 - mirrored


def sort(
    input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False
) -> ValuesAndIndices:
    """(values, indices) in rising (or falling) order along a dimension; always stable."""
    dim = wrap_dim(dim, input._array.ndim)
    indices = wrap(_order(input._array, dim, descending))
    return _SortResult(gather(input, dim, indices), indices)


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The indices that sort along a dimension."""
    return wrap(_order(input._array, wrap_dim(dim, input._array.ndim), descending))


def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> ValuesAndIndices:
    """(values, indices) of the k largest (or smallest) elements along a dimension, best first."""
    array = input._array
    dim = wrap_dim(dim, array.ndim)
    if not 0 <= k <= (array.shape[dim] if array.ndim else 1):
        raise RuntimeError("selected index k out of range")
    order = _order(array, dim, largest)
    indices = wrap(order[(slice(None),) * dim + (slice(k),)] if array.ndim else order)
    return _TopkResult(gather(input, dim, indices), indices)


def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """(value, index) of the k-th smallest element along a dimension, counted from 1."""
    dim = wrap_dim(dim, input._array.ndim)
    if not 1 <= k <= (input._array.shape[dim] if input._array.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    order = _order(input._array, dim, False)
    indices = wrap(order[(slice(None),) * dim + (slice(k - 1, k),)] if order.ndim else order)
    values = gather(input, dim, indices)
    if keepdim or not order.ndim:
        return _KthResult(values, indices)
    return _KthResult(values.squeeze(dim), indices.squeeze(dim))


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements in rising order, and on request where each element went and how often
    each occurs.
    """
    values, inverse, counts = np.unique(
        unwrap(input), return_inverse=True, return_counts=True, axis=dim
    )
    results = [wrap(values)]
    if return_inverse:
        results.append(wrap(inverse))
    if return_counts:
        results.append(wrap(counts))
    return results[0] if len(results) == 1 else tuple(results)


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each non-negative integer occurs, or the sum of its weights."""
    array = unwrap(input)
    if array.ndim != 1 or array.dtype.kind not in "iu" or (array.size and array.min() < 0):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    return wrap(np.bincount(array, None if weights is None else unwrap(weights), minlength))


def searchsorted(sorted_sequence: Tensor, values: Any, *, right: bool = False) -> Tensor:
    """Where to insert each value so that a rising vector stays sorted."""
    return wrap(
        np.asarray(
            np.searchsorted(unwrap(sorted_sequence), unwrap(values), "right" if right else "left")
        )
    )
