"""Adam: adaptive moment estimation. Mirrors torch/optim/adam.py. Left out: CUDA graph capture."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.fused_optim import adam_
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    array_of,
    check_implementation,
    check_lr,
    new_step,
    next_step,
    number,
    zeros_like,
)

__all__ = ["Adam"]


class Adam(Optimizer):
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
        foreach, fused, capturable, differentiable: choose between implementations in torch. There
            is one here, and they change nothing; ``differentiable=True`` is refused.

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
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError(
                "lr as a Tensor is not supported for capturable=False and foreach=True"
            )
        check_lr(lr)
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        for index, beta in enumerate(betas):
            if not 0.0 <= number(beta) < 1.0:
                raise ValueError(f"Invalid beta parameter at index {index}: {beta}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if {type(beta) for beta in betas} not in ({float}, {Tensor}):
            raise ValueError("betas must be either both floats or both Tensors")
        defaults = {
            "lr": lr,
            "betas": tuple(betas),
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
        check_implementation(foreach, fused, differentiable)

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[param]
        if not state:
            state["step"] = new_step()
            state["exp_avg"] = zeros_like(param)
            state["exp_avg_sq"] = zeros_like(param)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_like(param)
        beta1, beta2 = group["betas"]
        adam_(
            param._array,
            state["exp_avg"]._array,
            state["exp_avg_sq"]._array,
            array_of(state["max_exp_avg_sq"]) if group["amsgrad"] else None,
            grad._array,
            step=next_step(state),
            lr=number(group["lr"]),
            beta1=number(beta1),
            beta2=number(beta2),
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            decoupled_weight_decay=group["decoupled_weight_decay"],
            maximize=group["maximize"],
        )
        param.bump_version()
