"""The operation behind CrossMapLRN2d.

Mirrors CrossMapLRN2d of torch/nn/modules/_functions.py. Its numbers are torch's, which are not
quite those of the formula: once a window has left channel 0 behind, it still counts that channel;
and the windows of the gradient reach back over ``size - 1`` channels, not to both sides.
LocalResponseNorm is free of both.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch.autograd.function import Function, once_differentiable
from minitorch.native.reduction import check_holds_losses


class CrossMapLRN2d(Function):
    """out = input / (k + alpha / size * Σ of input² over neighbouring channels) ** beta."""

    @staticmethod
    def forward(ctx: Any, input: Any, size: int, alpha: float, beta: float, k: float) -> Any:
        if input.dim() != 4:
            raise ValueError(f"CrossMapLRN2d: Expected input to be 4D, got {input.dim()}D instead.")
        check_holds_losses(input._array)
        scale = _over_channels(_windows(input.shape[1], size), input * input) * (alpha / size) + k
        output = input * scale**-beta
        ctx.size, ctx.alpha, ctx.beta = size, alpha, beta
        ctx.save_for_backward(input, output, scale)
        return output

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_output: Any) -> Any:
        input, output, scale = ctx.saved_tensors
        windows = _windows_of_gradient(input.shape[1], ctx.size)
        through_scale = _over_channels(windows, grad_output * output / scale)
        factor = 2 * ctx.alpha * ctx.beta / ctx.size
        grad_input = grad_output * scale**-ctx.beta - input * through_scale * factor
        return grad_input, None, None, None, None


def _over_channels(windows: Any, x: Any) -> Any:
    """For each channel, the sum of ``x`` (N, C, H, W) over the channels of its window."""
    return (x.new_tensor(windows) @ x.flatten(2)).reshape(x.shape)


def _windows(channels: int, size: int) -> Any:
    """``windows[c, d]``: whether channel d counts in the window around c."""
    reach = int((size - 1) / 2 + 1)
    windows = np.zeros((channels, channels))
    windows[0, :reach] = 1
    for c in range(1, channels):
        windows[c] = windows[c - 1]
        if c < channels - reach + 1:
            windows[c, c + reach - 1] += 1
        if c > reach:
            windows[c, c - reach] -= 1
    return windows


def _windows_of_gradient(channels: int, size: int) -> Any:
    start = -int(size - (size - 1) / 2)
    offset = np.arange(channels) - np.arange(channels)[:, None]
    return (offset >= start) & (offset < start + size)
