"""Steps that change every element by itself: the formula, compiled or recorded by autograd.

Most optimizers are a formula of the parameter's element, its gradient's, and what is kept of it.
It is written once, as a function of numbers: called in a loop that Numba compiles, or, with
``differentiable=True``, on whole tensors, so that gradients flow through the step.

Mirrors the ``_single_tensor_*`` functions of torch/optim/; ``torch._foreach_*`` has no counterpart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.complex_ops import view_as_real
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.fused_optim import step_on_arrays

__all__ = ["elementwise_step"]


def elementwise_step(
    formula: Callable[..., tuple[Any, ...]],
    loop: DispatchStub,
    tensors: Sequence[Tensor | None],
    grad: Tensor,
    options: Sequence[Any],
    differentiable: bool,
) -> None:
    """Change ``tensors`` in place, element by element.

    Args:
        formula: ``formula(*elements, gradient, *options)`` returns the new elements.
        loop: does that for all elements of flat arrays.
        tensors: the parameter, and what is kept of it; ``None`` for what these options do not need.
        differentiable: whether autograd shall see the change.
    """
    param = tensors[0]
    assert param is not None
    if differentiable:
        _step_on_graph(formula, tensors, grad, options)
        return
    arrays = [None if t is None else t._array for t in tensors]
    step_on_arrays(loop, arrays, grad._array, options)
    param.bump_version()


def _step_on_graph(
    formula: Callable[..., tuple[Any, ...]],
    tensors: Sequence[Tensor | None],
    grad: Tensor,
    options: Sequence[Any],
) -> None:
    if grad.is_complex():
        tensors = [None if t is None else view_as_real(t) for t in tensors]
        grad = view_as_real(grad)
    # Copies, because the graph keeps the operands, and the originals are about to change.
    copies = [None if t is None else t.clone() for t in tensors]
    for tensor, result in zip(tensors, formula(*copies, grad, *options), strict=True):
        if tensor is not None:
            tensor.copy_(result)
