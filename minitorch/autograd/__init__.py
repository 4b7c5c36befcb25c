"""Automatic differentiation. Mirrors torch/autograd/.

Read in this order: ``node`` and ``graph_task`` (the graph and the engine), ``variable`` (what a
tensor knows of the graph), ``operator`` (how an operation is recorded) with ``saved_arrays`` (what
it keeps for backward), ``inplace`` (what a change in place does), ``engine`` (``backward`` and
``grad``), ``function`` (operations of one's own). Then what is built on them: ``saved_variable``
and ``graph`` (hooks on what is saved), ``anomaly_mode``, ``functional``, ``gradcheck``. Left out:
``forward_ad``, the profilers.
"""

from minitorch.autograd import functional as functional
from minitorch.autograd import graph as graph
from minitorch.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from minitorch.autograd.engine import backward, grad
from minitorch.autograd.function import Function
from minitorch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from minitorch.autograd.gradcheck import gradcheck, gradgradcheck
from minitorch.autograd.variable import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]
