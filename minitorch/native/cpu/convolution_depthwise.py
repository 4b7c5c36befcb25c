"""The gradient of the weight where every channel has a window of its own (depthwise convolutions).

Its 9 numbers, of a window of 3 x 3, are sums over all positions of one channel: too few for a
product of matrices, so that the lanes of a vector hold positions here.

Output and gradient of the input are sums of shifted runs as all others: see convolution_direct.py.

Mirrors aten/src/ATen/native/cpu/DepthwiseConvKernel.cpp.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.native.convolution_columns import Ints, Window
from minitorch.native.cpu.convolution_direct import fill_frame, threads_for
from minitorch.native.cpu.convolution_plan import plan_of
from minitorch.native.cpu.register_tiles import ROWS, dots_of_lines
from minitorch.native.cpu.scratch import scratch
from minitorch.native.cpu.vector_instructions import LANES


@kernel(parallel=True)
def channel_products(
    total: Any,
    images: Any,
    grad: Any,
    planes: Any,
    offsets: Any,
    scratch: Any,
    steps: Any,
    shape: Any,
    threads: int,
) -> None:
    """total[c, k] = the sum over positions o of frame[c][o + offset[k]] * grad[c, o]."""
    count, channels = images.shape[:2]
    lines, length = grad.shape[2:]
    area = len(planes) * shape[0] * shape[1] + LANES
    sums = total.shape[1]
    for thread in prange(threads):
        frame = scratch[thread * area : (thread + 1) * area]
        frame[:] = 0
        for channel in range(channels * thread // threads, channels * (thread + 1) // threads):
            total[channel] = 0
            for image in range(count):
                fill_frame(frame, images[image, channel : channel + 1], planes, steps, shape)
                for k in range(0, sums, ROWS):
                    dots_of_lines(
                        total[channel, k:].ctypes.data,
                        frame.ctypes.data,
                        offsets[k:].ctypes.data,
                        4 * shape[1],
                        grad[image, channel].ctypes.data,
                        lines,
                        length,
                    )


def correlate(input: Any, grad: Any, weight_shape: Ints, window: Window) -> Any:
    """The gradient of the weight: as ``correlate`` of convolution_mm.py."""
    size, taps, channels = input.shape[2:], weight_shape[2:], weight_shape[0]
    plan = plan_of(True, size, size, taps, window, 1)
    sums = math.prod(taps)
    kept = -(-sums // ROWS) * ROWS
    offsets = np.zeros(kept, np.int64)
    offsets[:sums] = plan.offsets
    threads = threads_for(grad.size * sums, channels)
    area = len(plan.planes) * math.prod(plan.frame) + LANES
    total = np.empty((channels, kept), np.float32)
    call = channel_products if threads == 1 else channel_products.on_all_threads
    call(
        total,
        input,
        grad,
        plan.planes,
        offsets,
        scratch(threads * area),
        plan.steps,
        plan.frame,
        threads,
    )
    return np.ascontiguousarray(total[:, :sums]).reshape(weight_shape)
