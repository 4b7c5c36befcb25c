"""What a tiny operation costs: microseconds per operation on 4 x 4 matrices.

There is next to nothing to compute, so what is timed is the framework: checking arguments, making a
tensor, recording the graph, walking it back, freeing it. Each run is a chain of 400 operations.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.suite import MINITORCH, PEERS, TORCH, TORCH_KEEPING_MEMORY, Effort, Suite, Work

CHAIN = 400

FloatArray = npt.NDArray[np.float32]


def operands(operation: str, seed: int) -> tuple[FloatArray, FloatArray]:
    """Returns the start of the chain and the other operand: values that 400 steps keep finite."""
    random = np.random.default_rng(seed)
    start = random.standard_normal((4, 4))
    if operation == "mul":
        other = random.uniform(0.999, 1.001, (4, 4))
    elif operation == "matmul":
        other = np.linalg.qr(random.standard_normal((4, 4))).Q  # A rotation keeps lengths.
    else:
        other = random.standard_normal((4, 4))
    return start.astype(np.float32), other.astype(np.float32)


def chain(function: Callable[[Any, Any], Any], start: Any, other: Any) -> Any:
    """Applies a function of two tensors 400 times, each time to its last result."""
    for _ in range(CHAIN):
        start = function(start, other)
    return start


def chain_of_one(function: Callable[[Any], Any], start: Any, other: Any) -> Any:
    """As `chain`, for a function of one tensor."""
    for _ in range(CHAIN):
        start = function(start)
    return start


def prepare(operation: str, mode: str, torch: Any, seed: int) -> Work:
    """Returns one run: the chain without a graph, with one, or with one and back."""
    a, b = (torch.from_numpy(array) for array in operands(operation, seed))
    function = getattr(torch, operation)
    run_chain = partial(chain_of_one if operation == "tanh" else chain, function, a, b)
    if mode == "no grad":
        return run_chain
    a.requires_grad = b.requires_grad = True
    if mode == "forward":
        return run_chain

    def forward_and_backward() -> Any:
        a.grad = b.grad = None
        run_chain().sum().backward()
        return a.grad

    return forward_and_backward


OPERATIONS = ("mul", "add", "tanh", "matmul")
MODES = ("no grad", "forward", "forward+backward")

SUITE = Suite(
    name="overhead",
    title=f"One operation on 4 x 4 matrices, in a chain of {CHAIN}",
    unit="us per operation",
    per_second=1e6 / CHAIN,
    works={
        f"{operation}, {mode}": partial(prepare, operation, mode)
        for operation in OPERATIONS
        for mode in MODES
    },
    sides=(TORCH, TORCH_KEEPING_MEMORY, *PEERS, MINITORCH),
    full=Effort(blocks=15, runs_per_block=50, warmup_runs=50, block_s=0.1),
    quick=Effort(blocks=2, runs_per_block=2, warmup_runs=1),
)
