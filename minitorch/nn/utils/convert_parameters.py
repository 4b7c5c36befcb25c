"""All parameters as one vector, and back. Mirrors torch/nn/utils/convert_parameters.py."""

from __future__ import annotations

from collections.abc import Iterable

from minitorch._tensor import Tensor
from minitorch.native.joining import cat

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters, one after the other; gradients flow through.

    Shape: (n,), the sum of the parameters' numbers of elements.
    """
    return cat([parameter.view(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let each parameter show its part of ``vec``, whose memory it then shares."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    start = 0
    for parameter in parameters:
        end = start + parameter.numel()
        parameter.data = vec[start:end].view(parameter.shape).data
        start = end
