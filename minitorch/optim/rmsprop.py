"""RMSprop: gradients divided by their recent size. Mirrors torch/optim/rmsprop.py.

Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.fused_optim import lerp, load, store
from minitorch.native.unary_ops import sqrt
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_lr, check_not_negative
from minitorch.optim.state import new_number, next_step, zeros_like

__all__ = ["RMSprop"]


class RMSprop(ElementwiseOptimizer):
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
        differentiable: let autograd record the step.
        foreach: chooses between implementations in torch; there is one here.
        capturable: for GPUs; refused at the first step.

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
        check_not_negative(epsilon=eps, momentum=momentum, weight_decay=weight_decay, alpha=alpha)
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

    def rule(self) -> Rule:
        return rmsprop, rmsprop_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return (
            "square_avg",
            "grad_avg" if group["centered"] else None,
            "momentum_buffer" if group["momentum"] > 0 else None,
        )

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        state = {"step": new_number(), "square_avg": zeros_like(param)}
        if group["momentum"] > 0:
            state["momentum_buffer"] = zeros_like(param)
        if group["centered"]:
            state["grad_avg"] = zeros_like(param)
        return state

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        next_step(state)
        return (
            group["lr"],
            group["alpha"],
            1 - group["alpha"],
            group["eps"],
            group["weight_decay"],
            group["momentum"],
            group["maximize"],
        )


@formula
def rmsprop(
    param: Any,
    square_avg: Any,
    grad_avg: Any,  # None unless centered
    momentum_buffer: Any,  # None without momentum
    grad: Any,
    lr: Any,
    alpha: Any,
    weight: Any,  # 1 - alpha
    eps: Any,
    weight_decay: Any,
    momentum: Any,
    maximize: Any,
) -> tuple[Any, Any, Any, Any]:
    """One step of ``RMSprop`` for one element."""
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad + weight_decay * param
    square_avg = square_avg * alpha + (weight * grad) * grad
    variance = square_avg
    if grad_avg is not None:
        grad_avg = lerp(grad_avg, grad, weight, alpha)
        variance = square_avg - grad_avg * grad_avg
    denominator = sqrt(variance) + eps
    if momentum_buffer is not None:
        momentum_buffer = momentum_buffer * momentum + grad / denominator
        param = param - lr * momentum_buffer
    else:
        param = param - (lr * grad) / denominator
    return param, square_avg, grad_avg, momentum_buffer


@kernel
def rmsprop_loop(
    param: Any,
    square_avg: Any,
    grad_avg: Any,
    momentum_buffer: Any,
    grad: Any,
    options: tuple[float, ...],
) -> None:
    for i in range(param.size):
        param[i], square_avg[i], mean, buffer = rmsprop(
            param[i], square_avg[i], load(grad_avg, i), load(momentum_buffer, i), grad[i], *options
        )
        store(grad_avg, i, mean)
        store(momentum_buffer, i, buffer)
