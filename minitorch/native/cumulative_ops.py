"""Running sums, products, extremes and log-sum-exps along a dimension.

Mirrors aten/src/ATen/native/ReduceOps.cpp (cumsum and its siblings) and
cpu/ReduceOpsKernel.cpp. As there, single precision is accumulated in double.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap
from minitorch.native.exponential import add_in_logarithms
from minitorch.native.joining import Cat
from minitorch.native.portable_stub import PortableStub
from minitorch.native.rearranging import Flip
from minitorch.native.reduce_ops_utils import cast
from minitorch.native.return_types import return_type
from minitorch.native.scatter_gather import scatter_into_zeros
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import not_implemented, refuse
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _accumulate(ufunc: Any, input: Any, dim: int) -> Any:
    """``ufunc.accumulate`` in a type wide enough for the sum: int64, double."""
    if not input.ndim:
        return input.astype(np.int64) if dtypes.is_integral(input.dtype) else input.copy()
    if dtypes.is_integral(input.dtype):
        return ufunc.accumulate(input, axis=dim, dtype=np.int64)
    if not dtypes.is_floating(input.dtype):
        return ufunc.accumulate(input, axis=dim)
    return ufunc.accumulate(input, axis=dim, dtype=np.float64).astype(input.dtype, copy=False)


def _reversed(operator: type[Operator], x: Any, dim: int) -> Any:
    """A running operation from the end to the front."""
    return Flip.apply(operator.apply(Flip.apply(x, (dim,)), dim), (dim,))


@PortableStub
def cumsum_kernel(input: Any, dim: int, from_the_end: bool) -> Any:
    """Running sums along a dimension, from the front or from the end."""
    if not from_the_end:
        return _accumulate(np.add, input, dim)
    return np.flip(_accumulate(np.add, np.flip(input, dim), dim), dim).copy(order="K")


class CumSum(Operator, name="CumsumBackward0"):
    """out[i] = input[0] + ... + input[i]; from the end, out[i] = input[i] + input[i + 1] + ..."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, from_the_end: bool = False) -> Any:
        ctx.arguments = dim, from_the_end
        if not input.ndim:
            return _accumulate(np.add, input, dim)
        return cumsum_kernel(input, dim, from_the_end)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        dim, from_the_end = ctx.arguments
        return CumSum.apply(grad, dim, not from_the_end)


class CumProd(Holomorphic, name="CumprodBackward0"):
    """out[i] = input[0] * ... * input[i]."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        ctx.dim = dim
        out = _accumulate(np.multiply, input, dim)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if not grad.ndim or not unwrap(grad).size:
            return grad
        input, out = ctx.saved_tensors
        array = unwrap(input)
        dim = ctx.dim
        if (array != 0).all():
            return CumSum.apply(grad * out, dim, True) / input
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


def _accumulate_in_logarithms(input: Any, dim: int) -> Any:
    """ln of the running sums of e ** input, of complex numbers."""
    out = np.empty_like(input)
    terms, sums = np.moveaxis(input, dim, 0), np.moveaxis(out, dim, 0)
    total: Any = np.complex128(-math.inf)
    for i, term in enumerate(terms):
        total = add_in_logarithms(term.astype(np.complex128), np.broadcast_to(total, term.shape))
        sums[i] = total
    return out


class LogCumSumExp(Holomorphic, name="LogcumsumexpBackward0"):
    """out[i] = ln(e ** input[0] + ... + e ** input[i])."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        ctx.dim = dim
        if not input.ndim:
            out = input.copy()
        elif input.dtype.kind == "c":
            out = _accumulate_in_logarithms(input, dim)
        else:
            out = np.logaddexp.accumulate(input, axis=dim, dtype=np.float64)
            out = out.astype(input.dtype, copy=False)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        """grad_input[i] = sum over k >= i of grad[k] * e ** (input[i] - out[k]), in logarithms,
        of the positive and the negative gradients apart.
        """
        if not grad.ndim or not unwrap(grad).size:
            return grad
        input, out = ctx.saved_tensors
        dim = ctx.dim
        if unwrap(input).dtype.kind == "c":  # negative numbers have a logarithm, too
            return _exp(_reversed(LogCumSumExp, _log(grad) - out, dim) + input)
        lowest = dtypes.finfo(dtypes.from_numpy(unwrap(input).dtype)).min
        parts = []
        for positive in (True, False):
            chosen = grad > 0 if positive else grad < 0
            size = Where.apply(chosen, grad if positive else -grad, 1.0)
            logarithm = Where.apply(chosen, _log(size), lowest)
            parts.append(_exp(_reversed(LogCumSumExp, logarithm - out, dim) + input))
        return parts[0] - parts[1]


