"""Losses that ask for a margin: between a score and zero, two scores, two classes, two distances.

The soft ones have no sharp margin: the loss falls on for ever, and ever more slowly.

Margins between more than two classes stand in loss_multi_margin.py.

Mirrors aten/src/ATen/native/Loss.cpp and torch/nn/functional.py.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native import reduce_ops
from minitorch.native.activation_smooth import logsigmoid
from minitorch.native.distance import pairwise_distance
from minitorch.native.expand_utils import meta_of, sum_to
from minitorch.native.exponential import Sigmoid
from minitorch.native.reduction import (
    apply_loss_reduction,
    check_holds_losses,
    checked_reduction,
    reduce_array,
    spread_grad,
)
from minitorch.native.tensor_compare import clamp, minimum, where
from minitorch.native.tensor_iterator import elementwise
from minitorch.native.unary_ops import Neg, sqrt

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """input where target is 1, max(margin - input, 0) where it is -1."""
    reduction = checked_reduction(reduction, size_average, reduce)
    zero = input.new_zeros(())
    below_margin = clamp(input.new_full((), margin) - input, min=0)
    losses = where(target != 1, below_margin, zero)
    return apply_loss_reduction(losses + where(target != -1, input, zero), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(-target * (input1 - input2) + margin, 0).

    Raises:
        RuntimeError: the numbers of dimensions differ.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return apply_loss_reduction(clamp(-target * (input1 - input2) + margin, min=0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(input1, input2) where target is 1, max(cos - margin, 0) where it is -1.

    Shape:
        inputs ``(N, D)`` or ``(D,)``; target ``(N,)`` or ``()``.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.ndim != input1.ndim - 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found "
            f"inputs with sizes {list(input1.shape)} and {list(input2.shape)}."
        )
    tiny = 1e-12
    dim = target.ndim
    square1 = reduce_ops.sum(input1 * input1, dim) + tiny
    square2 = reduce_ops.sum(input2 * input2, dim) + tiny
    cosine = reduce_ops.sum(input1 * input2, dim) / sqrt(square1 * square2)
    losses = where(target == 1, 1 - cosine, 0.0)
    apart = clamp(cosine - margin, min=0)
    return apply_loss_reduction(losses + where(target == -1, apart, 0.0), reduction)


class SoftMarginLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str) -> Any:
        product = elementwise(np.multiply, Neg.apply(target), input)
        check_holds_losses(input)
        if product.shape != input.shape:
            raise RuntimeError(
                f"output with shape {list(input.shape)} doesn't match the broadcast shape "
                f"{list(product.shape)}"
            )
        ctx.save_for_backward(input, target)
        ctx.reduction = reduction
        with np.errstate(over="ignore"):
            losses = np.log1p(np.exp(product))
        return reduce_array(losses, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        grad = spread_grad(grad, ctx.reduction, math.prod(input.shape))
        return sum_to(-target * Sigmoid.apply(-target * input) * grad, meta_of(input))


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(-target * input)), for targets 1 and -1."""
    return SoftMarginLoss.apply(input, target, checked_reduction(reduction, size_average, reduce))


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the classes of binary_cross_entropy_with_logits.

    Shape:
        input and target ``(*, C)``; without reduction the result is ``(*)``.
    """
    if size_average is not None or reduce is not None:
        reduction = checked_reduction(reduction, size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    return apply_loss_reduction(reduce_ops.sum(losses, -1) / input._array.shape[-1], reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(|anchor - positive| - |anchor - negative| + margin, 0).

    Args:
        swap: use the distance of positive and negative where it is smaller than the second.
    Raises:
        ValueError: the margin is not positive.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")

    def distance(a: Tensor, b: Tensor) -> Tensor:
        return pairwise_distance(a, b, p, eps)

    return _triplet_loss(anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Any = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """``triplet_margin_loss`` with any distance."""
    reduction = checked_reduction(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    distance = distance_function or pairwise_distance
    return _triplet_loss(anchor, positive, negative, distance, margin, swap, reduction)


def _triplet_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Any,
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative "
            f"{negative.ndim}D inputs"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return apply_loss_reduction(clamp(margin + near - far, min=0), reduction)
