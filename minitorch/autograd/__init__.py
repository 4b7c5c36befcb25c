"""Automatic differentiation. Mirrors torch/autograd/.

Read in this order: ``graph`` (nodes and the engine), ``variable`` (what a tensor knows of the
graph), ``operator`` (how an operation is recorded), ``inplace`` (what a change in place does),
``engine`` (``backward`` and ``grad``), ``function`` (operations of one's own), ``gradcheck``.
"""

from minitorch.autograd.engine import backward, grad
from minitorch.autograd.function import Function
from minitorch.autograd.grad_mode import enable_grad, inference_mode, no_grad, set_grad_enabled
from minitorch.autograd.gradcheck import gradcheck, gradgradcheck
from minitorch.autograd.variable import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
