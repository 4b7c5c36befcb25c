"""What was measured, and the numbers that follow from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Any

CHECKED_STEPS = 20
RELATIVE_BOUND = 1e-5
"""Float32 rounding alone was measured at 5e-7 within the first 20 steps; later it grows freely."""


@dataclass
class LibraryRun:
    """One model, trained in one library."""

    library: str
    version: str
    device: str
    threads: int
    digests: dict[str, str]
    losses: list[float] = field(default_factory=list)
    step_ms: list[float] = field(default_factory=list)
    epochs: list[dict[str, float]] = field(default_factory=list)
    peak_memory_mb: float = 0.0
    peak_gpu_memory_mb: float | None = None

    @property
    def warmup_steps(self) -> int:
        """Steps that compile, allocate and fill caches, and count for no statistic of time."""
        return min(CHECKED_STEPS, len(self.step_ms) // 2)

    @property
    def median_step_ms(self) -> float:
        """The typical step: the median after the warm-up."""
        return median(self.step_ms[self.warmup_steps :])

    @property
    def final_loss(self) -> float:
        """The mean of the last 20 losses, as one batch alone says little."""
        return fmean(self.losses[-20:])

    @property
    def label(self) -> str:
        """How tables and plots name the library."""
        return {"torch": "PyTorch"}.get(self.library, self.library)


@dataclass
class ModelRun:
    """One model, trained side by side in two libraries."""

    model: str
    lr: float
    reference: LibraryRun
    candidate: LibraryRun

    @property
    def relative_difference(self) -> list[float]:
        """|a - b| / max(|a|, |b|) of the two losses, step by step."""
        return [
            abs(a - b) / max(abs(a), abs(b), 1e-30)
            for a, b in zip(self.reference.losses, self.candidate.losses, strict=True)
        ]

    @property
    def first_difference(self) -> float:
        """The largest relative difference within the checked steps; NaN if any loss is."""
        checked = self.relative_difference[:CHECKED_STEPS]
        return max(checked) if all(value == value for value in checked) else float("nan")

    @property
    def checks(self) -> dict[str, bool]:
        """Everything that must hold, by name."""
        ours = self.candidate.digests
        equal = {name: ours[name] == value for name, value in self.reference.digests.items()}
        return equal | {"losses of the first steps": self.first_difference <= RELATIVE_BOUND}

    @property
    def passed(self) -> bool:
        """Whether all checks hold."""
        return all(self.checks.values())

    @property
    def speed_ratio(self) -> float:
        """How many steps the candidate takes while the reference takes one."""
        return self.reference.median_step_ms / self.candidate.median_step_ms


@dataclass(frozen=True)
class Settings:
    """What the command line asks for, the same for all models."""

    batch_size: int
    epochs: int
    steps: int | None
    lr: float | None
    seed: int
    threads: int
    device: str
    libraries: tuple[str, str] = ("torch", "minitorch")

    def as_dict(self) -> dict[str, Any]:
        """For the report."""
        return vars(self) | {"libraries": list(self.libraries)}
