"""What a network learnt of the digits 0-4, frozen, helps it with 5-9 and few examples."""

import copy
import sys

import torch
from sklearn.datasets import load_digits
from torch import nn, optim
from torch.optim.lr_scheduler import MultiStepLR, StepLR
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(10)
bunch = load_digits()
images = torch.from_numpy(bunch.images).float().unsqueeze(1) / 8 - 1
images += torch.randn_like(images) / 16  # on a plain background, rounding chooses the largest
labels = torch.from_numpy(bunch.target)


def task(digits, size):
    """Loaders of training and validation examples of these digits."""
    chosen = torch.isin(labels, torch.tensor(digits)).nonzero().flatten()[:size]
    data = TensorDataset(images[chosen], labels[chosen] - digits[0])
    cut = size * 4 // 5
    train, rest = (torch.utils.data.Subset(data, r) for r in (range(cut), range(cut, size)))
    return DataLoader(train, batch_size=40, shuffle=True), DataLoader(rest, batch_size=60)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("first", nn.Conv2d(1, 12, 3, padding=1, bias=False))
        self.features.add_module("norm", nn.BatchNorm2d(12))
        self.features.add_module("bend", nn.ReLU())
        self.features.add_module("shrink", nn.AvgPool2d(2))
        self.features.add_module("second", nn.Conv2d(12, 24, 3, padding=1))
        self.head = nn.Sequential(
            nn.ReLU(), nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(96, 5)
        )

    def forward(self, x):
        return self.head(self.features(x))


def score(net, loader):
    net.eval()
    with torch.no_grad():
        right = sum((net(x).argmax(1) == y).sum() for x, y in loader)
    return right.double() / len(loader.dataset)


def fit(net, loaders, optimizer, schedule, epochs):
    """Train; keep the weights that did best on the validation examples."""
    best, best_weights = -1.0, None
    for epoch in range(epochs):
        net.train()
        losses = []
        for x, y in loaders[0]:
            loss = nn.functional.cross_entropy(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        schedule.step()
        right = score(net, loaders[1])
        print(f"  epoch {epoch}: loss {torch.stack(losses).mean():.4f}, right {right:.4f}")
        if right > best:
            best, best_weights = right, copy.deepcopy(net.state_dict())
    net.load_state_dict(best_weights)
    print(f"  best {best:.4f}")


print("0-4 from scratch")
source = Net()
optimizer = optim.SGD(source.parameters(), lr=0.02, momentum=0.9)
fit(source, task([0, 1, 2, 3, 4], 600), optimizer, StepLR(optimizer, 2, gamma=0.3), 3)

print("5-9 with its features")
net = Net()
features = {name: w for name, w in source.state_dict().items() if name.startswith("features.")}
print(" ", net.load_state_dict(features, strict=False))
net.features.requires_grad_(False)
print("  still learning:", [name for name, p in net.named_parameters() if p.requires_grad])
optimizer = optim.Adam((p for p in net.parameters() if p.requires_grad), lr=0.01)
fit(net, task([5, 6, 7, 8, 9], 300), optimizer, MultiStepLR(optimizer, [2], 0.1), 3)
same = torch.equal(net.features.first.weight, source.features.first.weight)
print("  features unchanged:", same, net.features.first.weight.grad)

if len(sys.argv) > 1:
    torch.save({"source": source.state_dict(), "net": net.state_dict()}, sys.argv[1])
