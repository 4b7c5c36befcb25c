"""A training run that may be killed at any moment: started again, it goes on from its checkpoint.

``python -m tests.training_run FOLDER STEPS`` writes FOLDER/checkpoint.pt every few steps, and at the
end FOLDER/result.pt: all that the run has led to, and what it would draw next.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import minitorch
from minitorch import nn, optim
from minitorch.utils.data import DataLoader, TensorDataset

STEPS_PER_CHECKPOINT = 3


def build() -> tuple[nn.Module, Any, Any, DataLoader[Any]]:
    """Everything that has a state: dropout and normalization, moments, a schedule, an order."""
    model = nn.Sequential(
        nn.Linear(6, 300), nn.BatchNorm1d(300), nn.ReLU(), nn.Dropout(0.3), nn.Linear(300, 3)
    )
    groups = [
        {"params": [p for p in model.parameters() if p.ndim == 2], "weight_decay": 0.01},
        {"params": [p for p in model.parameters() if p.ndim == 1], "lr": 0.003},
    ]
    optimizer = optim.Adam(groups, lr=0.01, amsgrad=True)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=7)
    data = TensorDataset(minitorch.randn(22, 6), minitorch.randint(3, (22,)))
    loader = DataLoader(data, batch_size=4, shuffle=True)
    return model, optimizer, schedule, loader


def run(folder: Path, steps: int) -> None:
    """Train, from the beginning or from the checkpoint, up to ``steps`` steps."""
    minitorch.manual_seed(0)
    model, optimizer, schedule, loader = build()
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule, "loader": loader}
    losses: list[float] = []

    def state() -> dict[str, Any]:
        states = {name: part.state_dict() for name, part in parts.items()}
        return states | {"losses": losses, "random": minitorch.get_rng_state()}

    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        saved = minitorch.load(checkpoint)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        losses += saved["losses"]
        minitorch.set_rng_state(saved["random"])
    print("ready", flush=True)
    while len(losses) < steps:
        for x, y in loader:
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(x), y)
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            if len(losses) % STEPS_PER_CHECKPOINT == 0:
                minitorch.save(state(), checkpoint)
            print(len(losses), flush=True)
            if len(losses) == steps:
                break
    draws = [minitorch.rand(3), minitorch.randn(20), minitorch.randperm(9)]
    minitorch.save(state() | {"draws": draws}, folder / "result.pt")


if __name__ == "__main__":
    run(Path(sys.argv[1]), int(sys.argv[2]))
