"""Sorting by whole numbers, and the k largest elements without a copy of all.

Sorting: a float32 and its index make one 64-bit number, such that the order of the numbers is that
of the floats, and that of the indices for equal ones. NumPy sorts such numbers with AVX-512 or
AVX2, much faster than it finds the indices that sort stably: 1024 rows of 1024 take 23 ms instead
of 123.

The k largest: the first k elements make a heap, and the others are compared with its top. The heap
takes the steps of std::partial_sort, so equal elements come out as there. 4 of 1024, 1024 times:
1.7 ms instead of 8.

Mirrors aten/src/ATen/native/cpu/SortingKernel.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native.selection_kernels import (
    _adjust_heap,
    _before,
    _heap_select,
    _nth_element,
    _pop_heap,
    _sort,
)
from minitorch.native.sorting import sort_kernel, topk_kernel

# ------------------------------------------------------------------ sorting


@kernel(parallel=True)
def _pack(keys: Any, rows: Any, descending: bool) -> None:
    """High half: 0 for the first float in the order, the largest number for NaN. Low half: the
    index.
    """
    sign, nan = np.uint32(1 << 31), np.uint32(0xFFFFFFFF)
    flip = nan if descending else np.uint32(0)
    for row in prange(len(rows)):
        for i in range(rows.shape[1]):
            x = rows[row, i]
            bits = np.float32(x + np.float32(0)).view(np.uint32)  # -0 equals 0
            key = np.uint32(~bits) if bits & sign else np.uint32(bits | sign)
            key = np.uint32((nan if x != x else key) ^ flip)
            keys[row, i] = (np.uint64(key) << np.uint64(32)) | np.uint64(i)


@kernel(parallel=True)
def _unpack(values: Any, indices: Any, keys: Any, rows: Any) -> None:
    for row in prange(len(rows)):
        for i in range(rows.shape[1]):
            index = np.int64(keys[row, i] & np.uint64(0xFFFFFFFF))
            indices[row, i] = index
            values[row, i] = rows[row, index]


@sort_kernel.tuned
def sort(array: Any, dim: int, descending: bool) -> tuple[Any, Any]:
    if array.dtype != np.float32 or not array.size or not array.ndim:
        return sort_kernel.plain(array, dim, descending)
    rows = _rows(array, dim)
    keys = np.empty(rows.shape, np.uint64)
    _pack(keys, rows, descending)
    keys.sort(axis=1)
    values, indices = np.empty(rows.shape, np.float32), np.empty(rows.shape, np.int64)
    _unpack(values, indices, keys, rows)
    return _columns(values, array, dim), _columns(indices, array, dim)


def _rows(array: Any, dim: int) -> Any:
    """The lines along ``dim`` as the rows of a contiguous matrix."""
    moved = array if dim == array.ndim - 1 else np.moveaxis(array, dim, -1)
    return np.ascontiguousarray(moved).reshape(-1, array.shape[dim])


def _columns(rows: Any, like: Any, dim: int) -> Any:
    """The inverse of ``_rows``; the rows may have become shorter."""
    if dim == like.ndim - 1:
        return rows if dim == 1 else rows.reshape(like.shape[:-1] + rows.shape[1:])
    rows = rows.reshape(like.shape[:dim] + like.shape[dim + 1 :] + rows.shape[1:])
    return np.ascontiguousarray(np.moveaxis(rows, -1, dim))


# ------------------------------------------------------------------ the k largest


@kernel
def _first_by_heap(values: Any, indices: Any, row: Any, largest: bool) -> None:
    k = values.size
    for i in range(k):
        values[i], indices[i] = row[i], i
    _heap_select(values, indices, 0, k, k, largest)
    top = values[0]
    for i in range(k, row.size):
        x = row[np.uint64(i)]
        may_be_before = not x <= top if largest else not x >= top  # one comparison; NaN may be
        if may_be_before and _before(x, top, largest):
            _adjust_heap(values, indices, 0, 0, k, x, i, largest)
            top = values[0]
    for end in range(k - 1, 0, -1):
        _pop_heap(values, indices, 0, end, end, largest)


@kernel(parallel=True)
def _first(values: Any, indices: Any, rows: Any, largest: bool, in_order: bool) -> None:
    k, n = values.shape[1], rows.shape[1]
    for i in prange(len(rows)):
        if k * 64 <= n:
            _first_by_heap(values[i], indices[i], rows[i], largest)
        else:
            row, places = rows[i].copy(), np.arange(n)
            _nth_element(row, places, 0, k - 1, n, largest)
            if in_order:
                _sort(row, places, 0, k - 1, largest)
            values[i], indices[i] = row[:k], places[:k]


@topk_kernel.tuned
def topk(array: Any, dim: int, k: int, largest: bool, in_order: bool) -> tuple[Any, Any]:
    if array.dtype.char not in "fdil" or not array.ndim:
        return topk_kernel.plain(array, dim, k, largest, in_order)
    rows = _rows(array, dim)
    values, indices = np.empty((len(rows), k), array.dtype), np.empty((len(rows), k), np.int64)
    _first(values, indices, rows, largest, in_order)
    return _columns(values, array, dim), _columns(indices, array, dim)
