"""Data sets of one kind from those of another.

Mirrors torchtext/data/functional.py. Left out: sentencepiece and text normalization.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch.utils.data.dataset import Dataset

__all__ = ["to_map_style_dataset"]


class _Listed(Dataset[Any]):
    def __init__(self, samples: Iterable[Any]) -> None:
        self._data = list(samples)

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, index: Any) -> Any:
        return self._data[index]


def to_map_style_dataset(iter_data: Iterable[Any]) -> Dataset[Any]:
    """All samples of an iterable, in memory, so that they can be shuffled.

    Example:
        >>> to_map_style_dataset(c for c in "abc")[1]
        'b'
    """
    return _Listed(iter_data)
