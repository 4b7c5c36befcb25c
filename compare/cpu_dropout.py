"""Dropout on a GPU with the masks of the CPU's random stream.

A GPU has a random stream of its own, so the same seed drops other units there, and the losses of
the two libraries could not be held against each other. While the losses are checked, and before
any step is timed, the mask is drawn as PyTorch draws it on the CPU, and moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def cpu_dropout(torch: Any) -> Iterator[None]:
    """Replaces the function behind ``nn.Dropout`` for as long as the context lasts."""
    functional = torch.nn.functional
    original = functional.dropout

    def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        if not training or inplace:
            return original(input, p, training, inplace)
        mask = torch.empty(input.shape).bernoulli_(1 - p).div_(1 - p)
        return input * mask.to(input.device)

    functional.dropout = dropout
    try:
        yield
    finally:
        functional.dropout = original
