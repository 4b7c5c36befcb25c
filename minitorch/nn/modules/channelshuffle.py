"""A layer that deals channels out among groups. Mirrors torch/nn/modules/channelshuffle.py."""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.native.pixel_shuffle import channel_shuffle
from minitorch.nn.modules.module import Module

__all__ = ["ChannelShuffle"]


class ChannelShuffle(Module):
    """Channel i of group g becomes channel g of group i.

    Shape: input ``(N, C, *)``, output the same.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
