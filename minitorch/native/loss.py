"""Losses: how far an output is from its target, summed up in one number.

This file has those of regression: mse, l1, smooth_l1 and huber. Classes stand in loss_nll.py and
loss_cross_entropy.py, two classes in loss_binary.py, distributions in loss_distribution.py, margins
in loss_margin.py and loss_multi_margin.py, unaligned sequences in loss_ctc.py; what ``reduction``
means, in reduction.py.

Mirrors aten/src/ATen/native/Loss.cpp and torch/nn/functional.py. Left out: complex inputs, and the
gradients of weights, which torch does not have either.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native import reduce_ops, unary_ops
from minitorch.native.expand_utils import infer_size
from minitorch.native.pointwise import check_floating, pointwise
from minitorch.native.portable_stub import PortableStub
from minitorch.native.reduction import (
    apply_loss_reduction,
    check_holds_losses,
    checked_reduction,
    reduce_array,
    spread_grad,
)
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import promote, refuse
from minitorch.native.views import broadcast_tensors

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# ------------------------------------------------------------------------------------- kernels


@PortableStub
def mse_kernel(out: Any, input: Any, target: Any) -> None:
    difference = input - target
    out[...] = difference * difference


@PortableStub
def mse_backward_kernel(out: Any, input: Any, target: Any, scale: Any) -> None:
    out[...] = (input - target) * scale


@PortableStub
def huber_kernel(out: Any, input: Any, target: Any, delta: Any, factor: Any) -> None:
    """A parabola up to the distance delta, and its tangents from there; all times factor."""
    distance = np.abs(input - target)
    near, far = distance * distance * 0.5, (distance - 0.5 * delta) * delta
    out[...] = np.where(distance > delta, far, near) * factor


@PortableStub
def huber_backward_kernel(out: Any, input: Any, target: Any, delta: Any, scale: Any) -> None:
    """(input - target), limited to [-delta, delta], times scale."""
    out[...] = np.clip(input - target, -delta, delta) * scale


# ----------------------------------------------------------------------------------- operators


def _operands(input: Any, target: Any, kernel_name: str, round_difference: bool) -> tuple[Any, Any]:
    """Both in one dtype, which must be a floating one.

    Args:
        round_difference: what torch does in half precision before it squares.
    """
    if target.dtype.kind == "b":
        refuse("b", kernel_name, input)
    if input.dtype is not target.dtype:
        input, target = promote(input, target)
    check_floating(input, kernel_name)
    if round_difference and dtypes.is_half(input.dtype):
        return input - target, np.zeros_like(input)
    return input, target


def _gradients(ctx: Any, grad: Any, kernel: Any, *numbers: float) -> tuple[Any, Any]:
    """Of input and target, which count by their difference; the kernel's last number scales."""
    input, target = ctx.saved_tensors
    operands = _operands(input, target, "mse_backward", False)
    if ctx.reduction == "none":
        slope = pointwise(kernel, "mse_backward", operands, *numbers) * grad
    else:
        scale = spread_grad(float(grad) * numbers[-1], ctx.reduction, input.size)
        slope = pointwise(kernel, "mse_backward", operands, *numbers[:-1], scale)
    return _of_both(ctx, slope)


def _of_both(ctx: Any, slope: Any) -> tuple[Any, Any]:
    to_input, to_target = ctx.next_edges[:2]
    return None if to_input is None else slope, None if to_target is None else -slope


SMALL = 4096
"""Elements whose losses take NumPy less time than kernels that must be called."""


