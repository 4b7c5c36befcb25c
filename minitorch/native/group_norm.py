"""Normalization over groups of channels of each sample.

Mirrors aten/src/ATen/native/group_norm.cpp and native/cpu/group_norm_kernel.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native.normalization import (
    affine,
    check_mixed_dtypes,
    check_more_than_one_value,
    compute_type,
)
from minitorch.native.normalization_kernels import (
    plane_affine_kernel,
    plane_grad_kernel,
    plane_grad_sums_kernel,
    plane_moments_kernel,
)
from minitorch.native.pointwise import check_floating

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class NativeGroupNorm(Operator):
    """A batch norm of one sample with N * C channels, groups of which share their statistics."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, num_groups: int, eps: float) -> Any:
        samples, channels = input.shape[:2]
        length = math.prod(input.shape[2:])
        ctx.planes = 1, samples * channels, length
        ctx.groups = samples, num_groups, channels // num_groups
        planes = np.ascontiguousarray(input, compute_type(input)).reshape(ctx.planes)
        mean = np.empty_like(planes, shape=samples * num_groups, dtype=np.float64)
        variance = np.empty_like(mean)
        whole = 1, samples * num_groups, channels // num_groups * length
        if planes.size:
            plane_moments_kernel(mean, variance, planes.reshape(whole))
        rstd = 1 / np.sqrt(variance + eps)
        ctx.save_for_backward(input, weight, mean, rstd)
        out = np.empty_like(planes)
        scale = _per_plane(rstd, weight, ctx.groups)
        shift = np.zeros_like(scale) if bias is None else np.tile(bias, samples)
        per_plane = [_per_plane(mean, None, ctx.groups), scale, shift]
        plane_affine_kernel(out, planes, *[part.astype(planes.dtype) for part in per_plane])
        return out.reshape(input.shape).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight, mean, rstd = ctx.saved_tensors
        dtype = compute_type(input)
        planes = np.ascontiguousarray(input, dtype).reshape(ctx.planes)
        gradients = np.ascontiguousarray(grad, dtype).reshape(ctx.planes)
        centre = _per_plane(mean, None, ctx.groups).astype(dtype)
        grad_sum = np.empty_like(planes, shape=planes.shape[1], dtype=np.float64)
        product_sum = np.empty_like(grad_sum)
        plane_grad_sums_kernel(grad_sum, product_sum, gradients, planes, centre)
        grad_input = grad_weight = grad_bias = None
        if ctx.next_edges[0] is not None:
            factors = _per_plane(rstd, weight, ctx.groups)
            count = max(ctx.groups[2] * planes.shape[2], 1)
            group_sum, group_products = [
                (sums * factors).reshape(ctx.groups).sum(axis=2).reshape(-1) / count
                for sums in (grad_sum, product_sum)
            ]
            shift = _per_plane(group_sum, None, ctx.groups)
            slope = _per_plane(group_products * rstd**2, None, ctx.groups)
            per_plane = [part.astype(dtype) for part in (factors, shift, slope)]
            grad_input = np.empty_like(planes)
            plane_grad_kernel(grad_input, gradients, planes, centre, *per_plane)
            grad_input = grad_input.reshape(input.shape).astype(input.dtype, copy=False)
        kept = input.dtype if weight is None else weight.dtype
        by_channel = ctx.groups[0], ctx.groups[1] * ctx.groups[2]
        if ctx.next_edges[1] is not None:
            products = product_sum * _per_plane(rstd, None, ctx.groups)
            grad_weight = products.reshape(by_channel).sum(axis=0).astype(kept)
        if ctx.next_edges[2] is not None:
            grad_bias = grad_sum.reshape(by_channel).sum(axis=0).astype(kept)
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
        shape = ctx.groups[:2]
        shown = out.dtype if weight is None else weight.dtype
        return out, mean.reshape(shape).astype(shown), rstd.reshape(shape).astype(shown)

    @staticmethod
    def backward(ctx: Any, grad: Any, *of_statistics: Any) -> Any:
        grads = NativeGroupNorm.backward(ctx, grad)
        if grads[0] is None:
            return grads
        input, _, mean, rstd = ctx.saved_tensors
        grad_mean, grad_rstd = of_statistics
        count = ctx.groups[2] * ctx.planes[2]  # elements in a group
        by_group = input.reshape(len(mean), count)
        slope = grad_rstd.reshape(-1, 1) * (rstd**3).reshape(-1, 1)
        from_both = grad_mean.reshape(-1, 1) - slope * (by_group - mean.reshape(-1, 1))
        return grads[0] + (from_both / max(count, 1)).reshape(input.shape).astype(
            input.dtype
        ), *grads[1:]

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


def _per_plane(by_group: Any, weight: Any, groups: tuple[int, int, int]) -> Any:
    """What a group has, for each of its channels, times the weight of the channel."""
    samples, _, width = groups
    by_plane = np.repeat(by_group, width)
    return by_plane if weight is None else by_plane * np.tile(weight, samples)


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
    if input.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        )
    samples, channels = input.shape[:2]
    grouped = [samples * channels // num_groups, num_groups, *input.shape[2:]]
    check_more_than_one_value(grouped)
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
    channels = input.shape[1]
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, part in (("weight", weight), ("bias", bias)):
        if part is not None and tuple(part.shape) != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(part.shape)} and input of shape {list(input.shape)}"
            )
    check_mixed_dtypes(input, weight, bias)
    check_floating(input._array, "GroupNormKernelImpl")
