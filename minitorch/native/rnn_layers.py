"""One direction of one recurrent layer, through all time steps in one operator.

Products that do not depend on the hidden state are hoisted out of the loop over time: the input's
in one product before it, the gradients of input, weights and biases in one each after it. The loops
stand in rnn_loops.py.

Mirrors FullLayer, PackedLayer and their cells of aten/src/ATen/native/RNN.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native import rnn_loops as loops
from minitorch.native.cpu_blas import gemm
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.joining import cat, stack
from minitorch.native.rnn_formulas import gru_step, lstm_step, rnn_relu_step, rnn_tanh_step
from minitorch.native.rnn_steps import TimeSteps
from minitorch.native.splitting import split_with_sizes, unbind
from minitorch.native.views import reshape

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Layer(Operator):
    """``(input, states..., weights, biases..., batch_sizes, reverse)``.

    Shape:
        input ``(T, N, I)``, or ``(rows, I)`` with the batch_sizes of a packed sequence; each state
        ``(1, N, H)`` or ``(N, H)``; out ``(T, N, H)`` or ``(rows, H)``, then the last states, like
        the first.
    """

    def _materialize(self, grads: Sequence[Any], create_graph: bool) -> list[Any]:
        return list(grads)  # a loss often uses the last state alone: no zeros for the whole output


def _wanted(ctx: Any) -> list[bool]:
    """Which arguments need a gradient."""
    return [edge is not None for edge in ctx.next_edges]


def _flat(array: Any) -> Any:
    """All rows, (T, N, *) or (rows, *), as a matrix."""
    return np.ascontiguousarray(array).reshape(-1, array.shape[-1])


@DispatchStub
def project(rows: Any, weight: Any) -> Any:
    """The products of all rows with the weights: (rows, I) -> (rows, gates * H)."""
    return gemm(rows, weight.T)


def _project(input: Any, weight: Any) -> Any:
    """(..., I) -> (..., gates * H)."""
    return project(_flat(input), weight).reshape(*input.shape[:-1], weight.shape[0])


def _like(rows: Any, size: int) -> Any:
    return np.empty_like(rows, shape=(*rows.shape[:-1], size))


def _bias(b_ih: Any, b_hh: Any, weight: Any) -> Any:
    """The sum of both, of which either may be None."""
    if b_ih is None or b_hh is None:
        only = b_hh if b_ih is None else b_ih
        return np.zeros_like(weight, shape=weight.shape[0]) if only is None else only.copy()
    return b_ih + b_hh


def _matrix(state: Any) -> Any:
    """A state as (N, H)."""
    return np.ascontiguousarray(state).reshape(state.shape[-2:])


def _own_or_zeros(grad: Any, state: Any) -> Any:
    """The gradient of a last state as (N, H), in memory to accumulate in."""
    shape = state.shape[-2:]
    return np.zeros_like(state, shape=shape) if grad is None else np.array(grad).reshape(shape)


def _last(steps: TimeSteps, states: Any, like: Any) -> Any:
    return steps.last(steps.split(states)).reshape(like.shape)


@DispatchStub
def linear_backward(
    grads: Any, input: Any, weight: Any, wanted: tuple[bool, bool, bool]
) -> tuple[Any, Any, Any]:
    """The gradients of input, weight and bias of ``input @ weight.T + bias``, rows of matrices;
    None for those that are not wanted.
    """
    grad_input = gemm(grads, weight) if wanted[0] else None
    grad_weight = gemm(grads.T, input) if wanted[1] else None
    # As a product with ones the sum is a BLAS call: 5 times faster than NumPy's over axis 0.
    grad_bias = np.ones_like(grads, shape=grads.shape[0]) @ grads if wanted[2] else None
    return grad_input, grad_weight, grad_bias


def _input_gradients(
    grads: Any, input: Any, weight: Any, wanted: tuple[bool, bool, bool]
) -> tuple[Any, Any, Any]:
    """Of input, weight and bias, from the gradient of the products with the input."""
    grad_input, grad_weight, grad_bias = linear_backward(_flat(grads), _flat(input), weight, wanted)
    if grad_input is not None:
        grad_input = grad_input.reshape(input.shape)
    return grad_input, grad_weight, grad_bias


def _hidden_gradients(
    steps: TimeSteps, grads: Any, out: Any, initial: Any, weight: Any, *wanted: bool
) -> tuple[Any, Any]:
    """Of weight and bias, from the gradient of the products with the hidden states."""
    if steps.is_packed or len(grads) == 1:
        outs = steps.split(out)
        befores = [steps.before(outs, initial, t) for t in range(len(outs))]
        before = np.concatenate(befores) if len(befores) > 1 else befores[0]
        return linear_backward(_flat(grads), before, weight, (False, *wanted))[1:]
    # All steps but the first start from the output of the one before.
    but_first, but_last = slice(1, None), slice(None, -1)
    here, there = (but_last, but_first) if steps.reverse else (but_first, but_last)
    _, grad_weight, grad_bias = linear_backward(
        _flat(grads[here]), _flat(out[there]), weight, (False, *wanted)
    )
    of_first_step = grads[steps.order[0]]
    if grad_weight is not None:
        grad_weight += of_first_step.T @ initial
    if grad_bias is not None:
        grad_bias += of_first_step.sum(axis=0)
    return grad_weight, grad_bias


def _composed(
    cell: Callable[..., Any],
    input: Tensor,
    initial: Sequence[Tensor],
    weights: Sequence[Any],
    batch_sizes: Sequence[int] | None,
    reverse: bool,
) -> tuple[Tensor, ...]:
    """The same layer, step by step in tensor operations, for second derivatives."""
    steps = TimeSteps(input.shape, batch_sizes, reverse, cat)
    inputs = split_with_sizes(input, steps.sizes) if steps.is_packed else unbind(input)
    shapes = [state.shape for state in initial]
    initial = [reshape(state, state.shape[-2:]) for state in initial]
    histories: list[list[Any]] = [[None] * len(inputs) for _ in initial]
    for t in steps.order:
        before = [
            steps.before(history, state, t)
            for history, state in zip(histories, initial, strict=True)
        ]
        states = cell(inputs[t], *before, *weights)
        for history, state in zip(histories, states, strict=True):
            history[t] = state
    join = cat if steps.is_packed else stack
    last = [steps.last(history) for history in histories]
    return (join(histories[0]), *[reshape(x, s) for x, s in zip(last, shapes, strict=True)])


# ------------------------------------------------------------------ tanh and relu


class RnnLayer(Layer):
    """h' = f(W_ih x + b_ih + W_hh h + b_hh); the two subclasses choose f."""

    loop: Any
    backward_loop: Any

    @classmethod
    def run_forward(
        cls,
        ctx: Any,
        input: Any,
        hx: Any,
        w_ih: Any,
        w_hh: Any,
        b_ih: Any,
        b_hh: Any,
        batch_sizes: Any,
        reverse: bool,
    ) -> Any:
        ctx.steps = steps = TimeSteps(input.shape, batch_sizes, reverse)
        out = _project(input, w_ih)  # the loop turns products into outputs in place
        cls.loop(out, _matrix(hx), w_hh, _bias(b_ih, b_hh, w_hh), steps)
        ctx.save_for_backward(input, hx, w_ih, w_hh, out)
        return out, _last(steps, out, hx)

    @classmethod
    def run_backward(cls, ctx: Any, grad_out: Any, grad_last: Any) -> Any:
        input, hx, w_ih, w_hh, out = ctx.saved_tensors
        steps = ctx.steps
        grads = np.empty_like(out)
        later = _own_or_zeros(grad_last, hx)
        cls.backward_loop(grads, later, grad_out, out, w_hh, steps)
        of_input, _, of_w_ih, of_w_hh, of_b_ih, of_b_hh = _wanted(ctx)[:6]
        grad_input, grad_w_ih, grad_bias = _input_gradients(
            grads, input, w_ih, (of_input, of_w_ih, of_b_ih or of_b_hh)
        )
        grad_w_hh, _ = _hidden_gradients(steps, grads, out, _matrix(hx), w_hh, of_w_hh, False)
        grad_hx = later.reshape(hx.shape)
        return grad_input, grad_hx, grad_w_ih, grad_w_hh, grad_bias, grad_bias


