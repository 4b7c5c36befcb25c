"""``repeat_interleave``: each slice several times in a row.

Mirrors aten/src/ATen/native/Repeat.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._layout import contiguous_format
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.conversions import clone
from minitorch.native.index_ops import index_select
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_numpy_names
from minitorch.native.views import expand, flatten, reshape, unsqueeze, view

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@accepts_numpy_names
def repeat_interleave(
    input: Tensor, repeats: Any = None, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each slice along ``dim`` several times in a row; without ``dim``, each element of the
    flattened tensor.

    Args:
        repeats: how often: a number for all, or a tensor with one for each. Left out, ``input`` is
            that tensor, and the slices are 0, 1, 2, ...

    >>> import minitorch
    >>> x = minitorch.tensor([7, 8])
    >>> minitorch.repeat_interleave(x, 2), minitorch.repeat_interleave(minitorch.tensor([1, 2]))
    (tensor([7, 7, 8, 8]), tensor([0, 1, 1]))
    """
    if repeats is None:
        return _interleaved_places(input, output_size)
    if not isinstance(repeats, (int, Variable)):
        raise TypeError(
            "repeat_interleave(): argument 'repeats' must be Tensor or int, not "
            f"{type(repeats).__name__}"
        )
    if dim is None:
        input, dim = flatten(input), 0
    dim = wrap_dim(dim, input._array.ndim)
    if isinstance(repeats, int):
        return _repeat_all(input, repeats, dim, output_size)
    shape = input._array.shape
    size = shape[dim] if shape else 1
    counts: Any = repeats
    if counts._array.ndim > 1:
        raise RuntimeError("repeats must be 0-dim or 1-dim tensor")
    if counts._array.size == 1:
        counts = expand(counts, size)
    elif counts._array.size != size:
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got repeats.size(0) = "
            f"{counts._array.size} and input.size({dim}) = {size}"
        )
    return index_select(input, dim, _interleaved_places(counts, output_size))


def _repeat_all(input: Tensor, repeats: int, dim: int, output_size: int | None) -> Tensor:
    """Without an index: a new dimension is expanded, and flattened into ``dim``."""
    if repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    shape = input._array.shape or (1,)
    if output_size is not None and output_size != shape[dim] * repeats:
        raise RuntimeError("repeat_interleave: Invalid output_size")
    wider = unsqueeze(reshape(input, shape), dim + 1)
    wider = expand(wider, (*shape[: dim + 1], repeats, *shape[dim + 1 :]))
    copied = clone(wider, memory_format=contiguous_format)
    return view(copied, (*shape[:dim], shape[dim] * repeats, *shape[dim + 1 :]))


def _interleaved_places(repeats: Tensor, output_size: int | None) -> Tensor:
    """0 as often as the first number says, 1 as often as the second, ..."""
    counts = repeats._array
    if counts.ndim != 1:
        raise RuntimeError("repeat_interleave only accept 1D vector as repeat")
    if counts.dtype not in (np.int64, np.int32):
        raise NotImplementedError(
            '"repeat_interleave_cpu" not implemented for '
            f"'{dtypes.from_numpy(counts.dtype).c10_name}'"
        )
    if (counts < 0).any():
        raise RuntimeError("repeats can not be negative")
    if output_size is not None and output_size != counts.sum():
        raise RuntimeError("allocated size does not match required size")
    places = np.arange(counts.size, dtype=counts.dtype, like=counts)
    return wrap(np.repeat(places, counts))
