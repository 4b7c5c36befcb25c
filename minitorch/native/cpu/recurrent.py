"""The loops over time of recurrent layers, compiled whole.

The sequences of a batch do not depend on each other: each thread takes some of them through all
time steps, and never waits for the others. At each step there is a product with the hidden weights,
packed before the loop (packed_products.py), and the same kernel for the gates as in the plain
loops. The backward loops take denormal numbers for zeros (denormals.py).

A training step with 64 sequences of 200 steps, 100 inputs and 128 units on one thread of a Xeon, in
ms, beside torch with denormal numbers as zeros: RNN 33 (47), LSTM 97 (117), GRU 78 (122).

Here are those of tanh and relu; LSTM and GRU (recurrent_lstm.py, recurrent_gru.py) go the same way.

Mirrors aten/src/ATen/native/RNN.cpp and aten/src/ATen/native/mkldnn/RNN.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native import rnn_kernels, rnn_loops
from minitorch.native.cpu.denormals import flush_denormals, set_control_word
from minitorch.native.cpu.packed_products import packed_product
from minitorch.native.cpu.recurrent_steps import (
    GRAD_START,
    SIZE,
    START,
    as_rows,
    copy_grad,
    grad_as_rows,
    is_small,
    run,
    share,
    table_of,
)
from minitorch.native.rnn_steps import TimeSteps

_tanh_cell = rnn_kernels.tanh_cell_kernel.plain
_tanh_cell_backward = rnn_kernels.tanh_cell_backward_kernel.plain
_relu_cell = rnn_kernels.relu_cell_kernel.plain
_relu_cell_backward = rnn_kernels.relu_cell_backward_kernel.plain


@kernel
def _rnn_forward(
    first: int,
    end: int,
    weight: Any,
    packed: Any,
    out: Any,
    hidden: Any,
    from_hidden: Any,
    bias: Any,
    table: Any,
    is_relu: bool,
) -> None:
    for i in range(len(table)):
        stop = min(end, table[i, SIZE])
        if first < stop:
            rows = slice(table[i, START] + first, table[i, START] + stop)
            own = slice(first, stop)
            packed_product(from_hidden[own], hidden[own], packed, weight, False)
            if is_relu:
                _relu_cell(out[rows], from_hidden[own], bias)
            else:
                _tanh_cell(out[rows], from_hidden[own], bias)
            hidden[own] = out[rows]


@kernel(parallel=True)
def rnn_forward_kernel(
    parts: int, weight: Any, packed: Any, out: Any, hidden: Any, *others: Any
) -> None:
    for part in prange(parts):
        first, end = share(np.int64(part), parts, len(hidden))
        _rnn_forward(first, end, weight, packed, out, hidden, *others)


def _run_rnn_forward(
    out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps, is_relu: bool
) -> None:
    weight = np.ascontiguousarray(w_hh.T)
    from_hidden = np.empty_like(hx)
    table = table_of(steps)
    arrays = as_rows(out), hx.copy(), from_hidden, bias, table
    run(_rnn_forward, rnn_forward_kernel, steps, weight, *arrays, is_relu)


@rnn_loops.tanh_forward.tuned
def tanh_forward(out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps) -> None:
    if is_small(w_hh, steps):
        rnn_loops.tanh_forward.plain(out, hx, w_hh, bias, steps)
    else:
        _run_rnn_forward(out, hx, w_hh, bias, steps, False)


@rnn_loops.relu_forward.tuned
def relu_forward(out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps) -> None:
    if is_small(w_hh, steps):
        rnn_loops.relu_forward.plain(out, hx, w_hh, bias, steps)
    else:
        _run_rnn_forward(out, hx, w_hh, bias, steps, True)


@kernel
def _rnn_backward(
    first: int,
    end: int,
    weight: Any,
    packed: Any,
    grads: Any,
    later: Any,
    grad: Any,
    out: Any,
    table: Any,
    grad_out: Any,
    grad_step: int,
    is_relu: bool,
) -> None:
    control = flush_denormals()
    for i in range(len(table) - 1, -1, -1):
        stop = min(end, table[i, SIZE])
        if first < stop:
            rows = slice(table[i, START] + first, table[i, START] + stop)
            own = slice(first, stop)
            copy_grad(grad, grad_out, grad_step, table[i, GRAD_START], first, stop)
            if is_relu:
                _relu_cell_backward(grads[rows], grad[own], later[own], out[rows])
            else:
                _tanh_cell_backward(grads[rows], grad[own], later[own], out[rows])
            packed_product(later[own], grads[rows], packed, weight, False)
    set_control_word(control)


@kernel(parallel=True)
def rnn_backward_kernel(
    parts: int, weight: Any, packed: Any, grads: Any, later: Any, *others: Any
) -> None:
    for part in prange(parts):
        first, end = share(np.int64(part), parts, len(later))
        _rnn_backward(first, end, weight, packed, grads, later, *others)


def _run_rnn_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps, is_relu: bool
) -> None:
    table, grad_rows, grad_step = grad_as_rows(grad_out, steps, later)
    arrays = as_rows(grads), later, np.zeros_like(later), as_rows(out), table
    weight = np.ascontiguousarray(w_hh)
    run(_rnn_backward, rnn_backward_kernel, steps, weight, *arrays, grad_rows, grad_step, is_relu)


@rnn_loops.tanh_backward.tuned
def tanh_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps
) -> None:
    if is_small(w_hh, steps):
        rnn_loops.tanh_backward.plain(grads, later, grad_out, out, w_hh, steps)
    else:
        _run_rnn_backward(grads, later, grad_out, out, w_hh, steps, False)


@rnn_loops.relu_backward.tuned
def relu_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps
) -> None:
    if is_small(w_hh, steps):
        rnn_loops.relu_backward.plain(grads, later, grad_out, out, w_hh, steps)
    else:
        _run_rnn_backward(grads, later, grad_out, out, w_hh, steps, True)
