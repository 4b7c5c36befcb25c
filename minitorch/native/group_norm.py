"""Normalization over groups of channels of each sample.

Mirrors aten/src/ATen/native/group_norm.cpp and native/cpu/group_norm_kernel.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.normalization import (
    affine,
    check_mixed_dtypes,
    check_more_than_one_value,
    compute_type,
)
from minitorch.native.pointwise import check_floating
from minitorch.native.row_sums import add_rows, row_mean, row_products, row_squares

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# ------------------------------------------------------------------------------------- kernels


@DispatchStub
@kernel(parallel=True)
def group_norm_kernel(
    out: Any, mean: Any, rstd: Any, input: Any, weight: Any, bias: Any, eps: float
) -> None:
    """Normalize each group: out = x̂ * weight + bias, with weight and bias of the channel.

    Shape: out, input (N, groups, channels of a group, L); mean and rstd, 1 / the deviation, (N,
    groups), float64; weight, bias (groups, channels of a group).
    """
    samples, groups, width, length = input.shape
    number = input.dtype.type
    for k in prange(samples * groups):
        n, g = k // groups, k % groups
        group = input[n, g].reshape(width * length)
        middle = row_mean(group)
        variance = row_squares(group, number(middle)) / (width * length)
        mean[n, g] = middle
        rstd[n, g] = 1.0 / math.sqrt(variance + eps)
        centre = number(middle)
        for c in range(width):
            source, target = input[n, g, c], out[n, g, c]
            scale, shift = number(rstd[n, g] * weight[g, c]), bias[g, c]
            for i in range(length):
                target[i] = (source[i] - centre) * scale + shift


@DispatchStub
@kernel(parallel=True)
def group_norm_backward_kernel(
    grad_input: Any,
    grad_weight: Any,
    grad_bias: Any,
    grad: Any,
    input: Any,
    mean: Any,
    rstd: Any,
    weight: Any,
) -> None:
    """All gradients.

    Shape: grad_weight, grad_bias (C,), the others as in group_norm_kernel.
    """
    samples, groups, width, length = input.shape
    number = input.dtype.type
    sums, products = np.empty((samples, groups * width)), np.empty((samples, groups * width))
    for k in prange(samples * groups):
        n, g = k // groups, k % groups
        centre, deviation = number(mean[n, g]), rstd[n, g]
        group_sum = group_products = 0.0
        for c in range(width):
            sum_of, products_of = row_products(grad[n, g, c], input[n, g, c], centre)
            sums[n, g * width + c] = sum_of
            products[n, g * width + c] = products_of * deviation
            group_sum += sum_of * weight[g, c]
            group_products += products_of * weight[g, c]
        shift = number(group_sum * deviation / (width * length))
        slope = number(group_products * deviation**3 / (width * length))
        for c in range(width):
            source, gradients, target = input[n, g, c], grad[n, g, c], grad_input[n, g, c]
            scale = number(deviation * weight[g, c])
            for i in range(length):
                target[i] = gradients[i] * scale - shift - (source[i] - centre) * slope
    add_rows(grad_weight, products)
    add_rows(grad_bias, sums)


# ----------------------------------------------------------------------------------- operators


def _grouped(array: Any, num_groups: int) -> Any:
    """(N, C, *) as (N, groups, channels of a group, L); contiguous, and not in half precision."""
    array = np.ascontiguousarray(array, compute_type(array))
    samples, channels, *size = array.shape
    return array.reshape(samples, num_groups, channels // num_groups, math.prod(size))


def _by_channel(parameter: Any, groups: Any, default: float) -> Any:
    """A weight or bias as (groups, channels of a group); the default where there is none."""
    shape = groups.shape[1:3]
    if parameter is None:
        return np.full_like(groups, default, shape=shape)
    return np.ascontiguousarray(parameter, groups.dtype).reshape(shape)


class NativeGroupNorm(Operator):
    """Fused."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, num_groups: int, eps: float) -> Any:
        groups = _grouped(input, num_groups)
        out = np.empty_like(groups)
        mean = np.empty_like(groups, shape=groups.shape[:2], dtype=np.float64)
        rstd = np.empty_like(mean)
        if groups.size:
            parameters = _by_channel(weight, groups, 1), _by_channel(bias, groups, 0)
            group_norm_kernel(out, mean, rstd, groups, *parameters, eps)
        else:
            mean[...], rstd[...] = 0, math.nan
        ctx.save_for_backward(input, weight, mean, rstd)
        return out.reshape(input.shape).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight, mean, rstd = ctx.saved_tensors
        num_groups = mean.shape[1]
        groups, gradients = _grouped(input, num_groups), _grouped(grad, num_groups)
        grad_input = np.empty_like(groups)
        grad_weight = np.zeros_like(groups, shape=input.shape[1])
        grad_bias = np.zeros_like(grad_weight)
        if groups.size:
            outputs = grad_input, grad_weight, grad_bias
            scale = _by_channel(weight, groups, 1)
            group_norm_backward_kernel(*outputs, gradients, groups, mean, rstd, scale)
        grad_input = grad_input.reshape(input.shape).astype(input.dtype, copy=False)
        return grad_input, grad_weight, grad_bias

    @staticmethod
    def composed(
        input: Tensor, weight: Tensor | None, bias: Tensor | None, num_groups: int, eps: float
    ) -> Tensor:
        samples, channels = input.shape[:2]
        length = channels // num_groups * math.prod(input.shape[2:])
        groups = input.reshape(samples, num_groups, length)
        centred = groups - groups.mean(2, keepdim=True)
        variance = (centred * centred).mean(2, keepdim=True)
        out = (centred * (variance + eps).rsqrt()).reshape(input.shape)
        return affine(out, weight, bias, [-1, *[1] * (input.ndim - 2)])


