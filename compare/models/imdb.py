"""Two recurrent networks that read film reviews; they differ in one word."""

from __future__ import annotations

from typing import Any

from compare.recipe import Facts, Recipe
from compare.schedules import one_cycle


def build_rnn(torch: Any, facts: Facts, lr: float = 4e-3) -> tuple[Any, Any, Any]:
    """Embedding, nn.RNN over the words, mean and maximum of its states, a linear layer."""
    return _build(torch, facts, lr, torch.nn.RNN)


def build_lstm(torch: Any, facts: Facts, lr: float = 4e-3) -> tuple[Any, Any, Any]:
    """Embedding, nn.LSTM over the words, mean and maximum of its states, a linear layer."""
    return _build(torch, facts, lr, torch.nn.LSTM)


def _build(torch: Any, facts: Facts, lr: float, recurrent_layer: Any) -> tuple[Any, Any, Any]:
    nn = torch.nn

    class ReviewReader(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(facts.words, 64, padding_idx=0)
            self.recurrent = recurrent_layer(64, 64, batch_first=True)
            self.dropout = nn.Dropout(0.3)
            self.linear = nn.Linear(2 * 64, facts.classes)

        def forward(self, tokens: Any) -> Any:
            states, _ = self.recurrent(self.dropout(self.embedding(tokens)))  # (N, T, 64)
            is_word = (tokens != 0).unsqueeze(2)  # The padding has no say.
            mean = (states * is_word).sum(1) / is_word.sum(1)
            highest = states.masked_fill(~is_word, -1.0).amax(1)  # No state is below -1.
            return self.linear(self.dropout(torch.cat([mean, highest], 1)))

    model = ReviewReader()
    return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=lr)


def _recipe(build: Any) -> Recipe:
    return Recipe(
        build, data="imdb", metric="accuracy", epochs=3, schedule=one_cycle, clip_norm=1.0
    )


RNN = _recipe(build_rnn)
LSTM = _recipe(build_lstm)
