"""Losses: how far an output is from its target, summed up in one number.

All take ``reduction``: ``'mean'``, ``'sum'``, or ``'none'`` for a loss for every element.
cross_entropy is composed of log_softmax and nll_loss, as in torch.

Mirrors aten/src/ATen/native/{Loss.cpp, LossNLL.cpp, LossNLL2d.cpp, Distance.cpp} and
torch/nn/functional.py. Left out: ctc_loss, multilabel_margin_loss, complex inputs, and the
gradients of weights, which torch does not have either.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native import binary_ops, indexing, reduce_ops, tensor_shape, unary_ops
from minitorch.native.activation import Hardtanh, LogSigmoid, logsigmoid
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.expand_utils import Meta, infer_size, meta_of, sum_to
from minitorch.native.factories import full_like
from minitorch.native.pointwise import check_floating
from minitorch.native.softmax import log_softmax

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# ------------------------------------------------------------------ reduction


def _checked(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction, or what the two older arguments mean together.

    Raises:
        ValueError: it is none of 'none', 'mean', 'sum'.
    """
    if size_average is not None or reduce is not None:
        if reduce is False:
            reduction = "none"
        else:
            reduction = "sum" if size_average is False else "mean"
        warnings.warn(
            "size_average and reduce args will be deprecated, "
            f"please use reduction='{reduction}' instead.",
            stacklevel=3,
        )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def _reduce_array(losses: Any, reduction: str) -> Any:
    """Reduce an array inside a forward; the mean of nothing is NaN, without NumPy's warning."""
    if reduction == "none":
        return losses
    half = losses.dtype.itemsize < 4
    total = np.add.reduce(losses.reshape(-1), dtype=np.float32 if half else None)
    if reduction == "mean":
        total = total / losses.size if losses.size else total * math.nan
    return np.asarray(total, losses.dtype)


def _reduce(losses: Tensor, reduction: str) -> Tensor:
    """Reduce a tensor, recorded for backward."""
    if reduction == "none":
        return losses
    return reduce_ops.mean(losses) if reduction == "mean" else reduce_ops.sum(losses)


def _spread(grad: Any, reduction: str, count: int) -> Any:
    """The gradient of each element's loss: ``grad / count`` for a mean. Array or tensor."""
    return grad * (1 / count if count else math.nan) if reduction == "mean" else grad


# ------------------------------------------------------------------ regression


class MseLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str) -> Any:
        difference = binary_ops.elementwise(np.subtract, input, target)
        check_floating(difference, "mse_cpu")
        ctx.save_for_backward(input, target)
        ctx.reduction = reduction
        return _reduce_array(difference * difference, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        scale = _spread(2 * grad, ctx.reduction, math.prod(input.shape))
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
        return _reduce_array(np.where(distance < beta, near, distance - 0.5 * beta), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        slope = Hardtanh.apply(input - target, -ctx.beta, ctx.beta)
        scale = _spread(grad * (1 / ctx.beta), ctx.reduction, math.prod(input.shape))
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
        return _reduce_array(losses, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        slope = Hardtanh.apply(input - target, -ctx.delta, ctx.delta)
        scale = _spread(grad, ctx.reduction, math.prod(input.shape))
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
    return _reduce(losses, reduction)


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
    reduction = _checked(reduction, size_average, reduce)
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
    reduction = _checked(reduction, size_average, reduce)
    distance = unary_ops.abs(expanded[0] - expanded[1])
    if weight is not None:
        return _weighted(distance, weight, input, reduction)
    return _reduce(distance, reduction)


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
    reduction = _checked(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    if beta == 0:
        return _reduce(unary_ops.abs(expanded[0] - expanded[1]), reduction)
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
    reduction = _checked(reduction)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    if weight is None:
        return HuberLoss.apply(*expanded, reduction, delta)
    if weight._array.shape != input._array.shape:
        raise ValueError("Weights and input must have the same size.")
    return _reduce(HuberLoss.apply(*expanded, "none", delta) * weight, reduction)


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
        return _reduce_array(losses if weight is None else losses * weight, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target, weight = ctx.saved_tensors
        grad = _spread(grad, ctx.reduction, math.prod(input.shape))
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
        return _reduce_array(losses if weight is None else losses * weight, reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target, weight, pos_weight = ctx.saved_tensors
        grad = _spread(grad, ctx.reduction, math.prod(input.shape))
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
    reduction = _checked(reduction, size_average, reduce)
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
    reduction = _checked(reduction, size_average, reduce)
    if input._array.shape != target._array.shape:
        raise ValueError(
            f"Target size ({target.size()}) must be the same as input size ({input.size()})"
        )
    if target._array.dtype.kind not in "f":
        result, found = (dtypes.from_numpy(a._array.dtype).c10_name for a in (input, target))
        raise RuntimeError(f"result type {result} can't be cast to the desired output type {found}")
    operation = BinaryCrossEntropyWithLogits
    return operation.apply(input, target, weight, pos_weight, reduction)


# ------------------------------------------------------------------ classification


@DispatchStub
@kernel
def nll_loss_kernel(
    losses: Any, totals: Any, log_probs: Any, target: Any, weight: Any, ignore_index: Any
) -> None:
    """Fill ``losses`` unless it is empty, and ``totals``: loss, weight, and a class that is none.

    ``log_probs`` is (N, C, M), ``target`` (N, M), ``weight`` (C,) or empty, ``totals`` (3,).
    """
    one = log_probs.dtype.type(1)
    loss_sum = weight_sum = 0.0
    for n in range(target.shape[0]):
        for m in range(target.shape[1]):
            t = target[n, m]
            loss = one - one
            if t != ignore_index:
                if t < 0 or t >= log_probs.shape[1]:
                    totals[2] = t
                    return
                w = weight[t] if weight.size else one
                loss = -log_probs[n, t, m] * w
                weight_sum += w
                loss_sum += loss
            if losses.size:
                losses[n, m] = loss
    totals[0] = loss_sum
    totals[1] = weight_sum


@DispatchStub
@kernel
def nll_loss_backward_kernel(
    out: Any, grad: Any, target: Any, weight: Any, ignore_index: Any, scale: Any
) -> None:
    """Write ``-grad * weight * scale`` at each target; ``out`` is zero before. ``grad`` (N, M)."""
    one = out.dtype.type(1)
    for n in range(target.shape[0]):
        for m in range(target.shape[1]):
            t = target[n, m]
            if t != ignore_index:
                w = weight[t] if weight.size else one
                out[n, t, m] = -grad[n, m] * w * scale


_NO_BAD_TARGET = -1e300


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
        totals = np.empty_like(log_probs, shape=3, dtype=np.float64)
        totals[2] = _NO_BAD_TARGET
        nll_loss_kernel(
            losses, totals, np.ascontiguousarray(log_probs), flat_target, weight, ignore_index
        )
        loss, total_weight, bad_target = totals.tolist()
        if bad_target != _NO_BAD_TARGET:
            raise IndexError(f"Target {int(bad_target)} is out of bounds.")
        ctx.save_for_backward(flat_target, weight)
        ctx.arguments = input.shape, log_probs.shape, dtype, reduction, ignore_index, total_weight
        if reduction == "none":
            return losses.reshape(target.shape).astype(dtype, copy=False)
        if reduction == "mean":
            loss = loss / total_weight if total_weight else math.nan
        return np.full_like(input, loss, shape=())

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        target, weight = ctx.saved_tensors
        shape, flat_shape, dtype, reduction, ignore_index, total_weight = ctx.arguments
        scale = 1.0 if reduction != "mean" else 1 / total_weight if total_weight else math.nan
        out = np.zeros_like(weight, shape=flat_shape)
        if reduction == "none":
            grads = np.ascontiguousarray(grad, out.dtype).reshape(target.shape)
        else:
            grads = np.full_like(out, grad, shape=target.shape)
        nll_loss_backward_kernel(out, grads, target, weight, ignore_index, out.dtype.type(scale))
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
        picked = indexing.gather(input, class_dim, wrap(indices)).reshape(weights.shape)
        losses = -picked * wrap(weights)
        if reduction == "mean":
            return reduce_ops.sum(losses) / float(weights.sum())
        return _reduce(losses, reduction)


class NllLoss2D(NllLoss):
    """For 4-dimensional inputs, torch has an operation of its own."""


def _class_indices(target: Any) -> Any:
    """Targets as contiguous int64.

    Raises:
        RuntimeError: they are neither int64 nor uint8.
    """
    if target.dtype != np.int64 and target.dtype != np.uint8:
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
    return _nll_loss(input, target, weight, _checked(reduction, size_average, reduce), ignore_index)


def _nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None, reduction: str, ignore_index: int
) -> Tensor:
    x, t = input._array.shape, target._array.shape
    _check_nll_shapes(x, t, weight)
    if len(x) <= 2:
        return NllLoss.apply(input, target, weight, reduction, ignore_index)
    if len(x) == 4:
        return NllLoss2D.apply(input, target, weight, reduction, ignore_index)
    if t[1:] != x[2:]:
        raise RuntimeError(f"Expected target size {[x[0], *x[2:]]}, got {list(t)}")
    flat = math.prod(x[2:])
    input = tensor_shape.reshape(input, (x[0], x[1], 1, flat))
    target = tensor_shape.reshape(target, (x[0], 1, flat))
    loss = NllLoss2D.apply(input, target, weight, reduction, ignore_index)
    return tensor_shape.reshape(loss, t) if reduction == "none" else loss


def _check_nll_shapes(x: tuple[int, ...], t: tuple[int, ...], weight: Tensor | None) -> None:
    if not x:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    if len(x) > 1 and t[:1] != x[:1]:
        if not t:
            raise IndexError(
                "Dimension specified as 0 but tensor has no dimensions",
            )
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
    reduction = _checked(reduction, size_average, reduce)
    x, t = input._array, target._array
    class_dim = 0 if x.ndim == 1 else 1
    if x.shape == t.shape:
        if t.dtype.kind != "f":
            name = dtypes.from_numpy(t.dtype).c10_name
            raise RuntimeError(
                "Expected floating point type for target with class probabilities, got " + name
            )
        if ignore_index >= 0:
            raise RuntimeError("ignore_index is not supported for floating point target")
        _check_label_smoothing(label_smoothing)
        return _cross_entropy_of_probabilities(input, target, weight, reduction, label_smoothing)
    _check_label_smoothing(label_smoothing)
    log_probs = log_softmax(input, class_dim)
    loss = _nll_loss(log_probs, target, weight, reduction, ignore_index)
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
    losses = indexing.masked_fill(losses, wrap(np.asarray(ignored)), 0.0)
    if reduction != "mean":
        return _reduce(losses, reduction)
    counted = ~np.asarray(ignored)
    if weight is None:
        total: Any = int(np.count_nonzero(counted))
    else:
        total = wrap(np.asarray(weight._array[target.reshape(counted.shape)[counted]].sum()))
    return reduce_ops.sum(losses) / total


def _beside_classes(weight: Tensor, like: Tensor) -> Tensor:
    if like.ndim <= 1:
        return weight
    return tensor_shape.reshape(weight, (1, -1) + (1,) * (like.ndim - 2))


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
        reduction = _checked(reduction, size_average, reduce)
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
    reduction = _checked(reduction)
    if log_target:
        losses = unary_ops.exp(target) * (target - input)
    else:
        is_zero = target == 0
        entropy = target * unary_ops.log(binary_ops.where(is_zero, 1.0, target))  # 0 log(0) is 0
        losses = entropy - target * input
    loss = _reduce(losses, reduction)
    return loss / input._array.shape[0] if batch_mean and input.ndim else loss


# ------------------------------------------------------------------ distributions


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
    reduction = _checked(reduction, size_average, reduce)
    if log_input:
        losses = unary_ops.exp(input) - target * input
    else:
        losses = input - target * unary_ops.log(input + eps)
    if full:
        above_1 = target > 1
        safe = binary_ops.where(above_1, target, 1.0)
        stirling = safe * unary_ops.log(safe) - safe + 0.5 * unary_ops.log(2 * math.pi * safe)
        losses = losses + binary_ops.where(above_1, stirling, 0.0)
    return _reduce(losses, reduction)


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
    return _reduce(losses, reduction)


# ------------------------------------------------------------------ margins and distances


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension."""
    return reduce_ops.norm(x1 - x2 + eps, p, -1, keepdim)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x1 . x2 / (|x1| |x2|) along ``dim``, each norm at least eps."""
    infer_size(x1._array.shape, x2._array.shape)
    x1, x2 = tensor_shape.broadcast_tensors(x1, x2)
    norm1, norm2 = (
        unary_ops.clamp(reduce_ops.norm(x, 2, dim, keepdim=True), min=eps) for x in (x1, x2)
    )
    return reduce_ops.sum((x1 / norm1) * (x2 / norm2), dim)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """input where target is 1, max(margin - input, 0) where it is -1."""
    reduction = _checked(reduction, size_average, reduce)
    below_margin = unary_ops.clamp(margin - input, min=0)
    losses = binary_ops.where(target != 1, below_margin, 0.0)
    return _reduce(losses + binary_ops.where(target != -1, input, 0.0), reduction)


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """max(-target * (input1 - input2) + margin, 0).

    Raises:
        RuntimeError: the numbers of dimensions differ.
    """
    reduction = _checked(reduction, size_average, reduce)
    if not input1.ndim == input2.ndim == target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.size()}, input2: {input2.size()}, target: {target.size()} "
        )
    return _reduce(unary_ops.clamp(-target * (input1 - input2) + margin, min=0), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(input1, input2) where target is 1, max(cos - margin, 0) where it is -1.

    Shape:
        inputs ``(N, D)`` or ``(D,)``; target ``(N,)`` or ``()``.
    """
    reduction = _checked(reduction, size_average, reduce)
    if target.ndim > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.ndim != max(input1.ndim, input2.ndim) - 1:
        raise RuntimeError(
            f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but found "
            f"inputs with sizes {list(input1.shape)} and {list(input2.shape)}."
        )
    tiny = 1e-12
    dim = target.ndim
    square1 = reduce_ops.sum(input1 * input1, dim) + tiny
    square2 = reduce_ops.sum(input2 * input2, dim) + tiny
    cosine = reduce_ops.sum(input1 * input2, dim) / unary_ops.sqrt(square1 * square2)
    losses = binary_ops.where(target == 1, 1 - cosine, 0.0)
    apart = unary_ops.clamp(cosine - margin, min=0)
    return _reduce(losses + binary_ops.where(target == -1, apart, 0.0), reduction)


class SoftMarginLoss(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, target: Any, reduction: str) -> Any:
        ctx.save_for_backward(input, target)
        ctx.reduction = reduction
        product = binary_ops.elementwise(np.multiply, input, target)
        return _reduce_array(-LogSigmoid.apply(product), reduction)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, target = ctx.saved_tensors
        grad = _spread(grad, ctx.reduction, math.prod(input.shape))
        return sum_to(-target * unary_ops.Sigmoid.apply(-target * input) * grad, meta_of(input))


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + exp(-target * input)), for targets 1 and -1."""
    return SoftMarginLoss.apply(input, target, _checked(reduction, size_average, reduce))


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
        reduction = _checked(reduction, size_average, reduce)
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    return _reduce(reduce_ops.sum(losses, -1) / input._array.shape[-1], reduction)


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
        input ``(N, C)`` or ``(C,)``; target ``(N,)`` or ``()``.
    """
    reduction = _checked(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    index = tensor_shape.unsqueeze(target, -1)
    gaps = unary_ops.clamp(margin - indexing.gather(input, -1, index) + input, min=0)
    if p == 2:
        gaps = gaps * gaps
    if weight is not None:
        gaps = gaps * weight[index]
    classes = input._array.shape[-1]
    others = np.arange(classes) != index._array
    losses = reduce_ops.sum(gaps * wrap(others.astype(input._array.dtype)), -1) / classes
    return _reduce(losses, reduction)


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
    reduction = _checked(reduction, size_average, reduce)
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
    reduction = _checked(reduction)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same number of "
            f"dimensions, but got: anchor {anchor.ndim}D, positive {positive.ndim}D, and negative "
            f"{negative.ndim}D inputs"
        )
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
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = binary_ops.minimum(far, distance(positive, negative))
    return _reduce(unary_ops.clamp(margin + near - far, min=0), reduction)
