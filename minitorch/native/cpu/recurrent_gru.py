"""The loops over time of a GRU, compiled whole, as recurrent.py explains.

Mirrors aten/src/ATen/native/RNN.cpp.
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
        first, end = share(np.int64(part), parts, len(hidden))
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
    if is_small(w_hh, steps):
        rnn_loops.gru_forward.plain(out, gates, products, hx, w_hh, bias, hidden_bias, steps)
        return
    weight = np.ascontiguousarray(w_hh.T)
    from_hidden = np.empty_like(gates, shape=(len(hx), len(w_hh)))
    arrays = (
        as_rows(out),
        hx.copy(),
        as_rows(gates),
        as_rows(products),
        from_hidden,
        bias,
        hidden_bias,
    )
    run(_gru_forward, gru_forward_kernel, steps, weight, *arrays, table_of(steps))


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
            copy_grad(grad, grad_out, grad_step, table[i, GRAD_START], first, stop)
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
        first, end = share(np.int64(part), parts, len(later))
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
    if is_small(w_hh, steps):
        rnn_loops.gru_backward.plain(
            grads, grads_of_products, later, grad_out, gates, products, out, hx, w_hh, steps
        )
        return
    table, grad_rows, grad_step = grad_as_rows(grad_out, steps, later)
    weight = np.ascontiguousarray(w_hh)
    states = as_rows(gates), as_rows(products), as_rows(out), hx
    arrays = as_rows(grads), later, as_rows(grads_of_products), np.zeros_like(later), *states
    run(_gru_backward, gru_backward_kernel, steps, weight, *arrays, table, grad_rows, grad_step)
