"""Models that read a text of 200 words, and say which of two classes it is: RNN, LSTM, GRU."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.models.training import Batch, Built

WORDS = 20_000
LENGTH = 200


def build(layer: str, torch: Any) -> Built:
    """Embedding of width 100, one recurrent layer of 128, a linear layer on its mean output; Adam.

    With its last output alone, the gradients of the first words would fade into denormal numbers,
    which this processor is slow at: a step of the LSTM took either library 17 times as long.

    Args:
        layer: ``"RNN"``, ``"LSTM"`` or ``"GRU"``.
    """
    nn = torch.nn

    class Reader(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(WORDS, 100)
            self.recurrent = getattr(nn, layer)(100, 128, batch_first=True)
            self.linear = nn.Linear(128, 2)

        def forward(self, words: Any) -> Any:
            output, _ = self.recurrent(self.embedding(words))  # (N, 200, 128)
            return self.linear(output.mean(1))

    model = Reader()
    return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-3)


def draw(random: np.random.Generator, size: int) -> Batch:
    """Words drawn evenly: as long a step as any text of that many different words."""
    return random.integers(0, WORDS, (size, LENGTH)), random.integers(0, 2, size)
