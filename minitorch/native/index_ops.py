"""Slices of one dimension, named by a vector of numbers: selecting, adding, copying, filling,
reducing.

Mirrors the index_* part of aten/src/ATen/native/TensorAdvancedIndexing.cpp and
index_reduce_backward of torch/csrc/autograd/FunctionsManual.cpp. Slices that are named repeatedly
are combined in the order of the index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import meta_of, np_asarray
from minitorch.native.portable_stub import PortableStub
from minitorch.native.reduce_ops_utils import as_number
from minitorch.native.scatter_gather import (
    REDUCTIONS,
    divide_counts,
    identity_of,
    prod_backward,
    range_kernel,
    zero_or_one,
)
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import cast_operand, refuse
from minitorch.native.variants import accepts_numpy_names, accepts_out
from minitorch.native.views import Expand

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _lines(x: Any) -> Any:
    """0-dim arrays as vectors of one element."""
    return x if x.ndim else x.reshape(1)


def _lead(array: Any, dim: int, index: Any) -> tuple[Any, Any]:
    """A vector for a 0-dim array, and the index of the named slices."""
    return _lines(array), (slice(None),) * dim + (index.reshape(-1),)


@PortableStub
def add_slices_kernel(out: Any, dim: int, index: Any, source: Any) -> None:
    """Add each slice of ``source`` along ``dim``, in turn, to the slice of ``out`` that the vector
    ``index`` names for it.
    """
    np.add.at(out, (slice(None),) * dim + (index,), source)


class IndexSelect(Operator):
    """The slices along ``dim`` that ``index`` names."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any) -> Any:
        ctx.dim, ctx.shape = dim, input.shape
        ctx.save_for_backward(index)
        if not input.ndim:
            return input.copy()
        return input.take(index.reshape(-1), dim)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        zeros = ZerosForIndex.apply(grad, ctx.shape, ctx.dim, index)
        return zeros, None, None


class ZerosForIndex(Operator, name="IndexSelectBackwardBackward0"):
    """Zeros of a shape with slices added where ``index`` says: the adjoint of ``IndexSelect``."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...], dim: int, index: Any) -> Any:
        ctx.dim = dim
        ctx.save_for_backward(index)
        out = np.zeros_like(input, shape=shape, order="C")
        add_slices_kernel(_lines(out), dim, index.reshape(-1), _lines(input))
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return IndexSelect.apply(grad, ctx.dim, index)


def _pick(x: Any, dim: int, index: Any, source: Any) -> Any:
    """The named slices, in the shape of ``source``."""
    picked = IndexSelect.apply(x, dim, index)
    shape = source[0]
    if not shape:
        return picked.reshape(shape)
    return picked if tuple(picked.shape) == shape else Expand.apply(picked, shape)


class IndexAdd(Operator):
    """``input`` with ``alpha * source`` added to the named slices."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any, source: Any, alpha: float = 1) -> Any:
        ctx.dim, ctx.alpha, ctx.source = dim, alpha, meta_of(source)
        ctx.save_for_backward(index)
        out = np_asarray(input).copy()
        lines = _lines(out)
        added = source if alpha == 1 else source * cast_operand(alpha, input.dtype)
        added = added if lines.ndim == added.ndim else added.reshape(-1)
        add_slices_kernel(lines, dim, index.reshape(-1), added)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        picked = _pick(grad, ctx.dim, index, ctx.source)
        return grad, None, None, picked if ctx.alpha == 1 else picked * ctx.alpha


class IndexCopy(Operator):
    """``input`` with ``source`` in the place of the named slices."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any, source: Any) -> Any:
        ctx.dim, ctx.source = dim, meta_of(source)
        ctx.save_for_backward(index)
        out = np_asarray(input).copy()
        view, where = _lead(out, dim, index)
        view[where] = source
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        kept = IndexFill.apply(grad, ctx.dim, index, 0)
        return kept, None, None, _pick(grad, ctx.dim, index, ctx.source)


class IndexFill(Operator, name="IndexFillBackward0"):
    """``input`` with one number in the named slices."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any, value: Any) -> Any:
        ctx.dim, ctx.value = dim, meta_of(value)
        ctx.save_for_backward(index)
        out = np_asarray(input).copy()
        view, where = _lead(out, dim, index)
        view[where] = value
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        kept = IndexFill.apply(grad, ctx.dim, index, 0)
        if ctx.value is None:
            return kept, None, None, None
        return kept, None, None, IndexSelect.apply(grad, ctx.dim, _distinct(index)).sum()


def _distinct(index: Any) -> Any:
    found = np.unique(unwrap(index))
    return wrap(found) if isinstance(index, Variable) else found


