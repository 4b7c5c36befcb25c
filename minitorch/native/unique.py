"""The distinct elements of a tensor, or its distinct slices; and whether elements occur in others.

Mirrors aten/src/ATen/native/Unique.cpp, torch/functional.py, and isin of TensorCompare.cpp. NaN
equals nothing, not even NaN.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import np_asarray
from minitorch.native.not_differentiable import NotDifferentiable
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_iterator import promote, refuse
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Unique2(NotDifferentiable, name="Unique2Backward0"):
    """The distinct elements in rising order."""

    aten_name = "_unique2"

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        flat = input.reshape(-1)
        ordered = np.argsort(flat, kind="stable")
        return _runs(flat[ordered], ordered, input.shape)


class UniqueDim(NotDifferentiable, name="UniqueDimBackward0"):
    """The distinct slices along a dimension, in rising lexicographic order."""

    aten_name = "unique_dim"

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        slices = _slices(input, dim)
        ordered = np.lexsort(slices.T[::-1]) if slices.size else np.arange(len(slices), like=input)
        values, inverse, counts = _runs(slices[ordered], ordered, (len(slices),))
        return _unslice(values, input, dim), inverse, counts


class UniqueConsecutive(NotDifferentiable, name="UniqueConsecutiveBackward0"):
    """The elements that differ from the one before."""

    aten_name = "unique_consecutive"

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        flat = input.reshape(-1)
        return _runs(flat, np.arange(flat.size, like=input), input.shape)


class UniqueDimConsecutive(NotDifferentiable, name="UniqueDimConsecutiveBackward0"):
    """The slices that differ from the one before along a dimension."""

    aten_name = "unique_dim_consecutive"

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        slices = _slices(input, dim)
        places = np.arange(len(slices), like=input)
        values, inverse, counts = _runs(slices, places, (len(slices),))
        return _unslice(values, input, dim), inverse, counts


def _slices(array: Any, dim: int) -> Any:
    """The slices along a dimension as rows."""
    moved = np.moveaxis(array, dim, 0)
    return moved.reshape(len(moved), math.prod(moved.shape[1:]))


def _unslice(rows: Any, like: Any, dim: int) -> Any:
    others = like.shape[:dim] + like.shape[dim + 1 :]
    return np.moveaxis(rows.reshape((len(rows), *others)), 0, dim).copy()


def _runs(rows: Any, places: Any, shape: tuple[int, ...]) -> tuple[Any, Any, Any]:
    """Runs of equal rows: the first of each, the run of every element, the lengths.

    Args:
        rows: or numbers.
        places: where each row stood in the input.
        shape: of the second result.
    """
    first = np.ones_like(places, dtype=bool)
    differs = rows[1:] != rows[:-1]
    first[1:] = differs.any(axis=1) if rows.ndim > 1 else differs
    inverse = np.empty_like(places)
    inverse[places] = np.cumsum(first) - 1
    starts = np.append(np.nonzero(first)[0], len(places))
    return rows[first], inverse.reshape(shape), np.diff(starts)


def _selected(results: Any, return_inverse: bool, return_counts: bool) -> Any:
    values, inverse, counts = results
    chosen = [values]
    if return_inverse:
        chosen.append(inverse)
    if return_counts:
        chosen.append(counts)
    return values if len(chosen) == 1 else tuple(chosen)


def _check_slices(input: Tensor, dim: int, name: str) -> int:
    array = input._array
    if not array.ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    dim = wrap_dim(dim, array.ndim)
    if not array.shape[dim] and array.shape.count(0) != 1:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    if not array.size and array.shape[dim]:
        raise RuntimeError(
            "There are 0 sized dimensions, and they aren't selected, so unique cannot be applied"
        )
    return dim


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements in rising order, or the distinct slices along ``dim``; on request where
    each element went and how often each occurs.

    >>> import minitorch
    >>> minitorch.unique(minitorch.tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))
    """
    refuse("c", "unique" if dim is None else "unique_dim", input._array)
    if dim is None:
        results = Unique2.apply(input)
    else:
        results = UniqueDim.apply(input, _check_slices(input, dim, "unique"))
    return _selected(results, return_inverse, return_counts)


def unique_consecutive(
    input: Tensor,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The elements (or slices along ``dim``) that differ from the one before; on request which run
    each element is in and how long each is.
    """
    refuse("c", "unique" if dim is None else "unique_dim", input._array)
    if dim is None:
        results = UniqueConsecutive.apply(input)
    else:
        dim = _check_slices(input, dim, "unique_consecutive")
        results = UniqueDimConsecutive.apply(input, dim)
    return _selected(results, return_inverse, return_counts)


@accepts_out
def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each of ``elements`` occurs in ``test_elements``; either may be a number.

    Raises:
        TypeError: both are numbers.
        RuntimeError: one is a tensor of bools or of complex numbers.
    """
    if not isinstance(elements, Variable) and not isinstance(test_elements, Variable):
        raise TypeError("isin(): at least one of elements and test_elements must be a tensor")
    for x in (elements, test_elements):
        if isinstance(x, Variable) and x._array.dtype.kind in "bc":
            name = dtypes.from_numpy(x._array.dtype).c10_name
            raise RuntimeError(f"Unsupported input type encountered for isin(): {name}")
    a, b = promote(unwrap(elements), unwrap(test_elements))
    return wrap(np_asarray(np.isin(a, b, assume_unique=False, invert=invert)))
