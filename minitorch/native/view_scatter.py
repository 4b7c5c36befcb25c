"""A tensor with another written over a view of it: the inverse of taking the view.

Mirrors select_scatter and its relatives of aten/src/ATen/native/TensorShape.cpp. The gradient of
what was written is that view of the gradient; what was overwritten gets none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minitorch import storage
from minitorch.autograd.operator import Operator
from minitorch.native.conversions import Contiguous, cast
from minitorch.native.diagonal import Diagonal
from minitorch.native.sizes import as_shape, wrap_dim
from minitorch.native.splitting import index_of_select, index_of_slice
from minitorch.native.strided_views import AsStrided
from minitorch.native.tensor_iterator import zero_like
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _write(part: Any, src: Any) -> None:
    """Overwrite part of an array, in a forward; 0.0 stands for zeros, in a backward."""
    if src is None:
        part[...] = 0
        return
    if src.shape != part.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(part.shape)}"
        )
    part[...] = cast(src, part.dtype)


class SliceScatter(Operator):
    """``input[index] = src`` on a copy."""

    @staticmethod
    def forward(ctx: Any, input: Any, src: Any, index: tuple[Any, ...]) -> Any:
        ctx.index = index
        out = input.copy(order="K")
        _write(out[(*index, ...)], src)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return type(ctx).apply(grad, None, ctx.index), grad[ctx.index]


class SelectScatter(SliceScatter):
    """``SliceScatter`` of one slice, whose dimension ``src`` lacks."""


class DiagonalScatter(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, src: Any, offset: int, dim1: int, dim2: int) -> Any:
        ctx.arguments = offset, dim1, dim2
        out = input.copy(order="K")
        _write(Diagonal.forward(Diagonal(), out, offset, dim1, dim2), src)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        grad_input = DiagonalScatter.apply(grad, None, *ctx.arguments)
        return grad_input, Diagonal.apply(grad, *ctx.arguments)


class AsStridedScatter(Operator):
    @staticmethod
    def forward(
        ctx: Any,
        input: Any,
        src: Any,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        offset: int,
    ) -> Any:
        ctx.window = shape, strides, offset
        steps, place = storage.stride(input), storage.storage_offset(input)
        # All of it: the window may reach beyond the input.
        memory = storage.TypedStorage(input).elements.copy()
        _write(storage.window(memory, shape, strides, offset), src)
        return storage.window(memory, input.shape, steps, place)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        # torch's formula, though what was overwritten gets a gradient by it, and the rest none.
        part = AsStrided.apply(Contiguous.apply(grad), *ctx.window)
        return AsStridedScatter.apply(zero_like(grad), part, *ctx.window), part


@accepts_out
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """``input`` with ``src`` in place of the slice at ``index``."""
    return SelectScatter.apply(input, src, index_of_select(input, dim, index))


@accepts_out
def slice_scatter(
    input: Tensor,
    src: Tensor,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
) -> Tensor:
    """``input`` with ``src`` in place of the slices ``start:end:step``."""
    return SliceScatter.apply(input, src, index_of_slice(input, dim, start, end, step))


@accepts_out
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """``input`` with ``src`` in place of a diagonal."""
    first, second = (wrap_dim(d, input._array.ndim) for d in (dim1, dim2))
    if first == second:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return DiagonalScatter.apply(input, src, offset, first, second)


@accepts_out
def as_strided_scatter(
    input: Tensor,
    src: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
) -> Tensor:
    """``input`` with ``src`` in place of a window on its memory, as ``as_strided`` takes it."""
    if storage_offset is None:
        storage_offset = storage.storage_offset(input._array)
    window = as_shape((size,)), as_shape((stride,)), storage_offset
    return AsStridedScatter.apply(input, src, *window)
