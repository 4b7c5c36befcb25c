"""``reduction``, which every loss takes: ``'mean'``, ``'sum'``, or ``'none'`` for a loss for each
element.

Mirrors aten/src/ATen/core/Reduction.h and apply_loss_reduction of aten/src/ATen/native/Loss.cpp.
Left out: the numbers that stand for the three in C++.
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.native import reduce_ops
from minitorch.native.expand_utils import np_asarray
from minitorch.native.reduce_ops_utils import sum_kernel

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def checked_reduction(
    reduction: str, size_average: bool | None = None, reduce: bool | None = None
) -> str:
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


def check_holds_losses(input: Any) -> None:
    """torch writes the losses into an array of the input's dtype.

    Raises:
        RuntimeError: the input is not of floating-point numbers.
    """
    if dtypes.is_integral(input.dtype) or input.dtype == np.bool_:
        name = dtypes.from_numpy(input.dtype).c10_name
        raise RuntimeError(f"result type Float can't be cast to the desired output type {name}")


def reduce_array(losses: Any, reduction: str) -> Any:
    """Reduce an array inside a forward; the mean of nothing is NaN, without NumPy's warning."""
    if reduction == "none":
        return losses
    if losses.dtype.itemsize < 4:
        total = np.add.reduce(losses.ravel(), dtype=np.float32)
    else:
        total = sum_kernel(losses, None, False)
    if reduction == "mean":
        total = total / losses.size if losses.size else total * math.nan
    return np_asarray(total if total.dtype == losses.dtype else total.astype(losses.dtype))


def apply_loss_reduction(losses: Tensor, reduction: str) -> Tensor:
    """Reduce a tensor, recorded for backward."""
    if reduction == "none":
        return losses
    return reduce_ops.mean(losses) if reduction == "mean" else reduce_ops.sum(losses)


def spread_grad(grad: Any, reduction: str, count: int) -> Any:
    """The gradient of each element's loss: ``grad / count`` for a mean. Array or tensor."""
    return grad * (1 / count if count else math.nan) if reduction == "mean" else grad
