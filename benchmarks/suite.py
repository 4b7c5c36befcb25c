"""What a benchmark is: pieces of work, each written once for both libraries.

This module and the benchmarks themselves are imported in every worker process, so they import
neither library: minitorch changes how a process allocates memory, and PyTorch must not profit.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[], Any]
"""Does the work once, and returns the tensor that must be equal in both libraries."""

NOT_WRITTEN = "not written for this library"
"""The reason why a library has no number that is no failure."""


@dataclass(frozen=True)
class Side:
    """A library, in an environment of its own.

    Args:
        name: in tables and on the command line.
        library: the name to import.
        environment: variables to set for its process.
        compiled: whether ``torch.compile`` gets each work before it is timed.
    """

    name: str
    library: str
    environment: Mapping[str, str] = field(default_factory=dict)
    compiled: bool = False


@dataclass(frozen=True)
class Effort:
    """How often the work is repeated.

    Args:
        blocks: how many times each side has its turn.
        runs_per_block: the most runs in a turn.
        warmup_runs: the most runs before the first turn, which count for nothing.
        block_s: a turn, and the warm-up, ends after the run in which so many seconds are over.
    """

    blocks: int
    runs_per_block: int
    warmup_runs: int
    block_s: float = 0.25


@dataclass(frozen=True)
class Suite:
    """A family of measurements with one unit.

    A work's function may have three attributes, which the report keeps: ``group``, the family that
    it belongs to; ``size``, a word or a number, of a work that is measured at several sizes; and
    ``operations_per_run``, by which its times are divided.

    Args:
        name: of the module, and of the JSON file.
        title: what is measured, for the table.
        unit: of the times.
        per_second: how many units a second has, divided by the operations in one run.
        works: by name, a function that takes the library and a seed, and prepares the work.
        sides: who can take part; the last one is minitorch, to which the others are compared.
        full, quick: the effort for numbers, and the one that only shows that everything works.
        quick_works: what a quick run does; some works, evenly chosen, where none are named.
        size_name: what the sizes are, such as "batch size".
        breakdown_s: for how long each work is watched to say where its time goes (`breakdown`).
        not_compiled: works for which ``torch.compile`` would take too long.
    """

    name: str
    title: str
    unit: str
    per_second: float
    works: Mapping[str, Callable[[Any, int], Work]]
    sides: tuple[Side, ...]
    full: Effort
    quick: Effort
    quick_works: tuple[str, ...] = ()
    size_name: str = "size"
    breakdown_s: float = 0.0
    not_compiled: Container[str] = ()


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
# With the tuned malloc, so that the compiler meets minitorch on equal terms. Compiling a model
# takes 10 to 40 s, which count for nothing, and which its cache saves in the next run.
TORCH_COMPILED = Side("torch.compile", "torch", TORCH_KEEPING_MEMORY.environment, compiled=True)
PEERS = tuple(Side(name, name) for name in ("autograd", "mygrad", "tinygrad", "jax"))
"""Other libraries: where they are installed, they take part in what `peers` has for them."""
