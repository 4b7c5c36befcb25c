"""Views: the same elements under another shape.

Mirrors aten/src/ATen/native/TensorShape.cpp. A view shares its memory with its input; torch and
NumPy agree on when that is possible without a copy. Windows on any memory stand in
strided_views.py, parts of a tensor in splitting.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes, storage
from minitorch._size import Size
from minitorch.autograd.operator import Alias, Operator
from minitorch.autograd.variable import wrap
from minitorch.native.conversions import Contiguous
from minitorch.native.expand_utils import infer_size, meta_of, sum_to
from minitorch.native.sizes import as_shape, infer_shape, wrap_dim, wrap_dims
from minitorch.native.tensor_iterator import check_tensors
from minitorch.native.variants import accepts_numpy_names

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class View(Operator):
    __slots__ = ("shape",)
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...]) -> Any:
        ctx.shape = input.shape
        try:
            if input.flags.c_contiguous:  # 0.2 us sooner
                return input.reshape(shape)
            return input.reshape(shape, copy=False)
        except ValueError:
            if len(shape) > 64:  # as many as NumPy's arrays can have
                raise RuntimeError("only tensors with up to 64 dims are supported") from None
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
    __slots__ = ("dims",)
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dims: tuple[int, ...]) -> Any:
        ctx.dims = dims
        return input.transpose(dims)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        dims = ctx.dims
        return Permute.apply(grad, tuple(sorted(range(len(dims)), key=dims.__getitem__)))


class Transpose(Operator):
    __slots__ = ("dims",)
    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, dim0: int, dim1: int) -> Any:
        ctx.dims = dim0, dim1
        if type(input) is np.ndarray and input.ndim:
            return input.swapaxes(dim0, dim1)  # 0.3 us less than the function
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
        if type(input) is not np.ndarray:
            return np.broadcast_to(input, shape)
        # np.broadcast_to marks its results read-only, and forgets strides of dimensions of size 1;
        # torch refuses writes itself (check_no_overlap).
        lead = len(shape) - input.ndim
        kept = zip(input.strides, input.shape, shape[lead:], strict=True)
        strides = [0] * lead + [step if old == new else 0 for step, old, new in kept]
        return np.lib.stride_tricks.as_strided(input, shape, strides, writeable=True)

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


def view(input: Tensor, *shape: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same memory under another shape (one size may be -1), or, given a dtype, under another
    type of equal size.

    Raises:
        RuntimeError: no strides describe the new shape, or the sizes do not fit.
    """
    if dtype is not None or (len(shape) == 1 and isinstance(shape[0], dtypes.dtype)):
        return _view_as_dtype(input, shape[0] if dtype is None else dtype)
    shape = shape if size is None else (size,)
    if not shape:
        raise TypeError("view() received an invalid combination of arguments - got ()")
    return View.apply(input, infer_shape(as_shape(shape), input._array.size))


def _view_as_dtype(input: Tensor, dtype: dtypes.dtype) -> Tensor:
    """Not differentiable: integers and floats have no gradient in common."""
    out = detach(input)
    array, source = out._array, dtypes.from_numpy(out._array.dtype)
    if dtype is source:
        return alias(input)
    if dtype.itemsize != source.itemsize:
        goal = f"to view {source.c10_name} as {dtype.c10_name} (different element sizes)"
        if not array.ndim:
            raise RuntimeError(f"self.dim() cannot be 0 {goal}")
        step, size = storage.stride(array)[-1], array.shape[-1]
        if step != 1:
            raise RuntimeError(f"self.stride(-1) must be 1 {goal}, but got {step}")
        ratio = dtype.itemsize // source.itemsize
        if ratio and size % ratio:
            raise RuntimeError(f"self.size(-1) must be divisible by {ratio} {goal}, but got {size}")
    out._array = array.view(dtype.numpy)
    return out


def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """A view under another shape where strides allow it, else a copy.

    >>> import minitorch
    >>> minitorch.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    array = input._array
    wanted = infer_shape(as_shape(sizes if shape is None else (shape,)), array.size)
    if array.flags.c_contiguous or _viewable(array, wanted):
        return View.apply(input, wanted)
    return UnsafeView.apply(Contiguous.apply(input), wanted)


def _viewable(array: Any, shape: tuple[int, ...]) -> bool:
    try:
        array.reshape(shape, copy=False)
    except ValueError:
        return False
    return True


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.view(other.shape)``."""
    check_tensors("view_as", other=other)
    return view(input, other._array.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.reshape(other.shape)``."""
    check_tensors("reshape_as", other=other)
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


@accepts_numpy_names
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Split a dimension into several; one size may be -1."""
    shape = input._array.shape
    dim = wrap_dim(dim, len(shape))
    sizes = as_shape((sizes,))
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    try:
        parts = infer_shape(sizes, shape[dim])
    except RuntimeError as error:
        if "can be inferred" in str(error):
            raise RuntimeError(f"unflatten got an unexpected error:\n{error}") from None
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({shape[dim]}) in the "
            "input tensor"
        ) from None
    return view(input, (*shape[:dim], *parts, *shape[dim + 1 :]))


