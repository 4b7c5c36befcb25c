"""Dropout: set random elements, or whole channels, to zero, and scale up the rest.

The noise is drawn from the default generator exactly as torch draws it, so that the same seed drops
the same elements. Nothing is drawn where nothing is random: in evaluation, for p = 0 and p = 1.

Mirrors aten/src/ATen/native/Dropout.cpp.
"""

from __future__ import annotations

import functools
import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.distribution_kernels import bernoulli_
from minitorch.native.tensor_iterator import elementwise

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# The value that selu approaches at -inf: alpha dropout sets elements to this instead of zero.
_SELU_FLOOR = -1.7580993408473766


def _noise(input: Tensor, p: float, per_channel: bool) -> Tensor:
    """Ones with probability 1 - p, else zeros: for each element, or each channel of a sample."""
    array = input._array
    if per_channel:
        if array.ndim < 2:
            raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
        noise = np.empty_like(array, shape=array.shape[:2] + (1,) * (array.ndim - 2))
    else:
        noise = np.empty_like(array)  # in the memory order of the input, which is drawn in
    return wrap(bernoulli_(noise, 1 - p))


@functools.lru_cache(maxsize=64)
def _scale(dtype: Any, p: float) -> Any:
    """1 / (1 - p); in a type wider than float16, as in torch: 1 / 0.7 is to be rounded, not 0.7."""
    return 1 / np.promote_types(dtype, np.float32).type(1 - p)


def _dropout(
    input: Tensor, p: float, training: bool, inplace: bool, per_channel: bool = False
) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        zeros = wrap(np.zeros((), input._array.dtype))
        return input.mul_(zeros) if inplace else input.mul(zeros)
    if not dtypes.is_differentiable(input._array.dtype):
        dtype = dtypes.from_numpy(input._array.dtype).c10_name
        raise RuntimeError(f"result type Float can't be cast to the desired output type {dtype}")
    noise = _noise(input, p, per_channel)
    # A product with zeros and ones is as good as a division, and takes half the time.
    scale = _scale(noise._array.dtype, p)
    np.multiply(noise._array, scale, out=noise._array, casting="unsafe")
    return input.mul_(noise) if inplace else input.mul(noise)


