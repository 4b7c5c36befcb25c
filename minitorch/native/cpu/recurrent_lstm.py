"""The loops over time of an LSTM, compiled whole, as recurrent.py explains.

Mirrors aten/src/ATen/native/mkldnn/RNN.cpp. Left to the plain loops: projected hidden states.
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
    SIZE_BEFORE,
    START,
    START_BEFORE,
    as_rows,
    copy_grad,
    grad_as_rows,
    is_small,
    run,
    share,
    table_of,
)
from minitorch.native.rnn_steps import TimeSteps

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
        first, end = share(np.int64(part), parts, len(hidden))
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
    if w_hr is not None or is_small(w_hh, steps):
        rnn_loops.lstm_forward.plain(hidden, cells, gates, hx, cx, w_hh, bias, steps, out, w_hr)
        return
    weight = np.ascontiguousarray(w_hh.T)
    from_hidden = np.empty_like(gates, shape=(len(hx), len(w_hh)))
    arrays = (
        as_rows(hidden),
        hx.copy(),
        cx.copy(),
        as_rows(cells),
        as_rows(gates),
        from_hidden,
        bias,
    )
    run(_lstm_forward, lstm_forward_kernel, steps, weight, *arrays, table_of(steps))


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
            copy_grad(grad, grad_out, grad_step, table[i, GRAD_START], first, stop)
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
        first, end = share(np.int64(part), parts, len(later))
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
    if w_hr is not None or is_small(w_hh, steps):
        rnn_loops.lstm_backward.plain(
            grads, later, grad_cell, grad_out, gates, cells, cx, w_hh, steps, grad_projected, w_hr
        )
        return
    table, grad_rows, grad_step = grad_as_rows(grad_out, steps, later)
    weight = np.ascontiguousarray(w_hh)
    arrays = (
        as_rows(grads),
        later,
        grad_cell,
        np.zeros_like(later),
        as_rows(gates),
        as_rows(cells),
        cx,
    )
    run(_lstm_backward, lstm_backward_kernel, steps, weight, *arrays, table, grad_rows, grad_step)
