"""Reductions and normalizations that leave out the elements where a mask is false.

What is masked out is replaced by the value that changes no result of the operation, and the plain
operation does the rest.

Mirrors torch/masked/_ops.py. Left out: sparse layouts and ``MaskedTensor``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import wrap
from minitorch.native import (
    binary_ops,
    cumulative_ops,
    exponential,
    extremes,
    norms,
    order_statistics,
    reduce_ops,
    tensor_compare,
)
from minitorch.native import softmax as softmax_ops
from minitorch.native.conversions import to_dtype

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "sum",
    "prod",
    "cumsum",
    "cumprod",
    "amax",
    "amin",
    "argmax",
    "argmin",
    "mean",
    "median",
    "logsumexp",
    "logaddexp",
    "norm",
    "var",
    "std",
    "softmax",
    "log_softmax",
    "softmin",
    "normalize",
]

_SUMMED_IN_INT64 = (dtypes.uint8, dtypes.bool_, dtypes.int8, dtypes.int16, dtypes.int32)

# --------------------------------------------------------------------------- masking


def _identity(name: str, dtype: dtypes.dtype, ord: float = 2.0) -> Any:
    """The value that changes no result of an operation on elements of a dtype.

    Raises:
        NotImplementedError: there is none.
    """
    floating = dtype.is_floating_point
    if name in ("sum", "cumsum"):
        return 0
    if name in ("prod", "cumprod"):
        return 1
    if name == "median":
        return math.nan
    if name == "norm":
        return math.inf if ord == -math.inf else 0
    has_limits = dtype.category == dtypes.INTEGRAL
    if name == "logsumexp" and dtype.is_complex:
        return -math.inf
    if name in ("amax", "argmax", "logaddexp", "logsumexp") and (floating or has_limits):
        return -math.inf if floating else dtypes.iinfo(dtype).min
    if name in ("amin", "argmin") and (floating or has_limits):
        return math.inf if floating else dtypes.iinfo(dtype).max
    raise NotImplementedError(f"identity of {name} on {dtype} input")


def _input_mask(input: Tensor, mask: Tensor | None) -> Tensor:
    """The mask as bool, in the shape of the input.

    Raises:
        ValueError: there is no mask.
        IndexError: it has more dimensions than the input.
    """
    if mask is None:
        raise ValueError("_input_mask requires explicit mask")
    if mask.shape != input.shape:
        if mask.ndim > input.ndim:
            raise IndexError(
                "_input_mask expected broadcastable mask (got mask dimensionality higher than of "
                "the input)"
            )
        mask = mask.broadcast_to(input.shape)
    return to_dtype(mask, dtypes.bool_)


def _masked(name: str, input: Tensor, mask: Tensor | None, ord: float = 2.0) -> Tensor:
    """The input with the identity of an operation where the mask is false."""
    if mask is None:
        return input
    fill = _identity(name, input.dtype, ord)
    filled = wrap(np.full_like(input._array, fill, shape=()))
    return tensor_compare.where(_input_mask(input, mask), input, filled)


def _dims(dim: Any, ndim: int) -> tuple[int, ...]:
    """Dimensions counted from the front, in rising order; None and () mean all.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: one is named twice.
    """
    if dim is None or dim == ():
        return tuple(range(ndim))
    limit = max(ndim, 1)
    dims: list[int] = []
    for d in (dim,) if isinstance(dim, int) else dim:
        if d in dims:
            raise RuntimeError(f"dim={d} appears multiple times in the list of dims")
        if not -limit <= d < limit:
            raise IndexError(
                f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but "
                f"got {d})"
            )
        dims.append(d % limit)
    return tuple(sorted(dims))


def _sum_dtype(input: Tensor, dtype: dtypes.dtype | None) -> dtypes.dtype:
    if dtype is not None:
        return dtype
    return dtypes.int64 if input.dtype in _SUMMED_IN_INT64 else input.dtype


# --------------------------------------------------------------------------- reductions


def sum(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Tensor:
    """The sum of the elements where ``mask``."""
    dims = _dims(dim, input.ndim)
    filled = _masked("sum", input, mask)
    return reduce_ops.sum(filled, dims, bool(keepdim), dtype=_sum_dtype(input, dtype))


def prod(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Tensor:
    """The product of the elements where ``mask``, over any number of dimensions."""
    dims = _dims(dim, input.ndim)
    result = to_dtype(_masked("prod", input, mask), _sum_dtype(input, dtype))
    for d in reversed(dims):
        result = reduce_ops.prod(result, d, bool(keepdim))
    return result


def cumsum(input: Tensor, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """Running sums of the elements where ``mask``."""
    dtype = input.dtype if dtype is None else dtype
    (axis,) = _dims(dim, input.ndim)
    return cumulative_ops.cumsum(_masked("cumsum", input, mask), axis, dtype=dtype)


def cumprod(input: Tensor, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """Running products of the elements where ``mask``."""
    dtype = input.dtype if dtype is None else dtype
    (axis,) = _dims(dim, input.ndim)
    return cumulative_ops.cumprod(_masked("cumprod", input, mask), axis, dtype=dtype)


def amax(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Tensor:
    """The largest of the elements where ``mask``."""
    filled = _masked("amax", input, mask)
    found = extremes.amax(filled, _dims(dim, input.ndim), bool(keepdim))
    return to_dtype(found, input.dtype if dtype is None else dtype)


def amin(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Tensor:
    """The smallest of the elements where ``mask``."""
    filled = _masked("amin", input, mask)
    found = extremes.amin(filled, _dims(dim, input.ndim), bool(keepdim))
    return to_dtype(found, input.dtype if dtype is None else dtype)


def argmax(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Where the largest of the elements where ``mask`` stands, as a number of the input's dtype."""
    found = extremes.argmax(_masked("argmax", input, mask), dim, bool(keepdim))
    return to_dtype(found, input.dtype if dtype is None else dtype)


