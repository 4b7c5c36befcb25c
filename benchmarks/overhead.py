"""What the framework itself costs: microseconds per operation on 4 x 4 matrices, and for what else
a training step does.

There is next to nothing to compute, so what is timed is the framework: checking arguments, making a
tensor, recording the graph, walking it back, freeing it; calling a module, stepping an optimizer,
loading a batch. Each run does it 400 times.
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
    """Returns one run: the chain without a graph, with one, back along one, or there and back."""
    a, b = (torch.from_numpy(array) for array in operands(operation, seed))
    function = getattr(torch, operation)
    run_chain = partial(chain_of_one if operation == "tanh" else chain, function, a, b)
    if mode == "no grad":
        return run_chain
    a.requires_grad = b.requires_grad = True
    if mode == "forward":
        return run_chain
    if mode == "backward":
        total = run_chain().sum()

        def backward() -> Any:
            a.grad = b.grad = None
            total.backward(retain_graph=True)
            return a.grad

        return backward

    def forward_and_backward() -> Any:
        a.grad = b.grad = None
        run_chain().sum().backward()
        return a.grad

    return forward_and_backward


def prepare_module(name: str, torch: Any, seed: int) -> Work:
    """Returns one run: calls of a module, each with the last one's result."""
    torch.manual_seed(seed)
    nn = torch.nn
    modules: dict[str, Callable[[], Any]] = {
        "Identity": nn.Identity,
        "Linear": lambda: nn.Linear(4, 4),
        "Sequential of 3": lambda: nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Identity()),
    }
    module = modules[name]()
    start = torch.from_numpy(operands("tanh", seed)[0])

    def calls() -> Any:
        with torch.no_grad():
            return chain_of_one(module, start, None)

    return calls


def prepare_optimizer(name: str, torch: Any, seed: int) -> Work:
    """Returns one run: steps on six parameters of 16 numbers, whose gradients stay as they are."""
    parameters = []
    for number in range(6):
        value, grad = operands("add", seed + number)
        parameters.append(torch.from_numpy(value).requires_grad_())
        parameters[-1].grad = torch.from_numpy(grad)
    # Small steps, so that the parameters stay where they are for all of the measurement.
    optimizer = getattr(torch.optim, name)(parameters, lr=1e-8)

    def steps() -> Any:
        for _ in range(CHAIN):
            optimizer.step()
        return parameters[0]

    return steps


def prepare_loader(torch: Any, seed: int) -> Work:
    """Returns one run: an epoch of batches of 4 examples, each a row of 4 numbers and a label."""
    labels = torch.arange(4 * CHAIN)
    rows = torch.zeros(4 * CHAIN, 4)
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(rows, labels),
        batch_size=4,
        shuffle=True,
        generator=torch.Generator().manual_seed(seed),
    )

    def epoch() -> Any:
        for _, batch in loader:
            last = batch
        return last

    return epoch


OPERATIONS = ("mul", "add", "tanh", "matmul")
MODES = ("no grad", "forward", "backward", "forward+backward")
MODULES = ("Identity", "Linear", "Sequential of 3")
OPTIMIZERS = ("SGD", "Adam")

SUITE = Suite(
    name="overhead",
    title=f"The framework around 4 x 4 matrices, {CHAIN} times",
    unit="us",
    per_second=1e6 / CHAIN,
    works={
        f"{operation}, {mode}": partial(prepare, operation, mode)
        for operation in OPERATIONS
        for mode in MODES
    }
    | {f"call of a module, {name}": partial(prepare_module, name) for name in MODULES}
    | {f"step of 6 parameters, {name}": partial(prepare_optimizer, name) for name in OPTIMIZERS}
    | {"batch of a loader": prepare_loader},
    sides=(TORCH, TORCH_KEEPING_MEMORY, *PEERS, MINITORCH),
    full=Effort(blocks=11, runs_per_block=50, warmup_runs=50, block_s=0.08),
    quick=Effort(blocks=2, runs_per_block=2, warmup_runs=1),
)
