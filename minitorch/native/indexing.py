"""Reading and writing parts of a tensor: slices (views), index tensors and masks (copies), gather
and scatter.

Mirrors aten/src/ATen/native/{IndexingUtils.h, TensorAdvancedIndexing.cpp} and
torch/csrc/autograd/python_variable_indexing.cpp.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.inplace import check_no_overlap
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.binary_ops import Where
from minitorch.native.expand_utils import infer_size, meta_of, sum_to
from minitorch.native.tensor_shape import CopyInto, expand, unsqueeze, wrap_dim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# --------------------------------------------------------------------------- slices


class Slice(Operator):
    """The elements that numbers, slices, None and ... select: a view."""

    is_view = True

    @staticmethod
    def forward(ctx: Any, input: Any, index: tuple[Any, ...]) -> Any:
        ctx.index, ctx.shape = index, input.shape
        return input[index]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return SliceBackward.apply(grad, ctx.shape, ctx.index)


class Select(Slice):
    """``Slice`` whose last part is a number."""


class SliceBackward(Operator):
    """Zeros of a shape with ``input`` in the sliced part: the adjoint of ``Slice``."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
        ctx.index = index
        out = np.zeros_like(input, shape=shape)
        out[index] = input
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Slice.apply(grad, ctx.index)


# --------------------------------------------------------------------------- index tensors


class Index(Operator):
    """The elements that integer arrays or masks select: a copy."""

    @staticmethod
    def forward(ctx: Any, input: Any, *indices: Any) -> Any:
        ctx.index, ctx.shape = indices, input.shape
        out = input[indices]
        if not out.flags.c_contiguous:
            return out.copy(order="C")
        return out.reshape(-1).reshape(out.shape) if 1 in out.shape else out  # torch's strides

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return IndexBackward.apply(grad, ctx.shape, ctx.index)


class IndexBackward(Operator):
    """Zeros of a shape with ``input`` added at the indices, which may repeat: the adjoint of
    ``Index``.
    """

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...], index: tuple[Any, ...]) -> Any:
        ctx.index = index
        out = np.zeros_like(input, shape=shape)
        if all([isinstance(i, slice) or i.dtype == bool for i in index]):
            out[index] = input  # a mask selects no element twice
        else:
            np.add.at(out, index, input)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Index.apply(grad, *ctx.index)


class IndexPut(Operator):
    """``input`` with ``values`` written (or added) at the indices."""

    @staticmethod
    def forward(ctx: Any, input: Any, values: Any, index: tuple[Any, ...], accumulate: bool) -> Any:
        ctx.index, ctx.accumulate, ctx.values = index, accumulate, meta_of(values)
        out = input.copy()
        write_at(out, index, values, accumulate)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        grad_values = sum_to(Index.apply(grad, *ctx.index), ctx.values)
        if ctx.accumulate:
            return grad, grad_values
        mask = np.ones_like(unwrap(grad), dtype=bool)
        mask[ctx.index] = False
        return grad * (wrap(mask) if isinstance(grad, Variable) else mask), grad_values


def write_at(array: Any, index: tuple[Any, ...], values: Any, accumulate: bool) -> None:
    """``array[index] = values`` (or ``+=``, with repeated places added up) on arrays, with torch's
    errors.
    """
    try:
        if accumulate:
            np.add.at(array, index, values.astype(array.dtype, copy=False))
        else:
            array[index] = values
    except IndexError as error:
        raise _torch_index_error(error, array) from None
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to "
            "indexing result of shape "
            f"{list(array[index].shape)}"
        ) from None


# --------------------------------------------------------------------------- x[...]