class MseLoss(Operator):
    __slots__ = ("reduction", "is_small")

    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str) -> Any:
        ctx.save_for_backward(input, target)
        ctx.reduction = reduction
        dtype, size = input.dtype, input.size
        is_simple = type(input) is np.ndarray and dtype is target.dtype and dtype.char in "fd"
        ctx.is_small = is_simple and 0 < size <= SMALL
        if ctx.is_small and reduction != "none":  # 32 losses take 2 us instead of 6
            difference = (input - target).ravel()
            total = difference.dot(difference)
            return np.asarray(total / size if reduction == "mean" else total)
        operands = _operands(input, target, "mse_cpu", True)
        return reduce_array(pointwise(mse_kernel, "mse_cpu", operands), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if not ctx.is_small:
            return _gradients(ctx, grad, mse_backward_kernel, 2.0)
        input, target = ctx.saved_tensors
        slope = input - target
        slope *= grad * (2 / input.size if ctx.reduction == "mean" else 2)
        return _of_both(ctx, slope)

    @staticmethod
    def composed(input: Tensor, target: Tensor, reduction: str) -> Tensor:
        difference = input - target
        return apply_loss_reduction(difference * difference, reduction)


class SmoothL1Loss(Operator):
    """The huber loss, divided by beta, which is its delta."""

    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str, beta: float) -> Any:
        operands = _operands(input, target, "smooth_l1_cpu", True)
        ctx.save_for_backward(input, target)
        ctx.reduction, ctx.beta = reduction, beta
        losses = pointwise(huber_kernel, "smooth_l1_cpu", operands, beta, 1 / beta)
        return reduce_array(losses, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return _gradients(ctx, grad, huber_backward_kernel, ctx.beta, 1 / ctx.beta)

    @staticmethod
    def composed(input: Tensor, target: Tensor, reduction: str, beta: float) -> Tensor:
        return apply_loss_reduction(_huber(input - target, beta) * (1 / beta), reduction)


class HuberLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str, delta: float) -> Any:
        operands = _operands(input, target, "huber_cpu", False)
        ctx.save_for_backward(input, target)
        ctx.reduction, ctx.delta = reduction, delta
        return reduce_array(pointwise(huber_kernel, "huber_cpu", operands, delta, 1.0), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return _gradients(ctx, grad, huber_backward_kernel, ctx.delta, 1.0)

    @staticmethod
    def composed(input: Tensor, target: Tensor, reduction: str, delta: float) -> Tensor:
        return apply_loss_reduction(_huber(input - target, delta), reduction)


def _huber(difference: Tensor, delta: float) -> Any:
    distance = unary_ops.abs(difference)
    near, far = difference * difference * 0.5, (distance - 0.5 * delta) * delta
    return Where.apply(distance > delta, far, near)


# ----------------------------------------------------------------------------------- functions


def _broadcast_with_warning(input: Tensor, target: Tensor) -> tuple[Tensor, ...]:
    if input._array.shape == target._array.shape:
        return input, target
    warnings.warn(
        f"Using a target size ({target.size()}) that is different to the input size "
        f"({input.size()}). This will likely lead to incorrect results due to broadcasting. "
        "Please ensure they have the same size.",
        stacklevel=3,
    )
    infer_size(input._array.shape, target._array.shape)  # raises
    return broadcast_tensors(input, target)


def _weighted(losses: Tensor, weight: Tensor, input: Tensor, reduction: str) -> Tensor:
    """Weigh each element; the mean is the weighted one."""
    if weight._array.shape != input._array.shape:
        raise ValueError("Weights and input must have the same size.")
    losses = losses * weight
    if reduction == "mean":
        return reduce_ops.sum(losses) / reduce_ops.sum(weight)
    return apply_loss_reduction(losses, reduction)


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(input - target)**2.

    Shape:
        input and target alike; other shapes broadcast, with a warning.

    >>> import minitorch
    >>> mse_loss(minitorch.tensor([1.0, 2.0]), minitorch.tensor([1.0, 4.0]))
    tensor(2.)
    """
    expanded = _broadcast_with_warning(input, target)
    reduction = checked_reduction(reduction, size_average, reduce)
    if weight is not None:
        distance = expanded[0] - expanded[1]
        return _weighted(distance * distance, weight, input, reduction)
    return MseLoss.apply(*expanded, reduction)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """abs(input - target). Shapes as for ``mse_loss``."""
    expanded = _broadcast_with_warning(input, target)
    reduction = checked_reduction(reduction, size_average, reduce)
    distance = unary_ops.abs(expanded[0] - expanded[1])
    if weight is not None:
        return _weighted(distance, weight, input, reduction)
    return apply_loss_reduction(distance, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """d**2 / (2 beta) where d = abs(input - target) < beta, else d - beta / 2.

    Raises:
        RuntimeError: beta is negative.
    """
    expanded = _broadcast_with_warning(input, target)
    reduction = checked_reduction(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return apply_loss_reduction(unary_ops.abs(expanded[0] - expanded[1]), reduction)
    return SmoothL1Loss.apply(*expanded, reduction, beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d**2 / 2 where d = abs(input - target) <= delta, else delta (d - delta / 2).

    Raises:
        RuntimeError: delta is not positive.
    """
    expanded = _broadcast_with_warning(input, target)
    reduction = checked_reduction(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if target.is_floating_point():
        check_holds_losses(input._array)
    if weight is None:
        return HuberLoss.apply(*expanded, reduction, delta)
    if weight._array.shape != input._array.shape:
        raise ValueError("Weights and input must have the same size.")
    return apply_loss_reduction(HuberLoss.apply(*expanded, "none", delta) * weight, reduction)
