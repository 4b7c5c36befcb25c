"""A recurrent network that writes a text on, character by character."""

from __future__ import annotations

from typing import Any

from compare.recipe import Facts, Recipe
from compare.schedules import cosine


def build(torch: Any, facts: Facts, lr: float = 5e-3) -> tuple[Any, Any, Any]:
    """nn.Embedding, nn.GRU, a linear layer at each character; Adam, clipped gradients, cosine."""
    nn = torch.nn

    class Writer(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(facts.words, 64)
            self.gru = nn.GRU(64, 256, batch_first=True)
            self.linear = nn.Linear(256, facts.classes)

        def forward(self, characters: Any) -> Any:
            output, _ = self.gru(self.embedding(characters))  # (N, T, 256)
            return self.linear(output).transpose(1, 2)  # (N, C, T), as cross entropy wants it

    model = Writer()
    return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=lr)


RECIPE = Recipe(
    build,
    data="characters",
    metric="bits_per_character",
    epochs=4,
    schedule=cosine,
    clip_norm=1.0,
)
