"""Every lesson runs to its end, which is an assertion, and leaves its picture."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LESSONS = sorted((ROOT / "experiments").glob("[0-9][0-9]_*.py"))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_lesson(lesson: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(lesson)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    picture = tmp_path / "out" / f"{lesson.stem}.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.stem)
def test_lesson_is_in_the_syllabus(lesson: Path) -> None:
    assert f"({lesson.name})" in (ROOT / "experiments" / "README.md").read_text()


def test_lessons_exist() -> None:
    assert LESSONS
