"""One optimizer, three parameter groups, several schedules, clipping and gradient accumulation."""

import math
import sys

import torch
from torch import nn
from torch.optim.lr_scheduler import (
    CosineAnnealingWarmRestarts,
    LambdaLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)

torch.manual_seed(2)
X = torch.randn(256, 10)
true = torch.randn(10, 1)
Y = (X @ true).sin() + 0.1 * torch.randn(256, 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.ModuleList([nn.Linear(10, 32), nn.Linear(32, 32)])
        self.norm = nn.LayerNorm(32)
        self.head = nn.Linear(32, 1)
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, x):
        for layer in self.body:
            x = torch.nn.functional.silu(layer(x))
        return self.scale * self.head(self.norm(x))


def make_optimizer(net):
    return torch.optim.SGD(
        [
            {"params": net.body.parameters(), "lr": 0.05},
            {"params": list(net.norm.parameters()) + [net.scale], "weight_decay": 0.0},
            {"params": net.head.parameters(), "momentum": 0.5},
        ],
        lr=0.02,
        momentum=0.9,
        weight_decay=1e-3,
    )


schedules = {
    "warm-up": lambda o: LambdaLR(o, [lambda e: min(1.0, (e + 1) / 4)] * 3),
    "restarts": lambda o: CosineAnnealingWarmRestarts(o, T_0=4, T_mult=2, eta_min=1e-4),
    "one cycle": lambda o: OneCycleLR(o, max_lr=[0.1, 0.05, 0.05], total_steps=12),
    "sequential": lambda o: SequentialLR(
        o, [LambdaLR(o, lambda e: (e + 1) / 3), StepLR(o, 2, 0.5)], milestones=[3]
    ),
    "plateau": lambda o: ReduceLROnPlateau(o, "min", factor=0.5, patience=0, threshold=0.2),
}
saved = {}
for name, make in schedules.items():
    torch.manual_seed(0)
    net = Net()
    optimizer = make_optimizer(net)
    scheduler = make(optimizer)
    print(f"{name}: {[len(group['params']) for group in optimizer.param_groups]} tensors")
    for epoch in range(8):
        total = 0.0
        optimizer.zero_grad()
        for step, (x, y) in enumerate(zip(X.chunk(8), Y.chunk(8))):
            loss = nn.functional.huber_loss(net(x), y) / 2
            loss.backward()
            total += loss.item()
            if step % 2 == 1:  # two batches a step
                norm = nn.utils.clip_grad_norm_(net.parameters(), max_norm=0.5)
                nn.utils.clip_grad_value_(net.head.parameters(), 0.1)
                optimizer.step()
                optimizer.zero_grad()
        scheduler.step(total) if isinstance(scheduler, ReduceLROnPlateau) else scheduler.step()
        if epoch % 2 == 1:
            rates = ", ".join(f"{group['lr']:.6f}" for group in optimizer.param_groups)
            print(f"  epoch {epoch} loss {total:.4f} norm {norm:.4f} lr [{rates}]")
    assert not math.isnan(total)
    saved[name] = net.state_dict()

net.head.requires_grad_(False)
optimizer = torch.optim.Adagrad([p for p in net.parameters() if p.requires_grad], lr=0.01)
optimizer.add_param_group({"params": net.head.parameters(), "lr": 0.1})
for _ in range(5):
    optimizer.zero_grad()
    loss = nn.functional.l1_loss(net(X), Y)
    loss.backward()
    optimizer.step()
print(f"adagrad: {loss:.4f}", net.head.weight.grad)

if len(sys.argv) > 1:
    torch.save(saved, sys.argv[1])
