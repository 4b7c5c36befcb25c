"""What a comparison leaves behind: the table on the screen, report.json, the plots and the page."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from compare import page, plot, report, wording
from compare.panels import PANELS
from compare.results import Distance, LibraryRun, ModelRun, Settings, Trajectory

SETTINGS = Settings(
    batch_size=None,
    epochs=None,
    steps=None,
    lr=None,
    seed=3,
    threads=1,
    device="cpu",
    float64_steps=50,
)

DIGESTS = {"initial weights": "a", "dropout mask": "b", "all batches": "c"}


def library_run(
    name: str, losses: list[float], metrics: list[float], digests: dict[str, str] | None = None
) -> LibraryRun:
    """A run whose steps take 2 ms, in minitorch 1 ms; one evaluation after every 50 steps."""
    return LibraryRun(
        library=name,
        version="2.13.0",
        device="cpu",
        threads=1,
        digests=dict(DIGESTS if digests is None else digests),
        losses=losses,
        step_ms=[1.0 if name == "minitorch" else 2.0] * len(losses),
        evaluations=[
            {"step": 50 * (i + 1), "train": metric + 0.01, "test": metric}
            for i, metric in enumerate(metrics)
        ],
        peak_memory_mb=321.4 if metrics else 0.0,
    )


def model_run(
    model: str,
    reference: LibraryRun,
    candidate: LibraryRun,
    metric: str = "accuracy",
    planned_steps: int = 100,
    float64: Trajectory | None = None,
) -> ModelRun:
    """A comparison with two distances, the first of which is 0."""
    return ModelRun(
        model=model,
        description=f"The model {model} <of a test>.",
        data="digits",
        data_note="1,797 handwritten digits & their classes.",
        metric=metric,
        lr=0.1,
        batch_size=32,
        planned_steps=planned_steps,
        reference=reference,
        candidate=candidate,
        distances=[Distance(1, 0.0, 0.0, 0.0), Distance(100, 0.0123, 40.0, 5e5)],
        float64=float64,
    )


def complete_run() -> ModelRun:
    """100 steps; the losses are equal at first, then they part."""
    losses = [2 / (1 + 0.1 * i) for i in range(100)]
    near = [loss * (1 + 1e-9 * i**3) for i, loss in enumerate(losses)]
    float64 = Trajectory(
        "float64",
        losses[:50],
        [loss * (1 + 1e-15 * i) for i, loss in enumerate(losses[:50])],
        [Distance(1, 0.0, 0.0, 0.0), Distance(50, 3e-15, 2.0, 100.0)],
    )
    return model_run(
        "complete",
        library_run("torch", losses, [0.8, 0.9]),
        library_run("minitorch", near, [0.8, 0.9125]),
        float64=float64,
    )


def incomplete_run() -> ModelRun:
    """Ctrl-C came after 30 of 100 steps: no evaluation, no digest of all batches, no float64."""
    some = {name: DIGESTS[name] for name in ("initial weights", "dropout mask")}
    reference = library_run("torch", [1.0] * 30, [], some)
    return model_run("incomplete", reference, library_run("minitorch", [1.0] * 30, [], some))


def untouched_run() -> ModelRun:
    """Ctrl-C came before the first step."""
    empty = (library_run(name, [], [], {"initial weights": "a"}) for name in ("torch", "minitorch"))
    run = model_run("untouched", *empty, metric="mean_iou")
    run.distances = []
    return run


def diverged_run() -> ModelRun:
    """The third loss is not a number, and neither is the metric."""
    losses = [1.0, 1e30, math.nan, math.inf]
    return model_run(
        "diverged",
        library_run("torch", losses, [math.nan]),
        library_run("minitorch", losses, [math.nan]),
        metric="r2",
        planned_steps=4,
        float64=Trajectory("float64", losses, losses, []),
    )


def wrong_run() -> ModelRun:
    """Other weights; judged by a metric of which less is better."""
    return model_run(
        "wrong",
        library_run("torch", [2.0] * 100, [2.5, 2.25]),
        library_run("minitorch", [2.5] * 100, [2.5, 2.0], DIGESTS | {"initial weights": "z"}),
        metric="bits_per_character",
    )


def all_runs() -> list[ModelRun]:
    """One run of every kind."""
    return [complete_run(), incomplete_run(), untouched_run(), diverged_run(), wrong_run()]


# The verdicts


@pytest.mark.parametrize(
    ("run", "word", "reasons"),
    [
        (
            complete_run(),
            "passed",
            "bit-equal initial weights, dropout mask, all batches;"
            " the first 20 losses differ by at most 6.9e-06 (bound 1e-05)",
        ),
        (
            incomplete_run(),
            "stopped",
            "by Ctrl-C after 30 of 100 steps; bit-equal initial weights, dropout mask;"
            " the first 20 losses differ by at most 0.0e+00 (bound 1e-05)",
        ),
        (
            untouched_run(),
            "stopped",
            "by Ctrl-C after 0 of 100 steps; bit-equal initial weights; no step was taken",
        ),
        (
            diverged_run(),
            "failed",
            "losses of the first steps differ; bit-equal initial weights, dropout mask,"
            " all batches; the loss of step 3 is not a number",
        ),
        (
            wrong_run(),
            "failed",
            "initial weights, losses of the first steps differ; bit-equal dropout mask,"
            " all batches; the first 20 losses differ by at most 2.0e-01 (bound 1e-05)",
        ),
    ],
    ids=lambda value: value.model if isinstance(value, ModelRun) else None,
)
def test_verdict(run: ModelRun, word: str, reasons: str) -> None:
    assert wording.verdict(run) == wording.Verdict(word, reasons)


def test_a_digest_that_ctrl_c_left_with_one_library_is_no_difference() -> None:
    run = incomplete_run()
    run.reference.digests["all batches"] = "c"
    assert wording.verdict(run).word == "stopped"
    assert "all batches" not in run.checks


@pytest.mark.parametrize(
    ("runs", "interrupted", "word", "reasons"),
    [
        ([complete_run()], False, "passed", "complete passed"),
        ([complete_run(), complete_run()], False, "passed", "all 2 models passed"),
        # All that was begun is complete, but not all was begun.
        ([complete_run()], True, "stopped", "complete passed"),
        ([complete_run(), incomplete_run()], True, "stopped", None),
        (
            all_runs(),
            True,
            "failed",
            "passed: complete; failed: diverged, wrong; stopped: incomplete, untouched",
        ),
        ([], True, "stopped", "nothing was measured"),
    ],
)
def test_overall_verdict(
    runs: list[ModelRun], interrupted: bool, word: str, reasons: str | None
) -> None:
    verdict = wording.overall_verdict(runs, interrupted)
    assert verdict.word == word
    assert reasons is None or verdict.reasons == reasons


# The table on the screen


def table_text(runs: list[ModelRun], width: int) -> str:
    """What the terminal of that width shows."""
    console = Console(width=width, file=StringIO())
    report.print_table(console, runs, SETTINGS)
    return console.file.getvalue()


def test_table_fits_80_columns_and_has_all_numbers() -> None:
    text = table_text(all_runs(), 80)
    table = text[: text.index("PyTorch 2.13.0 on cpu")]
    assert max(len(line) for line in table.splitlines()) <= 80
    assert "…" not in table
    rows = [line.split() for line in table.splitlines()]
    losses = wording.loss(complete_run().reference), wording.loss(complete_run().candidate)
    assert ["complete", "PyTorch", "accuracy", "90.00%", "91.00%", losses[0], "2.00", "321"] in rows
    assert ["digits", "minitorch", "91.25%", "92.25%", losses[1], "1.00", "2.00x", "321"] in rows
    assert ["incomplete", "PyTorch", "accuracy", "—", "—", "1.0000", "2.00", "—"] in rows
    assert ["30", "of", "100", "steps"] in rows
    assert ["untouched", "PyTorch", "mean", "IoU", "—", "—", "—", "—", "—"] in rows
    assert ["0", "of", "100", "steps"] in rows
    assert ["diverged", "PyTorch", "R2", "nan", "nan", "nan", "2.00", "321"] in rows
    assert rows[-2][:4] == ["wrong", "PyTorch", "bits/character", "2.2500"]
    assert rows[-1][:6] == ["digits", "minitorch", "less", "is", "better", "2.0000"]
    assert "100 of" not in table


def test_every_model_has_a_verdict_line() -> None:
    lines = table_text(all_runs(), 80).splitlines()
    for run in all_runs():
        verdict = wording.verdict(run)
        assert f"{run.model}: {verdict.word}: {verdict.reasons}" in lines


def test_table_of_nothing() -> None:
    assert table_text([], 80).strip() == "Nothing was measured."


# report.json


def not_finite(name: str) -> float:
    """For `json.loads`, which reads NaN and Infinity although JSON has neither."""
    raise ValueError(f"{name} in a JSON file")


def test_json_has_everything_and_is_finite(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    report.write_json(path, all_runs(), SETTINGS)
    text = path.read_text()
    content = json.loads(text, parse_constant=not_finite)
    assert content["schema"] == 2
    assert content["passed"] is False
    assert content["complete"] is False
    assert content["settings"]["seed"] == 3
    assert content["settings"]["libraries"] == ["torch", "minitorch"]

    complete, incomplete, untouched, diverged, wrong = content["models"]
    run = complete_run()
    assert complete["passed"] is complete["complete"] is True
    assert complete["reference"]["losses"] == run.reference.losses
    assert complete["candidate"]["step_ms"] == run.candidate.step_ms
    assert complete["relative_difference"] == run.relative_difference
    assert complete["first_difference"] == run.first_difference
    assert complete["is_rounding_amplified"] is False
    assert complete["largest_difference"] == run.largest_difference
    assert complete["speed_ratio"] == 2
    assert complete["candidate"]["final_metric"] == 0.9125
    assert complete["distances"][1] == {
        "step": 100,
        "relative": 0.0123,
        "median_ulp": 40.0,
        "max_ulp": 5e5,
    }
    assert run.float64 is not None
    assert complete["float64"]["candidate_losses"] == run.float64.candidate_losses
    assert complete["float64"]["largest_difference"] == run.float64.largest
    assert incomplete["complete"] is False
    assert incomplete["float64"] is None
    assert incomplete["reference"]["final_metric"] is None
    assert untouched["speed_ratio"] is untouched["first_difference"] is None
    assert diverged["reference"]["losses"] == [1.0, 1e30, None, None]
    assert wrong["checks"]["initial weights"] is False

    long_lists = [line for line in text.splitlines() if line.startswith('    "losses": [')]
    assert len(long_lists) == 10  # Each is one line, of two libraries in five models.
    assert all(line.endswith("],") for line in long_lists)


def test_json_keeps_what_a_run_is_made_of(tmp_path: Path) -> None:
    """An entry holds all fields of the run, so nothing that was measured is lost."""
    report.write_json(tmp_path / "report.json", [complete_run()], SETTINGS)
    (entry,) = json.loads((tmp_path / "report.json").read_text())["models"]

    def contains(outer: object, inner: object) -> bool:
        if isinstance(inner, dict):
            return isinstance(outer, dict) and all(
                name in outer and contains(outer[name], value) for name, value in inner.items()
            )
        return outer == inner

    assert contains(entry, complete_run().as_dict())


# The plots


@pytest.mark.parametrize("run", all_runs(), ids=lambda run: run.model)
def test_plot(tmp_path: Path, run: ModelRun) -> None:
    plot.write_plot(tmp_path / "plot.png", run)
    with Image.open(tmp_path / "plot.png") as image:
        assert image.width == 1500
        assert 700 < image.height < 1100


def panel_text(name: str, run: ModelRun) -> str:
    """All that is written in a panel."""
    texts = re.findall(r"<text [^>]*>([^<]*)</text>", plot.panel_svg(name, run))
    return "\n".join(texts)


def test_panels_say_what_has_no_place_on_log_axes() -> None:
    assert "at the lower edge: exactly 0" in panel_text("difference", complete_run())
    never_equal = wrong_run()
    never_equal.distances = []
    assert "exactly 0" not in panel_text("difference", never_equal)
    message = "in float32, the loss of step 3 is not a number"
    assert message in panel_text("difference", diverged_run())


def test_panels_do_not_call_a_mistake_rounding() -> None:
    assert "rounding" in panel_text("difference", complete_run())
    assert "rounding" not in panel_text("difference", wrong_run())


def test_metric_panel_uses_the_metrics_own_unit() -> None:
    shares = panel_text("metric", complete_run())
    assert "minitorch, test 91.25%" in shares
    assert re.search(r"^\d+%$|^\d+\.\d+%$", shares, re.MULTILINE)
    bits = panel_text("metric", wrong_run())
    assert "minitorch, test 2.0000" in bits
    assert "bits/character (less is better)" in bits
    assert "%" not in bits
    assert "no evaluation yet" in panel_text("metric", incomplete_run())


def test_time_panel_names_both_medians() -> None:
    text = panel_text("times", complete_run())
    assert "PyTorch, median 2.00 ms" in text
    assert "minitorch, median 1.00 ms" in text
    assert "no step was taken" in panel_text("times", untouched_run())


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("run", all_runs(), ids=lambda run: run.model)
def test_every_panel_can_be_told(name: str, run: ModelRun) -> None:
    told = PANELS[name].tell(run)
    assert told.endswith(".")
    assert len(told) > 30
    assert wording.NOT_MEASURED in told or run.reference.losses


# The page


class PageReader(HTMLParser):
    """Gathers what the tests look at: tags with their attributes, and the cells of the tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, list[list[str]]] = {}
        self.captions = 0
        self._section = ""
        self._cell: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "section":
            self._section = dict(attrs)["id"] or ""
            self.sections[self._section] = []
        elif tag == "tr":
            self.sections[self._section].append([])
        elif tag in ("th", "td"):
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td") and self._cell is not None:
            self.sections[self._section][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def all_of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.tags if name == tag]


