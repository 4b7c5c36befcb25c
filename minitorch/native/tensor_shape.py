"""Views and shape operations: the same elements under another shape, and joining and splitting.

Mirrors aten/src/ATen/native/TensorShape.cpp. A view shares its memory with its input; torch and
NumPy agree on when that is possible without a copy.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes, storage
from minitorch.autograd import grad_mode, variable
from minitorch.autograd.graph import Edge, Node, next_sequence_nr
from minitorch.autograd.inplace import check_inplace, strided_view, view_geometry
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import infer_size, meta_of, sum_to

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


Geometry = tuple[tuple[int, ...], tuple[int, ...], int]  # shape, strides and offset in elements


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front. Mirrors maybe_wrap_dim.

    Raises:
        IndexError: there is no such dimension.
    """
    limit = max(ndim, 1)
    if not -limit <= dim < limit:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got "
            f"{dim})"
        )
    return dim % limit


def as_shape(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """``f(2, 3)`` and ``f((2, 3))`` mean the same."""
    if len(sizes) == 1 and not isinstance(sizes[0], (int, np.integer, Variable)):
        sizes = tuple(sizes[0])
    return tuple([operator.index(s) for s in sizes])


def _infer_shape(shape: tuple[int, ...], numel: int) -> tuple[int, ...]:
    """Replace a -1. Mirrors infer_size."""
    known = math.prod([s for s in shape if s != -1])
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if any([s < -1 for s in shape]):
        wrong = next(i for i, s in enumerate(shape) if s < -1)
        raise RuntimeError(
            f"invalid shape dimension {shape[wrong]} at index {wrong} of shape {list(shape)}"
        )
    if -1 in shape:
        if known == 0:
            raise RuntimeError(
                f"cannot reshape tensor of {numel} elements into shape {list(shape)} because the "
                "unspecified dimension size "
                "-1 can be any value and is ambiguous"
            )
        if numel % known == 0:
            return tuple([numel // known if s == -1 else s for s in shape])
    elif known == numel:
        return shape
    raise RuntimeError(f"shape '{list(shape)}' is invalid for input of size {numel}")


# --------------------------------------------------------------------------- views


class View(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...]) -> Any:
        ctx.shape = input.shape
        try:
            return input.reshape(shape, copy=False)
        except ValueError:
            raise RuntimeError(
                "view size is not compatible with input tensor's size and stride (at least one "
                "dimension spans across two "
                "contiguous subspaces). Use .reshape(...) instead."
            ) from None

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad.reshape(ctx.shape)


class UnsafeView(Operator):
    """A new shape for a fresh copy."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...]) -> Any:
        ctx.shape = input.shape
        return input.reshape(shape)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad.reshape(ctx.shape)


class Permute(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dims: tuple[int, ...]) -> Any:
        ctx.inverse = tuple(sorted(range(len(dims)), key=dims.__getitem__))
        return input.transpose(dims)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Permute.apply(grad, ctx.inverse)


class Transpose(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dim0: int, dim1: int) -> Any:
        ctx.dims = dim0, dim1
        return np.swapaxes(input, dim0, dim1) if input.ndim else input[...]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Transpose.apply(grad, *ctx.dims)


class T(Operator):
    """The transposed matrix."""

    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return input.T

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return T.apply(grad)


class Expand(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...]) -> Any:
        ctx.input = meta_of(input)
        out = np.broadcast_to(input, shape)
        if type(out) is not np.ndarray:
            return out
        # NumPy marks broadcast arrays read-only; torch refuses writes to them itself
        # (check_no_overlap).
        return np.lib.stride_tricks.as_strided(input, shape, out.strides, writeable=True)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return sum_to(grad, ctx.input)


class Squeeze(Operator, name="SqueezeBackward1"):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dims: tuple[int, ...]) -> Any:
        ctx.shape = input.shape
        return np.squeeze(input, tuple([d for d in dims if input.ndim and input.shape[d] == 1]))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad.reshape(ctx.shape)


class SqueezeAll(Squeeze, name="SqueezeBackward0"):
    """``Squeeze`` of every dimension of size 1."""


class SqueezeSeveral(Squeeze, name="SqueezeBackward2"):
    """``Squeeze`` of a tuple of dimensions."""


class Unsqueeze(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        ctx.shape = input.shape
        return np.expand_dims(input, dim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad.reshape(ctx.shape)


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
    node: Any = AsStrided()
    node.window = view_geometry(base, array)
    node.whole = base.shape, storage.contiguous_stride(base.shape), 0
    node._saved, node._sources, node._versions = (), (), None
    node._versions = None
    node.next_edges = (edge,)
    node.sequence_nr = next_sequence_nr()
    node.output_shape, node.output_dtype = array.shape, array.dtype
    return node


variable.as_strided_node = _as_strided_node


class Unbind(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        ctx.dim = dim
        return tuple([np.moveaxis(input, dim, 0)[i, ...] for i in range(input.shape[dim])])

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return Stack.apply(ctx.dim, *grads)


class SplitWithSizes(Operator):
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, sizes: tuple[int, ...], dim: int) -> Any:
        ctx.dim = dim
        ends = np.cumsum(sizes).tolist()
        lead = (slice(None),) * dim
        return tuple(
            [input[(*lead, slice(end - size, end))] for size, end in zip(sizes, ends, strict=True)]
        )

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return Cat.apply(ctx.dim, *grads)


class Split(SplitWithSizes):
    """``SplitWithSizes`` into parts of equal size."""


# --------------------------------------------------------------------------- joining and copying


class Cat(Operator):
    @staticmethod
    def forward(ctx: Any, dim: int, *tensors: Any) -> Any:
        ctx.dim = dim
        ctx.metas = [meta_of(t) for t in tensors]
        dtype = dtypes.result_dtype(*tensors)
        return np.concatenate([t for t in tensors if t.shape != (0,)] or tensors, dim, dtype=dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        grads: list[Any] = [None]
        start = 0
        lead = (slice(None),) * ctx.dim
        for shape, dtype in ctx.metas:
            if shape == (0,):
                grads.append(None)
                continue
            end = start + shape[ctx.dim]
            grads.append(sum_to(grad[(*lead, slice(start, end))], (shape, dtype)))
            start = end
        return tuple(grads)


class Stack(Operator):
    @staticmethod
    def forward(ctx: Any, dim: int, *tensors: Any) -> Any:
        ctx.dim = dim
        ctx.metas = [meta_of(t) for t in tensors]
        return np.stack(tensors, dim, dtype=dtypes.result_dtype(*tensors))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        lead = (slice(None),) * ctx.dim
        return (None, *[sum_to(grad[(*lead, i)], meta) for i, meta in enumerate(ctx.metas)])


class Clone(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return input.copy(order="K")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad


class Contiguous(Operator, name="CloneBackward0"):
    """A copy in C order."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return input.copy(order="C")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad


class ToCopy(Operator):
    """A copy in another dtype."""

    @staticmethod
    def forward(ctx: Any, input: Any, dtype: np.dtype[Any]) -> Any:
        ctx.input = meta_of(input)
        return input.astype(dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return sum_to(grad, ctx.input)


class CopyInto(Operator, name="CopyBackwards"):
    """``input.copy_(source)``: nothing of the old value remains."""

    @staticmethod
    def forward(ctx: Any, input: Any, source: Any) -> Any:
        ctx.source = meta_of(source)
        if source.dtype != input.dtype:
            source = source.astype(input.dtype)
        if source.shape == input.shape:
            return source
        common = infer_size(input.shape, source.shape)
        if common != input.shape:
            raise RuntimeError(
                f"output with shape {list(input.shape)} doesn't match the broadcast shape "
                f"{list(common)}"
            )
        return np.broadcast_to(source, input.shape)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return None, sum_to(grad, ctx.source)


class Fill(Operator):
    """``input.fill_(value)`` with a number."""

    may_overlap = True

    @staticmethod
    def forward(ctx: Any, input: Any, value: Any) -> Any:
        return np.full_like(input, value)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return None


class Zero(Fill):
    """``input.zero_()``."""


class Flip(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, dims: tuple[int, ...]) -> Any:
        ctx.dims = dims
        return np.flip(input, dims).copy()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Flip.apply(grad, ctx.dims)


class Roll(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> Any:
        ctx.arguments = tuple([-s for s in shifts]), dims
        return np.roll(input, shifts if dims else shifts[0], dims)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Roll.apply(grad, *ctx.arguments)


class Repeat(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, repeats: tuple[int, ...]) -> Any:
        ctx.input, ctx.repeats = meta_of(input), repeats
        return np.tile(input, repeats)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        shape = (1,) * (len(ctx.repeats) - len(ctx.input[0])) + ctx.input[0]
        interleaved = [n for pair in zip(ctx.repeats, shape, strict=True) for n in pair]
        summed = grad.reshape(tuple(interleaved)).sum(axis=tuple(range(0, 2 * len(shape), 2)))
        return summed.reshape(ctx.input[0])


# --------------------------------------------------------------------------- public functions


def view(input: Tensor, *shape: Any) -> Tensor:
    """The same memory under another shape (one size may be -1), or, given a dtype, under another
    type of equal size.

    Raises:
        RuntimeError: no strides describe the new shape, or the sizes do not fit.
    """
    if len(shape) == 1 and isinstance(shape[0], dtypes.dtype):
        out = detach(input)  # integers and floats have no gradient in common
        dtype, source = shape[0], dtypes.from_numpy(input._array.dtype)
        try:
            out._array = out._array.view(dtype.numpy)
        except ValueError:
            raise RuntimeError(
                f"self.size(-1) must be divisible by {dtype.itemsize // source.itemsize} to view "
                f"{source.c10_name} as {dtype.c10_name} (different element sizes), but got "
                f"{out._array.shape[-1] if out._array.ndim else 1}"
            ) from None
        return out
    return View.apply(input, _infer_shape(as_shape(shape), input._array.size))


def reshape(input: Tensor, *shape: Any) -> Tensor:
    """A view under another shape where strides allow it, else a copy.

    >>> import minitorch
    >>> minitorch.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    if len(shape) == 1 and not isinstance(shape[0], int):
        shape = tuple(shape[0])
    array = input._array
    sizes = _infer_shape(as_shape(shape), array.size) if shape else _infer_shape((), array.size)
    if array.flags.c_contiguous or _viewable(array, sizes):
        return View.apply(input, sizes)
    return UnsafeView.apply(Contiguous.apply(input), sizes)


def _viewable(array: Any, shape: tuple[int, ...]) -> bool:
    try:
        array.reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.view(other.shape)``."""
    return view(input, other._array.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.reshape(other.shape)``."""
    return reshape(input, other._array.shape)


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the dimensions from ``start_dim`` to ``end_dim`` into one."""
    shape = input._array.shape
    start, end = wrap_dim(start_dim, len(shape)), wrap_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return reshape(input, 1)
    if start == end:
        return input
    return reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split a dimension into several; one size may be -1."""
    shape = input._array.shape
    dim = wrap_dim(dim, len(shape))
    try:
        parts = _infer_shape(tuple(sizes), shape[dim])
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({shape[dim]}) in the "
            "input tensor"
        ) from None
    return view(input, (*shape[:dim], *parts, *shape[dim + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """One dimension, in C order."""
    return reshape(input, -1)


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order."""
    order = as_shape(dims)
    ndim = input._array.ndim
    if len(order) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            "length of the desired ordering "
            f"of dimensions i.e. input.dim() = {ndim} is not equal to len(dims) = {len(order)}"
        )
    wrapped = tuple([wrap_dim(d, ndim) for d in order])
    if len(set(wrapped)) != ndim:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return Permute.apply(input, wrapped)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged."""
    ndim = input._array.ndim
    return Transpose.apply(input, wrap_dim(dim0, ndim), wrap_dim(dim1, ndim))


def t(input: Tensor) -> Tensor:
    """The transposed matrix; a vector stays."""
    ndim = input._array.ndim
    if ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {ndim}D")
    return T.apply(input)


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Dimensions moved to new places; the others keep their order."""
    ndim = input._array.ndim
    sources = [wrap_dim(d, ndim) for d in ([source] if isinstance(source, int) else source)]
    targets = [
        wrap_dim(d, ndim) for d in ([destination] if isinstance(destination, int) else destination)
    ]
    order = [d for d in range(ndim) if d not in sources]
    for target, dim in sorted(zip(targets, sources, strict=True)):
        order.insert(target, dim)
    return permute(input, *order)


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """Repeat dimensions of size 1 without copying (stride 0); -1 keeps a size."""
    wanted = as_shape(sizes)
    shape = input._array.shape
    lead = len(wanted) - len(shape)
    if lead < 0:
        raise RuntimeError(
            f"expand({input.type()}{{{list(shape)}}}, size={list(wanted)}): the "
            f"number of sizes provided ({len(wanted)}) must be greater or equal to the number of "
            "dimensions in the tensor "
            f"({len(shape)})"
        )
    result = []
    for d, size in enumerate(wanted):
        have = shape[d - lead] if d >= lead else 1
        if size == -1:
            if d < lead:
                raise RuntimeError(
                    "The expanded size of the tensor (-1) isn't allowed in a leading, "
                    f"non-existing dimension {d}"
                )
            size = have
        if have not in (1, size):
            raise RuntimeError(
                f"The expanded size of the tensor ({size}) must match the existing size ({have}) "
                "at non-singleton dimension "
                f"{d}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
            )
        result.append(size)
    return Expand.apply(input, tuple(result))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.expand(other.shape)``."""
    return expand(input, other._array.shape)


def broadcast_to(input: Tensor, shape: Sequence[int]) -> Tensor:
    """``input.expand(shape)``."""
    return expand(input, shape)


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """All tensors expanded to their common shape."""
    shape: tuple[int, ...] = ()
    for tensor in tensors:
        shape = infer_size(shape, tensor._array.shape)
    return tuple(expand(tensor, shape) for tensor in tensors)


def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without the dimensions of size 1, or only without those named."""
    ndim = input._array.ndim
    if dim is None:
        return SqueezeAll.apply(input, tuple(range(ndim)))
    if isinstance(dim, int):
        return Squeeze.apply(input, (wrap_dim(dim, ndim),))
    return SqueezeSeveral.apply(input, tuple([wrap_dim(d, ndim) for d in dim]))


def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of size 1 at ``dim``."""
    return Unsqueeze.apply(input, wrap_dim(dim, input._array.ndim + 1))


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
    return AsStrided.apply(input, tuple(size), tuple(stride), storage_offset)


def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension."""
    if not input._array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return Unbind.apply(input, wrap_dim(dim, input._array.ndim))


def split(
    tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0
) -> tuple[Tensor, ...]:
    """Parts of one size (the last may be smaller), or of the given sizes."""
    dim = wrap_dim(dim, tensor._array.ndim)
    total = tensor._array.shape[dim]
    if isinstance(split_size_or_sections, int):
        size = split_size_or_sections
        if size == 0 and total:
            raise RuntimeError(
                "split_size can only be 0 if dimension size is 0, but got dimension size of "
                f"{total}"
            )
        if size < 0:
            raise RuntimeError(
                f"split expects split_size be non-negative, but got split_size={size}"
            )
        sizes = tuple([min(size, total - start) for start in range(0, max(total, 1), max(size, 1))])
        return Split.apply(tensor, sizes, dim)
    sizes = tuple(split_size_or_sections)
    if sum(sizes) != total:
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {total} (input tensor's size "
            f"at dimension {dim}), but "
            f"got split_sizes={list(sizes)}"
        )
    return SplitWithSizes.apply(tensor, sizes, dim)


def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most ``chunks`` parts of equal size (the last may be smaller)."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    total = input._array.shape[wrap_dim(dim, input._array.ndim)]
    return split(input, max(-(-total // chunks), 1), dim)


def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The ``length`` slices from ``start`` along a dimension."""
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim]
    if not -size <= start <= size:
        raise IndexError(
            f"start out of range (expected to be in range of [{-size}, {size}], but got {start})"
        )
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    start %= size if start < 0 else size + 1
    if start + length > size:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({size}).")
    return input[(slice(None),) * dim + (slice(start, start + length),)]


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at ``index`` of a dimension, which disappears."""
    shape = input._array.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = wrap_dim(dim, len(shape))
    if not -shape[dim] <= index < shape[dim]:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size {list(shape)} at dimension "
            f"{dim}"
        )
    return input[(slice(None),) * dim + (index,)]


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors joined along a dimension they all have.

    Raises:
        RuntimeError: other dimensions differ.
    """
    if isinstance(tensors, Variable):
        raise TypeError("cat(): argument 'tensors' (position 1) must be tuple of Tensors")
    tensors = tuple(tensors)
    if not tensors:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for position, tensor in enumerate(tensors):
        if not isinstance(tensor, Variable):
            raise TypeError(
                f"expected Tensor as element {position} in argument 0, but got "
                f"{type(tensor).__name__}"
            )
    shapes = [t._array.shape for t in tensors if t._array.shape != (0,)]
    first = shapes[0] if shapes else (0,)
    if any([not s for s in shapes]):
        position = next(i for i, t in enumerate(tensors) if t._array.ndim == 0)
        raise RuntimeError(
            f"zero-dimensional tensor (at position {position}) cannot be concatenated"
        )
    dim = wrap_dim(dim, len(first))
    for position, tensor in enumerate(tensors):
        shape = tensor._array.shape
        if shape == (0,):
            continue
        if len(shape) != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}"
            )
        for d, (n, m) in enumerate(zip(first, shape, strict=True)):
            if d != dim and n != m:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {n} "
                    f"but got size {m} for tensor "
                    f"number {position} in the list."
                )
    return Cat.apply(dim, *tensors)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape joined along a new dimension."""
    tensors = tuple(tensors)
    if not tensors:
        raise RuntimeError("stack expects a non-empty TensorList")
    first = tensors[0]._array.shape
    for position, tensor in enumerate(tensors):
        if tensor._array.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(tensor._array.shape)} at entry {position}"
            )
    return Stack.apply(wrap_dim(dim, len(first) + 1), *tensors)


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Copies of the tensor along each dimension; there may be more of them than it has."""
    counts = as_shape(repeats)
    if len(counts) < input._array.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    return Repeat.apply(input, counts)


def tile(input: Tensor, *dims: Any) -> Tensor:
    """``repeat``, with missing counts taken as 1."""
    counts = as_shape(dims)
    return repeat(input, *((1,) * (input._array.ndim - len(counts)) + counts))


def flip(input: Tensor, *dims: Any) -> Tensor:
    """The elements in reverse order along dimensions; a copy."""
    order = tuple([wrap_dim(d, input._array.ndim) for d in as_shape(dims)])
    for d in order:
        if order.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return Flip.apply(input, order)


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved along dimensions; those that fall off return at the front."""
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    dims = (dims,) if isinstance(dims, int) else dims if dims is None else tuple(dims)
    if dims is not None:
        dims = tuple([wrap_dim(d, input._array.ndim) for d in dims])
        if len(dims) != len(shifts):
            raise RuntimeError(
                f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(dims)}"
            )
    return Roll.apply(input, shifts, dims)


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy with its own memory, through which gradients flow."""
    return Clone.apply(input)


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself if its elements lie in C order, else a copy that does."""
    return input if input._array.flags.c_contiguous else Contiguous.apply(input)


def detach(input: Tensor) -> Tensor:
    """The same memory, cut off from the graph; changes in place are seen by both."""
    tensor = wrap(input._array)
    tensor._version_counter = input.shared_version_counter()
    return tensor


def detach_(input: Tensor) -> Tensor:
    """Cut this tensor off from the graph that made it."""
    if input._view is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using "
            "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
            "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
            "these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as a solution."
        )
    input._grad_fn = None
    input._requires_grad = False
    return input


def copy_(input: Tensor, src: Any, non_blocking: bool = False) -> Tensor:
    """Overwrite with the elements of ``src``, broadcast and converted."""
    return CopyInto.apply_(input, src if isinstance(src, Variable) else wrap(np.asarray(src)))


def fill_(input: Tensor, value: Any) -> Tensor:
    """Overwrite every element with a number or a 0-dim tensor."""
    if isinstance(value, Variable):
        if value._array.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value._array.ndim} dimensions."
            )
        return CopyInto.apply_(input, value)
    if not isinstance(value, (bool, int, float, complex, np.generic)):
        raise TypeError(
            f"fill_(): argument 'value' (position 1) must be Number, not {type(value).__name__}"
        )
    return Fill.apply_(input, value)


