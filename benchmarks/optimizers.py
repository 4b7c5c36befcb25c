"""What a step of each optimizer costs: milliseconds for the six parameters of an MLP.

The parameters are those of 784-512-256-10, half a million numbers, with gradients that stay the
same. LBFGS is not here: most of its step is the caller's closure.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from benchmarks.suite import MINITORCH, TORCH, TORCH_KEEPING_MEMORY, Effort, Suite, Work

SHAPES = [(512, 784), (512,), (256, 512), (256,), (10, 256), (10,)]

OPTIMIZERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "SGD": ("SGD", {}),
    "SGD, momentum": ("SGD", {"momentum": 0.9}),
    "Adam": ("Adam", {}),
    "Adam, fused in torch": ("Adam", {"fused": True}),
    "Adam, amsgrad": ("Adam", {"amsgrad": True}),
    "AdamW": ("AdamW", {}),
    "Adamax": ("Adamax", {}),
    "NAdam": ("NAdam", {}),
    "RAdam": ("RAdam", {}),
    "Adagrad": ("Adagrad", {}),
    "Adadelta": ("Adadelta", {}),
    "RMSprop": ("RMSprop", {}),
    "RMSprop, momentum, centered": ("RMSprop", {"momentum": 0.9, "centered": True}),
    "Rprop": ("Rprop", {}),
    "ASGD": ("ASGD", {}),
    "Adafactor": ("Adafactor", {}),
    "Muon": ("Muon", {}),
}


def prepare(name: str, torch: Any, seed: int) -> Work:
    """Returns one step, which returns a few of the parameters."""
    random = np.random.default_rng(seed)
    optimizer_name, options = OPTIMIZERS[name]
    parameters = []
    for shape in SHAPES:
        value, grad = random.standard_normal((2, *shape), np.float32)
        if optimizer_name == "Muon" and len(shape) != 2:
            continue
        parameters.append(torch.from_numpy(value).requires_grad_())
        parameters[-1].grad = torch.from_numpy(grad)
    # Small steps, so that the parameters stay where they are for all of the measurement.
    optimizer = getattr(torch.optim, optimizer_name)(parameters, lr=1e-4, **options)

    def step() -> Any:
        optimizer.step()
        return parameters[0][:2]

    return step


SUITE = Suite(
    name="optimizers",
    title="One step of an optimizer, 535,818 parameters",
    unit="ms per step",
    per_second=1e3,
    works={name: partial(prepare, name) for name in OPTIMIZERS},
    sides=(TORCH, TORCH_KEEPING_MEMORY, MINITORCH),
    full=Effort(blocks=11, runs_per_block=50, warmup_runs=20, block_s=0.1),
    quick=Effort(blocks=1, runs_per_block=1, warmup_runs=0),
)
