"""A row of one of torch's tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Entry:
    """A row of one of torch's tables, by name, so that it can travel to another process."""

    table: str  # "operations", "modules", "optimizers"
    name: str
    family: str
    reason: str | None  # why it is out of scope


def numbered(rows: Iterable[Any], name_of: Callable[[Any], str]) -> dict[str, Any]:
    """Rows by name; torch gives some names twice: the second is ``name #2``."""
    named: dict[str, Any] = {}
    for row in rows:
        name = name_of(row)
        count = sum(known.partition(" #")[0] == name for known in named)
        named[f"{name} #{count + 1}" if count else name] = row
    return named
