"""How far two sets of parameters lie apart."""

from __future__ import annotations

import os

import numpy as np

from compare.results import CHECKED_STEPS, Distance


def measure(
    step: int, reference_file: str | os.PathLike[str], candidate_file: str | os.PathLike[str]
) -> Distance:
    """Returns the distance of two arrays ``.npy`` of equal length.

    ``relative`` is |a - b| / |a| in the Euclidean norm. A unit in the last place (ULP) is the
    distance from the larger of two numbers to its neighbour in their own type.
    """
    a, b = np.load(reference_file), np.load(candidate_file)
    difference = np.abs(a - b)
    ulp = difference / np.spacing(np.maximum(np.abs(a), np.abs(b)))
    return Distance(
        step=step,
        relative=float(np.linalg.norm(difference) / np.linalg.norm(a)),
        median_ulp=float(np.median(ulp)),
        max_ulp=float(ulp.max()),
    )


def is_due(step: int, last: int) -> bool:
    """Whether the parameters are compared after this step, if they last were after ``last``.

    They are after each of the checked steps; later only when the number of steps has grown by an
    eighth, as writing and reading all parameters takes longer than a step.
    """
    return step <= CHECKED_STEPS or step >= last * 9 / 8
