"""The loops over time of recurrent layers, compiled whole.

The sequences of a batch do not depend on each other: each thread takes some of them through all
time steps, and never waits for the others. At each step there is a product with the hidden weights,
packed before the loop (packed_products.py), and the same kernel for the gates as in the plain
loops. The backward loops take denormal numbers for zeros (denormals.py).

Mirrors aten/src/ATen/native/RNN.cpp and aten/src/ATen/native/mkldnn/RNN.cpp. Left to the plain
loops: projected hidden states.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch._jit import Kernel, kernel, prange
from minitorch.backends import cpu
from minitorch.native import rnn_kernels, rnn_loops
from minitorch.native.cpu.denormals import flush_denormals, set_control_word
from minitorch.native.cpu.packed_products import pack, packed_product
from minitorch.native.rnn_steps import TimeSteps

# Multiplications that are worth a second thread: 20 us of work.
MULTIPLICATIONS_PER_THREAD = 1_000_000

# A product of fewer rows takes as long: a thread has at least so many sequences.
SEQUENCES_PER_THREAD = 4

# Packing the weights takes as long as one product.
STEPS_TO_PACK_FOR = 8

# Columns of the table that tells kernels about time: for each step, in the order in which the loop
# goes through them, the first row and the number of rows, those of the step before (0 for the first
# step), and the first row in the gradient of the output.
START, SIZE, START_BEFORE, SIZE_BEFORE, GRAD_START = range(5)


def _table(steps: TimeSteps, batch_first: bool = False) -> Any:
    """``batch_first`` is about the gradient of the output."""
    if steps.is_packed:
        return _table_of(tuple(steps.sizes), steps.reverse, batch_first)
    return _table_of_full_batch(len(steps.sizes), steps.sizes[0], steps.reverse, batch_first)


def _table_of(sizes: tuple[int, ...], reverse: bool, batch_first: bool) -> Any:
    table = np.zeros((len(sizes), 5), np.int64)
    table[:, SIZE] = sizes
    table[:, START] = table[:, SIZE].cumsum() - sizes
    table[:, GRAD_START] = np.arange(len(sizes)) if batch_first else table[:, START]
    table = table[::-1] if reverse else table
    table[1:, START_BEFORE], table[1:, SIZE_BEFORE] = table[:-1, START], table[:-1, SIZE]
    return np.ascontiguousarray(table)


@functools.lru_cache(16)  # 8 us, a tenth of a layer's forward pass over one step
def _table_of_full_batch(steps: int, batch: int, reverse: bool, batch_first: bool) -> Any:
    return _table_of((batch,) * steps, reverse, batch_first)


def _rows(array: Any) -> Any:
    return array.reshape(-1, array.shape[-1])


def _grad_rows(grad: Any, steps: TimeSteps, later: Any) -> tuple[Any, Any, int]:
    """The table, the gradient of the output as contiguous rows, and from one sequence's to the
    next's: 1, but the number of steps where the batch comes first, which saves a copy. None
    becomes no rows.
    """
    if grad is None:
        return _table(steps), np.empty_like(later, shape=(0, later.shape[1])), 0
    if steps.is_packed or grad.flags.c_contiguous:
        return _table(steps), _rows(np.ascontiguousarray(grad)), 1
    batch_first = np.ascontiguousarray(grad.swapaxes(0, 1))
    return _table(steps, True), _rows(batch_first), len(steps.sizes)


def _is_small(weight: Any, steps: TimeSteps) -> bool:
    """One step on one thread: the plain loop is as fast, and takes fewer preparations."""
    return len(steps.sizes) == 1 and _threads(weight, steps) == 1


def _threads(weight: Any, steps: TimeSteps) -> int:
    """How many threads the work is worth."""
    batch = max(steps.sizes)
    work = len(steps.sizes) * batch * weight.size // MULTIPLICATIONS_PER_THREAD
    return max(1, min(cpu.get_num_threads(), work, batch // SEQUENCES_PER_THREAD))


def _run(loop: Kernel, parallel: Kernel, steps: TimeSteps, weight: Any, *arguments: Any) -> None:
    """Call a loop, or its parallel form for as many threads as the work is worth."""
    packed = pack(weight if len(steps.sizes) >= STEPS_TO_PACK_FOR else weight[:, :0])
    threads = _threads(weight, steps)
    if threads > 1:
        parallel.on_all_threads(threads, weight, packed, *arguments)
    else:
        loop(0, max(steps.sizes), weight, packed, *arguments)


@kernel
def _share(part: int, parts: int, count: int) -> Any:
    """The first sequence of a thread, and the first of the next."""
    return count * part // parts, count * (part + 1) // parts


@kernel
def _copy_grad(grad: Any, grad_out: Any, step: int, start: int, first: int, stop: int) -> None:
    """The gradient of one step's output, for some sequences, side by side."""
    if len(grad_out):
        for n in range(first, stop):
            source, target = grad_out[start + n * step], grad[n]
            for j in range(target.size):
                target[j] = source[j]


