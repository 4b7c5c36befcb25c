"""Perceptrons: a tiny one, where only the framework costs; and one for a table of houses."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.models.training import Batch, Built


def build_tiny(torch: Any) -> Built:
    """8-64-64-1 and plain SGD."""
    model = _perceptron(torch)
    return model, torch.nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=1e-2)


def build_housing(torch: Any) -> Built:
    """The same sizes, trained with Adam on the eight columns of the California housing table."""
    model = _perceptron(torch)
    return model, torch.nn.MSELoss(), torch.optim.Adam(model.parameters(), lr=1e-3)


def _perceptron(torch: Any) -> Any:
    nn = torch.nn
    return nn.Sequential(
        nn.Linear(8, 64),
        nn.ReLU(),
        nn.Linear(64, 64),
        nn.ReLU(),
        nn.Linear(64, 1),
    )


def draw(random: np.random.Generator, size: int) -> Batch:
    """Eight standardised columns, and what a house of them might cost, with some noise."""
    columns = random.standard_normal((size, 8), np.float32)
    prices = columns[:, :1] * columns[:, 1:2] + random.standard_normal((size, 1), np.float32)
    return columns, prices
