"""A perceptron with two hidden layers: normalised, regularised, trained with Adam."""

from __future__ import annotations

from typing import Any

from compare.recipe import Facts, Recipe
from compare.schedules import cosine


def build(torch: Any, facts: Facts, lr: float = 1e-3) -> tuple[Any, Any, Any]:
    """784-512-256-10 with BatchNorm, ReLU and Dropout; Adam with weight decay."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Flatten(),  # (N, 784)
        nn.Linear(784, 512),
        nn.BatchNorm1d(512),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(512, 256),
        nn.BatchNorm1d(256),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(256, facts.classes),
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=1e-5)
    return model, nn.CrossEntropyLoss(), optimizer


RECIPE = Recipe(build, data="fashion_mnist", metric="accuracy", epochs=12, schedule=cosine)