# ------------------------------------------------------------------ tanh and relu

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
        first, end = _share(np.int64(part), parts, len(hidden))
        _rnn_forward(first, end, weight, packed, out, hidden, *others)


def _run_rnn_forward(
    out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps, is_relu: bool
) -> None:
    weight = np.ascontiguousarray(w_hh.T)
    from_hidden = np.empty_like(hx)
    table = _table(steps)
    arrays = _rows(out), hx.copy(), from_hidden, bias, table
    _run(_rnn_forward, rnn_forward_kernel, steps, weight, *arrays, is_relu)


@rnn_loops.tanh_forward.tuned
def tanh_forward(out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps) -> None:
    if _is_small(w_hh, steps):
        rnn_loops.tanh_forward.plain(out, hx, w_hh, bias, steps)
    else:
        _run_rnn_forward(out, hx, w_hh, bias, steps, False)


@rnn_loops.relu_forward.tuned
def relu_forward(out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps) -> None:
    if _is_small(w_hh, steps):
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
            _copy_grad(grad, grad_out, grad_step, table[i, GRAD_START], first, stop)
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
        first, end = _share(np.int64(part), parts, len(later))
        _rnn_backward(first, end, weight, packed, grads, later, *others)


def _run_rnn_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps, is_relu: bool
) -> None:
    table, grad_rows, grad_step = _grad_rows(grad_out, steps, later)
    arrays = _rows(grads), later, np.zeros_like(later), _rows(out), table
    weight = np.ascontiguousarray(w_hh)
    _run(_rnn_backward, rnn_backward_kernel, steps, weight, *arrays, grad_rows, grad_step, is_relu)


@rnn_loops.tanh_backward.tuned
def tanh_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps
) -> None:
    if _is_small(w_hh, steps):
        rnn_loops.tanh_backward.plain(grads, later, grad_out, out, w_hh, steps)
    else:
        _run_rnn_backward(grads, later, grad_out, out, w_hh, steps, False)


@rnn_loops.relu_backward.tuned
def relu_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps
) -> None:
    if _is_small(w_hh, steps):
        rnn_loops.relu_backward.plain(grads, later, grad_out, out, w_hh, steps)
    else:
        _run_rnn_backward(grads, later, grad_out, out, w_hh, steps, True)


# ------------------------------------------------------------------ LSTM

_lstm_cell = rnn_kernels.lstm_cell_kernel.plain
_lstm_cell_backward = rnn_kernels.lstm_cell_backward_kernel.plain


@kernel
def _lstm_forward(
    first: int,
    end: int,
    weight: Any,
    packed: Any,
    out: Any,
    hidden: Any,
    cell: Any,
    cells: Any,
    gates: Any,
    from_hidden: Any,
    bias: Any,
    table: Any,
) -> None:
    for i in range(len(table)):
        stop = min(end, table[i, SIZE])
        if first < stop:
            rows = slice(table[i, START] + first, table[i, START] + stop)
            own = slice(first, stop)
            packed_product(from_hidden[own], hidden[own], packed, weight, False)
            _lstm_cell(out[rows], cells[rows], gates[rows], from_hidden[own], bias, cell[own])
            hidden[own] = out[rows]
            cell[own] = cells[rows]


@kernel(parallel=True)
def lstm_forward_kernel(
    parts: int, weight: Any, packed: Any, out: Any, hidden: Any, *others: Any
) -> None:
    for part in prange(parts):
        first, end = _share(np.int64(part), parts, len(hidden))
        _lstm_forward(first, end, weight, packed, out, hidden, *others)