def _alpha_dropout(
    input: Tensor, p: float, training: bool, inplace: bool, per_channel: bool = False
) -> Tensor:
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if p == 0 or not training or input.numel() == 0:
        return input
    if p == 1:
        zeros = wrap(np.zeros((), input._array.dtype))
        return input.mul_(zeros) if inplace else input.mul(zeros)
    if dtypes.is_integral(input._array.dtype):
        name = dtypes.from_numpy(input._array.dtype).c10_name
        raise RuntimeError(f"result type Float can't be cast to the desired output type {name}")
    kept = _noise(input, p, per_channel)
    # out = a * (input where kept, else the floor) + b, with a and b such that mean 0 and
    # deviation 1 stay what they are.
    a = 1 / math.sqrt((_SELU_FLOOR * _SELU_FLOOR * p + 1) * (1 - p))
    shift = (kept - 1) * (-_SELU_FLOOR * a) + _SELU_FLOOR * a * -p
    kept = kept * a
    return input.mul_(kept).add_(shift) if inplace else input.mul(kept).add(shift)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Each element is zero with probability p, else divided by 1 - p.

    Raises:
        ValueError: p is not a probability.
    """
    return _dropout(input, p, training, inplace)


def feature_dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Each channel of each sample is zero with probability p, else divided by 1 - p.

    Shape: ``(N, C, *)``.
    """
    return _dropout(input, p, training, inplace, per_channel=True)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """``feature_dropout`` of sequences, (N, C, L) or (C, L)."""
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.ndim}D input. Note that "
            "dropout1d exists to provide channel-wise dropout on inputs with 1 spatial dimension, "
            "a channel dimension, and an optional batch dimension (i.e. 2D or 3D inputs)."
        )
    return _of_samples(input, p, training, inplace, is_batched=input.ndim == 3)


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """``feature_dropout`` of images, (N, C, H, W).

    As in torch, three dimensions are taken for (N, C, L), with a warning.
    """
    if input.ndim not in (3, 4):
        warnings.warn(
            f"dropout2d: Received a {input.ndim}-D input to dropout2d, which is deprecated and "
            "will result in an error in a future release. To retain the behavior and silence this "
            "warning, please use dropout instead. Note that dropout2d exists to provide "
            "channel-wise dropout on inputs with 2 spatial dimensions, a channel dimension, and an "
            "optional batch dimension (i.e. 3D or 4D inputs)."
        )
    if input.ndim == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout "
            "behavior is desired - input is interpreted as shape (N, C, L), where C is the channel "
            "dim. This behavior will change in a future release to interpret the input as one "
            "without a batch dimension, i.e. shape (C, H, W). To maintain the 1D channel-wise "
            "dropout behavior, please switch to using dropout1d instead."
        )
    return feature_dropout(input, p, training, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """``feature_dropout`` of volumes, (N, C, D, H, W) or (C, D, H, W)."""
    if input.ndim not in (4, 5):
        warnings.warn(
            f"dropout3d: Received a {input.ndim}-D input to dropout3d, which is deprecated and "
            "will result in an error in a future release. To retain the behavior and silence this "
            "warning, please use dropout instead. Note that dropout3d exists to provide "
            "channel-wise dropout on inputs with 3 spatial dimensions, a channel dimension, and an "
            "optional batch dimension (i.e. 4D or 5D inputs)."
        )
    return _of_samples(input, p, training, inplace, is_batched=input.ndim == 5)


def _of_samples(input: Tensor, p: float, training: bool, inplace: bool, is_batched: bool) -> Tensor:
    """``feature_dropout`` of a batch, or of one sample."""
    if is_batched:
        return feature_dropout(input, p, training, inplace)
    if inplace:
        return feature_dropout(input.unsqueeze_(0), p, training, True).squeeze_(0)
    return feature_dropout(input.unsqueeze(0), p, training).squeeze(0)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout for selu: what is dropped takes selu's lower bound, and mean and deviation stay."""
    return _alpha_dropout(input, p, training, inplace)


def feature_alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """``alpha_dropout`` of whole channels, (N, C, *)."""
    return _alpha_dropout(input, p, training, inplace, per_channel=True)


# --------------------------------------------------------------------------- mask in the open


class NativeDropout(Operator):
    """The result, and where it is kept."""

    @staticmethod
    def forward(ctx: Any, input: Any, p: float, train: bool | None) -> Any:
        if input.size == 0:
            return input.copy(), np.empty_like(input)
        ctx.scale = 1.0
        if train is False:
            mask = np.ones_like(input, dtype=bool)
            ctx.save_for_backward(mask)
            return input.copy(), mask
        mask = bernoulli_(np.empty_like(input, dtype=bool), 1 - p)
        ctx.save_for_backward(mask)
        ctx.scale = 0.0 if p == 1 else 1 / (1 - p)
        out = input * mask
        out *= out.dtype.type(ctx.scale)
        return out, mask

    @staticmethod
    def backward(ctx: Any, grad: Any, of_mask: Any = None) -> Any:
        if not ctx._saved:
            return grad
        (mask,) = ctx.saved_tensors
        return NativeDropoutBackward.apply(grad, mask, ctx.scale)


class NativeDropoutBackward(Operator, name="NativeDropoutBackwardBackward0"):
    @staticmethod
    def forward(ctx: Any, grad_output: Any, mask: Any, scale: float) -> Any:
        ctx.save_for_backward(mask)
        ctx.scale = scale
        return scaled_product(grad_output, mask, scale)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (mask,) = ctx.saved_tensors
        return NativeDropoutBackward.apply(grad, mask, ctx.scale), None


def scaled_product(array: Any, mask: Any, scale: float) -> Any:
    """array * mask * scale, promoted as torch promotes."""
    return elementwise(np.multiply, elementwise(np.multiply, array, mask), scale)


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """``dropout``, and the mask of what was kept, in bool."""
    return NativeDropout.apply(input, p, train)


def native_dropout_backward(grad_output: Tensor, mask: Tensor, scale: float) -> Tensor:
    """out = grad_output * mask * scale."""
    return NativeDropoutBackward.apply(grad_output, mask, scale)
