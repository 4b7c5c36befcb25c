"""Rprop: only the gradient's sign counts. Mirrors torch/optim/rprop.py.

Left out: CUDA graph capture.
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import formula, kernel, prange
from minitorch._tensor import Tensor
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.tensor_compare import where
from minitorch.native.unary_ops import sign
from minitorch.optim.elementwise import elementwise_step
from minitorch.optim.optimizer import Optimizer, ParamsT
from minitorch.optim.options import check_lr, number
from minitorch.optim.state import full_like, new_number, next_step, zeros_like

__all__ = ["Rprop"]


class Rprop(Optimizer):
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

    def update(self, param: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[param]
        if not state:
            state["step"] = new_number()
            state["prev"] = zeros_like(param)
            state["step_size"] = full_like(grad, number(group["lr"]))
        next_step(state)
        tensors = [param, state["prev"], state["step_size"]]
        options = (*group["etas"], *group["step_sizes"], group["maximize"])
        elementwise_step(rprop, rprop_loop, tensors, grad, options, group["differentiable"])


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


@DispatchStub
@kernel(parallel=True)
def rprop_loop(
    param: Any, prev: Any, step_size: Any, grad: Any, options: tuple[float, ...]
) -> None:
    for i in prange(param.size):
        param[i], prev[i], step_size[i] = rprop(param[i], prev[i], step_size[i], grad[i], *options)