def _parse(input: Tensor, index: Any) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    """Split an index into its slices, which are taken first, and its arrays, which index what the
    slices left.
    """
    parts = index if isinstance(index, tuple) else (index,)
    array = input._array
    basic: list[Any] = []
    advanced: list[Any] = []  # aligned with the dimensions that remain after the slices
    consumed = 0
    for part in parts:
        if part is None or part is Ellipsis or isinstance(part, (bool, np.bool_)):
            continue
        values = unwrap(part)
        consumed += values.ndim if getattr(values, "dtype", None) == np.bool_ else 1
    if consumed > array.ndim:
        raise IndexError(f"too many indices for tensor of dimension {array.ndim}")
    seen_ellipsis = False
    dim = 0
    for part in parts:
        if part is Ellipsis:
            if seen_ellipsis:
                raise IndexError("an index can only have a single ellipsis ('...')")
            seen_ellipsis = True
            skipped = array.ndim - consumed
            basic += [slice(None)] * skipped
            advanced += [slice(None)] * skipped
            dim += skipped
        elif part is None:
            basic.append(None)
            advanced.append(slice(None))
        elif isinstance(part, slice):
            basic.append(_checked_slice(part))
            advanced.append(slice(None))
            dim += 1
        elif isinstance(part, (bool, np.bool_)):
            basic.append(None)
            advanced.append(np.array([part]))
        elif isinstance(part, (int, np.integer)) or (
            isinstance(part, Variable) and part._array.ndim == 0 and part._array.dtype.kind in "iu"
        ):
            number = int(unwrap(part))
            size = array.shape[dim]
            if not -size <= number < size:
                raise IndexError(
                    f"index {number} is out of bounds for dimension {dim} with size {size}"
                )
            basic.append(number)
            dim += 1
        elif isinstance(part, (Variable, np.ndarray, list, tuple, range)):
            values = _index_array(part)
            if values.dtype == bool and values.ndim == 0:
                basic.append(None)
                advanced.append(values.reshape(1))
                continue
            covered = values.ndim if values.dtype == bool else 1
            if values.dtype == bool:
                for offset, n in enumerate(values.shape):
                    if n != array.shape[dim + offset]:
                        raise IndexError(
                            f"The shape of the mask {list(values.shape)} at index {offset} does "
                            "not match the shape of the "
                            f"indexed tensor {list(array.shape)} at index {dim + offset}"
                        )
            basic += [slice(None)] * covered
            advanced.append(values)
            dim += covered
        elif isinstance(part, str):
            raise TypeError("new(): invalid data type 'str'")
        else:
            raise IndexError(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables "
                "are valid indices (got "
                f"{type(part).__name__})"
            )
    has_arrays = any([not isinstance(a, slice) for a in advanced])
    return tuple(basic), tuple(advanced) if has_arrays else None


def _checked_slice(part: slice) -> slice:
    bounds = (part.start, part.stop, part.step)
    try:
        start, stop, step = [None if b is None else operator.index(unwrap(b)) for b in bounds]
    except TypeError:
        raise TypeError(
            "slice indices must be integers or None or have an __index__ method"
        ) from None
    if step is not None and step <= 0:
        raise ValueError("step must be greater than zero" if step else "slice step cannot be zero")
    return slice(start, stop, step)


def _index_array(part: Any) -> Any:
    if isinstance(part, (list, tuple, range)):
        part = [p._array.item() if isinstance(p, Variable) else p for p in part]
    values = part._array if isinstance(part, Variable) else np.asarray(part)
    if values.dtype == np.uint8:  # the masks of old
        return values.astype(bool)
    if values.size == 0 and not isinstance(part, (Variable, np.ndarray)):
        return values.astype(np.int64)
    if values.dtype.kind not in "iub":
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    return values


def _is_trivial(basic: tuple[Any, ...]) -> bool:
    return all([isinstance(b, slice) and b == slice(None) for b in basic])


def getitem(input: Tensor, index: Any) -> Tensor:
    """``input[index]``: a view for numbers, slices, None and ...; a copy for index tensors and
    masks.

    Raises:
        IndexError: out of range, too many indices, or an index of the wrong type.
    """
    if type(index) is int and input._array.ndim:  # the index of most loops
        size = input._array.shape[0]
        if not -size <= index < size:
            raise IndexError(f"index {index} is out of bounds for dimension 0 with size {size}")
        return Select.apply(input, (index, Ellipsis))
    if isinstance(index, list):
        index = _list_index(index)
    if input._array.ndim == 0:
        _check_index_of_0_dim(index)
    if index is None:
        return unsqueeze(input, 0)
    basic, advanced = _parse(input, index)
    if advanced is None or not _is_trivial(basic):
        last_is_number = bool(basic) and isinstance(basic[-1], int)
        input = (Select if last_is_number else Slice).apply(input, (*basic, Ellipsis))
    if advanced is None:
        return input
    try:
        return Index.apply(input, *advanced)
    except IndexError as error:
        raise _torch_index_error(error, input._array) from None


