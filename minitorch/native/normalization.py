"""Normalization: subtract a mean, divide by a standard deviation, then scale and shift.

What differs is which elements share a mean: a channel of the whole batch (batch_norm), the last
dimensions of each sample (layer_norm), a group of channels of one sample (group_norm), or one
channel of one sample (instance_norm). rms_norm subtracts no mean.

    out = (input - mean) / sqrt(var + eps) * weight + bias

With x̂ the normalized input, its gradient takes out of g = grad * weight what the mean and the
deviation undo:

    grad_input = (g - mean(g) - x̂ * mean(g * x̂)) / sqrt(var + eps)

Means and variances are summed in float64, in two passes: exact enough for inputs whose mean is far
from zero.

Mirrors aten/src/ATen/native/{Normalization.cpp, layer_norm.cpp, group_norm.cpp} and
native/cpu/{batch_norm_kernel.cpp, layer_norm_kernel.cpp}. Left out: local response normalization.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd import grad_mode
from minitorch.autograd.operator import Operator
from minitorch.native.dispatch_stub import DispatchStub

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]


# ------------------------------------------------------------------------------- batch kernels

# A batch is (N, C) or (N, C, L). Two kernels for each step, because the inner loop must run along
# memory: over the channels of a matrix, over the elements of a plane.


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def plane_moments_kernel(mean: Any, variance: Any, input: Any) -> None:
    """Mean and biased variance (both float64) of each channel of (N, C, L)."""
    samples, channels, length = input.shape
    count = samples * length
    for c in prange(channels):
        total = 0.0
        for n in range(samples):
            plane = input[n, c]
            for i in range(length):
                total += np.float64(plane[i])
        centre = total / count
        squares = 0.0
        for n in range(samples):
            plane = input[n, c]
            for i in range(length):
                distance = np.float64(plane[i]) - centre
                squares += distance * distance
        mean[c] = centre
        variance[c] = squares / count


@DispatchStub
@kernel
def column_moments_kernel(mean: Any, variance: Any, input: Any) -> None:
    """Mean and biased variance (both float64) of each column of (N, C)."""
    samples, channels = input.shape
    mean[:] = 0
    for n in range(samples):
        for c in range(channels):
            mean[c] += input[n, c]
    mean /= samples
    variance[:] = 0
    for n in range(samples):
        for c in range(channels):
            distance = input[n, c] - mean[c]
            variance[c] += distance * distance
    variance /= samples


@DispatchStub
@kernel(parallel=True)
def plane_affine_kernel(out: Any, input: Any, mean: Any, scale: Any, bias: Any) -> None:
    """out = (input - mean) * scale + bias, for each channel of (N, C, L)."""
    samples, channels, length = input.shape
    for row in prange(samples * channels):
        n = row // channels
        c = row % channels
        target = out[n, c]
        source = input[n, c]
        centre = mean[c]
        factor = scale[c]
        shift = bias[c]
        for i in range(length):
            target[i] = (source[i] - centre) * factor + shift


@DispatchStub
@kernel(parallel=True)
def column_affine_kernel(out: Any, input: Any, mean: Any, scale: Any, bias: Any) -> None:
    """The same for each column of (N, C)."""
    samples, channels = input.shape
    for n in prange(samples):
        for c in range(channels):
            out[n, c] = (input[n, c] - mean[c]) * scale[c] + bias[c]


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def plane_grad_sums_kernel(
    grad_sum: Any, product_sum: Any, grad: Any, input: Any, mean: Any
) -> None:
    """The sums of grad and of grad * (input - mean) (both float64), for each channel."""
    samples, channels, length = input.shape
    for c in prange(channels):
        centre = mean[c]
        total = 0.0
        products = 0.0
        for n in range(samples):
            gradients = grad[n, c]
            plane = input[n, c]
            for i in range(length):
                total += np.float64(gradients[i])
                products += np.float64(gradients[i]) * np.float64(plane[i] - centre)
        grad_sum[c] = total
        product_sum[c] = products


@DispatchStub
@kernel
def column_grad_sums_kernel(
    grad_sum: Any, product_sum: Any, grad: Any, input: Any, mean: Any
) -> None:
    """The same for each column of (N, C)."""
    samples, channels = input.shape
    grad_sum[:] = 0
    product_sum[:] = 0
    for n in range(samples):
        for c in range(channels):
            grad_sum[c] += grad[n, c]
            product_sum[c] += grad[n, c] * np.float64(input[n, c] - mean[c])


@DispatchStub
@kernel(parallel=True)
def plane_grad_kernel(
    grad_input: Any, grad: Any, input: Any, mean: Any, scale: Any, grad_mean: Any, slope: Any
) -> None:
    """grad_input = (grad - grad_mean - (input - mean) * slope) * scale, for each channel."""
    samples, channels, length = input.shape
    for row in prange(samples * channels):
        n = row // channels
        c = row % channels
        target = grad_input[n, c]
        gradients = grad[n, c]
        source = input[n, c]
        centre = mean[c]
        factor = scale[c]
        shift = grad_mean[c]
        tilt = slope[c]
        for i in range(length):
            target[i] = (gradients[i] - shift - (source[i] - centre) * tilt) * factor


@DispatchStub
@kernel(parallel=True)
def column_grad_kernel(
    grad_input: Any, grad: Any, input: Any, mean: Any, scale: Any, grad_mean: Any, slope: Any
) -> None:
    """The same for each column of (N, C)."""
    samples, channels = input.shape
    for n in prange(samples):
        for c in range(channels):
            centred = input[n, c] - mean[c]
            grad_input[n, c] = (grad[n, c] - grad_mean[c] - centred * slope[c]) * scale[c]


# --------------------------------------------------------------------------------- row kernels


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def layer_norm_kernel(
    out: Any, mean: Any, rstd: Any, input: Any, weight: Any, bias: Any, eps: float
) -> None:
    """Normalize each row, then out = x̂ * weight + bias; either may be None.

    Shape: out, input (rows, D), mean, rstd (rows,), weight, bias (D,).
    """
    rows, length = input.shape
    for r in prange(rows):
        source = input[r]
        target = out[r]
        total = 0.0
        for i in range(length):
            total += np.float64(source[i])
        centre = total / length
        squares = 0.0
        for i in range(length):
            distance = np.float64(source[i]) - centre
            squares += distance * distance
        mean[r] = centre
        rstd[r] = 1 / math.sqrt(squares / length + eps)
        middle = mean[r]
        factor = rstd[r]
        if weight is None:
            for i in range(length):
                target[i] = (source[i] - middle) * factor
        else:
            for i in range(length):
                target[i] = (source[i] - middle) * factor * weight[i]
        if bias is not None:
            for i in range(length):
                target[i] += bias[i]


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def layer_norm_grad_kernel(
    grad_input: Any, grad: Any, input: Any, mean: Any, rstd: Any, weight: Any
) -> None:
    """The gradient of the input of each row; shapes as in layer_norm_kernel."""
    rows, length = input.shape
    for r in prange(rows):
        source = input[r]
        gradients = grad[r]
        target = grad_input[r]
        middle = mean[r]
        factor = rstd[r]
        total = 0.0
        products = 0.0
        if weight is None:
            for i in range(length):
                total += np.float64(gradients[i])
                products += np.float64(gradients[i]) * np.float64(source[i] - middle)
        else:
            for i in range(length):
                g = np.float64(gradients[i]) * np.float64(weight[i])
                total += g
                products += g * np.float64(source[i] - middle)
        shift = type_of(total / length, factor)
        tilt = type_of(products / length * np.float64(factor) * np.float64(factor), factor)
        if weight is None:
            for i in range(length):
                target[i] = (gradients[i] - shift - (source[i] - middle) * tilt) * factor
        else:
            for i in range(length):
                g = gradients[i] * weight[i]
                target[i] = (g - shift - (source[i] - middle) * tilt) * factor


@DispatchStub
@kernel(parallel=True)
def layer_norm_weight_grad_kernel(
    grad_weight: Any, grad_bias: Any, grad: Any, input: Any, mean: Any, rstd: Any
) -> None:
    """Σ over rows of grad * x̂, and of grad, in float64 parts to be summed: (parts, D)."""
    rows, length = input.shape
    parts = grad_weight.shape[0]
    for part in prange(parts):
        of_weight = grad_weight[part]
        of_bias = grad_bias[part]
        of_weight[:] = 0
        of_bias[:] = 0
        for r in range(part * rows // parts, (part + 1) * rows // parts):
            middle = mean[r]
            factor = rstd[r]
            for i in range(length):
                of_weight[i] += grad[r, i] * ((input[r, i] - middle) * factor)
            for i in range(length):
                of_bias[i] += grad[r, i]
