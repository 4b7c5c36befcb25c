"""The benchmarks: a quick run of all, what their files hold, and what they refuse to time."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

import minitorch
from benchmarks import __main__ as command_line
from benchmarks import (
    fusion,
    load,
    loading,
    ops,
    optimizers,
    overhead,
    peers,
    plots,
    sides,
    steps,
    tables,
)
from benchmarks.harness import Method, compare_results, relative_difference, run_suite
from benchmarks.report import failures, print_table, significant, summary_of_blocks, write_json
from benchmarks.suite import (
    MINITORCH,
    PEERS,
    TORCH,
    TORCH_COMPILED,
    TORCH_KEEPING_MEMORY,
    Effort,
    Side,
    Suite,
)
from benchmarks.worker import MOST_NUMBERS, Session, numbers
from compare.errors import UsageError

ROOT = Path(__file__).parent.parent
TIMED = {
    suite.name: suite for suite in (m.SUITE for m in (overhead, ops, optimizers, steps, loading))
}
ALL = [*TIMED, "memory", "startup"]
SIDES = ["torch", "torch, malloc tuned", "minitorch"]


def benchmarks(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own, on a screen that is wide enough."""
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def quick_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the benchmarks printed, and the folder into which they wrote."""
    out = tmp_path_factory.mktemp("benchmarks")
    # One thread: the tests that run beside this one would make a thread pool wait for its members.
    result = benchmarks("all", "--quick", "--threads", "1", "--seed", "3", "--out", str(out))
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout, out


@pytest.mark.parametrize("name", ALL)
def test_fields_of_the_report(quick_run: tuple[str, Path], name: str) -> None:
    report = json.loads((quick_run[1] / f"{name}-1t.json").read_text())
    assert report["schema"] == 2
    assert report["benchmark"] == name
    assert report["quick"] is True
    assert report["seed"] == 3
    assert report["threads"] == 1
    assert report["effort"].keys() == vars(Effort(1, 1, 1)).keys()

    environment = report["environment"]
    assert environment["cpu"]
    assert environment["cores"] == os.cpu_count()
    assert environment["versions"].keys() >= {"python", "torch", "minitorch", "numpy", "numba"}
    assert environment["commit"] is None or len(environment["commit"]) == 40
    for moment in ("load_average_before", "load_average_after"):
        assert len(environment[moment]) == 3

    assert [side["name"] for side in report["sides"]] == SIDES
    assert all(side["threads"] == 1 for side in report["sides"])
    assert all(side["version"] for side in report["sides"])

    assert report["results"]
    for result in report["results"]:
        assert result["cannot"] == {}
        assert all(0 <= value <= 1e-5 for value in result["first_results_differ"].values())
        assert list(result["measured"]) == SIDES
        for value in result["measured"].values():
            assert len(value["blocks"]) == report["effort"]["blocks"]
            assert 0 < value["lowest"] <= value["median"] <= value["highest"]
        ours = result["measured"]["minitorch"]["median"]
        for side, ratio in result["ratios"].items():
            assert ratio == pytest.approx(result["measured"][side]["median"] / ours, rel=1e-3)


@pytest.mark.parametrize("name", TIMED)
def test_a_quick_run_does_some_works_of_each_suite(quick_run: tuple[str, Path], name: str) -> None:
    report = json.loads((quick_run[1] / f"{name}-1t.json").read_text())
    works = TIMED[name].works
    done = [result["name"] for result in report["results"]]
    assert 2 <= len(done) <= 4
    assert set(done) <= set(works)
    for result in report["results"]:
        assert result["group"] == getattr(works[result["name"]], "group", None)
        for value in result["measured"].values():
            assert len(value["loads"]) == len(value["blocks"])


def test_where_the_time_of_a_step_goes(quick_run: tuple[str, Path]) -> None:
    report = json.loads((quick_run[1] / "steps-1t.json").read_text())
    for result in report["results"]:
        if result["breakdown"] is not None:  # None on other systems than Linux on x86-64.
            assert sum(result["breakdown"]["shares"].values()) == pytest.approx(1)


def test_what_is_printed_and_drawn(quick_run: tuple[str, Path]) -> None:
    printed, out = quick_run
    assert "ratio: torch" in printed
    assert "mul, " in printed
    assert "torch, malloc tuned" in printed
    assert "its times mean nothing" in printed
    for name in ALL:
        picture = out / f"{name}-1t-ratios.png"
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert str(picture) in printed
    assert not list(out.glob("*.unfinished"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["speed"],
        ["--threads", "0"],
        ["--threads", "1,many"],
        ["--threads", "1,"],
        ["steps", "--colour"],
        ["--against", "caffe"],
        ["--against", "torch,,mygrad"],
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *arguments])
    assert command_line.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("benchmarks: error: ")
    assert error.count("\n") == 1


def test_output_folder_that_is_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--out", str(tmp_path / "file")])
    assert command_line.main() == 2
    error = capsys.readouterr().err
    assert error.startswith("benchmarks: error: --out")
    assert error.count("\n") == 1


def test_different_results_are_not_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that computes with other numbers gets no time, however fast it is."""
    (tmp_path / "fake.py").write_text(
        "import torch\n\n\n"
        "def __getattr__(name):\n    return getattr(torch, name)\n\n\n"
        "def from_numpy(array):\n    return torch.from_numpy(1.001 * array)\n"
    )
    monkeypatch.chdir(ROOT)
    fake = Side("fake", "fake", {"PYTHONPATH": str(tmp_path)})
    suite = dataclasses.replace(
        overhead.SUITE, sides=(TORCH, fake, MINITORCH), quick_works=("add, forward",)
    )
    report = run_suite(suite, threads=1, seed=0, quick=True, console=Console(quiet=True))
    (result,) = report["results"]
    assert "computes something else than torch" in result["cannot"]["fake"]
    assert list(result["measured"]) == ["torch", "minitorch"]
    assert list(result["ratios"]) == ["torch"]
    assert failures(report) == []  # That is about torch and minitorch.


