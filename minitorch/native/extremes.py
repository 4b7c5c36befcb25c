"""The largest and smallest elements, of all or along dimensions, and where they stand.

Mirrors max, min and aminmax of aten/src/ATen/native/TensorCompare.cpp and amax, amin, argmax and
argmin of ReduceOps.cpp. NaN wins everywhere; of equals the first is meant by an index. A gradient
goes to the element that an index names; without one, equals share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import np_asarray
from minitorch.native.reduce_ops_utils import (
    Axes,
    as_axes,
    as_number,
    dim_names,
    require_elements,
    restore,
)
from minitorch.native.return_types import return_type
from minitorch.native.scatter_gather import gather_kernel, scatter_into_zeros
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_compare import maximum, minimum
from minitorch.native.tensor_iterator import refuse
from minitorch.native.variants import accepts_out, write_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def share_among_equals(
    grad: Any, input: Any, out: Any, axes: Axes, keepdim: bool, nan_too: bool
) -> Any:
    """The gradient of an extreme (or a median), in equal parts for all elements that equal it.

    Args:
        nan_too: whether NaN, which equals nothing, counts as equal to NaN.
    """
    extreme = restore(out, input.shape, axes, keepdim)
    equal = input == extreme
    if nan_too:
        equal = equal | ((input != input) & (extreme != extreme))
    mask = as_number(equal, input)
    count = mask.sum(axis=axes, keepdims=True)
    return mask * (restore(grad, input.shape, axes, keepdim) / count)


class Extreme(Operator, name="MaxBackward1"):
    """The largest element of all, or over dimensions."""

    ufunc: Any = np.maximum
    kernel_name = "max_all"

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        refuse("c", ctx.kernel_name, input)
        out = np_asarray(ctx.ufunc.reduce(input, axis=axes, keepdims=keepdim))
        ctx.arguments = axes, keepdim
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        axes, keepdim = ctx.arguments
        return share_among_equals(grad, input, out, axes, keepdim, nan_too=axes is None)


class MinAll(Extreme, name="MinBackward1"):
    """The smallest element of all."""

    ufunc = np.minimum
    kernel_name = "min_all"


class Amax(Extreme, name="AmaxBackward0"):
    """The largest element over dimensions."""

    kernel_name = "max_values_cpu"


class Amin(Extreme, name="AminBackward0"):
    """The smallest element over dimensions."""

    ufunc = np.minimum
    kernel_name = "min_values_cpu"


class Aminmax(Operator, name="AminmaxBackward0"):
    """The smallest and the largest element."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, keepdim: bool) -> Any:
        refuse("c", "aminmax_cpu", input)
        how: dict[str, Any] = {"axis": axes, "keepdims": keepdim}
        smallest = np_asarray(np.minimum.reduce(input, **how))
        largest = np_asarray(np.maximum.reduce(input, **how))
        ctx.arguments = axes, keepdim
        ctx.save_for_backward(input, smallest, largest)
        return smallest, largest

    @staticmethod
    def backward(ctx: Any, grad_min: Any, grad_max: Any) -> Any:
        input, smallest, largest = ctx.saved_tensors
        axes, keepdim = ctx.arguments
        low = share_among_equals(grad_min, input, smallest, axes, keepdim, nan_too=False)
        return low + share_among_equals(grad_max, input, largest, axes, keepdim, nan_too=False)


SMALL = 4096
"""Elements in which the extremes are found again in less time than their places are looked up."""


class MaxDim(Operator, name="MaxBackward0"):
    """The largest element along one dimension, and where the first of them stands."""

    ufunc: Any = np.maximum
    arg = "argmax"  # a method: as a function it takes 0.8 us more

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, keepdim: bool) -> Any:
        if not input.ndim:
            indices = np.zeros_like(input, dtype=np.int64)
            values = input.copy()
            ctx.save_for_backward(indices)
            ctx.arguments = (), 0, True
            return values, indices
        ctx.arguments = input.shape, dim, keepdim
        if input.size <= SMALL:
            values = np_asarray(ctx.ufunc.reduce(input, dim, keepdims=keepdim))
            indices = np_asarray(getattr(input, ctx.arg)(dim, keepdims=keepdim))
        else:
            indices = getattr(input, ctx.arg)(dim, keepdims=True)
            values = gather_kernel(input, dim, indices)
            if not keepdim:
                values, indices = values.squeeze(dim), indices.squeeze(dim)
        ctx.save_for_backward(indices)
        return values, indices

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return select_backward(grad, indices, *ctx.arguments)


class MinDim(MaxDim, name="MinBackward0"):
    """The smallest element along one dimension, and where the first of them stands."""

    ufunc = np.minimum
    arg = "argmin"


def select_backward(
    grad: Any, indices: Any, shape: tuple[int, ...], dim: int, keepdim: bool
) -> Any:
    """The gradient of values that ``indices`` selected along ``dim``. Mirrors
    value_selecting_reduction_backward.
    """
    if not shape:
        return grad
    places = restore(indices, shape, (dim,), keepdim)
    return scatter_into_zeros(restore(grad, shape, (dim,), keepdim), shape, dim, places)


