"""The gates of recurrent layers: what happens at one time step, apart from the products.

A step first adds up, for each sequence, a row of sums: bias, products with the input and products
with the hidden state. A cell makes gates of them, in place, and from these the next states:

- tanh, relu: one gate, which is the hidden state;
- LSTM: i, f, g, o;
- GRU: n, r, z, and what r multiplies inside of n, its product with the hidden state; n has the
  input's. So n, r, z have the input in them, and r, z and the fourth the hidden state.

Each gate is as wide as the hidden state. Loops over many arrays do not vectorise, because the
compiler must rule out that they overlap: hence several short loops over a row, which stays in the
innermost cache. They run in one thread, 20 us for 64 rows of an LSTM with 128 units: between two
products, other threads would only be in the way.

Mirrors the pointwise part of aten/src/ATen/native/RNN.cpp (``_thnn_fused_lstm_cell``,
``_thnn_fused_gru_cell``).
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import kernel
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.vec_math import sigmoid, tanh

TANH, RELU, LSTM, GRU = range(4)


@kernel
def _sigmoid(gate: Any) -> None:
    for j in range(gate.size):
        gate[j] = sigmoid(gate[j])


@kernel
def _tanh(gate: Any) -> None:
    for j in range(gate.size):
        gate[j] = tanh(gate[j])


@kernel
def _clear(grad: Any) -> None:
    for j in range(grad.size):
        grad[j] = 0


@kernel
def _multiply(grad: Any, gate: Any) -> None:
    for j in range(grad.size):
        grad[j] *= gate[j]


@kernel
def _sigmoid_backward(out: Any, grad: Any, other: Any, gate: Any) -> None:
    """Of ``gate * other``, where ``gate`` is a sigmoid; the gradient of what is in it."""
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * other[j] * gate[j] * (one - gate[j])


@kernel
def _tanh_backward(out: Any, grad: Any, other: Any, gate: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * other[j] * (one - gate[j] * gate[j])


# ------------------------------------------------------------------ tanh and relu


@kernel
def _relu(gate: Any) -> None:
    zero = gate.dtype.type(0)
    for j in range(gate.size):
        x = gate[j]
        gate[j] = zero if x < zero else x


@kernel
def _tanh_cell_backward(out: Any, grad: Any, hidden: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * (one - hidden[j] * hidden[j])


@kernel
def _relu_cell_backward(out: Any, grad: Any, hidden: Any) -> None:
    zero = out.dtype.type(0)
    for j in range(out.size):
        out[j] = zero if hidden[j] <= zero else grad[j]


# ------------------------------------------------------------------ LSTM


@kernel
def _update_cell(cell: Any, before: Any, i: Any, f: Any, g: Any) -> None:
    for j in range(cell.size):
        cell[j] = f[j] * before[j] + i[j] * g[j]


@kernel
def _output(hidden: Any, cell: Any, o: Any) -> None:
    for j in range(hidden.size):
        hidden[j] = o[j] * tanh(cell[j])


@kernel
def _lstm_cell(hidden: Any, cell: Any, gates: Any, cell_before: Any) -> None:
    size = cell.size
    two, three = 2 * size, 3 * size
    _sigmoid(gates[:two])
    _tanh(gates[two:three])
    _sigmoid(gates[three:])
    _update_cell(cell, cell_before, gates[:size], gates[size:two], gates[two:three])
    _output(hidden, cell, gates[three:])


@kernel
def _through_output(out: Any, grad_cell: Any, grad: Any, cell: Any, o: Any) -> None:
    """The gradient of gate o, and of the cell through tanh(cell)."""
    one = out.dtype.type(1)
    for j in range(out.size):
        t = tanh(cell[j])
        out[j] = grad[j] * t * o[j] * (one - o[j])
        grad_cell[j] += grad[j] * o[j] * (one - t * t)


@kernel
def _lstm_cell_backward(
    out: Any, grad_cell: Any, grad: Any, gates: Any, cell: Any, cell_before: Any
) -> None:
    size = cell.size
    two, three = 2 * size, 3 * size
    i, f, g, o = gates[:size], gates[size:two], gates[two:three], gates[three:]
    _through_output(out[three:], grad_cell, grad, cell, o)
    _sigmoid_backward(out[:size], grad_cell, g, i)
    _sigmoid_backward(out[size:two], grad_cell, cell_before, f)
    _tanh_backward(out[two:three], grad_cell, i, g)
    _multiply(grad_cell, f)


# ------------------------------------------------------------------ GRU


@kernel
def _candidate(n: Any, reset: Any, product: Any) -> None:
    for j in range(n.size):
        n[j] = tanh(n[j] + reset[j] * product[j])


@kernel
def _blend(hidden: Any, before: Any, candidate: Any, update: Any) -> None:
    for j in range(hidden.size):
        hidden[j] = candidate[j] + update[j] * (before[j] - candidate[j])


@kernel
def _gru_cell(hidden: Any, gates: Any, hidden_before: Any) -> None:
    size = hidden.size
    two, three = 2 * size, 3 * size
    _sigmoid(gates[size:three])
    _candidate(gates[:size], gates[size:two], gates[three:])
    _blend(hidden, hidden_before, gates[:size], gates[two:three])


@kernel
def _through_candidate(out: Any, grad: Any, candidate: Any, update: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * (one - update[j]) * (one - candidate[j] * candidate[j])


@kernel
def _through_update(out: Any, grad: Any, before: Any, candidate: Any, update: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * (before[j] - candidate[j]) * update[j] * (one - update[j])


@kernel
def _through_product(out: Any, grad: Any, reset: Any) -> None:
    for j in range(out.size):
        out[j] = grad[j] * reset[j]


@kernel
def _gru_cell_backward(out: Any, grad: Any, gates: Any, hidden_before: Any) -> None:
    size = grad.size
    two, three = 2 * size, 3 * size
    n, r, z, product = gates[:size], gates[size:two], gates[two:three], gates[three:]
    of_n = out[:size]
    _through_candidate(of_n, grad, n, z)
    _sigmoid_backward(out[size:two], of_n, product, r)
    _through_update(out[two:three], grad, hidden_before, n, z)
    _through_product(out[three:], of_n, r)
    _multiply(grad, z)


# ------------------------------------------------------------------ all of them


@DispatchStub
@kernel
def cell_kernel(
    hidden: Any, cell: Any, gates: Any, hidden_before: Any, cell_before: Any, kind: int
) -> None:
    """``gates`` holds the sums and becomes the gates: of tanh and relu it is ``hidden`` itself.

    Only an LSTM has cells; the others take arrays of no rows in their place.
    """
    for n in range(hidden.shape[0]):
        if kind == TANH:
            _tanh(hidden[n])
        elif kind == RELU:
            _relu(hidden[n])
        elif kind == LSTM:
            _lstm_cell(hidden[n], cell[n], gates[n], cell_before[n])
        else:
            _gru_cell(hidden[n], gates[n], hidden_before[n])


@DispatchStub
@kernel
def cell_backward_kernel(
    grad_gates: Any,
    grad_hidden: Any,
    grad_cell: Any,
    gates: Any,
    cell: Any,
    hidden_before: Any,
    cell_before: Any,
    kind: int,
) -> None:
    """``grad_gates`` becomes the gradient of the sums.

    The gradients of the states come in, and leave for the states before, as far as they go there by
    other ways than through the sums: of the hidden state, only a GRU has such a way.
    """
    for n in range(grad_gates.shape[0]):
        out, grad = grad_gates[n], grad_hidden[n]
        if kind == GRU:
            _gru_cell_backward(out, grad, gates[n], hidden_before[n])
            continue
        if kind == TANH:
            _tanh_cell_backward(out, grad, gates[n])
        elif kind == RELU:
            _relu_cell_backward(out, grad, gates[n])
        else:
            _lstm_cell_backward(out, grad_cell[n], grad, gates[n], cell[n], cell_before[n])
        _clear(grad)
