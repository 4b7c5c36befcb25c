"""One direction of one recurrent layer, through all time steps in one operator.

The passes through time stand in rnn_loops.py, the gates in rnn_kernels.py, and the formulas of one
step, for second derivatives, in rnn_formulas.py.

Mirrors FullLayer, PackedLayer and their cells of aten/src/ATen/native/RNN.cpp.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native.joining import cat, stack
from minitorch.native.rnn_formulas import gru_step, lstm_step, rnn_relu_step, rnn_tanh_step
from minitorch.native.rnn_kernels import GRU, LSTM, RELU, TANH
from minitorch.native.rnn_loops import Pass, Wanted, backward_pass, forward_pass
from minitorch.native.rnn_steps import TimeSteps
from minitorch.native.splitting import split_with_sizes, unbind
from minitorch.native.views import reshape

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Layer(Operator):
    """``(input, hx, cx, w_ih, w_hh, b_ih, b_hh, w_hr, batch_sizes, reverse)``.

    The biases may be None. So may w_hr, which projects the hidden state of an LSTM from H to P
    elements; it and the cells cx are None for all others.

    Shape:
        input ``(T, N, I)``, or ``(rows, I)`` with the batch_sizes of a packed sequence; each state
        ``(1, N, H)`` or ``(N, H)``; out ``(T, N, H)`` or ``(rows, H)``, then the last states, like
        the first.
    """

    kind: ClassVar[int]
    steps: TimeSteps
    step: ClassVar[Callable[..., Any]]
    """One step of a cell, in tensor operations."""

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
        size = (hx if cx is None else cx).shape[-1]
        hidden = _rows_like(input, size)
        gates = hidden if ctx.kind in (TANH, RELU) else _rows_like(input, 4 * size)
        cells = None if cx is None else _rows_like(input, size)
        out = hidden if w_hr is None else _rows_like(input, len(w_hr))
        arrays = input, hx, cx, w_ih, w_hh, w_hr, gates, cells, hidden, out
        ctx.save_for_backward(*arrays)
        bias = np.zeros_like(gates, shape=gates.shape[-1])
        if b_ih is not None:
            bias[: len(b_ih)] += ctx.in_order(b_ih)
        if b_hh is not None:
            bias[-len(b_hh) :] += b_hh
        forward_pass(bias, ctx.layer(*arrays))
        last = _last(steps, out, hx)
        return (out, last) if cx is None else (out, last, _last(steps, cells, cx))

    @staticmethod
    def backward(ctx: Any, grad_out: Any, grad_last: Any, grad_last_cell: Any = None) -> Any:
        layer = ctx.layer(*ctx.saved_tensors)
        of_input, of_hx, of_cx, of_w_ih, of_w_hh, of_b_ih, of_b_hh, of_w_hr = [
            edge is not None for edge in ctx.next_edges[:8]
        ]
        wanted = Wanted(of_input, of_w_ih, of_w_hh, of_w_hr, of_b_ih or of_b_hh)
        later = _own_or_zeros(grad_last, layer.hx)
        grad_cell = _own_or_zeros(grad_last_cell, layer.cx)
        grad_input, grad_w_ih, grad_w_hh, grad_w_hr, grad_bias = backward_pass(
            later, grad_cell, grad_out, layer, wanted
        )
        shape = ctx.saved_tensors[1].shape
        return (
            grad_input,
            later.reshape(shape) if of_hx else None,
            grad_cell.reshape((*shape[:-1], -1)) if of_cx else None,
            ctx.in_order(grad_w_ih, back=True) if of_w_ih else None,
            grad_w_hh,
            ctx.in_order(grad_bias[: len(layer.w_ih)], back=True) if of_b_ih else None,
            grad_bias[-len(layer.w_hh) :] if of_b_hh else None,
            grad_w_hr,
        )

    @classmethod
    def composed(cls, input: Tensor, hx: Tensor, cx: Tensor | None, *args: Any) -> Any:
        """The same layer, step by step in tensor operations."""
        *weights, batch_sizes, reverse = args
        steps = TimeSteps(input.shape, batch_sizes, reverse, cat)
        inputs = split_with_sizes(input, steps.sizes) if steps.is_packed else unbind(input)
        initial = [hx] if cx is None else [hx, cx]
        histories: list[list[Any]] = [[None] * len(inputs) for _ in initial]
        for t in steps.order:
            before = [
                steps.before(history, reshape(state, state.shape[-2:]), t)
                for history, state in zip(histories, initial, strict=True)
            ]
            for history, state in zip(
                histories, cls.step(inputs[t], before, *weights), strict=True
            ):
                history[t] = state
        join = cat if steps.is_packed else stack
        last = [steps.last(history) for history in histories]
        return (
            join(histories[0]),
            *[reshape(x, s.shape) for x, s in zip(last, initial, strict=True)],
        )

    def layer(self, input: Any, hx: Any, cx: Any, w_ih: Any, *arrays: Any) -> Pass:
        """What the passes through time take."""
        w_hh, w_hr, gates, cells, hidden, out = arrays
        hx = _matrix(hx)
        if cx is None:
            cx, cells = hx[:0], hidden[..., :0, :]
        states = gates, cells, hidden, out
        w_ih = self.in_order(w_ih)
        return Pass(input, hx, _matrix(cx), w_ih, w_hh, w_hr, *states, self.steps, self.kind)

    def in_order(self, rows: Any, back: bool = False) -> Any:
        """Weights or a bias of the input, in the order of the gates in rnn_kernels.py."""
        return rows

    def _materialize(self, grads: Sequence[Any], create_graph: bool) -> list[Any]:
        return list(grads)  # a loss often uses the last state alone: no zeros for the whole output


def _rows_like(input: Any, size: int) -> Any:
    """Memory for all rows: (T, N, size) or (rows, size)."""
    return np.empty_like(input, shape=(*input.shape[:-1], size), order="C")


def _matrix(state: Any) -> Any:
    """A state as (N, H)."""
    return np.ascontiguousarray(state).reshape(state.shape[-2:])


def _own_or_zeros(grad: Any, state: Any) -> Any:
    """The gradient of a last state as (N, H), in memory to accumulate in."""
    return np.zeros_like(state) if grad is None else np.array(grad).reshape(state.shape)


def _last(steps: TimeSteps, states: Any, like: Any) -> Any:
    """The last states, from those of all rows, in the shape of the first."""
    if steps.is_packed and len(steps.sizes) > 1:
        return steps.last(steps.split(states)).reshape(like.shape)
    step = slice(None) if steps.is_packed else steps.order[-1]
    return states[step].copy().reshape(like.shape)


def _of_one_state(formula: Callable[..., Any]) -> Any:
    """A formula of the hidden state alone as one of a list of states, which returns such a list."""

    def step(input: Tensor, states: Sequence[Tensor], *weights: Any) -> list[Tensor]:
        *without_projection, _ = weights
        return [formula(input, *states, *without_projection)]

    return staticmethod(step)


class RnnTanhLayer(Layer, name="StackBackward0"):
    kind = TANH
    step = _of_one_state(rnn_tanh_step)


class RnnReluLayer(Layer, name="StackBackward0"):
    kind = RELU
    step = _of_one_state(rnn_relu_step)


class LstmLayer(Layer, name="StackBackward0"):
    kind = LSTM
    step = staticmethod(lstm_step)


class GruLayer(Layer, name="StackBackward0"):
    kind = GRU
    step = _of_one_state(gru_step)

    def in_order(self, rows: Any, back: bool = False) -> Any:
        """torch has n last."""
        size = len(rows) // 3 * (1 if back else 2)
        return np.concatenate((rows[size:], rows[:size]))
