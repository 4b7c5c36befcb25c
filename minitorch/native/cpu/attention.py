"""Attention, one head of one sample at a time, which fits into the caches.

Threads share the heads of all samples. The queries of a head are taken some at a time: two products
of BLAS and the softmax between them, over weights that have not left the innermost cache. Where
query i sees the keys 0 to i only, the later keys are left out of products and softmax.

Mirrors aten/src/ATen/native/cpu/FlashAttentionKernel.cpp. That one takes the keys in blocks too,
and computes the weights anew in the backward; here they are kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import Kernel, kernel, prange
from minitorch._openblas import callable_from_kernels
from minitorch.backends import cpu
from minitorch.native.attention import attention_backward_kernel, attention_kernel
from minitorch.native.cpu.matrix_products import multiply
from minitorch.native.cpu.products import MULTIPLICATIONS_PER_THREAD
from minitorch.native.softmax_kernels import _dot, _largest, _sum
from minitorch.native.vec_math import exp

QUERIES = 32
"""With 128, a step over 128 causal queries took 1.4 times as long, as more is computed in vain."""


_NO_BIAS = np.zeros((1, 1, 0, 0), np.float32)
_NOTHING_DROPPED = np.zeros((1, 1, 0, 0), bool)


def is_covered(array: Any) -> bool:
    """Whether these kernels can attend with such a query."""
    return array.ndim == 4 and array.dtype == np.float32 and array.size > 0


def _has_rows(array: Any) -> bool:
    """Whether BLAS can take its matrices as they are: rows of neighbours, one behind the other."""
    row, element = array.strides[-2:]
    return bool(element == array.itemsize and row >= array.shape[-1] * element)


def _alike(*arrays: Any) -> list[Any]:
    """All contiguous, or all strided: each other combination would be compiled anew."""
    strided = [not a.flags.c_contiguous and _has_rows(a) for a in arrays]
    return list(arrays) if all(strided) else [np.ascontiguousarray(a) for a in arrays]


def _like(array: Any) -> Any:
    """New memory, laid out in the same order if BLAS can take that."""
    like = np.empty_like(array)
    return like if like.flags.c_contiguous or _has_rows(like) else np.empty_like(array, order="C")


if callable_from_kernels():

    @attention_kernel.tuned
    def attend(
        query: Any,
        key: Any,
        value: Any,
        bias: Any,
        kept: Any,
        p: float,
        scale: float,
        causal: bool,
        remembers: bool,
    ) -> Any:
        if not is_covered(query):
            return attention_kernel.plain(
                query, key, value, bias, kept, p, scale, causal, remembers
            )
        batch, heads, length, _ = query.shape
        seen = key.shape[2]
        # As torch lays it out, on which the order of a later dropout depends.
        out = _like(query) if kept is None else np.empty_like(query, order="C")
        weights = np.empty((batch, heads, length, seen) if remembers else (0, 0, 0, 0), query.dtype)
        kind = query.dtype.type
        query, key, value = _alike(query, key, value)
        _launcher(_attend, query, seen)(
            out,
            weights,
            query,
            key,
            value,
            _NO_BIAS if bias is None else _four_dimensions(bias, seen, kind),
            _NOTHING_DROPPED if kept is None else kept,
            kind(1) / kind(1 - p) if p else kind(1),
            kind(scale),
            causal,
        )
        return out, weights if remembers else None

    @attention_backward_kernel.tuned
    def attend_backward(
        grad: Any,
        query: Any,
        key: Any,
        value: Any,
        weights: Any,
        kept: Any,
        p: float,
        scale: float,
        causal: bool,
    ) -> Any:
        if not is_covered(query):
            return attention_backward_kernel.plain(
                grad, query, key, value, weights, kept, p, scale, causal
            )
        grads = tuple([_like(a) for a in (query, key, value)])
        kind = query.dtype.type
        _launcher(_attend_backward, query, weights.shape[3])(
            *grads,
            *_alike(grad, query, key, value),
            weights,
            _NOTHING_DROPPED if kept is None else kept,
            kind(1) / kind(1 - p) if p else kind(1),
            kind(scale),
            causal,
        )
        return grads


def _launcher(kernel: Kernel, query: Any, seen: int) -> Any:
    """The kernel on as many threads as the work is worth."""
    is_small = query.size * seen < MULTIPLICATIONS_PER_THREAD or cpu.get_num_threads() == 1
    return kernel.sequential if is_small else kernel.on_all_threads


def _four_dimensions(bias: Any, seen: int, kind: Any) -> Any:
    """The bias as (N or 1, H or 1, L or 1, S), with the elements of a row side by side."""
    shape = (1,) * (4 - bias.ndim) + bias.shape
    return np.ascontiguousarray(np.broadcast_to(bias.reshape(shape), (*shape[:3], seen)), kind)


@kernel(parallel=True)
def _attend(
    out: Any,
    weights: Any,
    query: Any,
    key: Any,
    value: Any,
    bias: Any,
    kept: Any,
    keep_factor: Any,
    scale: Any,
    causal: Any,
) -> None:
    """weights = softmax(query keyᵀ scale + bias), out = (weights kept keep_factor) value.

    Shape: out, query (N, H, L, E), key, value (N, H, S, E), weights (N, H, L, S), or none if nobody
    wants them; bias and kept broadcast to that, and are empty where there is none.
    """
    heads = query.shape[1]
    for item in prange(len(query) * heads):
        n, h = np.int64(item) // heads, np.int64(item) % heads
        if weights.size:
            own = weights[n, h]
        else:
            own = np.empty((QUERIES, key.shape[2]), weights.dtype)
        _attend_head(
            out[n, h],
            own,
            query[n, h],
            key[n, h],
            value[n, h],
            bias[n % bias.shape[0], h % bias.shape[1]],
            kept[n % kept.shape[0], h % kept.shape[1]],
            keep_factor,
            scale,
            causal,
        )


@kernel
def _attend_head(
    out: Any,
    weights: Any,
    query: Any,
    key: Any,
    value: Any,
    bias: Any,
    kept: Any,
    keep_factor: Any,
    scale: Any,
    causal: Any,
) -> None:
    """``weights`` of all queries, or room for those of a block."""
    length, seen = len(out), weights.shape[1]
    zero, one = weights.dtype.type(0), weights.dtype.type(1)
    keys = _transposed(key, scale)
    dropped = np.empty((QUERIES if kept.size else 0, seen), weights.dtype)
    for first in range(0, length, QUERIES):
        last = min(first + QUERIES, length)
        count = min(last, seen) if causal else seen
        start = first if len(weights) == length else 0
        block = weights[start : start + last - first]
        used = block[:, :count]
        multiply(used, query[first:last], keys[:, :count], False, False, False)
        for i in range(first, last):
            end = min(i + 1, count) if causal else count
            block[i - first, end:count] = zero
            row = block[i - first][:end]
            if bias.size:
                added = bias[i % bias.shape[0]]
                for j in range(end):
                    row[j] += added[j]
            largest = _largest(row)
            if largest == -np.inf and _is_hidden(row):
                row[:] = zero
                continue
            for j in range(end):
                row[j] = exp(row[j] - largest)
            factor = one / _sum(row)
            for j in range(end):
                row[j] *= factor
        if kept.size:
            _drop(dropped, block, kept[first:last], keep_factor)
            used = dropped[: last - first, :count]
        multiply(out[first:last], used, value[:count], False, False, False)


@kernel(parallel=True)
def _attend_backward(
    grad_query: Any,
    grad_key: Any,
    grad_value: Any,
    grad: Any,
    query: Any,
    key: Any,
    value: Any,
    weights: Any,
    kept: Any,
    keep_factor: Any,
    scale: Any,
    causal: Any,
) -> None:
    """The gradients of query, key and value; shapes as in ``_attend``."""
    heads = query.shape[1]
    for item in prange(len(query) * heads):
        n, h = np.int64(item) // heads, np.int64(item) % heads
        _attend_head_backward(
            grad_query[n, h],
            grad_key[n, h],
            grad_value[n, h],
            grad[n, h],
            query[n, h],
            key[n, h],
            value[n, h],
            weights[n, h],
            kept[n % kept.shape[0], h % kept.shape[1]],
            keep_factor,
            scale,
            causal,
        )


@kernel
def _attend_head_backward(
    grad_query: Any,
    grad_key: Any,
    grad_value: Any,
    grad: Any,
    query: Any,
    key: Any,
    value: Any,
    weights: Any,
    kept: Any,
    keep_factor: Any,
    scale: Any,
    causal: Any,
) -> None:
    length, seen = weights.shape
    grad_key[:] = 0
    grad_value[:] = 0
    values = _transposed(value, weights.dtype.type(1))
    scores = np.empty((QUERIES, seen), weights.dtype)
    dropped = np.empty((QUERIES if kept.size else 0, seen), weights.dtype)
    for first in range(0, length, QUERIES):
        last = min(first + QUERIES, length)
        count = min(last, seen) if causal else seen
        of_out = grad[first:last]
        used = weights[first:last, :count]
        if kept.size:
            _drop(dropped, weights[first:last], kept[first:last], keep_factor)
            used = dropped[: last - first, :count]
        multiply(grad_value[:count], used, of_out, True, False, True)
        of_scores = scores[: last - first, :count]  # of the weights, at first
        multiply(of_scores, of_out, values[:, :count], False, False, False)
        if kept.size:
            _drop(scores, scores, kept[first:last], keep_factor)
        for i in range(first, last):
            row, weight = scores[i - first][:count], weights[i][:count]
            mean = _dot(row, weight)
            for j in range(count):
                row[j] = (row[j] - mean) * weight[j] * scale
        multiply(grad_query[first:last], of_scores, key[:count], False, False, False)
        multiply(grad_key[:count], of_scores, query[first:last], True, False, True)


@kernel
def _transposed(matrix: Any, factor: Any) -> Any:
    """A transposed copy, times a factor.

    BLAS has no fast way to multiply a small matrix by a transposed one: 32 x 32 by 32 x 128 took it
    twice as long.
    """
    rows, columns = matrix.shape
    out = np.empty((columns, rows), matrix.dtype)
    for i in range(rows):
        for j in range(columns):
            out[j, i] = matrix[i, j] * factor
    return out


@kernel
def _drop(out: Any, weights: Any, kept: Any, factor: Any) -> None:
    zero = out.dtype.type(0)
    """out = weights kept factor, of so many rows as ``kept`` has."""
    for i in range(kept.shape[0]):
        target, source, keep = out[i], weights[i], kept[i]
        for j in range(target.size):
            target[j] = source[j] * factor if keep[j] else zero


@kernel
def _is_hidden(row: Any) -> Any:
    """Whether all of it is -inf, so that the query sees nothing."""
    count = 0
    for j in range(row.size):
        count += row[j] == -np.inf
    return count == row.size
