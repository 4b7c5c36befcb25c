"""Reductions: sums, means, extremes and products over some or all dimensions, and running sums.

Mirrors aten/src/ATen/native/ReduceOps.cpp and SummaryOps. ``axis`` and ``keepdims``, NumPy's
spellings, are taken for ``dim`` and ``keepdim``, as torch takes them: that is what lets one
backward formula serve arrays and tensors.
"""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.binary_ops import Where, maximum, minimum, zero_like
from minitorch.native.expand_utils import np_asarray
from minitorch.native.indexing import gather, scatter_into_zeros
from minitorch.native.tensor_shape import Cat, Expand, Flip, to_dtype, wrap_dim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

Axes = tuple[int, ...] | None


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


def _is_tensor(x: Any) -> bool:
    return isinstance(x, Variable)


def _accumulate_type(array: Any) -> Any:
    """Half precision is summed in single, as in torch."""
    return np.float32 if array.dtype == np.float16 else None


class Sum(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.arguments = input.shape, axes, keepdim
        if input.dtype.kind in "bui":
            return input.sum(axis=axes, keepdims=keepdim, dtype=np.int64)
        if input.dtype == np.float16:
            return input.sum(axis=axes, keepdims=keepdim, dtype=np.float32).astype(np.float16)
        return input.sum(axis=axes, keepdims=keepdim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        shape, axes, keepdim = ctx.arguments
        grad = restore(grad, shape, axes, keepdim)
        return Expand.apply(np_asarray(grad), shape)


class SumDim(Sum, name="SumBackward1"):
    """``Sum`` over named dimensions."""


class Mean(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        out = np_asarray(input.mean(axis=axes, keepdims=keepdim, dtype=_accumulate_type(input)))
        ctx.arguments = input.shape, axes, keepdim, input.size // builtins.max(out.size, 1)
        return out.astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        shape, axes, keepdim, count = ctx.arguments
        return Expand.apply(np_asarray(restore(grad, shape, axes, keepdim)) / count, shape)


class MeanDim(Mean, name="MeanBackward1"):
    """``Mean`` over named dimensions."""


class Var(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        ctx.save_for_backward(input)
        out = _variance(input, axes, correction, keepdim)
        ctx.arguments = (
            axes,
            keepdim,
            builtins.max(input.size // builtins.max(out.size, 1) - correction, 0),
        )
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        axes, keepdim, divisor = ctx.arguments
        grad = np_asarray(restore(grad, input.shape, axes, keepdim))
        scale = 2 / divisor if divisor else math.inf
        return grad * scale * (input - input.mean(axis=axes, keepdims=True))


class Std(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        out = np_asarray(np.sqrt(_variance(input, axes, correction, keepdim)))
        ctx.save_for_backward(input, out)
        ctx.arguments = (
            axes,
            keepdim,
            builtins.max(input.size // builtins.max(out.size, 1) - correction, 0),
        )
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        axes, keepdim, divisor = ctx.arguments
        slope = grad / (out * divisor) if divisor else grad * math.nan
        slope = Where.apply(out == 0, zero_like(out), slope)
        slope = np_asarray(restore(slope, input.shape, axes, keepdim))
        return slope * (input - input.mean(axis=axes, keepdims=True))


def _variance(input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
    count = input.size if axes is None else math.prod([input.shape[d] for d in axes])
    if count == 0 or count <= correction:
        shape = np.empty(input.shape, bool).sum(axis=axes, keepdims=keepdim).shape
        empty = np.full_like(input, np.nan, shape=shape)
        if count == 0:
            return empty
        centred_sum = np.square(input - input.mean(axis=axes, keepdims=True)).sum(
            axis=axes, keepdims=keepdim
        )
        return np_asarray(centred_sum / input.dtype.type(0))
    out = input.var(axis=axes, ddof=correction, keepdims=keepdim, dtype=_accumulate_type(input))
    return np_asarray(out).astype(input.dtype, copy=False)


class Prod(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, axis: int | None, keepdim: bool) -> Any:
        ctx.arguments = axis, keepdim
        ctx.save_for_backward(input)
        kind = np.int64 if input.dtype.kind in "bui" else None
        return np_asarray(input.prod(axis=axis, keepdims=keepdim, dtype=kind))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        axis, keepdim = ctx.arguments
        if axis is None:
            flat = input.reshape((-1,))
            return (_product_of_others(flat, 0) * grad).reshape(input.shape)
        return _product_of_others(input, axis) * restore(grad, input.shape, (axis,), keepdim)


class ProdDim(Prod, name="ProdBackward1"):
    """``Prod`` over one dimension."""


def _product_of_others(x: Any, axis: int) -> Any:
    """For each element the product of all others along ``axis``; no division, so zeros work."""
    if not x.size:
        return x
    lead = (slice(None),) * axis
    one = x[(*lead, slice(0, 1))] * 0 + 1
    before = CumProd.apply(Cat.apply(axis, one, x[(*lead, slice(0, -1))]), axis)
    after = CumProd.apply(
        Flip.apply(Cat.apply(axis, x[(*lead, slice(1, None))], one), (axis,)), axis
    )
    return before * Flip.apply(after, (axis,))


class CumSum(Operator, name="CumsumBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        ctx.dim = dim
        if not input.ndim:
            return input.copy()
        return input.cumsum(dim, dtype=np.int64 if input.dtype.kind in "bui" else input.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if not grad.ndim:
            return grad
        return Flip.apply(CumSum.apply(Flip.apply(grad, (ctx.dim,)), ctx.dim), (ctx.dim,))


class CumProd(Operator, name="CumprodBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        ctx.dim = dim
        if not input.ndim:
            return input.copy()
        out = input.cumprod(dim, dtype=np.int64 if input.dtype.kind in "bui" else input.dtype)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if not grad.ndim:
            return grad
        input, out = ctx.saved_tensors
        array = unwrap(input)
        dim = ctx.dim
        if (array != 0).all():
            later = Flip.apply(CumSum.apply(Flip.apply(grad * out, (dim,)), dim), (dim,))
            return later / input
        # With zeros, d out[k] / d input[i] is the product of the others up to k, for every i and k.
        lead = (slice(None),) * dim
        columns = []
        for i in range(array.shape[dim]):
            without = Cat.apply(
                dim,
                input[(*lead, slice(0, i))],
                input[(*lead, slice(i, i + 1))] * 0 + 1,
                input[(*lead, slice(i + 1, None))],
            )
            partial = (CumProd.apply(without, dim) * grad)[(*lead, slice(i, None))]
            columns.append(partial.sum(axis=dim, keepdims=True))
        return Cat.apply(dim, *columns)


class Extreme(Operator, name="MaxBackward1"):
    """The largest (or smallest) element of all, or over dimensions; equal extremes share the
    gradient.
    """

    ufunc: Any = np.maximum

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        out = np_asarray(ctx.ufunc.reduce(input, axis=axes, keepdims=keepdim))
        ctx.arguments = axes, keepdim
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        axes, keepdim = ctx.arguments
        extreme = restore(out, input.shape, axes, keepdim)
        equal = input == extreme
        if axes is None:  # NaN, which equals nothing, shares it among all that are NaN
            equal = equal | ((input != input) & (extreme != extreme))
        mask = _as_number(equal, input)
        return mask * (
            restore(grad, input.shape, axes, keepdim) / mask.sum(axis=axes, keepdims=True)
        )


class MinAll(Extreme, name="MinBackward1"):
    ufunc = np.minimum


class Median(Extreme, name="MedianBackward0"):
    """The lower median of all elements; equal ones share the gradient, as extremes do."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        flat = input.reshape(-1)
        nan = flat != flat
        if nan.any() or not flat.size:
            out = np.full_like(flat, np.nan, shape=())
        else:
            out = flat[np.argsort(flat, kind="stable")[(flat.size - 1) // 2]]
        out = np_asarray(out)
        ctx.arguments = axes, keepdim
        ctx.save_for_backward(input, out)
        return out


class Amax(Extreme, name="AmaxBackward0"):
    pass


class Amin(Extreme, name="AminBackward0"):
    ufunc = np.minimum


def _as_number(mask: Any, like: Any) -> Any:
    return mask.to(like.dtype) if _is_tensor(mask) else mask.astype(like.dtype)


class MaxDim(Operator, name="MaxBackward0"):
    """The largest element along one dimension, and where the first of them stands."""

    arg: Any = staticmethod(np.argmax)

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, keepdim: bool) -> Any:
        if not input.ndim:
            indices = np.zeros((), np.int64)
            values = input.copy()
            ctx.save_for_backward(indices)
            ctx.arguments = (), 0, True
            return values, indices
        indices = np.expand_dims(ctx.arg(input, dim), dim)
        values = np.take_along_axis(input, indices, dim)
        ctx.arguments = input.shape, dim, keepdim
        if not keepdim:
            values, indices = values.squeeze(dim), indices.squeeze(dim)
        ctx.save_for_backward(indices)
        return values, indices

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        shape, dim, keepdim = ctx.arguments
        if not shape:
            return grad
        places = restore(indices, shape, (dim,), keepdim)
        return scatter_into_zeros(restore(grad, shape, (dim,), keepdim), shape, dim, places)


class MinDim(MaxDim, name="MinBackward0"):
    arg = staticmethod(np.argmin)


class LogSumExp(Operator, name="LogsumexpBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        top = np.maximum.reduce(input, axis=axes, keepdims=True, initial=-np.inf)
        shift = np.where(np.isfinite(top), top, 0).astype(input.dtype)
        out = np.log(np.exp(input - shift).sum(axis=axes, keepdims=True)) + shift
        if not keepdim:
            out = out.squeeze(axes)
        ctx.arguments = axes, keepdim
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        axes, keepdim = ctx.arguments
        difference = input - restore(out, input.shape, axes, keepdim)
        weights = difference.exp() if _is_tensor(difference) else np.exp(difference)
        return restore(grad, input.shape, axes, keepdim) * weights


def _reduce(ufunc: Any, array: Any, **how: Any) -> Any:
    return ufunc.reduce(array, **how)


class Norm(Operator, name="LinalgVectorNormBackward0"):
    """(sum of |x| ** p) ** (1 / p), with the limits p = 0, inf and -inf."""

    @staticmethod
    def forward(ctx: Any, input: Any, p: float, axes: Axes, keepdim: bool) -> Any:
        magnitude = np.abs(input)
        if p == math.inf:
            out = _reduce(np.maximum, magnitude, axis=axes, keepdims=keepdim)
        elif p == -math.inf:
            out = _reduce(np.minimum, magnitude, axis=axes, keepdims=keepdim)
        elif p == 0:
            out = (input != 0).sum(axis=axes, keepdims=keepdim).astype(input.dtype)
        elif p == 2:
            out = np.sqrt((input * input).sum(axis=axes, keepdims=keepdim))
        elif p == 1:
            out = magnitude.sum(axis=axes, keepdims=keepdim)
        else:
            out = (magnitude**p).sum(axis=axes, keepdims=keepdim) ** (1 / p)
        out = np_asarray(out).astype(input.dtype, copy=False)
        ctx.arguments = p, axes, keepdim
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        p, axes, keepdim = ctx.arguments
        grad, out = (
            restore(grad, input.shape, axes, keepdim),
            restore(out, input.shape, axes, keepdim),
        )
        if p == 0:
            return zero_like(input)
        if p == 1:
            return grad * _sign(input)
        if p == 2:
            return grad * Where.apply(out == 0, zero_like(input), input / out)
        if math.isinf(p):
            mask = _as_number(_abs(input) == out, input)
            return _sign(input) * mask * (grad / mask.sum(axis=axes, keepdims=True))
        slope = input * _abs(input) ** (p - 2) / out ** (p - 1)
        return grad * Where.apply((out == 0) | (input == 0), zero_like(input), slope)


def _abs(x: Any) -> Any:
    return x.abs() if _is_tensor(x) else np.abs(x)


def _sign(x: Any) -> Any:
    return x.sign() if _is_tensor(x) else np.sign(x)


# --------------------------------------------------------------------------- public functions


def _names(dim: Any, keepdim: bool, axis: Any, keepdims: bool) -> tuple[Any, bool]:
    return (dim if axis is None else axis), bool(keepdim or keepdims)


def _cast(input: Tensor, dtype: Any) -> Tensor:
    return input if dtype is None else to_dtype(input, dtype)


def sum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """The sum of all elements, or over the named dimensions. Integers and bool sum to int64.

    >>> import minitorch
    >>> minitorch.sum(minitorch.ones(2, 3), dim=1)
    tensor([3., 3.])
    """
    dim, keepdim = _names(dim, keepdim, axis, keepdims)
    input = _cast(input, dtype)
    return (Sum if dim is None else SumDim).apply(input, as_axes(dim, input._array.ndim), keepdim)


def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """``sum`` with NaN counted as 0."""
    nan = wrap(np.isnan(input._array))
    return sum(Where.apply(nan, 0.0, input), dim, keepdim, dtype=dtype)


def mean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """The mean of all elements, or over the named dimensions.

    Raises:
        RuntimeError: the dtype is not floating and ``dtype`` is not given.
    """
    dim, keepdim = _names(dim, keepdim, axis, keepdims)
    input = _cast(input, dtype)
    if input._array.dtype.kind in "bui":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or "
            "complex dtype. Got: "
            f"{dtypes.from_numpy(input._array.dtype).c10_name}"
        )
    return (Mean if dim is None else MeanDim).apply(input, as_axes(dim, input._array.ndim), keepdim)


def _var_arguments(dim: Any, unbiased: Any, correction: float | None) -> tuple[Any, float]:
    if isinstance(dim, bool):  # var(unbiased)
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    return dim, correction


def var(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The mean squared deviation, divided by N - correction (1 unless given: unbiased)."""
    dim, correction = _var_arguments(dim, unbiased, correction)
    _require_floating(input, "var")
    return Var.apply(input, as_axes(dim, input._array.ndim), correction, keepdim)


def std(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The square root of ``var``."""
    dim, correction = _var_arguments(dim, unbiased, correction)
    _require_floating(input, "std")
    return Std.apply(input, as_axes(dim, input._array.ndim), correction, keepdim)


def _require_floating(input: Tensor, name: str) -> None:
    if input._array.dtype.kind not in "fc":
        raise RuntimeError("std and var only support floating point and complex dtypes")


def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """``(var, mean)``."""
    dim, correction = _var_arguments(dim, unbiased, correction)
    return var(input, dim, None, keepdim, correction=correction), mean(input, dim, keepdim)


def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """``(std, mean)``."""
    dim, correction = _var_arguments(dim, unbiased, correction)
    return std(input, dim, None, keepdim, correction=correction), mean(input, dim, keepdim)


def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The product of all elements, or over one dimension."""
    input = _cast(input, dtype)
    if dim is None:
        return Prod.apply(input, None, False)
    if not input._array.ndim:
        wrap_dim(dim, 0)
        return Prod.apply(input, None, False)
    return ProdDim.apply(input, wrap_dim(dim, input._array.ndim), keepdim)


def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Running sums along a dimension."""
    input = _cast(input, dtype)
    return CumSum.apply(input, wrap_dim(dim, input._array.ndim))


def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Running products along a dimension."""
    input = _cast(input, dtype)
    return CumProd.apply(input, wrap_dim(dim, input._array.ndim))


class ValuesAndIndices(NamedTuple):
    """What ``max`` and ``min`` over a dimension, ``sort`` and ``topk`` return."""

    values: Tensor
    indices: Tensor

    def __repr__(self) -> str:
        name = f"torch.return_types.{type(self).__name__}"
        return f"{name}(\nvalues={self.values!r},\nindices={self.indices!r})"


def return_type(name: str) -> type[ValuesAndIndices]:
    """``ValuesAndIndices`` that prints as the result of one function. Mirrors
    torch/return_types.py.
    """
    return type(name, (ValuesAndIndices,), {"__slots__": ()})


_MaxResult, _MinResult, _MedianResult = (
    return_type("max"),
    return_type("min"),
    return_type("median"),
)


def _extreme(
    input: Tensor, dim: Any, keepdim: bool, name: str, over_all: Any, over_dim: Any, pairwise: Any
) -> Any:
    if isinstance(dim, Variable):
        return pairwise(input, dim)
    array = input._array
    if dim is None:
        if not array.size:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with "
                "the 'dim' argument."
            )
        return over_all.apply(input, None, False)
    dim = wrap_dim(dim, array.ndim)
    if array.ndim and not array.shape[dim]:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")
    result = _MaxResult if name == "max" else _MinResult
    return result(*over_dim.apply(input, dim, keepdim))


def max(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; with ``dim`` a pair (values, indices) along it; with a second tensor
    ``maximum``. NaN wins.
    """
    return _extreme(input, dim, keepdim, "max", Extreme, MaxDim, maximum)


def min(input: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; with ``dim`` a pair (values, indices) along it; with a second tensor
    ``minimum``. NaN wins.
    """
    return _extreme(input, dim, keepdim, "min", MinAll, MinDim, minimum)


def _require_elements(input: Tensor, dim: Any, name: str) -> None:
    array = input._array
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


def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The largest element over dimensions; equal ones share the gradient."""
    _require_elements(input, dim, "amax")
    return Amax.apply(input, as_axes(dim, input._array.ndim), keepdim)


def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """The smallest element over dimensions; equal ones share the gradient."""
    _require_elements(input, dim, "amin")
    return Amin.apply(input, as_axes(dim, input._array.ndim), keepdim)


def _arg_extreme(input: Tensor, dim: int | None, keepdim: bool, name: str, function: Any) -> Tensor:
    array = unwrap(input)
    if not array.size and (dim is None or not array.shape[wrap_dim(dim, array.ndim)]):
        raise IndexError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
            if dim is None
            else f"{name}(): Expected reduction dim {dim} to have non-zero size."
        )
    if dim is None or not array.ndim:
        return wrap(np_asarray(function(array)))
    out = function(array, wrap_dim(dim, array.ndim))
    return wrap(np.expand_dims(out, dim) if keepdim else np_asarray(out))


def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the largest element: in the flattened tensor, or along ``dim``."""
    return _arg_extreme(input, dim, keepdim, "argmax", np.argmax)


def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the smallest element: in the flattened tensor, or along ``dim``."""
    return _arg_extreme(input, dim, keepdim, "argmin", np.argmin)


def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether every element is true (non-zero)."""
    array = unwrap(input)
    out = np_asarray(array.astype(bool).all(axis=as_axes(dim, array.ndim), keepdims=keepdim))
    return wrap(out.astype(np.uint8) if array.dtype == np.uint8 else out)  # torch's bool of old


def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whether some element is true (non-zero)."""
    array = unwrap(input)
    out = np_asarray(array.astype(bool).any(axis=as_axes(dim, array.ndim), keepdims=keepdim))
    return wrap(out.astype(np.uint8) if array.dtype == np.uint8 else out)  # torch's bool of old


def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements are not zero."""
    array = unwrap(input)
    return wrap((array != 0).sum(axis=as_axes(dim, array.ndim), dtype=np.int64))


def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """ln(sum(e ** input)) over dimensions, without overflow."""
    return LogSumExp.apply(input, as_axes(dim, input._array.ndim), keepdim)


def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """The vector p-norm of all elements, or over dimensions; "fro" is p = 2.

    Raises:
        RuntimeError: the dtype is not floating.
    """
    input = _cast(input, dtype)
    if input._array.dtype.kind not in "fc":
        name = dtypes.from_numpy(input._array.dtype).c10_name
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {name}"
        )
    p = 2.0 if p is None or p == "fro" else float(p)
    return Norm.apply(input, p, as_axes(dim, input._array.ndim), keepdim)


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of input - other."""
    return norm(input - other, p)


def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The lower median of all elements, or (values, indices) along ``dim``."""
    if dim is None:
        return Median.apply(input, None, False)
    axis = wrap_dim(dim, input._array.ndim)
    order = np.argsort(input._array, axis, kind="stable")
    middle = np.take(order, [(input._array.shape[axis] - 1) // 2], axis)
    indices = wrap(middle)
    values = gather(input, axis, indices)
    if keepdim:
        return _MedianResult(values, indices)
    return _MedianResult(values.squeeze(axis), indices.squeeze(axis))
