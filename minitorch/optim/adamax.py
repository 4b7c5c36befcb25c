"""Adamax: Adam with the largest gradient in place of their mean square.

Mirrors torch/optim/adamax.py. Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.fused_optim import lerp
from minitorch.native.tensor_compare import maximum
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_betas, check_lr, check_not_negative
from minitorch.optim.state import new_number, next_step, zeros_like

__all__ = ["Adamax"]


class Adamax(ElementwiseOptimizer):
    r"""Kingma and Ba, "Adam: a method for stochastic optimization" (2014), section 7.1.

    The step is divided by the largest recent gradient u, which fades by beta2 at each step::

        g <- g + weight_decay * param
        m <- beta1 * m + (1 - beta1) * g
        u <- max(beta2 * u, |g| + eps)
        param <- param - lr / (1 - beta1**t) * m / u

    Args:
        betas: ``(beta1, beta2)``.
        maximize: go uphill: the gradient changes its sign first.
        differentiable: let autograd record the step.
        foreach: chooses between implementations in torch; there is one here.
        capturable: for GPUs; refused at the first step.

    Raises:
        ValueError: an option is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def rule(self) -> Rule:
        return adamax, adamax_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_inf"

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {"step": new_number(), "exp_avg": zeros_like(param), "exp_inf": zeros_like(param)}

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        beta1, beta2 = group["betas"]
        return (
            group["lr"] / (1 - beta1 ** next_step(state)),
            beta1,
            1 - beta1,
            beta2,
            group["eps"],
            group["weight_decay"],
            group["maximize"],
        )


@formula
def adamax(
    param: Any,
    exp_avg: Any,
    exp_inf: Any,
    grad: Any,
    step_size: Any,
    beta1: Any,
    weight1: Any,  # 1 - beta1
    beta2: Any,
    eps: Any,
    weight_decay: Any,
    maximize: Any,
) -> tuple[Any, Any, Any]:
    """One step of ``Adamax`` for one element."""
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad + weight_decay * param
    exp_avg = lerp(exp_avg, grad, weight1, beta1)
    exp_inf = maximum(exp_inf * beta2, abs(grad) + eps)
    return param - (step_size * exp_avg) / exp_inf, exp_avg, exp_inf


@kernel
def adamax_loop(
    param: Any, exp_avg: Any, exp_inf: Any, grad: Any, options: tuple[float, ...]
) -> None:
    for i in range(param.size):
        param[i], exp_avg[i], exp_inf[i] = adamax(
            param[i], exp_avg[i], exp_inf[i], grad[i], *options
        )
