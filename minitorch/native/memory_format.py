"""Memory formats: new arrays in one, and whether an array is in one.

Mirrors c10/core/MemoryFormat.h and the strides that aten/src/ATen/native/TensorFactories.cpp gives
to ``*_like`` tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import _layout
from minitorch._layout import memory_format

_OUTERMOST_FIRST = {
    _layout.channels_last: (0, 2, 3, 1),
    _layout.channels_last_3d: (0, 2, 3, 4, 1),
}
"""The dimensions of a format, the one of the largest stride first."""


def _order(shape: tuple[int, ...], format: memory_format) -> tuple[int, ...]:
    order = _OUTERMOST_FIRST[format]
    if len(shape) != len(order):
        raise RuntimeError(f"required rank {len(order)} tensor to use {format.name} format")
    return order


def empty_in(
    like: Any, shape: tuple[int, ...], format: memory_format | None, dtype: Any = None
) -> Any:
    """Uninitialised memory of ``shape``, of the kind of the array ``like``.

    Args:
        format: None means ``contiguous_format``.
    """
    if format not in _OUTERMOST_FIRST:
        return np.empty_like(like, dtype, "C", shape=shape)
    order = _order(shape, format)
    memory = np.empty_like(like, dtype, "C", shape=tuple([shape[d] for d in order]))
    return memory.transpose(np.argsort(order).tolist())


def empty_like_in(like: Any, format: memory_format | None, dtype: Any = None) -> Any:
    """Uninitialised memory of the shape of ``like``, and, by default, of its order too."""
    if format is None or format is _layout.preserve_format:
        return np.empty_like(like, dtype, "K") if 0 not in like.strides else _dense(like, dtype)
    return empty_in(like, like.shape, format, dtype)


def _dense(like: Any, dtype: Any) -> Any:
    """Dimensions of stride 0, which have no place in memory, stay before those that follow them.
    Mirrors infer_dense_strides of aten/src/ATen/ExpandUtils.cpp.
    """
    innermost_first = list(reversed(range(like.ndim)))
    for i in range(1, like.ndim):
        for j in range(i, 0, -1):
            inner, outer = (like.strides[d] for d in innermost_first[j - 1 : j + 1])
            if inner > outer > 0:
                innermost_first[j - 1 : j + 1] = reversed(innermost_first[j - 1 : j + 1])
            elif 0 < inner < outer:
                break
    order = innermost_first[::-1]
    memory = np.empty_like(like, dtype, "C", shape=tuple([like.shape[d] for d in order]))
    return memory.transpose(np.argsort(order).tolist())


def is_in(array: Any, format: memory_format | None) -> bool:
    """Whether the elements lie in this order, without gaps."""
    if format not in _OUTERMOST_FIRST:
        return bool(array.flags.c_contiguous)
    order = _OUTERMOST_FIRST[format]
    return array.ndim == len(order) and bool(array.transpose(order).flags.c_contiguous)
