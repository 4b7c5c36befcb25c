"""Normalization of each element by its neighbours: the same place in the channels beside it.

Mirrors local_response_norm of torch/nn/functional.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch.native.avg_pool import avg_pool2d
from minitorch.native.padding import pad
from minitorch.native.views import reshape, squeeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """out = input / (k + alpha * mean of input² over ``size`` channels) ** beta.

    Channels beyond the first and the last count as zeros.

    Shape: input and output ``(N, C, *)``, with at least three dimensions.

    Raises:
        ValueError: there are fewer dimensions.
    """
    shape = input._array.shape
    if len(shape) < 3:
        raise ValueError(
            "Expected 3D or higher dimensionality                          input "
            f"(got {len(shape)} dimensions)"
        )
    if not input._array.size:
        return input
    squares = reshape(input * input, (shape[0], 1, shape[1], -1))
    squares = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    neighbours = squeeze(avg_pool2d(squares, (size, 1), stride=1), 1)  # (N, C, *) flattened
    divisor = pow(reshape(neighbours, shape) * alpha + k, beta)
    return input / divisor
