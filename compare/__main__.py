"""The command line: ``python -m compare [mlp|cnn|rnn|all] [options]``.

Exit codes: 0 all checks passed, 1 a check failed or a worker broke, 2 a mistake in the command line
or the data, 130 interrupted.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

from compare.errors import UsageError, WorkerError
from compare.models import MODELS
from compare.results import CHECKED_STEPS, RELATIVE_BOUND, Settings

REQUIRED_PACKAGES = ("matplotlib", "rich", "sklearn", "torch", "torchvision")


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
    parser = _Parser(
        prog="compare",
        description="Train the same model in PyTorch and in minitorch, side by side.",
        epilog=f"Fails (exit code 1) if initial weights, batches or dropout masks are not bit-equal"
        f", or a loss of the first {CHECKED_STEPS} steps differs by more than {RELATIVE_BOUND:.0e}"
        f" (relative).",
    )
    parser.add_argument("model", nargs="?", default="all", choices=[*MODELS, "all"])
    parser.add_argument(
        "--data",
        choices=["fashion_mnist", "digits"],
        help="default: fashion_mnist where a data root is given, else scikit-learn's digits",
    )
    parser.add_argument(
        "--data-root",
        metavar="DIR",
        default=os.environ.get("MINITORCH_DATA") or None,
        help="folder with FashionMNIST/raw/*.gz (default: MINITORCH_DATA)",
    )
    parser.add_argument(
        "--download", action="store_true", help="fetch Fashion-MNIST into the data root (or ./data)"
    )
    parser.add_argument("--epochs", type=_integer(1), default=5, metavar="N", help="default: 5")
    parser.add_argument("--steps", type=_integer(1), metavar="N", help="stop after N steps")
    parser.add_argument(
        "--batch-size", type=_integer(2), default=64, metavar="N", help="default: 64"
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
        "--out", metavar="DIR", default="out/compare", help="for report.png and report.json"
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
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from None

    from rich.console import Console

    from compare import data, plot, report, runner

    console = Console()
    images = data.load(options.data, options.data_root, options.download)
    if options.batch_size > len(images.train_images):
        raise UsageError(
            f"--batch-size {options.batch_size} is more than the "
            f"{len(images.train_images)} training images of {images.name}"
        )
    console.print(f"Data: {images.note}", highlight=False, soft_wrap=True)
    settings = Settings(
        batch_size=options.batch_size,
        epochs=options.epochs,
        steps=options.steps,
        lr=options.lr,
        seed=options.seed,
        threads=options.threads,
        device=options.device,
        libraries=options.libraries,
    )
    models = list(MODELS) if options.model == "all" else [options.model]
    runs = []
    with tempfile.TemporaryDirectory(prefix="minitorch-compare-") as folder:
        data.save_arrays(images, folder)
        for model in models:
            console.print(
                f"[bold]{model}[/]: {MODELS[model].__doc__}", highlight=False, soft_wrap=True
            )
            runs.append(runner.run_model(model, settings, folder, console))

    report.print_table(console, runs, images, settings)
    report.write_json(out / "report.json", runs, images, settings)
    libraries = " and ".join(report.describe(run) for run in (runs[0].reference, runs[0].candidate))
    title = f"{images.name}: {libraries}; {report.cpu_name()}"
    plot.write_plot(out / "report.png", runs, title)
    console.print(f"Written: {out}/report.png, {out}/report.json", highlight=False, soft_wrap=True)
    return 0 if all(run.passed for run in runs) else 1


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
