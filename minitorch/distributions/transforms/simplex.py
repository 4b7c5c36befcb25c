"""Transforms of real vectors to probabilities.

Mirrors torch/distributions/transforms.py (SoftmaxTransform, StickBreakingTransform).
"""

from __future__ import annotations

from typing import Any

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.transforms.elementwise import clipped_sigmoid
from minitorch.distributions.transforms.transform import Transform
from minitorch.native.activation_smooth import logsigmoid
from minitorch.native.padding import pad

__all__ = ["SoftmaxTransform", "StickBreakingTransform"]


def _check_is_vector(shape: Any) -> None:
    if len(shape) < 1:
        raise ValueError("Too few dimensions on input")


class SoftmaxTransform(Transform):
    """y = exp(x) / Σ exp(x), over the last dimension.

    Not bijective, since adding a constant to x changes nothing, but good for optimizers, because
    the coordinates hardly mix.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SoftmaxTransform)

    def _call(self, x: Tensor) -> Tensor:
        weights = (x - x.max(-1, True)[0]).exp()
        return weights / weights.sum(-1, True)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Any) -> Any:
        _check_is_vector(shape)
        return shape

    inverse_shape = forward_shape


class StickBreakingTransform(Transform):
    """Each coordinate decides which part of the stick's rest to break off: K - 1 numbers make K.

    y_k = z_k ∏_{j<k} (1 - z_j), z_k = sigmoid(x_k - log(K - k)); x = 0 gives equal parts.

    Shape: (..., K - 1) to (..., K).

    >>> import minitorch
    >>> StickBreakingTransform()(minitorch.zeros(3))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StickBreakingTransform)

    def _call(self, x: Tensor) -> Tensor:
        z = clipped_sigmoid(x - _log_parts_left(x))
        rest = (1 - z).cumprod(-1)
        return pad(z, [0, 1], value=1) * pad(rest, [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        broken_off = y[..., :-1]
        # Rounding must not make the rest negative.
        rest = (1 - broken_off.cumsum(-1)).clamp(min=dtypes.finfo(y.dtype).tiny)
        return broken_off.log() - rest.log() + _log_parts_left(broken_off)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Σ log y_k + log(1 - z_k), where 1 - sigmoid(x) = exp(-x) sigmoid(x)."""
        x = x - _log_parts_left(x)
        return (-x + logsigmoid(x) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Any) -> Any:
        _check_is_vector(shape)
        return shape[:-1] + (shape[-1] + 1,)

    def inverse_shape(self, shape: Any) -> Any:
        _check_is_vector(shape)
        return shape[:-1] + (shape[-1] - 1,)


def _log_parts_left(x: Tensor) -> Tensor:
    """log(K - k), k = 1 ... K - 1: how many parts are still to come."""
    size = x.shape[-1]
    return (size + 1 - x.new_ones(size).cumsum(-1)).log()
