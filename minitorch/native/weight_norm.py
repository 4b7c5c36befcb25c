"""Weights as length times direction.

Mirrors aten/src/ATen/native/WeightNorm.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native.norms import norm
from minitorch.native.views import transpose

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The p-norm over all dimensions but one, which are kept with size 1.

    Args:
        pow: the p of the norm.
        dim: the dimension that is left; -1: none, the norm of the whole tensor, 0-dim.

    >>> import minitorch
    >>> norm_except_dim(minitorch.tensor([[3.0, 4.0], [0.0, 2.0]]))
    tensor([[5.],
            [2.]])
    """
    if dim == -1:
        return norm(v, pow)
    if 0 < dim == v.dim() - 1:
        return norm(v, pow, list(range(dim)), keepdim=True)
    rows = transpose(v, 0, dim)
    norms = norm(rows.reshape(rows.size(0), -1), pow, 1)
    return transpose(norms.reshape(-1, *[1] * (v.dim() - 1)), 0, dim)


class WeightNormInterface(Operator):
    """w = g v / n, with n = ‖v‖ of each index of the first or the last dimension."""

    @staticmethod
    def forward(ctx: Any, v: Any, g: Any, dim: int) -> Any:
        ctx.others = tuple([d for d in range(v.ndim) if d != dim])
        norms = np.sqrt(np.sum(_wide(v) ** 2, axis=ctx.others, keepdims=True))
        ctx.save_for_backward(v, g, norms)
        return (v * (g / norms)).astype(v.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        v, g, norms = ctx.saved_tensors
        wide_grad = _wide(grad)
        grad_g = np.sum(wide_grad * v, axis=ctx.others, keepdims=True) / norms
        grad_v = (g / norms) * (wide_grad - v * (grad_g / norms))
        return grad_v.astype(v.dtype, copy=False), grad_g.astype(g.dtype, copy=False)

    @staticmethod
    def composed(v: Tensor, g: Tensor, dim: int) -> Tensor:
        return v * (g / norm_except_dim(v, 2, dim))


def _wide(array: Any) -> Any:
    """Half precision is squared and summed in float32."""
    return array.astype(np.float32) if dtypes.is_half(array.dtype) else array


def _weight_norm(v: Tensor, g: Tensor, dim: int = 0) -> Tensor:
    """w = g v / ‖v‖, with one norm and one g for each index of ``dim``; -1: for the whole."""
    if dim in (0, v.dim() - 1):
        return WeightNormInterface.apply(v, g, dim)
    return WeightNormInterface.composed(v, g, dim)
