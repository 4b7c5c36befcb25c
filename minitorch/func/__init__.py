"""Functions of functions: gradients, products and matrices of derivatives, maps over batches.

Mirrors torch/func/ and torch/_functorch/. Where torch traces levels of wrapped tensors, everything
here is done with the recorded graph: a transform runs the function on tensors that require grad,
and differentiates what was recorded. What that changes stands with each function.
"""

from minitorch.func.eager_transforms import (
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
)
from minitorch.func.functional_call import functional_call, stack_module_state
from minitorch.func.vmap import vmap

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]
