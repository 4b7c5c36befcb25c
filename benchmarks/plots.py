"""Pictures of a report: how many times as fast minitorch is, and how that changes with the size.

``python -m benchmarks.plots REPORT.json ...`` draws them again, beside the files. A ratio is drawn
on a log axis, where twice as fast and half as fast are equally far from 1.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from benchmarks.report import geometric_mean, significant
from compare.panels import CANDIDATE_COLOR, REFERENCE_COLOR

# Told apart by lightness too, for readers who see colours otherwise.
COLORS = {
    "minitorch": CANDIDATE_COLOR,
    "torch": REFERENCE_COLOR,
    "torch, malloc tuned": "#8a4b08",
    "torch.compile": "#b48ad6",
    "autograd": "#2a9d74",
    "mygrad": "#7cc4ee",
    "tinygrad": "#cc5f9a",
    "jax": "#555555",
}
PARTS = {
    "python": ("#e8b23a", "Python"),
    "numpy": ("#7cc4ee", "NumPy"),
    "blas": ("#1f5fa8", "BLAS"),
    "kernels": ("#2a9d74", "kernels"),
    "memory": ("#b5472f", "memory"),
    "threads": ("#777777", "threads"),
    "other": ("#d8d8d8", "other"),
}
"""What `breakdown` tells apart, and how it is drawn."""
DARK_PARTS = ("blas", "kernels", "memory", "threads")

SLOWER, FASTER = "#f4e3d7", "#e2ecf7"
GAP = 0.8
"""Between the bars of two works, in bars."""
MOST_BARS = 48
"""More works than this are drawn as a dot each, by group and size."""

Report = Mapping[str, Any]
Result = Mapping[str, Any]


def write_plots(folder: Path, report: Report) -> list[Path]:
    """Draws what the report has numbers for, and returns the files."""
    stem = f"{report['benchmark']}-{report['threads']}t"
    results = [result for result in report["results"] if result["ratios"]]
    sized = [result for result in results if result["size"] is not None]
    figures = {}
    if results and len(results) <= MOST_BARS:
        figures["ratios"] = draw_bars(report, results)
    elif results:
        figures["ratios"] = draw_dots(report, results)
    if any(isinstance(result["size"], str) for result in sized):
        figures["sizes"] = draw_ratio_curves(report, sized)
    elif sized:
        figures["sizes"] = draw_time_curves(report, sized)
    broken_down = [result for result in results if result.get("breakdown")]
    if broken_down:
        figures["breakdown"] = draw_breakdown(report, broken_down)
    paths = []
    for name, figure in figures.items():
        paths.append(folder / f"{stem}-{name}.png")
        figure.savefig(paths[-1], dpi=110)
    return paths


def draw_bars(report: Report, results: Sequence[Result]) -> Figure:
    """One row per work, one bar in it per library that did it, from 1 to its ratio."""
    names = _others(report)
    bars = sum(len(result["ratios"]) for result in results)
    figure = _figure(report, 10, 1.6 + 0.17 * (bars + GAP * len(results)))
    axes = figure.subplots()
    y, middles = 0.0, []
    for result in results:
        found = [name for name in names if name in result["ratios"]]
        middles.append(y + (len(found) - 1) / 2)
        for name in found:
            ratio, busy = result["ratios"][name], "*" if _busy(result, name) else ""
            label = name if name not in axes.get_legend_handles_labels()[1] else None
            left, width = min(ratio, 1), abs(ratio - 1)
            axes.barh(y, width, left=left, height=1, color=_color(name), label=label)
            axes.annotate(
                f"{ratio:.2f}{busy}",
                (ratio, y),
                (4 if ratio >= 1 else -4, 0),
                textcoords="offset points",
                ha="left" if ratio >= 1 else "right",
                va="center",
                fontsize=8,
            )
            y += 1
        y += GAP
    axes.set_yticks(middles, [result["name"] for result in results])
    axes.set_ylim(y - 0.3, -0.5 - GAP / 2)
    _ratio_axis(axes, [ratio for result in results for ratio in result["ratios"].values()])
    if any(_busy(result, name) for result in results for name in result["ratios"]):
        axes.set_xlabel(f"{axes.get_xlabel()} (*: measured beside other load)")
    _legend(figure, axes)
    return figure


def draw_dots(report: Report, results: Sequence[Result]) -> Figure:
    """A panel per size, a row per group, a dot per work; a bar at the geometric mean.

    The work with the lowest ratio is named where minitorch is the slower one by a fifth or more.
    """
    names, sizes = _others(report)[:2], _sizes(results)
    groups = list(dict.fromkeys(result["group"] for result in results))
    figure = _figure(report, 5.2 * len(sizes), 1.8 + 0.8 * len(groups))
    panels = figure.subplots(1, len(sizes), sharey=True, squeeze=False)[0]
    ratios = [ratio for result in results for ratio in result["ratios"].values()]
    for size, axes in zip(sizes, panels, strict=True):
        for row, group in enumerate(groups):
            found = [r for r in results if r["group"] == group and r["size"] == size]
            for i, name in enumerate(names):
                y = row + (-0.12 if i == 0 else 0.12)
                values = [r["ratios"][name] for r in found if name in r["ratios"]]
                if not values:
                    continue
                color, label = _color(name), name if row == 0 else None
                axes.scatter(
                    values, [y] * len(values), s=16, color=color, alpha=0.55, lw=0, label=label
                )
                axes.plot([geometric_mean(values)] * 2, [y - 0.12, y + 0.12], color=color, lw=3)
            _name_the_slowest(axes, row, found, names[-1], size)
        axes.set_title(str(size))
        _ratio_axis(axes, ratios)
    panels[0].set_yticks(range(len(groups)), groups)
    panels[0].set_ylim(len(groups) - 0.4, -0.6)
    _legend(figure, panels[0])
    return figure


def draw_ratio_curves(report: Report, results: Sequence[Result]) -> Figure:
    """A panel per group: how the ratios change from size to size.

    A thin line is one work against the torch with tuned malloc; thick lines are geometric means.
    """
    names, sizes = _others(report)[:2], _sizes(results)
    panels = _by_group(results)
    columns = min(4, len(panels))
    rows = -(-len(panels) // columns)
    figure = _figure(report, 3.7 * columns, 1.2 + 2.7 * rows)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for axes, (group, found) in zip(grid, panels.items(), strict=False):
        for curve in _curves(found).values():
            points = [(sizes.index(r["size"]), r["ratios"].get(names[-1])) for r in curve]
            axes.plot(*_known(points), color=_color(names[-1]), lw=0.6, alpha=0.45)
        for name in names:
            means = [
                (i, [r["ratios"][name] for r in found if r["size"] == size and name in r["ratios"]])
                for i, size in enumerate(sizes)
            ]
            points = [(i, geometric_mean(values) if values else None) for i, values in means]
            axes.plot(*_known(points), "o-", color=_color(name), lw=3, ms=6, label=name)
        axes.axhline(1, color="black", lw=1)
        axes.set_title(group, fontsize=11)
        axes.grid(alpha=0.25)
        axes.set_yscale("log")
        _plain_numbers(axes.yaxis)
        axes.set_xticks(range(len(sizes)), sizes)
        axes.margins(x=0.1)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    for axes in grid[max(0, len(panels) - columns) : len(panels)]:  # Nothing is below these.
        axes.tick_params(labelbottom=True)
    for axes in grid[::columns]:
        axes.set_ylabel("ratio: torch / minitorch")
    _legend(figure, grid[0])
    return figure


def draw_time_curves(report: Report, results: Sequence[Result]) -> Figure:
    """A panel per group: the time of each library over the size, both on log axes."""
    panels = _by_group(results)
    names = [side["name"] for side in report["sides"]]
    figure = _figure(report, 5.2 * len(panels), 4.8)
    for axes, (group, found) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        found = sorted(found, key=lambda result: result["size"])
        for name in names:
            measured = [(r["size"], r["measured"].get(name)) for r in found]
            points = [(size, value and value["median"]) for size, value in measured]
            axes.plot(*_known(points), "o-", color=_color(name), lw=2, label=name)
        axes.set(title=group, xlabel=report["size_name"], ylabel=report["unit"])
        axes.set(xscale="log", yscale="log")
        sizes = [result["size"] for result in found]
        axes.set_xticks(sizes, sizes, minor=False)
        axes.xaxis.set_minor_locator(NullLocator())
        low, high = axes.get_ylim()
        axes.set_ylim(min(low, high / 8), high)  # Or the axis would have no numbers.
        _plain_numbers(axes.yaxis)
        axes.grid(alpha=0.25)
    _legend(figure, figure.axes[0])
    return figure


def draw_breakdown(report: Report, results: Sequence[Result]) -> Figure:
    """One row per work: the shares of minitorch's processor time, and how much it was."""
    figure = _figure(report, 10, 1.8 + 0.36 * len(results), "where its time goes")
    axes = figure.subplots()
    left = [0.0] * len(results)
    for part, (color, label) in PARTS.items():
        shares = [100 * result["breakdown"]["shares"].get(part, 0.0) for result in results]
        axes.barh(range(len(results)), shares, left=left, color=color, label=label, height=0.75)
        for row, (start, share) in enumerate(zip(left, shares, strict=True)):
            if share >= 6:
                text = "white" if part in DARK_PARTS else "black"
                axes.text(
                    start + share / 2,
                    row,
                    f"{share:.0f}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=text,
                )
        left = [start + share for start, share in zip(left, shares, strict=True)]
    names = [f"{r['name']}  ({significant(r['breakdown']['cpu_ms'])} ms)" for r in results]
    axes.set_yticks(range(len(results)), names)
    axes.set_ylim(len(results) - 0.5, -0.5)
    axes.set(xlim=(0, 100), xlabel="minitorch's processor time in all threads, %")
    _legend(figure, axes)
    return figure


