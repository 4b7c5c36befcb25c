"""Cross entropy: the loss of a choice among classes, of logits. It is nll_loss of log_softmax.

Mirrors cross_entropy_loss of aten/src/ATen/native/LossNLL.cpp and torch/nn/functional.py. Left out:
the gradient of the class weights, which torch does not have either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.node import Node
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native import masked_ops, reduce_ops
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.linear_algebra import linear
from minitorch.native.loss_nll import (
    NllLoss,
    check_nll_shapes,
    nll_loss_of_checked,
    spread_over_targets,
)
from minitorch.native.reduction import apply_loss_reduction, checked_reduction
from minitorch.native.softmax import LogSoftmax, log_softmax, log_softmax_of
from minitorch.native.vec_math import exp_below_one
from minitorch.native.views import reshape

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# Rows are handled some at a time, as in softmax_kernels.py.
_BLOCK_ELEMENTS = 2048


@DispatchStub
@kernel(parallel=True)
def cross_entropy_backward_kernel(
    out: Any, log_probs: Any, grad: Any, target: Any, weight: Any, ignore_index: Any, scale: Any
) -> None:
    """(softmax - 1 at the target) * grad * weight * scale.

    Shape: out, log_probs (N, C); target (N, 1), grad likewise, or empty for ones; weight (C,), or
    empty.
    """
    rows, size = out.shape
    zero, one = out.dtype.type(0), out.dtype.type(1)
    block = max(1, _BLOCK_ELEMENTS // size)
    for b in prange((rows + block - 1) // block):
        first = np.int64(b) * block
        last = min(rows, first + block)
        y, z = log_probs[first:last].reshape(-1), out[first:last].reshape(-1)
        for j in range(z.size):
            z[j] = exp_below_one(y[j])
        for r in range(first, last):
            t, z = target[r, 0], out[r]
            total = zero
            if t != ignore_index:
                w = weight[t] if weight.size else one
                g = grad[r, 0] if grad.size else one
                total = -g * w * scale
            for j in range(size):
                z[j] = zero - z[j] * total
            if t != ignore_index:
                z[t] += total


class CrossEntropy(Operator, name="NllLossBackward0"):
    """NllLoss of LogSoftmax, of a matrix: 64 x 10 logits take 27 us with their gradient, as two
    nodes 43.
    """

    @staticmethod
    def forward(
        ctx: Any, input: Any, target: Any, weight: Any, reduction: str, ignore_index: int
    ) -> Any:
        log_probs = log_softmax_of(input, 1)
        out = NllLoss.forward(ctx, log_probs, target, weight, reduction, ignore_index)
        ctx.save_for_backward(log_probs, *ctx._saved)
        ctx.ignore_index = ignore_index
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        log_probs, target, weight = ctx.saved_tensors
        out = np.empty_like(log_probs)
        grads, scale = spread_over_targets(ctx, grad, target, out.dtype)
        if out.size:
            arrays = out, log_probs, grads, target, weight
            cross_entropy_backward_kernel(*arrays, ctx.ignore_index, scale)
        return out

    @staticmethod
    def composed(
        input: Tensor, target: Tensor, weight: Any, reduction: str, ignore_index: int
    ) -> Tensor:
        return NllLoss.apply(log_softmax(input, 1), target, weight, reduction, ignore_index)

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """As in torch, with the logarithm of the softmax, which is made up here for those who look
        at the graph.
        """
        node = LogSoftmax()
        node._saved = node._sources = ()
        node.next_edges = self.next_edges[:1]
        node.sequence_nr = self.sequence_nr
        return (node, 0), *super().next_functions[1:]


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-log(softmax(input)[target]): nll_loss(log_softmax(input), target).

    Shape:
        input ``(C,)``, ``(N, C)`` or ``(N, C, d1, ...)``; target either of class indices, without
        C, or of probabilities, like input.
    Args:
        weight: how much each class counts ``(C,)``.
        label_smoothing: the share of the target that is spread evenly over all classes.
    Raises:
        IndexError: a target is neither a class nor ``ignore_index``.
        ValueError, RuntimeError: shapes do not fit, or a dtype is wrong.

    >>> import minitorch
    >>> cross_entropy(minitorch.zeros(1, 4), minitorch.tensor([2]))
    tensor(1.3863)
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    x, t = input._array, target._array
    class_dim = 0 if x.ndim == 1 else 1
    if x.shape == t.shape:
        if not dtypes.is_floating(t.dtype):
            name = dtypes.from_numpy(t.dtype).c10_name
            raise RuntimeError(
                "Expected floating point type for target with class probabilities, got " + name
            )
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        _check_label_smoothing(label_smoothing)
        return _cross_entropy_of_probabilities(input, target, weight, reduction, label_smoothing)
    _check_label_smoothing(label_smoothing)
    if x.ndim == 2 and x.dtype.char in "fd" and not label_smoothing > 0:
        check_nll_shapes(x.shape, t.shape, weight)
        return CrossEntropy.apply(input, target, weight, reduction, ignore_index)
    log_probs = log_softmax(input, class_dim)
    loss = nll_loss_of_checked(log_probs, target, weight, reduction, ignore_index)
    if not label_smoothing > 0:
        return loss
    smooth = _smooth_loss(log_probs, t, weight, reduction, ignore_index)
    classes = x.shape[class_dim]
    return (1 - label_smoothing) * loss + smooth * (label_smoothing / classes)


def _check_label_smoothing(label_smoothing: float) -> None:
    if label_smoothing > 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}")


def _smooth_loss(
    log_probs: Tensor, target: Any, weight: Tensor | None, reduction: str, ignore_index: int
) -> Tensor:
    """The loss against all classes alike."""
    class_dim = min(1, log_probs.ndim - 1)
    ignored = target == ignore_index
    if weight is not None:
        losses = -reduce_ops.sum(log_probs * _beside_classes(weight, log_probs), class_dim)
    else:
        losses = -reduce_ops.sum(log_probs, class_dim)
    if log_probs.ndim == 1:
        ignored = ignored.reshape(())
    losses = masked_ops.masked_fill(losses, wrap(np.asarray(ignored)), 0.0)
    if reduction != "mean":
        return apply_loss_reduction(losses, reduction)
    counted = ~np.asarray(ignored)
    if weight is None:
        total: Any = int(np.count_nonzero(counted))
    else:
        total = wrap(np.asarray(weight._array[target.reshape(counted.shape)[counted]].sum()))
    return reduce_ops.sum(losses) / total


def _beside_classes(weight: Tensor, like: Tensor) -> Tensor:
    if like.ndim <= 1:
        return weight
    return reshape(weight, (1, -1) + (1,) * (like.ndim - 2))


def _cross_entropy_of_probabilities(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, label_smoothing: float
) -> Tensor:
    if not input.ndim:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    class_dim = min(1, input.ndim - 1)
    classes = input._array.shape[class_dim]
    if weight is not None and weight._array.shape != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} classes or "
            f"no classes but got weight tensor of shape: {list(weight._array.shape)}"
        )
    log_probs = log_softmax(input, class_dim)
    if label_smoothing > 0:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    losses = log_probs * target
    if weight is not None:
        losses = losses * _beside_classes(weight, input)
    if reduction == "none":
        return -reduce_ops.sum(losses, class_dim)
    loss = -reduce_ops.sum(losses)
    count = input._array.size / classes if classes else 0
    if reduction == "mean":
        return loss / count if count else loss * math.nan
    return loss


def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: Any = None,
) -> Tensor:
    """cross_entropy(linear(input, linear_weight, linear_bias), target).

    Shape:
        input ``(in,)`` or ``(N, in)``; linear_weight ``(C, *, in)``, linear_bias ``(C, *)``; target
        of class indices ``()``, ``(N,)`` or ``(N, *)``, or of probabilities, with C beside N.
    Args:
        ignore_index: None for -100, and for targets of probabilities, which have no such index.
        options: how torch saves memory; accepted, the result is the same without.
    Raises:
        RuntimeError: shapes do not fit.
    """
    if input.ndim not in (1, 2):
        raise RuntimeError(f"expected input with dimensionality 1 or 2, got {input.ndim}")
    if linear_weight.ndim < 2:
        raise RuntimeError(
            f"expected linear_weight with dimensionality at least 2, got {linear_weight.ndim}"
        )
    *samples, width = input._array.shape
    classes, *positions, expected_width = linear_weight._array.shape
    if width != expected_width:
        raise RuntimeError(
            "expected equal input and linear_weight last dimensions (in_features), got "
            f"{width} and {expected_width}, respectively"
        )
    if linear_bias is not None and linear_bias._array.shape != (classes, *positions):
        raise RuntimeError(
            f"expected linear_bias shape {(classes, *positions)}, got {linear_bias._array.shape}"
        )
    if positions and not samples:
        raise RuntimeError(
            f"K-dimensional loss defined by linear_weight shape {linear_weight._array.shape} "
            f"requires batched input, (N, {width}), got unbatched input with shape "
            f"{input._array.shape}"
        )
    shape = (*samples, classes, *positions)
    if target._array.shape == shape and ignore_index is not None:
        raise RuntimeError("ignore_index cannot be specified when target contains probabilities")
    if positions:
        linear_weight = reshape(linear_weight, (-1, width))
        linear_bias = None if linear_bias is None else reshape(linear_bias, (-1,))
    logits = reshape(linear(input, linear_weight, linear_bias), shape)
    return cross_entropy(
        logits,
        target,
        weight=weight,
        reduction=reduction,
        ignore_index=-100 if ignore_index is None else ignore_index,
        label_smoothing=label_smoothing,
    )