class RnnTanhLayer(RnnLayer, name="StackBackward0"):
    loop = loops.tanh_forward
    backward_loop = loops.tanh_backward

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        return RnnTanhLayer.run_forward(ctx, *args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return RnnTanhLayer.run_backward(ctx, *grads)

    @staticmethod
    def composed(input: Tensor, hx: Tensor, *args: Any) -> Any:
        return _composed(_single(rnn_tanh_step), input, [hx], args[:-2], *args[-2:])


class RnnReluLayer(RnnLayer, name="StackBackward0"):
    loop = loops.relu_forward
    backward_loop = loops.relu_backward

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        return RnnReluLayer.run_forward(ctx, *args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return RnnReluLayer.run_backward(ctx, *grads)

    @staticmethod
    def composed(input: Tensor, hx: Tensor, *args: Any) -> Any:
        return _composed(_single(rnn_relu_step), input, [hx], args[:-2], *args[-2:])


def _single(cell: Callable[..., Tensor]) -> Callable[..., tuple[Tensor]]:
    """A cell of one state as one that returns all its states."""
    return lambda *args: (cell(*args),)


# ------------------------------------------------------------------ LSTM


class LstmLayer(Layer, name="StackBackward0"):
    """``w_hr``, if it is not None, projects the hidden state from H to P elements."""

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
        w_hr: Any,
        batch_sizes: tuple[int, ...] | None,
        reverse: bool,
    ) -> Any:
        ctx.steps = steps = TimeSteps(input.shape, batch_sizes, reverse)
        gates = _project(input, w_ih)
        hidden = _like(gates, cx.shape[-1])  # before the projection
        cells = np.empty_like(hidden)
        out = hidden if w_hr is None else _like(gates, hx.shape[-1])
        states = _matrix(hx), _matrix(cx)
        bias = _bias(b_ih, b_hh, w_hh)
        loops.lstm_forward(hidden, cells, gates, *states, w_hh, bias, steps, out, w_hr)
        ctx.save_for_backward(input, hx, cx, w_ih, w_hh, w_hr, gates, cells, hidden, out)
        return out, _last(steps, out, hx), _last(steps, cells, cx)

    @staticmethod
    def backward(ctx: Any, grad_out: Any, grad_last: Any, grad_last_cell: Any) -> Any:
        input, hx, cx, w_ih, w_hh, w_hr, gates, cells, hidden, out = ctx.saved_tensors
        steps = ctx.steps
        grads = np.empty_like(gates)
        later, grad_cell = _own_or_zeros(grad_last, hx), _own_or_zeros(grad_last_cell, cx)
        grad_projected = None if w_hr is None else np.empty_like(out)
        loops.lstm_backward(
            grads,
            later,
            grad_cell,
            grad_out,
            gates,
            cells,
            _matrix(cx),
            w_hh,
            steps,
            grad_projected,
            w_hr,
        )
        of_input, _, _, of_w_ih, of_w_hh, of_b_ih, of_b_hh, of_w_hr = _wanted(ctx)[:8]
        grad_input, grad_w_ih, grad_bias = _input_gradients(
            grads, input, w_ih, (of_input, of_w_ih, of_b_ih or of_b_hh)
        )
        grad_w_hh, _ = _hidden_gradients(steps, grads, out, _matrix(hx), w_hh, of_w_hh, False)
        grad_w_hr = None
        if of_w_hr:
            grad_w_hr = gemm(_flat(grad_projected).T, _flat(hidden))
        return (
            grad_input,
            later.reshape(hx.shape),
            grad_cell.reshape(cx.shape),
            grad_w_ih,
            grad_w_hh,
            grad_bias,
            grad_bias,
            grad_w_hr,
        )

    @staticmethod
    def composed(input: Tensor, hx: Tensor, cx: Tensor, *args: Any) -> Any:
        def cell(x: Tensor, hidden: Tensor, cell: Tensor, *weights: Any) -> tuple[Tensor, Tensor]:
            return lstm_step(x, (hidden, cell), *weights)

        return _composed(cell, input, [hx, cx], args[:-2], *args[-2:])


# ------------------------------------------------------------------ GRU


class GruLayer(Layer, name="StackBackward0"):
    @staticmethod
    def forward(
        ctx: Any,
        input: Any,
        hx: Any,
        w_ih: Any,
        w_hh: Any,
        b_ih: Any,
        b_hh: Any,
        batch_sizes: tuple[int, ...] | None,
        reverse: bool,
    ) -> Any:
        ctx.steps = steps = TimeSteps(input.shape, batch_sizes, reverse)
        gates = _project(input, w_ih)
        size = hx.shape[-1]
        bias = _bias(b_ih, b_hh, w_hh)
        hidden_bias = np.zeros_like(bias[2 * size :])
        if b_hh is not None:  # that of n belongs inside the product with r
            hidden_bias = np.ascontiguousarray(b_hh[2 * size :])
            bias[2 * size :] = 0 if b_ih is None else b_ih[2 * size :]
        out = _like(gates, size)
        products = np.empty_like(out)
        loops.gru_forward(out, gates, products, _matrix(hx), w_hh, bias, hidden_bias, steps)
        ctx.save_for_backward(input, hx, w_ih, w_hh, gates, products, out)
        return out, _last(steps, out, hx)

    @staticmethod
    def backward(ctx: Any, grad_out: Any, grad_last: Any) -> Any:
        input, hx, w_ih, w_hh, gates, products, out = ctx.saved_tensors
        steps = ctx.steps
        grads, grads_of_products = np.empty_like(gates), np.empty_like(gates)
        later = _own_or_zeros(grad_last, hx)
        loops.gru_backward(
            grads,
            grads_of_products,
            later,
            grad_out,
            gates,
            products,
            out,
            _matrix(hx),
            w_hh,
            steps,
        )
        of_input, _, of_w_ih, of_w_hh, of_b_ih, of_b_hh = _wanted(ctx)[:6]
        grad_input, grad_w_ih, grad_b_ih = _input_gradients(
            grads, input, w_ih, (of_input, of_w_ih, of_b_ih)
        )
        grad_w_hh, grad_b_hh = _hidden_gradients(
            steps, grads_of_products, out, _matrix(hx), w_hh, of_w_hh, of_b_hh
        )
        grad_hx = later.reshape(hx.shape)
        return grad_input, grad_hx, grad_w_ih, grad_w_hh, grad_b_ih, grad_b_hh

    @staticmethod
    def composed(input: Tensor, hx: Tensor, *args: Any) -> Any:
        return _composed(_single(gru_step), input, [hx], args[:-2], *args[-2:])
