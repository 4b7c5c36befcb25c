"""A network with two hidden layers for house prices."""

from __future__ import annotations

from typing import Any

from compare import schedules
from compare.recipe import Facts, Recipe


def build(torch: Any, facts: Facts, lr: float = 0.01) -> tuple[Any, Any, Any]:
    """8-64-64-1 with ReLU, the mean squared error; Adam, the rate in one cycle."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Linear(facts.features, 64),
        nn.ReLU(),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Linear(64, 1),
    )
    return model, nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=lr)


RECIPE = Recipe(build, data="housing", metric="r2", epochs=15, schedule=schedules.one_cycle)
