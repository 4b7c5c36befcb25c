"""The command line: ``python -m benchmarks [overhead|steps|optimizers|loading|all] [options]``.

Exit codes: 0 all was measured, 1 a worker broke or the libraries compute different things, 2 a
mistake in the command line, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from benchmarks import harness, loading, optimizers, overhead, steps
from compare.errors import UsageError, WorkerError

SUITES = {module.SUITE.name: module.SUITE for module in (overhead, steps, optimizers, loading)}


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser; its defaults are what ``make bench`` runs."""
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(
        prog="benchmarks",
        description="Time minitorch and PyTorch on the same work, in turns.",
        epilog="Numbers that are worth keeping need a machine on which nothing else runs.",
    )
    parser.add_argument("benchmark", nargs="?", default="all", choices=[*SUITES, "all"])
    parser.add_argument(
        "--threads",
        type=int,
        default=cores,
        choices=range(1, (os.cpu_count() or 1) + 1),
        metavar="N",
        help=f"of each library (default: all {cores} cores)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--quick", action="store_true", help="few runs: shows that all works, times mean nothing"
    )
    parser.add_argument(
        "--out", metavar="DIR", default="out/benchmarks", help="for overhead.json and so on"
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> None:
    """Runs what the command line asks for, prints the tables and writes the JSON files.

    Raises:
        UsageError: the output folder cannot be made.
        WorkerError: a worker broke, or the libraries compute different things.
    """
    options = build_parser().parse_args(arguments)
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from None
    console = Console()
    for name in SUITES if options.benchmark == "all" else [options.benchmark]:
        report = harness.run_suite(
            SUITES[name],
            threads=options.threads,
            seed=options.seed,
            quick=options.quick,
            console=console,
        )
        harness.print_table(console, report)
        harness.write_json(out / f"{name}.json", report)
        console.print(f"Written: {out / name}.json", highlight=False, soft_wrap=True)


def main() -> int:
    """Turns every expected failure into a line on standard error and an exit code."""
    try:
        run()
    except UsageError as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 2
    except WorkerError as error:
        print(f"benchmarks: {error}\n{error.traceback_tail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
