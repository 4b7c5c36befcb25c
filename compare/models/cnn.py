"""A convolutional network in the manner of LeNet, trained with momentum."""

from __future__ import annotations

from typing import Any

from compare.recipe import Facts, Recipe
from compare.schedules import one_cycle


def build(torch: Any, facts: Facts, lr: float = 0.05) -> tuple[Any, Any, Any]:
    """Two convolutions, two max pools, three linear layers; SGD with momentum."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),  # (N, 32, 28, 28)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 32, 14, 14)
        nn.Conv2d(32, 64, 3),  # (N, 64, 12, 12)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 64, 6, 6)
        nn.Flatten(),  # (N, 2304)
        nn.Linear(64 * 6 * 6, 256),
        nn.ReLU(),
        nn.Linear(256, 128),
        nn.ReLU(),
        nn.Linear(128, facts.classes),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9)
    return model, nn.CrossEntropyLoss(), optimizer


RECIPE = Recipe(build, data="fashion_mnist", metric="accuracy", epochs=6, schedule=one_cycle)
