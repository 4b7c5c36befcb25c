"""``python -m minitorch.warmup``: compile the kernels of usual training ahead.

Each piece of training below is done once. What it compiles is kept on disk beside the modules (or
where ``NUMBA_CACHE_DIR`` says), and programs that are started later only load it. A kernel that no
piece uses is compiled by the first program that does, which takes a second or two.

Mirrors nothing in torch: there the C++ compiler has done this ahead of time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from minitorch import _compile_progress, nn, optim
from minitorch._tensor import Tensor
from minitorch.native.distributions import multinomial
from minitorch.native.factories import ones
from minitorch.native.random_factories import randint, randn
from minitorch.nn import functional as F
from minitorch.nn.utils import clip_grad_norm_

__all__ = ["main"]

CLASSES = 10


def train(model: nn.Module, inputs: Tensor, optimizer: optim.Optimizer | None = None) -> None:
    """Two steps of a classifier: momentum has other kernels from the second one on."""
    optimizer = optimizer or optim.SGD(model.parameters(), lr=0.01)
    targets = randint(CLASSES, (len(inputs),))
    for _ in range(2):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(inputs), targets)
        loss.backward()
        clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    model.eval()
    model(inputs).argmax(dim=1)


class Last(nn.Module):
    """What a recurrent layer has found at the end of a sequence, as scores of classes."""

    def __init__(self, layer: nn.Module, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(100, size)
        self.layer = layer
        self.scores = nn.Linear(size, CLASSES)

    def forward(self, tokens: Tensor) -> Tensor:
        found = self.layer(self.embedding(tokens))
        return self.scores((found[0] if isinstance(found, tuple) else found)[:, -1])


def perceptrons() -> None:
    layers = [nn.Linear(784, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 10)]
    train(nn.Sequential(*layers), randn(64, 784))
    for activation in (nn.Tanh(), nn.Sigmoid(), nn.GELU(), nn.LeakyReLU(), nn.SiLU()):
        train(nn.Sequential(nn.Linear(20, 512), activation, nn.Linear(512, 10)), randn(128, 20))


def regression() -> None:
    model = nn.Linear(8, 1)
    for loss in (nn.MSELoss(), nn.L1Loss(), nn.HuberLoss(), nn.BCEWithLogitsLoss()):
        loss(model(randn(64, 8)), ones(64, 1)).backward()


def convolutions() -> None:
    layers = [
        nn.Conv2d(3, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.GroupNorm(8, 64),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Dropout2d(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(64, CLASSES),
    ]
    train(nn.Sequential(*layers), randn(16, 3, 32, 32))


def recurrences() -> None:
    for layer in (nn.RNN, nn.LSTM, nn.GRU):
        train(Last(layer(64, 64, batch_first=True), 64), randint(100, (32, 50)))


def transformers() -> None:
    layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
    model = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    train(Last(model, 64), randint(100, (16, 32)))


def optimizers() -> None:
    kinds: list[tuple[Callable[..., optim.Optimizer], dict[str, Any]]] = [
        (optim.SGD, {}),
        (optim.SGD, {"momentum": 0.9}),
        (optim.Adam, {}),
        (optim.AdamW, {}),
        (optim.RMSprop, {}),
        (optim.Adagrad, {}),
    ]
    for size in (4, 256):  # one thread, all threads
        for kind, options in kinds:
            model = nn.Linear(size, CLASSES * size // 4)
            targets = randint(CLASSES, (8,))
            optimizer = kind(model.parameters(), lr=0.01, **options)
            for _ in range(2):
                F.cross_entropy(model(randn(8, size)), targets).backward()
                optimizer.step()


def random_numbers() -> None:
    for size in (10, 100_000):
        randn(size).normal_().uniform_().bernoulli_(0.5)
        nn.init.xavier_uniform_(randn(size, 2))
    multinomial(ones(10), 5, replacement=True)


PIECES = (
    random_numbers,
    regression,
    perceptrons,
    optimizers,
    convolutions,
    recurrences,
    transformers,
)


def main() -> None:
    """Do every piece, and say what was compiled."""
    progress = _compile_progress.progress
    start = time.perf_counter()
    for number, piece in enumerate(PIECES, 1):
        before, began = progress.kernels, time.perf_counter()
        piece()
        seconds = time.perf_counter() - began
        name = piece.__name__.replace("_", " ")
        compiled = progress.kernels - before
        print(f"{number}/{len(PIECES)} {name}: {compiled} kernels compiled, {seconds:.1f} s")
    print(f"{progress.kernels} kernels compiled in {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
