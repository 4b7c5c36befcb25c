"""Gather and scatter: reading and writing one element along a dimension for every place of an
index.

Mirrors the gather and scatter part of aten/src/ATen/native/TensorAdvancedIndexing.cpp,
ScatterGatherChecks.h and scatter_reduce_backward of torch/csrc/autograd/FunctionsManual.cpp. Where
places repeat, elements are combined in the order of the index. Left out: ``sparse_grad``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import meta_of, np_asarray
from minitorch.native.portable_stub import PortableStub
from minitorch.native.reduce_ops_utils import as_number
from minitorch.native.sizes import wrap_dim
from minitorch.native.slicing import SliceBackward
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import refuse
from minitorch.native.variants import accepts_numpy_names, accepts_out, write_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def positions(index: Any, dim: int) -> tuple[Any, ...]:
    """The full index of every element that ``index`` names along ``dim``."""
    grid = list(np.ix_(*[np.arange(n, like=index) for n in index.shape]))
    grid[dim] = index
    return tuple(grid)


def flat_positions(index: Any, dim: int, shape: Sequence[int]) -> Any:
    """The same places as numbers of elements in contiguous memory of ``shape``."""
    flat: Any = 0
    for d, part in enumerate(positions(index, dim)):
        flat = flat + part * math.prod(shape[d + 1 :])
    return flat.reshape(-1)


def _lines(x: Any) -> Any:
    """0-dim arrays as vectors of one element."""
    return x if x.ndim else x.reshape(1)


def _covered(src: Any, index: Any) -> Any:
    """The part of ``src`` that ``index`` uses: as much as its size, from the front."""
    return src if src.shape == index.shape else src[tuple([slice(n) for n in index.shape])]


# --------------------------------------------------------------------------- kernels, in NumPy


@PortableStub
def gather_kernel(input: Any, dim: int, index: Any) -> Any:
    """The elements that ``index`` names along ``dim``; both have the same number of dimensions.

    Raises:
        RuntimeError: ``index`` names a place that does not exist.
    """
    check_in_range(index, input.shape[dim], dim)
    gathered = input[positions(index, dim)]
    if gathered.flags.c_contiguous:
        return gathered
    return gathered.copy(order="C")  # it was laid out as the index is


@PortableStub
def combine_kernel(out: Any, ufunc: Any, dim: int, index: Any, src: Any) -> None:
    """``out[place] = ufunc(out[place], value)`` for each value of ``src``, in turn, at the place
    that ``index`` names along ``dim``; ``out`` is contiguous.

    NumPy has a fast loop for ``ufunc.at`` if, and only if, all has one dimension.

    Raises:
        RuntimeError: ``index`` names a place that does not exist.
    """
    check_in_range(index, out.shape[dim], dim)
    ufunc.at(out.reshape(-1), flat_positions(index, dim, out.shape), src.reshape(-1))


@PortableStub
def range_kernel(index: Any) -> tuple[Any, Any]:
    """The smallest and the largest element, of at least one."""
    return index.min(), index.max()


def check_in_range(index: Any, size: int, dim: int) -> None:
    """Refuse an index that names a place outside of ``range(size)`` along ``dim``."""
    if not index.size:
        return
    lowest, highest = range_kernel(index)
    if highest >= size or lowest < 0:
        wrong = index[(index >= size) | (index < 0)].reshape(-1)[0].item()
        raise RuntimeError(f"index {wrong} is out of bounds for dimension {dim} with size {size}")


class Gather(Operator):
    """out[i][j] = input[index[i][j]][j] for dim 0, and so on."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any) -> Any:
        ctx.dim, ctx.shape = dim, input.shape
        ctx.save_for_backward(index)
        if not index.size:
            return np.empty_like(input, shape=index.shape)
        return gather_kernel(_lines(input), dim, _lines(index)).reshape(index.shape)

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
        return _combined(np.add, np.zeros_like(input, shape=shape, order="C"), dim, index, input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return Gather.apply(grad, ctx.dim, index)


def scatter_into_zeros(input: Any, shape: tuple[int, ...], dim: int, index: Any) -> Any:
    """Zeros of ``shape`` with ``input`` added at ``index`` along ``dim``, on arrays or tensors."""
    return ScatterIntoZeros.apply(input, shape, dim, index)


class Scatter(Operator):
    """``input`` with ``src`` written at ``index`` along ``dim``."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any, src: Any) -> Any:
        ctx.dim = dim
        ctx.src = meta_of(src)
        ctx.save_for_backward(index)
        out = np_asarray(input).copy()
        if index.size:
            lines = _lines(index)
            values = _covered(_lines(src), lines) if hasattr(src, "shape") else src
            _lines(out)[positions(lines, dim)] = values
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return Scatter.apply(grad, ctx.dim, index, 0), None, None, _grad_of_source(grad, ctx, index)


class ScatterNumber(Scatter, name="ScatterBackward1"):
    """``Scatter`` of a Python number."""


class ScatterAdd(Operator):
    """``input`` with ``src`` added at ``index`` along ``dim``."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int, index: Any, src: Any) -> Any:
        ctx.dim = dim
        ctx.src = meta_of(src)
        ctx.save_for_backward(index)
        return _combined(np.add, np_asarray(input).copy(order="C"), dim, index, src)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (index,) = ctx.saved_tensors
        return grad, None, None, _grad_of_source(grad, ctx, index)


def _combined(ufunc: Any, out: Any, dim: int, index: Any, src: Any) -> Any:
    if index.size:
        lines = _lines(index)
        combine_kernel(_lines(out), ufunc, dim, lines, _covered(_lines(src), lines))
    return out


def _grad_of_source(grad: Any, ctx: Any, index: Any) -> Any:
    if ctx.src is None:
        return None
    picked = Gather.apply(grad, ctx.dim, index)
    shape = ctx.src[0]
    if tuple(picked.shape) == shape:
        return picked
    return SliceBackward.apply(picked, shape, tuple([slice(n) for n in picked.shape]))


# --------------------------------------------------------------------------- scatter_reduce

REDUCTIONS = {
    "sum": np.add,
    "prod": np.multiply,
    "mean": np.add,
    "amax": np.maximum,
    "amin": np.minimum,
}


def identity_of(reduce: str, dtype: Any) -> Any:
    """The value that changes no result of a reduction."""
    if reduce in ("sum", "mean", "prod"):
        return dtype.type(reduce == "prod")
    if dtype == np.bool_:
        return dtype.type(reduce == "amin")
    if dtypes.is_integral(dtype):
        limits = np.iinfo(dtype)
        return limits.min if reduce == "amax" else limits.max
    return dtype.type(-math.inf if reduce == "amax" else math.inf)


def divide_counts(total: Any, count: Any) -> Any:
    """Sums as means; those of integers are rounded down."""
    if dtypes.is_integral(total.dtype):
        return (total // count).astype(total.dtype)
    return total / count


class ScatterReduce(Operator):
    """``input`` with the elements of ``src`` that meet in one place reduced to one."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, dim: int, index: Any, src: Any, reduce: str, include_self: bool
    ) -> Any:
        ctx.arguments = dim, reduce, include_self
        out = np_asarray(input).copy(order="C")
        if not include_self and index.size:
            start = identity_of(reduce, input.dtype)
            _lines(out)[positions(_lines(index), dim)] = start
        out = _combined(REDUCTIONS[reduce], out, dim, index, src)
        if reduce == "mean":
            count = np.full_like(out, int(include_self), dtype=np.int64)
            count = _combined(np.add, count, dim, index, np.ones_like(src, dtype=np.int64))
            out = divide_counts(out, np.maximum(count, 1).astype(out.dtype))
        ctx.save_for_backward(input, index, src, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, index, src, out = ctx.saved_tensors
        dim, reduce, include_self = ctx.arguments
        covered = src[tuple([slice(n) for n in index.shape])] if index.ndim else src

        def pick(x: Any) -> Any:
            return Gather.apply(x, dim, index)

        def put(x: Any, values: Any) -> Any:
            return ScatterAdd.apply(x, dim, index, values)

        if reduce == "sum":
            grad_input, grad_src = grad, pick(grad)
        elif reduce == "mean":
            ones = zero_or_one(grad, 1)
            count = put(ones if include_self else ones * 0, zero_or_one(covered, 1))
            count = Where.apply(count == 0, 1.0, count)
            grad_input, grad_src = grad / count, pick(grad) / pick(count)
        elif reduce == "prod":

            def reduced(x: Any, values: Any) -> Any:
                return ScatterReduce.apply(x, dim, index, values, "prod", include_self)

            grad_input, grad_src = prod_backward(
                grad, input, covered, out, pick=pick, put=put, reduced=reduced
            )
        else:
            mine, theirs = as_number(input == out, input), as_number(covered == pick(out), input)
            shares = grad / put(mine, theirs)
            grad_input, grad_src = mine * shares, theirs * pick(shares)
        if not include_self:
            grad_input = Scatter.apply(grad_input, dim, index, 0)
        if tuple(grad_src.shape) != tuple(src.shape):
            part = tuple([slice(n) for n in index.shape])
            grad_src = SliceBackward.apply(grad_src, tuple(src.shape), part)
        return grad_input, None, None, grad_src


def zero_or_one(like: Any, number: int) -> Any:
    """A constant of the shape and dtype of an array, or of a tensor."""
    filled = np.full_like(unwrap(like), number)
    return wrap(filled) if isinstance(like, Variable) else filled


def prod_backward(
    grad: Any, input: Any, src: Any, out: Any, *, pick: Any, put: Any, reduced: Any
) -> tuple[Any, Any]:
    """The gradients of a product that gathers ``src`` into ``input``, right for zeros too.

    Args:
        pick, put, reduced: the reading, the adding and the multiplying of the operation.
    """
    without_zeros = Where.apply(input == 0, 1.0, input)
    grad_input = grad * reduced(without_zeros, src) / without_zeros
    is_zero = src == 0
    zeros = pick(put(zero_or_one(input, 0), as_number(is_zero, input)))
    # One zero among the factors: its gradient is the product of the others.
    only_zero = is_zero & (zeros == 1)
    others = reduced(input, Where.apply(only_zero, 1.0, src))
    safe = Where.apply(is_zero, 1.0, src)
    return grad_input, Where.apply(only_zero, pick(grad * others), pick(grad * out) / safe)


# --------------------------------------------------------------------------- arguments


def check_index_dtype(index: Any, function: str) -> None:
    """Refuse an index that is not of integers."""
    if not isinstance(index, Variable):
        raise TypeError(
            f"{function}(): argument 'index' must be Tensor, not {type(index).__name__}"
        )
    if index._array.dtype.char not in "li" and index._array.size:
        raise RuntimeError(f"{function}(): Expected dtype int32/int64 for index")


def _check_gather_shapes(input: Any, dim: int, index: Any) -> None:
    if index.shape == input.shape:
        return
    if max(index.ndim, 1) != max(input.ndim, 1):
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    for d, (n, limit) in enumerate(zip(_lines(index).shape, _lines(input).shape, strict=True)):
        if d != dim and n > limit:
            raise RuntimeError(
                f"Size does not match at dimension {d} expected index {list(index.shape)} to be "
                f"no larger than self {list(input.shape)} apart from dimension {dim}"
            )


def _check_scatter_shapes(input: Any, dim: int, index: Any, src: Any) -> None:
    if not index.size or (index.shape == input.shape and (src is None or src.shape == input.shape)):
        return
    for name, other in (("self", input), ("src", src)):
        if other is not None and max(index.ndim, 1) != max(other.ndim, 1):
            raise RuntimeError(
                f"Index tensor must have the same number of dimensions as {name} tensor"
            )
    sizes = _lines(index).shape
    too_large = any(
        [n > m for d, (n, m) in enumerate(zip(sizes, _lines(input).shape, strict=True)) if d != dim]
    )
    words = f"no larger than self {list(input.shape)} apart from dimension {dim}"
    if src is not None:
        too_large = too_large or any([n > m for n, m in zip(sizes, _lines(src).shape, strict=True)])
        words += f" and to be no larger size than src {list(src.shape)}"
    if too_large:
        raise RuntimeError(f"Expected index {list(index.shape)} to be {words}")


def _scatter_arguments(
    function: str, input: Tensor, dim: int, index: Tensor, src: Any, value: Any = None
) -> tuple[Any, ...]:
    array = input._array
    dim = wrap_dim(dim, array.ndim)
    check_index_dtype(index, function)
    values = value if src is None else src
    if isinstance(values, Variable):
        if values._array.dtype != array.dtype:
            raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    elif not isinstance(values, (bool, int, float, complex)):
        raise TypeError(f"{function}(): argument 'src' must be Tensor, not {type(values).__name__}")
    source = values._array if isinstance(values, Variable) else None
    _check_scatter_shapes(array, dim, index._array, source)
    if function != "scatter_add":  # whose kernel checks
        check_in_range(index._array, array.shape[dim] if array.ndim else 1, dim)
    return dim, index, values


# --------------------------------------------------------------------------- public functions


@accepts_numpy_names
def gather(
    input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False, out: Any = None
) -> Tensor:
    """Pick one element along ``dim`` for every place of ``index``.

    Shape: the output has the shape of ``index``, which may be smaller than ``input`` in the other
        dimensions.
    """
    dim = wrap_dim(dim, input._array.ndim)
    check_index_dtype(index, "gather")
    if index._array.size:
        _check_gather_shapes(input._array, dim, index._array)
    if out is None:
        return Gather.apply(input, dim, index)
    if out._array.dtype != input._array.dtype:
        names = [x._array.dtype.name.removesuffix("32") for x in (input, out)]
        raise RuntimeError(
            f"Expected out tensor to have dtype {names[0]}, but got {names[1]} instead"
        )
    return write_out("gather", Gather.apply(input, dim, index), out, input, index)


@accepts_out
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """``gather`` whose other dimensions broadcast; over the flattened tensor without ``dim``."""
    if not isinstance(indices, Variable):
        raise TypeError(
            f"take_along_dim(): argument 'indices' must be Tensor, not {type(indices).__name__}"
        )
    if indices._array.dtype != np.int64:
        name = dtypes.from_numpy(indices._array.dtype).c10_name
        raise RuntimeError(
            f"torch.take_along_dim(): dtype of indices should be Long but got {name}"
        )
    if dim is None:
        indices = _from_the_front(indices.view(-1), input._array.size)
        return gather(input.view(-1), 0, indices)
    shapes = input._array.shape, indices._array.shape
    if len(shapes[0]) != len(shapes[1]):
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, "
            f"but got {len(shapes[0])} dimensions for input, and {len(shapes[1])} dimensions for "
            "indices"
        )
    dim = wrap_dim(dim, len(shapes[0]))
    shape = list(
        np.broadcast_shapes(
            *[tuple([1 if d == dim else n for d, n in enumerate(s)]) for s in shapes]
        )
    )
    input_shape, index_shape = list(shape), list(shape)
    if shape:
        input_shape[dim], index_shape[dim] = shapes[0][dim], shapes[1][dim]
        indices = _from_the_front(indices, shapes[0][dim])
    return gather(input.expand(input_shape), dim, indices.expand(index_shape))


def _from_the_front(indices: Tensor, size: int) -> Tensor:
    """Negative indices count from the end."""
    array = indices._array
    return wrap(np.where(array < 0, array + size, array)) if (array < 0).any() else indices


_REDUCE_OF_SCATTER = {"add": "sum", "multiply": "prod"}


def _scatter_reduction(reduce: str) -> str:
    if reduce not in _REDUCE_OF_SCATTER:
        raise RuntimeError("reduce argument must be either add or multiply.")
    return _REDUCE_OF_SCATTER[reduce]


def _full_source(input: Tensor, index: Tensor, values: Any) -> Any:
    if isinstance(values, Variable):
        return values
    return wrap(np.full_like(input._array, values, shape=index._array.shape))


@accepts_out
def scatter(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """A copy of ``input`` with ``src``, tensor or number, written at ``index`` along ``dim``.

    Args:
        reduce: 'add' or 'multiply' to combine with what is there.
    """
    dim, index, values = _scatter_arguments("scatter", input, dim, index, src, value)
    if reduce is not None:
        source = _full_source(input, index, values)
        return ScatterReduce.apply(input, dim, index, source, _scatter_reduction(reduce), True)
    operator = Scatter if isinstance(values, Variable) else ScatterNumber
    return operator.apply(input, dim, index, values)


def scatter_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Tensor:
    """``scatter`` in place."""
    dim, index, values = _scatter_arguments("scatter", input, dim, index, src, value)
    if reduce is not None:
        source = _full_source(input, index, values)
        return ScatterReduce.apply_(input, dim, index, source, _scatter_reduction(reduce), True)
    operator = Scatter if isinstance(values, Variable) else ScatterNumber
    return operator.apply_(input, dim, index, values)


@accepts_out
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """A copy of ``input`` with ``src`` added at ``index`` along ``dim``; repeated places add up."""
    return ScatterAdd.apply(input, *_scatter_arguments("scatter_add", input, dim, index, src))


def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """``scatter_add`` in place."""
    return ScatterAdd.apply_(input, *_scatter_arguments("scatter_add", input, dim, index, src))


def _scatter_reduce_arguments(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str
) -> tuple[Any, ...]:
    if reduce not in REDUCTIONS:
        raise RuntimeError(
            "reduce argument must be either sum, prod, mean, amax or amin, got " + str(reduce) + "."
        )
    arguments = _scatter_arguments("scatter_reduce", input, dim, index, src)
    refused = {"mean": "b", "amax": "c", "amin": "c"}.get(reduce, "")
    refuse(refused, f"scatter_gather_tensor_cpu_reduce_{reduce}", input._array)
    return *arguments, reduce


@accepts_out
def scatter_reduce(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """A copy of ``input`` with the elements of ``src`` that meet in one place reduced.

    Args:
        reduce: 'sum', 'prod', 'mean', 'amax' or 'amin'.
        include_self: whether the element of ``input`` takes part.
    """
    arguments = _scatter_reduce_arguments(input, dim, index, src, reduce)
    return ScatterReduce.apply(input, *arguments, include_self)


def scatter_reduce_(
    input: Tensor,
    dim: int,
    index: Tensor,
    src: Tensor,
    reduce: str,
    *,
    include_self: bool = True,
) -> Tensor:
    """``scatter_reduce`` in place."""
    arguments = _scatter_reduce_arguments(input, dim, index, src, reduce)
    return ScatterReduce.apply_(input, *arguments, include_self)
