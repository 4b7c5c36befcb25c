"""``report.html``: everything on one page that needs no network and no other file."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import jinja2

from compare import report, wording
from compare.panels import PANELS
from compare.plot import panel_svg
from compare.results import CHECKED_STEPS, RELATIVE_BOUND, ModelRun, Settings, largest

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Parting:
    """How far the losses of both libraries part in the same steps, in either precision."""

    run: ModelRun
    steps: int
    float32: float
    float64: float

    @property
    def ratio(self) -> float:
        """How many times smaller the difference is in float64."""
        return self.float32 / self.float64


@dataclass(frozen=True)
class Picture:
    """A panel as an image that stands in the page itself."""

    alt: str
    address: str


def write_page(
    path: Path,
    runs: list[ModelRun],
    settings: Settings,
    plots: dict[str, Path],
    interrupted: bool,
) -> None:
    """Writes the page.

    Args:
        plots: by model, the files of `plot.write_plot`; the page links to them.
        interrupted: whether Ctrl-C ended the comparison, which the page then says first.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    links = {model: os.path.relpath(plot, path.parent) for model, plot in plots.items()}
    page = environment.get_template("report.html").render(
        runs=runs,
        settings={name: _setting(value) for name, value in settings.as_dict().items()},
        plots={model: quote(link) for model, link in links.items()},
        interrupted=interrupted,
        wording=wording,
        verdict=wording.overall_verdict(runs, interrupted),
        partings=[parting for run in runs if (parting := _parting(run))],
        pictures=_pictures,
        libraries=report.libraries_of(runs),
        cpu=report.cpu_name(),
        versions=report.versions(),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        checked_steps=CHECKED_STEPS,
        bound=f"{RELATIVE_BOUND:.0e}",
    )
    path.write_text(page)


def _pictures(run: ModelRun) -> list[Picture]:
    return [
        # Shorter than base64; blanks and these signs may stand in a quoted address as they are.
        Picture(panel.tell(run), "data:image/svg+xml," + quote(panel_svg(name, run), " /=:;,+"))
        for name, panel in PANELS.items()
    ]


def _parting(run: ModelRun) -> Parting | None:
    """Compares the precisions over the steps taken in both, unless a loss is NaN there."""
    if run.float64 is None:
        return None
    steps = min(len(run.relative_difference), len(run.float64.relative))
    float32 = largest(run.relative_difference[:steps])
    float64 = largest(run.float64.relative[:steps])
    finite = math.isfinite(float32) and math.isfinite(float64)
    return Parting(run, steps, float32, float64) if finite else None


def _setting(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "the model's own" if value is None else str(value)
