"""Joining tensors: along a dimension they have, or along a new one.

Mirrors cat, stack and their relatives of aten/src/ATen/native/TensorShape.cpp and
TensorTransformations.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._layout import channels_last, channels_last_3d
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.expand_utils import meta_of, sum_to
from minitorch.native.memory_format import is_in
from minitorch.native.portable_stub import PortableStub
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_iterator import zero_like
from minitorch.native.variants import accepts_out, write_out
from minitorch.native.views import reshape, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@PortableStub
def cat_kernel(first: Any, parts: Sequence[Any], dim: int, dtype: Any) -> Any:
    """Arrays joined along a dimension; ``first`` is one of them."""
    return np.concatenate(parts, dim, dtype=dtype)


class Cat(Operator):
    @staticmethod
    def forward(ctx: Any, dim: int, *tensors: Any) -> Any:
        ctx.dim = dim
        ctx.shapes = shapes = [t.shape for t in tensors]
        parts = tensors if (0,) not in shapes else [t for t in tensors if t.shape != (0,)]
        kinds = [t.dtype for t in tensors]
        alike = kinds.count(kinds[0]) == len(kinds)
        dtype = kinds[0] if alike else dtypes.result_dtype(*tensors)
        out = cat_kernel(tensors[0], parts or tensors, dim, dtype)
        if out.flags.c_contiguous or any(
            [is_in(out, f) for f in (channels_last, channels_last_3d)]
        ):
            return out
        return out.copy(order="C")  # NumPy keeps any order that the parts share

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        grads: list[Any] = [None]
        start = 0
        lead = (slice(None),) * ctx.dim
        for shape in ctx.shapes:
            if shape == (0,):
                grads.append(zero_like(grad.reshape(-1)[:0]))
                continue
            end = start + shape[ctx.dim]
            grads.append(grad[(*lead, slice(start, end))])
            start = end
        return tuple(grads)


class Stack(Operator):
    @staticmethod
    def forward(ctx: Any, dim: int, *tensors: Any) -> Any:
        ctx.dim = dim
        ctx.metas = [meta_of(t) for t in tensors]
        out = np.stack(tensors, dim, dtype=dtypes.result_dtype(*tensors))
        return out if out.flags.c_contiguous else out.copy(order="C")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        lead = (slice(None),) * ctx.dim
        return (None, *[sum_to(grad[(*lead, i)], meta) for i, meta in enumerate(ctx.metas)])


class BlockDiag(Operator):
    @staticmethod
    def forward(ctx: Any, *blocks: Any) -> Any:
        ctx.metas = [meta_of(b) for b in blocks]
        matrices = [b.reshape((1,) * (2 - b.ndim) + b.shape) for b in blocks]
        shape = sum([m.shape[0] for m in matrices]), sum([m.shape[1] for m in matrices])
        out = np.zeros_like(blocks[0], shape=shape, dtype=dtypes.result_dtype(*blocks))
        for place, matrix in zip(_places_on_diagonal(ctx.metas), matrices, strict=True):
            out[place] = matrix
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        places = _places_on_diagonal(ctx.metas)
        return tuple([sum_to(grad[p], m) for p, m in zip(places, ctx.metas, strict=True)])


def _places_on_diagonal(metas: Sequence[Any]) -> list[tuple[slice, slice]]:
    places = []
    row = column = 0
    for shape, _ in metas:
        height, width = ((1,) * (2 - len(shape)) + shape)[:2]
        places.append((slice(row, row + height), slice(column, column + width)))
        row, column = row + height, column + width
    return places


def _checked(tensors: Any, function: str) -> tuple[Tensor, ...]:
    """A sequence of tensors as a tuple.

    Raises:
        TypeError: it is no sequence, or holds something else.
    """
    if not isinstance(tensors, (list, tuple)):
        raise TypeError(
            f"{function}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    for tensor in tensors:
        if not isinstance(tensor, Variable):
            position = [t is tensor for t in tensors].index(True)
            raise TypeError(
                f"expected Tensor as element {position} in argument 0, but got "
                f"{type(tensor).__name__}"
            )
    return tuple(tensors)


def _not_empty(tensors: Any, function: str) -> tuple[Tensor, ...]:
    tensors = _checked(tensors, function)
    if not tensors:
        raise RuntimeError(f"{function} expects a non-empty TensorList")
    return tensors


def cat(
    tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None, out: Tensor | None = None
) -> Tensor:
    """Tensors joined along a dimension they all have; an empty vector counts as nothing.

    Shape: n tensors that are equal but for ``dim`` -> their sizes there summed.

    Raises:
        RuntimeError: other dimensions differ.
    """
    tensors = _checked(tensors, "cat")
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    shapes = [t._array.shape for t in tensors]
    first = shapes[0]
    if first and first != (0,) and shapes.count(first) == len(shapes):
        dim = wrap_dim(dim if axis is None else axis, len(first))
    else:
        dim = _dim_of_different(shapes, dim if axis is None else axis)
    if out is None:
        return Cat.apply(dim, *tensors)
    return write_out("cat", Cat.apply(dim, *tensors), out, tensors)


def _dim_of_different(shapes: list[tuple[int, ...]], dim: int) -> int:
    """Where tensors of these shapes are joined, if they can be."""
    if () in shapes:
        raise RuntimeError(
            f"zero-dimensional tensor (at position {shapes.index(())}) cannot be concatenated"
        )
    first = next((s for s in shapes if s != (0,)), None)
    if first is None:
        return 0
    dim = wrap_dim(dim, len(first))
    for position, shape in enumerate(shapes):
        if shape == first or shape == (0,):
            continue
        if len(shape) != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}"
            )
        for d, (n, m) in enumerate(zip(first, shape, strict=True)):
            if d != dim and n != m:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {n} "
                    f"but got size {m} for tensor number {position} in the list."
                )
    return dim


@accepts_out
def stack(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    tensors = _not_empty(tensors, "stack")
    first = tensors[0]._array.shape
    dim = wrap_dim(dim if axis is None else axis, len(first) + 1)
    for position, tensor in enumerate(tensors):
        if tensor._array.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(tensor._array.shape)} at entry {position}"
            )
    return Stack.apply(dim, *tensors)


def _at_least(tensors: Any, widen: Callable[[Tensor], Tensor]) -> Any:
    """One tensor gives a tensor; several, or a sequence of them, a tuple."""
    if len(tensors) == 1 and not isinstance(tensors[0], (list, tuple)):
        return widen(tensors[0])
    given = tensors[0] if len(tensors) == 1 else tensors
    return tuple([widen(t) for t in _checked(given, "atleast")])


def atleast_1d(*tensors: Any) -> Any:
    """Numbers as vectors of one element; tensors with dimensions as they are."""
    return _at_least(tensors, lambda t: t if t._array.ndim else reshape(t, 1))


def atleast_2d(*tensors: Any) -> Any:
    """Vectors as matrices of one row; tensors with more dimensions as they are."""

    def widen(tensor: Tensor) -> Tensor:
        if tensor._array.ndim == 0:
            return reshape(tensor, 1, 1)
        return unsqueeze(tensor, 0) if tensor._array.ndim == 1 else tensor

    return _at_least(tensors, widen)


def atleast_3d(*tensors: Any) -> Any:
    """Vectors as (1, n, 1), matrices as (n, m, 1); tensors with more dimensions as they are."""

    def widen(tensor: Tensor) -> Tensor:
        if tensor._array.ndim == 0:
            return reshape(tensor, 1, 1, 1)
        if tensor._array.ndim == 1:
            return unsqueeze(unsqueeze(tensor, 0), -1)
        return unsqueeze(tensor, -1) if tensor._array.ndim == 2 else tensor

    return _at_least(tensors, widen)


@accepts_out
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Side by side: joined along the second dimension; vectors along their only one."""
    parts = atleast_1d(_not_empty(tensors, "hstack"))
    return cat(parts, 0 if parts[0]._array.ndim == 1 else 1)


