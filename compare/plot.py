"""The five panels of a model: all in one picture ``<model>.png``, or each for a page, as SVG."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import HashableList

from compare import wording
from compare.panels import PANELS
from compare.report import cpu_name
from compare.results import ModelRun

LAYOUT: list[HashableList[str]] = [
    ["difference", "difference", "losses"],
    ["ulp", "metric", "times"],
]
STYLE: Any = {  # Matplotlib types the keys one by one, and differently from version to version.
    "axes.titlesize": 11,
    "legend.fontsize": 8.5,
    "legend.frameon": False,  # The panels leave room for it.
    "svg.fonttype": "none",  # Text remains text: small, sharp, and it can be searched.
    "svg.hashsalt": "compare",  # The same runs give the same bytes.
}


def write_plot(path: Path, run: ModelRun) -> None:
    """Draws all panels of one model into a PNG of about 1500 pixels' width."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(15, 8.6), layout="constrained")
        libraries = " and ".join(wording.describe(side) for side in (run.reference, run.candidate))
        heading = f"{run.model} on {run.data}, {wording.steps(run)} steps"
        figure.suptitle(f"{heading}: {run.description}\n{libraries}; {cpu_name()}", fontsize=11)
        for name, axes in figure.subplot_mosaic(LAYOUT).items():
            _draw(name, axes, run)
        figure.savefig(path, dpi=100)


def panel_svg(name: str, run: ModelRun) -> str:
    """Draws one panel without a background; only marks that are many are pixels."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(6, 4), layout="constrained")
        _draw(name, figure.subplots(), run)
        file = BytesIO()
        figure.savefig(file, format="svg", transparent=True, dpi=110, metadata={"Date": None})
    return file.getvalue().decode()


def _draw(name: str, axes: Axes, run: ModelRun) -> None:
    PANELS[name].draw(axes, run)
    axes.grid(alpha=0.25)