# --------------------------------------------------------------------------- the method


class FakeChild:
    """A worker that answers each turn with the next time and load."""

    def __init__(self, *turns: tuple[float, float | None], results: Any = ([1.0],)) -> None:
        self.turns = itertools.chain(turns, itertools.repeat(turns[-1]))
        self.results = results
        self.asked: list[str] = []

    def ask(self, action: str, **arguments: Any) -> dict[str, Any]:
        self.asked.append(action)
        if action == "prepare":
            return self.results if isinstance(self.results, dict) else {"results": self.results}
        seconds, load = next(self.turns)
        return {"seconds": [seconds], "load": load}


def suite_of(*names: str, blocks: int = 3) -> Suite:
    effort = Effort(blocks=blocks, runs_per_block=1, warmup_runs=0)
    all_sides = tuple(Side(name, name) for name in names)
    works: dict[str, Callable[..., Any]] = {"work": lambda torch, seed: None}
    return Suite("fake", "A work", "ms", 1e3, works, all_sides, full=effort, quick=effort)


def test_a_busy_block_is_repeated_and_the_calmest_turn_counts() -> None:
    busy = FakeChild((9.0, 0.8), (5.0, 0.3), (1.0, 0.0), (2.0, 0.05))
    calm = FakeChild((4.0, 0.0))
    method = Method(suite_of("torch", "minitorch"), suite_of("a").full, repeats=100)
    result = method.measure("work", [busy, calm])
    assert result["measured"]["torch"]["blocks"] == [1000, 2000, 2000]
    assert result["measured"]["torch"]["loads"] == [0.0, 0.05, 0.05]
    assert result["measured"]["torch"]["busy_blocks"] == 0
    assert result["ratios"] == {"torch": 0.5}
    assert method.repeats_left == 98
    assert calm.asked == ["prepare", "measure", "measure", "measure"]


def test_a_block_that_stays_busy_is_marked() -> None:
    busy = FakeChild((9.0, 0.8), (5.0, 0.3), (7.0, 0.9), (2.0, 0.0))
    method = Method(suite_of("torch", "minitorch"), suite_of("a").full, repeats=100)
    result = method.measure("work", [FakeChild((4.0, 0.0)), busy])
    assert result["measured"]["minitorch"]["blocks"] == [5000, 2000, 2000]
    assert result["measured"]["minitorch"]["busy_blocks"] == 1
    report = report_of([result], "torch", "minitorch")
    assert "2000 ±75%*" in printed_table(report)
    assert "blocks that ran beside other load: 1 of all 6" in printed_table(report)


