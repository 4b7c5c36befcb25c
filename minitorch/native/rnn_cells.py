"""One step of a recurrent layer: rnn_tanh_cell, rnn_relu_cell, lstm_cell and gru_cell.

A cell is a layer that sees one time step: its operator is that of rnn_layers.py.

Mirrors the cells of aten/src/ATen/native/RNN.cpp. Left out: quantised cells.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from minitorch.native import rnn_formulas as formulas
from minitorch.native.rnn_layers import GruLayer, Layer, LstmLayer, RnnReluLayer, RnnTanhLayer

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _check_shapes(input: Tensor, states: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor) -> None:
    """Compare sizes before a product of matrices fails in words that name neither.

    Raises:
        RuntimeError: the input or a state does not fit the weights, or another batch size.
    """
    batch, inputs = input.size(0), input.size(1)
    if inputs != w_ih.size(1):
        raise RuntimeError(
            f"input has inconsistent input_size: got {inputs} expected {w_ih.size(1)}"
        )
    for number, state in enumerate(states):
        rows, size = state.size(0), state.size(1)
        if rows != batch:
            raise RuntimeError(
                f"Input batch size {batch} doesn't match hidden{number} batch size {rows}"
            )
        if size != w_hh.size(1):
            raise RuntimeError(
                f"hidden{number} has inconsistent hidden_size: got {size}, expected {w_hh.size(1)}"
            )


def _can_be_fused(*tensors: Tensor) -> bool:
    """Half precision is rounded after every operation; for a mixture the formula has an error."""
    dtype = tensors[0]._array.dtype
    return dtype.char in "fd" and all([tensor._array.dtype is dtype for tensor in tensors])


def _step(layer: type[Layer], formula: Callable[..., Tensor], input: Tensor, *args: Any) -> Tensor:
    """The one step of a packed batch whose sequences have one element each."""
    if not _can_be_fused(input, *args[:3]):
        return formula(input, *args)
    hx, *weights = args
    hidden: Tensor = layer.apply(input, hx, None, *weights, None, input._array.shape[:1], False)[0]
    return hidden


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
    return _step(RnnTanhLayer, formulas.rnn_tanh_step, input, hx, w_ih, w_hh, b_ih, b_hh)


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
    return _step(RnnReluLayer, formulas.rnn_relu_step, input, hx, w_ih, w_hh, b_ih, b_hh)


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
    if not _can_be_fused(input, *hx, w_ih, w_hh):
        return formulas.lstm_step(input, hx, w_ih, w_hh, b_ih, b_hh)
    weights = w_ih, w_hh, b_ih, b_hh, None
    hidden, _, cell = LstmLayer.apply(input, *hx, *weights, input._array.shape[:1], False)
    return hidden, cell


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
    return _step(GruLayer, formulas.gru_step, input, hx, w_ih, w_hh, b_ih, b_hh)
