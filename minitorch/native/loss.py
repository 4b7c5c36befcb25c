"""Losses: how far an output is from its target, summed up in one number.

Regression (mse, l1, smooth_l1, huber), binary classification (binary_cross_entropy) and
distributions (kl_div, poisson_nll, gaussian_nll). Classes stand in loss_nll.py, margins in
loss_margin.py; what ``reduction`` means, in reduction.py.

Mirrors aten/src/ATen/native/Loss.cpp and torch/nn/functional.py. Left out: ctc_loss, complex
inputs, and the gradients of weights, which torch does not have either.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native import binary_ops, reduce_ops, tensor_shape, unary_ops
from minitorch.native.activation import Hardtanh, LogSigmoid
from minitorch.native.expand_utils import Meta, infer_size, meta_of, sum_to
from minitorch.native.factories import full_like
from minitorch.native.pointwise import check_floating
from minitorch.native.reduction import (
    apply_loss_reduction,
    checked_reduction,
    reduce_array,
    spread_grad,
)

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# ------------------------------------------------------------------ regression


class MseLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str) -> Any:
        difference = binary_ops.elementwise(np.subtract, input, target)
        check_floating(difference, "mse_cpu")
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
        distance = np.abs(binary_ops.elementwise(np.subtract, input, target))
        check_floating(distance, "smooth_l1_cpu")
        ctx.save_for_backward(input, target)
        ctx.reduction, ctx.beta = reduction, beta
        near = distance * distance * (0.5 / beta)
        return reduce_array(np.where(distance < beta, near, distance - 0.5 * beta), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        slope = Hardtanh.apply(input - target, -ctx.beta, ctx.beta)
        scale = spread_grad(grad * (1 / ctx.beta), ctx.reduction, math.prod(input.shape))
        return _both(ctx, slope * scale, meta_of(input), meta_of(target))


class HuberLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str, delta: float) -> Any:
        distance = np.abs(binary_ops.elementwise(np.subtract, input, target))
        check_floating(distance, "huber_cpu")
        ctx.save_for_backward(input, target)
        ctx.reduction, ctx.delta = reduction, delta
        near, far = distance * distance * 0.5, (distance - 0.5 * delta) * delta
        losses = np.where(distance <= delta, near, far).astype(input.dtype, copy=False)
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
    return tensor_shape.broadcast_tensors(input, target)


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
        squares = binary_ops.pow(expanded[0] - expanded[1], 2)
        return _weighted(squares, weight, input, reduction)
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
    if weight is None:
        return HuberLoss.apply(*expanded, reduction, delta)
    if weight._array.shape != input._array.shape:
        raise ValueError("Weights and input must have the same size.")
    return apply_loss_reduction(HuberLoss.apply(*expanded, "none", delta) * weight, reduction)


# ------------------------------------------------------------------ binary classification


class BinaryCrossEntropy(Operator):
    """-(t log(x) + (1 - t) log(1 - x)), each logarithm at least -100."""

    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, weight: Any, reduction: str) -> Any:
        if input.dtype != target.dtype:
            found, expected = (dtypes.from_numpy(a.dtype).c10_name for a in (target, input))
            raise RuntimeError(f"Found dtype {found} but expected {expected}")
        check_floating(input, "binary_cross_entropy")
        for name, array in (("input", input), ("target", target)):
            if not np.all((array >= 0) & (array <= 1)):
                raise RuntimeError(f"all elements of {name} should be between 0 and 1")
        with np.errstate(divide="ignore"):
            log, log_of_rest = np.log(input), np.log1p(-input)
        losses = (target - 1) * np.maximum(log_of_rest, -100) - target * np.maximum(log, -100)
        ctx.save_for_backward(input, target, weight)
        ctx.reduction = reduction
        return reduce_array(losses if weight is None else losses * weight, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target, weight = ctx.saved_tensors
        grad = spread_grad(grad, ctx.reduction, math.prod(input.shape))
        if weight is not None:
            grad = grad * weight
        grad_input = grad_target = None
        if ctx.next_edges[0] is not None:
            variance = unary_ops.ClampByNumbers.apply((1 - input) * input, 1e-12, None)
            grad_input = grad * (input - target) / variance
        if ctx.next_edges[1] is not None:
            grad_target = grad * (unary_ops.Log1p.apply(-input) - unary_ops.Log.apply(input))
        return grad_input, grad_target


class BinaryCrossEntropyWithLogits(Operator):
    """(1 - t) x - (1 + (pos_weight - 1) t) logsigmoid(x)."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str
    ) -> Any:
        log_sigmoid = LogSigmoid.apply(input)
        if pos_weight is not None:
            log_sigmoid = log_sigmoid * (1 + (pos_weight - 1) * target)
        losses = (1 - target) * input - log_sigmoid
        ctx.save_for_backward(input, target, weight, pos_weight)
        ctx.reduction = reduction
        return reduce_array(losses if weight is None else losses * weight, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target, weight, pos_weight = ctx.saved_tensors
        grad = spread_grad(grad, ctx.reduction, math.prod(input.shape))
        if weight is not None:
            grad = grad * weight
        grad_input = grad_target = None
        if ctx.next_edges[0] is not None:
            slope = unary_ops.Sigmoid.apply(input)
            if pos_weight is None:
                slope = slope - target
            else:
                positive = pos_weight * target
                slope = (positive + 1 - target) * slope - positive
            grad_input = sum_to(grad * slope, meta_of(input))
        if ctx.next_edges[1] is not None:
            slope = -input
            if pos_weight is not None:
                slope = slope - (pos_weight - 1) * LogSigmoid.apply(input)
            grad_target = sum_to(grad * slope, meta_of(target))
        return grad_input, grad_target


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(target log(input) + (1 - target) log(1 - input)), each logarithm at least -100.

    Shape:
        input and target alike; weight broadcasts.
    Raises:
        ValueError: the shapes differ.
        RuntimeError: an element lies outside [0, 1]; the dtypes differ.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"Using a target size ({target.size()}) that is different to the input size "
            f"({input.size()}) is deprecated. Please ensure they have the same size."
        )
    if weight is not None:
        weight = tensor_shape.expand(weight, infer_size(target._array.shape, weight._array.shape))
    return BinaryCrossEntropy.apply(input, target, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(input), target), exact for large inputs too.

    Args:
        pos_weight: how much more a positive target counts, for each class.
    Raises:
        ValueError: the shapes of input and target differ.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    if target._array.dtype.kind != "f":
        result, found = (dtypes.from_numpy(a._array.dtype).c10_name for a in (input, target))
        raise RuntimeError(f"result type {result} can't be cast to the desired output type {found}")
    operation = BinaryCrossEntropyWithLogits
    return operation.apply(input, target, weight, pos_weight, reduction)