def test_repeats_come_to_an_end() -> None:
    """On a machine that is always busy, and on one that does not tell."""
    busy = FakeChild((1.0, 0.8))
    method = Method(suite_of("torch", "minitorch"), suite_of("a").full, repeats=1)
    result = method.measure("work", [FakeChild((1.0, None)), busy])
    assert busy.asked.count("measure") == 4
    assert result["measured"]["minitorch"]["busy_blocks"] == 3
    assert result["measured"]["torch"]["busy_blocks"] == 0
    assert "is not known" in printed_table(report_of([result], "torch", "minitorch"))


def test_a_side_that_cannot_do_a_work() -> None:
    able, unable = FakeChild((1.0, 0.0)), FakeChild((1.0, 0.0), results={"cannot": "no GPU"})
    names = ("torch", "jax", "minitorch")
    method = Method(suite_of(*names), suite_of("a").full, repeats=0)
    result = method.measure("work", [able, unable, able])
    assert result["cannot"] == {"jax": "no GPU"}
    assert result["ratios"] == {"torch": 1.0}
    report = report_of([result], *names)
    assert "—" in printed_table(report)
    assert "work: jax: no GPU" in printed_table(report)
    assert failures(report) == []

    result = method.measure("work", [able, able, unable])
    assert result["measured"] == {}  # Nothing is timed where minitorch takes no part.
    assert failures(report_of([result], *names)) == ["fake, work: minitorch: no GPU"]


def test_compare_results() -> None:
    def replies(*results: Any) -> dict[str, Any]:
        return {f"side {i}": {"results": result} for i, result in enumerate(results)}

    differences, cannot = compare_results(
        replies([[1.0]], [[1.0]], [[1.1]], [[math.nan]], [[1, 2]])
    )
    assert differences["side 1"] == 0
    assert differences["side 2"] == pytest.approx(0.1 / 1.1)
    assert differences["side 3"] is differences["side 4"] is None  # JSON knows no NaN.
    assert list(cannot) == ["side 2", "side 3", "side 4"]
    unable = {"torch": {"cannot": "out of memory"}, **replies([[1.0]])}
    assert compare_results(unable)[1].keys() == {"torch", "side 0"}


def test_relative_difference() -> None:
    assert relative_difference([2.0, 0.0], [2.0, 0.5]) == 0.25  # Of the largest number of all.
    assert relative_difference([0.0], [0.0]) == 0
    assert relative_difference([], []) == 0
    assert relative_difference([1.0], [1.0, 2.0]) == math.inf
    assert math.isnan(relative_difference([1.0, 1.0], [1.0, math.nan]))


def test_times_are_divided_by_the_operations_in_a_run() -> None:
    name, work = next(iter(ops.SUITE.works.items()))
    suite = dataclasses.replace(ops.SUITE, sides=(TORCH, MINITORCH))
    method = Method(suite, suite_of("a").full, repeats=0)
    result = method.measure(name, [FakeChild((1e-3, 0.0)), FakeChild((2e-3, 0.0))])
    per_run: Any = work
    assert result["measured"]["torch"]["median"] == 1e3 / per_run.operations_per_run
    assert (result["group"], result["size"]) == (per_run.group, per_run.size)


# --------------------------------------------------------------------------- load


def test_busy_seconds() -> None:
    """All but idle and iowait; a guest's time is counted as its user's already."""
    text = "cpu  100 20 30 4000 500 6 7 8 90 9\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    assert load.busy_seconds(text) == pytest.approx(171 * load.TICK_S)


@pytest.mark.parametrize(
    ("busy_s", "own_s", "expected"),
    [(1.0, 1.0, 0.0), (1.0 + 2 * load.TICK_S, 1.0, 0.0), (2.0 + 2 * load.TICK_S, 1.0, 0.5)],
)
def test_load(
    busy_s: float, own_s: float, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([(10.0, 50.0, 5.0), (12.0, 50.0 + busy_s, 5.0 + own_s)])
    monkeypatch.setattr(load, "_reading", lambda: next(readings))
    assert load.LoadMeter().load() == pytest.approx(expected)


def test_load_of_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "_reading", lambda: None)
    assert load.LoadMeter().load() is None
    assert not load.is_busy(None)


def test_own_work_is_no_load_and_others_work_is() -> None:
    """Another process computes; this one does too."""
    meter = load.LoadMeter()
    code = "import time\nend = time.perf_counter() + 0.3\nwhile time.perf_counter() < end: pass"
    other = subprocess.Popen([sys.executable, "-c", code])
    try:
        while other.poll() is None:
            sum(range(1000))
            measured = meter.load()
    finally:
        other.wait()
    if measured is not None:  # None where there is no /proc/stat.
        assert measured > load.BUSY_CORES