class IndexFillTensor(IndexFill, name="IndexFillBackward1"):
    """``IndexFill`` with a 0-dim tensor."""

    fills = True


class IndexReduce(Operator):
    """``input`` with the slices of ``source`` that meet in one place reduced to one."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, dim: int, index: Any, source: Any, reduce: str, include_self: bool
    ) -> Any:
        ctx.arguments = dim, reduce, include_self
        out = np_asarray(input).copy()
        view, where = _lead(out, dim, index)
        values = source if source.ndim == view.ndim else source.reshape(view[where].shape)
        if not include_self:
            view[where] = identity_of(reduce, input.dtype)
        REDUCTIONS[reduce].at(view, where, values)
        if reduce == "mean":
            count = np.full_like(view, int(include_self), dtype=np.int64)
            np.add.at(count, where, 1)
            out = divide_counts(view, np.maximum(count, 1).astype(out.dtype)).reshape(out.shape)
        ctx.save_for_backward(input, index, source, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, index, source, out = ctx.saved_tensors
        dim, reduce, include_self = ctx.arguments
        meta = tuple(source.shape), source.dtype

        def pick(x: Any) -> Any:
            return _pick(x, dim, index, meta)

        def put(x: Any, values: Any) -> Any:
            return IndexAdd.apply(x, dim, index, values)

        if reduce == "mean":
            ones = zero_or_one(grad, 1)
            count = put(ones if include_self else ones * 0, zero_or_one(source, 1))
            count = Where.apply(count == 0, 1.0, count)
            grad_input, grad_source = grad / count, pick(grad) / pick(count)
        elif reduce == "prod":

            def reduced(x: Any, values: Any) -> Any:
                return IndexReduce.apply(x, dim, index, values, "prod", include_self)

            grad_input, grad_source = prod_backward(
                grad, input, source, out, pick=pick, put=put, reduced=reduced
            )
        else:
            mine, theirs = as_number(input == out, input), as_number(source == pick(out), input)
            shares = grad / put(mine, theirs)
            grad_input, grad_source = mine * shares, theirs * pick(shares)
        if not include_self:
            grad_input = IndexFill.apply(grad_input, dim, index, 0)
        return grad_input, None, None, grad_source


# --------------------------------------------------------------------------- arguments


def _check_vector(input: Tensor, dim: int, index: Tensor, name: str) -> int:
    array = index._array
    if array.ndim > 1:
        if name == "index_fill_":
            raise RuntimeError("Index has to be a vector/scalar")
        raise IndexError(f"{name}(): Index is supposed to be a vector")
    if name == "index_fill_" and array.dtype != np.int64:
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if array.dtype != np.int64 and (array.dtype != np.int32 or name == "index_copy_"):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
    dim = wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim] if input._array.ndim else 1
    low = -size if name == "index_fill_" else 0
    lowest, highest = range_kernel(array) if array.size else (0, -1)
    if highest >= size or lowest < low:
        wrong = array[(array >= size) | (array < low)].reshape(-1)[0].item()
        if name in ("index_select", "index_add"):
            raise _out_of_range(name, input._array.shape, dim, wrong)
        raise IndexError(f"{name}(): index {wrong} is out of range for size {size}")
    return dim


def _out_of_range(name: str, shape: tuple[int, ...], dim: int, wrong: int) -> Exception:
    """The errors of the loop over slices, and of the kernels for other dimensions."""
    if name == "index_add":
        if len(shape) > 1 and dim in (0, len(shape) - 1):
            return RuntimeError(
                f"index {wrong} is out of bounds for dimension {dim} with size {shape[dim]}"
            )
        return IndexError("index out of range in self")
    if len(shape) > 1 and 0 in shape[:1]:
        return RuntimeError("index_select(): self indexing axis dim should be positive")
    if dim or 0 in shape[1:]:
        return RuntimeError(
            f"INDICES element is out of DATA bounds, id={wrong} axis_dim={shape[dim]}"
        )
    return IndexError("index out of range in self")


def _check_source(
    input: Tensor, dim: int, index: Tensor, source: Tensor, name: str, alike: str = "source"
) -> None:
    ours, theirs = input._array, source._array
    if ours.dtype != theirs.dtype:
        names = [dtypes.from_numpy(a.dtype).c10_name for a in (ours, theirs)]
        raise RuntimeError(
            f"{name}(): self ({names[0]}) and {alike} ({names[1]}) must have the same scalar type"
        )
    if theirs.ndim != ours.ndim and theirs.ndim and ours.ndim:
        refusal = IndexError if name == "index_copy_" else RuntimeError
        raise refusal(
            f"{name}(): When source and destination are not scalars, their dimensionality must "
            f"match. Source dimensionality ({theirs.ndim}), destination dimensionality "
            f"({ours.ndim})"
        )
    count = theirs.shape[dim] if theirs.ndim else 1
    if index._array.size != count:
        if name == "index_add" and not theirs.ndim:
            raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
        words = f"Number of indices ({index._array.size}) should be equal to source.size(dim)"
        if name == "index_copy_":
            raise IndexError(f"{name}(): {words} ({count})")
        raise RuntimeError(f"{name}_(): {words}: ({count}), for dim: {dim}")
    rest = [s.shape[:dim] + s.shape[dim + 1 :] for s in (ours, theirs)]
    if ours.ndim and theirs.ndim and rest[0] != rest[1]:
        raise RuntimeError(
            f"{name}(): Source/destination tensor must have same slice shapes. Destination slice "
            f"shape: {list(rest[0])} at dimension {dim} and source slice shape: {list(rest[1])} "
            f"at dimension {dim}."
        )
    if name == "index_add" and ours.ndim != theirs.ndim:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {list(ours.shape)} source.shape = {list(theirs.shape)}"
        )


# --------------------------------------------------------------------------- public functions


@accepts_out
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of a dimension that ``index`` names, in its order."""
    if not input._array.ndim and index._array.ndim <= 1 and index._array.size != 1:
        raise RuntimeError(
            "index_select(): Index to scalar can have only 1 value, got "
            f"{index._array.size} value(s)"
        )
    dim = _check_vector(input, dim, index, "index_select")
    return IndexSelect.apply(input, dim, index)


