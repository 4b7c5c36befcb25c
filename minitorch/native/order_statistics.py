"""Medians, quantiles, the k-th smallest element and the most frequent one.

Mirrors aten/src/ATen/native/Sorting.cpp (median, kthvalue, quantile) and mode of TensorCompare.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.extremes import select_backward, share_among_equals
from minitorch.native.return_types import return_type
from minitorch.native.scatter_gather import gather
from minitorch.native.selection_kernels import kth_value_kernel, mode_kernel, nth_element_kernel
from minitorch.native.sizes import wrap_dim
from minitorch.native.sorting import order, rows_of, sort
from minitorch.native.tensor_iterator import refuse
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# --------------------------------------------------------------------------- median


class Median(Operator):
    """The lower median of all elements; equal ones share the gradient."""

    ignore_nan = False

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        flat = input.reshape(-1)
        if not flat.size:
            out = np.full_like(flat, np.nan, shape=())
        else:
            out = flat[_median_places(flat, 0, ctx.ignore_nan)].reshape(())
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        return share_among_equals(grad, input, out, None, False, nan_too=True)


class Nanmedian(Median, name="NanmedianBackward0"):
    """``Median`` of the elements that are not NaN."""

    ignore_nan = True


class MedianDim(Operator, name="MedianBackward1"):
    """The lower median along a dimension, and where the first of its equals stands."""

    ignore_nan = False

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, keepdim: bool) -> Any:
        ctx.arguments = input.shape, dim, keepdim
        if not input.ndim:
            values, indices = input.copy(), np.zeros_like(input, dtype=np.int64)
        else:
            indices = _median_places(input, dim, ctx.ignore_nan)
            values = np.take_along_axis(input, indices, dim)
            if not keepdim:
                values, indices = values.squeeze(dim), indices.squeeze(dim)
        ctx.save_for_backward(indices)
        return values, indices

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return select_backward(grad, indices, *ctx.arguments)


class NanmedianDim(MedianDim, name="NanmedianBackward1"):
    """``MedianDim`` of the elements that are not NaN."""

    ignore_nan = True


def _median_places(array: Any, dim: int, ignore_nan: bool) -> Any:
    """Where the lower median along ``dim`` stands; the first NaN, if NaN is to win."""
    ordered = order(array, dim, False)  # NaN last
    n = array.shape[dim]
    nans = (array != array).sum(axis=dim, keepdims=True)
    if ignore_nan:
        rank = (np.maximum(n - nans, 1) - 1) // 2
        if (nans == n).any():
            return np.where(nans == n, _first_of_equals(n), np.take_along_axis(ordered, rank, dim))
    else:
        rank = np.where(nans > 0, n - nans, (n - 1) // 2)
    return np.take_along_axis(ordered, rank, dim)


def _first_of_equals(n: int) -> int:
    """Which of n equal elements std::nth_element brings to the front: torch's median of NaN."""
    values, indices = rows_of(np.zeros(n), 0)
    nth_element_kernel(values, indices, 0)
    return int(indices[0, 0])


_MedianResult, _NanmedianResult = return_type("median"), return_type("nanmedian")


def _median(
    input: Tensor, dim: int | None, keepdim: bool, over_all: Any, over_dim: Any, result: Any
) -> Any:
    array = input._array
    if dim is not None:
        dim = wrap_dim(dim, array.ndim)
        if array.ndim and not array.shape[dim]:
            raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    refuse("bc", "median_cpu" if dim is None else "median_out", array)
    if dim is None:
        return over_all.apply(input)
    return result(*over_dim.apply(input, dim, keepdim))


@accepts_out
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median of all elements, or (values, indices) along ``dim``; NaN wins."""
    return _median(input, dim, keepdim, Median, MedianDim, _MedianResult)


@accepts_out
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """``median`` of the elements that are not NaN; NaN if there are none."""
    return _median(input, dim, keepdim, Nanmedian, NanmedianDim, _NanmedianResult)


# --------------------------------------------------------------------------- k-th value, mode


class Kthvalue(Operator):
    """The k-th smallest element along a dimension, and where it stands."""

    @staticmethod
    def forward(ctx: Any, input: Any, k: int, dim: int, keepdim: bool) -> Any:
        ctx.arguments = input.shape, dim, keepdim
        if not input.size:
            values = input.take([0], dim) if keepdim else input.take(0, dim)
            indices = np.zeros_like(values, dtype=np.int64)
            ctx.save_for_backward(indices)
            return values, indices
        values, indices = rows_of(input, dim)
        kth_value_kernel(values, indices, k - 1)
        values, indices = (_column(x[:, k - 1], input, dim, keepdim) for x in (values, indices))
        ctx.save_for_backward(indices)
        return values.astype(input.dtype, copy=False), indices

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return select_backward(grad, indices, *ctx.arguments)


class Mode(Operator):
    """The most frequent element along a dimension, and where one of them stands."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, keepdim: bool) -> Any:
        ctx.arguments = input.shape, dim, keepdim
        values, indices = rows_of(input, dim)
        found = np.empty_like(values, shape=values.shape[:1])
        places = np.empty_like(indices, shape=values.shape[:1])
        mode_kernel(found, places, values, indices)
        found, places = (_column(x, input, dim, keepdim) for x in (found, places))
        ctx.save_for_backward(places)
        return found.astype(input.dtype, copy=False), places

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return select_backward(grad, indices, *ctx.arguments)