def ravel(input: Tensor) -> Tensor:
    """One dimension, in C order."""
    return reshape(input, -1)


def alias(input: Tensor) -> Tensor:
    """The same memory under the same shape: a view of all of it."""
    return Alias.apply(input)


def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """The dimensions in another order."""
    if not order and dims is None:
        raise TypeError('permute() missing 1 required positional arguments: "dims"')
    order = as_shape(order if dims is None else (dims,))
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
    given = [[d] if isinstance(d, int) else list(d) for d in (source, destination)]
    if len(given[0]) != len(given[1]):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({given[0]} dims) should contain "
            f"the same number of dims as destination ({given[1]} dims)"
        )
    sources, targets = ([wrap_dim(d, ndim) for d in dims] for dims in given)
    for name, wrapped, dims in (
        ("source", sources, given[0]),
        ("destination", targets, given[1]),
    ):
        if len(set(wrapped)) < len(wrapped):
            raise RuntimeError(f"movedim: repeated dim in `{name}` ({dims})")
    if not ndim:
        return alias(input)
    order = [d for d in range(ndim) if d not in sources]
    for target, dim in sorted(zip(targets, sources, strict=True)):
        order.insert(target, dim)
    return permute(input, *order)


def expand(input: Tensor, *sizes: Any, size: Any = None, implicit: bool = False) -> Tensor:
    """Repeat dimensions of size 1 without copying (stride 0); -1 keeps a size."""
    wanted = as_shape(sizes if size is None else (size,))
    shape = input._array.shape
    lead = len(wanted) - len(shape)
    if lead < 0:
        raise RuntimeError(
            f"expand({input.type()}{{{list(shape)}}}, size={list(wanted)}): the "
            f"number of sizes provided ({len(wanted)}) must be greater or equal to the number of "
            "dimensions in the tensor "
            f"({len(shape)})"
        )
    result = list(wanted)
    for d in reversed(range(len(wanted))):  # from the last, which errors name first
        new, have = wanted[d], shape[d - lead] if d >= lead else 1
        if new == -1:
            if d < lead:
                raise RuntimeError(
                    "The expanded size of the tensor (-1) isn't allowed in a leading, "
                    f"non-existing dimension {d}"
                )
            new = have
        if have not in (1, new) or new < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({new}) must match the existing size ({have}) "
                "at non-singleton dimension "
                f"{d}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
            )
        result[d] = new
    return Expand.apply(input, tuple(result))


def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """``input.expand(other.shape)``."""
    check_tensors("expand_as", other=other)
    return expand(input, other._array.shape)


def broadcast_to(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """``input.expand(size)``."""
    return expand(input, *sizes, size=size)


def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """All tensors expanded to their common shape."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (tuple, list)) else tensors
    shape: tuple[int, ...] = ()
    for tensor in given:
        shape = infer_size(shape, tensor._array.shape)
    return tuple([t if t._array.shape == shape else expand(t, shape) for t in given])


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that tensors of these shapes broadcast to; a number is a shape of one dimension.

    >>> broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])

    Raises:
        RuntimeError: sizes differ and neither is 1.
    """
    given = [(s,) if isinstance(s, int) else s for s in shapes]
    result = [1] * max([len(s) for s in given], default=0)
    for position, shape in enumerate(given):
        for d in range(-1, -1 - len(shape), -1):
            if shape[d] in (1, result[d]):
                continue
            if result[d] != 1 or shape[d] < 0:
                raise RuntimeError(
                    f"Attempting to broadcast a dimension of length {shape[d]} at {d}! Mismatching "
                    f"argument at index {position} had {shape}; but expected shape should be "
                    f"broadcastable to {result}"
                )
            result[d] = shape[d]
    return Size(result)


@accepts_numpy_names
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without the dimensions of size 1, or only without those named."""
    ndim = input._array.ndim
    if dim is None:
        return SqueezeAll.apply(input, tuple(range(ndim)))
    if isinstance(dim, int):
        return Squeeze.apply(input, (wrap_dim(dim, ndim),))
    return SqueezeSeveral.apply(input, wrap_dims(dim, ndim))


@accepts_numpy_names
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of size 1 at ``dim``."""
    return Unsqueeze.apply(input, wrap_dim(dim, input._array.ndim + 1))


def detach(input: Tensor) -> Tensor:
    """The same memory, cut off from the graph; changes in place are seen by both."""
    tensor = wrap(input._array)
    tensor._version_counter = input.shared_version_counter()
    return tensor


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Sum over dimensions until the shape is ``size``: the inverse of broadcasting to
    ``input.shape``.
    """
    if not size:
        raise TypeError('sum_to_size() missing 1 required positional arguments: "size"')
    shape = as_shape(size)
    try:
        fits = np.broadcast_shapes(shape, input._array.shape) == input._array.shape
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"size {{{list(shape)}}} is not expandable to size {{{list(input._array.shape)}}}."
        )
    kind = input._array.dtype
    if (not shape or shape != input._array.shape) and dtypes.is_integral(kind):
        kind = np.dtype(np.int64)  # as every sum of integers
    return sum_to(input, (shape, kind))
