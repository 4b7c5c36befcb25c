"""What fusing element-wise operations could gain: training steps with fewer of them, or none.

A compiler such as torch.compile makes one kernel of a chain of element-wise operations, which reads
and writes memory once. This says what one here could gain at most, by leaving out what it would
save, forward and backward. Each step of the suite ``steps`` is timed in three forms:

- as it is;
- one pass per chain: of operations that follow one another, only the first is done. The kernel of a
  whole chain would do more, with more operands; and a residual sum counts as following the one
  before it, though it waits for what lies between them;
- none: as if each chain were fused further, into the product or the norm beside it, and cost
  nothing there.

Element-wise are here ReLU, GELU, sums and products of tensors (residual connections, dropout), and
the scaling of dropout's noise, whose random numbers are drawn in all forms. What other operations
do inside (a bias, the weights of a norm, the scale and mask of attention, an optimizer's step) is
theirs to fuse. The sums of gradients, where a residual connection branches off, remain in all
forms: 1 % of a step, of ResNet and of GPT.

``python -m benchmarks.fusion [work ...]`` prints the table. The numbers are processor time on one
thread, and the lowest of many, so that they can be taken beside other load.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from math import inf
from typing import Any
from unittest import mock

from rich.console import Console
from rich.table import Table

import minitorch
from benchmarks.report import significant
from benchmarks.steps import SUITE
from benchmarks.suite import Work
from minitorch.autograd.operator import Operator
from minitorch.native import dropout
from minitorch.native.activation import Relu
from minitorch.native.activation_smooth import Gelu
from minitorch.native.binary_ops import Add, Mul

WORKS = ("mlp", "cnn", "resnet18", "unet", "transformer", "gpt")
ELEMENTWISE: tuple[type[Operator], ...] = (Relu, Gelu, Mul, Add)

WARMUP_RUNS, RUNS = 1, 4
"""Of each form, with one model. Then it is built anew: without its activations, a model may leave
the finite numbers, and where in memory its parameters lie should not be what makes a difference."""

LeavesOut = Callable[[Sequence[Any]], bool]
"""Takes the operands of an element-wise operation, and says whether it is left out."""


class HandedOn(Operator):
    """In the place of a sum: gives back the first operand; the gradient goes to both, as usual."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        return input

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad, grad


def follows_another(operands: Sequence[Any]) -> bool:
    """Whether one of the tensors comes from an element-wise operation."""
    return any(isinstance(_maker(operand), ELEMENTWISE) for operand in operands)


def _maker(tensor: Any) -> Any:
    """Returns the node that computed the tensor's numbers, of which views may have been taken."""
    node = tensor.grad_fn
    while isinstance(node, Operator) and node.is_view and node.next_edges[0] is not None:
        node = node.next_edges[0][0]
    return node


def always(operands: Sequence[Any]) -> bool:
    """Whatever the operands."""
    return True


AS_IT_IS, CHAINS, NONE = "as it is", "one pass per chain", "none"
FORMS: Mapping[str, LeavesOut | None] = {AS_IT_IS: None, CHAINS: follows_another, NONE: always}


@contextmanager
def leave_out(leaves_out: LeavesOut | None) -> Iterator[None]:
    """Within it, the chosen element-wise operations hand on what they are given."""
    if leaves_out is None:
        yield
        return

    def instead(apply: Any, operation: type[Operator], input: Any, *others: Any) -> Any:
        operands = [input, *[other for other in others if isinstance(other, minitorch.Tensor)]]
        counts = operation in (Add, Mul) and len(operands) == 1  # That of batches in a norm.
        if counts or not leaves_out(operands):
            return apply(input, *others)
        return HandedOn.apply(*operands) if operation is Add else input

    def dropped(input: Any, p: float, training: bool, inplace: bool) -> Any:
        noise = dropout._noise(input, p, per_channel=False)
        return Mul.apply(input, noise)  # A kernel that scales the noise as well takes no longer.

    with ExitStack() as stack:
        for operation in ELEMENTWISE:
            for name in ("apply", "apply_"):
                new = staticmethod(partial(instead, getattr(operation, name), operation))
                stack.enter_context(mock.patch.object(operation, name, new))
        stack.enter_context(mock.patch.object(dropout, "_dropout", dropped))
        yield


def measure(work: Callable[[Any, int], Work], seconds: float) -> dict[str, float]:
    """Returns the milliseconds of the fastest step in each form.

    Args:
        work: prepares a training step, as in `suite`.
        seconds: after so many no new model is begun with.
    """
    fastest = dict.fromkeys(FORMS, inf)
    end = time.perf_counter() + seconds
    while inf in fastest.values() or time.perf_counter() < end:
        step = work(minitorch, 0)
        for name, leaves_out in FORMS.items():
            with leave_out(leaves_out):
                for run in range(WARMUP_RUNS + RUNS):
                    start = time.process_time()
                    step()
                    taken_ms = 1e3 * (time.process_time() - start)
                    if run >= WARMUP_RUNS:
                        fastest[name] = min(fastest[name], taken_ms)
    return fastest


def table_of(measured: Mapping[str, Mapping[str, float]]) -> Table:
    """Returns the times of each work, and what they say that could be gained."""
    table = Table(title="One training step with fewer element-wise operations: ms, one thread")
    for heading in ("", *FORMS, f"gain: {CHAINS}", f"gain: {NONE}"):
        table.add_column(heading, justify="right" if heading else "left")
    for work, fastest in measured.items():
        times = [significant(fastest[name]) for name in FORMS]
        gains = [f"{fastest[AS_IT_IS] / fastest[name]:.2f}" for name in (CHAINS, NONE)]
        table.add_row(work, *times, *gains)
    return table


def main() -> None:
    """Measures the works and prints the table."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.fusion", description="What fusing element-wise operations could gain."
    )
    parser.add_argument("works", nargs="*", default=WORKS, help=f"default: {' '.join(WORKS)}")
    parser.add_argument("--seconds", type=float, default=30.0, help="for each work (default: 30)")
    options = parser.parse_args()
    minitorch.set_num_threads(1)
    measured = {name: measure(SUITE.works[name], options.seconds) for name in options.works}
    Console().print(table_of(measured))


if __name__ == "__main__":
    main()