def _column(column: Any, like: Any, dim: int, keepdim: bool) -> Any:
    """One number for each line along ``dim`` in the shape of the result."""
    if not like.ndim:
        return column.reshape(()).copy()
    middle = (1,) if keepdim else ()
    return column.reshape(like.shape[:dim] + middle + like.shape[dim + 1 :]).copy()


_KthResult, _ModeResult = return_type("kthvalue"), return_type("mode")


@accepts_out
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """(value, index) of the k-th smallest element along a dimension, counted from 1.

    Raises:
        RuntimeError: there is no k-th.
    """
    array = input._array
    dim = wrap_dim(dim, array.ndim)
    if array.ndim and not array.shape[dim]:
        raise IndexError(f"kthvalue(): Expected reduction dim {dim} to have non-zero size.")
    if not 1 <= k <= (array.shape[dim] if array.ndim else 1):
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {dim}")
    if array.ndim:
        refuse("bc", "kthvalue_cpu", array)
    return _KthResult(*Kthvalue.apply(input, int(k), dim, keepdim))


@accepts_out
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """(value, index) of the most frequent element along a dimension, the smallest of several."""
    array = input._array
    dim = wrap_dim(dim, array.ndim)
    if array.ndim and not array.shape[dim]:
        raise IndexError(f"mode(): Expected reduction dim {dim} to have non-zero size.")
    refuse("c", "mode_cpu", array)
    return _ModeResult(*Mode.apply(input, dim, keepdim))


# --------------------------------------------------------------------------- quantiles

_INTERPOLATIONS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, ignore_nan: bool
) -> Tensor:
    if not isinstance(q, Variable):
        if not 0 <= q <= 1:
            raise RuntimeError(f"quantile() q must be in the range [0, 1] but got {q}")
        q = wrap(np.full_like(input._array, q, shape=()))
    _check_quantile(input, q, interpolation)
    ndim, axis = input._array.ndim, None if dim is None else wrap_dim(dim, input._array.ndim)
    if axis is None:
        lines = input.reshape(-1)
    else:
        lines = input.movedim(axis, -1) if ndim else input.reshape(1)
    ordered = sort(lines, -1).values
    n = ordered._array.shape[-1]
    ranks = q.reshape(-1)
    nan = np.isnan(ordered._array)
    if ignore_nan:
        count = wrap((~nan).sum(-1, keepdims=True).astype(input._array.dtype))
        ranks = (ranks * (count - 1)).clamp(min=0)
    else:
        ranks = (ranks * (n - 1)).masked_fill(wrap(nan.any(-1, keepdims=True)), n - 1)
    found = _interpolate(ordered, ranks, interpolation)  # (*others, numel of q)
    others = list(found._array.shape[:-1])
    if keepdim and ndim:
        others = [1] * ndim if axis is None else others[:axis] + [1] + others[axis:]
    if not q._array.ndim:
        return found.squeeze(-1).reshape(others)
    return found.movedim(-1, 0).reshape([q._array.size, *others])


def _check_quantile(input: Tensor, q: Tensor, interpolation: str) -> None:
    array = input._array
    floating = (np.dtype(np.float32), np.dtype(np.float64))
    if interpolation not in _INTERPOLATIONS:
        raise RuntimeError(
            "quantile() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    if not array.size:
        raise RuntimeError("quantile() input tensor must be non-empty")
    if q._array.ndim > 1:
        raise RuntimeError("quantile() q must be a scalar or 1D tensor")
    if array.dtype not in floating:
        raise RuntimeError("quantile() input tensor must be either float or double dtype")
    if q._array.dtype != array.dtype:
        raise RuntimeError("quantile() q tensor must be same dtype as the input tensor")
    if not ((q._array >= 0) & (q._array <= 1)).all():
        raise RuntimeError("quantile() q values must be in the range [0, 1]")


def _interpolate(ordered: Tensor, ranks: Tensor, interpolation: str) -> Tensor:
    """The values at fractional places of rising lines; shape (*others, number of ranks)."""
    ranks = ranks.expand((*ordered._array.shape[:-1], ranks._array.shape[-1]))
    if interpolation == "lower":
        ranks = ranks.floor()
    elif interpolation == "higher":
        ranks = ranks.ceil()
    elif interpolation == "nearest":
        ranks = ranks.round()
    below = ranks.to(dtypes.int64)
    values = gather(ordered, -1, below)
    if interpolation not in ("linear", "midpoint"):
        return values
    above = gather(ordered, -1, ranks.ceil().to(dtypes.int64))
    weights = (
        wrap(np.full_like(ranks._array, 0.5)) if interpolation == "midpoint" else ranks - below
    )
    return values.lerp(above, weights)


@accepts_out
def quantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """The value below which a fraction ``q`` of the elements lies, of all or along a dimension.

    Args:
        q: a number, or a vector of them, in [0, 1].
        interpolation: between two neighbours: 'linear', 'lower', 'higher', 'midpoint', 'nearest'.

    Shape: the results for several ``q`` stand along a new first dimension.
    """
    return _quantile(input, q, dim, keepdim, interpolation, False)


@accepts_out
def nanquantile(
    input: Tensor,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Tensor:
    """``quantile`` of the elements that are not NaN."""
    return _quantile(input, q, dim, keepdim, interpolation, True)
