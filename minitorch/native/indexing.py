"""``x[...]`` and ``x[...] = value``: what an index means.

Numbers, slices, None and ... select a view; index tensors, lists and masks are applied to what
those left, and copy.

Mirrors torch/csrc/autograd/python_variable_indexing.cpp and aten/src/ATen/TensorIndexing.h.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.memory_overlap import (
    check_disjoint,
    check_no_overlap,
    check_no_partial_overlap,
)
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.advanced_indexing import Index, IndexPut, torch_index_error, write_at
from minitorch.native.copying import CopyInto
from minitorch.native.slicing import Select, Slice
from minitorch.native.views import expand, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


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
    seen_ellipsis = exhausted = False
    dim = 0
    for part in parts:
        if exhausted and part is not Ellipsis:
            raise IndexError("Dimension out of range: nothing is left after the second ellipsis")
        if part is Ellipsis:
            skipped = array.ndim - consumed
            if seen_ellipsis:  # it stands for as many dimensions as the first
                exhausted = skipped > 0
                continue
            seen_ellipsis = True
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
    if isinstance(index, Variable) and input._array.ndim:
        rows = index._array
        if rows.ndim and rows.dtype.char == "l":  # 2 us sooner
            return _at(input, (rows,))
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
    return input if advanced is None else _at(input, advanced)


def _at(input: Tensor, arrays: tuple[Any, ...]) -> Tensor:
    try:
        return Index.apply(input, *arrays)
    except IndexError as error:
        raise torch_index_error(error) from None


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


def setitem(input: Tensor, index: Any, value: Any) -> None:
    """``input[index] = value``, in place, broadcast and converted."""
    if index is False:
        return
    if isinstance(index, list):
        index = _list_index(index)
    if not input._array.ndim:
        _check_index_of_0_dim(index)
    if not isinstance(value, Variable):
        if not isinstance(value, (int, float, complex, np.generic)):
            name = dtypes.from_numpy(input._array.dtype).c10_name
            raise TypeError(f"can't assign a {_full_name(value)} to a torch.{name}Tensor")
        value = wrap(np.asarray(value).astype(input._array.dtype))
    if isinstance(index, Variable) and index._array.dtype == np.uint8 and value._array.size == 1:
        raise RuntimeError(
            "masked_fill_ only supports boolean masks, but got mask with dtype unsigned char"
        )
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
            source = _expanded(value, array.shape)._array
            check_no_partial_overlap(array, source)
            array[...] = source
        else:
            check_disjoint(array, value._array)
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
