"""Adam: adaptive moment estimation. Mirrors torch/optim/adam.py. Left out: CUDA graph capture."""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.fused_optim import lerp, load, store
from minitorch.native.tensor_compare import maximum
from minitorch.native.unary_ops import sqrt
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_betas, check_fused, check_lr, check_not_negative, scalar
from minitorch.optim.state import new_number, next_step, zeros_like

__all__ = ["Adam"]


class Adam(ElementwiseOptimizer):
    r"""Kingma and Ba, "Adam: a method for stochastic optimization" (2014).

    The step follows a running mean m of the gradients g and is divided by the root of a running
    mean v of their squares. Both means start at zero; dividing by (1 - beta**t) at step t makes up
    for that::

        g <- g + weight_decay * param
        m <- beta1 * m + (1 - beta1) * g
        v <- beta2 * v + (1 - beta2) * g * g
        param <- param - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    Args:
        betas: ``(beta1, beta2)``.
        amsgrad: divide by the largest v so far.
        maximize: go uphill: the gradient changes its sign first.
        decoupled_weight_decay: shrink the parameter itself by ``1 - lr * weight_decay`` instead of
            changing its gradient, as AdamW does.
        differentiable: let autograd record the step.
        foreach, fused: choose between implementations in torch; there is one here.
        capturable: for GPUs; refused at the first step.

    Raises:
        ValueError: an option is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        no_tensors = foreach and not capturable
        if isinstance(lr, Tensor) and no_tensors:
            raise ValueError(
                "lr as a Tensor is not supported for capturable=False and foreach=True"
            )
        check_lr(lr)
        check_not_negative(epsilon=eps)
        check_betas(betas)
        check_not_negative(weight_decay=weight_decay)
        if not any(all(isinstance(b, kind) for b in betas) for kind in (float, Tensor)):
            raise ValueError("betas must be either both floats or both Tensors")
        for index, beta in enumerate(betas):
            if isinstance(beta, Tensor) and no_tensors:
                raise ValueError(
                    f"betas[{index}] as a Tensor is not supported for capturable=False and "
                    "foreach=True"
                )
            if isinstance(beta, Tensor) and beta.numel() != 1:
                raise ValueError(f"Tensor betas[{index}] must be 1-element")
        defaults = {
            "lr": lr,
            "betas": scalar(tuple(betas)),
            "eps": eps,
            "weight_decay": weight_decay,
            "amsgrad": amsgrad,
            "maximize": maximize,
            "foreach": foreach,
            "capturable": capturable,
            "differentiable": differentiable,
            "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }
        super().__init__(params, defaults)
        check_fused(fused, foreach, differentiable)

    def rule(self) -> Rule:
        return adam, adam_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "exp_avg", "exp_avg_sq", "max_exp_avg_sq" if group["amsgrad"] else None

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        state = {
            "step": new_number(fused=group["fused"]),
            "exp_avg": zeros_like(param),
            "exp_avg_sq": zeros_like(param),
        }
        return state | {"max_exp_avg_sq": zeros_like(param)} if group["amsgrad"] else state

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        step = next_step(state)
        lr, (beta1, beta2), decay = group["lr"], group["betas"], group["weight_decay"]
        decoupled = group["decoupled_weight_decay"]
        return (
            lr / (1 - beta1**step),
            1 - lr * decay if decoupled else 1.0,
            0.0 if decoupled else decay,
            beta1,
            1 - beta1,
            beta2,
            1 - beta2,
            (1 - beta2**step) ** 0.5,
            group["eps"],
            group["maximize"],
        )


@formula
def adam(
    param: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    max_exp_avg_sq: Any,  # None without amsgrad
    grad: Any,
    step_size: Any,
    shrink: Any,  # 1 unless weight decay is decoupled
    weight_decay: Any,
    beta1: Any,
    weight1: Any,  # 1 - beta1
    beta2: Any,
    weight2: Any,  # 1 - beta2
    correction2_sqrt: Any,
    eps: Any,
    maximize: Any,
) -> tuple[Any, Any, Any, Any]:
    """One step of ``Adam`` for one element."""
    if maximize:
        grad = -grad
    if shrink != 1:
        param = param * shrink
    if weight_decay != 0:
        grad = grad + weight_decay * param
    exp_avg = lerp(exp_avg, grad, weight1, beta1)
    exp_avg_sq = exp_avg_sq * beta2 + (weight2 * grad) * grad
    variance = exp_avg_sq
    if max_exp_avg_sq is not None:
        variance = max_exp_avg_sq = maximum(max_exp_avg_sq, exp_avg_sq)
    denominator = sqrt(variance) / correction2_sqrt + eps
    return param - (step_size * exp_avg) / denominator, exp_avg, exp_avg_sq, max_exp_avg_sq


@kernel
def adam_loop(
    param: Any,
    exp_avg: Any,
    exp_avg_sq: Any,
    max_exp_avg_sq: Any,
    grad: Any,
    options: tuple[float, ...],
) -> None:
    for i in range(param.size):
        param[i], exp_avg[i], exp_avg_sq[i], largest = adam(
            param[i], exp_avg[i], exp_avg_sq[i], load(max_exp_avg_sq, i), grad[i], *options
        )
        store(max_exp_avg_sq, i, largest)
