"""Index tensors and masks: reading (a copy), writing and adding at the places they name.

Mirrors index, index_put, take and put of aten/src/ATen/native/TensorAdvancedIndexing.cpp. Where
places repeat, elements are added in the order of the indices.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import meta_of, sum_to
from minitorch.native.portable_stub import PortableStub
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# --------------------------------------------------------------------------- operators


@PortableStub
def add_at_kernel(out: Any, index: tuple[Any, ...], values: Any) -> None:
    """Add ``values`` in turn at the places that slices, masks and index arrays name."""
    np.add.at(out, index, values)


class Index(Operator):
    """The elements that integer arrays or masks select: a copy."""

    @staticmethod
    def forward(ctx: Any, input: Any, *indices: Any) -> Any:
        try:
            out = input[indices]
        except IndexError:
            if input.size:
                raise
            indices = wrap_unread(input.shape, indices)
            out = input[indices]
        ctx.index, ctx.shape = indices, input.shape
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
        out = np.zeros_like(input, shape=shape, order="C")
        if all([isinstance(i, slice) or i.dtype == bool for i in index]):
            out[index] = input  # a mask selects no element twice
        else:
            add_at_kernel(out, index, input)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Index.apply(grad, *ctx.index)


class IndexPut(Operator):
    """``input`` with ``values`` written (or added) at the indices."""

    @staticmethod
    def forward(ctx: Any, input: Any, values: Any, index: tuple[Any, ...], accumulate: bool) -> Any:
        if not input.size:
            index = wrap_unread(input.shape, index)
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


def wrap_unread(shape: tuple[int, ...], index: tuple[Any, ...]) -> tuple[Any, ...]:
    """The indices into an empty tensor, those out of range moved into it.

    torch reads nothing there, so it never looks at them; NumPy does.
    """
    wrapped: list[Any] = []
    dim = 0
    for part in index:
        is_mask = not isinstance(part, slice) and part.dtype == bool
        if not isinstance(part, slice) and not is_mask and dim < len(shape) and shape[dim]:
            part = part % shape[dim]
        wrapped.append(part)
        dim += part.ndim if is_mask else 1
    return tuple(wrapped)


def write_at(array: Any, index: tuple[Any, ...], values: Any, accumulate: bool) -> None:
    """``array[index] = values`` (or ``+=``, with repeated places added up) on arrays, with torch's
    errors.
    """
    if not array.size:
        index = wrap_unread(array.shape, index)
    try:
        if accumulate:
            add_at_kernel(array, index, values.astype(array.dtype, copy=False))
        else:
            array[index] = values
    except IndexError as error:
        raise torch_index_error(error) from None
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(values.shape)} cannot be broadcast to "
            "indexing result of shape "
            f"{list(array[index].shape)}"
        ) from None


def torch_index_error(error: IndexError) -> IndexError:
    """NumPy's complaint in torch's words."""
    words = str(error)
    if "out of bounds for axis" in words:
        number, rest = words.removeprefix("index ").split(" is out of bounds for axis ")
        dim, size = rest.split(" with size ")
        if size == "0":
            return IndexError("index is out of bounds for dimension with size 0")
        return IndexError(f"index {number} is out of bounds for dimension {dim} with size {size}")
    if "shape mismatch" in words:
        shapes = re.findall(r"\(([\d,]*)\)", words)
        lists = ", ".join(f"[{shape.strip(',').replace(',', ', ')}]" for shape in shapes)
        return IndexError(
            f"shape mismatch: indexing tensors could not be broadcast together with shapes {lists}"
        )
    return IndexError(words)


class Take(Operator):
    """The elements that stand at the places ``index`` of the flattened input."""

    @staticmethod
    def forward(ctx: Any, input: Any, index: Any) -> Any:
        ctx.shape = input.shape
        ctx.save_for_backward(index)
        if not index.size:
            return np.empty_like(input, shape=index.shape)
        return input.reshape(-1)[index].reshape(index.shape)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return TakeBackward.apply(grad, ctx.shape, index), None


class TakeBackward(Operator):
    """Zeros of a shape with ``input`` added at the places ``index``: the adjoint of ``Take``."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...], index: Any) -> Any:
        ctx.save_for_backward(index)
        out = np.zeros_like(input, shape=shape, order="C")
        np.add.at(out.reshape(-1), index.reshape(-1), input.reshape(-1))
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return Take.apply(grad, index)


class Put(Operator):
    """``input`` with ``source`` written (or added) at the places ``index`` of the flattened."""

    @staticmethod
    def forward(ctx: Any, input: Any, index: Any, source: Any, accumulate: bool) -> Any:
        ctx.accumulate, ctx.source = accumulate, meta_of(source)
        ctx.save_for_backward(index)
        out = input.copy(order="C")
        flat = out.reshape(-1)
        if accumulate:
            np.add.at(flat, index.reshape(-1), source.reshape(-1))
        else:
            flat[index.reshape(-1)] = source.reshape(-1)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        grad_source = Take.apply(grad, index).reshape(ctx.source[0])
        if ctx.accumulate:
            return grad, None, grad_source
        where = unwrap(index)
        kept = np.ones_like(unwrap(grad), order="C")
        kept.reshape(-1)[where.reshape(-1)] = 0
        return grad * (wrap(kept) if isinstance(grad, Variable) else kept), None, grad_source


