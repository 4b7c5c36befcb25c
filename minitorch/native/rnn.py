"""Recurrent layers: rnn_tanh, rnn_relu, lstm and gru over whole sequences, and one step of each.

One operator runs one direction of one layer through all time steps. Products that do not depend on
the hidden state are hoisted out of the loop: the input's in one product before it, the gradients of
input, weights and biases in one each after it. What stays inside, forward and backward, is one
product with the hidden weights and one kernel for the gates (rnn_kernels.py).

Mirrors aten/src/ATen/native/RNN.cpp. Left out: packed sequences, projections (``proj_size``),
quantised cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native import exponential, joining, splitting, trigonometry, views
from minitorch.native import rnn_kernels as kernels
from minitorch.native.activation import relu
from minitorch.native.cpu_blas import gemm
from minitorch.native.dropout import dropout as dropout_function
from minitorch.native.linear_algebra import linear

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# ------------------------------------------------------------------ one step


def rnn_tanh_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh).

    Shape:
        input ``(N, I)``, hx ``(N, H)``, w_ih ``(H, I)``, w_hh ``(H, H)``, biases ``(H,)``;
        out ``(N, H)``.
    """
    return trigonometry.tanh(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """h' = relu(W_ih x + b_ih + W_hh h + b_hh). Shapes as for ``rnn_tanh_cell``."""
    return relu(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """c' = f c + i g and h' = o tanh(c'), with gates i, f, o (sigmoid) and g (tanh).

    Shape:
        input ``(N, I)``, hx two of ``(N, H)``, w_ih ``(4 H, I)``, w_hh ``(4 H, H)``, biases
        ``(4 H,)``; out two of ``(N, H)``.
    """
    hidden, cell = hx
    gates = linear(input, w_ih, b_ih) + linear(hidden, w_hh, b_hh)
    i, f, g, o = splitting.chunk(gates, 4, 1)
    cell = exponential.sigmoid(f) * cell + exponential.sigmoid(i) * trigonometry.tanh(g)
    return exponential.sigmoid(o) * trigonometry.tanh(cell), cell


def gru_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """h' = n + z (h - n), with gates r, z (sigmoid) and n = tanh(W_in x + r (W_hn h + b_hn)).

    Shape:
        input ``(N, I)``, hx ``(N, H)``, w_ih ``(3 H, I)``, w_hh ``(3 H, H)``, biases ``(3 H,)``;
        out ``(N, H)``.
    """
    r, z, n = splitting.chunk(linear(input, w_ih, b_ih), 3, 1)
    hidden_r, hidden_z, hidden_n = splitting.chunk(linear(hx, w_hh, b_hh), 3, 1)
    r, z = exponential.sigmoid(r + hidden_r), exponential.sigmoid(z + hidden_z)
    n = trigonometry.tanh(n + r * hidden_n)
    return (hx - n) * z + n


# ------------------------------------------------------------------ all steps, fused


class Layer(Operator):
    """One direction of one layer: ``(input, states..., weights, biases, reverse)``.

    Shape:
        input ``(T, N, I)``, each state ``(N, H)``; out ``(T, N, H)``, then the last states.
    """

    def _materialize(self, grads: Sequence[Any], create_graph: bool) -> list[Any]:
        return list(grads)  # a loss often uses the last state alone: no zeros for the whole output


def _steps(count: int, reverse: bool) -> range:
    return range(count - 1, -1, -1) if reverse else range(count)


def _project(input: Any, weight: Any) -> Any:
    """The products with the input of all time steps: (T, N, I) -> (T, N, gates * H)."""
    rows = np.ascontiguousarray(input).reshape(-1, input.shape[2])
    return gemm(rows, weight.T).reshape(*input.shape[:2], weight.shape[0])


def _hidden_before(out: Any, initial: Any, step: int, reverse: bool) -> Any:
    """What entered a time step: the output of the one before, or the initial state."""
    if reverse:
        return out[step + 1] if step + 1 < out.shape[0] else initial
    return out[step - 1] if step else initial


def _bias(b_ih: Any, b_hh: Any, weight: Any) -> Any:
    return np.zeros_like(weight, shape=weight.shape[0]) if b_ih is None else b_ih + b_hh


def _grad_of_output(grad: Any, step: int, zeros: Any) -> Any:
    return zeros if grad is None else grad[step]


def _flat(array: Any) -> Any:
    return array.reshape(-1, array.shape[2])


def _grad_of_hidden_weight(grad_gates: Any, out: Any, initial: Any, reverse: bool) -> Any:
    """The sum over time of (gradient of the products) x (hidden state before)."""
    if reverse:
        last = grad_gates[-1].T @ initial
        return last + gemm(_flat(grad_gates[:-1]).T, _flat(out[1:]))
    first = grad_gates[0].T @ initial
    return first + gemm(_flat(grad_gates[1:]).T, _flat(out[:-1]))


def _grads_of_projection(ctx: Any, grad_gates: Any, input: Any, weight: Any, position: int) -> Any:
    """The gradients of the input and of its weight, each one product over all time steps."""
    grads = _flat(grad_gates)
    grad_input = grad_weight = None
    if ctx.next_edges[0] is not None:
        grad_input = gemm(grads, weight).reshape(input.shape)
    if ctx.next_edges[position] is not None:
        grad_weight = gemm(grads.T, np.ascontiguousarray(input).reshape(-1, input.shape[2]))
    return grad_input, grad_weight


def _column_sums(grads: Any) -> Any:
    # As a product with ones it is a BLAS call: 5 times faster than NumPy's sum over axis 0.
    rows = _flat(grads)
    return np.ones_like(rows, shape=rows.shape[0]) @ rows


class RnnLayer(Layer):
    """h' = f(W_ih x + b_ih + W_hh h + b_hh); the two subclasses choose f."""

    step_kernel: Any
    step_backward_kernel: Any

    @classmethod
    def run_forward(
        cls, ctx: Any, input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, reverse: Any
    ) -> Any:
        out = _project(input, w_ih)  # the kernel turns products into outputs in place
        bias = _bias(b_ih, b_hh, w_hh)
        from_hidden = np.empty_like(out, shape=out.shape[1:])
        weight = np.ascontiguousarray(w_hh.T)
        hidden = hx
        for step in _steps(out.shape[0], reverse):
            np.matmul(hidden, weight, out=from_hidden)
            hidden = out[step]
            cls.step_kernel(hidden, from_hidden, bias)
        ctx.save_for_backward(input, hx, w_ih, w_hh, out)
        ctx.reverse = reverse
        return out, hidden.copy()

    @classmethod
    def run_backward(cls, ctx: Any, grad_out: Any, grad_last: Any) -> Any:
        input, hx, w_ih, w_hh, out = ctx.saved_tensors
        reverse = ctx.reverse
        zeros = np.zeros_like(hx)
        grads = np.empty_like(out)
        later = zeros.copy() if grad_last is None else np.array(grad_last, order="C")
        for step in _steps(out.shape[0], not reverse):
            grad = np.ascontiguousarray(_grad_of_output(grad_out, step, zeros))
            cls.step_backward_kernel(grads[step], grad, later, out[step])
            np.matmul(grads[step], w_hh, out=later)
        grad_input, grad_w_ih = _grads_of_projection(ctx, grads, input, w_ih, 2)
        grad_w_hh = grad_bias = None
        if ctx.next_edges[3] is not None:
            grad_w_hh = _grad_of_hidden_weight(grads, out, hx, reverse)
        if ctx.next_edges[4] is not None or ctx.next_edges[5] is not None:
            grad_bias = _column_sums(grads)
        return grad_input, later, grad_w_ih, grad_w_hh, grad_bias, grad_bias


class RnnTanhLayer(RnnLayer, name="StackBackward0"):
    step_kernel = kernels.tanh_cell_kernel
    step_backward_kernel = kernels.tanh_cell_backward_kernel

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        return RnnTanhLayer.run_forward(ctx, *args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return RnnTanhLayer.run_backward(ctx, *grads)

    @staticmethod
    def composed(*args: Any) -> Any:
        return _composed(rnn_tanh_cell, *args)


class RnnReluLayer(RnnLayer, name="StackBackward0"):
    step_kernel = kernels.relu_cell_kernel
    step_backward_kernel = kernels.relu_cell_backward_kernel

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        return RnnReluLayer.run_forward(ctx, *args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return RnnReluLayer.run_backward(ctx, *grads)

    @staticmethod
    def composed(*args: Any) -> Any:
        return _composed(rnn_relu_cell, *args)


class LstmLayer(Layer, name="StackBackward0"):
    @staticmethod
    def forward(
        ctx: Any,
        input: Any,
        hx: Any,
        cx: Any,
        w_ih: Any,
        w_hh: Any,
        b_ih: Any,
        b_hh: Any,
        reverse: bool,
    ) -> Any:
        gates = _project(input, w_ih)
        bias = _bias(b_ih, b_hh, w_hh)
        (steps, batch, _), size = input.shape, hx.shape[1]
        out = np.empty_like(gates, shape=(steps, batch, size))
        cells = np.empty_like(out)
        from_hidden = np.empty_like(gates, shape=gates.shape[1:])
        weight = np.ascontiguousarray(w_hh.T)  # 50 us a step instead of 67, at N 64 and H 128
        hidden, cell = hx, np.ascontiguousarray(cx)
        for step in _steps(steps, reverse):
            np.matmul(hidden, weight, out=from_hidden)
            hidden, before, cell = out[step], cell, cells[step]
            kernels.lstm_cell_kernel(hidden, cell, gates[step], from_hidden, bias, before)
        ctx.save_for_backward(input, hx, cx, w_ih, w_hh, gates, cells, out)
        ctx.reverse = reverse
        return out, hidden.copy(), cell.copy()

    @staticmethod
    def backward(ctx: Any, grad_out: Any, grad_last: Any, grad_last_cell: Any) -> Any:
        input, hx, cx, w_ih, w_hh, gates, cells, out = ctx.saved_tensors
        reverse = ctx.reverse
        zeros = np.zeros_like(hx, order="C")
        initial_cell = np.ascontiguousarray(cx)
        grads = np.empty_like(gates)
        later = zeros.copy() if grad_last is None else np.array(grad_last, order="C")
        grad_cell = zeros.copy() if grad_last_cell is None else np.array(grad_last_cell, order="C")
        for step in _steps(out.shape[0], not reverse):
            grad = np.ascontiguousarray(_grad_of_output(grad_out, step, zeros))
            before = _hidden_before(cells, initial_cell, step, reverse)
            kernels.lstm_cell_backward_kernel(
                grads[step], grad_cell, grad, later, gates[step], cells[step], before
            )
            np.matmul(grads[step], w_hh, out=later)
        grad_input, grad_w_ih = _grads_of_projection(ctx, grads, input, w_ih, 3)
        grad_w_hh = grad_bias = None
        if ctx.next_edges[4] is not None:
            grad_w_hh = _grad_of_hidden_weight(grads, out, hx, reverse)
        if ctx.next_edges[5] is not None or ctx.next_edges[6] is not None:
            grad_bias = _column_sums(grads)
        return grad_input, later, grad_cell, grad_w_ih, grad_w_hh, grad_bias, grad_bias

    @staticmethod
    def composed(
        input: Tensor, hx: Tensor, cx: Tensor, w_ih: Tensor, w_hh: Tensor, *biases_and_reverse: Any
    ) -> Any:
        def cell(x: Tensor, state: Any, *weights: Any) -> Any:
            return lstm_cell(x, state, *weights)

        return _composed(cell, input, (hx, cx), w_ih, w_hh, *biases_and_reverse)


class GruLayer(Layer, name="StackBackward0"):
    @staticmethod
    def forward(
        ctx: Any, input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, reverse: bool
    ) -> Any:
        gates = _project(input, w_ih)
        (steps, batch, _), size = input.shape, hx.shape[1]
        bias = _bias(b_ih, b_hh, w_hh)
        hidden_bias = np.zeros_like(bias[2 * size :])
        if b_hh is not None:  # that of n belongs inside the product with r
            hidden_bias = np.ascontiguousarray(b_hh[2 * size :])
            bias[2 * size :] = b_ih[2 * size :]
        out = np.empty_like(gates, shape=(steps, batch, size))
        products = np.empty_like(out)
        from_hidden = np.empty_like(gates, shape=gates.shape[1:])
        weight = np.ascontiguousarray(w_hh.T)
        hidden = np.ascontiguousarray(hx)
        for step in _steps(steps, reverse):
            np.matmul(hidden, weight, out=from_hidden)
            before, hidden = hidden, out[step]
            kernels.gru_cell_kernel(
                hidden, gates[step], products[step], from_hidden, bias, hidden_bias, before
            )
        ctx.save_for_backward(input, hx, w_ih, w_hh, gates, products, out)
        ctx.reverse = reverse
        return out, hidden.copy()

    @staticmethod
    def backward(ctx: Any, grad_out: Any, grad_last: Any) -> Any:
        input, hx, w_ih, w_hh, gates, products, out = ctx.saved_tensors
        reverse = ctx.reverse
        zeros = np.zeros_like(hx, order="C")
        initial = np.ascontiguousarray(hx)
        grads, grads_of_products = np.empty_like(gates), np.empty_like(gates)
        later = zeros.copy() if grad_last is None else np.array(grad_last, order="C")
        through_product = np.empty_like(later)
        for step in _steps(out.shape[0], not reverse):
            grad = np.ascontiguousarray(_grad_of_output(grad_out, step, zeros))
            before = _hidden_before(out, initial, step, reverse)
            kernels.gru_cell_backward_kernel(
                grads[step],
                grads_of_products[step],
                later,
                grad,
                gates[step],
                products[step],
                before,
            )
            np.matmul(grads_of_products[step], w_hh, out=through_product)
            later += through_product
        grad_input, grad_w_ih = _grads_of_projection(ctx, grads, input, w_ih, 2)
        grad_w_hh = grad_b_ih = grad_b_hh = None
        if ctx.next_edges[3] is not None:
            grad_w_hh = _grad_of_hidden_weight(grads_of_products, out, hx, reverse)
        if ctx.next_edges[4] is not None:
            grad_b_ih = _column_sums(grads)
        if ctx.next_edges[5] is not None:
            grad_b_hh = _column_sums(grads_of_products)
        return grad_input, later, grad_w_ih, grad_w_hh, grad_b_ih, grad_b_hh

    @staticmethod
    def composed(*args: Any) -> Any:
        return _composed(gru_cell, *args)


def _composed(
    cell: Any,
    input: Tensor,
    state: Any,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
    reverse: bool,
) -> tuple[Any, ...]:
    """The same layer, step by step in tensor operations, for second derivatives."""
    inputs = splitting.unbind(input)
    outs: list[Any] = [None] * len(inputs)
    for step in _steps(len(inputs), reverse):
        state = cell(inputs[step], state, w_ih, w_hh, b_ih, b_hh)
        outs[step] = state[0] if isinstance(state, tuple) else state
    states = state if isinstance(state, tuple) else (state,)
    return (joining.stack(outs), *states)


# ------------------------------------------------------------------ layers on layers


def _run_layers(
    layer: type[Layer],
    input: Tensor,
    states: Sequence[Tensor],
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, ...]:
    """Layer after layer, each in one or two directions, with dropout in between."""
    if batch_first:
        input = views.transpose(input, 0, 1)
    if not input._array.shape[0]:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    directions = 2 if bidirectional else 1
    count = 4 if has_biases else 2
    initial = [splitting.unbind(state) for state in states]
    # Half precision is rounded after every operation, so nothing can be fused.
    run: Any = layer.composed if dtypes.is_half(input._array.dtype) else layer.apply
    last: list[list[Tensor]] = [[] for _ in states]
    for number in range(num_layers):
        outs = []
        for direction in range(directions):
            index = number * directions + direction
            weights = params[index * count : (index + 1) * count]
            biases = () if has_biases else (None, None)
            layer_states = [state[index] for state in initial]
            out, *finals = run(input, *layer_states, *weights, *biases, direction == 1)
            outs.append(out)
            for collected, final in zip(last, finals, strict=True):
                collected.append(final)
        input = joining.cat(outs, 2) if bidirectional else outs[0]
        if dropout and train and number < num_layers - 1:
            input = dropout_function(input, dropout, True)
    if batch_first:
        input = views.transpose(input, 0, 1)
    return (input, *[joining.stack(finals) for finals in last])


def rnn_tanh(
    input: Tensor,
    hx: Tensor,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), for all t.

    Shape:
        input ``(T, N, I)``, or ``(N, T, I)`` with batch_first; hx ``(layers * directions, N, H)``;
        out ``(T, N, directions * H)`` and the last hidden states, like hx.
    Args:
        params: for each layer and direction w_ih, w_hh and, with has_biases, b_ih, b_hh.
        dropout: the probability between layers, in training.
    """
    settings = (has_biases, num_layers, dropout, train, bidirectional, batch_first)
    return _run_layers(RnnTanhLayer, input, [hx], params, *settings)  # type: ignore[return-value]


def rnn_relu(
    input: Tensor,
    hx: Tensor,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """``rnn_tanh`` with relu in place of tanh."""
    settings = (has_biases, num_layers, dropout, train, bidirectional, batch_first)
    return _run_layers(RnnReluLayer, input, [hx], params, *settings)  # type: ignore[return-value]


def lstm(
    input: Tensor,
    hx: Sequence[Tensor],
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor, Tensor]:
    """``lstm_cell`` for all t; hx and the result hold a hidden and a cell state.

    Shapes and arguments as for ``rnn_tanh``, with weights ``(4 H, I)`` and ``(4 H, H)``.
    """
    settings = (has_biases, num_layers, dropout, train, bidirectional, batch_first)
    return _run_layers(LstmLayer, input, hx, params, *settings)  # type: ignore[return-value]


def gru(
    input: Tensor,
    hx: Tensor,
    params: Sequence[Tensor],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
    batch_first: bool,
) -> tuple[Tensor, Tensor]:
    """``gru_cell`` for all t. Shapes as for ``rnn_tanh``, with weights ``(3 H, ...)``."""
    settings = (has_biases, num_layers, dropout, train, bidirectional, batch_first)
    return _run_layers(GruLayer, input, [hx], params, *settings)  # type: ignore[return-value]