@accepts_out
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """One above the other: joined along the first dimension; a vector is a row."""
    return cat(atleast_2d(_not_empty(tensors, "vstack")), 0)


row_stack = vstack


@accepts_out
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """One behind the other: joined along the third dimension; a matrix is a layer."""
    return cat(atleast_3d(_not_empty(tensors, "dstack")), 2)


@accepts_out
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Joined along the second dimension; a vector is a column."""
    tensors = _not_empty(tensors, "column_stack")
    columns = [t if t._array.ndim > 1 else reshape(t, t._array.size, 1) for t in tensors]
    return hstack(columns)


def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a larger one, with zeros elsewhere; a vector is a row.

    Shape: (n1, m1), (n2, m2), ... -> (n1 + n2 + ..., m1 + m2 + ...).
    """
    for position, tensor in enumerate(_checked(tensors, "block_diag")):
        if tensor._array.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{position} has {tensor._array.ndim} dimensions"
            )
    if not tensors:
        return wrap(np.empty((1, 0), dtypes.get_default_dtype().numpy))
    return BlockDiag.apply(*tensors)


@accepts_out
def _chunk_cat(tensors: Sequence[Tensor], dim: int, num_chunks: int) -> Tensor:
    """Each tensor cut into ``num_chunks`` rows along ``dim``, with zeros added where they do not
    come out even; the rows joined side by side.

    Shape: (..., n, ...), ... -> (..., num_chunks, total / num_chunks).
    """
    tensors = _checked(tensors, "_chunk_cat")
    if num_chunks < 1:
        raise RuntimeError("_chunk_cat expects positive num_chunks")
    if not tensors:
        raise RuntimeError("_chunk_cat expects a non-empty input tensor list")
    dim = wrap_dim(dim, tensors[0]._array.ndim)
    rows = []
    for tensor in tensors:
        shape = tensor._array.shape
        if not tensor._array.size:
            raise RuntimeError("_chunk_cat expects non-empty tensor")
        if tensor._array.dtype != tensors[0]._array.dtype:
            raise RuntimeError("_chunk_cat expects all input tensors with the same dtype")
        if len(shape) <= dim or shape[:dim] != tensors[0]._array.shape[:dim]:
            raise RuntimeError("_chunk_cat expects same sizes of 0,...,dim-1 dimensions")
        padded = list(shape)
        padded[dim] = -shape[dim] % num_chunks
        filler = wrap(np.zeros_like(tensor._array, shape=tuple(padded)))
        whole = cat((tensor, filler), dim) if padded[dim] else tensor
        rows.append(reshape(whole, (*shape[:dim], num_chunks, -1)))
    return cat(rows, dim + 1)
