"""RAdam: Adam that waits until its variance can be trusted. Mirrors torch/optim/radam.py.

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

__all__ = ["RAdam"]


class RAdam(ElementwiseOptimizer):
    r"""Liu et al., "On the variance of the adaptive learning rate and beyond" (2019).

    The first few squares say little about their mean v. Until enough gradients g have been seen,
    the step is that of plain momentum; from then on it is Adam's, times a factor r that grows to
    one::

        g <- g + weight_decay * param
        m <- beta1 * m + (1 - beta1) * g
        v <- beta2 * v + (1 - beta2) * g * g
        rho = 2 / (1 - beta2) - 1;  rho_t = rho - 2 * t * beta2**t / (1 - beta2**t)
        r = sqrt((rho_t - 4) * (rho_t - 2) * rho / ((rho - 4) * (rho - 2) * rho_t))
        s = r * sqrt(1 - beta2**t) / (sqrt(v) + eps)  if rho_t > 5  else  1
        param <- param - lr * m / (1 - beta1**t) * s

    Args:
        betas: ``(beta1, beta2)``.
        decoupled_weight_decay: shrink the parameter itself by ``1 - lr * weight_decay`` instead of
            changing its gradient, as AdamW does.
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
        lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
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
        check_not_negative(weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "betas": betas,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def rule(self) -> Rule:
        return radam, radam_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_avg_sq"

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {
            "step": new_number(),
            "exp_avg": zeros_like(param),
            "exp_avg_sq": zeros_like(param),
        }

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        step = next_step(state)
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        decoupled = group["decoupled_weight_decay"]
        return (
            lr,
            1 - lr * decay if decoupled else 1.0,
            0.0 if decoupled else decay,
            beta1,
            1 - beta1,
            beta2,
            1 - beta2,
            1 - beta1**step,
            (1 - beta2**step) ** 0.5,
            rectification(beta2, step),
            group["eps"],
            group["maximize"],
        )


def rectification(beta2: float, step: float) -> float:
    """The factor r, or 0 while there are too few gradients for one."""
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / (1 - beta2**step)
    if length <= 5.0:
        return 0.0
    root: float = (
        (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    ) ** 0.5
    return root


@formula
def radam(
    param: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    grad: Any,
    lr: Any,
    shrink: Any,  # 1 unless weight decay is decoupled
    weight_decay: Any,
    beta1: Any,
    weight1: Any,  # 1 - beta1
    beta2: Any,
    weight2: Any,  # 1 - beta2
    correction1: Any,
    correction2_sqrt: Any,
    rectification: Any,
    eps: Any,
    maximize: Any,
) -> tuple[Any, Any, Any]:
    """One step of ``RAdam`` for one element."""
    if maximize:
        grad = -grad
    if shrink != 1:
        param = param * shrink
    if weight_decay != 0:
        grad = grad + weight_decay * param
    exp_avg = lerp(exp_avg, grad, weight1, beta1)
    exp_avg_sq = exp_avg_sq * beta2 + (weight2 * grad) * grad
    step = exp_avg / correction1 * lr
    if rectification > 0:
        step = step * (correction2_sqrt / (sqrt(exp_avg_sq) + eps)) * rectification
    return param - step, exp_avg, exp_avg_sq


@kernel
def radam_loop(
    param: Any, exp_avg: Any, exp_avg_sq: Any, grad: Any, options: tuple[float, ...]
) -> None:
    for i in range(param.size):
        param[i], exp_avg[i], exp_avg_sq[i] = radam(
            param[i], exp_avg[i], exp_avg_sq[i], grad[i], *options
        )
