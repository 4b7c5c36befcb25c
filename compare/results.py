"""What was measured, and the numbers that follow from it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import nan
from statistics import fmean, median
from typing import Any

CHECKED_STEPS = 20
RELATIVE_BOUND = 1e-5
"""Float32 rounding was measured at 1e-7 to 3e-6 within 20 steps, unless training amplifies it."""
FLOAT64_BOUND = 1e-9
"""Float64 rounding was measured at 3e-16 to 4e-13 within 20 steps, before training amplifies it."""


@dataclass
class Distance:
    """How far the parameters of the two libraries lie apart after a step.

    Attributes:
        step: the number of steps taken.
        relative: the norm of the difference over the norm of the reference.
        median_ulp: the difference of the median parameter, in units in the last place.
        max_ulp: that of the farthest one.
    """

    step: int
    relative: float
    median_ulp: float
    max_ulp: float


@dataclass
class LibraryRun:
    """One model, trained in one library.

    Attributes:
        digests: SHA-256 of what must be equal in both libraries, by name.
        losses: of every step.
        step_ms: the time of every step: forward, backward and the optimizer's.
        evaluations: after each epoch ``{"step": ..., "train": metric, "test": metric}``.
        starts: the steps at which a process began: 0, and those at which a killed run went on.
        peak_gpu_memory_mb: None on a CPU.
    """

    library: str
    version: str
    device: str
    threads: int
    digests: dict[str, str]
    losses: list[float] = field(default_factory=list)
    step_ms: list[float] = field(default_factory=list)
    evaluations: list[dict[str, float]] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    peak_memory_mb: float = 0.0
    peak_gpu_memory_mb: float | None = None

    @property
    def timed_steps(self) -> list[float]:
        """Times in ms without those of warm-up: steps that compile, allocate and fill caches."""
        ends = [*self.starts[1:], len(self.step_ms)]
        timed = []
        for start, end in zip(self.starts, ends, strict=True):
            timed += self.step_ms[start + min(CHECKED_STEPS, (end - start) // 2) : end]
        return timed

    @property
    def median_step_ms(self) -> float:
        """The typical step: the median after the warm-up; NaN before the first step."""
        return median(self.timed_steps) if self.step_ms else nan

    @property
    def final_loss(self) -> float:
        """The mean of the last 20 losses, as one batch alone says little; NaN before any."""
        return fmean(self.losses[-20:]) if self.losses else nan

    @property
    def final_metric(self) -> float:
        """The metric on the test data after the last step; NaN before any evaluation."""
        return self.evaluations[-1]["test"] if self.evaluations else nan

    @property
    def label(self) -> str:
        """How tables and plots name the library."""
        return {"torch": "PyTorch"}.get(self.library, self.library)


@dataclass
class Trajectory:
    """The losses of both libraries step by step, and the distances of their parameters.

    Attributes:
        dtype: "float32" or "float64".
        distances: after each of the first 20 steps, then ever more rarely.
    """

    dtype: str
    reference_losses: list[float]
    candidate_losses: list[float]
    distances: list[Distance]

    @property
    def relative(self) -> list[float]:
        """|a - b| / max(|a|, |b|) of the two losses, step by step."""
        return [
            abs(a - b) / max(abs(a), abs(b), 1e-30)
            for a, b in zip(self.reference_losses, self.candidate_losses, strict=True)
        ]

    @property
    def largest(self) -> float:
        """The largest relative difference of the losses; NaN if any loss is, or if none."""
        return largest(self.relative)


@dataclass
class ModelRun:
    """One model, trained side by side in two libraries.

    Attributes:
        model: its name in `compare.models.MODELS`.
        description: the model in a line.
        data, data_note: the name of the data, and a line on it.
        metric: a name in `compare.metrics.METRICS`.
        distances: of the parameters, in float32.
        float64: a short run of the same model in double precision; None if there was none.
        planned_steps: how many steps a complete run takes.
    """

    model: str
    description: str
    data: str
    data_note: str
    metric: str
    lr: float
    batch_size: int
    planned_steps: int
    reference: LibraryRun
    candidate: LibraryRun
    distances: list[Distance] = field(default_factory=list)
    float64: Trajectory | None = None

    @property
    def steps(self) -> int:
        """How many steps both libraries have taken."""
        return len(self.candidate.losses)

    @property
    def is_complete(self) -> bool:
        """Whether all planned steps were taken."""
        return self.steps == self.planned_steps

    @property
    def trajectory(self) -> Trajectory:
        """The losses and distances of the run itself."""
        return Trajectory("float32", self.reference.losses, self.candidate.losses, self.distances)

    @property
    def relative_difference(self) -> list[float]:
        """|a - b| / max(|a|, |b|) of the two losses, step by step."""
        return self.trajectory.relative

    @property
    def first_difference(self) -> float:
        """The largest relative difference within the checked steps; NaN if any loss is, or none."""
        return largest(self.relative_difference[:CHECKED_STEPS])

    @property
    def first_float64_difference(self) -> float:
        """The same of the run in double precision; NaN also if there was none of so many steps."""
        if self.float64 is None or len(self.float64.relative) < min(CHECKED_STEPS, self.steps):
            return nan
        return largest(self.float64.relative[:CHECKED_STEPS])

    @property
    def is_rounding_amplified(self) -> bool:
        """Whether rounding alone explains that the first losses differ by more than the bound.

        A wrong formula is as wrong in float64; rounding is not. And the first loss, which nothing
        has amplified yet, must agree in any case: it is computed by the kernels for float32.
        """
        return (
            self.first_difference > RELATIVE_BOUND
            and self.relative_difference[0] <= RELATIVE_BOUND
            and self.first_float64_difference <= FLOAT64_BOUND
        )

    @property
    def largest_difference(self) -> float:
        """The largest relative difference over all steps; NaN if any loss is, or if none."""
        return self.trajectory.largest

    @property
    def checks(self) -> dict[str, bool]:
        """Everything that must hold, by name, as far as the run has come."""
        ours = self.candidate.digests
        # Ctrl-C may leave the digest of all batches with one library alone.
        both = {name: value for name, value in self.reference.digests.items() if name in ours}
        checks = {name: ours[name] == value for name, value in both.items()}
        if self.relative_difference:
            agree = self.first_difference <= RELATIVE_BOUND
            checks["losses of the first steps"] = agree or self.is_rounding_amplified
        return checks

    @property
    def passed(self) -> bool:
        """Whether all checks hold."""
        return all(self.checks.values())

    @property
    def speed_ratio(self) -> float:
        """How many steps the candidate takes while the reference takes one."""
        return self.reference.median_step_ms / self.candidate.median_step_ms

    def as_dict(self) -> dict[str, Any]:
        """For `from_dict`, through JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> ModelRun:
        """Makes a run of what `as_dict` returned."""
        fields = dict(content)
        for name in ("reference", "candidate"):
            fields[name] = LibraryRun(**fields[name])
        fields["distances"] = [Distance(**entry) for entry in fields["distances"]]
        if fields["float64"] is not None:
            float64 = dict(fields["float64"])
            float64["distances"] = [Distance(**entry) for entry in float64["distances"]]
            fields["float64"] = Trajectory(**float64)
        return cls(**fields)


def largest(values: list[float]) -> float:
    """Returns the maximum; NaN if any value is, or if there is none."""
    return max(values) if values and all(value == value for value in values) else nan


@dataclass(frozen=True)
class Settings:
    """What the command line asks for, the same for all models; None: the model's own."""

    batch_size: int | None
    epochs: int | None
    steps: int | None
    lr: float | None
    seed: int
    threads: int
    device: str
    float64_steps: int
    libraries: tuple[str, str] = ("torch", "minitorch")

    def as_dict(self) -> dict[str, Any]:
        """For the report."""
        return vars(self) | {"libraries": list(self.libraries)}
