"""RMSprop: gradients divided by their recent size. Mirrors torch/optim/rmsprop.py.

Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.fused_optim import rmsprop_
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

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    r"""Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning" (2012).

    ::

        g <- g + weight_decay * param
        v <- alpha * v + (1 - alpha) * g * g
        b <- momentum * b + g / (sqrt(v) + eps)
        param <- param - lr * b

    Args:
        centered: divide by the standard deviation instead of the root mean square: v, less the
            square of a running mean of the gradients.
        maximize: go uphill: the gradient changes its sign first.
        foreach, capturable, differentiable: choose between implementations in torch. There is one
            here, and they change nothing; ``differentiable=True`` is refused.

    Raises:
        ValueError: an option is out of its range.
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not eps >= 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        if not momentum >= 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if not alpha >= 0.0:
            raise ValueError(f"Invalid alpha value: {alpha}")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "alpha": alpha,
            "eps": eps,
            "centered": centered,
            "weight_decay": weight_decay,
            "capturable": capturable,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)
        check_implementation(foreach, None, differentiable)

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[param]
        if not state:
            state["step"] = new_step()
            state["square_avg"] = zeros_like(param)
            if group["momentum"] > 0:
                state["momentum_buffer"] = zeros_like(param)
            if group["centered"]:
                state["grad_avg"] = zeros_like(param)
        next_step(state)
        rmsprop_(
            param._array,
            state["square_avg"]._array,
            array_of(state["grad_avg"]) if group["centered"] else None,
            array_of(state["momentum_buffer"]) if group["momentum"] > 0 else None,
            grad._array,
            lr=number(group["lr"]),
            alpha=group["alpha"],
            eps=group["eps"],
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            maximize=group["maximize"],
        )
        param.bump_version()
