"""The vector product in three dimensions.

Mirrors aten/src/ATen/native/Cross.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native.expand_utils import infer_size
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Cross(Operator, name="LinalgCrossBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, dim: int) -> Any:
        ctx.dim = dim
        ctx.save_for_backward(input, other)
        dtype = dtypes.result_dtype(input, other)
        if dtype == np.bool_:
            raise NotImplementedError("\"cross\" not implemented for 'Bool'")
        a, b = [np.moveaxis(x, dim, 0) for x in (input, other)]
        shape = infer_size(a.shape[1:], b.shape[1:])
        out = np.empty_like(input, shape=(3, *shape), dtype=dtype)
        for i in range(3):
            j, k = (i + 1) % 3, (i + 2) % 3
            out[i] = a[j] * b[k] - a[k] * b[j]
        return np.moveaxis(out, 0, dim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        if dtypes.from_numpy(getattr(input, "_array", input).dtype).is_complex:
            input, other = input.conj(), other.conj()
        return Cross.apply(other, grad, ctx.dim), Cross.apply(grad, input, ctx.dim)


@accepts_out
def linalg_cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The vector perpendicular to two others, whose length is the area between them.

    Shape: 3 along ``dim``; the other dimensions broadcast.
    """
    a, b = input._array.shape, other._array.shape
    if len(a) != len(b):
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    axis = wrap_dim(dim, len(a))
    if a[axis] != 3 or b[axis] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {a[axis]} and {b[axis]}"
        )
    return Cross.apply(input, other, axis)


@accepts_out
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """``linalg.cross``; without ``dim``, along the first dimension of size 3."""
    if dim is None:
        a, b = input._array.shape, other._array.shape
        if len(a) != len(b):
            raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
        shape = infer_size(a, b)
        if 3 not in shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = shape.index(3)
    return linalg_cross(input, other, dim=dim)
