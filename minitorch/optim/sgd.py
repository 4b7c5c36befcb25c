"""Stochastic gradient descent. Mirrors torch/optim/sgd.py. Left out: sparse gradients."""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.fused_optim import constant, load, store
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_fused, check_lr
from minitorch.optim.state import zeros_like

__all__ = ["SGD"]


class SGD(ElementwiseOptimizer):
    r"""Follow the gradient g downhill, with or without momentum.

    ::

        g <- g + weight_decay * param
        b <- momentum * b + (1 - dampening) * g         (at the first step: g)
        g <- g + momentum * b  if nesterov  else  b
        param <- param - lr * g

    Without momentum there is no b, and g stays as it is.

    Args:
        maximize: go uphill: the gradient changes its sign first.
        differentiable: let autograd record the step.
        foreach, fused: choose between implementations in torch; there is one here.

    Raises:
        ValueError: an option is out of its range.

    >>> import minitorch
    >>> x = minitorch.tensor([2.0], requires_grad=True)
    >>> optimizer = SGD([x], lr=0.1)
    >>> (x**2).backward()
    >>> optimizer.step()
    >>> x
    tensor([1.6000], requires_grad=True)
    """

    _numbers_in_state = ()

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float | Tensor = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_lr(lr)
        if momentum < 0.0:
            raise ValueError(f"Invalid momentum value: {momentum}")
        if weight_decay < 0.0:
            raise ValueError(f"Invalid weight_decay value: {weight_decay}")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)
        check_fused(fused, foreach, differentiable)

    def rule(self) -> Rule:
        return sgd, sgd_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return ("momentum_buffer" if group["momentum"] != 0 else None,)

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {"momentum_buffer": zeros_like(param)}

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        return (
            group["lr"],
            group["momentum"],
            1 - group["dampening"],
            group["weight_decay"],
            group["nesterov"],
            group["maximize"],
            first,
        )


@formula
def sgd(
    param: Any,
    momentum_buffer: Any,  # None without momentum
    grad: Any,
    lr: Any,
    momentum: Any,
    undampened: Any,  # 1 - dampening
    weight_decay: Any,
    nesterov: Any,
    maximize: Any,
    first: Any,  # the buffer holds nothing yet
) -> tuple[Any, Any]:
    """One step of ``SGD`` for one element."""
    if maximize:
        grad = -grad
    if weight_decay != 0:
        grad = grad + weight_decay * param
    if momentum_buffer is not None:
        if first:
            momentum_buffer = constant(grad)
        else:
            momentum_buffer = momentum_buffer * momentum + undampened * grad
        grad = grad + momentum * momentum_buffer if nesterov else momentum_buffer
    return param - lr * grad, momentum_buffer


@kernel
def sgd_loop(param: Any, momentum_buffer: Any, grad: Any, options: tuple[float, ...]) -> None:
    for i in range(param.size):
        param[i], buffer = sgd(param[i], load(momentum_buffer, i), grad[i], *options)
        store(momentum_buffer, i, buffer)
