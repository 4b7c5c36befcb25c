"""Losses of a choice between two classes: binary cross entropy, of probabilities and of logits.

Mirrors aten/src/ATen/native/Loss.cpp and torch/nn/functional.py. Left out: the gradients of
weights, which torch does not have either.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native.activation_smooth import LogSigmoid
from minitorch.native.conversions import to_dtype
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.expand_utils import infer_size, meta_of, sum_to
from minitorch.native.exponential import Log, Log1p, Sigmoid
from minitorch.native.pointwise import check_floating, pointwise
from minitorch.native.reduction import checked_reduction, reduce_array, spread_grad
from minitorch.native.tensor_compare import ClampByNumbers
from minitorch.native.vec_math import exp, log1p_of_unit
from minitorch.native.views import expand

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@DispatchStub
@kernel(parallel=True)
def bce_with_logits_kernel(out: Any, input: Any, target: Any) -> None:
    """(1 - t) x - logsigmoid(x)"""
    zero, one = out.dtype.type(0), out.dtype.type(1)
    for i in prange(out.size):
        x = input[i]
        log_sigmoid = (x if x < zero else zero) - log1p_of_unit(exp(-abs(x)))
        out[i] = (one - target[i]) * x - log_sigmoid


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
            variance = ClampByNumbers.apply((1 - input) * input, 1e-12, None)
            grad_input = grad * (input - target) / variance
        if ctx.next_edges[1] is not None:
            grad_target = grad * (Log1p.apply(-input) - Log.apply(input))
        return grad_input, grad_target


class BinaryCrossEntropyWithLogits(Operator):
    """(1 - t) x - (1 + (pos_weight - 1) t) logsigmoid(x)."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, target: Any, weight: Any, pos_weight: Any, reduction: str
    ) -> Any:
        if pos_weight is None and input.dtype is target.dtype and input.dtype.itemsize >= 4:
            losses = pointwise(bce_with_logits_kernel, "log_sigmoid_cpu", (input, target))
        else:
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
            slope = Sigmoid.apply(input)
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
        weight = expand(weight, infer_size(target._array.shape, weight._array.shape))
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
    kind, wanted = (dtypes.from_numpy(x._array.dtype) for x in (input, target))
    if not dtypes.can_cast(kind, wanted):  # the product is written over the target's complement
        names = kind.c10_name, wanted.c10_name
        raise RuntimeError(
            "result type {} can't be cast to the desired output type {}".format(*names)
        )
    check_floating(input._array, "log_sigmoid_cpu")
    loss = BinaryCrossEntropyWithLogits.apply(input, target, weight, pos_weight, reduction)
    return loss if loss._array.dtype is target._array.dtype else to_dtype(loss, target.dtype)