class NativeGroupNormAndStatistics(NativeGroupNorm, name="NativeGroupNormBackward0"):
    """Shows what it normalized by too: the mean and 1 / the deviation, which have gradients."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        out = NativeGroupNorm.forward(ctx, *args)
        _, weight, mean, rstd = ctx._saved
        shown = out.dtype if weight is None else weight.dtype
        return out, mean.astype(shown), rstd.astype(shown)

    @staticmethod
    def backward(ctx: Any, grad: Any, *of_statistics: Any) -> Any:
        grad_input, grad_weight, grad_bias = NativeGroupNorm.backward(ctx, grad)
        input, _, mean, rstd = ctx.saved_tensors
        grad_mean, grad_rstd = [x.reshape(-1, 1) for x in of_statistics]
        mean, rstd = mean.reshape(-1, 1), rstd.reshape(-1, 1)
        count = max(input.size // max(mean.size, 1), 1)  # elements in a group
        by_group = input.reshape(len(mean), -1) if input.size else input.reshape(len(mean), 0)
        of_input = (grad_mean - grad_rstd * rstd**3 * (by_group - mean)) / count
        grad_input = grad_input + of_input.reshape(input.shape).astype(input.dtype)
        return grad_input, grad_weight, grad_bias

    @staticmethod
    def composed(
        input: Tensor, weight: Tensor | None, bias: Tensor | None, num_groups: int, eps: float
    ) -> Any:
        out = NativeGroupNorm.composed(input, weight, bias, num_groups, eps)
        mean_shape = input.shape[0], num_groups
        count = input.shape[1] // num_groups * math.prod(input.shape[2:])
        groups = input.reshape(*mean_shape, count)
        mean = groups.mean(2, keepdim=True)
        variance = ((groups - mean) * (groups - mean)).mean(2)
        return out, mean.squeeze(2), (variance + eps).rsqrt()


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize the channels of each sample in ``num_groups`` groups.

    Shape: input and output ``(N, C, *)``; weight and bias ``(C,)``.
    """
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {len(shape)}"
        )
    check_more_than_one_value([shape[0] * shape[1] // num_groups, num_groups, *shape[2:]])
    _check_groups(input, num_groups, weight, bias)
    out: Tensor = NativeGroupNorm.apply(input, weight, bias, num_groups, eps)
    return out


def native_group_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """``group_norm``, with the mean and 1 / the deviation of each group.

    Shape: input and output ``(N, C, *)``, with ``HxW`` elements in a channel; weight and bias
    ``(C,)``; mean and 1 / deviation ``(N, group)``.
    """
    _check_groups(input, group, weight, bias)
    out, mean, rstd = NativeGroupNormAndStatistics.apply(input, weight, bias, group, eps)
    return out, mean, rstd


def _check_groups(
    input: Tensor, num_groups: int, weight: Tensor | None, bias: Tensor | None
) -> None:
    channels = input._array.shape[1]
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, part in (("weight", weight), ("bias", bias)):
        if part is not None and part._array.shape != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(part.shape)} and input of shape {list(input.shape)}"
            )
    check_mixed_dtypes(input, weight, bias)
    check_floating(input._array, "GroupNormKernelImpl")
