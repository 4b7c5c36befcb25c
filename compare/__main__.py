"""The command line: ``python -m compare [MODEL|all] [options]``.

Exit codes: 0 all checks passed, 1 a check failed or a worker broke, 2 a mistake in the command line
or the data, 130 interrupted (the report of what ran is written all the same).
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from compare.errors import UsageError, WorkerError
from compare.models import MODELS
from compare.results import CHECKED_STEPS, FLOAT64_BOUND, RELATIVE_BOUND, Settings

REQUIRED_PACKAGES = ("jinja2", "matplotlib", "PIL", "rich", "sklearn", "torch", "torchvision")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of argparse's usage and error."""
        raise UsageError(f"{message} (try --help)")


def _integer(least: int, most: int = 2**31 - 1) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.removeprefix("-").isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"expected {least} to {most}, got {text!r}")
        return int(text)

    return parse


def _positive_float(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return value


def _library_pair(text: str) -> tuple[str, str]:
    first, _, second = text.partition(",")
    return first, second


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser; its defaults are the main job of ``make compare``."""
    cores = len(os.sched_getaffinity(0))
    models = "\n".join(f"  {name:14}{recipe.description}" for name, recipe in MODELS.items())
    parser = _Parser(
        prog="compare",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Train the same model in PyTorch and in minitorch, side by side.\n\n"
        f"models:\n{models}",
        epilog="Fails (exit code 1) if initial weights, batches or dropout masks are not\n"
        f"bit-equal, or a loss of the first {CHECKED_STEPS} steps differs by more than "
        f"{RELATIVE_BOUND:.0e} (relative)\n"
        f"and in float64, where rounding does not explain it, by more than {FLOAT64_BOUND:.0e}.\n"
        "Ctrl-C ends it with a report of what ran; the same command then goes on from there.",
    )
    parser.add_argument(
        "model",
        nargs="?",
        default="all",
        choices=[*MODELS, "all"],
        metavar="MODEL",
        help="one of the models above, or all (default)",
    )
    parser.add_argument(
        "--data-root",
        metavar="DIR",
        default=os.environ.get("MINITORCH_DATA") or None,
        help="folder with the real data sets (default: MINITORCH_DATA; without: small stand-ins)",
    )
    parser.add_argument(
        "--download",
        action="store_true",
        help="fetch the real data sets into the data root (or ./data)",
    )
    parser.add_argument(
        "--stand-in",
        action="store_true",
        help="use the small stand-ins even if MINITORCH_DATA is set",
    )
    parser.add_argument("--epochs", type=_integer(1), metavar="N", help="default: the model's own")
    parser.add_argument("--steps", type=_integer(1), metavar="N", help="at most N steps in all")
    parser.add_argument(
        "--batch-size", type=_integer(2), metavar="N", help="default: the model's own"
    )
    parser.add_argument("--lr", type=_positive_float, help="default: the model's own")
    parser.add_argument(
        "--seed", type=_integer(0, 2**63 - 1), default=0, metavar="N", help="default: 0"
    )
    parser.add_argument(
        "--threads",
        type=_integer(1, os.cpu_count() or 1),
        default=cores,
        metavar="N",
        help=f"of each library (default: all {cores} cores)",
    )
    parser.add_argument(
        "--device",
        choices=["auto", "cpu", "cuda"],
        default="auto",
        help="where PyTorch runs; minitorch stays on the CPU (default: auto)",
    )
    parser.add_argument(
        "--float64-steps",
        type=_integer(0),
        default=60,
        metavar="N",
        help="steps that are taken once more in double precision (default: 60)",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="out/compare",
        help="for report.html, report.json and a plot of each model (default: out/compare)",
    )
    parser.add_argument(
        "--fresh", action="store_true", help="begin anew, whatever an interrupted run has left"
    )
    # For the tests and for work on the runner itself: any two modules with PyTorch's API.
    parser.add_argument(
        "--libraries", type=_library_pair, default=("torch", "minitorch"), help=argparse.SUPPRESS
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs what the command line asks for, prints and writes the report; returns the exit code.

    Raises:
        UsageError: bad options or bad data.
        WorkerError: a worker process broke.
    """
    options = build_parser().parse_args(arguments)
    missing = [name for name in REQUIRED_PACKAGES if find_spec(name) is None]
    if missing:
        raise UsageError(f"{', '.join(missing)} not installed: pip install -e '.[compare]'")
    if options.stand_in and options.download:
        raise UsageError("--stand-in and --download exclude each other")
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from None

    from rich.console import Console

    from compare.comparison import Comparison

    settings = Settings(
        batch_size=options.batch_size,
        epochs=options.epochs,
        steps=options.steps,
        lr=options.lr,
        seed=options.seed,
        threads=options.threads,
        device=options.device,
        float64_steps=options.float64_steps,
        libraries=options.libraries,
    )
    comparison = Comparison(
        settings,
        out,
        data_root=None if options.stand_in else options.data_root,
        download=options.download,
        console=Console(),
    )
    return comparison.run(options.model, fresh=options.fresh)


def main() -> int:
    """Turns every expected failure into one line on standard error and an exit code."""
    try:
        return run()
    except UsageError as error:
        print(f"compare: {error}", file=sys.stderr)
        return 2
    except WorkerError as error:
        print(f"compare: {error}\n{error.traceback_tail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("compare: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
