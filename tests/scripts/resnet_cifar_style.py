"""Residual blocks with a downsampling shortcut, on images made on the spot."""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch import Tensor


def make_images(n: int) -> tuple[Tensor, Tensor]:
    """Stripes of three directions, with noise, in three channels."""
    labels = torch.randint(0, 3, (n,))
    grid = torch.linspace(0, 6.28, 12)
    y, x = torch.meshgrid(grid, grid, indexing="ij")
    waves = torch.stack([torch.sin(2 * x), torch.sin(2 * y), torch.sin(2 * (x + y))])
    images = waves[labels].unsqueeze(1).repeat(1, 3, 1, 1)
    return images + 0.5 * torch.randn(n, 3, 12, 12), labels


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, in_planes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != self.expansion * planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, self.expansion * planes, 1, stride=stride, bias=False),
                nn.BatchNorm2d(self.expansion * planes),
            )

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, num_blocks=(1, 1), num_classes: int = 3) -> None:
        super().__init__()
        self.in_planes = 8
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.layer1 = self._make_layer(8, num_blocks[0], stride=1)
        self.layer2 = self._make_layer(16, num_blocks[1], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(16, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.constant_(m.weight, 1)
                nn.init.constant_(m.bias, 0)

    def _make_layer(self, planes: int, num_blocks: int, stride: int) -> nn.Sequential:
        layers = []
        for s in [stride] + [1] * (num_blocks - 1):
            layers.append(BasicBlock(self.in_planes, planes, s))
            self.in_planes = planes
        return nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer2(self.layer1(out))
        return self.fc(self.avgpool(out).flatten(1))


torch.manual_seed(7)
x_train, y_train = make_images(256)
x_test, y_test = make_images(128)
net = ResNet()
print(
    f"{sum(p.numel() for p in net.parameters()):,} parameters in {len(list(net.modules()))} modules"
)
print([name for name, _ in net.named_children()])
criterion = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.SGD(
    net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True
)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=12)

for epoch in range(3):
    net.train()
    for xb, yb in zip(x_train.split(64), y_train.split(64)):
        optimizer.zero_grad()
        loss = criterion(net(xb), yb)
        loss.backward()
        optimizer.step()
        scheduler.step()
    net.eval()
    with torch.inference_mode():
        logits = net(x_test)
        acc = (logits.argmax(1) == y_test).float().mean()
    print(
        f"epoch {epoch}: loss {loss.item():.4f}, test accuracy {acc:.3f}, "
        f"lr {optimizer.param_groups[0]['lr']:.5f}"
    )
print(torch.bincount(logits.argmax(1), minlength=3))

if len(sys.argv) > 1:
    torch.save(net.state_dict(), sys.argv[1])
