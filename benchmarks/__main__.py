"""The command line: ``python -m benchmarks [overhead|ops|steps|...|all] [options]``.

Each benchmark's JSON file and plots are written as soon as it is done, so what an interrupted run
has finished is kept.

Exit codes: 0 all was measured, 1 a worker broke, or torch or minitorch could not do a work, or they
compute different things, 2 a mistake in the command line, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, NoReturn

from rich.console import Console

from benchmarks import harness, loading, memory, ops, optimizers, overhead, plots, startup, steps
from benchmarks.report import BUSY_LOAD, failures, load_average, print_table, write_json
from benchmarks.sides import all_there, choose_sides, parse_against
from compare.errors import UsageError, WorkerError

Run = Callable[..., dict[str, Any]]

# Memory and start-up need a fresh process for each number; all others work in turns.
RUNS: dict[str, tuple[Any, Run]] = {
    **{
        module.SUITE.name: (module.SUITE, harness.run_suite)
        for module in (overhead, ops, optimizers, steps, loading)
    },
    "memory": (memory.SUITE, memory.run_suite),
    "startup": (startup.SUITE, startup.run_suite),
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of argparse's usage and error."""
        raise UsageError(f"{message} (try --help)")


def _threads(text: str) -> list[int]:
    most = os.cpu_count() or 1
    counts = text.split(",")
    if not all(count.isdecimal() and 1 <= int(count) <= most for count in counts):
        raise argparse.ArgumentTypeError(f"expected numbers from 1 to {most}, got {text!r}")
    return list(dict.fromkeys(map(int, counts)))


def build_parser() -> argparse.ArgumentParser:
    """Returns the parser; its defaults are what ``make bench`` runs."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parser = _Parser(
        prog="benchmarks",
        description="Time minitorch and PyTorch on the same work, in turns.",
        epilog="Numbers that are worth keeping need a machine on which nothing else runs.",
    )
    parser.add_argument("benchmark", nargs="?", default="all", choices=[*RUNS, "all"])
    parser.add_argument(
        "--against",
        metavar="A,B",
        help="torch (always there), torch.compile, autograd, mygrad, tinygrad, jax "
        "(default: all that are installed; with --quick, torch alone)",
    )
    parser.add_argument(
        "--threads",
        type=_threads,
        default=[cores],
        metavar="N,M",
        help=f"of each library; several numbers run one after another (default: all {cores} cores)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="few works and runs: shows that all works, times mean nothing",
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        default="out/benchmarks",
        help="for the JSON files and plots (default: out/benchmarks)",
    )
    return parser


def run(arguments: Sequence[str] | None = None) -> list[str]:
    """Runs what the command line asks for, prints the tables and writes JSON files and plots.

    Returns:
        The works that torch or minitorch could not do, or in which they differ.

    Raises:
        UsageError: a mistake in the arguments, or the output folder cannot be made.
        WorkerError: a worker broke.
    """
    options = build_parser().parse_args(arguments)
    against = parse_against(options.against) if options.against else []
    if not options.against and not options.quick:
        against = all_there()
    out = Path(options.out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror}") from None
    console = Console()
    say = partial(console.print, highlight=False, soft_wrap=True)
    if load_average()[0] > BUSY_LOAD and not options.quick:
        say(f"[yellow]This machine is busy (load average {load_average()[0]}).[/]")
    failed = []
    names = RUNS if options.benchmark == "all" else [options.benchmark]
    with harness.Workers() as workers:
        for threads, name in product(options.threads, names):
            suite, run_suite = RUNS[name]
            report = run_suite(
                choose_sides(suite, against),
                threads=threads,
                seed=options.seed,
                quick=options.quick,
                console=console,
                # Where times mean nothing, the processes of one suite may serve the next.
                workers=workers if options.quick else None,
            )
            path = out / f"{name}-{threads}t.json"
            write_json(path, report)
            print_table(console, report)
            for written in (path, *plots.write_plots(out, report)):
                say(f"Written: {written}")
            failed += failures(report)
    return failed


def main() -> int:
    """Turns every expected failure into a line on standard error and an exit code."""
    try:
        failed = run()
    except UsageError as error:
        print(f"benchmarks: error: {error}", file=sys.stderr)
        return 2
    except WorkerError as error:
        print(f"benchmarks: {error}\n{error.traceback_tail}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("benchmarks: interrupted", file=sys.stderr)
        return 130
    for failure in failed:
        print(f"benchmarks: {failure}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
