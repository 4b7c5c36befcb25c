"""Parts of a tensor along one dimension: one slice, several, or all of them. All are views.

Mirrors split, chunk, unbind, narrow and their relatives of aten/src/ATen/native/TensorShape.cpp.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable
from minitorch.native.joining import Cat, Stack
from minitorch.native.sizes import as_shape, wrap_dim
from minitorch.native.variants import accepts_numpy_names

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Unbind(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        ctx.dim = dim
        lead = (slice(None),) * dim
        return tuple([input[(*lead, i, ...)] for i in range(input.shape[dim])])

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return Stack.apply(ctx.dim, *grads)


class SplitWithSizes(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, sizes: tuple[int, ...], dim: int) -> Any:
        ctx.dim = dim
        ends = itertools.accumulate(sizes)
        lead = (slice(None),) * dim
        return tuple(
            [input[(*lead, slice(end - size, end))] for size, end in zip(sizes, ends, strict=True)]
        )

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return Cat.apply(ctx.dim, *grads)


class Split(SplitWithSizes):
    """``SplitWithSizes`` into parts of equal size."""


class UnsafeSplit(Split):
    """``Split`` whose outputs count as tensors of their own."""

    is_view = False


class UnsafeSplitWithSizes(SplitWithSizes):
    """``SplitWithSizes`` whose outputs count as tensors of their own."""

    is_view = False


@accepts_numpy_names
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension."""
    if not input._array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return Unbind.apply(input, wrap_dim(dim, input._array.ndim))


def _parts(input: Tensor, split_size: int, dim: int) -> tuple[tuple[int, ...], int]:
    """The sizes of equal parts, of which the last may be smaller, and the dimension."""
    if not input._array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input._array.ndim)
    total = input._array.shape[dim]
    if split_size < 0:
        raise RuntimeError(
            f"split expects split_size be non-negative, but got split_size={split_size}"
        )
    if split_size == 0 and total:
        raise RuntimeError(
            f"split_size can only be 0 if dimension size is 0, but got dimension size of {total}"
        )
    starts = range(0, max(total, 1), max(split_size, 1))
    return tuple([min(split_size, total - start) for start in starts]), dim


def _sections(input: Tensor, sizes: Any, dim: int) -> tuple[tuple[int, ...], int]:
    """The given sizes, and the dimension."""
    if not isinstance(sizes, (list, tuple)):
        raise TypeError(
            "split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of ints, not "
            f"{type(sizes).__name__}"
        )
    if not input._array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    dim = wrap_dim(dim, input._array.ndim)
    sizes, total = as_shape((sizes,)), input._array.shape[dim]
    if any([s < 0 for s in sizes]):
        raise RuntimeError(
            "split_with_sizes expects split_sizes have only non-negative entries, but got "
            f"split_sizes={list(sizes)}"
        )
    if sum(sizes) != total:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size "
            f"at dimension {dim}), but got split_sizes={list(sizes)}"
        )
    return sizes, dim


def split(
    tensor: Tensor,
    split_size_or_sections: int | Sequence[int] | None = None,
    dim: int = 0,
    **names: Any,
) -> tuple[Tensor, ...]:
    """Parts of one size (the last may be smaller), or of the given sizes."""
    sizes = _one_of(split_size_or_sections, names)
    if isinstance(sizes, int):
        return Split.apply(tensor, *_parts(tensor, sizes, dim))
    return split_with_sizes(tensor, sizes, dim)


@accepts_numpy_names
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Parts of the given sizes, which add up to the whole."""
    return SplitWithSizes.apply(input, *_sections(input, split_sizes, dim))


@accepts_numpy_names
def unsafe_split(tensor: Tensor, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """``split`` whose parts may be changed in place, as long as the whole is not used again."""
    return UnsafeSplit.apply(tensor, *_parts(tensor, split_size, dim))


@accepts_numpy_names
def unsafe_split_with_sizes(
    input: Tensor, split_sizes: Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """``split_with_sizes`` whose parts may be changed in place, as long as the whole is not used
    again.
    """
    return UnsafeSplitWithSizes.apply(input, *_sections(input, split_sizes, dim))


def _size_of_chunks(input: Tensor, chunks: int, dim: int) -> int:
    if not input._array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    total: int = input._array.shape[wrap_dim(dim, input._array.ndim)]
    return -(-total // chunks)


@accepts_numpy_names
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` parts of equal size (the last may be smaller)."""
    size = _size_of_chunks(input, chunks, dim)
    if size == 0:  # as many empty parts as were asked for
        return split_with_sizes(input, (0,) * chunks, dim)
    return split(input, size, dim)


@accepts_numpy_names
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """``chunk`` whose parts may be changed in place, as long as the whole is not used again."""
    size = _size_of_chunks(input, chunks, dim)
    if size == 0:
        return unsafe_split_with_sizes(input, (0,) * chunks, dim)
    return unsafe_split(input, size, dim)