def argmin(
    input: Tensor,
    dim: int | None = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """Where the smallest of the elements where ``mask`` stands, as a number of the input's
    dtype.
    """
    found = extremes.argmin(_masked("argmin", input, mask), dim, bool(keepdim))
    return to_dtype(found, input.dtype if dtype is None else dtype)


def _count(input: Tensor, mask: Tensor | None, dim: Any, keepdim: bool) -> Tensor:
    """How many elements take part in each result."""
    valid = wrap(np.ones_like(input._array, dtype=bool)) if mask is None else mask
    return reduce_ops.sum(valid, _dims(dim, input.ndim), keepdim)


def mean(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Tensor:
    """The mean of the elements where ``mask``; NaN if there are none.

    Raises:
        ValueError: the dtype is not floating.
    """
    kind = input.dtype if dtype is None else dtype
    if kind.category <= dtypes.INTEGRAL:
        source = "Input" if dtype is None else "Optional"
        raise ValueError(
            f"mean(): Could not infer output dtype. {source} dtype must be either a floating point "
            f"or complex dtype. Got: {kind}"
        )
    valid = None if mask is None else _input_mask(input, mask)
    count = _count(input, valid, dim, bool(keepdim))
    return sum(input, dim, keepdim=keepdim, dtype=kind, mask=valid) / count


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Tensor:
    """The lower median of the elements where ``mask``; NaN if there are none.

    Raises:
        ValueError: there are none, and the dtype is not floating.
    """
    dtype = input.dtype if dtype is None else dtype
    axis = _dims(dim, input.ndim)[0]
    floating = input.is_floating_point()
    if not floating:
        input = to_dtype(input, dtypes.float32)
    found = order_statistics.nanmedian(_masked("median", input, mask), axis, bool(keepdim)).values
    if floating:
        return found
    if tensor_compare.isnan(found)._array.any():
        raise ValueError(
            "masked median expects no fully masked out rows if dtype is not floating point"
        )
    return to_dtype(found, dtype)


def logsumexp(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None, mask: Any = None
) -> Tensor:
    """ln(sum(e ** x)) of the elements where ``mask``."""
    filled = _masked("logsumexp", input, mask)
    found = reduce_ops.logsumexp(filled, _dims(dim, input.ndim), bool(keepdim))
    return to_dtype(found, input.dtype if dtype is None else dtype)


def logaddexp(
    input: Tensor,
    other: Tensor,
    *,
    dtype: Any = None,
    input_mask: Any = None,
    other_mask: Any = None,
) -> Tensor:
    """ln(e ** input + e ** other), in which masked elements count as -inf."""
    first = _masked("logaddexp", input, input_mask)
    second = _masked("logaddexp", other, other_mask)
    found = exponential.logaddexp(first, second)
    return to_dtype(found, input.dtype if dtype is None else dtype)


def norm(
    input: Tensor,
    ord: float = 2.0,
    dim: Any = None,
    *,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """The vector norm of the elements where ``mask``."""
    dtype = input.dtype if dtype is None else dtype
    filled = _masked("norm", input, mask, ord)
    return norms.vector_norm(filled, ord, _dims(dim, input.ndim), bool(keepdim), dtype=dtype)


def _deviation(
    input: Tensor,
    dim: Any,
    unbiased: bool | None,
    correction: float | None,
    keepdim: bool,
    dtype: Any,
    mask: Tensor | None,
) -> Tensor:
    """The squared deviations from the mean, summed and divided by count - correction."""
    if correction is None:
        correction = 1.0 if unbiased is None else float(unbiased)
    if dtype is None:
        dtype = dtypes.float32 if input.dtype.category <= dtypes.INTEGRAL else input.dtype
    wide = dtypes.float32 if dtype.category <= dtypes.INTEGRAL else dtype
    valid = None if mask is None else _input_mask(input, mask)
    count = _count(input, valid, dim, True)
    centre = sum(input, dim, keepdim=True, dtype=dtype, mask=valid) / count
    x = binary_ops.sub(input, centre)
    total = sum(x * x.conj(), dim, keepdim=keepdim, dtype=wide, mask=valid)
    divisor = count.reshape(total.shape)
    if correction:
        zero = wrap(np.zeros_like(total._array, wide.numpy, shape=()).real)
        divisor = tensor_compare.maximum(to_dtype(divisor, zero.dtype) - correction, zero)
    return to_dtype(total / divisor, dtype)


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """The variance of the elements where ``mask``."""
    return _deviation(input, dim, unbiased, correction, bool(keepdim), dtype, mask)


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    *,
    correction: float | None = None,
    keepdim: bool = False,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """The standard deviation of the elements where ``mask``."""
    return _deviation(input, dim, unbiased, correction, bool(keepdim), dtype, mask).sqrt()


# --------------------------------------------------------------------------- normalizations


def softmax(input: Tensor, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """e ** x / sum(e ** x) of the elements where ``mask``; 0 elsewhere."""
    dtype = input.dtype if dtype is None else dtype
    return softmax_ops.softmax(_masked("amax", input, mask), _dims(dim, input.ndim)[0], dtype=dtype)


def log_softmax(input: Tensor, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """ln(softmax) of the elements where ``mask``; -inf elsewhere."""
    dtype = input.dtype if dtype is None else dtype
    return softmax_ops.log_softmax(
        _masked("amax", input, mask), _dims(dim, input.ndim)[0], dtype=dtype
    )


def softmin(input: Tensor, dim: int, *, dtype: Any = None, mask: Any = None) -> Tensor:
    """``softmax`` of -x."""
    dtype = input.dtype if dtype is None else dtype
    return softmax_ops.softmin(_masked("amin", input, mask), _dims(dim, input.ndim)[0], dtype=dtype)


def normalize(
    input: Tensor,
    ord: float,
    dim: int,
    *,
    eps: float = 1e-12,
    dtype: Any = None,
    mask: Any = None,
) -> Tensor:
    """x / max(norm(x), eps) of the elements where ``mask``; 0 elsewhere."""
    length = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    floor = wrap(np.full_like(length._array, eps, shape=()))
    return _masked("sum", input, mask) / tensor_compare.maximum(length, floor)