def _figure(report: Report, width: float, height: float, about: str = "") -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    threads = "1 thread" if report["threads"] == 1 else f"{report['threads']} threads"
    title = f"{report['title']} ({about or report['unit']}), {threads}"
    figure.suptitle(f"{title}: --quick, means nothing" if report["quick"] else title, fontsize=13)
    return figure


def _ratio_axis(axes: Axes, ratios: Iterable[float]) -> None:
    """A log axis around 1, which says on which side of it who is better."""
    ratios = [*ratios, 0.5, 2.0]  # Both halves are seen, wherever the numbers lie.
    margin = (max(ratios) / min(ratios)) ** 0.1  # The numbers beside the bars need it.
    low, high = min(ratios) / margin, max(ratios) * margin
    axes.set(xscale="log", xlim=(low, high), xlabel="ratio: the other's / minitorch's")
    axes.axvspan(low, 1, color=SLOWER, zorder=0)
    axes.axvspan(1, high, color=FASTER, zorder=0)
    axes.axvline(1, color="black", lw=1)
    axes.grid(alpha=0.25, axis="x")
    _plain_numbers(axes.xaxis)
    for place, text, side in ((0.99, "minitorch is better", "right"), (0.01, "worse", "left")):
        axes.text(
            place, 1.0, text, transform=axes.transAxes, ha=side, va="bottom", fontsize=8, alpha=0.7
        )


