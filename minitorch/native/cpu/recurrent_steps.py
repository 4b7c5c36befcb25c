"""What the compiled loops over time share: the table of the steps, and threads.

Mirrors aten/src/ATen/native/RNN.cpp.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch._jit import Kernel, kernel
from minitorch.backends import cpu
from minitorch.native.cpu.packed_products import pack
from minitorch.native.rnn_steps import TimeSteps

# Multiplications that are worth a second thread: 20 us of work.
MULTIPLICATIONS_PER_THREAD = 1_000_000

# A product of fewer rows takes as long: a thread has at least so many sequences.
SEQUENCES_PER_THREAD = 4

# Packing the weights takes as long as one product.
STEPS_TO_PACK_FOR = 8

# Columns of the table that tells kernels about time: for each step, in the order in which the loop
# goes through them, the first row and the number of rows, those of the step before (0 for the first
# step), and the first row in the gradient of the output.
START, SIZE, START_BEFORE, SIZE_BEFORE, GRAD_START = range(5)


def table_of(steps: TimeSteps, batch_first: bool = False) -> Any:
    """``batch_first`` is about the gradient of the output."""
    if steps.is_packed:
        return _table_of_sizes(tuple(steps.sizes), steps.reverse, batch_first)
    return _table_of_full_batch(len(steps.sizes), steps.sizes[0], steps.reverse, batch_first)


def _table_of_sizes(sizes: tuple[int, ...], reverse: bool, batch_first: bool) -> Any:
    table = np.zeros((len(sizes), 5), np.int64)
    table[:, SIZE] = sizes
    table[:, START] = table[:, SIZE].cumsum() - sizes
    table[:, GRAD_START] = np.arange(len(sizes)) if batch_first else table[:, START]
    table = table[::-1] if reverse else table
    table[1:, START_BEFORE], table[1:, SIZE_BEFORE] = table[:-1, START], table[:-1, SIZE]
    return np.ascontiguousarray(table)


@functools.lru_cache(16)  # 8 us, a tenth of a layer's forward pass over one step
def _table_of_full_batch(steps: int, batch: int, reverse: bool, batch_first: bool) -> Any:
    return _table_of_sizes((batch,) * steps, reverse, batch_first)


def as_rows(array: Any) -> Any:
    return array.reshape(-1, array.shape[-1])


def grad_as_rows(grad: Any, steps: TimeSteps, later: Any) -> tuple[Any, Any, int]:
    """The table, the gradient of the output as contiguous rows, and from one sequence's to the
    next's: 1, but the number of steps where the batch comes first, which saves a copy. None
    becomes no rows.
    """
    if grad is None:
        return table_of(steps), np.empty_like(later, shape=(0, later.shape[1])), 0
    if steps.is_packed or grad.flags.c_contiguous:
        return table_of(steps), as_rows(np.ascontiguousarray(grad)), 1
    batch_first = np.ascontiguousarray(grad.swapaxes(0, 1))
    return table_of(steps, True), as_rows(batch_first), len(steps.sizes)


def is_small(weight: Any, steps: TimeSteps) -> bool:
    """One step on one thread: the plain loop is as fast, and takes fewer preparations."""
    return len(steps.sizes) == 1 and _threads(weight, steps) == 1


def _threads(weight: Any, steps: TimeSteps) -> int:
    """How many threads the work is worth."""
    batch = max(steps.sizes)
    work = len(steps.sizes) * batch * weight.size // MULTIPLICATIONS_PER_THREAD
    return max(1, min(cpu.get_num_threads(), work, batch // SEQUENCES_PER_THREAD))


def run(loop: Kernel, parallel: Kernel, steps: TimeSteps, weight: Any, *arguments: Any) -> None:
    """Call a loop, or its parallel form for as many threads as the work is worth."""
    packed = pack(weight if len(steps.sizes) >= STEPS_TO_PACK_FOR else weight[:, :0])
    threads = _threads(weight, steps)
    if threads > 1:
        parallel.on_all_threads(threads, weight, packed, *arguments)
    else:
        loop(0, max(steps.sizes), weight, packed, *arguments)


@kernel
def share(part: int, parts: int, count: int) -> Any:
    """The first sequence of a thread, and the first of the next."""
    return count * part // parts, count * (part + 1) // parts


@kernel
def copy_grad(grad: Any, grad_out: Any, step: int, start: int, first: int, stop: int) -> None:
    """The gradient of one step's output, for some sequences, side by side."""
    if len(grad_out):
        for n in range(first, stop):
            source, target = grad_out[start + n * step], grad[n]
            for j in range(target.size):
                target[j] = source[j]