def _check_index_of_0_dim(index: Any) -> None:
    if isinstance(index, slice):
        raise IndexError("slice() cannot be applied to a 0-dim tensor.")
    if isinstance(index, int) and not isinstance(index, bool):
        raise IndexError(
            "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` "
            "in C++ to convert a 0-dim tensor to a number"
        )


def _list_index(index: list[Any]) -> Any:
    """A list of slices or tensors is a tuple of indices; a list of numbers is an index array.
    Mirrors treatSequenceAsTuple.
    """
    nested = (slice, Variable, list, tuple, np.ndarray, type(Ellipsis), type(None))
    return tuple(index) if any([isinstance(i, nested) for i in index]) else index


def _torch_index_error(error: IndexError, array: Any) -> IndexError:
    words = str(error)
    if "out of bounds for axis" in words:
        number, rest = words.removeprefix("index ").split(" is out of bounds for axis ")
        dim, size = rest.split(" with size ")
        return IndexError(f"index {number} is out of bounds for dimension {dim} with size {size}")
    if "shape mismatch" in words:
        shapes = re.findall(r"\(([\d,]*)\)", words)
        lists = ", ".join(f"[{shape.strip(',').replace(',', ', ')}]" for shape in shapes)
        return IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {lists}"
        )
    return IndexError(words)


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """``input[index] = value``, in place, broadcast and converted."""
    if isinstance(index, list):
        index = _list_index(index)
    if not input._array.ndim:
        _check_index_of_0_dim(index)
    if not isinstance(value, Variable):
        if not isinstance(value, (int, float, complex, np.generic)):
            name = dtypes.from_numpy(input._array.dtype).c10_name
            raise TypeError(f"can't assign a {_full_name(value)} to a torch.{name}Tensor")
        value = wrap(np.asarray(value).astype(input._array.dtype))
    basic, advanced = _parse(input, index)
    if (
        advanced is not None
        and value._array.dtype != input._array.dtype
        and not (value._array.size == 1 and _is_one_mask(advanced))
    ):
        names = [dtypes.from_numpy(x._array.dtype).c10_name for x in (input, value)]
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{names[0]} for the destination and {names[1]} for the source."
        )
    recording = grad_mode.state.enabled and (input.requires_grad or value.requires_grad)
    if not recording:
        array = input._array[(*basic, Ellipsis)]
        check_no_overlap(array)
        if advanced is None:
            array[...] = _expanded(value, array.shape)._array
        else:
            write_at(array, advanced, value._array, False)
        input.bump_version()
        return
    target = (
        input
        if _is_trivial(basic) and advanced is not None
        else Slice.apply(input, (*basic, Ellipsis))
    )
    if advanced is not None:
        IndexPut.apply_(target, value, advanced, False)
        return
    CopyInto.apply_(target, _expanded(value, target._array.shape))


def _is_one_mask(indices: tuple[Any, ...]) -> bool:
    """Whether a mask is the only index: torch then fills, and converts. Mirrors
    canDispatchToMaskedFill.
    """
    arrays = [i for i in indices if not isinstance(i, slice)]
    return len(arrays) == 1 and arrays[0].dtype == bool


