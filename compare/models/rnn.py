"""A recurrent network that reads an image as a text: one row of pixels after the other."""

from __future__ import annotations

from typing import Any

from compare.recipe import Facts, Recipe
from compare.schedules import cosine


def build(torch: Any, facts: Facts, lr: float = 1e-3) -> tuple[Any, Any, Any]:
    """nn.RNN over 28 rows of 28 pixels and a linear layer on its last output; Adam, cosine."""
    nn = torch.nn

    class RowReader(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.rnn = nn.RNN(input_size=28, hidden_size=128, batch_first=True)
            self.linear = nn.Linear(128, facts.classes)

        def forward(self, images: Any) -> Any:
            output, _ = self.rnn(images.squeeze(1))  # (N, 28, 128)
            return self.linear(output[:, -1])

    model = RowReader()
    return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=lr)


RECIPE = Recipe(
    build, data="fashion_mnist", metric="accuracy", epochs=10, schedule=cosine, clip_norm=1.0
)
