"""The order in memory of convolution weights.

Mirrors torch/nn/utils/memory_format.py.
"""

from __future__ import annotations

from typing import TypeVar

from minitorch._layout import memory_format as MemoryFormat
from minitorch.nn.modules.conv import Conv2d, Conv3d
from minitorch.nn.modules.conv_transpose import ConvTranspose2d, ConvTranspose3d
from minitorch.nn.modules.module import Module

__all__ = ["convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"]

M = TypeVar("M", bound=Module)


def convert_conv2d_weight_memory_format(module: M, memory_format: MemoryFormat) -> M:
    """Lay out the weights of all Conv2d and ConvTranspose2d inside as ``memory_format`` says.

    >>> import minitorch
    >>> from minitorch import nn
    >>> model = nn.Sequential(nn.Conv2d(8, 4, 3))
    >>> convert_conv2d_weight_memory_format(model, minitorch.channels_last)[0].weight.stride()
    (72, 1, 24, 8)
    """
    return _convert(module, (Conv2d, ConvTranspose2d), memory_format)


def convert_conv3d_weight_memory_format(module: M, memory_format: MemoryFormat) -> M:
    """Lay out the weights of all Conv3d and ConvTranspose3d inside as ``memory_format`` says."""
    return _convert(module, (Conv3d, ConvTranspose3d), memory_format)


def _convert(module: M, kinds: tuple[type[Module], ...], memory_format: MemoryFormat) -> M:
    for inner in module.modules():
        if isinstance(inner, kinds):
            weight = inner.weight
            weight.data = weight.detach().clone(memory_format=memory_format)
    return module
