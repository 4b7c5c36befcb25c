"""Margins between the classes of a sample: the right ones are to score higher than all others.

Mirrors aten/src/ATen/native/{LossMultiMargin.cpp, LossMultiLabelMargin.cpp}. Left out: the gradient
of the class weights, which torch does not have either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel
from minitorch.autograd.operator import Operator
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.pointwise import check_floating
from minitorch.native.reduction import checked_reduction, reduce_array, spread_grad

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class MultiMarginLoss(Operator):
    """Everything as rows: ``input`` (N, C) or (C,), ``target`` (N,) or a number."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, target: Any, p: int, margin: float, weight: Any, reduction: str
    ) -> Any:
        _check_kernel(input, "multi_margin_loss_cpu_kernel")
        rows = input.reshape(-1, input.shape[-1] if input.ndim else 1)
        samples, classes = rows.shape
        shape, target = target.shape, target.reshape(-1)
        if target.size and (target.min() < 0 or target.max() >= classes):
            raise RuntimeError("target out of range")
        chosen = np.zeros_like(rows, order="C")
        np.put_along_axis(chosen, target[:, None], 1, axis=1)
        share = (1 - chosen) / classes
        if weight is not None:
            share *= weight[target][:, None]
        ctx.save_for_backward(input, chosen, share)
        ctx.settings = p, margin, reduction, samples
        gaps = np.maximum(margin - (rows * chosen).sum(axis=1, keepdims=True) + rows, 0)
        losses = (gaps**p * share).sum(axis=1).astype(input.dtype, copy=False)
        return reduce_array(losses.reshape(shape), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, chosen, share = ctx.saved_tensors
        p, margin, reduction, samples = ctx.settings
        grad = spread_grad(grad, reduction, samples).reshape(-1, 1)
        rows = input.reshape(chosen.shape)
        gaps = margin - (rows * chosen).sum(axis=1, keepdims=True) + rows
        slopes = (gaps > 0) * (share if p == 1 else share * (2 * gaps))
        slopes = slopes - chosen * slopes.sum(axis=1, keepdims=True)
        return (slopes * grad).reshape(input.shape)


@DispatchStub
@kernel
def multilabel_margin_kernel(
    losses: Any, slopes: Any, is_target: Any, input: Any, target: Any
) -> None:
    """The loss of each row and its gradient; ``slopes`` and ``is_target`` are zero before.

    A row's targets are its first numbers, up to a -1.
    """
    samples, classes = input.shape
    one = input.dtype.type(1)
    share = one / input.dtype.type(classes)
    for n in range(samples):
        total = one - one
        count = 0
        while count < classes and target[n, count] >= 0:
            is_target[n, target[n, count]] = one
            count += 1
        for position in range(count):
            t = target[n, position]
            for c in range(classes):
                gap = one - input[n, t] + input[n, c]
                if is_target[n, c] == 0 and gap > 0:
                    total += gap
                    slopes[n, t] -= share
                    slopes[n, c] += share
        losses[n] = total * share


class MultilabelMarginLoss(Operator):
    """``input`` and ``target`` are (N, C), (C,) or ()."""

    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str) -> Any:
        _check_kernel(input, "multilabel_margin_loss_forward_out_frame")
        classes = input.shape[-1] if input.ndim else 1
        rows = np.ascontiguousarray(input).reshape(-1, classes)
        target = np.ascontiguousarray(target).reshape(-1, classes)
        if target.size and (target.min() < -1 or target.max() >= classes):
            raise RuntimeError("argument #2 'target' is out of range")
        losses = np.empty_like(rows, shape=len(rows))
        slopes, is_target = np.zeros_like(rows), np.zeros_like(rows)
        multilabel_margin_kernel(losses, slopes, is_target, rows, target)
        ctx.save_for_backward(slopes)
        ctx.settings = reduction, input.shape
        if not losses.size and reduction != "none":
            return np.zeros_like(rows, shape=())
        return reduce_array(losses if input.ndim == 2 else losses.reshape(()), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (slopes,) = ctx.saved_tensors
        reduction, shape = ctx.settings
        grad = spread_grad(grad, reduction, slopes.shape[0]).reshape(-1, 1)
        return (slopes * grad).reshape(shape)


def _check_kernel(input: Any, name: str) -> None:
    check_floating(input, name)
    if input.dtype.itemsize < 4:
        kind = dtypes.from_numpy(input.dtype).c10_name
        raise NotImplementedError(f"\"{name}\" not implemented for '{kind}'")


def _check_shapes(input: Tensor, target: Tensor) -> None:
    shape = list(input.shape)
    if len(shape) > 2 or 0 in shape[-1:]:
        raise RuntimeError(
            f"Expected non-empty vector or matrix with optional 0-dim batch size, but got: {shape}"
        )
    if target.dtype != dtypes.int64:
        name = dtypes.from_numpy(target._array.dtype).c10_name
        raise RuntimeError(f"expected scalar type Long but found {name}")


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the classes c of max(margin - input[target] + input[c], 0)**p, c != target.

    Shape:
        input ``(N, C)`` or ``(C,)``; target ``(N,)``, ``(1,)`` or ``()``.
    Raises:
        ValueError: p is neither 1 nor 2, or the weight is no vector.
        RuntimeError: shapes or dtypes do not fit, or a target is no class.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    shape = list(input.shape)
    samples = shape[0] if len(shape) == 2 else 1
    if len(shape) <= 2 and (target.ndim > 1 or target.numel() != samples):
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the number of input "
            f"samples (batch size). Expected target size [{samples}], but got "
            f"{list(target.shape)}. Input has shape {shape}."
        )
    _check_shapes(input, target)
    classes = shape[-1] if shape else 1
    if weight is not None and weight.numel() != classes:
        raise RuntimeError(
            f"inconsistent weight size, expected {classes} but got {list(weight.shape)}"
        )
    if weight is not None and input.is_floating_point() and weight.dtype != input.dtype:
        names = [dtypes.from_numpy(x._array.dtype).c10_name for x in (input, weight)]
        raise RuntimeError("expected scalar type {} but found {}".format(*names))
    return MultiMarginLoss.apply(input, target, p, margin, weight, reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Σ over the targets t and all other classes c of max(1 - input[t] + input[c], 0), over C.

    Shape:
        input and target ``(N, C)`` or ``(C,)``: of each row of the target, the numbers before the
        first -1 are its classes.
    Raises:
        RuntimeError: shapes or dtypes do not fit, or a target is no class.
    """
    reduction = checked_reduction(reduction, size_average, reduce)
    if input.ndim <= 2 and target.numel() != input.numel():
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: {list(input.shape)}"
        )
    _check_shapes(input, target)
    return MultilabelMarginLoss.apply(input, target, reduction)
