"""The loops of softmax and log_softmax, and of their gradients.

Two for each: along rows, whose elements are neighbours in memory, and along columns, of which many
are handled side by side, so that the innermost loops run along memory as well.

Mirrors aten/src/ATen/native/cpu/SoftMaxKernel.cpp.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.vec_math import ByPrecision, exp, exp_below_one, log_of_one_or_more

# Rows are handled some at a time: exp then runs over about this many neighbours at once, so it
# vectorises for rows of 10 too, and they stay in the innermost cache.
_BLOCK_ELEMENTS = 2048


# ------------------------------------------------------------------ one row


@kernel
def _largest_float32(row: Any) -> Any:
    """The maximum, of integers that have the same order as the floats.

    A maximum of integers vectorises; one of floats does not, because of NaN. Here a NaN is above
    inf or (a negative one) below -inf; either way it makes the whole row NaN in the end.
    """
    largest = np.int32(-0x80000000)
    for j in range(row.size):
        bits = np.float32(row[j]).view(np.int32)
        key = np.int32(bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF)))
        largest = key if key > largest else largest
    return np.int32(largest ^ ((largest >> np.int32(31)) & np.int32(0x7FFFFFFF))).view(np.float32)


@kernel
def _largest_float64(row: Any) -> Any:
    result = row[0] if row.size else math.nan
    for j in range(1, row.size):
        x = row[j]
        result = x if x > result else result
    return result


_largest = ByPrecision(_largest_float32, _largest_float64)


@kernel(fast_sums=True)
def _sum(row: Any) -> Any:
    total = row.dtype.type(0)
    for j in range(row.size):
        total += row[j]
    return total


@kernel(fast_sums=True)
def _dot(a: Any, b: Any) -> Any:
    total = a.dtype.type(0)
    for j in range(a.size):
        total += a[j] * b[j]
    return total


# ------------------------------------------------------------------ rows


@DispatchStub
@kernel(parallel=True)
def softmax_kernel(out: Any, input: Any, size: Any) -> None:
    """``out`` and ``input`` are flat; each ``size`` elements are a row."""
    rows = out.size // size
    block = max(1, _BLOCK_ELEMENTS // size)
    one = out.dtype.type(1)
    for b in prange((rows + block - 1) // block):
        first = np.int64(b) * block
        last = min(rows, first + block)
        for r in range(first, last):
            x, y = input[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            largest = _largest(x)
            for j in range(size):
                y[j] = x[j] - largest
        y = out[first * size : last * size]
        for j in range(y.size):
            y[j] = exp_below_one(y[j])
        for r in range(first, last):
            y = out[r * size : (r + 1) * size]
            scale = one / _sum(y)
            for j in range(size):
                y[j] *= scale


@DispatchStub
@kernel(parallel=True)
def softmax_backward_kernel(out: Any, grad: Any, result: Any, size: Any) -> None:
    for r in prange(out.size // size):
        first = np.int64(r) * size
        g, y, z = (
            grad[first : first + size],
            result[first : first + size],
            out[first : first + size],
        )
        mean = _dot(g, y)
        for j in range(size):
            z[j] = y[j] * (g[j] - mean)


@DispatchStub
@kernel(parallel=True)
def log_softmax_kernel(out: Any, input: Any, size: Any) -> None:
    rows = out.size // size
    block = max(1, _BLOCK_ELEMENTS // size)
    number = out.dtype.type
    for b in prange((rows + block - 1) // block):
        first = np.int64(b) * block
        last = min(rows, first + block)
        largest = np.empty(last - first, out.dtype)
        for r in range(first, last):
            x, y = input[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            shift = _largest(x)
            for j in range(size):
                y[j] = x[j] - shift
            largest[r - first] = shift
        y = out[first * size : last * size]
        for j in range(y.size):
            y[j] = exp_below_one(y[j])
        for r in range(first, last):
            x, y = input[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            shift, log_sum = largest[r - first], number(math.log(_sum(y)))
            for j in range(size):
                y[j] = x[j] - shift - log_sum


@DispatchStub
@kernel(parallel=True)
def log_softmax_backward_kernel(out: Any, grad: Any, result: Any, size: Any) -> None:
    rows = out.size // size
    block = max(1, _BLOCK_ELEMENTS // size)
    for b in prange((rows + block - 1) // block):
        first = np.int64(b) * block
        last = min(rows, first + block)
        y, z = result[first * size : last * size], out[first * size : last * size]
        for j in range(z.size):
            z[j] = exp(y[j])
        for r in range(first, last):
            g, z = grad[r * size : (r + 1) * size], out[r * size : (r + 1) * size]
            total = _sum(g)
            for j in range(size):
                z[j] = g[j] - z[j] * total


# ------------------------------------------------------------------ columns

# Arrays are (outer, size, inner); a column has one ``outer`` and one ``inner`` index. This many
# neighbouring columns are handled at once: few enough for the caches, enough to vectorise.
_STRIP = 512


@kernel
def _column_maxima(largest: Any, input: Any, o: int, first: int) -> None:
    """May miss a NaN, which makes the sum of exp NaN anyway."""
    end = first + largest.size
    largest[:] = input[o, 0, first:end]
    for c in range(1, input.shape[1]):
        x = input[o, c, first:end]
        for i in range(largest.size):
            largest[i] = x[i] if x[i] > largest[i] else largest[i]


@DispatchStub
@kernel(parallel=True)
def softmax_columns_kernel(out: Any, input: Any) -> None:
    outer, size, inner = out.shape
    strips = (inner + _STRIP - 1) // _STRIP
    one = out.dtype.type(1)
    for task in prange(outer * strips):
        o = np.int64(task) // strips
        first = np.int64(task) % strips * _STRIP
        end = min(first + _STRIP, inner)
        largest = np.empty(end - first, out.dtype)
        total = np.zeros_like(largest)
        _column_maxima(largest, input, o, first)
        for c in range(size):
            x, y = input[o, c, first:end], out[o, c, first:end]
            for i in range(y.size):
                y[i] = exp_below_one(x[i] - largest[i])
            for i in range(y.size):
                total[i] += y[i]
        for i in range(total.size):
            total[i] = one / total[i]
        for c in range(size):
            y = out[o, c, first:end]
            for i in range(y.size):
                y[i] *= total[i]


@DispatchStub
@kernel(parallel=True)
def log_softmax_columns_kernel(out: Any, input: Any) -> None:
    outer, size, inner = out.shape
    strips = (inner + _STRIP - 1) // _STRIP
    for task in prange(outer * strips):
        o = np.int64(task) // strips
        first = np.int64(task) % strips * _STRIP
        end = min(first + _STRIP, inner)
        largest = np.empty(end - first, out.dtype)
        total = np.zeros_like(largest)
        _column_maxima(largest, input, o, first)
        for c in range(size):
            x = input[o, c, first:end]
            for i in range(x.size):
                total[i] += exp_below_one(x[i] - largest[i])
        for i in range(total.size):
            total[i] = log_of_one_or_more(total[i])
        for c in range(size):
            x, y = input[o, c, first:end], out[o, c, first:end]
            for i in range(y.size):
                y[i] = x[i] - largest[i] - total[i]


@DispatchStub
@kernel(parallel=True)
def softmax_columns_backward_kernel(out: Any, grad: Any, result: Any) -> None:
    outer, size, inner = out.shape
    strips = (inner + _STRIP - 1) // _STRIP
    for task in prange(outer * strips):
        o = np.int64(task) // strips
        first = np.int64(task) % strips * _STRIP
        end = min(first + _STRIP, inner)
        mean = np.zeros(end - first, out.dtype)
        for c in range(size):
            g, y = grad[o, c, first:end], result[o, c, first:end]
            for i in range(mean.size):
                mean[i] += g[i] * y[i]
        for c in range(size):
            g, y, z = grad[o, c, first:end], result[o, c, first:end], out[o, c, first:end]
            for i in range(mean.size):
                z[i] = y[i] * (g[i] - mean[i])


@DispatchStub
@kernel(parallel=True)
def log_softmax_columns_backward_kernel(out: Any, grad: Any, result: Any) -> None:
    outer, size, inner = out.shape
    strips = (inner + _STRIP - 1) // _STRIP
    for task in prange(outer * strips):
        o = np.int64(task) // strips
        first = np.int64(task) % strips * _STRIP
        end = min(first + _STRIP, inner)
        total = np.zeros(end - first, out.dtype)
        for c in range(size):
            g = grad[o, c, first:end]
            for i in range(total.size):
                total[i] += g[i]
        for c in range(size):
            g, y, z = grad[o, c, first:end], result[o, c, first:end], out[o, c, first:end]
            for i in range(total.size):
                z[i] = g[i] - exp(y[i]) * total[i]
