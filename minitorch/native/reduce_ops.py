"""Sums, means, products, logical reductions and log-sum-exps over some or all dimensions.

Mirrors aten/src/ATen/native/ReduceOps.cpp. The rest of that file stands in ``variance``,
``extremes`` and ``cumulative_ops``. ``axis`` and ``keepdims``, NumPy's spellings, are taken for
``dim`` and ``keepdim``, as torch takes them: that is what lets one backward formula serve arrays
and tensors.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.cumulative_ops import CumProd
from minitorch.native.expand_utils import np_asarray
from minitorch.native.joining import Cat
from minitorch.native.portable_stub import PortableStub
from minitorch.native.rearranging import Flip
from minitorch.native.reduce_ops_utils import (
    LARGE,
    Axes,
    accurate_sum,
    add_up,
    as_axes,
    as_number,
    cast,
    dim_names,
    restore,
    sum_along,
    sum_kernel,
)
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_iterator import refuse
from minitorch.native.variants import accepts_numpy_names, accepts_out, write_out
from minitorch.native.views import Expand

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Sum(Operator):
    """Half precision is summed in single, integers and bool in int64."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.arguments = input.shape, axes, keepdim
        if input.dtype.kind in "bui":
            return add_up(input, axes, np.int64, keepdims=keepdim)
        if input.size <= LARGE and input.dtype.itemsize > 2:
            return add_up(input, axes, keepdims=keepdim)
        return _float_sum(input, axes, keepdim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        shape, axes, keepdim = ctx.arguments
        grad = restore(grad, shape, axes, keepdim)
        return Expand.apply(np_asarray(grad), shape)


class SumDim(Sum, name="SumBackward1"):
    """``Sum`` over named dimensions."""


def _float_sum(input: Any, axes: Axes, keepdim: bool) -> Any:
    if input.dtype.itemsize == 2:
        total = accurate_sum(input, axes, keepdim, np.float32)
        return total.astype(input.dtype)
    return sum_kernel(input, axes, keepdim)


class Nansum(Operator):
    """``Sum`` with NaN counted as 0."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        ctx.arguments = input.shape, axes, keepdim
        ctx.save_for_backward(input)
        nan = input != input
        return _float_sum(np.where(nan, input.dtype.type(0), input), axes, keepdim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return restore(grad, *ctx.arguments) * as_number(input == input, input)


class Mean(Operator):
    """Half precision is averaged in single."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        half = input.dtype.itemsize == 2
        count = _elements_for_each(input, axes)
        if input.size <= LARGE and not half:
            total = add_up(input, axes, keepdims=keepdim)
        elif half:
            total = accurate_sum(input, axes, keepdim, np.float32)
        else:
            total = sum_kernel(input, axes, keepdim)
        ctx.arguments = input.shape, axes, keepdim, count
        out = np_asarray(total / count if count else total * math.nan)
        return out.astype(input.dtype) if half else out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        shape, axes, keepdim, count = ctx.arguments
        return Expand.apply(np_asarray(restore(grad, shape, axes, keepdim)) / count, shape)


class MeanDim(Mean, name="MeanBackward1"):
    """``Mean`` over named dimensions."""


def _elements_for_each(input: Any, axes: Axes) -> int:
    if axes is None:
        return int(input.size)
    return math.prod([input.shape[d] for d in axes])


class Prod(Holomorphic):
    """The product of all elements."""

    @staticmethod
    def forward(ctx: Any, input: Any, axis: int | None, keepdim: bool) -> Any:
        ctx.arguments = axis, keepdim
        ctx.save_for_backward(input)
        if dtypes.is_integral(input.dtype):
            return np_asarray(input.prod(axis=axis, keepdims=keepdim, dtype=np.int64))
        half = np.float32 if input.dtype.itemsize == 2 else None
        out = np_asarray(input.prod(axis=axis, keepdims=keepdim, dtype=half))
        return out.astype(input.dtype, copy=False)

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


@PortableStub
def logsumexp_kernel(input: Any, axes: Axes) -> Any:
    """ln(sum(e ** input)) with the reduced dimensions kept. The largest element is taken out first,
    so that nothing overflows.
    """
    top = np.maximum.reduce(input, axis=axes, keepdims=True, initial=-np.inf)
    if input.dtype.kind == "c":
        top = top.real  # the imaginary part cannot overflow, and must stay for the angle
    shift = np.where(np.isfinite(top), top, 0).astype(input.dtype)
    return np.log(sum_along(np.exp(input - shift), axes, True)) + shift


@PortableStub
def logsumexp_backward_kernel(grad: Any, input: Any, result: Any) -> Any:
    """grad * e ** (input - result)."""
    return grad * np.exp(input - result)


class LogSumExp(Holomorphic, name="LogsumexpBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        out = logsumexp_kernel(input, axes)
        if not keepdim:
            out = out.squeeze(axes)
        ctx.arguments = axes, keepdim
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        axes, keepdim = ctx.arguments
        grad, out = [restore(x, input.shape, axes, keepdim) for x in (grad, out)]
        if isinstance(grad, Variable):
            return grad * (input - out).exp()
        return logsumexp_backward_kernel(grad, input, out)


# --------------------------------------------------------------------------- public functions


def sum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The sum of all elements, or over the named dimensions. Integers and bool sum to int64.

    >>> import minitorch
    >>> minitorch.sum(minitorch.ones(2, 3), dim=1)
    tensor([3., 3.])
    """
    if axis is not None or keepdims:
        dim, keepdim = dim_names(dim, keepdim, axis, keepdims)
    if dtype is not None:
        input = cast(input, dtype)
    if dim is None:
        total = Sum.apply(input, None, keepdim)
    else:
        total = SumDim.apply(input, as_axes(dim, input._array.ndim), keepdim)
    if dtype is not None:
        total = cast(total, dtype)  # integers were summed to int64
    return total if out is None else write_out("sum", total, out)


@accepts_out
def nansum(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """``sum`` with NaN counted as 0."""
    dim, keepdim = dim_names(dim, keepdim, axis, keepdims)
    input = cast(input, dtype)
    if dtypes.is_integral(input._array.dtype):
        return cast(sum(input, dim, keepdim), dtype)
    if input._array.dtype.kind == "c":
        raise RuntimeError("nansum on CPU does not support complex inputs")
    return Nansum.apply(input, as_axes(dim, input._array.ndim), keepdim)


def _check_mean(input: Tensor, dtype: Any, name: str) -> None:
    kind = dtypes.from_numpy(input._array.dtype) if dtype is None else dtype
    if kind.category <= dtypes.INTEGRAL:
        which = "Input" if dtype is None else "Optional"
        raise RuntimeError(
            f"mean(): could not infer output dtype. {which} dtype must be either a floating point "
            f"or complex dtype. Got: {kind.c10_name}"
            if name == "mean"
            else f"nanmean(): expected input to have floating point or complex dtype but got "
            f"{kind.c10_name}"
        )


def mean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The mean of all elements, or over the named dimensions.

    Raises:
        RuntimeError: the dtype is not floating and ``dtype`` is not given.
    """
    dim, keepdim = dim_names(dim, keepdim, axis, keepdims)
    if dtype is not None or input._array.dtype.kind in "bui":
        _check_mean(input, dtype, "mean")
        input = cast(input, dtype)
    average = (Mean if dim is None else MeanDim).apply(
        input, as_axes(dim, input._array.ndim), keepdim
    )
    return average if out is None else write_out("mean", average, out)


@accepts_out
def nanmean(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """The mean of the elements that are not NaN.

    Raises:
        RuntimeError: the dtype is not floating.
    """
    dim, keepdim = dim_names(dim, keepdim, axis, keepdims)
    _check_mean(input, None, "nanmean")
    number = sum(wrap(input._array == input._array), dim, keepdim)
    return nansum(input, dim, keepdim, dtype=dtype) / number


@accepts_out
def prod(
    input: Tensor,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
    axis: int | None = None,
    keepdims: bool = False,
) -> Tensor:
    """The product of all elements, or over one dimension. Integers and bool multiply to int64."""
    dim, keepdim = dim_names(dim, keepdim, axis, keepdims)
    input = cast(input, dtype)
    if dim is None:
        return cast(Prod.apply(input, None, False), dtype)
    dim = wrap_dim(dim, input._array.ndim)
    if not input._array.ndim:
        return cast(Prod.apply(input, None, False), dtype)
    return cast(ProdDim.apply(input, dim, keepdim), dtype)


def _logical(input: Tensor, dim: Any, keepdim: bool, name: str) -> Tensor:
    array = unwrap(input)
    truth = array.astype(bool)
    out = np_asarray(getattr(truth, name)(axis=as_axes(dim, array.ndim), keepdims=keepdim))
    return wrap(out.astype(np.uint8) if array.dtype == np.uint8 else out)  # torch's bool of old


@accepts_out
def all(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Whether every element is true (non-zero)."""
    return _logical(input, *dim_names(dim, keepdim, axis, keepdims), "all")


@accepts_out
def any(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """Whether some element is true (non-zero)."""
    return _logical(input, *dim_names(dim, keepdim, axis, keepdims), "any")


@accepts_numpy_names
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """How many elements are not zero."""
    array = unwrap(input)
    return wrap((array != 0).sum(axis=as_axes(dim, array.ndim), dtype=np.int64))


@accepts_out
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """ln(sum(e ** input)) over dimensions, without overflow."""
    if dtypes.is_integral(input._array.dtype):
        input = cast(input, dtypes.get_default_dtype())
    return LogSumExp.apply(input, as_axes(dim, input._array.ndim), keepdim)


@accepts_out
def hash_tensor(input: Tensor, dim: Any = (), *, keepdim: bool = False, mode: int = 0) -> Tensor:
    """The bits of the elements combined by exclusive or: floats as double, integers as int64.

    Args:
        mode: of hashing: 0, the only one.
    """
    if mode != 0:
        raise RuntimeError(f"hash_tensor: Unknown mode {mode}, only 0 is supported")
    array = unwrap(input)
    refuse("c", "xor_sum_cpu", array)
    wide = array.astype(np.float64 if dtypes.is_floating(array.dtype) else np.int64)
    how: dict[str, Any] = {"axis": as_axes(dim, array.ndim), "keepdims": keepdim}
    return wrap(np_asarray(np.bitwise_xor.reduce(wide.view(np.uint64), **how)))