def zero_(input: Tensor) -> Tensor:
    """Overwrite every element with 0."""
    return Zero.apply_(input, 0)


def _change_shape(input: Tensor, function: Any, *arguments: Any) -> Tensor:
    """Give a tensor another shape over the memory it has, and the history that goes with it."""
    check_inplace(input, grad_mode.state.enabled and input.requires_grad)
    before = wrap(input._array)
    before._requires_grad, before._grad_fn = input._requires_grad, input.grad_fn
    before._output_nr = input._output_nr
    after = function(before, *arguments)
    input._array, input._grad_fn, input._output_nr = after._array, after.grad_fn, 0
    input.bump_version()
    if input._view is not None:
        input._view.version_of_grad_fn = input._version  # the elements are those of before
    return input


def squeeze_(input: Tensor, dim: Any = None) -> Tensor:
    """``squeeze`` that changes this tensor's own shape."""
    return _change_shape(input, squeeze, dim)


def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """``unsqueeze`` that changes this tensor's own shape."""
    return _change_shape(input, unsqueeze, dim)


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """``transpose`` that changes this tensor's own shape."""
    return _change_shape(input, transpose, dim0, dim1)


def t_(input: Tensor) -> Tensor:
    """``t`` that changes this tensor's own shape."""
    return _change_shape(input, t)


