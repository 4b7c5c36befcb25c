"""The published scoreboard holds: what passes in docs/scoreboard.json passes on a fixed sample of every
entry, and its totals keep their promises.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest
import torch

from tests.parity import SAME_WORDS
from tests.scoreboard import report, scope, table
from tests.scoreboard.checks import Check
from tests.scoreboard.entry import Entry

SAMPLES = 2
"""Of each property: `python -m tests.scoreboard` runs all."""

IN_SCOPE = [e for e in table.entries() if e.reason is None]


@functools.cache
def published() -> dict[str, Any]:
    return json.loads((report.DOCS / "scoreboard.json").read_text())


@pytest.mark.skipif(not SAME_WORDS, reason="published for another version of torch")
@pytest.mark.parametrize("entry", IN_SCOPE, ids=lambda e: f"{e.table}-{e.name}")
def test_what_passes_still_passes(entry: Entry) -> None:
    passes = set(published()["entries"][entry.name]["passes"])
    checks = table.run_entry(entry, SAMPLES)
    lost = [f"{c.key}: {c.first_error}" for c in checks if not c.ok and report.label(c) in passes]
    assert not lost, "\n".join(lost)
    assert passes <= {report.label(c) for c in checks}


@pytest.mark.skipif(not SAME_WORDS, reason="published for another version of torch")
def test_every_entry_of_torch_is_published() -> None:
    assert list(published()["entries"]) == [e.name for e in table.entries()]


def share(entries: list[dict[str, Any]], wanted: set[str]) -> float:
    """The share of entries that pass all the wanted checks they have."""
    having = [e for e in entries if wanted & {*e["passes"], *e["misses"]}]
    return sum(not wanted & set(e["misses"]) for e in having) / len(having)


def operations(*families: str) -> list[dict[str, Any]]:
    return [
        e
        for e in published()["entries"].values()
        if e["table"] == "operations"
        and "passes" in e
        and (not families or e["family"] in families)
    ]


FIRST_ORDER = {"forward float32", "gradient float32"}


@pytest.mark.parametrize("family", scope.EVERYDAY)
def test_everyday_families_are_complete(family: str) -> None:
    assert share(operations(family), FIRST_ORDER) == 1


def test_promised_shares() -> None:
    assert share(operations(), FIRST_ORDER) >= 0.95
    assert share(operations(), {"second derivative float64"}) >= 0.95
    assert share(operations(), {"error inputs"}) >= 0.95


@pytest.mark.parametrize("table", ["modules", "optimizers"])
def test_layers_and_optimizers_are_complete(table: str) -> None:
    entries = [e for e in published()["entries"].values() if e["table"] == table and "passes" in e]
    assert len(entries) >= {"modules": 114, "optimizers": 14}[table]
    assert [e["misses"] for e in entries if e["misses"]] == []


# --------------------------------------------------------------------------- the scoreboard itself


def test_a_wrong_result_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scoreboard sees a wrong value, a wrong gradient and a wrong type of exception."""
    import minitorch

    def wrong(input: Any) -> Any:
        return minitorch.tanh(input) * 1.001

    monkeypatch.setattr(minitorch, "sin", wrong)
    (entry,) = [e for e in table.entries() if e.name == "sin"]
    missed = {report.label(c) for c in table.run_entry(entry) if not c.ok}
    assert {"forward float32", "gradient float64", "second derivative float64"} <= missed


def test_a_missing_operation_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    import minitorch

    monkeypatch.delattr(minitorch, "logsumexp")
    (entry,) = [e for e in table.entries() if e.name == "logsumexp"]
    (check,) = [c for c in table.run_entry(entry, 1) if report.label(c) == "forward float32"]
    assert check.first_error == "minitorch.logsumexp does not exist"


def test_published_results_are_read_as_written() -> None:
    """So that ``--update`` changes nothing but the entries that it ran."""
    ran = Check("sin", "element-wise", "forward", "float32", 9, 9, main=True)
    missed = Check("sin", "element-wise", "second derivative", "float64", 9, 7, "off", ["a rule"])
    refused = Check("sin", "element-wise", "error inputs", "", 2, 2)
    entry = Entry("operations", "sin", "element-wise", None)
    sparse = Entry("operations", "sparse.mm", "products", "sparse tensors")
    results = {entry: [ran, refused, missed], sparse: []}
    assert report.from_json(report.as_json(results), results) == results


def test_a_check_that_runs_nothing_is_no_pass() -> None:
    assert not Check("entry", "family", "forward", "float32").ok


def test_dtypes_of_the_scoreboard() -> None:
    assert set(scope.DTYPES) == {torch.float32, torch.float64, torch.int64, torch.bool}