def write_page(folder: Path, runs: list[ModelRun], interrupted: bool = False) -> Path:
    """Writes the page with links to plots that are beside it."""
    path = folder / "report.html"
    plots = {run.model: folder / f"{run.model}.png" for run in runs}
    page.write_page(path, runs, SETTINGS, plots, interrupted)
    return path


@pytest.fixture(scope="module")
def page_of_all(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one run of every kind; drawing all its pictures takes seconds."""
    return write_page(tmp_path_factory.mktemp("page"), all_runs())


def expected_row(run: ModelRun) -> list[str]:
    """A row of the page's summary, from the run."""
    both = (run.reference, run.candidate)
    return [
        run.model,
        wording.verdict(run).word,
        run.data,
        wording.steps(run),
        wording.metric_name(run),
        *(wording.metric_value(run, library) for library in both),
        wording.metric_gap(run),
        wording.first_difference(run),
        wording.largest_difference(run),
        wording.float64_difference(run),
        wording.parameter_distance(run),
        *(wording.step_ms(library) for library in both),
        wording.speed_ratio(run),
        *(wording.memory(library) for library in both),
    ]


def test_page_says_what_was_measured(page_of_all: Path) -> None:
    reader = PageReader(page_of_all.read_text())
    rows = reader.sections["summary"][2:]
    assert rows[0] == [
        *("complete", "passed", "digits", "100", "accuracy", "90.00%", "91.25%", "+1.25 points"),
        *("6.9e-06", "9.7e-04", "4.9e-14", "1.2e-02", "2.00", "1.00", "2.00x", "321", "321"),
    ]
    assert rows[1] == [
        *("incomplete", "stopped", "digits", "30 of 100", "accuracy", "—", "—", "—"),
        *("0.0e+00", "0.0e+00", "—", "1.2e-02", "2.00", "1.00", "2.00x", "—", "—"),
    ]
    assert rows[2] == [
        *("untouched", "stopped", "digits", "0 of 100", "mean IoU", "—", "—", "—"),
        *("—", "—", "—", "—", "—", "—", "—", "—", "—"),
    ]
    assert rows[3] == [
        *("diverged", "failed", "digits", "4", "R2", "nan", "nan", "nan"),
        *("nan", "nan", "nan", "1.2e-02", "2.00", "1.00", "2.00x", "321", "321"),
    ]
    assert rows[4][4:8] == ["bits/character (less is better)", "2.2500", "2.0000", "-0.2500"]

    # 50 steps in both precisions; a run with a loss that is not a number is left out.
    assert [row[:2] for row in reader.sections["trajectories"][1:]] == [["complete", "50"]]
    environment = {row[0]: row[1] for row in reader.sections["environment"]}
    assert environment["seed"] == "3"
    assert environment["batch size"] == "the model's own"
    assert environment["libraries"] == "torch, minitorch"


def test_page_says_first_that_it_was_interrupted(tmp_path: Path) -> None:
    text = write_page(tmp_path, [], interrupted=True).read_text()
    assert "<strong>Interrupted.</strong>" in text[: text.index("<main>")]
    assert "nothing was measured" in text
    text = write_page(tmp_path, [], interrupted=False).read_text()
    assert "<strong>Interrupted.</strong>" not in text


def test_page_escapes_what_it_is_given(page_of_all: Path) -> None:
    text = page_of_all.read_text()
    assert "The model complete &lt;of a test&gt;." in text
    assert "handwritten digits &amp; their classes" in text


def test_page_is_self_contained(page_of_all: Path) -> None:
    text = page_of_all.read_text()
    reader = PageReader(text)
    assert not {"script", "iframe", "object", "embed", "video"} & {tag for tag, _ in reader.tags}
    policies = [meta for meta in reader.all_of("meta") if "http-equiv" in meta]
    assert [meta["http-equiv"] for meta in policies] == ["Content-Security-Policy"]
    assert str(policies[0]["content"]).startswith("default-src 'none'; ")
    images = reader.all_of("img")
    assert len(images) == len(PANELS) * len(all_runs())
    assert all(str(image["src"]).startswith("data:image/") for image in images)
    links = [str(link["href"]) for tag in ("a", "link") for link in reader.all_of(tag)]
    assert {f"{run.model}.png" for run in all_runs()} <= set(links)
    assert not [link for link in links if re.match(r"\w+:|//", link) and link != "data:,"]
    assert "@import" not in text
    assert "url(" not in text[: text.index("</style>")]


def test_page_can_be_read_aloud(page_of_all: Path) -> None:
    reader = PageReader(page_of_all.read_text())
    assert reader.all_of("html") == [{"lang": "en"}]
    assert all(len(str(image["alt"])) > 30 for image in reader.all_of("img"))
    assert len(reader.all_of("caption")) == len(reader.all_of("table"))
    scopes = {header.get("scope") for header in reader.all_of("th")}
    assert scopes == {"col", "colgroup", "row"}
    identifiers = [str(attributes["id"]) for _, attributes in reader.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    targets = [str(link["href"])[1:] for link in reader.all_of("a") if link["href"][:1] == "#"]
    assert set(targets) <= set(identifiers)
    labels = [attributes.get("aria-labelledby") for _, attributes in reader.tags]
    assert {label for label in labels if label} <= set(identifiers)


def test_page_of_all_models_stays_below_5_mb(tmp_path: Path) -> None:
    """13 models, 10,000 noisy steps each."""
    random = np.random.default_rng(0)
    losses = (1 + 0.3 * random.random(10_000)).tolist()
    near = (np.array(losses) * (1 + 0.1 * random.normal(size=10_000))).tolist()
    run = complete_run()
    run.reference.losses, run.candidate.losses = losses, near
    for library in (run.reference, run.candidate):
        library.step_ms = (5 + random.random(10_000)).tolist()
    size = write_page(tmp_path, [run]).stat().st_size
    assert 13 * size < 5e6


# The page in a browser


def chromium(*arguments: str, page: Path, profile: Path) -> subprocess.CompletedProcess[str]:
    """Opens a page in headless Chromium.

    A machine without it leaves the tests out; in CI, where nobody would notice, they fail.
    """
    program = shutil.which("chromium")
    if program is None:
        message = "Debian's package chromium is not installed"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    result = subprocess.run(
        [
            program,
            "--headless",
            "--no-sandbox",  # A container's root may not make one.
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            "--enable-logging=stderr",
            "--v=0",
            "--virtual-time-budget=5000",
            *arguments,
            page.resolve().as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result


def console_lines(result: subprocess.CompletedProcess[str]) -> list[str]:
    """What the page itself had to complain about, among the browser's own lines."""
    return [line for line in result.stderr.splitlines() if "CONSOLE" in line]


def test_page_in_a_browser(tmp_path: Path, page_of_all: Path) -> None:
    result = chromium("--dump-dom", page=page_of_all, profile=tmp_path / "profile")
    assert console_lines(result) == []
    rows = PageReader(result.stdout).sections["summary"][2:]
    assert rows == [expected_row(run) for run in all_runs()]


def test_a_request_to_the_network_would_be_seen(tmp_path: Path) -> None:
    """The policy in the page forbids it, and the browser says so where the test above looks."""
    path = write_page(tmp_path, [])
    intruder = '<img src="https://example.invalid/x.png" alt=""></body>'
    path.write_text(path.read_text().replace("</body>", intruder))
    result = chromium("--dump-dom", page=path, profile=tmp_path / "profile")
    (line,) = console_lines(result)
    assert "Content Security Policy" in line


@pytest.mark.parametrize(("scheme", "setting"), [("dark", 0), ("light", 1)])
def test_page_and_pictures_follow_the_color_scheme(
    tmp_path: Path, page_of_all: Path, scheme: str, setting: int
) -> None:
    screenshot = tmp_path / "page.png"
    options = [
        f"--blink-settings=preferredColorScheme={setting}",
        "--window-size=1300,2600",
        f"--screenshot={screenshot}",
    ]
    chromium(*options, page=page_of_all, profile=tmp_path / "profile")
    with Image.open(screenshot) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    backgrounds = {"dark": (0x0F, 0x13, 0x18), "light": (0xF6, 0xF7, 0xF9)}
    assert tuple(pixels[5, 5]) == backgrounds[scheme]
    # Orange is nowhere but in the pictures' curves of PyTorch; dark mode darkens it.
    red, green, blue = (pixels[..., i] for i in range(3))
    assert ((red > 170) & (red - green > 60) & (green - blue > 60)).sum() > 200
    # The pictures' ink is pure black, or pure white; the page's own is neither.
    brightness = pixels.mean(axis=2)
    black, white = (brightness < 12).sum(), (brightness > 245).sum()
    if scheme == "dark":
        assert white > 1000
        assert black < 50
    else:
        assert black > 1000
