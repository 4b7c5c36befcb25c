"""One step of a recurrent layer, in tensor operations: the formulas.

Layers and cells compute the same in fewer passes (rnn_layers.py), and come here for second
derivatives and for half precision.

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


def rnn_tanh_step(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> Tensor:
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh)."""
    return tanh(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def rnn_relu_step(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> Tensor:
    """h' = relu(W_ih x + b_ih + W_hh h + b_hh)."""
    return relu(linear(input, w_ih, b_ih) + linear(hx, w_hh, b_hh))


def lstm_step(
    input: Tensor,
    hx: Sequence[Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
    w_hr: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """c' = f c + i g and h' = o tanh(c'), with gates i, f, o (sigmoid) and g (tanh).

    With ``w_hr`` h' = W_hr (o tanh(c')): a hidden state of P instead of H elements.
    """
    hidden, cell = hx
    gates = linear(input, w_ih, b_ih) + linear(hidden, w_hh, b_hh)
    i, f, g, o = chunk(gates, 4, 1)
    cell = sigmoid(f) * cell + sigmoid(i) * tanh(g)
    hidden = sigmoid(o) * tanh(cell)
    return hidden if w_hr is None else linear(hidden, w_hr), cell


def gru_step(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None,
    b_hh: Tensor | None,
) -> Tensor:
    """h' = n + z (h - n), with gates r, z (sigmoid) and n = tanh(W_in x + r (W_hn h + b_hn))."""
    r, z, n = chunk(linear(input, w_ih, b_ih), 3, 1)
    hidden_r, hidden_z, hidden_n = chunk(linear(hx, w_hh, b_hh), 3, 1)
    r, z = sigmoid(r + hidden_r), sigmoid(z + hidden_z)
    n = tanh(n + r * hidden_n)
    return (hx - n) * z + n
