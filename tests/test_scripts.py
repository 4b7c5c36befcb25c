"""Everyday PyTorch programs, run unchanged in both libraries: same words, same numbers, same weights.

Each program of tests/scripts says ``import torch`` and nothing of minitorch, prints what such
programs print, and saves its parameters where its last argument says.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import minitorch

SCRIPTS = sorted(Path(__file__).with_name("scripts").glob("*.py"))
ROOT = Path(__file__).parents[1]

NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w])", re.IGNORECASE)
RTOL = 1e-3  # after tens of optimizer steps in float32, which sums in another order drive apart


def last_digit(number: str) -> float:
    """What one more in the last printed digit is worth: 1 for ``12``, 0.01 for ``0.25``."""
    mantissa, _, exponent = number.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)


def assert_same_output(actual: str, expected: str) -> None:
    """The same text around numbers that differ by RTOL, or by how the last digit is rounded."""
    lines = list(zip(actual.splitlines(), expected.splitlines(), strict=False))
    assert len(actual.splitlines()) == len(expected.splitlines()), f"{actual}\n---\n{expected}"
    for mine, other in lines:
        words = [" ".join(NUMBER.sub("#", line).split()) for line in (mine, other)]
        assert words[0] == words[1], f"minitorch: {mine}\ntorch:     {other}"
        for a, b in zip(NUMBER.findall(mine), NUMBER.findall(other), strict=True):
            rounding = last_digit(b) if "." in b or "e" in b.lower() else 0.0
            close = abs(float(a) - float(b)) <= RTOL * abs(float(b)) + rounding
            assert close, f"{a} and {b} in\nminitorch: {mine}\ntorch:     {other}"


def tensors(saved: Any, name: str = "") -> dict[str, Any]:
    """The tensors of a checkpoint, by their place in it."""
    if isinstance(saved, dict):
        items: Any = saved.items()
    elif isinstance(saved, (list, tuple)):
        items = enumerate(saved)
    else:
        return {name: saved} if isinstance(saved, minitorch.Tensor) else {}
    found: dict[str, Any] = {}
    for key, value in items:
        found.update(tensors(value, f"{name}.{key}"))
    return found


def start(command: list[str], output: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *command, str(output)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=output.parent,
        env=environment,
    )


def printed(process: subprocess.Popen[str]) -> str:
    output, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return output


def test_there_are_enough_scripts_and_none_knows_of_minitorch() -> None:
    assert len(SCRIPTS) >= 16
    assert not [path.name for path in SCRIPTS if "minitorch" in path.read_text()]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_script_prints_and_learns_the_same(script: Path, tmp_path: Path) -> None:
    theirs = start([str(script)], tmp_path / "torch.pt")
    ours = start(["-m", "minitorch", str(script)], tmp_path / "minitorch.pt")
    actual, expected = printed(ours), printed(theirs)
    assert NUMBER.search(expected)
    assert_same_output(actual, expected)

    mine = tensors(minitorch.load(tmp_path / "minitorch.pt"))
    other = tensors(minitorch.load(tmp_path / "torch.pt"))
    assert mine.keys() == other.keys() and mine
    # A weight near 0 has gone as far as the others: its rounding is not relative to itself.
    minitorch.testing.assert_close(mine, other, rtol=RTOL, atol=1e-4)


def test_torch_reads_what_minitorch_saved(tmp_path: Path) -> None:
    """One file, both loaders."""
    minitorch.save({"w": minitorch.arange(3.0)}, tmp_path / "w.pt")
    torch.testing.assert_close(torch.load(tmp_path / "w.pt")["w"], torch.arange(3.0))
