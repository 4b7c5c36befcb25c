"""The products outside the loops of a recurrent layer: with its input, and at the end of backward.

Forward, the weights are packed, as in the loops. Backward is one pass over the rows. Each thread
takes some of them, a block at a time: while the gradients of a block are in its cache, they are
multiplied by the weights and by the inputs, and summed. Taken one after another, the products would
read them from memory three times, 26 MB in an LSTM over 64 sequences of 200 steps with 128 units.
Denormal numbers count as zeros (denormals.py): with them, BLAS takes up to six times as long.

Mirrors aten/src/ATen/native/mkldnn/RNN.cpp.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.backends import cpu
from minitorch.native.cpu.denormals import flush_denormals, set_control_word
from minitorch.native.cpu.packed_products import pack, packed_product, product
from minitorch.native.rnn_layers import linear_backward, project

# Multiplications that are worth a second thread: 20 us of work.
MULTIPLICATIONS_PER_THREAD = 1_000_000

# The gradients of so many rows, 512 KiB for 512 gates, stay in a second-level cache.
ROWS_PER_BLOCK = 256


# For fewer, three calls of BLAS from Python take less than the preparations.
FEW_ROWS = 64

# Forward, blocks of so many rows are the fastest, and pay for packing from so many on.
PACKED_ROWS, ROWS_TO_PACK_FOR = 32, 512


@kernel
def _add_column_sums(sums: Any, rows: Any) -> None:
    """A block's sums are added to those before: rounding grows with the blocks, not the rows."""
    of_block = np.zeros_like(sums)
    for row in rows:
        for j in range(row.size):
            of_block[j] += row[j]
    for j in range(sums.size):
        sums[j] += of_block[j]


@kernel
def _linear_backward(
    first: int,
    end: int,
    grads: Any,
    input: Any,
    weight: Any,
    grad_input: Any,
    grad_weight: Any,
    grad_bias: Any,
) -> None:
    control = flush_denormals()
    for start in range(first, end, ROWS_PER_BLOCK):
        rows = slice(start, min(start + ROWS_PER_BLOCK, end))
        if grad_input.size:
            product(grad_input[rows], grads[rows], weight, False, False, False)
        if grad_weight.size:
            product(grad_weight, grads[rows], input[rows], True, False, True)
        if grad_bias.size:
            _add_column_sums(grad_bias, grads[rows])
    set_control_word(control)


@kernel(parallel=True)
def linear_backward_kernel(
    parts: int,
    grads: Any,
    input: Any,
    weight: Any,
    grad_input: Any,
    grad_weight: Any,
    grad_bias: Any,
) -> None:
    """Thread i leaves its part of the sum over all rows in ``grad_weight[i]``, ``grad_bias[i]``."""
    for i in prange(parts):
        part = np.int64(i)
        first, end = len(grads) * part // parts, len(grads) * (part + 1) // parts
        arrays = grads, input, weight, grad_input, grad_weight[part], grad_bias[part]
        _linear_backward(first, end, *arrays)


@kernel
def _project(first: int, end: int, out: Any, rows: Any, packed: Any, weight: Any) -> None:
    for start in range(first, end, PACKED_ROWS):
        block = slice(start, min(start + PACKED_ROWS, end))
        packed_product(out[block], rows[block], packed, weight, False)


@kernel(parallel=True)
def project_kernel(parts: int, out: Any, rows: Any, packed: Any, weight: Any) -> None:
    for i in prange(parts):
        part = np.int64(i)
        first, end = len(rows) * part // parts, len(rows) * (part + 1) // parts
        _project(first, end, out, rows, packed, weight)


@project.tuned
def project_packed(rows: Any, weight: Any) -> Any:
    """For 12,800 rows and 100 inputs on one thread, 0.8 of the time of BLAS with 512 gates, and 0.9
    with 128 or 384.
    """
    packed = pack(weight.T) if len(rows) >= ROWS_TO_PACK_FOR else ()
    if not len(packed):
        return project.plain(rows, weight)
    out = np.empty_like(rows, shape=(len(rows), len(weight)))
    parts = max(
        1, min(cpu.get_num_threads(), rows.size * len(weight) // MULTIPLICATIONS_PER_THREAD)
    )
    arrays = out, rows, packed, np.ascontiguousarray(weight.T)
    if parts > 1:
        project_kernel.on_all_threads(parts, *arrays)
    else:
        _project(0, len(rows), *arrays)
    return out


@linear_backward.tuned
def one_pass(
    grads: Any, input: Any, weight: Any, wanted: tuple[bool, bool, bool]
) -> tuple[Any, Any, Any]:
    if len(grads) < FEW_ROWS:
        return linear_backward.plain(grads, input, weight, wanted)
    inputs, outputs = input.shape[1], grads.shape[1]
    work = grads.size * inputs // MULTIPLICATIONS_PER_THREAD
    parts = max(1, min(cpu.get_num_threads(), work))
    grad_input = np.empty_like(input) if wanted[0] else np.empty_like(input, shape=(0, inputs))
    grad_weight = np.zeros_like(grads, shape=(parts, outputs, inputs if wanted[1] else 0))
    grad_bias = np.zeros_like(grads, shape=(parts, outputs if wanted[2] else 0))
    arrays = grads, input, np.ascontiguousarray(weight), grad_input
    if parts > 1:
        linear_backward_kernel.on_all_threads(parts, *arrays, grad_weight, grad_bias)
        grad_weight[0] += grad_weight[1:].sum(axis=0)
        grad_bias[0] += grad_bias[1:].sum(axis=0)
    else:
        _linear_backward(0, len(grads), *arrays, grad_weight[0], grad_bias[0])
    grad_of = grad_input, grad_weight[0], grad_bias[0]
    return tuple([g if w else None for g, w in zip(grad_of, wanted, strict=True)])  # type: ignore[return-value]
