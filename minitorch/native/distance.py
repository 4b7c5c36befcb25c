"""How far apart two vectors are, in place or in direction.

Mirrors aten/src/ATen/native/Distance.cpp. Left out: cdist and pdist, the distances of all pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch.native import reduce_ops, tensor_shape, unary_ops
from minitorch.native.expand_utils import infer_size

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


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