def _expanded(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A value to be assigned, broadcast; leading dimensions of size 1 may be too many."""
    if value._array.shape == shape:
        return value
    while value._array.ndim > len(shape) and value._array.shape[0] == 1:
        value = value[0]
    return expand(value, shape) if value._array.ndim else value


def _full_name(value: Any) -> str:
    kind = type(value)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


# --------------------------------------------------------------------------- gather and scatter


class Gather(Operator):
    """out[i][j] = input[index[i][j]][j] for dim 0, and so on."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any) -> Any:
        ctx.dim, ctx.shape = dim, input.shape
        ctx.save_for_backward(index)
        return input[_positions(index, dim)] if input.ndim else input[...].copy()

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return scatter_into_zeros(grad, ctx.shape, ctx.dim, index)


class ScatterIntoZeros(Operator):
    """Zeros of a shape, with ``input`` added at the places that ``Gather`` reads: its adjoint."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...], dim: int, index: Any) -> Any:
        ctx.dim = dim
        ctx.save_for_backward(index)
        out = np.zeros_like(input, shape=shape)
        np.add.at(out, _positions(index, dim) if shape else (), input)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return Gather.apply(grad, ctx.dim, index)


def scatter_into_zeros(input: Any, shape: tuple[int, ...], dim: int, index: Any) -> Any:
    """Zeros of ``shape`` with ``input`` added at ``index`` along ``dim``, on arrays or tensors."""
    return ScatterIntoZeros.apply(input, shape, dim, index)


def _positions(index: Any, dim: int) -> tuple[Any, ...]:
    """The full index of every element that ``index`` names along ``dim``."""
    grid = list(np.ix_(*[np.arange(n, like=index) for n in index.shape]))
    grid[dim] = index
    return tuple(grid)


class Scatter(Operator):
    """``input`` with ``src`` written at ``index`` along ``dim``."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any, src: Any) -> Any:
        ctx.dim = dim
        ctx.src = meta_of(src)
        ctx.save_for_backward(index)
        out = input.copy()
        values = src[tuple([slice(n) for n in index.shape])] if hasattr(src, "shape") else src
        out[_positions(index, dim)] = values
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        mask = np.ones_like(unwrap(grad), dtype=bool)
        mask[_positions(unwrap(index), ctx.dim)] = False
        grad_input = grad * (wrap(mask) if isinstance(grad, Variable) else mask)
        return grad_input, None, None, _grad_of_source(grad, ctx, index)


def _grad_of_source(grad: Any, ctx: Any, index: Any) -> Any:
    if ctx.src is None:
        return None
    picked = Gather.apply(grad, ctx.dim, index)
    shape = ctx.src[0]
    if tuple(picked.shape) == shape:
        return picked
    return SliceBackward.apply(picked, shape, tuple([slice(n) for n in picked.shape]))


class ScatterNumber(Scatter, name="ScatterBackward1"):
    """``Scatter`` of a Python number."""


class ScatterAdd(Operator):
    """``input`` with ``src`` added at ``index`` along ``dim``."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any, src: Any) -> Any:
        ctx.dim = dim
        ctx.src = meta_of(src)
        ctx.save_for_backward(index)
        out = input.copy()
        np.add.at(out, _positions(index, dim), src[tuple([slice(n) for n in index.shape])])
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return grad, None, None, _grad_of_source(grad, ctx, index)


class IndexSelect(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any) -> Any:
        ctx.dim, ctx.shape, ctx.index = dim, input.shape, index
        if not input.ndim:
            return input.copy()
        return input.take(index, dim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if not ctx.shape:
            return grad
        return IndexBackward.apply(grad, ctx.shape, (slice(None),) * ctx.dim + (ctx.index,))


class MaskedFill(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, mask: Any, value: Any) -> Any:
        ctx.save_for_backward(mask)
        ctx.input, ctx.value = meta_of(input), meta_of(value)
        try:
            kind = input.dtype
            value = value.astype(kind) if hasattr(value, "dtype") else kind.type(value)
            return np.where(mask, value, input)
        except ValueError:
            infer_size(input.shape, mask.shape)
            raise

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (mask,) = ctx.saved_tensors
        grad_input = sum_to(Where.apply(mask, 0.0, grad), ctx.input)
        return grad_input, None, sum_to(Where.apply(mask, grad, 0.0), ctx.value)


def _check_index(index: Tensor, function: str) -> None:
    if index._array.dtype not in (np.int64, np.int32):
        raise RuntimeError(f"{function}(): Expected dtype int32/int64 for index")


def _check_in_range(index: Any, size: int, dim: int) -> None:
    if index.size and (index.max() >= size or index.min() < 0):
        wrong = index[(index >= size) | (index < 0)].flat[0]
        raise RuntimeError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")


def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Pick one element along ``dim`` for every place of ``index``.

    Shape: the output has the shape of ``index``, which may be smaller than ``input`` in the other
        dimensions.
    """
    dim = wrap_dim(dim, input._array.ndim)
    _check_index(index, "gather")
    if index._array.ndim != input._array.ndim and input._array.ndim and index._array.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    if input._array.ndim:
        _check_in_range(index._array, input._array.shape[dim], dim)
    return Gather.apply(input, dim, index)


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """``gather`` whose other dimensions broadcast; over the flattened tensor without ``dim``."""
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    dim = wrap_dim(dim, input._array.ndim)
    shape = list(
        np.broadcast_shapes(
            *[
                tuple(1 if d == dim else n for d, n in enumerate(t._array.shape))
                for t in (input, indices)
            ]
        )
    )
    input_shape, index_shape = list(shape), list(shape)
    input_shape[dim], index_shape[dim] = input._array.shape[dim], indices._array.shape[dim]
    return gather(input.expand(input_shape), dim, indices.expand(index_shape))


def _scatter_arguments(
    input: Tensor, dim: int, index: Tensor, src: Any, value: Any
) -> tuple[Any, ...]:
    dim = wrap_dim(dim, input._array.ndim)
    _check_index(index, "scatter")
    _check_in_range(index._array, input._array.shape[dim], dim)
    return dim, index, value if src is None else src


def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None
) -> Tensor:
    """A copy of ``input`` with ``src``, tensor or number, written at ``index`` along ``dim``."""
    dim, index, values = _scatter_arguments(input, dim, index, src, value)
    operator = Scatter if isinstance(values, Variable) else ScatterNumber
    return operator.apply(input, dim, index, values)


