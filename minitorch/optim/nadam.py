"""NAdam: Adam with Nesterov's momentum. Mirrors torch/optim/nadam.py.

Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.fused_optim import lerp
from minitorch.native.unary_ops import sqrt
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_betas, check_lr, check_not_negative
from minitorch.optim.state import new_number, next_step, zeros_like

__all__ = ["NAdam"]


class NAdam(ElementwiseOptimizer):
    r"""Dozat, "Incorporating Nesterov momentum into Adam" (2016).

    A momentum mu that grows with the steps t weighs the running mean m of the gradients g against
    the present gradient; P_t is the product of all mu up to step t::

        g <- g + weight_decay * param
        mu_t = beta1 * (1 - 0.96**(t * momentum_decay) / 2)
        m <- beta1 * m + (1 - beta1) * g
        v <- beta2 * v + (1 - beta2) * g * g
        n = (1 - mu_t) / (1 - P_t) * g + mu_{t+1} / (1 - P_{t+1}) * m
        param <- param - lr * n / (sqrt(v / (1 - beta2**t)) + eps)

    Args:
        betas: ``(beta1, beta2)``.
        momentum_decay: how fast mu grows.
        decoupled_weight_decay: shrink the parameter itself by ``1 - lr * weight_decay`` instead of
            changing its gradient, as AdamW does.
        maximize: go uphill: the gradient changes its sign first.
        differentiable: let autograd record the step.
        foreach: chooses between implementations in torch; there is one here.
        capturable: for GPUs; refused at the first step.

    Raises:
        ValueError: an option is out of its range.
    """

    _on_device = "params, mu_products and state_steps"
    _numbers_in_state = ("step", "mu_product")

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay, momentum_decay=momentum_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "momentum_decay": momentum_decay,
            "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def rule(self) -> Rule:
        return nadam, nadam_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_avg_sq"

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {
            "step": new_number(),
            "mu_product": new_number(1.0),
            "exp_avg": zeros_like(param),
            "exp_avg_sq": zeros_like(param),
        }

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        step = next_step(state)
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        decoupled = group["decoupled_weight_decay"]
        mu, next_mu = [
            beta1 * (1.0 - 0.5 * 0.96 ** (t * group["momentum_decay"])) for t in (step, step + 1)
        ]
        state["mu_product"].mul_(mu)
        mu_product = state["mu_product"].item()
        return (
            lr * (1.0 - mu) / (1.0 - mu_product),
            lr * next_mu / (1.0 - mu_product * next_mu),
            1 - lr * decay if decoupled else 1.0,
            0.0 if decoupled else decay,
            beta1,
            1 - beta1,
            beta2,
            1 - beta2,
            1 - beta2**step,
            group["eps"],
            group["maximize"],
        )


@formula
def nadam(
    param: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    grad: Any,
    grad_step: Any,
    mean_step: Any,
    shrink: Any,  # 1 unless weight decay is decoupled
    weight_decay: Any,
    beta1: Any,
    weight1: Any,  # 1 - beta1
    beta2: Any,
    weight2: Any,  # 1 - beta2
    correction2: Any,
    eps: Any,
    maximize: Any,
) -> tuple[Any, Any, Any]:
    """One step of ``NAdam`` for one element."""
    if maximize:
        grad = -grad
    if shrink != 1:
        param = param * shrink
    if weight_decay != 0:
        grad = grad + weight_decay * param
    exp_avg = lerp(exp_avg, grad, weight1, beta1)
    exp_avg_sq = exp_avg_sq * beta2 + (weight2 * grad) * grad
    denominator = sqrt(exp_avg_sq / correction2) + eps
    param = param - (grad_step * grad) / denominator
    param = param - (mean_step * exp_avg) / denominator
    return param, exp_avg, exp_avg_sq


@kernel
def nadam_loop(
    param: Any, exp_avg: Any, exp_avg_sq: Any, grad: Any, options: tuple[float, ...]
) -> None:
    for i in range(param.size):
        param[i], exp_avg[i], exp_avg_sq[i] = nadam(
            param[i], exp_avg[i], exp_avg_sq[i], grad[i], *options
        )
