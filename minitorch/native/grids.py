"""Grids and combinations of vectors, and the indices of triangles.

Mirrors torch/functional.py (meshgrid, cartesian_prod, unravel_index),
aten/src/ATen/native/Itertools.cpp, and tril_indices and vander of
aten/src/ATen/native/TensorFactories.cpp.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import check_device
from minitorch.autograd.variable import wrap
from minitorch.native.conversions import to_dtype
from minitorch.native.joining import stack
from minitorch.native.rearranging import flip
from minitorch.native.sizes import as_shape
from minitorch.native.splitting import unbind
from minitorch.native.views import expand, flatten, unsqueeze, view

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Tensor, ...]:
    """The coordinate grids of vectors: output ``i`` varies along dimension ``i``.

    Args:
        indexing: "ij", or "xy", where the first varies along dimension 1, the second along 0.

    Shape: (n1), (n2), ... -> (n1, n2, ...) each.
    """
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    if not given:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing is None:
        import warnings

        warnings.warn(
            "torch.meshgrid: in an upcoming release, it will be required to pass the indexing "
            "argument.",
            UserWarning,
            stacklevel=2,
        )
    elif indexing not in ("xy", "ij"):
        raise RuntimeError(
            'torch.meshgrid: indexing must be one of "xy" or "ij", but received: ' + indexing
        )
    for vector in given:
        if vector._array.ndim > 1:
            raise RuntimeError(
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
                f"{vector.type()}{{{list(vector._array.shape)}}}"
            )
        if vector._array.dtype != given[0]._array.dtype:
            raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    swapped = indexing == "xy" and len(given) > 1
    vectors = [given[1], given[0], *given[2:]] if swapped else given
    n = len(vectors)
    shape = [v._array.size for v in vectors]
    grids = [
        expand(view(v, [v._array.size if d == i else 1 for d in range(n)]), shape)
        for i, v in enumerate(vectors)
    ]
    if swapped:
        grids[:2] = grids[1], grids[0]
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """Every combination of one element of each vector.

    Shape: (n1), (n2), ... -> (n1 * n2 * ..., number of vectors); a single vector stays.
    """
    for vector in tensors:
        if vector._array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(vector._array.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([flatten(grid) for grid in meshgrid(*tensors, indexing="ij")], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Every choice of ``r`` elements of a vector, in the order of ``itertools``.

    Shape: (n) -> (number of choices, r).
    """
    if input._array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input._array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return wrap(np.empty_like(input._array, shape=(0,)))
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(choose(range(input._array.size), r)), np.int64).reshape(-1, r)
    return stack([input[wrap(np.asarray(column, like=input._array))] for column in places.T], 1)


def _triangle(
    name: str, row: int, col: int, offset: int, dtype: Any, device: Any, upper: bool
) -> Tensor:
    check_device(device)
    for side, size in (("row", row), ("col", col)):
        if size < 0:
            raise RuntimeError(f"{side} must be non-negative, got{size}")
    kind = np.dtype(np.int64) if dtype is None else dtypes.to_numpy(dtype)
    if kind.kind not in "iu":
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{dtypes.from_numpy(kind).c10_name}'"
        )
    places = np.triu_indices(row, offset, col) if upper else np.tril_indices(row, offset, col)
    return wrap(np.stack(places).astype(kind))


def tril_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    layout: Any = None,
) -> Tensor:
    """The rows, and the columns, of the elements on and below a diagonal, row by row.

    Shape: (2, number of elements).
    """
    return _triangle("tril_indices", row, col, offset, dtype, device, upper=False)


def triu_indices(
    row: int,
    col: int,
    offset: int = 0,
    *,
    dtype: Any = None,
    device: Any = None,
    layout: Any = None,
) -> Tensor:
    """The rows, and the columns, of the elements on and above a diagonal, row by row.

    Shape: (2, number of elements).
    """
    return _triangle("triu_indices", row, col, offset, dtype, device, upper=True)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of a vector as columns, the highest first: x ** (N - 1), ..., x, 1.

    Shape: (n) -> (n, N); N is n, if left out.
    """
    if x._array.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    size = x._array.size
    count = size if N is None else N
    if count < 0:
        raise RuntimeError("N must be non-negative.")
    kind = x._array.dtype if not dtypes.is_integral(x._array.dtype) else np.dtype(np.int64)
    result: Any = wrap(np.ones_like(x._array, kind, shape=(size, count)))
    if count > 1:
        result[:, 1:] = expand(view(x, (size, 1)), (size, count - 1)).cumprod(1)
    return result if increasing else flip(result, 1)


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """The coordinates, in a tensor of that shape, of positions in its flattened elements.

    >>> import minitorch
    >>> minitorch.unravel_index(minitorch.tensor([4, 1]), (3, 2))
    (tensor([2, 0]), tensor([0, 1]))
    """
    if indices._array.dtype.kind not in "iu":
        raise TypeError(
            "expected 'indices' to be integer dtype, but got "
            f"{dtypes.from_numpy(indices._array.dtype)}"
        )
    if not isinstance(shape, (int, Sequence)):
        raise TypeError(f"expected 'shape' to be int or sequence of ints, but got {type(shape)}")
    for size in () if isinstance(shape, int) else shape:
        if not isinstance(size, int):
            raise TypeError(f"expected 'shape' sequence to only contain ints, but got {type(size)}")
    sizes = as_shape((shape,) if isinstance(shape, int) else (tuple(shape),))
    if any([size < 0 for size in sizes]):
        raise ValueError(f"'shape' cannot have negative values, but got {tuple(sizes)}")
    steps = [math.prod(sizes[d + 1 :]) for d in range(len(sizes))]
    places: Any = unsqueeze(to_dtype(indices, dtypes.int64), -1)
    return unbind(places // wrap(np.array(steps, np.int64)) % wrap(np.array(sizes, np.int64)), -1)
