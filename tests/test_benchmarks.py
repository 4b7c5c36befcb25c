"""The benchmarks: a quick run of all, what their files hold, and what they refuse to time."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks import loading, optimizers, overhead, steps
from benchmarks.harness import relative_difference, run_suite
from benchmarks.models import TRAININGS
from benchmarks.suite import TORCH, Side
from compare.errors import WorkerError

ROOT = Path(__file__).parent.parent


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own, on a screen that is wide enough."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What the benchmarks printed and wrote."""
    out = tmp_path_factory.mktemp("benchmarks")
    # One thread: the tests that run beside this one would make a thread pool wait for its members.
    result = benchmarks("all", "--quick", "--threads", "1", "--seed", "3", "--out", str(out))
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout, {path.stem: json.loads(path.read_text()) for path in out.iterdir()}


@pytest.mark.parametrize(
    "suite",
    [overhead.SUITE, steps.SUITE, optimizers.SUITE, loading.SUITE],
    ids=lambda suite: suite.name,
)
def test_fields_of_the_report(quick_run: tuple[str, dict[str, Any]], suite: Any) -> None:
    report = quick_run[1][suite.name]
    assert report["schema"] == 1
    assert report["benchmark"] == suite.name
    assert report["unit"] == suite.unit
    assert report["quick"] is True
    assert report["seed"] == 3
    assert report["effort"] == dataclasses.asdict(suite.quick)

    environment = report["environment"]
    assert environment["cpu"]
    assert environment["cores"] == os.cpu_count()
    assert environment["versions"].keys() >= {"python", "torch", "minitorch", "numpy", "numba"}
    assert environment["commit"] is None or len(environment["commit"]) == 40
    for name in ("load_average_before", "load_average_after"):
        assert len(environment[name]) == 3

    sides = [side.name for side in suite.sides]
    assert [side["name"] for side in report["sides"]] == sides
    assert all(side["threads"] == 1 for side in report["sides"])
    assert all(side["version"] for side in report["sides"])

    assert [result["name"] for result in report["results"]] == list(suite.works)
    for result in report["results"]:
        assert 0 <= result["first_results_differ"] <= 1e-5
        assert list(result["times"]) == sides
        for time in result["times"].values():
            assert len(time["blocks"]) == suite.quick.blocks
            assert 0 < time["lowest"] <= time["median"] <= time["highest"]
        ours = result["times"]["minitorch"]["median"]
        for name, ratio in result["ratios"].items():
            assert ratio == pytest.approx(result["times"][name]["median"] / ours)


def test_what_is_measured() -> None:
    modes = ("no grad", "forward", "forward+backward")
    assert set(overhead.SUITE.works) == {
        f"{operation}, {mode}" for operation in ("mul", "add", "tanh", "matmul") for mode in modes
    }
    assert steps.SUITE.works.keys() > TRAININGS.keys()


def test_table(quick_run: tuple[str, dict[str, Any]]) -> None:
    printed = quick_run[0]
    assert "ratio: torch / minitorch" in printed
    assert "mul, forward+backward" in printed
    assert "torch, malloc tuned" in printed
    assert "its times mean nothing" in printed


@pytest.mark.parametrize(
    "arguments", [["memory"], ["--threads", "0"], ["--threads", "many"], ["steps", "--colour"]]
)
def test_bad_input_gets_exit_code_2(arguments: list[str]) -> None:
    result = benchmarks(*arguments)
    assert result.returncode == 2
    assert "benchmarks: error: " in result.stderr


def test_output_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = benchmarks("--out", str(tmp_path / "file"))
    assert result.returncode == 2
    assert result.stderr.startswith("benchmarks: --out")
    assert result.stderr.count("\n") == 1


def test_different_losses_are_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that draws other initial weights gets no time, however fast it is."""
    (tmp_path / "fake.py").write_text(
        "import torch\n\n\n"
        "def __getattr__(name):\n    return getattr(torch, name)\n\n\n"
        "manual_seed = lambda seed: torch.manual_seed(seed + 1)\n"
    )
    monkeypatch.chdir(ROOT)
    fake = Side("fake", "fake", {"PYTHONPATH": str(tmp_path)})
    suite = dataclasses.replace(steps.SUITE, sides=(TORCH, fake))
    with pytest.raises(WorkerError, match="steps, tiny_mlp: the sides compute different things"):
        run_suite(suite, threads=1, seed=0, quick=True, console=Console(quiet=True))


def test_relative_difference() -> None:
    assert relative_difference([2.0, 0.0], [2.0, 0.5]) == 0.25  # Of the largest number of all.
    assert relative_difference([0.0], [0.0]) == 0
    assert relative_difference([], []) == 0
    assert relative_difference([1.0], [1.0, 2.0]) == math.inf
    assert math.isnan(relative_difference([1.0, 1.0], [1.0, math.nan]))
