"""ASGD: stochastic gradient descent that keeps the average of where it was.

Mirrors torch/optim/asgd.py. Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_lr, check_not_negative, number
from minitorch.optim.state import new_number, next_step, zeros_like

__all__ = ["ASGD"]


class ASGD(ElementwiseOptimizer):
    r"""Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992).

    The learning rate eta falls with the steps t. From step t0 on, ``ax`` is the mean of the
    parameter's values; until then it is the parameter::

        g <- g + weight_decay * param
        param <- (1 - lambd * eta) * param - eta * g
        ax <- ax + mu * (param - ax)
        eta <- lr / (1 + lambd * lr * t)**alpha
        mu <- 1 / max(1, t - t0)

    The average stands in ``optimizer.state[param]["ax"]``.

    Args:
        lambd: how much the parameter shrinks at each step, and how fast eta falls.
        alpha: the power of eta's fall.
        t0: the step after which averaging begins.
        maximize: go uphill: the gradient changes its sign first.
        differentiable: let autograd record the step.
        foreach: chooses between implementations in torch; there is one here.
        capturable: for GPUs; refused at the first step.

    Raises:
        ValueError: an option is out of its range.
    """

    _on_device = "params, mus, etas, and state_steps"
    _numbers_in_state = ("step", "eta", "mu")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "lambd": lambd,
            "alpha": alpha,
            "t0": t0,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def rule(self) -> Rule:
        return asgd, asgd_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return ("ax",)

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {
            "step": new_number(),
            "eta": new_number(number(group["lr"])),
            "mu": new_number(1.0),
            "ax": zeros_like(param),
        }

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        lr, lambd = number(group["lr"]), group["lambd"]
        eta, mu, step = state["eta"].item(), state["mu"].item(), next_step(state)
        state["eta"].fill_(lr / (1 + lambd * lr * step) ** group["alpha"])
        state["mu"].fill_(1 / max(1, step - group["t0"]))
        return 1 - lambd * eta, eta, mu, group["weight_decay"], group["maximize"]


@formula
def asgd(
    param: Any,
    average: Any,
    grad: Any,
    shrink: Any,
    eta: Any,
    mu: Any,
    weight_decay: Any,
    maximize: Any,
) -> tuple[Any, Any]:
    """One step of ``ASGD`` for one element."""
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad + weight_decay * param
    param = param * shrink - eta * grad
    return param, param if mu == 1 else average + (param - average) * mu


@kernel
def asgd_loop(param: Any, average: Any, grad: Any, options: tuple[float, ...]) -> None:
    for i in range(param.size):
        param[i], average[i] = asgd(param[i], average[i], grad[i], *options)
