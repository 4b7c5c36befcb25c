"""``renorm``: slices whose norm is too large are shortened.

Mirrors renorm of aten/src/ATen/native/Normalization.cpp, and renorm_backward of
torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap
from minitorch.native.norms import Norm, norm_backward
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_compare import Where
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_TINY = 1e-7  # keeps the divisor from 0


class Renorm(Operator):
    """input * maxnorm / norm for the slices along ``dim`` with norm > maxnorm."""

    @staticmethod
    def forward(ctx: Any, input: Any, p: float, dim: int, maxnorm: float) -> Any:
        others = tuple([d for d in range(input.ndim) if d != dim])
        ctx.arguments = p, others, maxnorm
        ctx.save_for_backward(input)
        wide = input.astype(np.float32) if input.dtype.itemsize == 2 else input
        norm = Norm.apply(wide, p, others, True)
        factor = np.where(norm > maxnorm, maxnorm / (norm + _TINY), 1.0)
        return (wide * factor.astype(wide.dtype)).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        p, others, maxnorm = ctx.arguments
        norm = Norm.apply(input, p, others, True)
        along = input * grad
        if unwrap(input).dtype.kind == "c":  # the norm is real
            along = (input.conj() * grad).real
        along = along.sum(axis=others, keepdims=True)
        inverse = 1 / (norm + _TINY)
        turned = norm_backward(along, input, p, norm, others)
        return Where.apply(norm > maxnorm, maxnorm * inverse * (grad - inverse * turned), grad)


@accepts_out
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along ``dim`` scaled down so that its p-norm is at most ``maxnorm``.

    Raises:
        RuntimeError: ``p`` is not positive or not real, ``maxnorm`` is negative, or the input has
            fewer than two dimensions or is not floating.
    """
    return Renorm.apply(input, *_arguments(input, p, dim, maxnorm))


def renorm_(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """``renorm`` in place."""
    return Renorm.apply_(input, *_arguments(input, p, dim, maxnorm))


def _arguments(input: Tensor, p: Any, dim: int, maxnorm: Any) -> tuple[float, int, float]:
    p, maxnorm = unwrap(p), unwrap(maxnorm)
    if isinstance(p, complex):
        raise RuntimeError("renorm: p must be real-valued")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if isinstance(maxnorm, complex):
        raise RuntimeError("renorm: maxnorm must be real-valued")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    ndim = input._array.ndim
    if ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {ndim} dimensions")
    if dtypes.is_integral(input._array.dtype):
        name = dtypes.from_numpy(input._array.dtype).c10_name
        raise RuntimeError(
            f"linalg.vector_norm: Expected a floating point or complex tensor as input. Got {name}"
        )
    return float(p), wrap_dim(dim, ndim), float(maxnorm)
