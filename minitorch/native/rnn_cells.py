"""One step of a recurrent layer, in tensor operations: the formulas.

Mirrors the cells of aten/src/ATen/native/RNN.cpp. Left out: quantised cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minitorch.native.activation import relu
from minitorch.native.exponential import sigmoid
from minitorch.native.linear_algebra import linear
from minitorch.native.splitting import chunk
from minitorch.native.trigonometry import tanh

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _check_shapes(input: Tensor, states: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor) -> None:
    """Compare sizes before a product of matrices fails in words that name neither.

    Raises:
        RuntimeError: the input or a state does not fit the weights, or another batch size.
    """
    if input.size(1) != w_ih.size(1):
        raise RuntimeError(
            f"input has inconsistent input_size: got {input.size(1)} expected {w_ih.size(1)}"
        )
    for number, state in enumerate(states):
        if state.size(0) != input.size(0):
            raise RuntimeError(
                f"Input batch size {input.size(0)} doesn't match hidden{number} batch size "
                f"{state.size(0)}"
            )
        if state.size(1) != w_hh.size(1):
            raise RuntimeError(
                f"hidden{number} has inconsistent hidden_size: got {state.size(1)}, "
                f"expected {w_hh.size(1)}"
            )


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
    _check_shapes(input, [hx], w_ih, w_hh)
    return tanh(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """h' = relu(W_ih x + b_ih + W_hh h + b_hh). Shapes as for ``rnn_tanh_cell``."""
    _check_shapes(input, [hx], w_ih, w_hh)
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
    if not isinstance(hx, (tuple, list)):
        raise TypeError(
            "lstm_cell(): argument 'hx' (position 2) must be tuple of Tensors, not "
            f"{type(hx).__name__}"
        )
    if len(hx) != 2:
        raise RuntimeError("lstm_cell expects two hidden states")
    _check_shapes(input, hx, w_ih, w_hh)
    return projected_lstm_cell(input, hx, w_ih, w_hh, b_ih, b_hh)


def projected_lstm_cell(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
    w_hr: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """``lstm_cell`` with h' = W_hr (o tanh(c')): a hidden state of P instead of H elements."""
    hidden, cell = hx
    gates = linear(input, w_ih, b_ih) + linear(hidden, w_hh, b_hh)
    i, f, g, o = chunk(gates, 4, 1)
    cell = sigmoid(f) * cell + sigmoid(i) * tanh(g)
    hidden = sigmoid(o) * tanh(cell)
    return hidden if w_hr is None else linear(hidden, w_hr), cell


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
    _check_shapes(input, [hx], w_ih, w_hh)
    r, z, n = chunk(linear(input, w_ih, b_ih), 3, 1)
    hidden_r, hidden_z, hidden_n = chunk(linear(hx, w_hh, b_hh), 3, 1)
    r, z = sigmoid(r + hidden_r), sigmoid(z + hidden_z)
    n = tanh(n + r * hidden_n)
    return (hx - n) * z + n