# --------------------------------------------------------------------------- the worker


def session(works: dict[str, Any]) -> Session:
    session = Session("minitorch", threads=1, compiled=False)
    session.suite = dataclasses.replace(overhead.SUITE, works=works)
    return session


def test_a_work_that_cannot_be_done_has_a_reason() -> None:
    def prepare(torch: Any, seed: int) -> Any:
        raise NotImplementedError("no such thing\nin this library")

    before = minitorch.get_num_threads()
    try:
        reply = session({"work": prepare}).prepare("work", runs=1)
    finally:
        minitorch.set_num_threads(before)
    assert reply == {"cannot": "NotImplementedError: no such thing"}


def test_a_turn_ends_with_the_first_of_its_limits() -> None:
    before = minitorch.get_num_threads()
    try:
        worker = session({"work": lambda torch, seed: lambda: torch.ones(3)})
    finally:
        minitorch.set_num_threads(before)
    assert worker.prepare("work", runs=2) == {"results": [[1.0] * 3] * 2}
    assert len(worker.measure(runs=4, limit_s=60)["seconds"]) == 4
    assert len(worker.measure(runs=4, limit_s=0)["seconds"]) == 1


def test_numbers_of_a_result() -> None:
    assert numbers(minitorch.tensor([1.0, 2.0], requires_grad=True)) == [1.0, 2.0]
    assert numbers(torch.tensor([True, False])) == [1.0, 0.0]
    assert numbers(minitorch.tensor([1 + 2j])) == [1.0, 2.0]
    assert numbers(np.float32(3)) == [3.0]
    many = numbers(np.arange(100_001))
    assert len(many) == MOST_NUMBERS + 1
    assert many[0] == 0
    assert many[-2:] == [100_000.0, 50_000.0]


# --------------------------------------------------------------------------- fusion


def recorded(form: str, start: minitorch.Tensor) -> list[str]:
    """The operations of relu, dropout and a residual connection, last first."""
    with fusion.leave_out(fusion.FORMS[form]):
        start = start.view(32)
        out = minitorch.nn.functional.dropout(start.relu()) + start
    nodes = {out.grad_fn}
    while behind := {edge[0] for node in nodes for edge in node.next_edges if edge} - nodes:
        nodes |= behind
    out.sum().backward()  # The gradient finds its way in every form.
    nodes = {node for node in nodes if "Accumulate" not in node.name()}
    last_first = sorted(nodes, key=lambda node: -node.sequence_nr)
    return [node.name().removesuffix("Backward0") for node in last_first]


def test_chains_of_element_wise_operations_are_left_out() -> None:
    def ones() -> minitorch.Tensor:
        return minitorch.ones(4, 8, requires_grad=True)

    as_it_is = ["Add", "Mul", "Relu", "View", "Exp"]
    assert recorded(fusion.AS_IT_IS, ones().exp()) == as_it_is
    assert recorded(fusion.CHAINS, ones().exp()) == ["HandedOn", "Relu", "View", "Exp"]
    assert recorded(fusion.CHAINS, ones() + 1) == ["HandedOn", "View", "Add"]  # One chain in all.
    assert recorded(fusion.NONE, ones().exp()) == ["HandedOn", "View", "Exp"]
    assert recorded(fusion.AS_IT_IS, ones().exp()) == as_it_is


def test_what_fusion_could_gain() -> None:
    measured = {"tiny_mlp": fusion.measure(steps.SUITE.works["tiny_mlp"], seconds=0)}
    assert list(measured["tiny_mlp"]) == list(fusion.FORMS)
    assert all(0 < time_ms < math.inf for time_ms in measured["tiny_mlp"].values())
    assert fusion.table_of(measured).row_count == 1


# --------------------------------------------------------------------------- sides and peers