def _plain_numbers(axis: Any) -> None:
    """0.5, 1, 2, 5, 10 instead of powers of ten."""
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_locator(NullLocator())


def _name_the_slowest(
    axes: Axes, row: int, results: Sequence[Result], name: str, size: str
) -> None:
    found = [(result["ratios"][name], result) for result in results if name in result["ratios"]]
    if not found:
        return
    ratio, result = min(found, key=lambda pair: pair[0])
    if ratio < 0.8:
        text = f"{_without_size(result)}: {ratio:.2f}"
        axes.annotate(
            text,
            (ratio, row + 0.24),
            (0, -2),
            textcoords="offset points",
            fontsize=7,
            va="top",
            bbox={"facecolor": "white", "alpha": 0.75, "pad": 0.8, "lw": 0},
        )


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)


def _others(report: Report) -> list[str]:
    """The sides with which minitorch, the last one, is compared."""
    return [side["name"] for side in report["sides"]][:-1]


def _by_group(results: Sequence[Result]) -> dict[str, list[Result]]:
    groups = defaultdict(list)
    for result in results:
        groups[str(result["group"])].append(result)
    return groups


def _sizes(results: Sequence[Result]) -> list[Any]:
    return list(dict.fromkeys(result["size"] for result in results))


def _curves(results: Sequence[Result]) -> dict[str, list[Result]]:
    """The works that are one work at several sizes."""
    curves = defaultdict(list)
    for result in results:
        curves[_without_size(result)].append(result)
    return curves


def _without_size(result: Result) -> str:
    return str(result["name"]).replace(f", {result['size']}", "")


def _known(points: Iterable[tuple[Any, float | None]]) -> tuple[list[Any], list[float]]:
    known = [(x, y) for x, y in points if y is not None]
    return [x for x, _ in known], [y for _, y in known]


def _busy(result: Result, name: str) -> bool:
    return any(result["measured"][side]["busy_blocks"] for side in (name, "minitorch"))


def _color(name: str) -> str:
    return COLORS.get(name, "#999999")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        path = Path(argument)
        for written in write_plots(path.parent, json.loads(path.read_text())):
            print(written)
