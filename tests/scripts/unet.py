"""A U-Net that segments discs and squares drawn on noise: skip connections, dice, pixel weights."""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.manual_seed(6)
SIZE = 24


def draw(n):
    """Images (n, 1, SIZE, SIZE) and classes (n, SIZE, SIZE): 0 nothing, 1 disc, 2 square."""
    yy, xx = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    masks = torch.zeros(n, SIZE, SIZE, dtype=torch.long)
    for i in range(n):
        (cy, cx), r = torch.randint(5, SIZE - 5, (2,)), int(torch.randint(3, 6, ()))
        masks[i][(yy - cy) ** 2 + (xx - cx) ** 2 <= r * r] = 1
        top, left = torch.randint(0, SIZE - 6, (2,)).tolist()
        masks[i, top : top + 6, left : left + 6] = 2
    brightness = torch.tensor([0.0, 1.0, -1.0])[masks]
    return (brightness + 0.3 * torch.randn(n, SIZE, SIZE)).unsqueeze(1), masks


class DoubleConv(nn.Module):
    """(convolution => [BN] => ReLU) * 2"""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.double_conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=3, padding="same", bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, kernel_size=3, padding=1, bias=False),
            nn.InstanceNorm2d(out_channels, affine=True),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        return self.double_conv(x)


class UNet(nn.Module):
    def __init__(self, n_channels, n_classes, width=6):
        super().__init__()
        self.inc = DoubleConv(n_channels, width)
        self.down1 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(width, 2 * width))
        self.down2 = nn.Sequential(nn.MaxPool2d(2), DoubleConv(2 * width, 2 * width))
        self.up1 = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
        self.conv1 = DoubleConv(4 * width, width)
        self.up2 = nn.ConvTranspose2d(width, width, kernel_size=2, stride=2)
        self.conv2 = DoubleConv(2 * width, width)
        self.outc = nn.Conv2d(width, n_classes, kernel_size=1)

    def forward(self, x):
        x1 = self.inc(x)
        x2 = self.down1(x1)
        x3 = self.down2(x2)
        x = self.up1(x3)
        dy, dx = x2.size(2) - x.size(2), x2.size(3) - x.size(3)
        x = F.pad(x, [dx // 2, dx - dx // 2, dy // 2, dy - dy // 2])
        x = self.conv1(torch.cat([x2, x], dim=1))
        x = self.conv2(torch.cat([x1, self.up2(x)], dim=1))
        return self.outc(x)


def dice_loss(logits, target, eps=1e-6):
    probs = F.softmax(logits, dim=1)
    one_hot = F.one_hot(target, logits.size(1)).permute(0, 3, 1, 2).float()
    intersection = (probs * one_hot).sum(dim=(2, 3))
    union = probs.sum(dim=(2, 3)) + one_hot.sum(dim=(2, 3))
    return 1 - ((2 * intersection + eps) / (union + eps)).mean()


images, masks = draw(64)
test_images, test_masks = draw(16)
frequencies = torch.bincount(masks.flatten(), minlength=3) / masks.numel()
print("class frequencies", frequencies)
model = UNet(1, 3)
criterion = nn.CrossEntropyLoss(weight=1 / frequencies.sqrt())
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=1e-4, momentum=0.8)

for epoch in range(3):
    model.train()
    for x, y in zip(images.split(16), masks.split(16)):
        logits = model(x)
        loss = criterion(logits, y) + dice_loss(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        pred = model(test_images).argmax(dim=1)
        ious = [
            ((pred == c) & (test_masks == c)).sum() / ((pred == c) | (test_masks == c)).sum()
            for c in range(3)
        ]
    print(f"epoch {epoch}: loss {loss.item():.4f}, IoU " + " ".join(f"{iou:.2f}" for iou in ious))

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
