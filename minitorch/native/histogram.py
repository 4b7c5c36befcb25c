"""Counting elements in bins.

Mirrors aten/src/ATen/native/{Histogram.cpp, cpu/HistogramKernel.cpp, SummaryOps.cpp}.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.return_types import return_type
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _check_floating(input: Tensor, kernel: str) -> None:
    """``histogramdd``, which computes the edges of the bins, is not there for half precision."""
    dtype = dtypes.from_numpy(input._array.dtype)
    if not dtype.is_floating_point or (dtype.itemsize < 4 and kernel == "histogramdd"):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype.c10_name}'")


def _outer_edges(columns: Any, ranges: Sequence[float] | None, name: str) -> list[list[float]]:
    """The leftmost and the rightmost edge for each column. Mirrors select_outer_bin_edges.

    Raises:
        RuntimeError: an edge is not finite, or the left one is the larger.
    """
    pairs = []
    for d in range(columns.shape[1]):
        if ranges is not None:
            low, high = float(ranges[2 * d]), float(ranges[2 * d + 1])
        elif columns.shape[0]:
            low, high = float(columns[:, d].min()), float(columns[:, d].max())
        else:
            low, high = 0.0, 1.0
        if not (math.isfinite(low) and math.isfinite(high)):
            raise RuntimeError(f"{name}: dimension {d}'s range [{low:g}, {high:g}] is not finite")
        if low > high:
            raise RuntimeError(
                f"{name}: min should not exceed max, but got min {low:g} max {high:g} for "
                f"dimension {d}"
            )
        pairs.append([low - 0.5, high + 0.5] if low == high else [low, high])
    return pairs


def _linspace(low: float, high: float, count: int, dtype: Any) -> Any:
    """``count`` edges at equal distances, counted from both ends as torch's linspace does."""
    step = dtype.type((dtype.type(high) - dtype.type(low)) / (count - 1))
    i = np.arange(count)
    front = dtype.type(low) + step * i.astype(dtype)
    back = dtype.type(high) - step * (count - 1 - i).astype(dtype)
    return np.where(i < count // 2, front, back).astype(dtype)


def _bins_of(values: Any, edges: Any, uniform: bool, exact: bool) -> Any:
    """The bin of every value; -1 outside of all. The last bin includes its right edge.

    Args:
        uniform: the edges have equal distances: divide instead of searching.
        exact: then look at the edges of the neighbours too.
    """
    last = len(edges) - 1
    inside = (values >= edges[0]) & (values <= edges[-1])
    if uniform and not exact:
        kept = np.where(inside, values, edges[0])
        place = (kept - edges[0]) * values.dtype.type(last) / (edges[-1] - edges[0])
        place = place.astype(np.int64)
    else:
        place = np.searchsorted(edges, values, "right") - 1
    return np.where(inside, np.minimum(place, last - 1), -1)


def _count(
    columns: Any, edges: list[Any], weight: Any, density: bool, uniform: bool, exact: bool
) -> Any:
    """The histogram of the rows of a matrix."""
    shape = [len(e) - 1 for e in edges]
    places = [_bins_of(columns[:, d], e, uniform, exact) for d, e in enumerate(edges)]
    inside = np.ones(columns.shape[0], bool)
    flat = np.zeros(columns.shape[0], np.int64)
    for place, n in zip(places, shape, strict=True):
        inside &= place >= 0
        flat = flat * n + place
    weights = 1 if weight is None else weight.reshape(-1)[inside]
    hist = np.zeros(math.prod(shape), columns.dtype)
    np.add.at(hist, flat[inside], weights)
    hist = hist.reshape(shape)
    if density:
        hist = hist / hist.sum()
        for d, e in enumerate(edges):
            hist = hist / np.diff(e).reshape([-1 if i == d else 1 for i in range(len(shape))])
    return hist


@accepts_out
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of ``bins`` equal intervals between ``min`` and ``max``, or,
    if those are equal, between the smallest and the largest element.

    Raises:
        RuntimeError: there are no bins, the range is not finite, or ``min > max``.
    """
    _check_floating(input, "histogram_cpu")
    if bins <= 0:
        raise RuntimeError("bins must be > 0")
    min, max = float(unwrap(min)), float(unwrap(max))
    flat = input._array.reshape(-1, 1)
    if min == max and flat.size:
        min, max = float(flat.min()), float(flat.max())
    if min == max:
        min, max = min - 1, max + 1
    if not (math.isfinite(min) and math.isfinite(max)):
        raise RuntimeError(f"range of [{min:g}, {max:g}] is not finite")
    if min > max:
        raise RuntimeError("max must be larger than min")
    edges = _linspace(min, max, bins + 1, input._array.dtype)
    return wrap(_count(flat, [edges], None, False, True, False))


_HistogramResult = return_type("histogram", "hist", "bin_edges")
_HistogramddResult = return_type("histogramdd", "hist", "bin_edges")


def _checked_edges(bins: Tensor, name: str, input: Tensor) -> Any:
    edges = bins._array
    if edges.ndim != 1:
        raise RuntimeError(
            f"{name}: bins tensor should have one dimension, but got {edges.ndim} dimensions"
            + (" in the bins element for dimension 0" if name == "torch.histogramdd()" else "")
        )
    if edges.dtype != input._array.dtype:
        raise RuntimeError(
            "torch.histogramdd(): input tensor and bins tensors should have the same dtype, but "
            f"got input with dtype {dtypes.from_numpy(input._array.dtype).c10_name} and bins for "
            f"dimension 0 with dtype {dtypes.from_numpy(edges.dtype).c10_name}"
        )
    if not edges.size:
        raise RuntimeError(
            "torch.histogramdd(): bins tensor should have at least 1 element, but got 0 elements"
        )
    return edges


def _checked_weight(input: Tensor, weight: Tensor | None, shape: tuple[int, ...]) -> Any:
    if weight is None:
        return None
    if weight._array.dtype != input._array.dtype:
        names = [dtypes.from_numpy(t._array.dtype).c10_name for t in (input, weight)]
        raise RuntimeError(
            "torch.histogramdd(): if weight tensor is provided, input tensor and weight tensor "
            f"should have the same dtype, but got input(dtype={names[0]}), and "
            f"weight(dtype={names[1]})"
        )
    if weight._array.shape != shape:
        raise RuntimeError(
            "torch.histogramdd(): if weight tensor is provided it should have the same shape as "
            "the input tensor excluding its innermost dimension, but got input with shape "
            f"{list(input._array.shape)} and weight with shape {list(weight._array.shape)}"
        )
    return weight._array


def _histogram(
    input: Tensor,
    columns: Any,
    bins: Sequence[Any],
    ranges: Any,
    weight: Any,
    density: bool,
    name: str,
) -> tuple[Any, list[Any]]:
    """The counts, and the edges for each column."""
    if isinstance(bins[0], Variable):
        edges = [_checked_edges(b, name, input) for b in bins]
        return _count(columns, edges, weight, density, False, True), edges
    for d, b in enumerate(bins):
        if b <= 0:
            raise RuntimeError(f"{name}: bins must be > 0, but got {b} for dimension {d}")
    if ranges is not None and len(ranges) != 2 * len(bins):
        raise RuntimeError(
            f"torch.histogramdd(): for a {len(bins)}-dimensional histogram range should have "
            f"{2 * len(bins)} elements, but got {len(ranges)}"
        )
    outer = _outer_edges(columns, ranges, name)
    dtype = input._array.dtype
    edges = [_linspace(low, high, b + 1, dtype) for (low, high), b in zip(outer, bins, strict=True)]
    return _count(columns, edges, weight, density, True, True), edges


@accepts_out
def histogram(
    input: Tensor,
    bins: Any,
    *,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """(hist, bin_edges): how many elements lie in each bin, or the sum of their weights.

    Args:
        bins: the number of bins of equal width, or a vector of rising edges.
        density: divide so that the integral is 1.
    """
    _check_floating(input, "histogram_cpu" if isinstance(bins, Variable) else "histogramdd")
    columns = input._array.reshape(-1, 1)
    weights = _checked_weight(input, weight, input._array.shape)
    hist, edges = _histogram(input, columns, [bins], range, weights, density, "torch.histogram()")
    return _HistogramResult(wrap(hist), wrap(edges[0]))


def histogramdd(
    input: Tensor,
    bins: Any,
    range: Sequence[float] | None = None,
    weight: Tensor | None = None,
    density: bool = False,
) -> Any:
    """(hist, bin_edges): the histogram of points, whose coordinates are the last dimension.

    Args:
        bins: the number of bins in all dimensions, or in each, or the edges in each.

    Shape: ``hist`` has one dimension for each coordinate.
    """
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError(
            f"torch.histogramdd(): input tensor should have at least 2 dimensions, but got "
            f"{len(shape)}"
        )
    if isinstance(bins, int):
        bins = [bins] * shape[-1]
    if len(bins) != shape[-1]:
        raise RuntimeError(
            f"torch.histogramdd(): expected {shape[-1]} sequences of bin edges for a "
            f"{shape[-1]}-dimensional histogram but got {len(bins)}"
        )
    _check_floating(input, "histogram_cpu" if isinstance(bins[0], Variable) else "histogramdd")
    columns = input._array.reshape(-1, shape[-1])
    weights = _checked_weight(input, weight, shape[:-1])
    hist, edges = _histogram(input, columns, bins, range, weights, density, "torch.histogramdd()")
    return _HistogramddResult(wrap(hist), tuple([wrap(e) for e in edges]))


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each non-negative integer occurs, or the sum of its weights."""
    array = unwrap(input)
    if not dtypes.is_integral(array.dtype) or array.dtype == np.bool_:
        name = dtypes.from_numpy(array.dtype).c10_name
        raise NotImplementedError(f"\"bincount_cpu\" not implemented for '{name}'")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if array.ndim == 1 and not array.size:
        return wrap(np.zeros(minlength, np.int64))
    if array.ndim != 1 or array.min() < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is None:
        return wrap(np.bincount(array, None, minlength))
    if weights._array.shape != array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    counts = np.bincount(array, weights._array, minlength)
    return wrap(counts.astype(np.float32 if weights._array.dtype == np.float32 else np.float64))
