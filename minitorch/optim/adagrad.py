"""Adagrad: a step of its own for every element. Mirrors torch/optim/adagrad.py.

Left out: sparse gradients.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._tensor import Tensor
from minitorch.autograd.variable import wrap
from minitorch.native.fused_optim import adagrad_
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    check_implementation,
    check_lr,
    new_step,
    next_step,
    number,
)

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    r"""Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011).

    Elements that have seen large gradients take smaller steps::

        g <- g + weight_decay * param
        sum <- sum + g * g
        param <- param - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(sum) + eps)

    Args:
        initial_accumulator_value: where ``sum`` starts.
        maximize: go uphill: the gradient changes its sign first.
        foreach, fused, differentiable: choose between implementations in torch. There is one here,
            and they change nothing; ``differentiable=True`` is refused.

    Raises:
        ValueError: an option is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        if not lr_decay >= 0.0:
            raise ValueError(f"Invalid lr_decay value: {lr_decay}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not initial_accumulator_value >= 0.0:
            raise ValueError(
                f"Invalid initial_accumulator_value value: {initial_accumulator_value}"
            )
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        defaults = {
            "lr": lr,
            "lr_decay": lr_decay,
            "eps": eps,
            "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_implementation(foreach, fused, differentiable)
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param] = _initial_state(param, initial_accumulator_value)

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[param]
        if not state:  # of a group that was added later
            state.update(_initial_state(param, group["initial_accumulator_value"]))
        adagrad_(
            param._array,
            state["sum"]._array,
            grad._array,
            step=next_step(state),
            lr=number(group["lr"]),
            lr_decay=group["lr_decay"],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            maximize=group["maximize"],
        )
        param.bump_version()


def _initial_state(param: Tensor, value: float) -> dict[str, Any]:
    array = param._array
    start = complex(value, value) if array.dtype.kind == "c" else value
    return {"step": new_step(), "sum": wrap(np.full_like(array, start))}