@rnn_loops.lstm_forward.tuned
def lstm_forward(
    hidden: Any,
    cells: Any,
    gates: Any,
    hx: Any,
    cx: Any,
    w_hh: Any,
    bias: Any,
    steps: TimeSteps,
    out: Any = None,
    w_hr: Any = None,
) -> None:
    if w_hr is not None or _is_small(w_hh, steps):
        rnn_loops.lstm_forward.plain(hidden, cells, gates, hx, cx, w_hh, bias, steps, out, w_hr)
        return
    weight = np.ascontiguousarray(w_hh.T)
    from_hidden = np.empty_like(gates, shape=(len(hx), len(w_hh)))
    arrays = _rows(hidden), hx.copy(), cx.copy(), _rows(cells), _rows(gates), from_hidden, bias
    _run(_lstm_forward, lstm_forward_kernel, steps, weight, *arrays, _table(steps))


@kernel
def _lstm_backward(
    first: int,
    end: int,
    weight: Any,
    packed: Any,
    grads: Any,
    later: Any,
    grad_cell: Any,
    grad: Any,
    gates: Any,
    cells: Any,
    cx: Any,
    table: Any,
    grad_out: Any,
    grad_step: int,
) -> None:
    control = flush_denormals()
    for i in range(len(table) - 1, -1, -1):
        stop = min(end, table[i, SIZE])
        if first < stop:
            start, before = table[i, START], table[i, START_BEFORE]
            _copy_grad(grad, grad_out, grad_step, table[i, GRAD_START], first, stop)
            # The first of these sequences come from a step before, the others begin here.
            middle = min(max(table[i, SIZE_BEFORE], first), stop)
            if first < middle:
                rows, own = slice(start + first, start + middle), slice(first, middle)
                _lstm_cell_backward(
                    grads[rows],
                    grad_cell[own],
                    grad[own],
                    later[own],
                    gates[rows],
                    cells[rows],
                    cells[before + first : before + middle],
                )
            if middle < stop:
                rows, own = slice(start + middle, start + stop), slice(middle, stop)
                _lstm_cell_backward(
                    grads[rows],
                    grad_cell[own],
                    grad[own],
                    later[own],
                    gates[rows],
                    cells[rows],
                    cx[own],
                )
            rows, own = slice(start + first, start + stop), slice(first, stop)
            packed_product(later[own], grads[rows], packed, weight, False)
    set_control_word(control)


@kernel(parallel=True)
def lstm_backward_kernel(
    parts: int, weight: Any, packed: Any, grads: Any, later: Any, *others: Any
) -> None:
    for part in prange(parts):
        first, end = _share(np.int64(part), parts, len(later))
        _lstm_backward(first, end, weight, packed, grads, later, *others)


@rnn_loops.lstm_backward.tuned
def lstm_backward(
    grads: Any,
    later: Any,
    grad_cell: Any,
    grad_out: Any,
    gates: Any,
    cells: Any,
    cx: Any,
    w_hh: Any,
    steps: TimeSteps,
    grad_projected: Any = None,
    w_hr: Any = None,
) -> None:
    if w_hr is not None or _is_small(w_hh, steps):
        rnn_loops.lstm_backward.plain(
            grads, later, grad_cell, grad_out, gates, cells, cx, w_hh, steps, grad_projected, w_hr
        )
        return
    table, grad_rows, grad_step = _grad_rows(grad_out, steps, later)
    weight = np.ascontiguousarray(w_hh)
    arrays = _rows(grads), later, grad_cell, np.zeros_like(later), _rows(gates), _rows(cells), cx
    _run(_lstm_backward, lstm_backward_kernel, steps, weight, *arrays, table, grad_rows, grad_step)


# ------------------------------------------------------------------ GRU

_gru_cell = rnn_kernels.gru_cell_kernel.plain
_gru_cell_backward = rnn_kernels.gru_cell_backward_kernel.plain


