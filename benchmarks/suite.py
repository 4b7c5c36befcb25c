"""What a benchmark is: pieces of work, each written once for both libraries.

This module and the benchmarks themselves are imported in every worker process, so they import
neither library: minitorch changes how a process allocates memory, and PyTorch must not profit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[], Any]
"""Does the work once, and returns the tensor that must be equal in both libraries."""


@dataclass(frozen=True)
class Side:
    """A library, in an environment of its own."""

    name: str
    library: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Effort:
    """How often the work is repeated."""

    blocks: int
    runs_per_block: int
    warmup_runs: int


@dataclass(frozen=True)
class Suite:
    """A family of measurements with one unit.

    Args:
        name: of the module, and of the JSON file.
        title: what is measured, for the table.
        unit: of the times.
        per_second: how many units a second has, divided by the operations in one run.
        works: by name, a function that takes the library and a seed, and prepares the work.
        sides: who takes part; the last one is minitorch, to which the others are compared.
        full, quick: the effort for numbers, and the one that only shows that everything works.
    """

    name: str
    title: str
    unit: str
    per_second: float
    works: Mapping[str, Callable[[Any, int], Work]]
    sides: tuple[Side, ...]
    full: Effort
    quick: Effort


TORCH = Side("torch", "torch")
MINITORCH = Side("minitorch", "minitorch")
TORCH_KEEPING_MEMORY = Side(
    "torch, malloc tuned",
    "torch",
    # What minitorch/backends/cpu.py sets for its own process: glibc keeps large freed blocks. It
    # helps PyTorch as well, and a reader must see how much of the ratio is due to it.
    {
        "GLIBC_TUNABLES": f"glibc.malloc.mmap_threshold={1 << 30}:"
        f"glibc.malloc.trim_threshold={1 << 30}"
    },
)
