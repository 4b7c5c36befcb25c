"""softmax, log_softmax and softmin.

Each row is shifted by its largest element, so that exp cannot overflow. The kernels work on rows of
the last dimension; another dimension is moved there and back.

Mirrors aten/src/ATen/native/SoftMax.cpp and native/cpu/SoftMaxKernel.cpp. Left out: kernels for
other dimensions (they would save two copies), masked and sparse softmax. logsumexp is in
reduce_ops.py.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native import reduce_ops, unary_ops
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.pointwise import check_floating
from minitorch.native.tensor_shape import to_dtype, wrap_dim
from minitorch.native.vec_math import ByPrecision, exp

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# Rows are handled some at a time: exp then runs over about this many neighbours at once, so it
# vectorises for rows of 10 too, and they stay in the innermost cache.
_BLOCK_ELEMENTS = 2048


# ------------------------------------------------------------------ kernels


@kernel
def _largest_float32(row: Any) -> Any:
    """The maximum, of integers that have the same order as the floats.

    A maximum of integers vectorises; one of floats does not, because of NaN. Here a NaN is above
    inf or (a negative one) below -inf; either way it makes the whole row NaN in the end.
    """
    largest = np.int32(-0x80000000)
    for j in range(row.size):
        bits = np.float32(row[j]).view(np.int32)
        key = np.int32(bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))
        largest = key if key > largest else largest
    return np.int32(largest ^ ((largest >> np.int32(31)) & np.int32(0x7FFFFFFF))).view(np.float32)


@kernel
def _largest_float64(row: Any) -> Any:
    result = row[0] if row.size else math.nan
    for j in range(1, row.size):
        x = row[j]
        result = x if x > result else result
    return result


_largest = ByPrecision(_largest_float32, _largest_float64)


@kernel(fast_sums=True)
def _sum(row: Any) -> Any:
    total = row.dtype.type(0)
    for j in range(row.size):
        total += row[j]
    return total


@kernel(fast_sums=True)
def _dot(a: Any, b: Any) -> Any:
    total = a.dtype.type(0)
    for j in range(a.size):
        total += a[j] * b[j]
    return total


@DispatchStub
@kernel(parallel=True)
def softmax_kernel(out: Any, input: Any, size: Any) -> None:
    """``out`` and ``input`` are flat; each ``size`` elements are a row."""
    rows = out.size // size
    block = max(1, _BLOCK_ELEMENTS // size)
    one = out.dtype.type(1)
    for b in prange((rows + block - 1) // block):
        first = np.int64(b) * block
        last = min(rows, first + block)
        for r in range(first, last):
            x, y = input[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            largest = _largest(x)
            for j in range(size):
                y[j] = x[j] - largest
        y = out[first * size : last * size]
        for j in range(y.size):
            y[j] = exp(y[j])
        for r in range(first, last):
            y = out[r * size : (r + 1) * size]
            scale = one / _sum(y)
            for j in range(size):
                y[j] *= scale


@DispatchStub
@kernel(parallel=True)
def softmax_backward_kernel(out: Any, grad: Any, result: Any, size: Any) -> None:
    for r in prange(out.size // size):
        first = np.int64(r) * size
        g, y, z = (
            grad[first : first + size],
            result[first : first + size],
            out[first : first + size],
        )
        mean = _dot(g, y)
        for j in range(size):
            z[j] = y[j] * (g[j] - mean)


@DispatchStub
@kernel(parallel=True)
def log_softmax_kernel(out: Any, input: Any, size: Any) -> None:
    rows = out.size // size
    block = max(1, _BLOCK_ELEMENTS // size)
    number = out.dtype.type
    for b in prange((rows + block - 1) // block):
        first = np.int64(b) * block
        last = min(rows, first + block)
        for r in range(first, last):
            x, y = input[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            largest = _largest(x)
            for j in range(size):
                y[j] = x[j] - largest
        y = out[first * size : last * size]
        for j in range(y.size):
            y[j] = exp(y[j])
        for r in range(first, last):
            x, y = input[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            largest, log_sum = _largest(x), number(math.log(_sum(y)))
            for j in range(size):
                y[j] = x[j] - largest - log_sum


@DispatchStub
@kernel(parallel=True)
def log_softmax_backward_kernel(out: Any, grad: Any, result: Any, size: Any) -> None:
    rows = out.size // size
    block = max(1, _BLOCK_ELEMENTS // size)
    for b in prange((rows + block - 1) // block):
        first = np.int64(b) * block
        last = min(rows, first + block)
        y, z = result[first * size : last * size], out[first * size : last * size]
        for j in range(z.size):
            z[j] = exp(y[j])
        for r in range(first, last):
            g, z = grad[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            total = _sum(g)
            for j in range(size):
                z[j] = g[j] - z[j] * total


# ------------------------------------------------------------------ operators


def _along_rows(stub: Any, arrays: tuple[Any, ...], dim: int) -> Any:
    """Run a kernel that takes flat arrays of rows; the rows lie along ``dim``."""
    first = arrays[0]
    if first.dtype.itemsize < 4:
        wide = tuple([a.astype(np.float32) for a in arrays])
        return _along_rows(stub, wide, dim).astype(first.dtype)
    if first.ndim and dim != first.ndim - 1:
        moved = _along_rows(stub, tuple([np.moveaxis(a, dim, -1) for a in arrays]), first.ndim - 1)
        return np.ascontiguousarray(np.moveaxis(moved, -1, dim))
    out = np.empty_like(first, order="C")
    if out.size:
        size = out.shape[-1] if out.ndim else 1
        stub(out.reshape(-1), *[a.reshape(-1) for a in arrays], size)
    return out


class Softmax(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        check_floating(input, _kernel_name("softmax", input, dim))
        out = _along_rows(softmax_kernel, (input,), dim)
        ctx.save_for_backward(out)
        ctx.dim = dim
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return _along_rows(softmax_backward_kernel, (grad, out), ctx.dim)

    @staticmethod
    def composed(input: Tensor, dim: int) -> Tensor:
        return unary_ops.exp(LogSoftmax.composed(input, dim))


class LogSoftmax(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        check_floating(input, _kernel_name("log_softmax", input, dim))
        out = _along_rows(log_softmax_kernel, (input,), dim)
        ctx.save_for_backward(out)
        ctx.dim = dim
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return _along_rows(log_softmax_backward_kernel, (grad, out), ctx.dim)

    @staticmethod
    def composed(input: Tensor, dim: int) -> Tensor:
        return input - reduce_ops.logsumexp(input, dim, keepdim=True)


def _kernel_name(function: str, input: Any, dim: int) -> str:
    return f"{function}_{'lastdim_' if dim >= input.ndim - 1 else ''}kernel_impl"


# ------------------------------------------------------------------ functions


def _dim_and_input(name: str, input: Tensor, dim: int | None, dtype: Any) -> tuple[Tensor, int]:
    """Choose a dimension where none is given, as torch did before 0.3, and warn."""
    ndim = input._array.ndim
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. "
            "Change the call to include dim=X as an argument.",
            stacklevel=4,
        )
        dim = 0 if ndim in (0, 1, 3) else 1
    return input if dtype is None else to_dtype(input, dtype), wrap_dim(dim, ndim)


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """out[i] = exp(input[i]) / sum of exp(input[j]) over j along ``dim``.

    A row of nothing but -inf gives NaN.

    Args:
        dtype: convert the input to it first.
    Raises:
        NotImplementedError: the input is of integers, and no dtype is given.

    >>> import minitorch
    >>> softmax(minitorch.tensor([0.0, 0.0]), dim=0)
    tensor([0.5000, 0.5000])
    """
    input, dim = _dim_and_input("softmax", input, dim, dtype)
    return Softmax.apply(input, dim)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """out = log(softmax(input)), also where softmax would round to 0."""
    input, dim = _dim_and_input("log_softmax", input, dim, dtype)
    return LogSoftmax.apply(input, dim)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """out = softmax(-input)."""
    input, dim = _dim_and_input("softmin", input, dim, dtype)
    return Softmax.apply(-input, dim)
