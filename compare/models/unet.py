"""A small U-Net, which tells for every pixel whether it belongs to a membrane."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from compare import schedules
from compare.recipe import Facts, Recipe

CHANNELS = (16, 32, 64, 128)


def build(torch: Any, facts: Facts, lr: float = 2e-3) -> tuple[Any, Any, Any]:
    """U-Net of four levels, 16 to 128 channels, BatchNorm; Adam, warmed up."""
    nn = torch.nn

    def double_conv(in_channels: int, out_channels: int) -> Any:
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    class Up(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, in_channels: int, out_channels: int) -> None:
            super().__init__()
            self.up = nn.ConvTranspose2d(in_channels, out_channels, 2, 2, bias=False)
            self.conv = double_conv(2 * out_channels, out_channels)

        def forward(self, x: Any, skip: Any) -> Any:
            return self.conv(torch.cat([skip, self.up(x)], 1))

    class UNet(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.pool = nn.MaxPool2d(2)
            self.down = nn.ModuleList([double_conv(a, b) for a, b in pairwise((1, *CHANNELS))])
            self.up = nn.ModuleList([Up(a, b) for a, b in pairwise(CHANNELS[::-1])])
            self.head = nn.Conv2d(CHANNELS[0], facts.classes, 1)

        def forward(self, images: Any) -> Any:
            x = self.down[0](images)  # (N, 16, H, W)
            skips = []
            for down in self.down[1:]:
                skips.append(x)
                x = down(self.pool(x))  # Half the height and width, twice the channels.
            for up, skip in zip(self.up, reversed(skips), strict=True):
                x = up(x, skip)
            return self.head(x)  # (N, 2, H, W)

    model = UNet()
    # A wrong pixel costs less IoU where it adds to a membrane than where it is missing from one.
    criterion = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 1.3]))
    return model, criterion, torch.optim.Adam(model.parameters(), lr=lr)


RECIPE = Recipe(
    build,
    data="membrane",
    metric="mean_iou",
    epochs=4,
    batch_size=4,
    schedule=schedules.warm_up,
    evaluation_batch_size=2,
)
