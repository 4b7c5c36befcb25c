"""Stochastic gradient descent. Mirrors torch/optim/sgd.py. Left out: sparse gradients."""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.fused_optim import sgd_
from minitorch.optim.optimizer import (
    Optimizer,
    ParamsT,
    array_of,
    check_implementation,
    check_lr,
    number,
    zeros_like,
)

__all__ = ["SGD"]


class SGD(Optimizer):
    r"""Follow the gradient g downhill, with or without momentum.

    ::

        g <- g + weight_decay * param
        b <- momentum * b + (1 - dampening) * g         (at the first step: g)
        g <- g + momentum * b  if nesterov  else  b
        param <- param - lr * g

    Without momentum there is no b, and g stays as it is.

    Args:
        maximize: go uphill: the gradient changes its sign first.
        foreach, fused, differentiable: choose between implementations in torch. There is one here,
            and they change nothing; ``differentiable=True`` is refused.

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
        if number(weight_decay) < 0.0:
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
        check_implementation(foreach, fused, differentiable)

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        buffer, first = None, False
        if group["momentum"] != 0:
            state = self.state[param]
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer, first = zeros_like(param), True
                state["momentum_buffer"] = buffer
        sgd_(
            param._array,
            array_of(buffer),
            grad._array,
            lr=number(group["lr"]),
            momentum=group["momentum"],
            dampening=group["dampening"],
            weight_decay=number(group["weight_decay"]),
            nesterov=group["nesterov"],
            maximize=group["maximize"],
            first=first,
        )
        param.bump_version()
