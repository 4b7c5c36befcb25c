"""How long a library takes until it works, in milliseconds, in fresh processes.

- import: of the library, in an interpreter that has imported nothing that it needs.
- first step, kernels in the cache: after the import, to build the MLP of `compare` and train it for
  one step. minitorch imports Numba and loads its compiled kernels; torch has a compiler's front end
  to import when it makes an optimizer.
- first step, empty cache: the same where minitorch's kernels have never been compiled, as after its
  installation. torch's were compiled before it was packed.

The cache is a folder of its own, so the one in use is neither seen nor touched. The processes of
all sides take turns, one at a time; the load beside each is measured as in `load`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from rich.console import Console

from benchmarks.harness import compare_results
from benchmarks.load import LoadMeter
from benchmarks.report import describe_environment, describe_run, summary_of_blocks
from benchmarks.suite import MINITORCH, TORCH, TORCH_KEEPING_MEMORY, Effort, Side, Suite
from compare.child import POOL_SIZES
from compare.errors import WorkerError

IMPORT, WARM, COLD = "import", "first step, kernels in the cache", "first step, empty cache"
COLD_BLOCKS = 2
"""A step with an empty cache takes so long that more of them say nothing new."""

SUITE = Suite(
    name="startup",
    title="Import, and the first training step of the MLP",
    unit="ms",
    per_second=1e3,
    works={},
    sides=(TORCH, TORCH_KEEPING_MEMORY, MINITORCH),
    full=Effort(blocks=10, runs_per_block=1, warmup_runs=1),
    quick=Effort(blocks=1, runs_per_block=1, warmup_runs=0),
)


def run_suite(
    suite: Suite, *, threads: int, seed: int, quick: bool, console: Console, workers: object = None
) -> dict[str, Any]:
    """Starts process after process on every side and returns the report.

    With ``quick``, the step with an empty cache is left out, and the cache in use is used.

    Args:
        workers: not used; as in `harness.run_suite`.
    """
    effort = suite.quick if quick else suite.full
    environment = describe_environment()
    cold: list[dict[str, Any]] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        console.status("startup", refresh_per_second=1) as status,
    ):
        variables: dict[str, str] = {}
        for block in range(0 if quick else COLD_BLOCKS):
            status.update(f"startup, threads: {threads}: {COLD}, {block + 1} of {COLD_BLOCKS}")
            variables = {"NUMBA_CACHE_DIR": f"{folder}/{block}"}
            cold.append(_turn(suite, block, threads, seed, variables))
        warm = []
        for block in range(effort.blocks):
            status.update(f"startup, threads: {threads}: {block + 1} of {effort.blocks}")
            warm.append(_turn(suite, block, threads, seed, variables))
    rows = [
        (IMPORT, "import", warm),
        (WARM, "step", warm),
        *([(COLD, "step", cold)] if cold else []),
    ]
    descriptions = [
        {name: warm[0][side.name][name] for name in ("version", "threads")} for side in suite.sides
    ]
    results = [_entry(suite, *row) for row in rows]
    return describe_run(
        suite, effort, environment, descriptions, results, threads=threads, seed=seed, quick=quick
    )


def _turn(
    suite: Suite, turn: int, threads: int, seed: int, variables: dict[str, str]
) -> dict[str, Any]:
    """One process of each side, one after another; who begins changes from turn to turn."""
    first = turn % len(suite.sides)
    sides = [*suite.sides[first:], *suite.sides[:first]]
    return {side.name: _start(side, threads, seed, variables) for side in sides}


def _start(side: Side, threads: int, seed: int, variables: dict[str, str]) -> dict[str, Any]:
    pools = dict.fromkeys(POOL_SIZES, str(threads))
    meter = LoadMeter()
    process = subprocess.run(
        [
            sys.executable,
            *("-m", "benchmarks.fresh_process"),
            *(side.library, str(threads), str(seed)),
        ],
        env={**os.environ, **pools, **side.environment, **variables},
        capture_output=True,
        text=True,
    )
    load = meter.load()
    if process.returncode:
        raise WorkerError(f"startup: {side.name} broke", process.stderr)
    return {**json.loads(process.stdout), "load": load}


def _entry(suite: Suite, name: str, key: str, turns: list[dict[str, Any]]) -> dict[str, Any]:
    names = [side.name for side in suite.sides]
    losses = {name: {"results": [[turn[name]["loss"]] for turn in turns]} for name in names}
    differences, cannot = compare_results(losses)
    able = [name for name in names if name not in cannot]
    blocks = {name: [turn[name][key] * suite.per_second for turn in turns] for name in able}
    loads = {name: [turn[name]["load"] for turn in turns] for name in able}
    return {
        "name": name,
        "group": None,
        "size": None,
        "first_results_differ": differences,
        "cannot": cannot,
    } | summary_of_blocks(names, blocks, loads)
