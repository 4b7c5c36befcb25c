"""What ``import minitorch`` loads, and what a user is told while kernels are compiled."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minitorch import _compile_progress, warmup
from minitorch._compile_progress import CompileProgress

# Modules that make the start slow, and that most programs do not need at once.
NOT_AT_START = [
    "PIL",
    "argparse",
    "asyncio",
    "llvmlite",
    "matplotlib",
    "minitorch.distributions",
    "minitorch.serialization",
    "minitorch.text",
    "minitorch.vision",
    "minitorch.warmup",
    "multiprocessing",
    "numba",
    "scipy",
    "tqdm",
    "unittest",
    "zipfile",
]


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def test_modules_that_wait_until_they_are_needed() -> None:
    loaded = run("import sys, minitorch; print(*sys.modules)").stdout.split()
    assert "minitorch.nn" in loaded
    assert not {name for name in NOT_AT_START if name in loaded}


@pytest.mark.parametrize("before", ["enable", "disable"])
def test_the_garbage_collector_is_as_it_was(before: str) -> None:
    code = f"import gc; gc.{before}(); import minitorch; print(gc.isenabled())"
    assert run(code).stdout.split() == [str(before == "enable")]


KERNEL = """
import minitorch
minitorch._compile_progress.PATIENCE_SECONDS = 0
from minitorch.native.fused_optim import sqrt_kernel, sign_kernel
for kernel in (sqrt_kernel, sign_kernel):
    kernel(2.0)
"""


@pytest.mark.parametrize(("wanted", "lines"), [("1", 1), ("0", 0), ("", 0)])
def test_a_cold_compile_says_what_it_does(tmp_path: Path, wanted: str, lines: int) -> None:
    settings = {"NUMBA_CACHE_DIR": str(tmp_path), "MINITORCH_COMPILE_PROGRESS": wanted}
    code = KERNEL.replace("import minitorch\n", "import minitorch._compile_progress\n", 1)
    assert run(code, **settings).stderr.count("compiling kernels for the first use") == lines
    assert run(code, **settings).stderr == ""  # they are on disk now


class Terminal:
    """Standard error of somebody who looks at it."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_the_line_on_a_terminal_is_wiped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.delenv("MINITORCH_COMPILE_PROGRESS", raising=False)
    progress = CompileProgress()
    event: Any = None
    progress.on_start(event)
    progress.on_end(event)
    assert terminal.text == ""  # it was quick
    progress.seconds = 2 * _compile_progress.PATIENCE_SECONDS
    progress.on_start(event)
    assert terminal.text.endswith("minitorch: compiling kernels for the first use (1 so far) ...")
    progress.on_end(event)
    assert terminal.text.endswith("\r\x1b[K")


def test_warmup_reports_every_piece(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(warmup, "PIECES", (warmup.regression,))
    warmup.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("1/1 regression: ")
    assert "kernels compiled in" in lines[-1]