# --------------------------------------------------------------------------- public functions


def _index_arrays(input: Tensor, indices: Sequence[Tensor | None]) -> tuple[Any, ...]:
    arrays: list[Any] = []
    for index in indices:
        if index is None:
            arrays.append(slice(None))
            continue
        if not isinstance(index, Variable):
            raise TypeError(
                "index_put(): argument 'indices' (position 1) must be tuple of Tensors, not "
                f"{type(indices).__name__}"
            )
        array = index._array
        if array.dtype == np.uint8:
            array = array.astype(bool)
        if array.dtype.kind not in "iub":
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        if array.dtype == bool and not array.ndim:
            raise IndexError("too many indices for tensor of dimension 0")
        arrays.append(array)
    consumed = sum([a.ndim if getattr(a, "dtype", None) == np.bool_ else 1 for a in arrays])
    if consumed > input._array.ndim:
        raise IndexError(
            f"too many indices for tensor of dimension {input._array.ndim} (got {consumed})"
        )
    return tuple(arrays)


def index_put(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """A copy with ``values`` written (or added) at the places that a tuple of index tensors names.

    Raises:
        RuntimeError: the dtypes differ, or ``values`` does not broadcast to the places.
    """
    arrays = _checked_put(input, indices, values)
    return IndexPut.apply(input, values, arrays, accumulate)


def index_put_(
    input: Tensor, indices: Sequence[Tensor], values: Tensor, accumulate: bool = False
) -> Tensor:
    """``index_put`` in place."""
    arrays = _checked_put(input, indices, values)
    return IndexPut.apply_(input, values, arrays, accumulate)


def _checked_put(input: Tensor, indices: Sequence[Tensor], values: Tensor) -> tuple[Any, ...]:
    arrays = _index_arrays(input, indices)
    if values._array.dtype != input._array.dtype:
        names = [dtypes.from_numpy(x._array.dtype).c10_name for x in (input, values)]
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{names[0]} for the destination and {names[1]} for the source."
        )
    return arrays


def _check_places(input: Tensor, index: Tensor, name: str) -> None:
    where = index._array
    if where.dtype != np.int64:
        raise RuntimeError(
            f"{name}(): Expected a long tensor for index, but got "
            f"{dtypes.from_numpy(where.dtype).c10_name}"
        )
    size = input._array.size
    if where.size and not size:
        raise IndexError(f"{name}(): tried to take from an empty tensor")
    if where.size and (where.max() >= size or where.min() < -size):
        wrong = where[(where >= size) | (where < -size)].reshape(-1)[0].item()
        raise IndexError(
            f"out of range: tried to access index {wrong} on a tensor of {size} elements."
        )


@accepts_out
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at the places ``index`` of the flattened tensor.

    Shape: that of ``index``.
    """
    _check_places(input, index, "take")
    return Take.apply(input, index)


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with ``source`` written (or added) at the places ``index`` of the flattened tensor."""
    _check_source(input, index, source)
    return Put.apply(input, index, source, accumulate)


def put_(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """``put`` in place."""
    _check_source(input, index, source)
    return Put.apply_(input, index, source, accumulate)


def _check_source(input: Tensor, index: Tensor, source: Tensor) -> None:
    _check_places(input, index, "put_")
    if source._array.size != index._array.size:
        raise IndexError(
            f"put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source._array.size}, index.numel() = {index._array.size}"
        )
    if source._array.dtype != input._array.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got self.dtype = "
            f"{dtypes.from_numpy(input._array.dtype).c10_name} and source.dtype = "
            f"{dtypes.from_numpy(source._array.dtype).c10_name}"
        )


def _clamped(
    input: Tensor, mask: Tensor, indices: Sequence[Tensor | None]
) -> tuple[Tensor | None, ...]:
    return tuple(
        [
            None if i is None else i.clamp(min=-n, max=n - 1)
            for i, n in zip(indices, input._array.shape, strict=False)
        ]
    )


def _unsafe_masked_index(
    input: Tensor, mask: Tensor, indices: Sequence[Tensor | None], fill: float
) -> Tensor:
    """``input[indices]`` where ``mask``, else ``fill``: indices out of range are moved into it."""
    arrays = _index_arrays(input, _clamped(input, mask, indices))
    return Index.apply(input, *arrays).masked_fill(mask.logical_not(), fill)


def _unsafe_masked_index_put_accumulate(
    input: Tensor, mask: Tensor, indices: Sequence[Tensor | None], values: Tensor
) -> Tensor:
    """``input`` with ``values`` added at the indices where ``mask``."""
    values = values.masked_fill(mask.logical_not(), 0)
    return index_put(input, _clamped(input, mask, indices), values, True)  # type: ignore[arg-type]
