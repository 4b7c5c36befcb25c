"""Models of small grey images: the perceptron of `compare`, and a convolutional network."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.models.training import Batch, Built


def build_cnn(torch: Any) -> Built:
    """Two padded 3 x 3 convolutions, two max pools, three linear layers; SGD with momentum."""
    nn = torch.nn
    model = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1),  # (N, 32, 28, 28)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 32, 14, 14)
        nn.Conv2d(32, 64, 3, padding=1),  # (N, 64, 14, 14)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 64, 7, 7)
        nn.Flatten(),  # (N, 3136)
        nn.Linear(64 * 7 * 7, 128),
        nn.ReLU(),
        nn.Linear(128, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    return model, nn.CrossEntropyLoss(), optimizer


def draw(random: np.random.Generator, size: int) -> Batch:
    """Noise of the shape of MNIST: the time of a step does not depend on what an image shows."""
    return random.standard_normal((size, 1, 28, 28), np.float32), random.integers(0, 10, size)
