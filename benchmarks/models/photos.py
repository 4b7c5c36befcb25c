"""Deep convolutional networks on small colour images: a VGG block, ResNet-18 and a U-Net."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.models.training import Batch, Built


def build_vgg_block(torch: Any) -> Built:
    """VGG's block of 128 channels: convolve, convolve, halve; then the mean and a linear layer.

    Before it, a stem makes the 64 channels that the block is given in VGG: 1% of the work.
    """
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1),  # (N, 64, 32, 32)
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, padding=1),  # (N, 128, 32, 32)
        nn.ReLU(),
        nn.Conv2d(128, 128, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 128, 16, 16)
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(128, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return model, nn.CrossEntropyLoss(), optimizer


def build_resnet18(torch: Any) -> Built:
    """ResNet-18 with the stem for images of 32 x 32: one 3 x 3 convolution, nothing halved."""
    nn = torch.nn

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, channels: int, out_channels: int, stride: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels, out_channels, 3, stride, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(out_channels)
            self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(out_channels)
            self.relu = nn.ReLU(inplace=True)
            self.shortcut = nn.Identity()
            if stride != 1 or channels != out_channels:
                self.shortcut = nn.Sequential(
                    nn.Conv2d(channels, out_channels, 1, stride, bias=False),
                    nn.BatchNorm2d(out_channels),
                )

        def forward(self, x: Any) -> Any:
            out = self.relu(self.bn1(self.conv1(x)))
            out = self.bn2(self.conv2(out))
            return self.relu(out + self.shortcut(x))

    def stage(channels: int, out_channels: int, stride: int) -> Any:
        return nn.Sequential(
            Block(channels, out_channels, stride), Block(out_channels, out_channels, 1)
        )

    model = nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1, bias=False),  # (N, 64, 32, 32)
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        stage(64, 64, 1),
        stage(64, 128, 2),  # (N, 128, 16, 16)
        stage(128, 256, 2),  # (N, 256, 8, 8)
        stage(256, 512, 2),  # (N, 512, 4, 4)
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(512, 10),
    )
    # At a usual rate, noise for images drives this model apart in three steps, from rounding alone.
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9, weight_decay=5e-4)
    return model, nn.CrossEntropyLoss(), optimizer


def build_unet(torch: Any) -> Built:
    """Three levels of 16, 32 and 64 channels, down and up again; a class for each pixel; SGD."""
    nn = torch.nn

    def twice(channels: int, out_channels: int) -> Any:
        return nn.Sequential(
            nn.Conv2d(channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    class UNet(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.pool = nn.MaxPool2d(2)
            self.down1, self.down2, self.bottom = twice(3, 16), twice(16, 32), twice(32, 64)
            self.up2 = nn.ConvTranspose2d(64, 32, 2, stride=2)
            self.merge2 = twice(64, 32)
            self.up1 = nn.ConvTranspose2d(32, 16, 2, stride=2)
            self.merge1 = twice(32, 16)
            self.head = nn.Conv2d(16, 2, 1)

        def forward(self, x: Any) -> Any:
            full = self.down1(x)  # (N, 16, 64, 64)
            half = self.down2(self.pool(full))  # (N, 32, 32, 32)
            quarter = self.bottom(self.pool(half))  # (N, 64, 16, 16)
            half = self.merge2(torch.cat([half, self.up2(quarter)], 1))
            return self.head(self.merge1(torch.cat([full, self.up1(half)], 1)))

    model = UNet()
    return model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)


def draw_labelled(random: np.random.Generator, size: int) -> Batch:
    """Noise of the shape of CIFAR-10, with a class for each image."""
    return random.standard_normal((size, 3, 32, 32), np.float32), random.integers(0, 10, size)


def draw_masked(random: np.random.Generator, size: int) -> Batch:
    """Noise of 64 x 64, with one of two classes for each pixel."""
    images = random.standard_normal((size, 3, 64, 64), np.float32)
    return images, random.integers(0, 2, (size, 64, 64))
