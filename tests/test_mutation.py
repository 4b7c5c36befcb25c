"""The rows of test_ops.py notice changes in the formulas of gradients: see mutation.py."""

from __future__ import annotations

import pytest

from tests import mutation


@pytest.mark.slow
def test_every_sampled_change_of_a_formula_is_noticed() -> None:
    assert [str(change) for change in mutation.survivors(mutation.SAMPLE_SIZE)] == []


def test_every_backward_stands_in_the_graph_of_a_row() -> None:
    present = mutation.rows_of_operators()
    missing = {operator.__name__ for operator in mutation.operators() if operator not in present}
    assert missing == set(mutation.WITHOUT_ROW)


def test_the_changes_that_cannot_matter_are_still_possible(monkeypatch: pytest.MonkeyPatch) -> None:
    equivalent = mutation.EQUIVALENT
    monkeypatch.setattr(mutation, "EQUIVALENT", {"no formula": "begins like this"})
    possible = [
        str(change)
        for formula in mutation.rows_of_formulas()
        for change in mutation.mutations_of(formula)
    ]
    for beginning in equivalent:
        assert any(change.startswith(beginning) for change in possible), beginning
