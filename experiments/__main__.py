"""The lessons' command line: ``python -m experiments [NUMBER | all] [options of the lesson]``.

Exit codes: 0 the lesson's last assertion held, 1 a lesson failed, 2 a mistake in the command line
or the data, 130 interrupted.
"""

from __future__ import annotations

import argparse
import re
import runpy
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from compare.errors import UsageError

REQUIRED_PACKAGES = ("matplotlib", "optuna", "sklearn", "tqdm")

SHARED_OPTIONS = """\
options that every lesson takes, after its number (some lessons have more: 07 --help):
  --quick          in seconds: less data, fewer steps
  --data-root DIR  folder with the real data sets (default: MINITORCH_DATA; without: a stand-in)
  --download       fetch the real data set into the data root
  --out DIR        for the pictures (default: out/experiments)
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of argparse's usage and error."""
        raise UsageError(f"{message} (options stand after the number; try --help)")


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of the first word; the words after it belong to the lesson."""
    parser = _Parser(
        prog="python -m experiments",
        usage="%(prog)s [-h] [NUMBER | all] [options of the lesson]",
        description="Lists the lessons, runs one, or runs all of them one after the other.",
        epilog=SHARED_OPTIONS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "lesson", nargs="?", metavar="NUMBER | all", help="7, 07 or all; default: list them"
    )
    return parser


def find_lessons(folder: Path) -> dict[int, Path]:
    """The files ``NN_name.py``, by their numbers."""
    return {int(path.name[:2]): path for path in sorted(folder.glob("[0-9][0-9]_*.py"))}


def title(lesson: Path) -> str:
    """The lesson's first heading, without its number."""
    heading = re.search(r"^# # (?:\d+\. )?(.+)$", lesson.read_text("utf-8"), re.MULTILINE)
    return heading[1] if heading else lesson.stem


def run_here(lesson: Path, options: Sequence[str]) -> None:
    """Runs the lesson in this process, as ``python lesson.py`` would: as the module ``__main__``,
    where its own worker processes find what it defines.
    """
    sys.argv = [str(lesson), *options]
    sys.path.insert(0, str(lesson.parent))
    runpy.run_path(str(lesson), run_name="__main__")


def run_all(lessons: dict[int, Path], options: Sequence[str]) -> int:
    """Runs each lesson in a process of its own, with a line each; returns how many failed."""
    failed = 0
    for number, lesson in lessons.items():
        print(f"{number:02}  {title(lesson):<56}", end="", flush=True)
        start = time.perf_counter()
        result = subprocess.run(
            [sys.executable, str(lesson), *options], capture_output=True, text=True
        )
        seconds = time.perf_counter() - start
        print(f"{seconds:7.1f} s  {'failed' if result.returncode else 'ok'}", flush=True)
        if result.returncode:
            failed += 1
            print(f"    {last_line(result.stderr)}", flush=True)
    print(f"{len(lessons)} lessons, {failed} failed")
    return failed


def last_line(errors: str) -> str:
    """The end of a traceback: the error itself."""
    lines = errors.strip().splitlines()
    return lines[-1] if lines else "no message"


def run(arguments: Sequence[str], folder: Path) -> int:
    """Does what the command line asks for, with the lessons of a folder; returns the exit code.

    Raises:
        UsageError: there is no such lesson, an option stands before the number, or a package that
            lessons use is not installed.
    """
    chosen: str | None = build_parser().parse_args(arguments[:1]).lesson
    options = arguments[1:]
    lessons = find_lessons(folder)
    if chosen is None:
        for number, lesson in lessons.items():
            print(f"{number:02}  {title(lesson)}")
        return 0
    missing = [name for name in REQUIRED_PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(f"{', '.join(missing)} not installed: pip install -e '.[experiments]'")
    if chosen == "all":
        return 1 if run_all(lessons, options) else 0
    if not chosen.isdecimal() or int(chosen) not in lessons:
        raise UsageError(
            f"no lesson {chosen}: there are {min(lessons):02} to {max(lessons):02} "
            f"(`python -m experiments` lists them)"
        )
    run_here(lessons[int(chosen)], options)
    return 0


def main(arguments: Sequence[str] | None = None, folder: Path = Path(__file__).parent) -> int:
    """Turns every expected failure into one line on standard error and an exit code."""
    try:
        return run(sys.argv[1:] if arguments is None else arguments, folder)
    except UsageError as error:
        print(f"experiments: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nexperiments: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
