"""The loops of batch normalisation: the moments, the normalised values, the gradient.

A batch is (N, C) or (N, C, L). Two kernels for each step, because the inner loop must run along
memory: over the channels of a matrix, over the elements of a plane.

Means and variances of planes are nearly exact, also where the mean is far from zero. A matrix
rounds as torch does instead: bit for bit on one and two threads, where N is a power of two.

Mirrors aten/src/ATen/native/cpu/batch_norm_kernel.cpp. Left out: the channels-last layout.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch._jit import fma, kernel, prange
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.row_sums import row_mean, row_products, row_squares

# Columns are handled as many at a time: their sums stay in the innermost cache, and threads share
# the strips. Of 256 columns, a step over 1024 x 1024 numbers takes 1.4 times as long: each row is
# another page of memory, of which little is read.
_STRIP = 1024


@kernel
def moments_of_channel(input: Any, c: int) -> Any:
    """Mean and biased variance (both float64) of one channel of (N, C, L).

    Planes are added to the channel one by one, by the formula of Chan, Golub and LeVeque (1979), so
    that each is read from memory once.
    """
    samples, _, length = input.shape
    centre = 0.0
    squares = 0.0
    for n in range(samples):
        plane = input[n, c]
        middle = row_mean(plane)
        distance = middle - centre
        squares += row_squares(plane, input.dtype.type(middle))
        squares += distance * distance * (length * n / (n + 1))
        centre += distance / (n + 1)
    return centre, squares / (samples * length)


@DispatchStub
@kernel(parallel=True)
def plane_moments_kernel(mean: Any, variance: Any, input: Any) -> None:
    """The same of each channel."""
    for c in prange(input.shape[1]):
        mean[c], variance[c] = moments_of_channel(input, c)


@kernel
def moments_of_strip(mean: Any, variance: Any, input: Any, piece: int, first: int) -> None:
    """Of the columns from ``first`` on, as many as ``mean`` holds."""
    samples, end = len(input), first + mean.size
    part = np.empty_like(mean)
    mean[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        for n in range(start, min(start + piece, samples)):
            row = input[n, first:end]
            for c in range(part.size):
                part[c] += row[c]
        mean += part
    mean /= mean.dtype.type(samples)
    variance[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        for n in range(start, min(start + piece, samples)):
            row = input[n, first:end]
            for c in range(part.size):
                distance = row[c] - mean[c]
                part[c] = fma(distance, distance, part[c])
        variance += part
    variance /= variance.dtype.type(samples)


@DispatchStub
@kernel(parallel=True)
def column_moments_kernel(mean: Any, variance: Any, input: Any, piece: int) -> None:
    """Mean and biased variance of each column of (N, C), in the dtype of the input.

    Rows are added one by one, ``piece`` rows for each thread of torch's, so that every rounding
    is torch's own: what batch normalisation leaves of a gradient can be rounding alone.
    """
    channels = input.shape[1]
    for strip in prange((channels + _STRIP - 1) // _STRIP):
        first = np.int64(strip) * _STRIP
        end = min(first + _STRIP, channels)
        moments_of_strip(mean[first:end], variance[first:end], input, piece, first)


@DispatchStub
@kernel
def rstd_kernel(rstd: Any, variance: Any, eps: float) -> None:
    """1 / the standard deviation."""
    for c in range(rstd.size):
        rstd[c] = 1.0 / math.sqrt(np.float64(variance[c]) + eps)


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
        source, target = input[n], out[n]
        for c in range(channels):
            target[c] = fma(source[c], scale[c], shift[c])


@DispatchStub
@kernel(parallel=True)
def plane_grad_sums_kernel(
    grad_sum: Any, product_sum: Any, grad: Any, input: Any, mean: Any
) -> None:
    """The sums of grad and of grad * (input - mean) (both float64), for each channel."""
    samples, channels, _ = input.shape
    for c in prange(channels):
        total = 0.0
        products = 0.0
        for n in range(samples):
            of_plane, products_of_plane = row_products(grad[n, c], input[n, c], mean[c])
            total += of_plane
            products += products_of_plane
        grad_sum[c] = total
        product_sum[c] = products


@kernel
def grad_sums_of_strip(
    total: Any, products: Any, grad: Any, input: Any, mean: Any, piece: int, first: int
) -> None:
    samples, end = len(input), first + total.size
    part = np.empty_like(total)
    part_of_products = np.empty_like(total)
    total[:] = 0
    products[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        part_of_products[:] = 0
        for n in range(start, min(start + piece, samples)):
            gradients, row = grad[n, first:end], input[n, first:end]
            for c in range(part.size):
                part[c] += gradients[c]
            for c in range(part.size):
                distance = row[c] - mean[c]
                part_of_products[c] = fma(distance, gradients[c], part_of_products[c])
        total += part
        products += part_of_products


@DispatchStub
@kernel(parallel=True)
def column_grad_sums_kernel(
    grad_sum: Any, product_sum: Any, grad: Any, input: Any, mean: Any, piece: int
) -> None:
    """The same for each column of (N, C), added up as in column_moments_kernel."""
    channels = input.shape[1]
    for strip in prange((channels + _STRIP - 1) // _STRIP):
        first = np.int64(strip) * _STRIP
        end = min(first + _STRIP, channels)
        total, products = grad_sum[first:end], product_sum[first:end]
        grad_sums_of_strip(total, products, grad, input, mean[first:end], piece, first)


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
        source, gradients, target = input[n], grad[n], grad_input[n]
        # In two loops, because the compiler compares the addresses of few arrays only.
        for c in range(channels):
            target[c] = fma(mean[c] - source[c], slope[c], gradients[c] - grad_mean[c])
        for c in range(channels):
            target[c] = target[c] * rstd[c] * weight[c]
