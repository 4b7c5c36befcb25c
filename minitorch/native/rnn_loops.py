"""The loops over time of a recurrent layer: one product and one kernel for the gates at each step.

Arrays of "all rows" have a row for each sequence and time step, ``(T, N, *)`` or, of a packed
batch, ``(rows, *)``; ``steps`` (rnn_steps.py) says which rows belong to which step. The products
with the input stand in them when a loop begins. Forward loops leave what backward needs. Backward
loops go through time the other way: ``later`` holds the gradient of the last hidden state and, in
the end, that of the initial one.

Each loop stands behind a stub; native/cpu/recurrent.py has faster ones.

Mirrors FullLayer and PackedLayer of aten/src/ATen/native/RNN.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.native import rnn_kernels as kernels
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.rnn_steps import TimeSteps


def _products_with_hidden(gates: Any, initial: Any) -> Any:
    """Memory for the products of one step, ``(N, gates * H)``."""
    return np.empty_like(gates, shape=(initial.shape[0], gates.shape[-1]))


def _transposed(weight: Any, steps: TimeSteps) -> Any:
    """The hidden weights as the products want them: 50 us a step instead of 67, at N 64 and H 128,
    which pays for the copy after some steps.
    """
    return np.ascontiguousarray(weight.T) if len(steps.sizes) > 3 else weight.T


def _grads_of_output(steps: TimeSteps, grad: Any, later: Any) -> list[Any]:
    """The gradient of each step's output; zeros if a loss uses the last states alone."""
    if grad is not None:
        return steps.split(grad)
    zeros = np.zeros_like(later)
    return [zeros[:size] for size in steps.sizes]


# ------------------------------------------------------------------ tanh and relu


def _rnn_forward(cell: Any, out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps) -> None:
    outs = steps.split(out)
    from_hidden = _products_with_hidden(out, hx)
    weight = _transposed(w_hh, steps)
    for t in steps.order:
        products = from_hidden[: steps.sizes[t]]
        np.matmul(steps.before(outs, hx, t), weight, out=products)
        cell(outs[t], products, bias)


def _rnn_backward(
    cell: Any, grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps
) -> None:
    grad_outs = _grads_of_output(steps, grad_out, later)
    outs, grads_of_steps = steps.split(out), steps.split(grads)
    for t in reversed(steps.order):
        grad, from_later = grads_of_steps[t], later[: steps.sizes[t]]
        cell(grad, np.ascontiguousarray(grad_outs[t]), from_later, outs[t])
        np.matmul(grad, w_hh, out=from_later)


@DispatchStub
def tanh_forward(out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps) -> None:
    """``out`` holds the products with the input and becomes the hidden states."""
    _rnn_forward(kernels.tanh_cell_kernel, out, hx, w_hh, bias, steps)


@DispatchStub
def tanh_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps
) -> None:
    """``grads`` becomes the gradient of the products."""
    _rnn_backward(kernels.tanh_cell_backward_kernel, grads, later, grad_out, out, w_hh, steps)


@DispatchStub
def relu_forward(out: Any, hx: Any, w_hh: Any, bias: Any, steps: TimeSteps) -> None:
    """``tanh_forward`` with relu."""
    _rnn_forward(kernels.relu_cell_kernel, out, hx, w_hh, bias, steps)


@DispatchStub
def relu_backward(
    grads: Any, later: Any, grad_out: Any, out: Any, w_hh: Any, steps: TimeSteps
) -> None:
    """``tanh_backward`` with relu."""
    _rnn_backward(kernels.relu_cell_backward_kernel, grads, later, grad_out, out, w_hh, steps)


# ------------------------------------------------------------------ LSTM


@DispatchStub
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
    """``gates`` holds the products with the input and becomes the gates.

    If ``w_hr`` is given, it projects ``hidden``, step by step, to ``out``, which goes on in time.
    """
    hiddens, outs, cells_of_steps, gates_of_steps = [
        steps.split(array) for array in (hidden, hidden if w_hr is None else out, cells, gates)
    ]
    from_hidden = _products_with_hidden(gates, hx)
    weight = _transposed(w_hh, steps)
    for t in steps.order:
        products = from_hidden[: steps.sizes[t]]
        np.matmul(steps.before(outs, hx, t), weight, out=products)
        before = steps.before(cells_of_steps, cx, t)
        kernels.lstm_cell_kernel(
            hiddens[t], cells_of_steps[t], gates_of_steps[t], products, bias, before
        )
        if w_hr is not None:
            np.matmul(hiddens[t], w_hr.T, out=outs[t])


@DispatchStub
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
    """``grads`` becomes the gradient of the products, ``grad_cell``, like ``later``, that of cx.

    If ``w_hr`` is given, ``grad_projected`` becomes the gradient of what it gave.
    """
    grad_outs = _grads_of_output(steps, grad_out, later)
    cells_of_steps, gates_of_steps, grads_of_steps = [
        steps.split(array) for array in (cells, gates, grads)
    ]
    projections = None if w_hr is None else steps.split(grad_projected)
    zeros = np.zeros_like(grad_cell)
    for t in reversed(steps.order):
        size = steps.sizes[t]
        before = steps.before(cells_of_steps, cx, t)
        grad, from_later = np.ascontiguousarray(grad_outs[t]), later[:size]
        if projections is not None:
            np.add(grad, from_later, out=projections[t])
            grad, from_later = projections[t] @ w_hr, zeros[:size]
        kernels.lstm_cell_backward_kernel(
            grads_of_steps[t],
            grad_cell[:size],
            grad,
            from_later,
            gates_of_steps[t],
            cells_of_steps[t],
            before,
        )
        np.matmul(grads_of_steps[t], w_hh, out=later[:size])


# ------------------------------------------------------------------ GRU


@DispatchStub
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
    """``gates`` holds the products with the input and becomes the gates; ``products`` and the
    biases are those of ``gru_cell_kernel``.
    """
    outs, gates_of_steps, products_of_steps = [
        steps.split(array) for array in (out, gates, products)
    ]
    from_hidden = _products_with_hidden(gates, hx)
    weight = _transposed(w_hh, steps)
    for t in steps.order:
        before = steps.before(outs, hx, t)
        hidden_products = from_hidden[: steps.sizes[t]]
        np.matmul(before, weight, out=hidden_products)
        kernels.gru_cell_kernel(
            outs[t],
            gates_of_steps[t],
            products_of_steps[t],
            hidden_products,
            bias,
            hidden_bias,
            before,
        )


@DispatchStub
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
    """``grads`` becomes the gradient of the products with the input, ``grads_of_products`` that of
    those with the hidden state.
    """
    grad_outs = _grads_of_output(steps, grad_out, later)
    outs, gates_of_steps, products_of_steps, grads_of_steps, grads_of_step_products = [
        steps.split(array) for array in (out, gates, products, grads, grads_of_products)
    ]
    through_product = np.empty_like(later)
    for t in reversed(steps.order):
        size = steps.sizes[t]
        kernels.gru_cell_backward_kernel(
            grads_of_steps[t],
            grads_of_step_products[t],
            later[:size],
            np.ascontiguousarray(grad_outs[t]),
            gates_of_steps[t],
            products_of_steps[t],
            steps.before(outs, hx, t),
        )
        np.matmul(grads_of_step_products[t], w_hh, out=through_product[:size])
        later[:size] += through_product[:size]
