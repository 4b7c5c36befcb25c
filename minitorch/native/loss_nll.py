"""Loss of a choice among classes, of log-probabilities: nll_loss.

Mirrors aten/src/ATen/native/{LossNLL.cpp, LossNLL2d.cpp} and torch/nn/functional.py. Left out: the
gradient of the class weights, which torch does not have either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native import reduce_ops
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.pointwise import check_floating
from minitorch.native.reduction import apply_loss_reduction, checked_reduction
from minitorch.native.scatter_gather import gather
from minitorch.native.views import reshape

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@DispatchStub
@kernel
def nll_loss_kernel(
    losses: Any, log_probs: Any, target: Any, weight: Any, ignore_index: Any
) -> Any:
    """Fill ``losses`` unless it is empty. Returns the sum of the losses, that of the weights, and
    the number of a target that is no class, or -1.

    ``log_probs`` is (N, C, M), ``target`` (N, M), ``weight`` (C,) or empty.
    """
    one = log_probs.dtype.type(1)
    loss_sum = weight_sum = 0.0
    for n in range(target.shape[0]):
        for m in range(target.shape[1]):
            t = target[n, m]
            loss = one - one
            if t != ignore_index:
                if t < 0 or t >= log_probs.shape[1]:
                    return loss_sum, weight_sum, n * target.shape[1] + m
                w = weight[t] if weight.size else one
                loss = -log_probs[n, t, m] * w
                weight_sum += w
                loss_sum += loss
            if losses.size:
                losses[n, m] = loss
    return loss_sum, weight_sum, -1


@DispatchStub
@kernel(parallel=True)
def nll_loss_backward_kernel(
    out: Any, grad: Any, target: Any, weight: Any, ignore_index: Any, scale: Any
) -> None:
    """``-grad * weight * scale`` at each target, else 0. ``grad`` is (N, M), or empty for ones."""
    one = out.dtype.type(1)
    for n in prange(target.shape[0]):
        out[n] = 0  # here, because a new array of zeros costs a page fault for every 4 KiB
        for m in range(target.shape[1]):
            t = target[n, m]
            if t != ignore_index:
                w = weight[t] if weight.size else one
                g = grad[n, m] if grad.size else one
                out[n, t, m] = -g * w * scale


_INDEX_TYPES = "lqB"  # int64, by both of its names, and uint8


class NllLoss(Operator):
    @staticmethod
    def forward(
        ctx: Any, input: Any, target: Any, weight: Any, reduction: str, ignore_index: int
    ) -> Any:
        check_floating(input, "nll_loss_out_frame")
        dtype = input.dtype
        classes = input.shape[min(1, input.ndim - 1)]
        if weight is None:
            weight = np.empty_like(input, shape=0)
        elif weight.dtype != dtype:
            expected, found = (dtypes.from_numpy(a.dtype).c10_name for a in (input, weight))
            raise RuntimeError(f"expected scalar type {expected} but found {found}")
        batch = input.shape[0] if input.ndim > 1 else 1
        positions = math.prod(input.shape[2:])
        flat_target = _class_indices(target).reshape(batch, positions)
        log_probs = input.reshape(batch, classes, positions)
        if dtype.itemsize < 4:
            log_probs, weight = log_probs.astype(np.float32), weight.astype(np.float32)
        shape = flat_target.shape if reduction == "none" else (0, 0)
        losses = np.empty_like(log_probs, shape=shape, order="C")
        loss, total_weight, wrong = nll_loss_kernel(
            losses, np.ascontiguousarray(log_probs), flat_target, weight, ignore_index
        )
        if wrong >= 0:
            raise IndexError(f"Target {flat_target.reshape(-1)[wrong]} is out of bounds.")
        ctx.save_for_backward(flat_target, weight)
        ctx.arguments = input.shape, log_probs.shape, dtype, ignore_index
        ctx.reduction, ctx.total_weight = reduction, total_weight
        if reduction == "none":
            return losses.reshape(target.shape).astype(dtype, copy=False)
        if reduction == "mean":
            loss = loss / total_weight if total_weight else math.nan
        out = np.empty_like(input, shape=())
        out[...] = loss
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        target, weight = ctx.saved_tensors
        shape, flat_shape, dtype, ignore_index = ctx.arguments
        out = np.empty_like(weight, shape=flat_shape)
        grads, scale = spread_over_targets(ctx, grad, target, out.dtype)
        nll_loss_backward_kernel(out, grads, target, weight, ignore_index, scale)
        return out.reshape(shape).astype(dtype, copy=False)

    @staticmethod
    def composed(
        input: Tensor, target: Tensor, weight: Any, reduction: str, ignore_index: int
    ) -> Tensor:
        class_dim = min(1, input.ndim - 1)
        indices = _class_indices(target._array)
        counted = indices != ignore_index
        indices = np.where(counted, indices, 0)
        weights = counted.astype(input._array.dtype)
        if weight is not None:
            weights = weights * weight._array[indices]
        if indices.ndim < input.ndim:
            indices = np.expand_dims(indices, class_dim)
        picked = gather(input, class_dim, wrap(indices)).reshape(weights.shape)
        losses = -picked * wrap(weights)
        if reduction == "mean":
            return reduce_ops.sum(losses) / float(weights.sum())
        return apply_loss_reduction(losses, reduction)


def spread_over_targets(ctx: Any, grad: Any, target: Any, dtype: Any) -> tuple[Any, Any]:
    """The gradient of each loss, shaped like ``target``, and a number that they are all multiplied
    by. Of a sum or a mean they are alike: then the array is empty, for ones.
    """
    if ctx.reduction == "none":
        return np.ascontiguousarray(grad, dtype).reshape(target.shape), dtype.type(1)
    scale = float(grad)
    if ctx.reduction == "mean":
        scale *= 1 / ctx.total_weight if ctx.total_weight else math.nan
    return np.empty_like(grad, shape=(0, 0), dtype=dtype), dtype.type(scale)


class NllLoss2D(NllLoss):
    """For 4-dimensional inputs, torch has an operation of its own."""


def _class_indices(target: Any) -> Any:
    """Targets as contiguous int64.

    Raises:
        RuntimeError: they are neither int64 nor uint8.
    """
    if target.dtype.char not in _INDEX_TYPES:
        name = dtypes.from_numpy(target.dtype).c10_name
        raise RuntimeError(f"expected target dtype to be Long or Byte, but got {name}")
    return np.ascontiguousarray(target, np.int64)


def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-weight[target] * input[target], for log-probabilities ``input``.

    The mean divides by the sum of the weights of the targets.

    Shape:
        input ``(C,)``, ``(N, C)`` or ``(N, C, d1, ...)``; target, of class indices, without C.
    Raises:
        IndexError: a target is neither a class nor ``ignore_index``.
        ValueError, RuntimeError: shapes do not fit, or a dtype is wrong.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    return nll_loss_of_checked(input, target, weight, reduction, ignore_index)


def nll_loss_of_checked(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, ignore_index: int
) -> Tensor:
    x, t = input._array.shape, target._array.shape
    check_nll_shapes(x, t, weight)
    if len(x) <= 2:
        return NllLoss.apply(input, target, weight, reduction, ignore_index)
    if len(x) == 4:
        return NllLoss2D.apply(input, target, weight, reduction, ignore_index)
    if t[1:] != x[2:]:
        raise RuntimeError(f"Expected target size {[x[0], *x[2:]]}, got {list(t)}")
    flat = math.prod(x[2:])
    input = reshape(input, (x[0], x[1], 1, flat))
    target = reshape(target, (x[0], 1, flat))
    loss = NllLoss2D.apply(input, target, weight, reduction, ignore_index)
    return reshape(loss, t) if reduction == "none" else loss


def check_nll_shapes(x: tuple[int, ...], t: tuple[int, ...], weight: Tensor | None) -> None:
    if not x:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if len(x) > 1 and t[:1] != x[:1]:
        if not t:
            raise IndexError("Dimension specified as 0 but tensor has no dimensions")
        raise ValueError(f"Expected input batch_size ({x[0]}) to match target batch_size ({t[0]}).")
    if len(x) <= 2 and len(t) > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if len(x) == 1 and len(t) == 1 and t[0] != 1:
        raise ValueError(f"For 1D input, 1D target must have size 1, but got target size: {t[0]}")
    if len(x) == 4:
        if len(t) != 3:
            raise RuntimeError(
                "only batches of spatial targets supported (3D tensors) "
                f"but got targets of dimension: {len(t)}"
            )
        if t[1:] != x[2:]:
            raise RuntimeError(f"size mismatch (got input: {list(x)} , target: {list(t)}")
    classes = x[min(1, len(x) - 1)]
    if weight is not None and weight._array.shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {list(weight._array.shape)}"
        )