@accepts_numpy_names
def tensor_split(
    input: Tensor, indices_or_sections: Any = None, dim: int = 0, **names: Any
) -> tuple[Tensor, ...]:
    """That many parts, the first of which may be larger by one, or the parts between indices.

    >>> import minitorch
    >>> [part.tolist() for part in minitorch.tensor_split(minitorch.arange(5), 2)]
    [[0, 1, 2], [3, 4]]
    """
    indices_or_sections = _one_of(indices_or_sections, names)
    shape = input._array.shape
    if not shape:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with 0 dims"
        )
    dim = wrap_dim(dim, len(shape))
    if isinstance(indices_or_sections, Variable):
        indices_or_sections = _list_of_indices(indices_or_sections)
    if isinstance(indices_or_sections, int):
        sections = indices_or_sections
        if sections <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {sections}")
        size, larger = divmod(shape[dim], sections)
        ends = [(i + 1) * size + min(i + 1, larger) for i in range(sections)]
    else:
        ends = [*as_shape((indices_or_sections,)), shape[dim]]
    lead = (slice(None),) * dim
    starts = [0, *ends[:-1]]
    return tuple([input[(*lead, slice(*bounds))] for bounds in zip(starts, ends, strict=True)])


def _one_of(given: Any, names: dict[str, Any]) -> Any:
    """What stands in the second place, or under one of torch's names: indices, sections, ..."""
    return given if given is not None else next(iter(names.values()))


def _list_of_indices(indices: Variable) -> Any:
    array = indices._array
    if array.dtype != np.int64:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to have dtype of long, but got "
            f"{dtypes.from_numpy(array.dtype).c10_name}"
        )
    if array.ndim > 1:
        raise RuntimeError(
            "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
            f"one-dimensional tensor, but got a tensor with {array.ndim} dims"
        )
    return array.tolist()


def _split_evenly(
    name: str, input: Tensor, indices_or_sections: Any, dim: int, dims: int
) -> tuple[Tensor, ...]:
    shape = input._array.shape
    if len(shape) < dims:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {dims} dimension, but got a tensor with "
            f"{len(shape)} dimensions!"
        )
    if isinstance(indices_or_sections, int) and (
        indices_or_sections == 0 or shape[dim] % indices_or_sections
    ):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {dim}, but the size of the dimension "
            f"{shape[dim]} is not divisible by the split_size {indices_or_sections}!"
        )
    return tensor_split(input, indices_or_sections, dim)


def hsplit(input: Tensor, indices_or_sections: Any = None, **names: Any) -> tuple[Tensor, ...]:
    """Equal parts, or those between indices, along the second dimension (the only one of a
    vector).
    """
    dim = 1 if input._array.ndim > 1 else 0
    return _split_evenly("hsplit", input, _one_of(indices_or_sections, names), dim, 1)


def vsplit(input: Tensor, indices_or_sections: Any = None, **names: Any) -> tuple[Tensor, ...]:
    """Equal parts, or those between indices, along the first dimension."""
    return _split_evenly("vsplit", input, _one_of(indices_or_sections, names), 0, 2)


def dsplit(input: Tensor, indices_or_sections: Any = None, **names: Any) -> tuple[Tensor, ...]:
    """Equal parts, or those between indices, along the third dimension."""
    return _split_evenly("dsplit", input, _one_of(indices_or_sections, names), 2, 3)


@accepts_numpy_names
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """The ``length`` slices from ``start`` along a dimension."""
    if not input._array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if isinstance(start, Variable):
        if start._array.ndim or start._array.dtype.kind not in "iu":
            raise RuntimeError("start must be an 0-dim integral Tensor.")
        start = start._array.item()
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    start %= size if start < 0 else size + 1
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return input[(slice(None),) * dim + (slice(start, start + length),)]


@accepts_numpy_names
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at ``index`` of a dimension, which disappears."""
    return input[index_of_select(input, dim, index)]


def index_of_select(input: Tensor, dim: int, index: int) -> tuple[Any, ...]:
    """What ``select`` writes between brackets."""
    shape = input._array.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, len(shape))
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension "
            f"{dim}"
        )
    return (slice(None),) * dim + (operator.index(index),)


def slice_along(
    input: Tensor, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Tensor:
    """``input[start:end:step]`` of a dimension; torch's ``Tensor.slice``, which only C++ sees."""
    return input[index_of_slice(input, dim, start, end, step)]


def index_of_slice(
    input: Tensor, dim: int, start: int | None, end: int | None, step: int
) -> tuple[Any, ...]:
    """What ``slice_along`` writes between brackets."""
    if not input._array.ndim:
        raise RuntimeError("slice() cannot be applied to a 0-dim tensor.")
    if step <= 0:
        raise RuntimeError("slice step must be positive")
    return (slice(None),) * wrap_dim(dim, input._array.ndim) + (slice(start, end, step),)
