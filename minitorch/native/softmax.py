"""softmax, log_softmax and softmin.

Each row is shifted by its largest element, so that exp cannot overflow. The loops stand in
softmax_kernels.py.

Mirrors aten/src/ATen/native/SoftMax.cpp, and gumbel_softmax of torch/nn/functional.py. Left out:
masked and sparse softmax. logsumexp is in reduce_ops.py.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native import softmax_kernels as kernels
from minitorch.native.conversions import to_dtype
from minitorch.native.distribution_kernels import exponential_
from minitorch.native.exponential import Exp
from minitorch.native.pointwise import check_floating
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# ------------------------------------------------------------------ operators


def _along(dim: int, row_kernel: Any, column_kernel: Any, *arrays: Any) -> Any:
    """Run one of two kernels: for rows, which lie in the last dimension, or for columns."""
    first = arrays[0]
    if first.dtype.itemsize < 4:
        wide = [a.astype(np.float32) for a in arrays]
        return _along(dim, row_kernel, column_kernel, *wide).astype(first.dtype)
    out = np.empty_like(first, order="C")
    if out.size:
        size = out.shape[dim] if out.ndim else 1
        if dim >= out.ndim - 1:
            row_kernel(out.ravel(), *[a.ravel() for a in arrays], size)
        else:
            columns = math.prod(out.shape[:dim]), size, math.prod(out.shape[dim + 1 :])
            column_kernel(out.reshape(columns), *[a.reshape(columns) for a in arrays])
    return out


class Softmax(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        _check(input, "softmax", dim)
        out = _along(dim, kernels.softmax_kernel, kernels.softmax_columns_kernel, input)
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
        stubs = kernels.softmax_backward_kernel, kernels.softmax_columns_backward_kernel
        return _along(dim, *stubs, grad, output)

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
        out = log_softmax_of(input, dim)
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
        stubs = kernels.log_softmax_backward_kernel, kernels.log_softmax_columns_backward_kernel
        return _along(dim, *stubs, grad, output)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        first, output = ctx.saved_tensors
        probabilities = Exp.apply(output)
        weighted = grad * probabilities
        to_grad = grad - weighted.sum(axis=ctx.dim, keepdims=True)
        return to_grad, -weighted * first.sum(axis=ctx.dim, keepdims=True)


def log_softmax_of(input: Any, dim: int) -> Any:
    """``log_softmax`` of an array."""
    _check(input, "log_softmax", dim)
    if dtypes.is_half(input.dtype) and dim == input.ndim - 1 and input.size:
        return _log_softmax_of_half(input)
    return _along(dim, kernels.log_softmax_kernel, kernels.log_softmax_columns_kernel, input)


def _log_softmax_of_half(input: Any) -> Any:
    """Along the last dimension; torch keeps the sum and its logarithm in half precision."""
    wide = input.astype(np.float32)
    shifted = wide - wide.max(axis=-1, keepdims=True)
    total = np.exp(shifted).sum(axis=-1, keepdims=True).astype(input.dtype)
    log_total = np.log(total.astype(np.float32)).astype(input.dtype)
    return (shifted - log_total.astype(np.float32)).astype(input.dtype)


def _check(input: Any, function: str, dim: int) -> None:
    if not dtypes.is_floating(input.dtype):
        along = "lastdim_" if dim >= input.ndim - 1 else ""
        check_floating(input, f"{function}_{along}kernel_impl")


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
