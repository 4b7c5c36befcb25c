"""Which convolutions are tuned, and how.

Tiny ones by plain loops, of 3 x 3 taps by Winograd's transforms, the others as products of the
image as it lies, or of panels of its columns where there are many weights.

Torch's time divided by ours, on one core of a Xeon (Sapphire Rapids) that other programs shared:
minima of many runs, some of each side. The second number is for a torch whose malloc keeps freed
memory, as ours does.

    N x C, size, window      output       grad of input  grad of weight
    Winograd
      64x32 -> 64, 14        2.3 / 1.2    1.8 / 1.6      1.4 / 1.4
      8x256 -> 256, 14       1.0 / 1.2    1.5 / 1.6      1.4 / 1.3
      4x128 -> 128, 28       1.5 / 1.4    1.5 / 1.5      1.5 / 1.4
      2x64 -> 64, 56         1.7 / 1.6    1.8 / 1.6      1.6 / 1.6
      32x256 -> 256, 8       1.5 / 1.5    1.8 / 1.6      1.9 / 1.5
      32x512 -> 512, 4       1.6 / 1.4    1.3 / 1.4      2.1 / 1.5
    panels
      16x128 -> 256, 16, /2  0.9 / 0.9    1.2 / 0.9      1.2 / 1.0 (direct)
      32x256 -> 512, 8, /2   1.0 / 0.7    1.6 / 1.4      1.4 / 1.3 (direct)
    direct
      64x1 -> 32, 28, 3x3    1.7 / 1.6    4.5 / 4.2      1.6 / 1.2
      16x3 -> 64, 32, 3x3    1.3 / 1.3    2.3 / 2.2      1.1 / 1.1
      4x32 -> 64, 28, 5x5    0.9 / 0.8    0.9 / 0.8      1.1 / 1.0
      8x256 -> 64, 14, 1x1   0.8 / 0.8    1.5 / 1.6      1.0 / 1.1
      8x64 -> 128, 32, /2    1.0 / 0.9    1.5 / 1.5      1.2 / 1.4
      4x64, 28, 4 groups     1.2 / 1.2    1.3 / 1.2      1.0 / 0.9
      8x64, 28, depthwise    1.8 / 1.7    1.8 / 1.7      1.3 / 1.3

The plain kernels compute the rest: volumes, float64, integers, empty arrays.

Mirrors use_mkldnn and friends of aten/src/ATen/native/Convolution.cpp.
"""

from __future__ import annotations

import math
from functools import lru_cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native import convolution_mm as plain
from minitorch.native.convolution_columns import Ints, Window, output_shape

_FLOAT = np.dtype(np.float32)

# Fewer channels, and Winograd's transforms take longer than the products they save: of 3 channels
# of 32 x 32, 0.82 ms instead of 0.56.
WINOGRAD_CHANNELS = 16

# Up to here, three plain loops take less time than making ready for anything else.
SMALL_MULTIPLICATIONS = 4096

# Fewer weights stay in the second-level cache while they are read again for every image.
PANEL_WEIGHTS = 1 << 18


class Route(NamedTuple):
    """The modules whose functions compute a convolution of images."""

    sums: ModuleType
    """The output, and the gradient of the input."""
    products: ModuleType
    """The gradient of the weight."""
    is_small: bool


@lru_cache(maxsize=512)
def _route_of(input_shape: Ints, weight_shape: Ints, window: Window) -> Route | None:
    """None where no tuned kernel covers such a convolution."""
    if len(input_shape) != 4 or 0 in input_shape + weight_shape or not kernels_exist():
        return None
    from minitorch.native.cpu import (
        convolution_depthwise,
        convolution_direct,
        convolution_panels,
        convolution_small,
        winograd,
    )

    rows, columns, *taps = weight_shape
    count, *positions = output_shape(input_shape, weight_shape, window)
    weights = math.prod(weight_shape)
    if count * weights * math.prod(positions[1:]) <= SMALL_MULTIPLICATIONS:
        return Route(convolution_small, convolution_small, True)
    if (
        taps == [3, 3]
        and window.stride == window.dilation == (1, 1)
        and window.groups == 1
        and max(window.padding) <= 2
        and min(rows, columns) >= WINOGRAD_CHANNELS
    ):
        return Route(winograd, winograd, False)
    is_depthwise = columns == 1 and rows == window.groups
    products = convolution_depthwise if is_depthwise else convolution_direct
    has_panels = window.groups == 1 and weights >= PANEL_WEIGHTS
    return Route(convolution_panels if has_panels else convolution_direct, products, False)


