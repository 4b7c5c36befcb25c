"""softmax, log_softmax and softmin.

Each row is shifted by its largest element, so that exp cannot overflow. The kernels work on rows of
the last dimension; another dimension is moved there and back.

Mirrors aten/src/ATen/native/SoftMax.cpp and native/cpu/SoftMaxKernel.cpp, and gumbel_softmax of
torch/nn/functional.py. Left out: kernels for other dimensions (they would save two copies), masked
and sparse softmax. logsumexp is in reduce_ops.py.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.conversions import to_dtype
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.distribution_kernels import exponential_
from minitorch.native.exponential import Exp
from minitorch.native.pointwise import check_floating
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_out
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
        return SoftmaxBackwardData.apply(grad, out, ctx.dim)


class SafeSoftmax(Softmax):
    """softmax, but zeros where a row is -inf throughout."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        out = Softmax.forward(ctx, input, dim)
        if out.size:
            # Such a row is NaN in the result; few are, so only then is the input looked at.
            masked = np.isnan(out).any(axis=dim, keepdims=True)
            if masked.any():
                masked &= np.isneginf(input).all(axis=dim, keepdims=True)
                out = np.where(masked, out.dtype.type(0), out)
                ctx.save_for_backward(out)
        return out


class SoftmaxBackwardData(Operator):
    """grad, output -> output * (grad - Σ grad * output), the sum along ``dim``."""

    @staticmethod
    def forward(ctx: Any, grad: Any, output: Any, dim: int) -> Any:
        ctx.save_for_backward(grad, output)
        ctx.dim = dim
        return _along_rows(softmax_backward_kernel, (grad, output), dim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        first, output = ctx.saved_tensors
        of_output = grad * output
        total = of_output.sum(axis=ctx.dim, keepdims=True)
        mean = (first * output).sum(axis=ctx.dim, keepdims=True)
        return of_output - output * total, grad * first - first * total - grad * mean


class LogSoftmax(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        check_floating(input, _kernel_name("log_softmax", input, dim))
        if dtypes.is_half(input.dtype) and dim == input.ndim - 1 and input.size:
            out = _log_softmax_of_half(input)
        else:
            out = _along_rows(log_softmax_kernel, (input,), dim)
        ctx.save_for_backward(out)
        ctx.dim = dim
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return LogSoftmaxBackwardData.apply(grad, out, ctx.dim)


class LogSoftmaxBackwardData(Operator):
    """grad, output -> grad - exp(output) * Σ grad, the sum along ``dim``."""

    @staticmethod
    def forward(ctx: Any, grad: Any, output: Any, dim: int) -> Any:
        ctx.save_for_backward(grad, output)
        ctx.dim = dim
        return _along_rows(log_softmax_backward_kernel, (grad, output), dim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        first, output = ctx.saved_tensors
        probabilities = Exp.apply(output)
        weighted = grad * probabilities
        to_grad = grad - weighted.sum(axis=ctx.dim, keepdims=True)
        return to_grad, -weighted * first.sum(axis=ctx.dim, keepdims=True)


def _log_softmax_of_half(input: Any) -> Any:
    """Along the last dimension; torch keeps the sum and its logarithm in half precision."""
    wide = input.astype(np.float32)
    shifted = wide - wide.max(axis=-1, keepdims=True)
    total = np.exp(shifted).sum(axis=-1, keepdims=True).astype(input.dtype)
    log_total = np.log(total.astype(np.float32)).astype(input.dtype)
    return (shifted - log_total.astype(np.float32)).astype(input.dtype)


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


@accepts_out
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


@accepts_out
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
    negative, dim = _dim_and_input("softmin", -input, dim, dtype)
    return Softmax.apply(negative, dim)


def _safe_softmax(input: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """``softmax`` for attention: a row of nothing but -inf, which sees nothing, gives zeros."""
    input, dim = _dim_and_input("_safe_softmax", input, dim, dtype)
    return SafeSoftmax.apply(input, dim)


def _softmax_backward_data(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: Any
) -> Tensor:
    """The gradient of the input of ``softmax``, from that of its output."""
    check_floating(output._array, "softmax_backward_lastdim_kernel_impl")
    dim = wrap_dim(dim, output._array.ndim)
    return to_dtype(SoftmaxBackwardData.apply(grad_output, output, dim), input_dtype)


def _log_softmax_backward_data(
    grad_output: Tensor, output: Tensor, dim: int, input_dtype: Any
) -> Tensor:
    """The gradient of the input of ``log_softmax``, from that of its output."""
    check_floating(output._array, "log_softmax_backward_lastdim_kernel_impl")
    dim = wrap_dim(dim, output._array.ndim)
    return to_dtype(LogSoftmaxBackwardData.apply(grad_output, output, dim), input_dtype)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """softmax((logits + noise) / tau): a sample of the classes, differentiable in their logits.

    Args:
        tau: the lower, the closer to a class alone.
        hard: return that class as a one, all others as zeros, with the gradient of the soft sample.
        eps: has no effect, as in torch.
    """
    if eps != 1e-10:
        warnings.warn("`eps` parameter is deprecated and has no effect.", stacklevel=2)
    noise = np.empty_like(logits._array, order="C")
    gumbels = wrap(-np.log(exponential_(noise)))
    soft = softmax((logits + gumbels) / tau, dim)
    if not hard:
        return soft
    index = np.expand_dims(soft._array.argmax(axis=dim), dim)
    chosen = np.zeros_like(soft._array, order="C")
    np.put_along_axis(chosen, index, 1, axis=dim)
    return wrap(chosen) - soft.detach() + soft
