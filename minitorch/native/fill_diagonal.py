"""``fill_diagonal_``. Mirrors its part of aten/src/ATen/native/Fill.cpp."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.native.copying import fill_
from minitorch.native.strided_views import as_strided

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def fill_diagonal_(input: Tensor, fill_value: Any, wrap: bool = False) -> Tensor:
    """Write a number on the main diagonal, in place.

    Args:
        wrap: begin again below the end of the diagonal of a tall matrix, after an empty row.

    Raises:
        RuntimeError: fewer than two dimensions, or more than two of different sizes.
    """
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    height, width = shape[0], shape[1]
    step = sum(input.stride())
    size = min(height, width)
    offset = input.storage_offset()
    fill_(as_strided(input, (size,), (step,), offset), fill_value)
    if wrap and len(shape) == 2 and height > width + 1:
        rest = (height * width + width) // (width + 1) - size
        start = offset + input.stride(0) * (width + 1)
        fill_(as_strided(input, (rest,), (step,), start), fill_value)
    return input
