"""Recurrent layers through time, compiled whole.

The sequences of a batch do not depend on each other: each thread takes some of them through all
time steps, and never waits for the others (recurrent_loops.py). The weights are packed before the
loop (packed_products.py). What a step has computed is used while it is in the cache: forward, its
products with the input become gates at once; backward, the gradients of its gates are multiplied
by the weights, and, some steps together, by the inputs and states. The backward pass takes denormal
numbers for zeros (denormals.py).

A training step with 64 sequences of 200 steps, 100 inputs and 128 units on one thread of a Xeon, in
ms, beside torch, and torch whose malloc keeps freed memory, the smallest of many: RNN 20 (38, 42),
LSTM 75 (106, 87), GRU 57 (110, 103).

Mirrors aten/src/ATen/native/RNN.cpp and aten/src/ATen/native/mkldnn/RNN.cpp. Left to the plain
passes: projected hidden states.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch.backends import cpu
from minitorch.native import rnn_loops
from minitorch.native.cpu.packed_products import pack
from minitorch.native.cpu.panels import PANEL
from minitorch.native.cpu.recurrent_loops import (
    backward_loop,
    backward_loops,
    forward_loop,
    forward_loops,
)
from minitorch.native.rnn_loops import Pass, Wanted
from minitorch.native.rnn_steps import TimeSteps

# Multiplications that are worth a second thread: 20 us of work.
MULTIPLICATIONS_PER_THREAD = 1_000_000

# A product of fewer rows takes as long: a thread has at least so many sequences.
SEQUENCES_PER_THREAD = 4

# From so many sequences on, BLAS takes 42 us for a product with 512 x 128 transposed weights;
# packing these takes 11, and the product then 10. As they lie, BLAS takes 9.
SEQUENCES_TO_PACK_FOR = 3
_NOT_PACKED = np.empty((0, 0, PANEL), np.float32)

# See _rows.
_IN_ORDER, _REPEATED = np.array((1, 0, 1)), np.array((0, 0, 1))


def _is_covered(layer: Pass) -> bool:
    dtype = layer.out.dtype
    arrays = layer.input, layer.hx, layer.cx, layer.w_ih, layer.w_hh
    return (
        layer.w_hr is None
        and layer.out.size > 0
        and dtype.char in "fd"
        and all([array.dtype == dtype for array in arrays])
    )


@rnn_loops.forward_pass.tuned
def forward_pass(bias: Any, layer: Pass) -> None:
    if not _is_covered(layer):
        rnn_loops.forward_pass.plain(bias, layer)
        return
    threads = _threads(layer)
    arrays = (
        layer.hx.copy(),
        layer.cx.copy(),
        *[_matrix(array) for array in (layer.out, layer.cells, layer.gates)],
        *_rows(layer.input, layer.steps),
        bias,
        *_packed(layer.w_ih, layer, threads, True),
        *_packed(layer.w_hh, layer, threads, True),
        _table(layer.steps),
        layer.kind,
    )
    if threads > 1:
        forward_loops.on_all_threads(threads, *arrays)
    else:
        forward_loop(0, len(layer.hx), *arrays)


@rnn_loops.backward_pass.tuned
def backward_pass(
    later: Any, grad_cell: Any, grad_out: Any, layer: Pass, wanted: Wanted
) -> tuple[Any, ...]:
    if not _is_covered(layer):
        return rnn_loops.backward_pass.plain(later, grad_cell, grad_out, layer, wanted)
    steps, threads = layer.steps, _threads(layer)
    input, input_strides = _rows(layer.input, steps)
    grad_input = np.empty_like(input) if wanted.input else input[:0]
    totals = [
        np.zeros((threads, *(shape if is_wanted else (0,) * len(shape))), input.dtype)
        for shape, is_wanted in (
            (layer.w_ih.shape[::-1], wanted.w_ih),
            (layer.w_hh.shape[::-1], wanted.w_hh),
            (layer.gates.shape[-1:], wanted.bias),
        )
    ]
    arrays = (
        *_grad_rows(grad_out, layer),
        input,
        input_strides,
        layer.hx,
        layer.cx,
        *[_matrix(array) for array in (layer.out, layer.cells, layer.gates)],
        *_packed(layer.w_ih, layer, threads, False),
        *_packed(layer.w_hh, layer, threads, False),
        _table(steps),
        layer.kind,
    )
    if threads > 1:
        backward_loops.on_all_threads(threads, later, grad_cell, grad_input, *totals, *arrays)
        totals = [total.sum(axis=0) for total in totals]
    else:
        totals = [total[0] for total in totals]
        backward_loop(0, len(layer.hx), later, grad_cell, grad_input, *totals, *arrays)
    grad_w_ih, grad_w_hh, grad_bias = [total.T if total.size else None for total in totals]
    if not wanted.input:
        grad_input = None
    elif input_strides[1]:  # the batch came first
        batch_first = layer.input.swapaxes(0, 1).shape
        grad_input = grad_input.reshape(batch_first).swapaxes(0, 1)
    else:
        grad_input = grad_input.reshape(layer.input.shape)
    return grad_input, grad_w_ih, grad_w_hh, None, grad_bias


# ----------------------------------------------------------------------------- what kernels take


def _threads(layer: Pass) -> int:
    """How many threads the work is worth."""
    weights = layer.w_ih.size + layer.w_hh.size
    work = layer.out.size // layer.out.shape[-1] * weights // MULTIPLICATIONS_PER_THREAD
    return max(1, min(cpu.get_num_threads(), work, len(layer.hx) // SEQUENCES_PER_THREAD))


def _table(steps: TimeSteps) -> Any:
    """The table of the steps: see recurrent_loops.py."""
    return _table_of(tuple(steps.sizes), steps.reverse)


@functools.lru_cache(16)  # 8 us, a tenth of a layer's forward pass over one step
def _table_of(sizes: tuple[int, ...], reverse: bool) -> Any:
    table = np.zeros((len(sizes), 5), np.int64)
    table[:, 0] = np.arange(len(sizes))
    table[:, 2] = sizes
    table[:, 1] = table[:, 2].cumsum() - table[:, 2]
    table = table[::-1] if reverse else table
    table[1:, 3:] = table[:-1, 1:3]
    return np.ascontiguousarray(table)


def _matrix(array: Any) -> Any:
    return np.ascontiguousarray(array).reshape(-1, array.shape[-1])


def _rows(array: Any, steps: TimeSteps) -> tuple[Any, Any]:
    """All rows as a matrix, without a copy if they come with the batch first, and where those of a
    step are: how far its start, its number, and the number of the sequence move.
    """
    if not steps.is_packed and not array.flags.c_contiguous:
        batch_first = array.swapaxes(0, 1)
        if batch_first.flags.c_contiguous:
            return _matrix(batch_first), np.array((0, 1, len(array)))
    return _matrix(array), _IN_ORDER


def _grad_rows(grad: Any, layer: Pass) -> tuple[Any, Any]:
    """``_rows`` of the gradient of the output. It may be None, or, of a mean, the same at all
    steps.
    """
    if grad is None:
        return layer.hx[:0], _IN_ORDER
    if not layer.steps.is_packed and grad.strides[0] == 0:
        return np.ascontiguousarray(grad[0]), _REPEATED
    return _rows(grad, layer.steps)


def _packed(weight: Any, layer: Pass, threads: int, is_transposed: bool) -> tuple[Any, Any]:
    """The weight for BLAS and, packed if that pays, it or its transpose."""
    weight = np.ascontiguousarray(weight)
    is_alone = len(layer.steps.sizes) == 1 and not is_transposed
    if is_alone or len(layer.hx) < SEQUENCES_TO_PACK_FOR * threads:
        return weight, _NOT_PACKED
    return weight, pack(weight.T if is_transposed else weight)
