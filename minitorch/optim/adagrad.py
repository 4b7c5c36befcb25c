"""Adagrad: a step of its own for every element. Mirrors torch/optim/adagrad.py.

Left out: sparse gradients, ``share_memory``.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.unary_ops import sqrt
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_fused, check_lr, check_not_negative
from minitorch.optim.state import full_like, new_number, next_step

__all__ = ["Adagrad"]


class Adagrad(ElementwiseOptimizer):
    r"""Duchi, Hazan and Singer, "Adaptive subgradient methods" (2011).

    Elements that have seen large gradients take smaller steps::

        g <- g + weight_decay * param
        sum <- sum + g * g
        param <- param - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(sum) + eps)

    Args:
        initial_accumulator_value: where ``sum`` starts.
        maximize: go uphill: the gradient changes its sign first.
        differentiable: let autograd record the step.
        foreach, fused: choose between implementations in torch; there is one here.

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
        check_not_negative(
            lr_decay=lr_decay,
            weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value,
            epsilon=eps,
        )
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
        check_fused(fused, foreach, differentiable)
        for group in self.param_groups:
            for param in group["params"]:
                self.state[param] = self.new_state(param, group)

    def rule(self) -> Rule:
        return adagrad, adagrad_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return ("sum",)

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {
            "step": new_number(fused=group["fused"]),
            "sum": full_like(param, self.defaults["initial_accumulator_value"]),
        }

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        return (
            group["lr"] / (1 + (next_step(state) - 1) * group["lr_decay"]),
            group["weight_decay"],
            group["eps"],
            group["maximize"],
        )


@formula
def adagrad(
    param: Any,
    state_sum: Any,
    grad: Any,
    step_size: Any,
    weight_decay: Any,
    eps: Any,
    maximize: Any,
) -> tuple[Any, Any]:
    """One step of ``Adagrad`` for one element."""
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad + weight_decay * param
    state_sum = state_sum + grad * grad
    return param - (step_size * grad) / (sqrt(state_sum) + eps), state_sum


@kernel
def adagrad_loop(param: Any, state_sum: Any, grad: Any, options: tuple[float, ...]) -> None:
    for i in range(param.size):
        param[i], state_sum[i] = adagrad(param[i], state_sum[i], grad[i], *options)
