"""Adadelta: steps in the units of the parameter. Mirrors torch/optim/adadelta.py.

Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.unary_ops import sqrt
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_lr, check_not_negative
from minitorch.optim.state import new_number, next_step, zeros_like

__all__ = ["Adadelta"]


class Adadelta(ElementwiseOptimizer):
    r"""Zeiler, "ADADELTA: an adaptive learning rate method" (2012).

    The gradient g is divided by its recent size, and multiplied by that of the recent steps d, so
    that a step has the parameter's units and needs no learning rate::

        g <- g + weight_decay * param
        v <- rho * v + (1 - rho) * g * g
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u <- rho * u + (1 - rho) * d * d
        param <- param - lr * d

    Args:
        rho: how long the running means v and u remember.
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
        lr: float | Tensor = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative(epsilon=eps, weight_decay=weight_decay)
        defaults = {
            "lr": lr,
            "rho": rho,
            "eps": eps,
            "weight_decay": weight_decay,
            "maximize": maximize,
            "capturable": capturable,
            "foreach": foreach,
            "differentiable": differentiable,
        }
        super().__init__(params, defaults)

    def rule(self) -> Rule:
        return adadelta, adadelta_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "square_avg", "acc_delta"

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {
            "step": new_number(),
            "square_avg": zeros_like(param),
            "acc_delta": zeros_like(param),
        }

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        next_step(state)
        return (
            group["lr"],
            group["rho"],
            1 - group["rho"],
            group["eps"],
            group["weight_decay"],
            group["maximize"],
        )


@formula
def adadelta(
    param: Any,
    square_avg: Any,
    acc_delta: Any,
    grad: Any,
    lr: Any,
    rho: Any,
    weight: Any,  # 1 - rho
    eps: Any,
    weight_decay: Any,
    maximize: Any,
) -> tuple[Any, Any, Any]:
    """One step of ``Adadelta`` for one element."""
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad + weight_decay * param
    square_avg = square_avg * rho + (weight * grad) * grad
    delta = sqrt(acc_delta + eps) / sqrt(square_avg + eps) * grad
    acc_delta = acc_delta * rho + (weight * delta) * delta
    return param - lr * delta, square_avg, acc_delta


@kernel
def adadelta_loop(
    param: Any, square_avg: Any, acc_delta: Any, grad: Any, options: tuple[float, ...]
) -> None:
    for i in range(param.size):
        param[i], square_avg[i], acc_delta[i] = adadelta(
            param[i], square_avg[i], acc_delta[i], grad[i], *options
        )