def test_who_takes_part(monkeypatch: pytest.MonkeyPatch) -> None:
    both = (TORCH, TORCH_KEEPING_MEMORY)
    assert sides.choose_sides(steps.SUITE, []).sides == (*both, MINITORCH)
    with_compiler = sides.choose_sides(steps.SUITE, ["torch.compile", "jax"])
    assert with_compiler.sides == (*both, TORCH_COMPILED, MINITORCH)
    with_peer = sides.choose_sides(overhead.SUITE, ["torch.compile", "jax"])
    assert with_peer.sides == (*both, PEERS[-1], MINITORCH)
    assert TORCH_COMPILED not in ops.SUITE.sides  # To compile 500 works would take an hour.

    monkeypatch.setattr(sides.shutil, "which", lambda name: None)
    assert sides.why_missing(TORCH_COMPILED) == "no C++ compiler was found"
    with pytest.raises(UsageError, match=r"--against torch\.compile: no C\+\+ compiler"):
        sides.parse_against("torch,torch.compile")
    monkeypatch.setattr(sides, "find_spec", lambda name: None)
    assert sides.all_there() == []
    with pytest.raises(UsageError, match="--against jax: jax is not installed"):
        sides.parse_against("jax")


def peer_works() -> list[tuple[str, str]]:
    chains = [("overhead", work) for work in overhead.SUITE.works]
    tiny = [("ops", work) for work, how in ops.SUITE.works.items() if how.size == "tiny"]
    return [pair for pair in chains + tiny if peers._written(*pair, 0) is not None]


@pytest.mark.parametrize(("suite", "work"), peer_works(), ids=lambda text: text.replace(" ", "_"))
def test_works_in_numpys_words_are_torchs(suite: str, work: str) -> None:
    """What the peers compute, computed by NumPy, is what torch computes."""
    written = peers._written(suite, work, seed=0)
    assert written is not None
    if written.grad_output is not None:
        assert written.grad_output.shape == written.function(np, *written.arrays).shape
        return
    expected = TIMED[suite].works[work](torch, 0)()
    actual = np.asarray(written.function(np, *written.arrays))
    torch.testing.assert_close(torch.from_numpy(actual), expected)


def test_some_works_are_written_for_the_peers() -> None:
    works = peer_works()
    assert {suite for suite, _ in works} == {"overhead", "ops"}
    assert len(works) >= 30
    with pytest.raises(NotImplementedError, match="not written"):
        peers.prepare(np, "steps", "mlp", 0)


# --------------------------------------------------------------------------- reports


def report_of(results: list[dict[str, Any]], *names: str, **fields: Any) -> dict[str, Any]:
    known = {"torch": "torch", "torch, malloc tuned": "torch"}
    return {
        "schema": 2,
        "benchmark": "fake",
        "title": "A work",
        "unit": "ms",
        "size_name": "size",
        "quick": False,
        "threads": 2,
        "effort": {"blocks": 3},
        "environment": {
            "commit": "0123456789abcdef",
            "uncommitted_changes": False,
            "cpu": "A CPU",
            "cores": 2,
            "versions": {"python": "3", "torch": "2", "numpy": "2", "numba": "1"},
            "started": "2026-11-21T00:00:00+00:00",
            "load_average_before": [0.0, 0.0, 0.0],
        },
        "sides": [
            {"name": name, "library": known.get(name, name), "version": "1", "compiled": False}
            for name in names
        ],
        "results": results,
    } | fields


def result_of(name: str, group: str | None, size: Any, *medians: float) -> dict[str, Any]:
    blocks = dict(zip(SIDES, [[median] for median in medians], strict=True))
    loads: dict[str, list[float | None]] = {side: [0.0] for side in SIDES}
    entry = {"name": name, "group": group, "size": size, "cannot": {}, "first_results_differ": {}}
    return entry | summary_of_blocks(SIDES, blocks, loads)


def printed_table(report: dict[str, Any]) -> str:
    console = Console(width=200, record=True, quiet=False, file=open(os.devnull, "w"))  # noqa: SIM115
    print_table(console, report)
    return console.export_text()


def test_significant_digits() -> None:
    values = (0.012345, 0.9999, 1.5, 12.34, 123.4, 98765.4)
    assert [significant(value) for value in values] == [
        "0.0123", "1.000", "1.50", "12.3", "123", "98765",
    ]  # fmt: skip


def test_table_in_markdown() -> None:
    report = report_of([result_of("mlp", None, None, 6.0, 3.0, 1.5)], *SIDES)
    head, _, row, _, origin, *_ = tables.markdown(report).split("\n")
    assert head == (
        "| A work, ms | torch | torch, malloc tuned | minitorch "
        "| ratio: torch | ratio: torch, malloc tuned |"
    )
    assert row == "| mlp | 6.00 | 3.00 | 1.50 | 4.00 | 2.00 |"
    assert origin.startswith("2 threads, 2 cores of A CPU, Python 3, torch 2")


