"""Lakes and houses on a noisy map, pixel by pixel: a network of levels, each inside the last."""

import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

SIDE, KINDS = 22, 3  # 0 land, 1 lake, 2 house
torch.manual_seed(15)


def maps(count):
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    kinds = torch.zeros(count, SIDE, SIDE, dtype=torch.long)
    for kind in kinds:
        lake_y, lake_x, house_y, house_x = torch.randint(3, SIDE - 7, (4,)).tolist()
        kind[(y - lake_y) ** 2 + 2 * (x - lake_x) ** 2 < int(torch.randint(12, 30, ()))] = 1
        kind[house_y : house_y + 5, house_x : house_x + 6] = 2
    color = torch.tensor([0.0, -1.0, 1.0])[kinds] + 0.4 * torch.randn(count, SIDE, SIDE)
    return color.unsqueeze(1), kinds


def look(channels, out):
    return nn.Sequential(
        nn.Conv2d(channels, out, kernel_size=3, padding="same", bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
        nn.Conv2d(out, out, kernel_size=3, padding=1),
        nn.InstanceNorm2d(out, affine=True),
        nn.ReLU(inplace=True),
    )


class Level(nn.Module):
    """Looks, sends a smaller picture to the level inside, and looks again at both."""

    def __init__(self, channels, out, inner=None):
        super().__init__()
        self.first = look(channels, out)
        self.inner = inner
        if inner:
            self.second = look(2 * out, out)

    def forward(self, picture):
        seen = self.first(picture)
        if self.inner is None:
            return seen
        deep = self.inner(seen)
        dy, dx = seen.size(2) - deep.size(2), seen.size(3) - deep.size(3)
        deep = F.pad(deep, [0, dx, 0, dy])  # an odd side lost a pixel on its way down
        return self.second(torch.cat([seen, deep], dim=1))


def between(level, out, grow):
    """Half the size on the way in, twice the size on the way out."""
    return nn.Sequential(nn.MaxPool2d(2), level, grow(out))


def smooth(out):
    return nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)


def learned(out):
    return nn.ConvTranspose2d(out, out, kernel_size=2, stride=2)


bottom = between(Level(6, 6), 6, smooth)
middle = between(Level(6, 6, bottom), 6, learned)
net = nn.Sequential(Level(1, 6, middle), nn.Conv2d(6, KINDS, kernel_size=1))


def uncovered(scores, kinds):
    """1 minus how well each kind's soft area covers its true area."""
    soft = F.softmax(scores, dim=1)
    true = F.one_hot(kinds, KINDS).permute(0, 3, 1, 2).float()
    shared, areas = (t.sum(dim=(0, 2, 3)) for t in (soft * true, soft + true))
    return 1 - (2 * shared / areas.clamp(min=torch.finfo(torch.float32).eps)).mean()


pictures, kinds = maps(48)
new_pictures, new_kinds = maps(12)
share = torch.bincount(kinds.flatten(), minlength=KINDS) / kinds.numel()
print("land, lake, house:", share)
pixelwise = nn.CrossEntropyLoss(weight=share.rsqrt())
optimizer = torch.optim.SGD(net.parameters(), lr=0.05, weight_decay=1e-4, momentum=0.8)

for walk in range(3):
    net.train()
    for picture, kind in zip(pictures.split(12), kinds.split(12)):
        scores = net(picture)
        loss = pixelwise(scores, kind) + uncovered(scores, kind)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    with torch.no_grad():
        found = net(new_pictures).argmax(dim=1)
    print(f"walk {walk}: loss {loss.item():.4f}, right {(found == new_kinds).float().mean():.3f}")
    for kind, name in enumerate(("land", "lake", "house")):
        both = ((found == kind) & (new_kinds == kind)).sum()
        either = ((found == kind) | (new_kinds == kind)).sum()
        print(f"  {name} {both / either:.2f}", end="")
    print()

if len(sys.argv) > 1:
    torch.save(net.state_dict(), sys.argv[1])
