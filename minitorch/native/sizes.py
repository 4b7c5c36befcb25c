"""Sizes and dimensions as users give them: counted from the back, or left open with a -1.

Mirrors c10/core/WrapDimMinimal.h, aten/src/ATen/{WrapDimUtils.h, InferSize.h}.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from minitorch.autograd.variable import Variable


def wrap_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the front. Mirrors maybe_wrap_dim.

    Raises:
        IndexError: there is no such dimension.
        TypeError: ``dim`` is no integer.
    """
    if type(dim) is int and 0 <= dim < ndim:
        return dim
    limit = max(ndim, 1)
    if not -limit <= dim < limit:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-limit}, {limit - 1}], but got "
            f"{dim})"
        )
    return operator.index(dim) % limit


def wrap_dims(dims: Any, ndim: int) -> tuple[int, ...]:
    """Several dimensions, or one, counted from the front; none may be named twice. Mirrors
    dim_list_to_bitset.
    """
    wrapped = tuple([wrap_dim(d, ndim) for d in ((dims,) if isinstance(dims, int) else dims)])
    for d in wrapped:
        if wrapped.count(d) > 1:
            raise RuntimeError(f"dim {d} appears multiple times in the list of dims")
    return wrapped


def as_shape(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """``f(2, 3)`` and ``f((2, 3))`` mean the same."""
    if len(sizes) == 1 and not isinstance(sizes[0], (int, np.integer, Variable)):
        sizes = tuple(sizes[0])
    return tuple(map(operator.index, sizes))


def check_sizes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape itself.

    Raises:
        RuntimeError: a size is negative.
    """
    for size in shape:
        if size < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {size}: {list(shape)}"
            )
    return shape


def infer_shape(shape: tuple[int, ...], numel: int) -> tuple[int, ...]:
    """Replace a -1. Mirrors infer_size."""
    size = math.prod(shape)
    # The usual cases, 0.8 us sooner.
    if size == numel and min(shape or (0,)) >= 0:
        return shape
    if size < 0 and numel % size == 0 and min(shape) == -1 and shape.count(-1) == 1:
        place = shape.index(-1)
        return (*shape[:place], numel // -size, *shape[place + 1 :])
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


def numel(input: Any) -> int:
    """The number of elements."""
    if not isinstance(input, Variable):
        raise TypeError(
            f"numel(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    return int(input._array.size)
