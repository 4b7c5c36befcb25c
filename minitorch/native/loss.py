"""Losses: how far an output is from its target, summed up in one number.

This file has those of regression: mse, l1, smooth_l1 and huber. Classes stand in loss_nll.py and
loss_cross_entropy.py, two classes in loss_binary.py, distributions in loss_distribution.py, margins
in loss_margin.py and loss_multi_margin.py, unaligned sequences in loss_ctc.py; what ``reduction``
means, in reduction.py.

Mirrors aten/src/ATen/native/Loss.cpp and torch/nn/functional.py. Left out: complex inputs, and the
gradients of weights, which torch does not have either.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native import reduce_ops, unary_ops
from minitorch.native.activation import Hardtanh
from minitorch.native.expand_utils import Meta, infer_size, meta_of, sum_to
from minitorch.native.pointwise import check_floating
from minitorch.native.reduction import (
    apply_loss_reduction,
    check_holds_losses,
    checked_reduction,
    reduce_array,
    spread_grad,
)
from minitorch.native.tensor_iterator import elementwise, refuse
from minitorch.native.views import broadcast_tensors

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _difference(input: Any, target: Any, kernel_name: str) -> Any:
    """input - target, which must be a floating number."""
    if target.dtype.kind == "b":
        refuse("b", kernel_name, input)
    difference = elementwise(np.subtract, input, target)
    check_floating(difference, kernel_name)
    return difference


class MseLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str) -> Any:
        difference = _difference(input, target, "mse_cpu")
        ctx.save_for_backward(input, target)
        ctx.reduction = reduction
        return reduce_array(difference * difference, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        scale = spread_grad(2 * grad, ctx.reduction, math.prod(input.shape))
        return _both(ctx, (input - target) * scale, meta_of(input), meta_of(target))


def _both(ctx: Any, grad: Any, input: Meta | None, target: Meta | None) -> tuple[Any, Any]:
    """Gradients of two arguments that count by their difference."""
    to_input, to_target = ctx.next_edges[0], ctx.next_edges[1]
    return (
        sum_to(grad, input) if to_input is not None else None,
        sum_to(-grad, target) if to_target is not None else None,
    )


class SmoothL1Loss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str, beta: float) -> Any:
        distance = np.abs(_difference(input, target, "smooth_l1_cpu"))
        ctx.save_for_backward(input, target)
        ctx.reduction, ctx.beta = reduction, beta
        near = distance * distance * (0.5 / beta)
        losses = np.where(distance < beta, near, distance - 0.5 * beta)
        return reduce_array(losses.astype(distance.dtype, copy=False), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        slope = Hardtanh.apply(input - target, -ctx.beta, ctx.beta)
        scale = spread_grad(grad * (1 / ctx.beta), ctx.reduction, math.prod(input.shape))
        return _both(ctx, slope * scale, meta_of(input), meta_of(target))


class HuberLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str, delta: float) -> Any:
        difference = _difference(input, target, "huber_cpu")
        ctx.save_for_backward(input, target)
        ctx.reduction, ctx.delta = reduction, delta
        distance = np.abs(difference)
        if dtypes.is_half(distance.dtype):  # rounded once, at the end
            distance = np.abs(input.astype(np.float32) - target.astype(np.float32))
        near, far = distance * distance * 0.5, (distance - 0.5 * delta) * delta
        losses = np.where(distance <= delta, near, far).astype(difference.dtype, copy=False)
        return reduce_array(losses, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        slope = Hardtanh.apply(input - target, -ctx.delta, ctx.delta)
        scale = spread_grad(grad, ctx.reduction, math.prod(input.shape))
        return _both(ctx, slope * scale, meta_of(input), meta_of(target))


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
