"""Which libraries take part in a run: what is installed here, and what the command line names."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec

from benchmarks.suite import (
    MINITORCH,
    PEERS,
    TORCH,
    TORCH_COMPILED,
    TORCH_KEEPING_MEMORY,
    Side,
    Suite,
)
from compare.errors import UsageError

BOTH_TORCHES = (TORCH, TORCH_KEEPING_MEMORY)
OPTIONAL = {side.name: side for side in (TORCH_COMPILED, *PEERS)}


def parse_against(text: str) -> list[str]:
    """Returns the names of a list such as ``torch,torch.compile``; each must be able to take part.

    Raises:
        UsageError: a name that means nothing, or a library that is not there.
    """
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in (TORCH.name, *OPTIONAL):
            known = ", ".join([TORCH.name, *OPTIONAL])
            raise UsageError(f"--against {name}: choose from {known}")
        reason = why_missing(OPTIONAL.get(name, TORCH))
        if reason is not None:
            raise UsageError(f"--against {name}: {reason}")
    return names


def all_there() -> list[str]:
    """Returns the names of all libraries that can take part here."""
    return [name for name, side in OPTIONAL.items() if why_missing(side) is None]


def choose_sides(suite: Suite, against: Sequence[str]) -> Suite:
    """Returns the suite with the sides that take part.

    torch always does, twice: as a user starts it, and with malloc tuned as ours is.

    Args:
        against: names of the others, where the suite has something for them.
    """
    extras = [side for side in suite.sides if side.name in OPTIONAL and side.name in against]
    return replace(suite, sides=(*BOTH_TORCHES, *extras, MINITORCH))


def why_missing(side: Side) -> str | None:
    """Returns why a side cannot take part here; None if it can."""
    if find_spec(side.library) is None:
        return f"{side.library} is not installed"
    if side.compiled:
        compilers = (os.environ.get("CXX"), "g++", "clang++", "cl")
        if not any(shutil.which(compiler) for compiler in compilers if compiler):
            return "no C++ compiler was found"
    return None
