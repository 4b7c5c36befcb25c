"""Rprop: only the gradient's sign counts. Mirrors torch/optim/rprop.py.

Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel
from minitorch._tensor import Tensor
from minitorch.native.tensor_compare import where
from minitorch.native.unary_ops import sign
from minitorch.optim.elementwise import ElementwiseOptimizer, Rule
from minitorch.optim.optimizer import ParamsT
from minitorch.optim.options import check_lr, number
from minitorch.optim.state import full_like, new_number, next_step, zeros_like

__all__ = ["Rprop"]


class Rprop(ElementwiseOptimizer):
    r"""Riedmiller and Braun, "The RPROP algorithm" (1993).

    Every element has a step size s of its own. It grows while the gradient g keeps its sign, and
    shrinks when the sign has changed; then the element waits for one step::

        s <- min(s * etaplus, largest)    if g * previous g > 0
        s <- max(s * etaminus, smallest), g <- 0    if g * previous g < 0
        param <- param - s * sign(g)

    It needs gradients without noise: of all the data at once.

    Args:
        lr: the first step size.
        etas: ``(etaminus, etaplus)``.
        step_sizes: ``(smallest, largest)``.
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
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr,
            "etas": etas,
            "step_sizes": step_sizes,
            "foreach": foreach,
            "maximize": maximize,
            "differentiable": differentiable,
            "capturable": capturable,
        }
        super().__init__(params, defaults)

    def rule(self) -> Rule:
        return rprop, rprop_loop

    def kept(self, group: dict[str, Any]) -> tuple[str | None, ...]:
        return "prev", "step_size"

    def new_state(self, param: Tensor, group: dict[str, Any]) -> dict[str, Tensor]:
        return {
            "step": new_number(),
            "prev": zeros_like(param),
            "step_size": full_like(param, number(group["lr"])),
        }

    def options(self, state: dict[str, Any], group: dict[str, Any], first: bool) -> tuple[Any, ...]:
        next_step(state)
        return (*group["etas"], *group["step_sizes"], group["maximize"])


@formula
def rprop(
    param: Any,
    prev: Any,
    step_size: Any,
    grad: Any,
    etaminus: Any,
    etaplus: Any,
    smallest: Any,
    largest: Any,
    maximize: Any,
) -> tuple[Any, Any, Any]:
    """One step of ``Rprop`` for one element."""
    if maximize:
        grad = -grad
    agreement = grad * prev
    shrunk = where(agreement < 0, step_size * etaminus, step_size)
    step_size = where(agreement > 0, step_size * etaplus, shrunk)
    step_size = where(step_size < smallest, smallest, step_size)
    step_size = where(step_size > largest, largest, step_size)
    direction = sign(grad)
    nowhere = direction - direction
    prev = where(agreement < 0, nowhere, grad)
    return param - where(agreement < 0, nowhere, direction) * step_size, prev, step_size


@kernel
def rprop_loop(
    param: Any, prev: Any, step_size: Any, grad: Any, options: tuple[float, ...]
) -> None:
    for i in range(param.size):
        param[i], prev[i], step_size[i] = rprop(param[i], prev[i], step_size[i], grad[i], *options)
