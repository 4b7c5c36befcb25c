"""Which way do the stripes run? Residual blocks, one with a shortcut that halves the image."""

import sys

import torch
import torch.nn.functional as F
from torch import Tensor, nn

torch.manual_seed(7)


def stripes(count: int) -> tuple[Tensor, Tensor]:
    """Noisy images (count, 3, 12, 12), and which way their stripes run."""
    along = torch.linspace(0, 12.5, 12)
    patterns = torch.stack(
        [along.expand(12, 12), along[:, None].expand(12, 12), along + along[:, None]]
    )
    which = torch.randint(len(patterns), (count,))
    clean = patterns.sin()[which].unsqueeze(1).expand(-1, 3, -1, -1)
    return clean + 0.5 * torch.randn(clean.shape), which


def convolution(inputs: int, outputs: int, size: int, stride: int = 1) -> nn.Sequential:
    """A convolution and the normalization of what it returns."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride=stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(outputs),
    )


class Residual(nn.Module):
    """relu(x + f(x)); where f changes the shape, x takes a shortcut that does so too."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.long = nn.Sequential(
            convolution(inputs, outputs, 3, stride), nn.ReLU(), convolution(outputs, outputs, 3)
        )
        changes = stride > 1 or inputs != outputs
        self.short = convolution(inputs, outputs, 1, stride) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.long(x) + self.short(x))


net = nn.Sequential(
    convolution(3, 8, 3),
    nn.ReLU(),
    Residual(8, 8),
    Residual(8, 16, stride=2),
    nn.AdaptiveAvgPool2d((1, 1)),
    nn.Flatten(),
    nn.Linear(16, 3),
)
for module in net.modules():
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.constant_(module.weight, 0.9)
print(
    f"{sum(p.numel() for p in net.parameters()):,} parameters, {len(list(net.modules()))} modules"
)
print([f"{name} {type(child).__name__}" for name, child in net.named_children()])

images, directions = stripes(256)
test_images, test_directions = stripes(128)
loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
optimizer = torch.optim.SGD(
    net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True
)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=12)
for epoch in range(3):
    net.train()
    for part in torch.randperm(256).split(64):
        loss = loss_of(net(images[part]), directions[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    net.eval()
    with torch.inference_mode():
        guesses = net(test_images).argmax(1)
    right = (guesses == test_directions).float().mean()
    rate = optimizer.param_groups[0]["lr"]
    print(f"epoch {epoch}: loss {loss.item():.4f}, right {right:.3f}, learning rate {rate:.5f}")
print("guesses", guesses.bincount(minlength=3))

if len(sys.argv) > 1:
    torch.save(net.state_dict(), sys.argv[1])
