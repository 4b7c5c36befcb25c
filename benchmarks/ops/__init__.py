"""What an operation costs at three sizes: microseconds for it, and for it and its backward.

`inputs` says what tiny, medium and large mean, `table` has the operations, one a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.ops.inputs import SIZES, Constant
from benchmarks.ops.table import TABLE, Operation
from benchmarks.suite import MINITORCH, PEERS, TORCH, TORCH_KEEPING_MEMORY, Effort, Suite, Work

REPETITIONS: Mapping[str, int] = {"tiny": 50, "medium": 5, "large": 1}
"""How often a run repeats the operation: a clock cannot time one that takes a microsecond."""

MODES = ("forward", "forward+backward")


@dataclass(frozen=True)
class Measurement:
    """One operation at one size, without a graph or with one and back: prepares the work.

    Args:
        group: of operations in the table, which readers of the results want together.
    """

    group: str
    operation: Operation
    size: str
    mode: str

    @property
    def operations_per_run(self) -> int:
        return REPETITIONS[self.size]

    def grad_output(self, seed: int, shape: tuple[int, ...]) -> Any:
        """Returns the gradient of the output, of this shape, with which backward begins."""
        return np.asarray(np.random.default_rng(seed).standard_normal(shape), np.float32)

    def __call__(self, torch: Any, seed: int) -> Work:
        """Returns one run, which returns the last output, or the first input's gradient."""
        torch.manual_seed(seed)
        back = self.mode == "forward+backward"
        inputs, leaves = [], []
        for array in self.operation.inputs.at(self.size, seed):
            if isinstance(array, Constant):
                inputs.append(torch.from_numpy(array.array))
                continue
            inputs.append(torch.from_numpy(array))
            if back and inputs[-1].is_floating_point():
                leaves.append(inputs[-1].requires_grad_())
        if self.operation.layer is not None:
            layer = self.operation.layer(torch, *inputs)
            layer.requires_grad_(back)
            leaves += layer.parameters() if back else ()
            inputs = [layer, *inputs]
        call = self.operation.call
        repetitions = range(self.operations_per_run)

        def forward() -> Any:
            for _ in repetitions:
                out = call(torch, *inputs)
            return out

        if not back:
            return forward
        shape = tuple(call(torch, *inputs).shape)
        grad_output = torch.from_numpy(self.grad_output(seed, shape))

        def forward_and_backward() -> Any:
            for _ in repetitions:
                for leaf in leaves:
                    leaf.grad = None
                call(torch, *inputs).backward(grad_output)
            return leaves[0].grad

        return forward_and_backward


def measurements() -> dict[str, Measurement]:
    """Returns every measurement by its name."""
    found = {}
    for group, operations in TABLE.items():
        for operation in operations:
            for size in SIZES:
                for mode in MODES[: 1 + operation.differentiable]:
                    if size in operation.inputs.shapes:
                        name = f"{operation.name}, {size}, {mode}"
                        found[name] = Measurement(group, operation, size, mode)
    return found


SUITE = Suite(
    name="ops",
    title="One operation",
    unit="us per operation",
    per_second=1e6,
    works=measurements(),
    sides=(TORCH, TORCH_KEEPING_MEMORY, *PEERS, MINITORCH),
    full=Effort(blocks=5, runs_per_block=1000, warmup_runs=50, block_s=0.05),
    quick=Effort(blocks=1, runs_per_block=1, warmup_runs=0),
)
