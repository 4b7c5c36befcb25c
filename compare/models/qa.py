"""A recurrent network that learns a table of questions and answers by heart."""

from __future__ import annotations

from typing import Any

from compare.recipe import Facts, Recipe
from compare.schedules import cosine


def build(torch: Any, facts: Facts, lr: float = 1e-2) -> tuple[Any, Any, Any]:
    """nn.Embedding, nn.RNN over the words and a linear layer on its last output; Adam, cosine."""
    nn = torch.nn

    class Answerer(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(facts.words, 50, padding_idx=0)
            self.rnn = nn.RNN(50, 64, batch_first=True)
            self.linear = nn.Linear(64, facts.classes)

        def forward(self, questions: Any) -> Any:
            output, _ = self.rnn(self.embedding(questions))  # (N, T, 64)
            return self.linear(output[:, -1])

    model = Answerer()
    return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=lr)


RECIPE = Recipe(build, data="qa", metric="answered", epochs=25, batch_size=10, schedule=cosine)
