"""The gates of recurrent layers: what happens at one time step, apart from the products.

Forward kernels find the products with the input (hoisted out of the loop over time) in the array of
the gates, and are given the products ``from_hidden``, both ``(N, gates * H)``. Loops over many
arrays do not vectorise, because the compiler must rule out that they overlap: hence several short
loops over a row, which stays in the innermost cache. They run in one thread, 30 us for 64 rows of
an LSTM with 128 units: between two BLAS calls, a second pool of threads would only be in the way.

Mirrors the pointwise part of aten/src/ATen/native/RNN.cpp (``_thnn_fused_lstm_cell``,
``_thnn_fused_gru_cell``).
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import kernel
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.vec_math import sigmoid, tanh


@kernel
def _sigmoid_of_sum(gate: Any, other: Any, bias: Any) -> None:
    for j in range(gate.size):
        gate[j] = sigmoid(gate[j] + other[j] + bias[j])


@kernel
def _tanh_of_sum(gate: Any, other: Any, bias: Any) -> None:
    for j in range(gate.size):
        gate[j] = tanh(gate[j] + other[j] + bias[j])


# ------------------------------------------------------------------ tanh and relu


@DispatchStub
@kernel
def tanh_cell_kernel(hidden: Any, from_hidden: Any, bias: Any) -> None:
    """``hidden`` holds the products with the input and becomes the hidden state."""
    for n in range(hidden.shape[0]):
        _tanh_of_sum(hidden[n], from_hidden[n], bias)


@DispatchStub
@kernel
def tanh_cell_backward_kernel(out: Any, grad: Any, grad_later: Any, hidden: Any) -> None:
    one = out.dtype.type(1)
    for n in range(out.shape[0]):
        o, g, later, h = out[n], grad[n], grad_later[n], hidden[n]
        for j in range(o.size):
            o[j] = (g[j] + later[j]) * (one - h[j] * h[j])


@DispatchStub
@kernel
def relu_cell_kernel(hidden: Any, from_hidden: Any, bias: Any) -> None:
    """``hidden`` holds the products with the input and becomes the hidden state."""
    zero = hidden.dtype.type(0)
    for n in range(hidden.shape[0]):
        h, b = hidden[n], from_hidden[n]
        for j in range(h.size):
            x = h[j] + b[j] + bias[j]
            h[j] = zero if x < zero else x


@DispatchStub
@kernel
def relu_cell_backward_kernel(out: Any, grad: Any, grad_later: Any, hidden: Any) -> None:
    zero = out.dtype.type(0)
    for n in range(out.shape[0]):
        o, g, later, h = out[n], grad[n], grad_later[n], hidden[n]
        for j in range(o.size):
            o[j] = zero if h[j] <= zero else g[j] + later[j]


# ------------------------------------------------------------------ LSTM


@kernel
def _update_cell(c: Any, gates: Any, before: Any) -> None:
    size = c.size
    i, f, g = gates[:size], gates[size : 2 * size], gates[2 * size : 3 * size]
    for j in range(size):
        c[j] = f[j] * before[j] + i[j] * g[j]


@kernel
def _output(h: Any, c: Any, o: Any) -> None:
    for j in range(h.size):
        h[j] = o[j] * tanh(c[j])


@DispatchStub
@kernel
def lstm_cell_kernel(
    hidden: Any, cell: Any, gates: Any, from_hidden: Any, bias: Any, cell_before: Any
) -> None:
    """``gates`` holds the products with the input and becomes the gates i, f, g, o."""
    size = hidden.shape[1]
    for n in range(hidden.shape[0]):
        a, b = gates[n], from_hidden[n]
        two, three = 2 * size, 3 * size
        _sigmoid_of_sum(a[:two], b[:two], bias[:two])
        _tanh_of_sum(a[two:three], b[two:three], bias[two:three])
        _sigmoid_of_sum(a[three:], b[three:], bias[three:])
        _update_cell(cell[n], a, cell_before[n])
        _output(hidden[n], cell[n], a[three:])


@kernel
def _lstm_through_output(
    out: Any, grad_cell: Any, grad: Any, later: Any, cell: Any, o: Any
) -> None:
    """The gradient of gate o, and of the cell through tanh(cell)."""
    one = out.dtype.type(1)
    for j in range(out.size):
        t = tanh(cell[j])
        d = grad[j] + later[j]
        out[j] = d * t * o[j] * (one - o[j])
        grad_cell[j] += d * o[j] * (one - t * t)


@kernel
def _sigmoid_backward(out: Any, grad: Any, other: Any, gate: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * other[j] * gate[j] * (one - gate[j])


@kernel
def _tanh_backward(out: Any, grad: Any, other: Any, gate: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * other[j] * (one - gate[j] * gate[j])


@DispatchStub
@kernel
def lstm_cell_backward_kernel(
    grad_gates: Any,
    grad_cell: Any,
    grad: Any,
    grad_later: Any,
    gates: Any,
    cell: Any,
    cell_before: Any,
) -> None:
    """``grad_cell`` holds the gradient that comes from later steps; it leaves for earlier ones."""
    size = grad.shape[1]
    for n in range(grad.shape[0]):
        two, three = 2 * size, 3 * size
        d, dc, a = grad_gates[n], grad_cell[n], gates[n]
        i, f, g = a[:size], a[size:two], a[two:three]
        _lstm_through_output(d[three:], dc, grad[n], grad_later[n], cell[n], a[three:])
        _sigmoid_backward(d[:size], dc, g, i)
        _sigmoid_backward(d[size:two], dc, cell_before[n], f)
        _tanh_backward(d[two:three], dc, i, g)
        for j in range(size):
            dc[j] *= f[j]


# ------------------------------------------------------------------ GRU


@kernel
def _gru_candidate(
    candidate: Any, product: Any, from_hidden: Any, hidden_bias: Any, bias: Any, reset: Any
) -> None:
    for j in range(product.size):
        product[j] = from_hidden[j] + hidden_bias[j]
    for j in range(product.size):
        candidate[j] = tanh(candidate[j] + bias[j] + reset[j] * product[j])


@kernel
def _blend(hidden: Any, before: Any, candidate: Any, update: Any) -> None:
    for j in range(hidden.size):
        hidden[j] = candidate[j] + update[j] * (before[j] - candidate[j])


@DispatchStub
@kernel
def gru_cell_kernel(
    hidden: Any,
    gates: Any,
    products: Any,
    from_hidden: Any,
    bias: Any,
    hidden_bias: Any,
    hidden_before: Any,
) -> None:
    """``gates`` holds the products with the input and becomes the gates r, z, n.

    ``products`` keeps the part of n that r multiplies, for backward. ``bias`` is the sum of both
    biases for r and z, and the input's for n; ``hidden_bias`` is the hidden one of n.
    """
    size = hidden.shape[1]
    for n in range(hidden.shape[0]):
        a, b, two = gates[n], from_hidden[n], 2 * size
        _sigmoid_of_sum(a[:two], b[:two], bias[:two])
        _gru_candidate(a[two:], products[n], b[two:], hidden_bias, bias[two:], a[:size])
        _blend(hidden[n], hidden_before[n], a[two:], a[size:two])


@kernel
def _gru_update_backward(out: Any, grad: Any, before: Any, candidate: Any, update: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * (before[j] - candidate[j]) * update[j] * (one - update[j])


@kernel
def _gru_candidate_backward(out: Any, grad: Any, candidate: Any, update: Any) -> None:
    one = out.dtype.type(1)
    for j in range(out.size):
        out[j] = grad[j] * (one - update[j]) * (one - candidate[j] * candidate[j])


@DispatchStub
@kernel
def gru_cell_backward_kernel(
    grad_gates: Any,
    grad_products: Any,
    grad_hidden: Any,
    grad: Any,
    gates: Any,
    products: Any,
    hidden_before: Any,
) -> None:
    """``grad_hidden`` holds the gradient from later steps; it leaves with the direct path only.

    ``grad_gates`` are the gradients of the products with the input, ``grad_products`` of those
    with the hidden state; they differ in n.
    """
    size = grad.shape[1]
    for n in range(grad.shape[0]):
        two = 2 * size
        d, p, dh, a, g = grad_gates[n], grad_products[n], grad_hidden[n], gates[n], grad[n]
        r, z, candidate = a[:size], a[size:two], a[two:]
        for j in range(size):
            dh[j] += g[j]
        _gru_candidate_backward(d[two:], dh, candidate, z)
        _gru_update_backward(d[size:two], dh, hidden_before[n], candidate, z)
        _sigmoid_backward(d[:size], d[two:], products[n], r)
        for j in range(two):
            p[j] = d[j]
        for j in range(size):
            p[two + j] = d[two + j] * r[j]
        for j in range(size):
            dh[j] *= z[j]