# ------------------------------------------------------------------ distributions


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """target * (log(target) - input), for log-probabilities ``input``.

    Args:
        reduction: also 'batchmean', the sum over the number of rows: the divergence itself.
        log_target: ``target`` holds logarithms too.
    """
    batch_mean = False
    if size_average is not None or reduce is not None:
        reduction = checked_reduction(reduction, size_average, reduce)
    elif reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support size."
            "'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.'mean' will be changed to behave the same as 'batchmean' in the next major "
            "release.",
            stacklevel=2,
        )
    elif reduction == "batchmean":
        reduction, batch_mean = "sum", True
    reduction = checked_reduction(reduction)
    if log_target:
        losses = unary_ops.exp(target) * (target - input)
    else:
        is_zero = target == 0
        entropy = target * unary_ops.log(binary_ops.where(is_zero, 1.0, target))  # 0 log(0) is 0
        losses = entropy - target * input
    loss = apply_loss_reduction(losses, reduction)
    return loss / input._array.shape[0] if batch_mean and input.ndim else loss


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: bool | None = None,
    eps: float = 1e-8,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """exp(input) - target * input: the negative log-likelihood of counts, up to a constant.

    Args:
        log_input: ``input`` is the logarithm of the rate; else the rate.
        full: add Stirling's approximation of log(target!).
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if log_input:
        losses = unary_ops.exp(input) - target * input
    else:
        losses = input - target * unary_ops.log(input + eps)
    if full:
        above_1 = target > 1
        safe = binary_ops.where(above_1, target, 1.0)
        stirling = safe * unary_ops.log(safe) - safe + 0.5 * unary_ops.log(2 * math.pi * safe)
        losses = losses + binary_ops.where(above_1, stirling, 0.0)
    return apply_loss_reduction(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log(var) + (input - target)**2 / var) / 2, with var at least eps.

    Raises:
        ValueError: var is negative somewhere, or does not fit.
    """
    variance = full_like(input, var) if isinstance(var, float) else var
    if np.any(variance._array < 0):
        raise ValueError("var has negative entry/entries")
    x, v = input._array.shape, variance._array.shape
    if v != x:
        if x[:-1] == v:
            variance = tensor_shape.unsqueeze(variance, -1)
        elif len(x) != len(v) or sum([m for n, m in zip(x, v, strict=True) if n != m]) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    # The limit changes the value, not the gradient, which passes as if there were none.
    raised = np.maximum(variance._array, eps) - variance._array
    variance = variance + wrap(np.asarray(raised))
    difference = input - target
    losses = 0.5 * (unary_ops.log(variance) + difference * difference / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return apply_loss_reduction(losses, reduction)
