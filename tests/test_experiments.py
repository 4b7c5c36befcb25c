"""Every lesson runs to its end, which is an assertion, and leaves its picture; so does their runner.

The lessons run as a user without any data runs them: offline, with the stand-ins, in ``--quick``.
"""

from __future__ import annotations

import ast
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.__main__ import find_lessons, main, title

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "experiments"
LESSONS = find_lessons(FOLDER)
COUNT = 22
PNG = b"\x89PNG\r\n\x1a\n"

each_lesson = pytest.mark.parametrize(
    "lesson", LESSONS.values(), ids=[lesson.stem for lesson in LESSONS.values()]
)


def environment() -> dict[str, str]:
    """One thread, no data, nothing of a terminal's width."""
    others = {k: v for k, v in os.environ.items() if k not in ("MINITORCH_DATA", "COLUMNS")}
    return {**others, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def cells(lesson: Path) -> list[tuple[str, str]]:
    """The percent cells, as (kind, text)."""
    head, *parts = re.split(r"^# %%(.*)\n", lesson.read_text("utf-8"), flags=re.MULTILINE)
    assert head == "", "something stands before the first cell"
    kinds = {" [markdown]": "markdown", "": "code"}
    return [(kinds[mark], text) for mark, text in zip(parts[::2], parts[1::2], strict=True)]


# ------------------------------------------------------------------------------ the lessons


def test_the_lessons_are_numbered_without_gaps() -> None:
    assert list(LESSONS) == list(range(1, COUNT + 1))
    assert len(list(FOLDER.glob("[0-9]*.py"))) == COUNT, "two lessons share a number"


@each_lesson
def test_a_lesson_runs(lesson: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, str(lesson), "--quick", "--out", "pictures"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    assert "Warning" not in result.stderr, result.stderr
    assert (tmp_path / "pictures" / f"{lesson.stem}.png").read_bytes().startswith(PNG)


@each_lesson
def test_a_lesson_is_prose_and_code_in_turn(lesson: Path) -> None:
    """No prose without code after it, and seldom two code cells in a row."""
    kinds = "".join("M" if kind == "markdown" else "C" for kind, _ in cells(lesson))
    assert re.fullmatch("(MCC?){4,}", kinds), kinds
    assert kinds.count("CC") <= 2
    for kind, text in cells(lesson):
        assert text.strip()
        if kind == "markdown":
            assert all(line.startswith("#") for line in text.strip().splitlines()), text
        else:
            assert ast.parse(text).body, text


@each_lesson
def test_a_lesson_is_short_and_ends_in_an_assertion(lesson: Path) -> None:
    text = lesson.read_text("utf-8")
    # Blank lines and the marks of cells are neither prose nor code.
    lines = [line for line in text.splitlines() if line not in ("", "#") and line[:4] != "# %%"]
    assert 40 <= len(lines) <= 150
    assert re.match(rf"# # {int(lesson.name[:2])}\. \w", cells(lesson)[0][1])
    assert "# ## What to see\n" in text
    last = ast.parse(text).body[-1]
    if isinstance(last, ast.For | ast.With):
        last = last.body[-1]
    assert isinstance(last, ast.Assert)


@each_lesson
def test_a_lesson_is_in_the_syllabus_with_its_picture(lesson: Path) -> None:
    picture = f"pictures/{lesson.stem}.png"
    syllabus = (FOLDER / "README.md").read_text("utf-8")
    (row,) = [line for line in syllabus.splitlines() if f"]({lesson.name})" in line]
    assert row.startswith(f"| {lesson.name[:2]} |")
    assert f"]({picture})" in row
    content = (FOLDER / picture).read_bytes()
    assert content.startswith(PNG)
    assert len(content) < 250_000


# ------------------------------------------------------------------------------- the runner

LESSON = """\
# %% [markdown]
# # 3. A title
#
# An idea.

# %%
import multiprocessing
import sys

import beside

def square(number):
    return number * number

# %% [markdown]
# ## More

# %%
if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(sys.argv[1:], beside.VALUE, pool.map(square, [2, 3]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Lessons of our own: 3 runs, 4 has bad data, 5 fails, 12 runs."""
    lessons = {
        "03_first.py": LESSON,
        "04_data.py": f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from compare.errors import UsageError\nraise UsageError('DIR/x.gz is bad')",
        "05_fails.py": "# # 5. It fails\nassert 1 == 2, 'not equal'",
        "12_last.py": "# # 12. The last\nprint('ran')",
        "beside.py": "VALUE = 7",
        "notes_13.py": "",
    }
    for name, text in lessons.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def same_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undoes what a lesson's run leaves behind: its ``sys.argv`` and its place in ``sys.path``."""
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_the_list(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], folder) == 0
    expected = ["03  A title", "04  04_data", "05  It fails", "12  The last"]
    assert capsys.readouterr().out.splitlines() == expected


def test_the_list_of_the_real_lessons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [f"{number:02}  {title(lesson)}" for number, lesson in LESSONS.items()]
    assert all(len(line) <= 60 for line in lines)


@pytest.mark.usefixtures("same_process")
@pytest.mark.parametrize("number", ["3", "03"])
def test_one_lesson(number: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its options reach it, it imports what stands beside it, and so do its own processes."""
    assert main([number, "--quick", "--ask", "Why?"], folder) == 0
    assert capfd.readouterr().out == "['--quick', '--ask', 'Why?'] 7 [4, 9]\n"


@pytest.mark.usefixtures("same_process")
def test_the_error_of_a_lesson_is_its_own(folder: Path) -> None:
    with pytest.raises(AssertionError, match="not equal"):
        main(["5"], folder)


@pytest.mark.usefixtures("same_process")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["99"], "no lesson 99: there are 03 to 12"),
        (["x"], "no lesson x: there are 03 to 12"),
        (["--quick", "3"], "unrecognized arguments: --quick (options stand after the number"),
        (["4"], "DIR/x.gz is bad"),
    ],
)
def test_a_mistake_is_one_line(
    arguments: list[str], words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments, folder) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("experiments: ")
    assert words in errors
    assert errors.count("\n") == 1


def test_a_missing_package(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("experiments.__main__.REQUIRED_PACKAGES", ("json", "no_such_package"))
    assert main(["3"], folder) == 2
    expected = "experiments: no_such_package not installed: pip install -e '.[experiments]'\n"
    assert capsys.readouterr().err == expected


def test_all_goes_on_after_a_failure(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["all", "--quick"], folder) == 1
    lines = capsys.readouterr().out.splitlines()
    outcomes = [re.sub(r" +\d+\.\d s +", " | ", line) for line in lines]
    assert outcomes == [
        "03  A title | ok",
        "04  04_data | failed",
        "    compare.errors.UsageError: DIR/x.gz is bad",
        "05  It fails | failed",
        "    AssertionError: not equal",
        "12  The last | ok",
        "4 lessons, 2 failed",
    ]


def test_all_is_well_if_no_lesson_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "04_data.py").unlink()
    (folder / "05_fails.py").unlink()
    assert main(["all"], folder) == 0
    assert capsys.readouterr().out.endswith("2 lessons, 0 failed\n")


@pytest.mark.parametrize("chosen", ["3", "all"])
def test_interrupted(chosen: str, folder: Path) -> None:
    """Ctrl-C: the signal reaches all processes of the terminal."""
    (folder / "03_first.py").write_text(
        "import pathlib, time\npathlib.Path('started').touch()\ntime.sleep(60)"
    )
    call = f"import sys, pathlib; from experiments.__main__ import main; sys.exit(main(['{chosen}'], pathlib.Path('.')))"
    process = subprocess.Popen(
        [sys.executable, "-c", call],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    limit = time.monotonic() + 60
    while not (folder / "started").exists() and time.monotonic() < limit:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == "experiments: interrupted"


def test_help_names_the_options_that_all_lessons_share(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    of_runner = capsys.readouterr().out
    options = re.findall(r'"(--[a-z-]+)"', (FOLDER / "lesson.py").read_text("utf-8"))
    assert len(options) == 4
    for option in options:
        assert f"\n  {option} " in of_runner


def test_the_module_is_a_command() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "experiments", "0"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("experiments: no lesson 0: there are 01 to ")