@kernel
def _gru_forward(
    first: int,
    end: int,
    weight: Any,
    packed: Any,
    out: Any,
    hidden: Any,
    gates: Any,
    products: Any,
    from_hidden: Any,
    bias: Any,
    hidden_bias: Any,
    table: Any,
) -> None:
    for i in range(len(table)):
        stop = min(end, table[i, SIZE])
        if first < stop:
            rows = slice(table[i, START] + first, table[i, START] + stop)
            own = slice(first, stop)
            packed_product(from_hidden[own], hidden[own], packed, weight, False)
            _gru_cell(
                out[rows],
                gates[rows],
                products[rows],
                from_hidden[own],
                bias,
                hidden_bias,
                hidden[own],
            )
            hidden[own] = out[rows]


@kernel(parallel=True)
def gru_forward_kernel(
    parts: int, weight: Any, packed: Any, out: Any, hidden: Any, *others: Any
) -> None:
    for part in prange(parts):
        first, end = _share(np.int64(part), parts, len(hidden))
        _gru_forward(first, end, weight, packed, out, hidden, *others)


@rnn_loops.gru_forward.tuned
def gru_forward(
    out: Any,
    gates: Any,
    products: Any,
    hx: Any,
    w_hh: Any,
    bias: Any,
    hidden_bias: Any,
    steps: TimeSteps,
) -> None:
    if _is_small(w_hh, steps):
        rnn_loops.gru_forward.plain(out, gates, products, hx, w_hh, bias, hidden_bias, steps)
        return
    weight = np.ascontiguousarray(w_hh.T)
    from_hidden = np.empty_like(gates, shape=(len(hx), len(w_hh)))
    arrays = _rows(out), hx.copy(), _rows(gates), _rows(products), from_hidden, bias, hidden_bias
    _run(_gru_forward, gru_forward_kernel, steps, weight, *arrays, _table(steps))


@kernel
def _gru_backward(
    first: int,
    end: int,
    weight: Any,
    packed: Any,
    grads: Any,
    later: Any,
    grads_of_products: Any,
    grad: Any,
    gates: Any,
    products: Any,
    out: Any,
    hx: Any,
    table: Any,
    grad_out: Any,
    grad_step: int,
) -> None:
    control = flush_denormals()
    for i in range(len(table) - 1, -1, -1):
        stop = min(end, table[i, SIZE])
        if first < stop:
            start, before = table[i, START], table[i, START_BEFORE]
            _copy_grad(grad, grad_out, grad_step, table[i, GRAD_START], first, stop)
            # The first of these sequences come from a step before, the others begin here.
            middle = min(max(table[i, SIZE_BEFORE], first), stop)
            if first < middle:
                rows, own = slice(start + first, start + middle), slice(first, middle)
                _gru_cell_backward(
                    grads[rows],
                    grads_of_products[rows],
                    later[own],
                    grad[own],
                    gates[rows],
                    products[rows],
                    out[before + first : before + middle],
                )
            if middle < stop:
                rows, own = slice(start + middle, start + stop), slice(middle, stop)
                _gru_cell_backward(
                    grads[rows],
                    grads_of_products[rows],
                    later[own],
                    grad[own],
                    gates[rows],
                    products[rows],
                    hx[own],
                )
            rows, own = slice(start + first, start + stop), slice(first, stop)
            packed_product(later[own], grads_of_products[rows], packed, weight, True)
    set_control_word(control)


@kernel(parallel=True)
def gru_backward_kernel(
    parts: int, weight: Any, packed: Any, grads: Any, later: Any, *others: Any
) -> None:
    for part in prange(parts):
        first, end = _share(np.int64(part), parts, len(later))
        _gru_backward(first, end, weight, packed, grads, later, *others)


@rnn_loops.gru_backward.tuned
def gru_backward(
    grads: Any,
    grads_of_products: Any,
    later: Any,
    grad_out: Any,
    gates: Any,
    products: Any,
    out: Any,
    hx: Any,
    w_hh: Any,
    steps: TimeSteps,
) -> None:
    if _is_small(w_hh, steps):
        rnn_loops.gru_backward.plain(
            grads, grads_of_products, later, grad_out, gates, products, out, hx, w_hh, steps
        )
        return
    table, grad_rows, grad_step = _grad_rows(grad_out, steps, later)
    weight = np.ascontiguousarray(w_hh)
    states = _rows(gates), _rows(products), _rows(out), hx
    arrays = _rows(grads), later, _rows(grads_of_products), np.zeros_like(later), *states
    _run(_gru_backward, gru_backward_kernel, steps, weight, *arrays, table, grad_rows, grad_step)
