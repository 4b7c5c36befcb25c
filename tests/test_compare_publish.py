"""The pages' tables of the comparison are those of the report that is kept beside them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from compare import publish
from compare.models import MODELS

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The report that the pages show."""
    content: dict[str, Any] = json.loads((publish.KEPT / "report.json").read_text())
    return content


@pytest.mark.parametrize("page", publish.PAGES, ids=lambda page: page.name)
def test_a_page_shows_what_the_report_says(page: Path, report: dict[str, Any]) -> None:
    text = page.read_text()
    assert "<!-- compare: results -->" in text
    assert publish.with_tables(text, report) == text


def test_the_report_is_of_all_models_and_all_passed(report: dict[str, Any]) -> None:
    assert [model["model"] for model in report["models"]] == list(MODELS)
    assert report["passed"]
    assert report["complete"]
    for model in report["models"]:
        assert model["float64"]["largest_difference"] < 1e-10  # As README says.
        assert (publish.KEPT / f"{model['model']}.png").is_file()
        assert "losses" not in model["reference"]
        assert "data_note" not in model  # It names a folder of the machine.


TARGETS = {
    "mlp": 0.89,
    "cnn": 0.91,
    "imdb_lstm": 0.85,
    "housing": 0.75,
    "qa": 0.95,
    "unet": 0.75,
}


def test_the_published_results_reach_their_targets_on_real_data(report: dict[str, Any]) -> None:
    models = {model["model"]: model for model in report["models"]}
    for name, target in TARGETS.items():
        ours, theirs = (models[name][side]["final_metric"] for side in ("candidate", "reference"))
        assert ours >= target, name
        assert abs(ours - theirs) < 0.01, name
    transfer, scratch = (models[name] for name in ("vgg_transfer", "vgg_scratch"))
    assert transfer["planned_steps"] == scratch["planned_steps"]
    for side in ("reference", "candidate"):
        assert transfer[side]["final_metric"] > scratch[side]["final_metric"]


def test_publishing_keeps_no_list_of_single_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: dict[str, Any]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- compare: origin -->\nold\n<!-- end of compare -->\n")
    monkeypatch.setattr(publish, "PAGES", (page,))
    monkeypatch.setattr(publish, "KEPT", tmp_path / "kept")
    folder = tmp_path / "folder"
    shutil.copytree(ROOT / "docs" / "compare", folder)
    long = json.loads(json.dumps(report))
    long["models"][0]["reference"]["losses"] = [1.0] * 1000
    (folder / "report.json").write_text(json.dumps(long))
    assert publish.main([str(folder)]) == 0
    assert json.loads((tmp_path / "kept" / "report.json").read_text()) == report
    assert "old" not in page.read_text()
    assert "PyTorch 2" in page.read_text()


@pytest.mark.parametrize("complete", [None, False])
def test_no_report_and_half_a_report_are_not_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], complete: bool | None
) -> None:
    if complete is not None:
        (tmp_path / "report.json").write_text(json.dumps({"complete": complete}))
    assert publish.main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("compare.publish: ")