def to_dtype(input: Tensor, dtype: dtypes.dtype) -> Tensor:
    """The tensor itself if it has this dtype, else a converted copy."""
    if input._array.dtype == dtype.numpy:
        return input
    if dtype.category < dtypes.FLOATING:
        return wrap(input._array.astype(dtype.numpy))
    return ToCopy.apply(input, dtype.numpy)


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Sum over dimensions until the shape is ``size``: the inverse of broadcasting to
    ``input.shape``.
    """
    shape = as_shape(size)
    try:
        fits = np.broadcast_shapes(shape, input._array.shape) == input._array.shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"size {{{list(shape)}}} is not expandable to size {{{list(input._array.shape)}}}."
        )
    return sum_to(input, (shape, input._array.dtype))


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinate grids of vectors; with "ij", output ``i`` varies along dimension ``i``."""
    vectors = tensors[0] if len(tensors) == 1 and not isinstance(tensors[0], Variable) else tensors
    n = len(vectors)
    shape = [v._array.size for v in vectors]
    grids = [
        expand(view(v, *[-1 if d == i else 1 for d in range(n)]), shape)
        for i, v in enumerate(vectors)
    ]
    return tuple(transpose(g, 0, 1) for g in grids) if indexing == "xy" and n > 1 else tuple(grids)


def numel(input: Tensor) -> int:
    """The number of elements."""
    return int(unwrap(input).size)
