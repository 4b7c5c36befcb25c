"""Reductions of consecutive segments of different lengths.

Mirrors aten/src/ATen/native/SegmentReduce.cpp. Left out: ``indices``, which torch does not take
either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native.not_differentiable import NotDifferentiable
from minitorch.native.pointwise import check_floating

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_STARTS = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "max": -math.inf, "min": math.inf}
_UFUNCS: dict[str, Any] = {
    "sum": np.add,
    "mean": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
}


def _places(data: Any, lengths: Any) -> tuple[Any, Any, Any]:
    """Of each element of a segment: the segment, and the element's number, both counted through all
    the outer dimensions; and the lengths in that order.
    """
    axis = lengths.ndim - 1
    n = data.shape[axis]
    rows = lengths.reshape(math.prod(lengths.shape[:-1]), lengths.shape[-1])
    flat = rows.reshape(-1)
    segments = np.repeat(np.arange(flat.size), flat)
    within = [np.arange(total) + row * n for row, total in enumerate(rows.sum(axis=1).tolist())]
    return segments, np.concatenate(within) if within else segments, flat


def _as_lines(x: Any, axis: int) -> Any:
    """Outer dimensions and ``axis`` as one, inner ones as the other."""
    shape = x.shape
    return x.reshape(math.prod(shape[: axis + 1]), math.prod(shape[axis + 1 :]))


class SegmentReduce(Operator):
    """One result for each segment along the last dimension of ``lengths``."""

    @staticmethod
    def forward(
        ctx: Any, data: Any, reduce: str, lengths: tuple[Any], initial: float | None
    ) -> Any:
        sizes = lengths[0]
        axis = sizes.ndim - 1
        shape = data.shape[:axis] + sizes.shape[-1:] + data.shape[axis + 1 :]
        segments, elements, counts = _places(data, sizes)
        start = _STARTS[reduce] if initial is None else initial
        out = np.full_like(data, start, shape=(counts.size, math.prod(shape[axis + 1 :])))
        _UFUNCS[reduce].at(out, segments, _as_lines(data, axis)[elements])
        if reduce == "mean":
            divisor = np.maximum(counts, 1)[:, None].astype(out.dtype)
            out = out / divisor
            if initial is None:
                out[counts == 0] = math.nan
        out = out.reshape(shape)
        ctx.arguments = reduce, lengths, initial
        ctx.save_for_backward(data, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        data, out = ctx.saved_tensors
        return SegmentReduceBackward.apply(grad, data, out, *ctx.arguments)


class SegmentReduceBackward(NotDifferentiable, name="SegmentReduceBackwardBackward0"):
    """The gradient of the data."""

    aten_name = "_segment_reduce_backward"

    @staticmethod
    def forward(
        ctx: Any,
        grad: Any,
        data: Any,
        out: Any,
        reduce: str,
        lengths: tuple[Any],
        initial: float | None,
    ) -> Any:
        sizes = lengths[0]
        axis = sizes.ndim - 1
        segments, elements, counts = _places(data, sizes)
        x = _as_lines(data, axis)[elements]
        result, slope = (_as_lines(a, axis)[segments] for a in (out, grad))
        if reduce == "mean":
            slope = slope / counts[segments][:, None].astype(slope.dtype)
        elif reduce == "prod":
            slope = _grad_of_product(slope, x, result, segments, counts.size, initial)
        elif reduce != "sum":
            equal = (x == result) | (x != x)
            number = np.zeros((counts.size, x.shape[1]), x.dtype)
            np.add.at(number, segments, equal.astype(x.dtype))
            # torch divides positive gradients only.
            shared = np.where(slope > 0, slope / np.maximum(number, 1)[segments], slope)
            slope = np.where(equal, shared, 0)
        full = np.zeros_like(_as_lines(data, axis))
        full[elements] = slope
        return full.reshape(data.shape)


def _grad_of_product(
    grad: Any, x: Any, out: Any, segments: Any, count: int, initial: float | None
) -> Any:
    zero = (x == 0) | (x != x)
    others = np.full((count, x.shape[1]), 1 if initial is None else initial, x.dtype)
    np.multiply.at(others, segments, np.where(zero, 1, x).astype(x.dtype))
    zeros = np.zeros((count, x.shape[1]), np.int64)
    np.add.at(zeros, segments, zero)
    alone = np.where(zeros[segments] == 1, others[segments], np.where(out != out, out, 0))
    return grad * np.where(zero, alone, out / np.where(zero, 1, x)).astype(x.dtype)


def segment_reduce(
    data: Tensor,
    reduce: str,
    *,
    lengths: Tensor | None = None,
    indices: Tensor | None = None,
    offsets: Tensor | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: float | None = None,
) -> Tensor:
    """Reduce consecutive segments along a dimension.

    Args:
        reduce: 'sum', 'mean', 'prod', 'max' or 'min'.
        lengths: of the segments; if it has several dimensions, for each of the outer rows of data.
        offsets: where the segments start, and where the last one ends, instead of lengths.
        unsafe: do not check that the lengths add up.
        initial: what each segment starts from.
    """
    if reduce not in _STARTS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    if lengths is None and offsets is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    array = data._array
    check_floating(array, "_segment_reduce_cpu")
    if lengths is not None:
        sizes = lengths._array
        if not unsafe:
            if sizes.size and sizes.min() < 0:
                raise RuntimeError("lengths contains negative value!")
            if (sizes.sum(axis=-1) != array.shape[sizes.ndim - 1]).any():
                raise RuntimeError(
                    "segment_reduce(): Expected all rows of lengths along axis to sum to "
                    "data.size(lengths.dim()-1) when !unsafe."
                )
    else:
        assert offsets is not None
        sizes = np.diff(offsets._array, axis=-1)
    return SegmentReduce.apply(data, reduce, (sizes,), initial)
