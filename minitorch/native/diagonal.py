"""Diagonals: taken as views, summed, and laid into matrices of zeros.

Mirrors aten/src/ATen/native/TensorShape.cpp (diagonal, diag, diag_embed) and ReduceOps.cpp (trace).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native.expand_utils import np_asarray
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Diagonal(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, offset: int, dim1: int, dim2: int) -> Any:
        ctx.arguments = input.shape, offset, dim1, dim2
        return _diagonal_window(input, offset, dim1, dim2)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return DiagonalBackward.apply(grad, *ctx.arguments)


class DiagonalBackward(Operator):
    """Zeros of a shape with ``input`` on the diagonal: the adjoint of ``Diagonal``."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, shape: tuple[int, ...], offset: int, dim1: int, dim2: int
    ) -> Any:
        ctx.arguments = offset, dim1, dim2
        out = np.zeros_like(input, shape=shape)
        rest = [d for d in range(len(shape)) if d not in (dim1, dim2)]
        steps = np.arange(input.shape[-1], like=input)
        place = steps + max(-offset, 0), steps + max(offset, 0)
        out.transpose((*rest, dim1, dim2))[(..., *place)] = input
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Diagonal.apply(grad, *ctx.arguments)


class DiagEmbed(DiagonalBackward):
    """``DiagonalBackward`` as an operation of its own: square matrices with given diagonals."""


class Trace(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.shape = input.shape
        if input.dtype == bool:
            raise NotImplementedError("\"trace\" not implemented for 'Bool'")
        dtype = np.int64 if input.dtype.kind in "biu" else input.dtype
        return np_asarray(input.diagonal().sum(dtype=dtype))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        ones = np.ones_like(grad, shape=(min(ctx.shape),)) if _is_array(grad) else None
        vector = grad * ones if ones is not None else grad.expand(min(ctx.shape))
        return DiagonalBackward.apply(vector, ctx.shape, 0, 0, 1)


def _is_array(x: Any) -> bool:
    return not hasattr(x, "_array")


def _diagonal_window(array: Any, offset: int, dim1: int, dim2: int) -> Any:
    """A diagonal is a step along both dimensions at once: a stride that is the sum of theirs."""
    if type(array) is not np.ndarray:  # others return a view that can be written to
        return array.diagonal(offset, dim1, dim2)
    rest = [d for d in range(array.ndim) if d not in (dim1, dim2)]
    moved = array.transpose((*rest, dim1, dim2))
    step = moved.strides[-2] + moved.strides[-1]
    corner = moved[..., max(-offset, 0) :, max(offset, 0) :]
    shape = (*corner.shape[:-2], min(corner.shape[-2:]))
    return np.lib.stride_tricks.as_strided(corner, shape, (*corner.strides[:-2], step))


def _two_dims(dim1: int, dim2: int, ndim: int) -> tuple[int, int]:
    first, second = wrap_dim(dim1, ndim), wrap_dim(dim2, ndim)
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return first, second


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two dimensions, as the last dimension of a view."""
    return Diagonal.apply(input, offset, *_two_dims(dim1, dim2, input._array.ndim))


def linalg_diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """``diagonal`` of the last two dimensions."""
    return diagonal(A, offset, dim1, dim2)


def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Zeros with the last dimension of ``input`` on the diagonal of two new dimensions.

    Shape: (*, n) -> (*, n + |offset|, n + |offset|), with the new dimensions at dim1 and dim2.
    """
    shape = input._array.shape
    first, second = _two_dims(dim1, dim2, len(shape) + 1)
    size = shape[-1] + abs(offset)
    full = list(shape[:-1])
    for dim in sorted((first, second)):
        full.insert(dim, size)
    return DiagEmbed.apply(input, tuple(full), offset, first, second)


@accepts_out
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """A vector as the diagonal of a square matrix; the diagonal of a matrix as a vector."""
    ndim = input._array.ndim
    if ndim == 1:
        return diag_embed(input, diagonal)
    if ndim == 2:
        return _diagonal_of(input, diagonal).clone()
    raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {ndim}D")


_diagonal_of = diagonal


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """All elements, in order, as the diagonal of a square matrix."""
    return diag(input.contiguous().view(-1), offset)


@accepts_out
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal."""
    if input._array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input._array.ndim}")
    return Trace.apply(input)