def many_results() -> list[dict[str, Any]]:
    """Two groups of operations at two sizes: more than a table of works can hold."""
    return [
        result_of(f"op {i}, {size}", group, size, 2.0 + i, 1.0 + i, 1.0)
        for group in ("sums", "products")
        for i in range(20)
        for size in ("tiny", "large")
    ]


def test_a_long_table_is_summed_up() -> None:
    head, _, sums, _products, *_ = tables.markdown(report_of(many_results(), *SIDES)).split("\n")
    assert head.startswith(
        "| geometric means of ratios | works | tiny: torch | tiny: torch, malloc"
    )
    assert sums.startswith("| sums | 40 | ")
    assert sums.endswith("| 1.00 (op 0, large) |")


def test_tables_go_between_their_lines(tmp_path: Path) -> None:
    report = report_of([result_of("mlp", None, None, 6.0, 3.0, 1.5)], *SIDES)
    write_json(tmp_path / "new.json", report)
    (tmp_path / "old.json").write_text('{"schema": 1}')
    text = (
        "a\n<!-- table: new.json -->\nx\n<!-- end of table -->\nb\n"
        "<!-- table: new.json old.json -->\ny\n<!-- end of table -->\n"
        "<!-- table: none.json -->\nz\n<!-- end of table -->\n"
    )
    filled = tables.with_tables(text, tmp_path)
    expected = text.replace("\nx\n", f"\n\n{tables.markdown(report)}\n")
    assert filled == expected
    assert tables.with_tables(filled, tmp_path) == filled


def test_operations_below_their_goal() -> None:
    results = [
        result_of("add, tiny, forward", "sums", "tiny", 0.9, 1.0, 1.0),
        result_of("add, tiny, forward+backward", "sums", "tiny", 0.5, 1.0, 1.0),
        result_of("add, large, forward", "sums", "large", 0.9, 1.0, 1.0),
        result_of("add, medium, forward", "sums", "medium", 0.1, 1.0, 1.0),
        result_of("mul, large, forward", "products", "large", 0.7, 1.0, 1.0),
    ]
    head, _, sums, products, *_ = tables.misses(report_of(results, *SIDES)).split("\n")
    assert head == "|  | tiny: below 1.0 | large: below 0.8 |"
    assert sums == "| sums | add 0.90; add, with backward 0.50 | — |"
    assert products == "| products | — | mul 0.70 |"


@pytest.mark.parametrize("page", tables.PAGES, ids=lambda page: page.name)
def test_the_tables_of_a_page_are_those_of_the_committed_files(page: Path) -> None:
    text = page.read_text()
    tables_begun = text.count("<!-- table: ") + text.count("<!-- misses: ")
    assert tables_begun == text.count("<!-- end of table -->") > 0
    assert tables.with_tables(text) == text


@pytest.mark.parametrize(
    ("results", "names"),
    [
        (many_results(), ["ratios", "sizes"]),
        (
            [result_of(f"mlp {n}", "mlp", n, 1.0 * n, 2.0, 3.0) for n in (1, 16)],
            ["ratios", "sizes"],
        ),
        ([result_of("mlp", None, None, 5.0, 2.0, 3.0)], ["ratios"]),
        ([], []),
    ],
    ids=["words", "numbers", "no_sizes", "nothing"],
)
def test_plots(results: list[dict[str, Any]], names: list[str], tmp_path: Path) -> None:
    paths = plots.write_plots(tmp_path, report_of(results, *SIDES))
    assert [path.name for path in paths] == [f"fake-2t-{name}.png" for name in names]
    assert all(path.stat().st_size > 10_000 for path in paths)


def test_what_an_interrupted_run_has_finished_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def done(*_: Any, **__: Any) -> dict[str, Any]:
        return report_of([result_of("mlp", None, None, 6.0, 3.0, 1.5)], *SIDES)

    def interrupted(*_: Any, **__: Any) -> dict[str, Any]:
        raise KeyboardInterrupt

    runs = {"first": (steps.SUITE, done), "second": (steps.SUITE, interrupted)}
    monkeypatch.setattr(command_line, "RUNS", runs)
    arguments = ["benchmarks", "--quick", "--threads", "1", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", arguments)
    assert command_line.main() == 130
    assert json.loads((tmp_path / "first-1t.json").read_text())["results"]
    assert not (tmp_path / "second-1t.json").exists()
