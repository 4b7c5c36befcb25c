"""A small U-Net, which gives every pixel a class (after Ronneberger et al., 2015).

Mirrors no file of torchvision, which has no U-Net: names and sizes are our own. It differs from the
paper in three ways that are customary now: convolutions pad, so that the output has the input's
size; each is followed by batch normalization; and it is narrower.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.joining import cat
from minitorch.native.padding import pad
from minitorch.nn.modules.activation import ReLU
from minitorch.nn.modules.batchnorm import BatchNorm2d
from minitorch.nn.modules.container import ModuleList, Sequential
from minitorch.nn.modules.conv import Conv2d, ConvTranspose2d
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.pooling import MaxPool2d
from minitorch.vision.models._api import untrained

__all__ = ["UNet", "unet"]


def double_conv(in_channels: int, out_channels: int) -> Sequential:
    """Twice: a 3 x 3 convolution, batch normalization, ReLU."""
    return Sequential(
        Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
        BatchNorm2d(out_channels),
        ReLU(inplace=True),
        Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
        BatchNorm2d(out_channels),
        ReLU(inplace=True),
    )


class Up(Module):
    """Doubles height and width, lays the encoder's features of that size beside, and convolves."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.up = ConvTranspose2d(in_channels, out_channels, kernel_size=2, stride=2)
        self.conv = double_conv(2 * out_channels, out_channels)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        return self.conv(cat([skip, _fit(self.up(x), skip)], 1))


class UNet(Module):
    """Down to few pixels of many channels, and up again with what was seen on the way down.

    Args:
        in_channels: of the image: 1 if it is grey, 3 if it has colours.
        num_classes: how many scores to return for each pixel.
        features: the channels of each level, from full size down; each level halves the size.

    Shape:
        input ``(N, in_channels, H, W)`` with H and W at least 2 to the power of the number of
        levels less one, output ``(N, num_classes, H, W)``.

    Example:
        >>> from minitorch import zeros
        >>> UNet(1, 2, features=(4, 8))(zeros(1, 1, 10, 7)).shape
        torch.Size([1, 2, 10, 7])
    """

    def __init__(
        self,
        in_channels: int = 3,
        num_classes: int = 2,
        features: Sequence[int] = (16, 32, 64, 128),
    ) -> None:
        super().__init__()
        self.pool = MaxPool2d(kernel_size=2, stride=2)
        self.down = ModuleList([double_conv(a, b) for a, b in pairwise([in_channels, *features])])
        self.up = ModuleList([Up(a, b) for a, b in pairwise(list(features)[::-1])])
        self.head = Conv2d(features[0], num_classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        skips: list[Tensor] = []
        for level, down in enumerate(self.down):
            x = down(x if level == 0 else self.pool(x))
            skips.append(x)
        for up, skip in zip(self.up, skips[-2::-1], strict=True):
            x = up(x, skip)
        return self.head(x)


def _fit(x: Tensor, like: Tensor) -> Tensor:
    """Pads the row and the column that halving an odd size has lost."""
    rows, columns = like.shape[-2] - x.shape[-2], like.shape[-1] - x.shape[-1]
    return pad(x, [0, columns, 0, rows]) if rows or columns else x


def unet(*, weights: None = None, progress: bool = True, **kwargs: Any) -> UNet:
    """A U-Net; ``kwargs`` go to ``UNet``."""
    return UNet(**untrained("unet", weights, kwargs))