def _add_arguments(
    input: Tensor, dim: int, index: Tensor, source: Tensor, alpha: float
) -> tuple[Any, ...]:
    dim = _check_vector(input, dim, index, "index_add")
    _check_source(input, dim, index, source, "index_add")
    if isinstance(alpha, float) and dtypes.is_integral(input._array.dtype):
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number."
        )
    return dim, index, source, alpha


@accepts_out
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """A copy of ``input`` with the slices of ``source`` added where ``index`` says."""
    return IndexAdd.apply(input, *_add_arguments(input, dim, index, source, alpha))


def index_add_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """``index_add`` in place."""
    return IndexAdd.apply_(input, *_add_arguments(input, dim, index, source, alpha))


def _copy_arguments(input: Tensor, dim: int, index: Tensor, source: Tensor) -> tuple[Any, ...]:
    dim = _check_vector(input, dim, index, "index_copy_")
    _check_source(input, dim, index, source, "index_copy_")
    return dim, index, source


@accepts_out
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy of ``input`` with the slices of ``source`` in the places that ``index`` names."""
    return IndexCopy.apply(input, *_copy_arguments(input, dim, index, source))


def index_copy_(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """``index_copy`` in place."""
    return IndexCopy.apply_(input, *_copy_arguments(input, dim, index, source))


def _fill_arguments(
    input: Tensor, dim: int, index: Tensor, value: Any
) -> tuple[type[Operator], int, Tensor, Any]:
    dim = _check_vector(input, dim, index, "index_fill_")
    if not isinstance(value, Variable):
        return IndexFill, dim, index, value
    if value._array.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value._array.ndim} dimension(s)."
        )
    return IndexFillTensor, dim, index, value


@accepts_numpy_names
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy of ``input`` with a number (or 0-dim tensor) in the slices that ``index`` names."""
    operator, *arguments = _fill_arguments(input, dim, index, value)
    return operator.apply(input, *arguments)


def index_fill_(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """``index_fill`` in place."""
    operator, *arguments = _fill_arguments(input, dim, index, value)
    return operator.apply_(input, *arguments)


def _reduce_arguments(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str
) -> tuple[Any, ...]:
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got "
            f"{reduce}."
        )
    dim = _check_vector(input, dim, index, "index_reduce")
    _check_source(input, dim, index, source, "index_reduce")
    refuse("bc", "index_func_", input._array)
    return dim, index, source, reduce


@accepts_out
def index_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """A copy of ``input`` with the slices of ``source`` that meet in one place reduced.

    Args:
        reduce: 'prod', 'mean', 'amax' or 'amin'.
        include_self: whether the slice of ``input`` takes part.
    """
    arguments = _reduce_arguments(input, dim, index, source, reduce)
    return IndexReduce.apply(input, *arguments, include_self)


def index_reduce_(
    input: Tensor,
    dim: int,
    index: Tensor,
    source: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """``index_reduce`` in place."""
    arguments = _reduce_arguments(input, dim, index, source, reduce)
    return IndexReduce.apply_(input, *arguments, include_self)