# Signals are images of one line.


def _as_images(signals: Any) -> Any:
    return signals.reshape(*signals.shape[:2], 1, signals.shape[2])


def _as_window_of_images(window: Window) -> Window:
    return Window((1, *window.stride), (0, *window.padding), (1, *window.dilation), window.groups)


@plain.convolve.tuned
def convolve(input: Any, weight: Any, bias: Any, window: Window) -> Any:
    if input.ndim == 3:
        images = _as_images(input), _as_images(weight)
        return convolve(*images, bias, _as_window_of_images(window)).squeeze(2)
    route = _route_of(input.shape, weight.shape, window) if input.dtype == _FLOAT else None
    if route is None:
        return plain.convolve.plain(input, weight, bias, window)
    return route.sums.convolve(input, weight, _numbers(bias), window)


@plain.spread.tuned
def spread(input: Any, weight: Any, bias: Any, window: Window, size: Ints) -> Any:
    if input.ndim == 3:
        images = _as_images(input), _as_images(weight)
        return spread(*images, bias, _as_window_of_images(window), (1, *size)).squeeze(2)
    shape = len(input), weight.shape[1] * window.groups, *size
    route = _route_of(shape, weight.shape, window) if input.dtype == _FLOAT else None
    # The kernels for large images multiply zeros beside the gradient by weights; inf would make
    # them NaN.
    if route is None or not (route.is_small or np.isfinite(np.vdot(weight, weight))):
        return plain.spread.plain(input, weight, bias, window, size)
    return route.sums.spread(input, weight, _numbers(bias), window, size)


@plain.correlate.tuned
def correlate(input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
    if input.ndim == 3:
        images = _as_images(input), _as_images(grad)
        shape = (*weight_shape[:2], 1, weight_shape[2])
        return correlate(*images, shape, _as_window_of_images(window)).squeeze(2)
    route = _route_of(input.shape, weight_shape, window) if input.dtype == _FLOAT else None
    if route is None:
        return plain.correlate.plain(input, grad, weight_shape, window)
    return route.products.correlate(input, grad, weight_shape, window)


@plain.channel_sums.tuned
def channel_sums(grad: Any) -> Any:
    if grad.dtype != np.float32 or not grad.flags.c_contiguous:
        return plain.channel_sums.plain(grad)
    samples, channels = grad.shape[:2]
    out = np.empty(channels, np.float32)
    channel_sums_kernel(out, grad.reshape(samples, channels, math.prod(grad.shape[2:])))
    return out


@kernel(parallel=True, fast_sums=True)
def channel_sums_kernel(out: Any, grad: Any) -> None:
    """Sums of float32 numbers in float64: of 64 x 32 images of 28 x 28 in 0.24 ms, NumPy 0.33."""
    samples, channels, length = grad.shape
    for channel in prange(channels):
        total = 0.0
        for sample in range(samples):
            for i in range(length):
                total += grad[sample, channel, i]
        out[channel] = total


def _numbers(bias: Any) -> Any:
    return None if bias is None else np.ascontiguousarray(bias, np.float32)


_kernels_exist: bool | None = None  # not known before the first convolution


def kernels_exist() -> bool:
    """The tuned kernels are vector instructions: they need a processor that has those of a vector's
    width, and compiled code.
    """
    global _kernels_exist
    if _kernels_exist is None:
        import llvmlite.binding
        import numba

        features = llvmlite.binding.get_host_cpu_features()
        has_vectors = features.get("avx512f") or (features.get("avx2") and features.get("fma"))
        _kernels_exist = bool(has_vectors) and not numba.config.DISABLE_JIT  # type: ignore[attr-defined]
    return _kernels_exist
