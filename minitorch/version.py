"""The version: of the torch whose names and numbers these are, and minitorch's own.

Mirrors torch/version.py and torch/torch_version.py.
"""

from __future__ import annotations

import re
from typing import Any

__all__ = ["TorchVersion", "__version__", "cuda", "debug", "git_version", "hip", "minitorch", "xpu"]


class TorchVersion(str):
    """A version that compares by its numbers, with text and with tuples.

    >>> TorchVersion("2.13.0+minitorch") > "2.9", TorchVersion("2.13.0+minitorch") >= (2, 13)
    (True, True)
    """

    def _numbers(self, other: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The leading numbers of both, made equally long."""
        text = ".".join(map(str, other)) if isinstance(other, (tuple, list)) else str(other)
        mine, others = (
            [int(part) for part in re.findall(r"\d+", version.partition("+")[0])]
            for version in (str(self), text)
        )
        length = max(len(mine), len(others))
        mine, others = (numbers + [0] * (length - len(numbers)) for numbers in (mine, others))
        return tuple(mine), tuple(others)

    def __lt__(self, other: Any) -> bool:
        mine, others = self._numbers(other)
        return mine < others

    def __le__(self, other: Any) -> bool:
        mine, others = self._numbers(other)
        return mine <= others

    def __gt__(self, other: Any) -> bool:
        mine, others = self._numbers(other)
        return mine > others

    def __ge__(self, other: Any) -> bool:
        mine, others = self._numbers(other)
        return mine >= others


__version__ = TorchVersion("2.13.0+minitorch")
minitorch = "0.1.0"

debug = False
cuda: str | None = None
hip: str | None = None
xpu: str | None = None
git_version: str | None = None
