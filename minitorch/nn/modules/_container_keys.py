"""Positions and keys, as the containers take them. Mirrors torch/nn/modules/container.py."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Any


def name_of_index(container: Any, index: int) -> str:
    """The attribute that holds the element at a position, which may count from the end."""
    index = operator.index(index)
    if not -len(container) <= index < len(container):
        raise IndexError(f"index {index} is out of range")
    return str(index % len(container))


def pairs_in(source: Any, caller: str, name: str) -> list[tuple[str, Any]]:
    """The (key, value) pairs of a mapping, or of an iterable of pairs."""
    if not isinstance(source, Iterable):
        raise TypeError(
            f"{caller}.update should be called with an iterable of key/value pairs, "
            f"but got {type(source).__name__}"
        )
    if isinstance(source, Mapping) or hasattr(source, "items"):
        return list(source.items())
    pairs = list(source)
    for position, pair in enumerate(pairs):
        where = f"{name} update sequence element #{position}"
        if not isinstance(pair, Iterable):
            raise TypeError(f"{where} should be Iterable; is{type(pair).__name__}")
        if len(pair) != 2:  # type: ignore[arg-type]
            raise ValueError(f"{where} has length {len(pair)}; 2 is required")  # type: ignore[arg-type]
    return pairs