# --------------------------------------------------------------------------- public functions

_MaxResult, _MinResult = return_type("max"), return_type("min")
_AminmaxResult = return_type("aminmax", "min", "max")


def _extreme(
    input: Tensor, dim: Any, keepdim: bool, name: str, over_all: Any, over_dim: Any, result: Any
) -> Any:
    try:
        array = input._array
    except AttributeError:
        raise TypeError(
            f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        ) from None
    if dim is None:
        if not array.size:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
                "Specify the reduction dim with the 'dim' argument."
            )
        return over_all.apply(input, None, False)
    dim = wrap_dim(dim, array.ndim)
    if array.ndim and not array.shape[dim]:
        raise IndexError(f"{name}(): Expected reduction dim {dim} to have non-zero size.")
    if array.dtype.kind == "c":
        raise RuntimeError(f"{name}(): does not support complex input")
    return result(*over_dim.apply(input, dim, keepdim))


def max(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: Any = None,
    axis: Any = None,
    keepdims: bool = False,
    out: Any = None,
) -> Any:
    """The largest element; with ``dim`` a pair (values, indices) along it; with a second tensor
    ``maximum``. NaN wins.
    """
    if isinstance(dim, Variable) or other is not None:
        return maximum(input, dim if other is None else other, out=out)
    if axis is not None:
        dim = axis
    found = _extreme(input, dim, keepdim or keepdims, "max", Extreme, MaxDim, _MaxResult)
    return found if out is None else write_out("max", found, out)


def min(
    input: Tensor,
    dim: Any = None,
    keepdim: bool = False,
    *,
    other: Any = None,
    axis: Any = None,
    keepdims: bool = False,
    out: Any = None,
) -> Any:
    """The smallest element; with ``dim`` a pair (values, indices) along it; with a second tensor
    ``minimum``. NaN wins.
    """
    if isinstance(dim, Variable) or other is not None:
        return minimum(input, dim if other is None else other, out=out)
    if axis is not None:
        dim = axis
    found = _extreme(input, dim, keepdim or keepdims, "min", MinAll, MinDim, _MinResult)
    return found if out is None else write_out("min", found, out)


@accepts_out
def amax(
    input: Tensor,
    dim: Any = (),
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """The largest element over dimensions; equal ones share the gradient."""
    dim, keepdim = dim_names(dim, keepdim, axis, keepdims)
    require_elements(input._array, dim, "amax")
    return Amax.apply(input, as_axes(dim, input._array.ndim), keepdim)


@accepts_out
def amin(
    input: Tensor,
    dim: Any = (),
    keepdim: bool = False,
    *,
    axis: Any = None,
    keepdims: bool = False,
) -> Tensor:
    """The smallest element over dimensions; equal ones share the gradient."""
    dim, keepdim = dim_names(dim, keepdim, axis, keepdims)
    require_elements(input._array, dim, "amin")
    return Amin.apply(input, as_axes(dim, input._array.ndim), keepdim)


@accepts_out
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """(min, max) of all elements, or along a dimension; equal ones share the gradient.

    Raises:
        RuntimeError: there is nothing to compare.
    """
    array = input._array
    if dim is None:
        if not array.size:
            raise RuntimeError(
                "aminmax(): cannot compute aminmax over an empty dimension as the operation has "
                "no identity."
            )
        axes = as_axes(None, array.ndim)
        return _AminmaxResult(*Aminmax.apply(input, axes, keepdim))
    require_elements(array, dim, "aminmax")
    return _AminmaxResult(*Aminmax.apply(input, as_axes(dim, array.ndim), keepdim))


def _arg_extreme(input: Tensor, dim: int | None, keepdim: bool, name: str) -> Tensor:
    array = unwrap(input)
    if array.dtype.kind in "bc":
        kind = "bool" if array.dtype.kind == "b" else "complex"
        raise RuntimeError(f"{name}(): does not support {kind} input")
    if dim is not None:
        dim = wrap_dim(dim, array.ndim)
    if not array.size and (dim is None or not array.shape[dim]):
        raise IndexError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0."
            if dim is None
            else f"{name}(): Expected reduction dim {dim} to have non-zero size."
        )
    if dim is None or not array.ndim:
        place = np_asarray(getattr(array, name)())
        return wrap(place.reshape((1,) * array.ndim) if keepdim else place)
    found = getattr(array, name)(dim)
    return wrap(np.expand_dims(found, dim) if keepdim else np_asarray(found))


@accepts_out
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the largest element: in the flattened tensor, or along ``dim``."""
    return _arg_extreme(input, dim, keepdim, "argmax")


@accepts_out
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """The index of the smallest element: in the flattened tensor, or along ``dim``."""
    return _arg_extreme(input, dim, keepdim, "argmin")
