"""Windows on a tensor's memory: ``as_strided`` by strides, ``unfold`` by sliding.

Mirrors as_strided and unfold of aten/src/ATen/native/TensorShape.cpp,
as_strided_backward of torch/csrc/autograd/FunctionsManual.cpp and
aten/src/ATen/native/UnfoldBackward.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import storage
from minitorch.autograd import variable
from minitorch.autograd.inplace import strided_view, view_geometry
from minitorch.autograd.node import Edge, Node, next_sequence_nr
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.complex_ops import taken_apart
from minitorch.native.sizes import as_shape, wrap_dim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

Geometry = tuple[tuple[int, ...], tuple[int, ...], int]  # shape, strides and offset in elements


class AsStrided(Operator):
    """Any window on the storage of a tensor, by shape, strides and offset in elements."""

    is_view = True

    @staticmethod
    def forward(
        ctx: Any, input: Any, shape: tuple[int, ...], strides: tuple[int, ...], offset: int
    ) -> Any:
        ctx.window = shape, strides, offset
        ctx.whole = input.shape, storage.stride(input), storage.storage_offset(input)
        return storage.window(input, shape, strides, offset)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        out = Restride.apply(grad, ctx.window, ctx.whole)
        shape, strides, _ = ctx.whole
        if any([s == 0 and n > 1 for n, s in zip(shape, strides, strict=True)]):
            # Elements that share a place in memory (after expand) share its gradient.
            ones = np.ones_like(unwrap(out))
            sharers = Restride.apply(ones, ctx.whole, ctx.whole)
            out = out / (wrap(sharers) if isinstance(out, Variable) else sharers)
        return out


class Restride(Operator):
    """Write ``input`` into zeroed memory by one geometry, where places may repeat and add up, and
    read that memory by another: the adjoint of ``AsStrided``, and of itself.
    """

    @staticmethod
    def forward(ctx: Any, input: Any, written: Geometry, read: Geometry) -> Any:
        ctx.geometries = read, written
        size = max(_extent(written), _extent(read))
        memory = np.zeros_like(input, shape=(size,))
        places = np.arange(size)
        np.add.at(memory, strided_view(places, *written), input)
        return memory[strided_view(places, *read)]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Restride.apply(grad, *ctx.geometries)


def _extent(geometry: Geometry) -> int:
    """How many elements of memory a window reaches over, from the memory's start."""
    shape, strides, offset = geometry
    if 0 in shape:
        return offset
    return 1 + offset + sum([(n - 1) * s for n, s in zip(shape, strides, strict=True)])


def _as_strided_node(edge: Edge | None, base: Any, array: Any) -> Node:
    """The node of a view whose base was changed in place: its window on the base's gradient."""
    if base.dtype != array.dtype:  # the view is of real or imaginary parts
        edge, base = taken_apart(edge, base)
    node: Any = AsStrided()
    node.window = view_geometry(base, array)
    node.whole = base.shape, storage.contiguous_stride(base.shape), 0
    node._saved = node._sources = node._versions = ()
    node.next_edges = (edge,)
    node.sequence_nr = next_sequence_nr()
    node.output_shape, node.output_dtype = array.shape, array.dtype
    return node


class Unfold(Operator):
    """Windows of one size slide along a dimension; each lies in a new last dimension."""

    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dimension: int, size: int, step: int) -> Any:
        ctx.arguments = input.shape, dimension, size, step
        if not input.ndim:
            return input.reshape(1)[:size]
        if size == 0:  # NumPy slides no empty windows; there is one more of them than elements
            lead = (*input.shape[:dimension], input.shape[dimension] // step + 1)
            return np.empty_like(input, shape=(*lead, *input.shape[dimension + 1 :], 0))
        windows = np.lib.stride_tricks.sliding_window_view(input, size, dimension, writeable=True)
        return windows[(slice(None),) * dimension + (slice(None, None, step),)]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return UnfoldBackward.apply(grad, *ctx.arguments)


class UnfoldBackward(Operator):
    """Windows added up where they came from: the adjoint of ``Unfold``."""

    @staticmethod
    def forward(
        ctx: Any, grad: Any, shape: tuple[int, ...], dimension: int, size: int, step: int
    ) -> Any:
        ctx.arguments = dimension, size, step
        out = np.zeros_like(grad, shape=shape or (1,))
        if not shape:
            out[:size] = grad
            return out.reshape(())
        lead = (slice(None),) * dimension
        reach = (grad.shape[dimension] - 1) * step + 1
        for place in range(size):
            out[(*lead, slice(place, place + reach, step))] += grad[..., place]
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Unfold.apply(grad, *ctx.arguments)


def as_strided(
    input: Tensor, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None
) -> Tensor:
    """A window on the tensor's storage; strides and offset count elements, the offset from the
    start of the storage (left out: where the tensor itself starts).

    Raises:
        RuntimeError: the window reaches beyond the storage.
    """
    if storage_offset is None:
        storage_offset = storage.storage_offset(input._array)
    shape, strides = as_shape((size,)), as_shape((stride,))
    if shape and min(shape) < 0:
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)} and "
            f"strides={list(strides)}"
        )
    return AsStrided.apply(input, shape, strides, storage_offset)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows of ``size`` elements, ``step`` apart, along a dimension: a view.

    Shape: (..., n, ...) -> (..., (n - size) // step + 1, ..., size).

    >>> import minitorch
    >>> minitorch.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    shape = input._array.shape
    dimension = wrap_dim(dimension, len(shape))
    length = shape[dimension] if shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > length:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dimension} is {length} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    return Unfold.apply(input, dimension, size, step)


variable.as_strided_node = _as_strided_node
