"""Transformers of four layers, four heads and width 128: an encoder, and a GPT of characters."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.models.training import Batch, Built

LENGTH = 128
WIDTH = 128
HEADS = 4
LAYERS = 4
WORDS = 1_000
CHARACTERS = 65
"""As many as Shakespeare has, the usual first text of a small GPT."""


def build_encoder(torch: Any) -> Built:
    """nn.TransformerEncoder on words, with its dropout of 0.1; a class from the mean; Adam."""
    nn = torch.nn

    class Reader(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(WORDS, WIDTH)
            self.places = nn.Parameter(torch.zeros(LENGTH, WIDTH))
            layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, LAYERS)
            self.linear = nn.Linear(WIDTH, 2)

        def forward(self, words: Any) -> Any:
            x = self.encoder(self.words(words) + self.places)  # (N, T, WIDTH)
            return self.linear(x.mean(1))

    model = Reader()
    return model, nn.CrossEntropyLoss(), torch.optim.Adam(model.parameters(), lr=1e-4)


def draw_classified(random: np.random.Generator, size: int) -> Batch:
    """Texts of 128 words, of two classes."""
    return random.integers(0, WORDS, (size, LENGTH)), random.integers(0, 2, size)


def build_gpt(torch: Any) -> Built:
    """A decoder that predicts each next character: pre-norm blocks, GELU, no dropout; AdamW."""
    nn, functional = torch.nn, torch.nn.functional

    class Attention(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.project = nn.Linear(WIDTH, 3 * WIDTH)
            self.merge = nn.Linear(WIDTH, WIDTH)

        def forward(self, x: Any) -> Any:
            batch, length, width = x.shape
            by_head = batch, length, HEADS, width // HEADS
            query, key, value = (
                part.view(by_head).transpose(1, 2)  # (N, HEADS, T, WIDTH / HEADS)
                for part in self.project(x).split(width, dim=2)
            )
            x = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            return self.merge(x.transpose(1, 2).reshape(batch, length, width))

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.attention = Attention()
            self.network = nn.Sequential(
                nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH)
            )

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm1(x))
            return x + self.network(self.norm2(x))

    class GPT(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.characters = nn.Embedding(CHARACTERS, WIDTH)
            self.places = nn.Embedding(LENGTH, WIDTH)
            self.blocks = nn.Sequential(*(Block() for _ in range(LAYERS)))
            self.norm = nn.LayerNorm(WIDTH)
            self.head = nn.Linear(WIDTH, CHARACTERS)

        def forward(self, text: Any) -> Any:
            x = self.characters(text) + self.places(torch.arange(text.shape[1]))
            scores = self.head(self.norm(self.blocks(x)))  # (N, T, CHARACTERS)
            return scores.flatten(0, 1)

    model = GPT()
    return model, nn.CrossEntropyLoss(), torch.optim.AdamW(model.parameters(), lr=3e-4)


def draw_next_characters(random: np.random.Generator, size: int) -> Batch:
    """Texts of 128 characters, and the same one character further, in one row."""
    text = random.integers(0, CHARACTERS, (size, LENGTH + 1))
    return text[:, :-1].copy(), text[:, 1:].ravel()
