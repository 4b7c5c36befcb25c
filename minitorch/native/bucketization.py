"""Finding places in sorted sequences.

Mirrors aten/src/ATen/native/Bucketization.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.tensor_iterator import promote, refuse
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _checked_side(right: bool, side: str | None) -> Any:
    if side is None:
        return "right" if right else "left"
    if side not in ("left", "right"):
        raise RuntimeError(
            f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
        )
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left "
            "while right was True"
        )
    return side


def _check(sequence: Any, values: Any, sorter: Any) -> None:
    if isinstance(values, np.ndarray) and values.ndim == 0 and sequence.ndim != 1:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor "
            f"dimension is 1, but we got boundaries tensor dim({sequence.ndim}) and input value's "
            f"dim({values.ndim}) numel({values.size})"
        )
    if not sequence.ndim:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 "
            "dimension"
        )
    if sequence.ndim != 1 and sequence.shape[:-1] != values.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(sequence.shape)} and input value tensor {list(values.shape)}"
        )
    if sorter is None:
        return
    if sorter.shape != sequence.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary "
            f"tensor {list(sequence.shape)} and got sorter tensor {list(sorter.shape)}"
        )
    if sorter.dtype != np.int64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{dtypes.from_numpy(sorter.dtype).c10_name}"
        )
    if sorter.size and (sorter.min() < 0 or sorter.max() >= sorter.shape[-1]):
        raise RuntimeError("torch.searchsorted(): sorter index out of range")


@accepts_out
def searchsorted(
    sorted_sequence: Tensor,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Where to insert each value so that a rising sequence stays sorted.

    Args:
        right: after its equals rather than before them; the same as ``side='right'``.
        sorter: the indices that sort ``sorted_sequence``, if it is not.

    Shape: the sequence is a vector, or has one row for each row of ``input``.
    """
    sequence = sorted_sequence._array
    if isinstance(input, Variable):
        values = input._array
    else:
        if sequence.ndim != 1:
            _check(sequence, np.asarray(input), None)
        values = np.asarray(input, sequence.dtype)
    where = _checked_side(right, side)
    order = unwrap(sorter)
    _check(sequence, values, order)
    sequence, values = promote(sequence, values)
    refuse("bc", "searchsorted_out_cpu", sequence)
    if order is not None:
        sequence = np.take_along_axis(sequence, order, -1)
    found = np.empty_like(values, dtype=np.int32 if out_int32 else np.int64, order="C")
    if sequence.ndim == 1:
        found[...] = np.searchsorted(sequence, values, where)
    else:
        for place in np.ndindex(sequence.shape[:-1]):
            found[place] = np.searchsorted(sequence[place], values[place], where)
    return wrap(found)


@accepts_out
def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """Which of the intervals between rising boundaries each element is in.

    Args:
        right: whether the right boundary is outside: ``boundaries[i - 1] <= x < boundaries[i]``.
    """
    if boundaries._array.ndim != 1:
        raise RuntimeError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries._array.ndim})"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)
