"""Variance and standard deviation over some or all dimensions.

Mirrors the std and var part of aten/src/ATen/native/ReduceOps.cpp.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native.expand_utils import np_asarray
from minitorch.native.portable_stub import PortableStub
from minitorch.native.reduce_ops_utils import (
    Axes,
    accurate_sum,
    as_axes,
    restore,
    sum_along,
)
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import zero_like
from minitorch.native.variants import accepts_numpy_names, accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Var(Operator):
    """sum(|input - mean| ** 2) / (N - correction)."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        ctx.save_for_backward(input)
        ctx.arguments = axes, correction, keepdim
        return _variance(input, axes, correction, keepdim)[0]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return var_backward(grad, input, *ctx.arguments)


class Std(Operator):
    """The square root of ``Var``; where it is 0 so is its gradient."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        out = np_asarray(np.sqrt(_variance(input, axes, correction, keepdim)[0]))
        ctx.save_for_backward(input, out)
        ctx.arguments = axes, correction, keepdim
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        return std_backward(grad, input, out, *ctx.arguments)


class VarMean(Operator, name="VarMeanBackward0"):
    """Both the variance and the mean."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        ctx.save_for_backward(input)
        ctx.arguments = axes, correction, keepdim
        variance, mean = _variance(input, axes, correction, keepdim)
        return variance, mean if keepdim else mean.squeeze(axes)

    @staticmethod
    def backward(ctx: Any, grad_var: Any, grad_mean: Any) -> Any:
        (input,) = ctx.saved_tensors
        axes, _, keepdim = ctx.arguments
        spread = restore(grad_mean, input.shape, axes, keepdim) / _count(input, axes)
        return var_backward(grad_var, input, *ctx.arguments) + spread


class StdMean(Operator, name="StdMeanBackward0"):
    """Both the standard deviation and the mean."""

    @staticmethod
    def forward(ctx: Any, input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
        variance, mean = _variance(input, axes, correction, keepdim)
        out = np_asarray(np.sqrt(variance))
        ctx.save_for_backward(input, out)
        ctx.arguments = axes, correction, keepdim
        return out, mean if keepdim else mean.squeeze(axes)

    @staticmethod
    def backward(ctx: Any, grad_std: Any, grad_mean: Any) -> Any:
        input, out = ctx.saved_tensors
        axes, _, keepdim = ctx.arguments
        spread = restore(grad_mean, input.shape, axes, keepdim) / _count(input, axes)
        return std_backward(grad_std, input, out, *ctx.arguments) + spread


def var_backward(grad: Any, input: Any, axes: Axes, correction: float, keepdim: bool) -> Any:
    """2 / (N - correction) * grad * (input - mean)."""
    divisor = _count(input, axes) - correction
    scale = 2 / divisor if divisor else math.inf
    grad = np_asarray(restore(grad, input.shape, axes, keepdim))
    mean = sum_along(input, axes, True) / max(_count(input, axes), 1)
    return grad * scale * (input - mean)


def std_backward(
    grad: Any, input: Any, out: Any, axes: Axes, correction: float, keepdim: bool
) -> Any:
    """grad / (2 * std) on through the variance."""
    slope = Where.apply(out == 0, zero_like(out), grad / (out * 2))
    return var_backward(slope, input, axes, correction, keepdim)


def _count(input: Any, axes: Axes) -> int:
    """How many elements make one result."""
    if axes is None:
        return math.prod(input.shape)
    return math.prod([input.shape[d] for d in axes])


def _variance(input: Any, axes: Axes, correction: float, keepdim: bool) -> tuple[Any, Any]:
    """Variance, and the mean with all its dimensions. The deviations are squared in a second pass,
    which loses no digits.
    """
    half = np.float32 if input.dtype.itemsize == 2 else None
    count = _count(input, axes)
    if not count:
        shape = np.empty_like(input, shape=input.shape).sum(axis=axes, keepdims=True).shape
        mean = np.full_like(input, np.nan, shape=shape)
        out = (mean.real if input.dtype.kind == "c" else mean).copy()
        return (out if keepdim else out.squeeze(axes)), mean
    mean, squares = moments_kernel(input if half is None else input.astype(half), axes)
    divisor = max(count - correction, 0)
    out = squares / divisor if divisor else squares / np.zeros_like(squares)
    if not keepdim:
        out = out.squeeze(axes)
    if half is not None:
        out, mean = out.astype(input.dtype), mean.astype(input.dtype)
    return out, mean


@PortableStub
def moments_kernel(input: Any, axes: Axes) -> tuple[Any, Any]:
    """The mean, and the sum of the squared distances from it, with the reduced dimensions kept."""
    mean = accurate_sum(input, axes, True) / _count(input, axes)
    deviation = input - mean
    if input.dtype.kind == "c":
        return mean, accurate_sum((deviation * deviation.conj()).real, axes, True)
    return mean, accurate_sum(deviation * deviation, axes, True)


# --------------------------------------------------------------------------- public functions


def _arguments(
    input: Tensor, name: str, dim: Any, unbiased: Any, keepdim: bool, correction: float | None
) -> tuple[Axes, float, bool]:
    if isinstance(dim, bool):  # var(unbiased)
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    if dtypes.is_integral(input._array.dtype):
        what = "std and var" if name in ("std", "var") else name
        raise RuntimeError(f"{what} only support floating point and complex dtypes")
    axes = as_axes(dim, input._array.ndim)
    if _count(input._array, axes) <= correction:
        warnings.warn(
            f"{name}(): degrees of freedom is <= 0. Correction should be strictly less than the "
            "reduction factor (input numel divided by output numel).",
            UserWarning,
            stacklevel=4,
        )
    return axes, correction, keepdim


@accepts_out
def var(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The mean squared deviation, divided by N - correction (1 unless given: unbiased)."""
    return Var.apply(input, *_arguments(input, "var", dim, unbiased, keepdim, correction))


@accepts_out
def std(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """The square root of ``var``."""
    return Std.apply(input, *_arguments(input, "std", dim, unbiased, keepdim, correction))


@accepts_numpy_names
def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """``(var, mean)``."""
    return VarMean.apply(input, *_arguments(input, "var_mean", dim, unbiased, keepdim, correction))


@accepts_numpy_names
def std_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """``(std, mean)``."""
    return StdMean.apply(input, *_arguments(input, "std_mean", dim, unbiased, keepdim, correction))