def scatter_(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None
) -> Tensor:
    """``scatter`` in place."""
    return Scatter.apply_(input, *_scatter_arguments(input, dim, index, src, value))


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of ``input`` with ``src`` added at ``index`` along ``dim``; repeated places add up."""
    return ScatterAdd.apply(input, *_scatter_arguments(input, dim, index, src, None))


def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """``scatter_add`` in place."""
    return ScatterAdd.apply_(input, *_scatter_arguments(input, dim, index, src, None))


def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of a dimension that ``index`` names, in its order."""
    dim = wrap_dim(dim, input._array.ndim)
    if index._array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if (
        input._array.ndim
        and index._array.size
        and (index._array.max() >= input._array.shape[dim] or index._array.min() < 0)
    ):
        raise IndexError("index out of range in self")
    return IndexSelect.apply(input, dim, index._array.reshape(-1))


def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """A copy of ``input`` with the slices of ``source`` added where ``index`` says."""
    where = (slice(None),) * wrap_dim(dim, input._array.ndim) + (index._array,)
    return IndexPut.apply(input, source if alpha == 1 else source * alpha, where, True)


def index_add_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """``index_add`` in place."""
    where = (slice(None),) * wrap_dim(dim, input._array.ndim) + (index._array,)
    return IndexPut.apply_(input, source if alpha == 1 else source * alpha, where, True)


def index_put_(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """Write (or add) ``values`` at the places that a tuple of index tensors names, in place."""
    return IndexPut.apply_(input, values, tuple([i._array for i in indices]), accumulate)


def _check_mask(mask: Tensor) -> None:
    if mask._array.dtype != bool:
        name = dtypes.from_numpy(mask._array.dtype).name
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {name}"
        )


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """``input`` with a number (or 0-dim tensor) where ``mask`` is true."""
    _check_mask(mask)
    if mask._array.ndim > input._array.ndim:
        input = input.expand(np.broadcast_shapes(input._array.shape, mask._array.shape))
    return MaskedFill.apply(input, mask, value)


def masked_fill_(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """``masked_fill`` in place."""
    _check_mask(mask)
    return MaskedFill.apply_(input, mask, value)


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where ``mask`` is true, as a vector; both broadcast."""
    shape = np.broadcast_shapes(input._array.shape, mask._array.shape)
    return getitem(input.expand(shape), mask.expand(shape))


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: one row each, or one tensor per dimension.

    Shape: (number of non-zero elements, number of dimensions).
    """
    array = unwrap(input)
    if as_tuple:
        return tuple(wrap(index.copy()) for index in np.nonzero(np.atleast_1d(array)))
    return wrap(np.argwhere(array))


def argwhere(input: Tensor) -> Tensor:
    """``nonzero``."""
    return wrap(np.argwhere(unwrap(input)))
