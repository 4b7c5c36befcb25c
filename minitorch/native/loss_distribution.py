"""Losses between distributions: the divergence of two, and the likelihood of a target under one.

Mirrors aten/src/ATen/native/Loss.cpp and torch/nn/functional.py.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.expand_utils import np_asarray
from minitorch.native.exponential import exp, log
from minitorch.native.factories import full_like
from minitorch.native.reduction import apply_loss_reduction, checked_reduction
from minitorch.native.tensor_compare import where
from minitorch.native.views import unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


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
    for x in (input._array, target._array):
        if not dtypes.is_floating(x.dtype):
            kind = "Complex" if x.dtype.kind == "c" else "Integral"
            raise RuntimeError(f"kl_div: {kind} inputs not supported.")
    if log_target:
        losses = exp(target) * (target - input)
    else:
        is_zero = target == 0
        entropy = target * log(where(is_zero, 1.0, target))  # 0 log(0) is 0
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
        losses = exp(input) - target * input
    else:
        losses = input - target * log(input + eps)
    if full:
        above_1 = target > 1
        safe = where(above_1, target, 1.0)
        stirling = safe * log(safe) - safe + 0.5 * log(2 * math.pi * safe)
        losses = losses + where(above_1, stirling, 0.0)
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
    if unwrap(variance < 0).any():
        raise ValueError("var has negative entry/entries")
    x, v = input._array.shape, variance._array.shape
    if v != x:
        if x[:-1] == v:
            variance = unsqueeze(variance, -1)
        elif len(x) != len(v) or sum([m for n, m in zip(x, v, strict=True) if n != m]) != 1:
            raise ValueError("var is of incorrect size")
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(reduction + " is not valid")
    if dtypes.is_integral(variance._array.dtype):
        name = dtypes.from_numpy(variance._array.dtype).c10_name
        raise RuntimeError(f"result type Float can't be cast to the desired output type {name}")
    # The limit changes the value, not the gradient, which passes as if there were none.
    least = variance._array.dtype.type(eps)  # beside a plain number bfloat16 would become float32
    raised = np.maximum(variance._array, least) - variance._array
    variance = variance + wrap(np_asarray(raised))
    difference = input - target
    losses = 0.5 * (log(variance) + difference * difference / variance)
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return apply_loss_reduction(losses, reduction)
