"""The distances of all pairs of two sets of points.

Mirrors aten/src/ATen/native/Distance.cpp (cdist) and native/cpu/DistanceOpsKernel.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native.expand_utils import infer_size
from minitorch.native.linear_algebra_utils import name_of_dtype
from minitorch.native.norms import norm_backward, vector_norm_of
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import not_implemented

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# From this many points on, the Euclidean distances come from one matrix product.
MANY_POINTS = 25
ELEMENTS_AT_ONCE = 1 << 22  # of differences in memory: 32 MiB of float64


class Cdist(Operator):
    """The p-norms of all differences."""

    @staticmethod
    def forward(ctx: Any, x1: Any, x2: Any, p: float) -> Any:
        if dtypes.is_half(x1.dtype):
            raise not_implemented("cdist", x1)
        shape = (*infer_size(x1.shape[:-2], x2.shape[:-2]), x1.shape[-2], x2.shape[-2])
        out = np.empty_like(x1, shape=shape)
        size = max(1, math.prod(shape) // max(shape[-2], 1) * x1.shape[-1])
        rows = max(1, ELEMENTS_AT_ONCE // size)
        for start in range(0, shape[-2], rows):
            part = x1[..., start : start + rows, None, :] - x2[..., None, :, :]
            out[..., start : start + rows, :] = vector_norm_of(part, p, (part.ndim - 1,), False)
        ctx.p = p
        ctx.save_for_backward(x1, x2, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        x1, x2, out = ctx.saved_tensors
        gaps = x1[..., :, None, :] - x2[..., None, :, :]
        axis = (gaps.ndim - 1,)
        slope = norm_backward(grad[..., None], gaps, ctx.p, out[..., None], axis)
        return slope.sum(axis=gaps.ndim - 2), -slope.sum(axis=gaps.ndim - 3)


class EuclideanDist(Operator):
    """|x1 - x2| out of |x1|^2 - 2 x1 x2 + |x2|^2: one matrix product, a little less exact."""

    @staticmethod
    def forward(ctx: Any, x1: Any, x2: Any) -> Any:
        squares1 = (x1 * x1).sum(axis=-1, keepdims=True)
        squares2 = (x2 * x2).sum(axis=-1, keepdims=True)
        left = np.concatenate([x1 * -2, squares1, np.ones_like(squares1)], -1)
        right = np.concatenate([x2, np.ones_like(squares2), squares2], -1)
        out = np.sqrt(np.maximum(left @ right.swapaxes(-1, -2), 0))
        ctx.save_for_backward(x1, x2, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        x1, x2, out = ctx.saved_tensors
        ratio = Where.apply(out == 0, 0.0, grad / out)
        return (
            x1 * ratio.sum(axis=-1, keepdims=True) - ratio @ x2,
            x2 * ratio.sum(axis=-2)[..., None] - ratio.mT @ x1,
        )


def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """The p-norms of the differences of every row of x1 and every row of x2.

    Args:
        compute_mode: whether Euclidean distances (p = 2) may come from a matrix product:
            "use_mm_for_euclid_dist", "donot_use_mm_for_euclid_dist" or, for more than 25 rows,
            "use_mm_for_euclid_dist_if_necessary".

    Shape: (*, n, d), (*, m, d) -> (*, n, m).

    Raises:
        RuntimeError: fewer than two dimensions, different widths, no floating dtype, or p < 0.
    """
    for name, x in (("X1", x1), ("X2", x2)):
        if x._array.ndim < 2:
            raise RuntimeError(
                f"cdist only supports at least 2D tensors, {name} got: {x._array.ndim}D"
            )
    a, b = x1._array, x2._array
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {a.shape[-1]} X2: {b.shape[-1]}"
        )
    for name, array in (("X1", a), ("X2", b)):
        if not dtypes.is_floating(array.dtype):
            raise RuntimeError(
                f"cdist only supports floating-point dtypes, {name} got: {name_of_dtype(array)}"
            )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    modes = {
        None: 0,
        "use_mm_for_euclid_dist_if_necessary": 0,
        "use_mm_for_euclid_dist": 1,
        "donot_use_mm_for_euclid_dist": 2,
    }
    if compute_mode not in modes:
        raise ValueError(f"{compute_mode} is not a valid value for compute_mode")
    mode = modes[compute_mode]
    if p == 2 and (mode == 1 or (mode == 0 and max(a.shape[-2], b.shape[-2]) > MANY_POINTS)):
        return EuclideanDist.apply(x1, x2)
    return Cdist.apply(x1, x2, float(p))
