"""The loops of batch and group normalisation: the moments, the normalised values, the gradient.

A batch is (N, C) or (N, C, L). Two kernels for each step, because the inner loop must run along
memory: over the channels of a matrix, over the elements of a plane.

Means and variances of planes are summed in float64, in two passes: exact enough for inputs whose
mean is far from zero. A matrix rounds as torch does instead: bit for bit on one and two threads,
where N is a power of two.

Mirrors aten/src/ATen/native/cpu/batch_norm_kernel.cpp. Left out: the channels-last layout.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import fma, kernel, prange
from minitorch.native.dispatch_stub import DispatchStub


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
def column_moments_kernel(mean: Any, variance: Any, input: Any, piece: int) -> None:
    """Mean and biased variance of each column of (N, C), in the dtype of the input.

    Rows are added one by one, ``piece`` rows for each thread of torch's, so that every rounding
    is torch's own: what batch normalisation leaves of a gradient can be rounding alone.
    """
    samples, channels = input.shape
    part = np.empty_like(mean)
    mean[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        for n in range(start, min(start + piece, samples)):
            for c in range(channels):
                part[c] += input[n, c]
        mean += part
    mean /= mean.dtype.type(samples)
    variance[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        for n in range(start, min(start + piece, samples)):
            for c in range(channels):
                distance = input[n, c] - mean[c]
                part[c] = fma(distance, distance, part[c])
        variance += part
    variance /= variance.dtype.type(samples)


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
    """out = input * scale + (bias - mean * scale) for each column of (N, C)."""
    samples, channels = input.shape
    shift = np.empty_like(bias)
    for c in range(channels):
        shift[c] = fma(-mean[c], scale[c], bias[c])
    for n in prange(samples):
        for c in range(channels):
            out[n, c] = fma(input[n, c], scale[c], shift[c])


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
    grad_sum: Any, product_sum: Any, grad: Any, input: Any, mean: Any, piece: int
) -> None:
    """The same for each column of (N, C), added up as in column_moments_kernel."""
    samples, channels = input.shape
    part = np.empty_like(grad_sum)
    products = np.empty_like(grad_sum)
    grad_sum[:] = 0
    product_sum[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        products[:] = 0
        for n in range(start, min(start + piece, samples)):
            for c in range(channels):
                part[c] += grad[n, c]
                products[c] = fma(input[n, c] - mean[c], grad[n, c], products[c])
        grad_sum += part
        product_sum += products


@DispatchStub
@kernel(parallel=True)
def plane_grad_kernel(
    grad_input: Any, grad: Any, input: Any, mean: Any, scale: Any, shift: Any, slope: Any
) -> None:
    """grad_input = grad * scale - shift - (input - mean) * slope, for each channel."""
    samples, channels, length = input.shape
    for row in prange(samples * channels):
        n = row // channels
        c = row % channels
        target = grad_input[n, c]
        gradients = grad[n, c]
        source = input[n, c]
        centre = mean[c]
        factor = scale[c]
        offset = shift[c]
        tilt = slope[c]
        for i in range(length):
            target[i] = gradients[i] * factor - offset - (source[i] - centre) * tilt


@DispatchStub
@kernel(parallel=True)
def column_grad_kernel(
    grad_input: Any,
    grad: Any,
    input: Any,
    mean: Any,
    rstd: Any,
    weight: Any,
    grad_mean: Any,
    slope: Any,
) -> None:
    """grad_input = (grad - grad_mean - (input - mean) * slope) * rstd * weight, by column."""
    samples, channels = input.shape
    for n in prange(samples):
        for c in range(channels):
            rest = fma(mean[c] - input[n, c], slope[c], grad[n, c] - grad_mean[c])
            grad_input[n, c] = rest * rstd[c] * weight[c]
