"""Training that is interrupted, saved, loaded and resumed ends where uninterrupted training ends."""

import os
import sys
import tempfile

import torch
from torch import nn
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    Subset,
    WeightedRandomSampler,
)


class Spirals(Dataset):
    """Points of two spirals; the second has only a third of the points."""

    def __init__(self, n, arm, generator):
        r = torch.linspace(0.1, 1, n)
        angle = 4 * r + arm * torch.pi
        self.points = torch.stack([r * angle.cos(), r * angle.sin()], 1)
        self.points += 0.02 * torch.randn(n, 2, generator=generator)
        self.arm = arm

    def __len__(self):
        return len(self.points)

    def __getitem__(self, i):
        return {"point": self.points[i], "label": self.arm, "index": i}


def collate(samples):
    points = torch.stack([s["point"] for s in samples])
    return points, torch.as_tensor([s["label"] for s in samples], dtype=torch.long)


def make_loader():
    g = torch.Generator()
    g.manual_seed(0)
    dataset = ConcatDataset([Spirals(180, 0, g), Spirals(60, 1, g)])
    weights = [1.0] * 180 + [3.0] * 60
    sampler = WeightedRandomSampler(weights, num_samples=240, replacement=True)
    print("len", len(dataset), "last", {k: v for k, v in dataset[-1].items() if k != "point"})
    return DataLoader(
        dataset, batch_sampler=BatchSampler(sampler, 40, drop_last=False), collate_fn=collate
    ), Subset(dataset, range(0, 240, 5))


def make_model():
    torch.manual_seed(5)
    model = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Dropout(0.05), nn.Linear(32, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02, amsgrad=True)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)
    return model, optimizer, scheduler


def train(model, optimizer, scheduler, loader, epochs):
    for epoch in epochs:
        total = 0.0
        for points, labels in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(points), labels)
            loss.backward()
            optimizer.step()
            total += loss.item()
        scheduler.step()
        print(f"  epoch {epoch} loss {total / len(loader):.5f} lr {scheduler.get_last_lr()[0]:.6f}")


loader, held_out = make_loader()
print("uninterrupted")
model, optimizer, scheduler = make_model()
train(model, optimizer, scheduler, loader, range(4))
reference = {k: v.clone() for k, v in model.state_dict().items()}

print("interrupted")
model, optimizer, scheduler = make_model()
train(model, optimizer, scheduler, loader, range(2))
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "checkpoint.tar")
    torch.save(
        {
            "epoch": 2,
            "model_state_dict": model.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "scheduler": scheduler.state_dict(),
            "rng": torch.get_rng_state(),
        },
        path,
    )
    del model, optimizer, scheduler
    torch.manual_seed(999)

    model, optimizer, scheduler = make_model()
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
print(sorted(checkpoint), list(checkpoint["model_state_dict"]))
print(model.load_state_dict(checkpoint["model_state_dict"]))
optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
scheduler.load_state_dict(checkpoint["scheduler"])
torch.set_rng_state(checkpoint["rng"])
print(
    "resumed with",
    optimizer.state_dict()["param_groups"][0]["params"],
    "step",
    optimizer.state[model[0].weight]["step"].item(),
)
train(model, optimizer, scheduler, loader, range(checkpoint["epoch"], 4))
print(
    "same as uninterrupted:",
    all(torch.equal(v, reference[k]) for k, v in model.state_dict().items()),
)

model.eval()
points, labels = collate([held_out[i] for i in range(len(held_out))])
print("held out accuracy", (model(points).argmax(-1) == labels).float().mean().item())

if len(sys.argv) > 1:
    torch.save(model.state_dict(), sys.argv[1])
