"""Recurrent layers on layers: rnn_tanh, rnn_relu, lstm and gru over whole sequences.

Here layers are stacked, in one or two directions; one layer in one direction stands in
rnn_layers.py, one step of it in rnn_cells.py.

Mirrors aten/src/ATen/native/RNN.cpp. Left out: quantised layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch.native.dropout import dropout as dropout_function
from minitorch.native.joining import cat
from minitorch.native.rnn_layers import GruLayer, Layer, LstmLayer, RnnReluLayer, RnnTanhLayer
from minitorch.native.splitting import split
from minitorch.native.views import transpose

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _stacked(
    layer: type[Layer],
    input: Tensor,
    batch_sizes: tuple[int, ...] | None,
    states: Sequence[Tensor],
    params: Sequence[Any],
    has_biases: bool,
    num_layers: int,
    dropout: float,
    train: bool,
    bidirectional: bool,
) -> tuple[Tensor, ...]:
    """Layer after layer, each in one or two directions, with dropout in between."""
    directions = 2 if bidirectional else 1
    is_projected = len(states) == 2 and states[0].size(2) != states[1].size(2)
    count = (4 if has_biases else 2) + is_projected
    if len(params) != num_layers * directions * count:
        raise RuntimeError("got an incorrect number of RNN parameters")
    initial = [split(state, 1) if len(state) > 1 else (state,) for state in states]
    # Half precision is rounded after every operation, so nothing can be fused.
    run: Any = layer.composed if dtypes.is_half(input._array.dtype) else layer.apply
    last: list[list[Tensor]] = [[] for _ in states]
    for number in range(num_layers):
        outs = []
        for direction in range(directions):
            index = number * directions + direction
            weights = _weights(params[index * count : (index + 1) * count], has_biases)
            hx, cx = [state[index] for state in initial] + [None] * (2 - len(initial))
            out, *finals = run(input, hx, cx, *weights, batch_sizes, direction == 1)
            outs.append(out)
            for collected, final in zip(last, finals, strict=True):
                collected.append(final)
        input = cat(outs, -1) if bidirectional else outs[0]
        if dropout and train and number < num_layers - 1:
            input = dropout_function(input, dropout, True)
    return (input, *[finals[0] if len(finals) == 1 else cat(finals) for finals in last])


def _weights(params: Sequence[Any], has_biases: bool) -> list[Any]:
    """w_ih, w_hh, b_ih, b_hh and w_hr, with None for those that are not there."""
    weights = list(params)
    if not has_biases:
        weights[2:2] = [None, None]
    return weights + [None] * (5 - len(weights))


def _run(layer: type[Layer], input: Tensor, second: Any, *args: Any) -> tuple[Tensor, ...]:
    """The two forms of each function, told apart by the place of the list of parameters.

    ``(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first)`` or
    ``(data, batch_sizes, hx, params, has_biases, num_layers, dropout, train, bidirectional)``.
    """
    if isinstance(args[1], bool):
        *settings, batch_first = args
        if batch_first:
            input = transpose(input, 0, 1)
        if not input.size(0):
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        outputs = _stacked(layer, input, None, _states(second), *settings)
        return (transpose(outputs[0], 0, 1), *outputs[1:]) if batch_first else outputs
    batch_sizes = tuple(second.tolist())
    return _stacked(layer, input, batch_sizes, _states(args[0]), *args[1:])


def _states(hx: Any) -> Sequence[Tensor]:
    return hx if isinstance(hx, (tuple, list)) else (hx,)


def rnn_tanh(input: Tensor, hx: Tensor, *args: Any) -> tuple[Tensor, Tensor]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), for all t.

    ``rnn_tanh(input, hx, params, has_biases, num_layers, dropout, train, bidirectional,
    batch_first)``, or, of a packed sequence, ``rnn_tanh(data, batch_sizes, hx, params, has_biases,
    num_layers, dropout, train, bidirectional)``.

    Shape:
        input ``(T, N, I)``, or ``(N, T, I)`` with batch_first; hx ``(layers * directions, N, H)``;
        out ``(T, N, directions * H)`` and the last hidden states, like hx. Of a packed sequence:
        data ``(rows, I)``, batch_sizes ``(T,)``, out ``(rows, directions * H)``.
    Args:
        params: for each layer and direction w_ih, w_hh and, with has_biases, b_ih, b_hh.
        dropout: the probability between layers, in training.
    """
    return _run(RnnTanhLayer, input, hx, *args)  # type: ignore[return-value]


def rnn_relu(input: Tensor, hx: Tensor, *args: Any) -> tuple[Tensor, Tensor]:
    """``rnn_tanh`` with relu in place of tanh."""
    return _run(RnnReluLayer, input, hx, *args)  # type: ignore[return-value]


def lstm(input: Tensor, hx: Any, *args: Any) -> tuple[Tensor, Tensor, Tensor]:
    """``lstm_cell`` for all t; hx and the result hold a hidden and a cell state.

    Shapes and arguments as for ``rnn_tanh``, with weights ``(4 H, I)`` and ``(4 H, H)``. A fifth
    parameter of each layer and direction, w_hr ``(P, H)``, projects the hidden state to P elements;
    then the weights are ``(4 H, P)``.
    """
    return _run(LstmLayer, input, hx, *args)  # type: ignore[return-value]


def gru(input: Tensor, hx: Tensor, *args: Any) -> tuple[Tensor, Tensor]:
    """``gru_cell`` for all t. Shapes as for ``rnn_tanh``, with weights ``(3 H, ...)``."""
    return _run(GruLayer, input, hx, *args)  # type: ignore[return-value]
