"""How far the parameters or the losses of two libraries lie apart."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from compare.results import CHECKED_STEPS, Distance, Trajectory

Array = npt.NDArray[Any]


def measure(
    step: int, reference_file: str | os.PathLike[str], candidate_file: str | os.PathLike[str]
) -> Distance:
    """Returns the distance of two arrays ``.npy`` of equal length.

    ``relative`` is |a - b| / |a| in the Euclidean norm.
    """
    a, b = np.load(reference_file), np.load(candidate_file)
    with np.errstate(over="ignore", invalid="ignore"):  # Weights of a diverging run are enormous.
        ulp = _in_ulp(a, b)
        return Distance(
            step=step,
            relative=float(np.linalg.norm(a - b) / np.linalg.norm(a)),
            median_ulp=float(np.median(ulp)),
            max_ulp=float(ulp.max()),
        )


def losses_in_ulp(trajectory: Trajectory) -> list[float]:
    """Returns the difference of the two losses of each step, in units in the last place."""
    losses = (trajectory.reference_losses, trajectory.candidate_losses)
    a, b = (np.array(values, trajectory.dtype) for values in losses)
    with np.errstate(invalid="ignore"):  # Two infinite losses differ by NaN.
        return [float(value) for value in _in_ulp(a, b)]


def _in_ulp(a: Array, b: Array) -> Array:
    """Returns |a - b| over the distance from the larger one to its neighbour in their own type."""
    return np.abs(a - b) / np.spacing(np.maximum(np.abs(a), np.abs(b)))


def is_due(step: int, last: int) -> bool:
    """Whether the parameters are compared after this step, if they last were after ``last``.

    They are after each of the checked steps; later only when the number of steps has grown by an
    eighth, as writing and reading all parameters takes longer than a step.
    """
    return step <= CHECKED_STEPS or step >= last * 9 / 8
