"""The kernels of recurrent.py: some of the sequences, on one thread, through all time steps.

In arrays of all rows, those of a step stand one after the other, and the table of the steps says
where. The input and the gradients of input and output may come in another order: with the batch
first, or, as the gradient of a mean does, with the same rows for all steps.

Mirrors aten/src/ATen/native/mkldnn/RNN.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native.cpu.denormals import flush_denormals, set_control_word
from minitorch.native.cpu.matrix_products import multiply
from minitorch.native.cpu.packed_products import packed_product
from minitorch.native.cpu.panels import product
from minitorch.native.rnn_kernels import cell_backward_kernel, cell_kernel

_cell, _cell_backward = cell_kernel.plain, cell_backward_kernel.plain

# Columns of the table, which has a row for each step, in the order in which the forward pass takes
# them: its number, its first row and how many, and those of the step before (at first, none).
TIME, START, SIZE, START_BEFORE, SIZE_BEFORE = range(5)

# The gradients of so many rows, 256 KiB for 512 gates, wait in the cache to be multiplied at once.
ROWS_TOGETHER = 128


@kernel
def _share(part: int, parts: int, count: int) -> Any:
    """The first sequence of a thread, and the first of the next."""
    return count * part // parts, count * (part + 1) // parts


@kernel
def _place(step: Any, strides: Any, sequence: int) -> int:
    """The row of a sequence at a step."""
    return step[START] * strides[0] + step[TIME] * strides[1] + sequence * strides[2]


@kernel
def _rows_of(step: Any, rows: Any, strides: Any, first: int, stop: int) -> Any:
    """Those of some sequences at a step."""
    start, last = _place(step, strides, first), _place(step, strides, stop - 1)
    return rows[start : last + 1 : strides[2]]


@kernel
def _copy(target: Any, source: Any) -> None:
    for j in range(target.size):
        target[j] = source[j]


@kernel
def _add(target: Any, source: Any) -> None:
    for j in range(target.size):
        target[j] += source[j]


@kernel
def _copy_rows(target: Any, source: Any) -> None:
    for n in range(len(target)):
        _copy(target[n], source[n])


@kernel
def _copy_input(target: Any, rows: Any, strides: Any, step: Any, first: int) -> None:
    for n in range(len(target)):
        _copy(target[n], rows[_place(step, strides, first + n)])


@kernel
def _add_grad(grad: Any, rows: Any, strides: Any, step: Any, first: int) -> None:
    for n in range(len(grad)):
        _add(grad[n], rows[_place(step, strides, first + n)])


@kernel
def _copy_before(target: Any, states: Any, initial: Any, step: Any, first: int) -> None:
    """The states before a step: the initial ones of those sequences that begin with it."""
    for n in range(len(target)):
        if first + n < step[SIZE_BEFORE]:
            _copy(target[n], states[step[START_BEFORE] + first + n])
        else:
            _copy(target[n], initial[first + n])


@kernel
def _product(
    out: Any, left: Any, weight: Any, packed: Any, is_transposed: bool, accumulate: bool
) -> None:
    """``out = left @ weight``, or ``+=``, or of ``weight.T``; BLAS serves what is not packed."""
    if len(packed):
        packed_product(out, left, packed, accumulate)
    else:
        product(out, left, weight, False, is_transposed, accumulate)


# ------------------------------------------------------------------------------------- forward


@kernel
def forward_loop(
    first: int,
    end: int,
    hidden: Any,
    cell: Any,
    out: Any,
    cells: Any,
    gates: Any,
    input: Any,
    input_strides: Any,
    bias: Any,
    w_ih: Any,
    packed_ih: Any,
    w_hh: Any,
    packed_hh: Any,
    table: Any,
    kind: int,
) -> None:
    """Of sequences ``first`` to ``end``. ``hidden`` and ``cell`` are the initial states, and become
    the last.
    """
    of_input, of_hidden = len(w_ih), gates.shape[1] - len(w_hh)
    for step in table:
        stop = min(end, step[SIZE])
        if first < stop:
            own, here = slice(first, stop), slice(step[START] + first, step[START] + stop)
            sums = gates[here]
            for row in sums:
                _copy(row, bias)
            x = _rows_of(step, input, input_strides, first, stop)
            _product(sums[:, :of_input], x, w_ih, packed_ih, True, True)
            _product(sums[:, of_hidden:], hidden[own, :], w_hh, packed_hh, True, True)
            _cell(out[here], cells[here], sums, hidden[own], cell[own], kind)
            _copy_rows(hidden[own], out[here])
            _copy_rows(cell[own], cells[here])


@kernel(parallel=True)
def forward_loops(parts: int, hidden: Any, *others: Any) -> None:
    for part in prange(parts):
        first, end = _share(np.int64(part), parts, len(hidden))
        forward_loop(first, end, hidden, *others)


# ------------------------------------------------------------------------------------- backward


@kernel
def _add_column_sums(sums: Any, rows: Any) -> None:
    """These rows' sums are added to those before: rounding does not grow with all rows."""
    of_these = np.zeros_like(sums)
    for n in range(len(rows)):
        _add(of_these, rows[n])
    _add(sums, of_these)


