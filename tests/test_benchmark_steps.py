"""The training steps that are timed: each is the same in both libraries, and learns."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from benchmarks import breakdown, steps
from benchmarks.harness import relative_difference
from benchmarks.models import BATCH_SIZES, TRAININGS
from compare.results import RELATIVE_BOUND

SEED = 3


@pytest.mark.parametrize("name", TRAININGS)
def test_losses_agree(name: str) -> None:
    """Four samples are enough here; the harness checks the batches that it times."""
    training = TRAININGS[name].of_size(4)
    losses = []
    for library in (torch, minitorch):
        step = training(library, SEED)
        losses.append([step().item() for _ in range(2)])
    assert relative_difference(*losses) <= RELATIVE_BOUND
    assert losses[0][0] != losses[0][1]


@pytest.mark.parametrize("name", BATCH_SIZES)
def test_sizes_of_a_group(name: str) -> None:
    group = {work.size: key for key, work in steps.SUITE.works.items() if work.group == name}
    assert sorted(group) == sorted([64, *BATCH_SIZES[name]])
    smallest = steps.SUITE.works[group[min(group)]]
    assert smallest(minitorch, SEED)().isfinite()


def count_to_a_thousand() -> None:
    for _ in range(1000):
        pass


def multiply_matrices() -> Any:
    return MATRIX @ MATRIX


MATRIX = np.ones((400, 400), np.float32)


@pytest.mark.skipif(not breakdown.is_supported(), reason="needs Linux on x86-64")
@pytest.mark.parametrize(
    ("work", "part"), [(count_to_a_thousand, "python"), (multiply_matrices, "blas")]
)
def test_breakdown_finds_the_busiest_part(work: Callable[[], Any], part: str) -> None:
    handler = signal.getsignal(signal.SIGPROF)
    result = breakdown.measure(work, seconds=0.4)
    assert signal.getsignal(signal.SIGPROF) is handler
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)

    assert result["runs"] > 0
    assert result["samples"] > 0
    assert result["cpu_ms"] > 0
    assert result["shares"].keys() == set(breakdown.PARTS)
    assert sum(result["shares"].values()) == pytest.approx(1)
    assert result["shares"][part] > 0.5
    assert result["page_faults"] >= 0


def test_breakdown_names_the_parts_of_the_address_space() -> None:
    files = {
        "/usr/bin/python3.13": "python",
        "/lib/math.cpython-313-x86_64-linux-gnu.so": "python",
        "/numpy/_core/_multiarray_umath.cpython-313-x86_64-linux-gnu.so": "numpy",
        "/numpy.libs/libscipy_openblas64_-32a4b2a6.so": "blas",
        "": "kernels",
        "/usr/lib/libc.so.6": "memory",
        "/usr/lib/libgomp.so.1": "threads",
        "[vdso]": "other",
    }
    for file, part in files.items():
        assert breakdown._part_of(15, (10, 20, file)) == part
        assert breakdown._part_of(20, (10, 20, file)) == "other"