def _log(x: Any) -> Any:
    is_tensor: bool = isinstance(x, Variable)
    return x.log() if is_tensor else np.log(x)


def _exp(x: Any) -> Any:
    is_tensor: bool = isinstance(x, Variable)
    return x.exp() if is_tensor else np.exp(x)


class CumMax(Operator, name="CummaxBackward0"):
    """The largest element so far, and where the last of its equals stands; NaN wins."""

    ufunc: Any = np.maximum
    kernel_name = "cummax_cpu"

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        refuse("c", ctx.kernel_name, input)
        ctx.shape, ctx.dim = input.shape, dim
        if not input.ndim or not input.size:
            values, indices = input.copy(), np.zeros_like(input, dtype=np.int64)
        else:
            values = ctx.ufunc.accumulate(input, axis=dim)
            places = np.arange(input.shape[dim], like=input)
            places = places.reshape((-1,) + (1,) * (input.ndim - dim - 1))
            here = (input == values) | (input != input)
            indices = np.maximum.accumulate(np.where(here, places, 0), axis=dim)
        ctx.save_for_backward(indices)
        return values, indices

    @staticmethod
    def backward(ctx: Any, grad: Any, _: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return scatter_into_zeros(grad, ctx.shape, ctx.dim, indices) if ctx.shape else grad


class CumMin(CumMax, name="CumminBackward0"):
    """The smallest element so far, and where the last of its equals stands; NaN wins."""

    ufunc = np.minimum
    kernel_name = "cummin_cpu"


# --------------------------------------------------------------------------- public functions

_CummaxResult, _CumminResult = return_type("cummax"), return_type("cummin")


def _check_sum(dtype: Any, kernel_name: str) -> None:
    """Bools add up to integers, unless bools are asked for."""
    if dtype is dtypes.bool_:
        raise NotImplementedError(f"\"{kernel_name}\" not implemented for 'Bool'")


@accepts_out
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Running sums along a dimension. Integers and bool sum to int64.

    >>> import minitorch
    >>> minitorch.cumsum(minitorch.tensor([1, 2, 3]), 0)
    tensor([1, 3, 6])
    """
    input = cast(input, dtype)
    _check_sum(dtype, "cumsum_out_cpu")
    return cast(CumSum.apply(input, wrap_dim(dim, input._array.ndim)), dtype)


@accepts_out
def cumprod(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """Running products along a dimension. Integers and bool multiply to int64."""
    input = cast(input, dtype)
    _check_sum(dtype, "cumprod_out_cpu")
    return cast(CumProd.apply(input, wrap_dim(dim, input._array.ndim)), dtype)


@accepts_out
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """ln of the running sums of e ** input along a dimension, without overflow."""
    dim = wrap_dim(dim, input._array.ndim)
    if dtypes.is_integral(input._array.dtype):
        name = dtypes.from_numpy(input._array.dtype).c10_name
        raise NotImplementedError(f"\"logcumsumexp_out_cpu\" not implemented for '{name}'")
    return LogCumSumExp.apply(input, dim)


@accepts_out
def cummax(input: Tensor, dim: int) -> Any:
    """(values, indices) of the largest element so far along a dimension."""
    return _CummaxResult(*CumMax.apply(input, _wrap_dim_of_elements(input, dim)))


@accepts_out
def cummin(input: Tensor, dim: int) -> Any:
    """(values, indices) of the smallest element so far along a dimension."""
    return _CumminResult(*CumMin.apply(input, _wrap_dim_of_elements(input, dim)))


def _wrap_dim_of_elements(input: Tensor, dim: int) -> int:
    """``wrap_dim``; without elements any dimension will do, as in torch."""
    return wrap_dim(dim, input._array.ndim) if input._array.size else 0


def cumsum_(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """``cumsum`` in place."""
    return _running_in_place(CumSum, "cumsum", input, dim, dtype)


def cumprod_(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """``cumprod`` in place."""
    return _running_in_place(CumProd, "cumprod", input, dim, dtype)


def _running_in_place(
    operator: type[Operator], name: str, input: Tensor, dim: int, dtype: Any
) -> Tensor:
    if dtype is not None and dtype is not input.dtype:
        raise RuntimeError(
            f"Bad in-place call: input tensor dtype {input.dtype.c10_name} and output tensor dtype "
            f"{dtype.c10_name} should match"
        )
    array = input._array
    dim = wrap_dim(dim, array.ndim)
    if array.dtype == np.bool_:
        if array.ndim and array.size:
            raise not_implemented(f"{name}_out_cpu", array)
        return input
    return operator.apply_(input, dim)