@kernel
def backward_loop(
    first: int,
    end: int,
    grad_hidden: Any,
    grad_cell: Any,
    grad_input: Any,
    total_ih: Any,
    total_hh: Any,
    total_bias: Any,
    grad_out: Any,
    grad_strides: Any,
    input: Any,
    input_strides: Any,
    hx: Any,
    cx: Any,
    out: Any,
    cells: Any,
    gates: Any,
    w_ih: Any,
    packed_ih: Any,
    w_hh: Any,
    packed_hh: Any,
    table: Any,
    kind: int,
) -> None:
    """Of sequences ``first`` to ``end``. The totals, summed over these, are the gradients of the
    weights, transposed, and of the bias; of no size if they are not wanted.
    """
    control = flush_denormals()
    of_input, of_hidden = len(w_ih), gates.shape[1] - len(w_hh)
    # What is multiplied for the totals waits until it is worth it.
    most, width = max(ROWS_TOGETHER, end - first), gates.shape[1]
    grads = np.empty((most, width), gates.dtype)
    inputs = np.empty((most, input.shape[1]), gates.dtype)
    hidden_before = np.empty((most, hx.shape[1]), gates.dtype)
    cell_before = np.empty((end - first if len(cx) else 0, hx.shape[1]), gates.dtype)
    rows = 0
    for i in range(len(table) - 1, -1, -1):
        step = table[i]
        stop = min(end, step[SIZE])
        if first < stop:
            own, here = slice(first, stop), slice(step[START] + first, step[START] + stop)
            new, rows = rows, rows + stop - first
            of_sums, states_before = grads[new:rows], hidden_before[new:rows]
            _copy_input(inputs[new:rows], input, input_strides, step, first)
            _copy_before(states_before, out, hx, step, first)
            if len(cx):
                _copy_before(cell_before[: stop - first], cells, cx, step, first)
            if len(grad_out):
                _add_grad(grad_hidden[own], grad_out, grad_strides, step, first)
            states = gates[here], cells[here], states_before, cell_before
            _cell_backward(of_sums, grad_hidden[own], grad_cell[own], *states, kind)
            if len(grad_input):
                of_x = _rows_of(step, grad_input, input_strides, first, stop)
                _product(of_x, of_sums[:, :of_input], w_ih, packed_ih, False, False)
            of_h = grad_hidden[first:stop, :]
            _product(of_h, of_sums[:, of_hidden:], w_hh, packed_hh, False, True)
        if rows and (i == 0 or rows + end - first > most):
            if total_ih.size:
                multiply(total_ih, inputs[:rows], grads[:rows, :of_input], True, False, True)
            if total_hh.size:
                multiply(
                    total_hh, hidden_before[:rows], grads[:rows, of_hidden:], True, False, True
                )
            if total_bias.size:
                _add_column_sums(total_bias, grads[:rows])
            rows = 0
    set_control_word(control)


@kernel(parallel=True)
def backward_loops(
    parts: int,
    grad_hidden: Any,
    grad_cell: Any,
    grad_input: Any,
    totals_ih: Any,
    totals_hh: Any,
    totals_bias: Any,
    *others: Any,
) -> None:
    """Each thread has totals of its own."""
    for i in prange(parts):
        part = np.int64(i)
        first, end = _share(part, parts, len(grad_hidden))
        totals = totals_ih[part], totals_hh[part], totals_bias[part]
        backward_loop(first, end, grad_hidden, grad_cell, grad_input, *totals, *others)
