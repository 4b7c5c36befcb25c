"""What fusing element-wise operations could gain: training steps with fewer of them, or none.

A compiler such as torch.compile makes one kernel of a chain of element-wise operations, which reads
and writes memory once. This says what one here could gain at most, by leaving out what it would
save, forward and backward. Each step of the suite ``steps`` is timed in three forms:

- as it is;
- a pass per chain: of operations that follow one another only the first is done. The fused kernel
  of a chain does more than that, and on more operands;
- no such operation at all: what would be gained if each were also fused into the product or norm
  beside it, and cost nothing there.

Left out are ReLU, GELU, dropout with the drawing of its noise, and sums and products of tensors
such as those of residual connections. What other operations do inside (the bias of a linear layer,
the weights of a norm, the scale and the mask of attention, an optimizer's step) is fused as it is.
What remains in every form: the sums of gradients where a residual connection branches off.

``python -m benchmarks.fusion [--quick] [work ...]`` prints the table: minima on one thread, with
the forms in turns.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
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

LeavesOut = Callable[[Sequence[Any]], bool]
"""Takes the operands of an element-wise operation, and says whether it is left out."""


class HandedOn(Operator):
    """Stands for the sum of two tensors: gives back the first; its gradient goes to both."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        return input

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad, grad


def follows_another(operands: Sequence[Any]) -> bool:
    """Whether one of the tensors comes from an element-wise operation."""
    return any(isinstance(operand.grad_fn, ELEMENTWISE) for operand in operands)


def always(operands: Sequence[Any]) -> bool:
    """Whatever the operands."""
    return True


FORMS: Mapping[str, LeavesOut | None] = {
    "as it is": None,
    "a pass per chain": follows_another,
    "none": always,
}


@contextmanager
def left_out(leaves_out: LeavesOut | None) -> Iterator[None]:
    """Within it, some element-wise operations hand on what they are given."""
    if leaves_out is None:
        yield
        return

    def instead(apply: Any, operation: type[Operator], input: Any, *others: Any) -> Any:
        operands = [input, *[other for other in others if isinstance(other, minitorch.Tensor)]]
        is_of_tensors = operation not in (Add, Mul) or len(operands) == 2
        if not is_of_tensors or not leaves_out(operands):
            return apply(input, *others)
        return HandedOn.apply(*operands) if operation is Add else input

    def dropped(input: Any, p: float, training: bool, inplace: bool) -> Any:
        if leaves_out is always:
            return input
        return Mul.apply(input, dropout._noise(input, p, per_channel=False))  # It is not scaled.

    with ExitStack() as stack:
        for operation in ELEMENTWISE:
            for name in ("apply", "apply_"):
                new = staticmethod(partial(instead, getattr(operation, name), operation))
                stack.enter_context(mock.patch.object(operation, name, new))
        stack.enter_context(mock.patch.object(dropout, "_dropout", dropped))
        yield


def measure(
    work: Callable[[Any, int], Work], seconds: float, warmup_runs: int = 3
) -> dict[str, float]:
    """Returns the milliseconds of the fastest step in each form.

    Args:
        seconds: for how long the forms take turns.
    """
    steps = {name: work(minitorch, 0) for name in FORMS}
    fastest = dict.fromkeys(FORMS, float("inf"))
    end = time.perf_counter() + seconds
    runs = 0
    while runs <= warmup_runs or time.perf_counter() < end:
        for name, step in steps.items():
            with left_out(FORMS[name]):
                start = time.perf_counter()
                step()
                passed_ms = 1e3 * (time.perf_counter() - start)
            if runs >= warmup_runs:
                fastest[name] = min(fastest[name], passed_ms)
        runs += 1
    return fastest


def table_of(measured: Mapping[str, Mapping[str, float]]) -> Table:
    """Returns the times of each work, and the gains that they bound."""
    as_it_is, *others = FORMS
    table = Table(title="One training step with fewer element-wise operations, ms, one thread")
    table.add_column("")
    for name in (*FORMS, *[f"gain: {other}" for other in others]):
        table.add_column(name, justify="right")
    for work, fastest in measured.items():
        gains = [fastest[as_it_is] / fastest[other] for other in others]
        times = [significant(fastest[name]) for name in FORMS]
        table.add_row(work, *times, *[f"{gain:.2f}" for gain in gains])
    return table


def main() -> None:
    """Measures the works and prints the table."""
    parser = argparse.ArgumentParser(prog="benchmarks.fusion", description=__doc__.split("\n")[0])
    parser.add_argument("works", nargs="*", default=WORKS, help=f"default: {' '.join(WORKS)}")
    parser.add_argument("--seconds", type=float, default=20.0, help="for each work (default: 20)")
    options = parser.parse_args()
    minitorch.set_num_threads(1)
    console = Console()
    measured = {}
    for name in options.works:
        with console.status(name):
            measured[name] = measure(SUITE.works[name], options.seconds)
    console.print(table_of(measured))


if __name__ == "__main__":
    main()
