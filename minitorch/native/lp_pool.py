"""Power-average pooling: the p-norm of every window.

Mirrors torch/nn/functional.py (lp_pool1d to lp_pool3d).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from minitorch.native import pool, unary_ops
from minitorch.native.activation import relu
from minitorch.native.avg_pool import avg_pool1d, avg_pool2d, avg_pool3d
from minitorch.native.max_pool import max_pool1d, max_pool2d, max_pool3d
from minitorch.native.pool import IntOrTuple

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["lp_pool1d", "lp_pool2d", "lp_pool3d"]


def lp_pool1d(
    input: Tensor,
    norm_type: float,
    kernel_size: int,
    stride: IntOrTuple | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """out = (Σ of x ** p over the window) ** (1 / p); the maximum for p = inf.

    No padding, so every window is full; an odd p with a negative sum has no root: NaN.

    Shape: as ``avg_pool1d`` without padding.
    """
    return _lp_pool(avg_pool1d, max_pool1d, 1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor,
    norm_type: float,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``lp_pool1d`` of images, (N, C, H, W) or (C, H, W)."""
    return _lp_pool(avg_pool2d, max_pool2d, 2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor,
    norm_type: float,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    ceil_mode: bool = False,
) -> Tensor:
    """``lp_pool1d`` of volumes, (N, C, D, H, W) or (C, D, H, W)."""
    return _lp_pool(avg_pool3d, max_pool3d, 3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(
    mean: Any,
    maximum: Any,
    ndim: int,
    input: Tensor,
    norm_type: float,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None,
    ceil_mode: bool,
) -> Tensor:
    if math.isinf(norm_type):
        size = input.abs() if norm_type > 0 else -input.abs()
        extreme: Tensor = maximum(size, kernel_size, stride, 0, 1, ceil_mode)
        return extreme if norm_type > 0 else -extreme
    out = mean(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    taps = pool.expanded(kernel_size, ndim, f"lp_pool{ndim}d", "kernel_size")
    positive = unary_ops.sign(out) * relu(unary_ops.abs(out))
    return positive.mul(math.prod(taps)).pow(1.0 / norm_type)
