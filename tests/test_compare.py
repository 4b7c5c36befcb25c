"""The side-by-side: every way to ask for it wrongly, and short runs with their reports."""

from __future__ import annotations

import gzip
import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from rich.console import Console

from compare import array_files, runner, wording
from compare.child import Child
from compare.comparison import Comparison
from compare.cpu_dropout import cpu_dropout
from compare.data import load
from compare.data.dataset import Data
from compare.distance import losses_in_ulp, measure
from compare.errors import MissingData, WorkerError
from compare.journal import Journal
from compare.models import MODELS
from compare.recipe import Facts
from compare.results import (
    CHECKED_STEPS,
    RELATIVE_BOUND,
    Distance,
    LibraryRun,
    ModelRun,
    Settings,
    Trajectory,
)

ROOT = Path(__file__).parent.parent

ONE_THREAD = ["--threads", "1"]
"""For runs whose threads are not what is tested: beside another test they wait for each other."""


def compare(
    *arguments: str, out: Path, python_path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a process of its own, with no data root from outside."""
    environment = {key: value for key, value in os.environ.items() if key != "MINITORCH_DATA"}
    if python_path is not None:
        environment["PYTHONPATH"] = str(python_path)
    return subprocess.run(
        [sys.executable, "-m", "compare", *arguments, "--out", str(out)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )


def fashion_folder(folder: Path) -> Path:
    """Writes a tiny data set in the layout and format of Fashion-MNIST."""
    random = np.random.default_rng(0)
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for stem, count in (("train", 256), ("t10k", 64)):
        for name, header, shape in (
            ("images-idx3", [0x803, count, 28, 28], (count, 28, 28)),
            ("labels-idx1", [0x801, count], (count,)),
        ):
            content = (
                np.array(header, ">u4").tobytes()
                + random.integers(0, 10, shape, np.uint8).tobytes()
            )
            (raw / f"{stem}-{name}-ubyte.gz").write_bytes(gzip.compress(content))
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["transformer"], "invalid choice: 'transformer'"),
        (["mlp", "--stand-in", "--download"], "--stand-in and --download exclude each other"),
        (["mlp", "--epochs", "-1"], "--epochs: expected 1 to 2147483647, got '-1'"),
        (["mlp", "--epochs", "many"], "got 'many'"),
        (["mlp", "--steps", "0"], "--steps: expected 1 to"),
        (["mlp", "--batch-size", "1"], "--batch-size: expected 2 to"),
        (["mlp", "--batch-size", "1501"], "more than the 1500 training samples of digits"),
        (["mlp", "--lr", "0"], "--lr: expected a number above 0, got '0'"),
        (["mlp", "--lr", "nan"], "got 'nan'"),
        (["mlp", "--threads", "0"], "--threads: expected 1 to"),
        (["mlp", "--seed", "-1"], "--seed: expected 0 to"),
        (["mlp", "--device", "tpu"], "invalid choice: 'tpu'"),
        (["mlp", "--data-root", "nowhere"], "nowhere: no such folder"),
        (["mlp", "--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    result = compare(*arguments, out=tmp_path / "out")
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.startswith("compare: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_without_a_device_gets_one_line_and_exit_code_2(tmp_path: Path) -> None:
    result = compare("mlp", "--device", "cuda", "--libraries", "torch,torch", out=tmp_path)
    assert result.returncode == 2
    assert "finds no CUDA device" in result.stderr
    assert result.stderr.count("\n") == 1


def test_output_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = compare("mlp", out=tmp_path / "file")
    assert result.returncode == 2
    assert "--out" in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("damage", ["truncated", "corrupt", "missing"])
def test_damaged_data_names_the_file(tmp_path: Path, damage: str) -> None:
    root = fashion_folder(tmp_path)
    path = root / "FashionMNIST" / "raw" / "t10k-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "corrupt":
        content[-6] ^= 0xFF
        path.write_bytes(content)
    else:
        path.unlink()
    result = compare("mlp", "--data-root", str(root), out=tmp_path / "out")
    assert result.returncode == 2
    assert "t10k-images-idx3-ubyte" in result.stderr
    assert damage == "missing" or " bytes" in result.stderr
    assert result.stderr.count("\n") == 1


def short_run(
    out: Path, *arguments: str, python_path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """The mlp on the digits, for 30 steps at most, without a second run in float64."""
    options = ["--stand-in", "--float64-steps", "0", "--steps", "30", *ONE_THREAD]
    return compare("mlp", *options, *arguments, out=out, python_path=python_path)


def read_report(out: Path) -> dict[str, Any]:
    """Returns what ``report.json`` holds."""
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    return report


def test_report_of_a_short_run(tmp_path: Path) -> None:
    """PyTorch against itself: the runner, the report and the plot, with no difference to find."""
    root, out = fashion_folder(tmp_path), tmp_path / "out"
    options = ["--libraries", "torch,torch", "--batch-size", "32", "--epochs", "4"]
    result = compare(
        "mlp",
        *options,
        *("--data-root", str(root), "--steps", "27", "--float64-steps", "7"),
        *ONE_THREAD,
        out=out,
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert "mlp: passed" in result.stdout
    assert (out / "mlp.png").read_bytes().startswith(b"\x89PNG")
    assert "<table" in (out / "report.html").read_text()
    assert not (out / "unfinished").exists()

    report = read_report(out)
    assert report["schema"] == 2
    assert report["passed"] is True
    (model,) = report["models"]
    assert model["model"] == "mlp"
    assert model["data"] == "Fashion-MNIST"
    assert model["lr"] == 1e-3
    assert model["first_difference"] == 0
    assert all(model["checks"].values())
    assert set(model["checks"]) == {
        "initial weights",
        "dropout mask",
        "all batches",
        "losses of the first steps",
    }
    probed = [entry["step"] for entry in model["distances"]]
    assert probed == [*range(1, 21), 24, 27]
    assert all(entry["max_ulp"] == 0 for entry in model["distances"])
    assert [entry["step"] for entry in model["float64"]["distances"]] == [*range(1, 8)]
    for library in (model["reference"], model["candidate"]):
        assert len(library["losses"]) == len(library["step_ms"]) == 27
        assert [entry["step"] for entry in library["evaluations"]] == [8, 16, 24, 27]
        assert all(0 <= entry["test"] <= 1 for entry in library["evaluations"])
        assert library["threads"] == 1
        assert library["device"] == "cpu"
        assert 50 < library["peak_memory_mb"] < 2000
        assert library["peak_gpu_memory_mb"] is None


SHORT = Settings(
    batch_size=None,
    epochs=None,
    steps=None,
    lr=None,
    seed=0,
    threads=1,
    device="cpu",
    float64_steps=0,
    libraries=("torch", "torch"),
)


def in_this_process(out: Path, data_root: Path | None = None, **settings: Any) -> Comparison:
    """PyTorch beside itself; `Comparison.train` makes no pictures, so it takes half of the time."""
    root = None if data_root is None else str(data_root)
    return Comparison(replace(SHORT, **settings), out, root, False, Console(quiet=True))


def test_a_missing_data_set_is_an_error_for_one_model_and_a_stand_in_for_all(
    tmp_path: Path,
) -> None:
    with pytest.raises(MissingData, match="california_housing"):
        load("housing", str(tmp_path))
    comparison = in_this_process(tmp_path / "out", data_root=tmp_path)
    data, folder, _ = comparison._load("housing", must_be_real=False)
    assert data.name != "California housing"
    assert (folder / "train_0.npy").exists()
    with pytest.raises(MissingData):
        comparison._load("fashion_mnist", must_be_real=True)


THE_MAIN_JOB = ("torch", "minitorch")


@pytest.mark.slow
@pytest.mark.parametrize(
    "models",
    [
        *([model] for model in MODELS if not model.startswith("vgg")),
        ["vgg_base", "vgg_transfer", "vgg_scratch"],  # The second starts from the first.
    ],
    ids=lambda models: models[-1],
)
def test_minitorch_beside_torch_on_a_stand_in(tmp_path: Path, models: list[str]) -> None:
    """In double precision, only rounding may part the libraries."""
    comparison = in_this_process(tmp_path, libraries=THE_MAIN_JOB, steps=25, float64_steps=25)
    for model in models:
        run = comparison.train(model, must_be_real=True)
        assert run.passed, wording.verdict(run)
        assert len(run.checks) == 4
        assert run.float64 is not None
        assert run.float64.largest < 1e-12
        assert run.float64.distances[-1].relative < 1e-12


@pytest.mark.slow
def test_a_seed_whose_first_steps_amplify_rounding_passes(tmp_path: Path) -> None:
    settings = {"libraries": THE_MAIN_JOB, "seed": 5, "steps": 60, "float64_steps": 20}
    run = in_this_process(tmp_path, **settings).train("mlp", must_be_real=True)
    assert run.passed, wording.verdict(run)
    assert run.first_float64_difference < 1e-12


KILLED_AT_STEP_40 = """
import os, signal, sys
from compare import runner
from compare.__main__ import main

show_losses = runner._show_losses

def show_and_die(progress, task, run, done):
    show_losses(progress, task, run, done)
    runner.SAVED_EVERY_S = 0 if done == 20 else 1000
    if done == 40:
        os.kill(os.getpid(), getattr(signal, os.environ["SIGNAL"]))

runner._show_losses = show_and_die
sys.exit(main())
"""


def killed_run(out: Path, arguments: list[str], by: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line until the 40th step; there is a checkpoint of the 20th."""
    environment = {key: value for key, value in os.environ.items() if key != "MINITORCH_DATA"}
    return subprocess.run(
        [sys.executable, "-c", KILLED_AT_STEP_40, *arguments, "--out", str(out)],
        cwd=ROOT,
        env=environment | {"SIGNAL": by},
        capture_output=True,
        text=True,
        timeout=300,
    )


def die_at_step_40(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """The same for a run in this process."""
    show_losses = runner._show_losses

    def show_and_die(progress: Any, task: Any, run: ModelRun, done: int) -> None:
        show_losses(progress, task, run, done)
        monkeypatch.setattr(runner, "SAVED_EVERY_S", 0 if done == 20 else 1000)
        if done == 40:
            raise error

    monkeypatch.setattr(runner, "_show_losses", show_and_die)


@pytest.mark.slow
def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    arguments = ["housing", "--steps", "60", "--float64-steps", "0", *ONE_THREAD]
    killed = killed_run(tmp_path, arguments, "SIGKILL")
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "report.json").exists()
    resumed = compare(*arguments, out=tmp_path)
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert resumed.stderr == ""
    assert "goes on after step 20" in resumed.stdout
    (model,) = read_report(tmp_path)["models"]
    assert model["candidate"]["starts"] == [0, 20]
    assert len(model["candidate"]["losses"]) == 60


@pytest.mark.slow
@pytest.mark.parametrize("model", ["mlp", "imdb_lstm"])
def test_a_run_goes_on_bit_for_bit(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dropout, shuffles, momentum and the learning rate's schedule are where they were."""
    settings = {"libraries": THE_MAIN_JOB, "steps": 60, "epochs": 4}
    whole = in_this_process(tmp_path / "whole", **settings).train(model, must_be_real=True)
    with monkeypatch.context() as patch, pytest.raises(RuntimeError, match="the power failed"):
        die_at_step_40(patch, RuntimeError("the power failed"))
        in_this_process(tmp_path / "cut", **settings).train(model, must_be_real=True)
    resumed = in_this_process(tmp_path / "cut", **settings).train(model, must_be_real=True)
    for expected, actual in zip(
        *((r.reference, r.candidate) for r in (whole, resumed)), strict=True
    ):
        assert actual.losses == expected.losses
        assert actual.evaluations == expected.evaluations
        assert actual.digests == expected.digests
        assert actual.starts == [0, 20]
    assert resumed.distances == whole.distances


def test_interrupt_writes_the_report_of_what_ran(tmp_path: Path) -> None:
    arguments = ["linear", "--libraries", "torch,torch", "--steps", "60", *ONE_THREAD]
    arguments += ["--float64-steps", "0"]
    result = killed_run(tmp_path, arguments, "SIGINT")
    assert result.returncode == 130
    assert result.stderr == "compare: interrupted; the same command goes on from here\n"
    (model,) = read_report(tmp_path)["models"]
    assert len(model["reference"]["losses"]) == len(model["candidate"]["losses"]) == 40
    assert (tmp_path / "report.html").exists()
    result = compare(*arguments, out=tmp_path)
    assert "goes on after step" in result.stdout
    assert result.returncode == 0, result.stderr


def test_other_settings_begin_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(runner.Interrupted):
        die_at_step_40(patch, KeyboardInterrupt())
        in_this_process(tmp_path, steps=60).train("linear", must_be_real=True)
    assert (tmp_path / "unfinished" / "linear" / "run.json").exists()
    other = in_this_process(tmp_path, steps=41).train("linear", must_be_real=True)
    assert other.reference.starts == other.candidate.starts == [0]


def test_what_is_not_whole_is_not_continued(tmp_path: Path) -> None:
    run = model_run([1.0, 2.0], [1.0, 2.0])
    run.planned_steps = 3
    journal = Journal(tmp_path, {"seed": 0, "libraries": ("torch", "minitorch")})
    assert journal.read() is None
    journal.write_run(run)
    assert journal.read() is None  # There are no checkpoints.
    for file in journal.checkpoints(2):
        file.touch()
    assert journal.read() == run
    assert Journal(tmp_path, {"seed": 1}).read() is None
    content = (tmp_path / "run.json").read_text()
    (tmp_path / "run.json").write_text(content[:100])
    assert journal.read() is None


def test_fresh_forgets_what_ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = in_this_process(tmp_path)
    (comparison.unfinished / "mlp").mkdir(parents=True)

    def train(name: str, must_be_real: bool) -> ModelRun:
        assert (comparison.unfinished / name).exists() is not fresh
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison, "train", train)
    for fresh in (False, True):
        assert comparison.run("mlp", fresh) == 130


def test_a_model_brings_the_one_that_it_starts_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = []

    def train(name: str, must_be_real: bool) -> ModelRun:
        trained.append(name)
        return model_run([1.0], [1.0])

    comparison = in_this_process(tmp_path)
    comparison.unfinished.mkdir()
    monkeypatch.setattr(comparison, "train", train)
    monkeypatch.setattr(comparison, "_write_report", lambda interrupted: None)
    assert comparison.run("vgg_transfer", fresh=False) == 0
    assert trained == ["vgg_base", "vgg_transfer"]


def test_a_torch_worker_does_not_load_minitorch() -> None:
    """It would set up the process's memory and threads for itself."""
    code = "import compare.worker, sys; sys.exit('minitorch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def fake_library(folder: Path, code: str) -> Path:
    """Writes a library that is PyTorch but for the given lines."""
    preamble = "import torch\n\n\ndef __getattr__(name):\n    return getattr(torch, name)\n\n\n"
    (folder / "fake.py").write_text(preamble + code)
    return folder


def test_different_weights_and_losses_fail(tmp_path: Path) -> None:
    path = fake_library(tmp_path, "manual_seed = lambda seed: torch.manual_seed(seed + 1)\n")
    options = ["--libraries", "torch,fake", "--steps", "2"]
    result = short_run(tmp_path / "out", *options, python_path=path)
    assert result.returncode == 1
    assert "failed: initial weights, dropout mask, losses of the first steps" in result.stdout
    report = read_report(tmp_path / "out")
    assert report["passed"] is False
    assert report["models"][0]["checks"]["all batches"] is True


def test_a_loss_that_is_not_a_number_fails(tmp_path: Path) -> None:
    run = in_this_process(tmp_path, lr=1e30, steps=10).train("cnn", must_be_real=True)
    assert not math.isfinite(run.reference.losses[-1])
    assert math.isnan(run.first_difference)
    assert not run.passed


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('no such thing')", "ended with code 1"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "died of SIGKILL"),
        ("import os\nos._exit(3)", "ended with code 3"),
    ],
)
def test_a_broken_worker_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, message: str
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(fake_library(tmp_path, code)))
    comparison = in_this_process(tmp_path / "out", libraries=("torch", "fake"))
    with pytest.raises(WorkerError, match=f"the fake worker {message}"):
        comparison.train("mlp", must_be_real=True)


def test_a_broken_worker_is_reported_with_its_own_traceback(tmp_path: Path) -> None:
    path = fake_library(tmp_path, "raise ValueError('no such thing')")
    result = compare("mlp", "--libraries", "torch,fake", out=tmp_path / "out", python_path=path)
    assert result.returncode == 1
    assert result.stderr.startswith("compare: the fake worker ended with code 1")
    assert "ValueError: no such thing" in result.stderr
    assert "compare/child.py" not in result.stderr


def test_interrupt_ends_both_workers(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "compare", "cnn", "--libraries", "torch,torch", "--epochs", "1000"]
        + ["--stand-in", "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    parent = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while len(children := parent.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)  # What Ctrl-C does in a terminal.
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.startswith("compare: interrupted")
    assert errors.count("\n") == 1
    assert len(children) == 2
    assert not any(child.is_running() for child in children)


def start(child: Child, model: str, data_folder: Path, seed: int = 0, threads: int = 1) -> None:
    """Has a worker build a model, as for a run of 60 steps."""
    child.ask(
        "start",
        library=child.library,
        model=model,
        data_folder=str(data_folder),
        batch_size=MODELS[model].batch_size,
        total_steps=60,
        lr=None,
        seed=seed,
        threads=threads,
        dtype="float32",
        device="cpu",
        checked_steps=CHECKED_STEPS,
        start_file=None,
        checkpoint=None,
    )


def test_training_samples_to_evaluate_are_spread_over_all(tmp_path: Path) -> None:
    """Of equal targets, as the first half has them, R2 is NaN."""
    inputs = np.linspace(0, 1, 20_000, dtype=np.float32)[:, np.newaxis]
    arrays = (inputs, (inputs > 0.5).astype(np.float32))
    array_files.save(Data("sorted", "", arrays, arrays, Facts(features=1)), tmp_path)
    with Child("torch", threads=1) as child:
        start(child, "linear", tmp_path)
        reply = child.ask("evaluate")
    # Every second sample stands for all: their means differ by half a step of 1 / 20,000.
    assert reply["train"] == pytest.approx(reply["test"], rel=1e-3)


def test_what_a_library_prints_does_not_get_between_the_replies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = fake_library(tmp_path, "print('hello from the library')\n")
    monkeypatch.setenv("PYTHONPATH", str(path))
    comparison = in_this_process(tmp_path / "out", libraries=("torch", "fake"), steps=2)
    assert comparison.train("rnn", must_be_real=True).passed


def test_cpu_dropout_is_torchs_own() -> None:
    """The stand-in for a GPU draws the mask that PyTorch draws on the CPU."""
    layer, images = torch.nn.Dropout(0.2), torch.randn(64, 512)
    torch.manual_seed(3)
    expected = layer(images)
    torch.manual_seed(3)
    with cpu_dropout(torch):
        actual = layer(images)
    assert torch.equal(actual, expected)
    assert torch.nn.functional.dropout.__module__ == "torch.nn.functional"


def library_run(losses: list[float]) -> LibraryRun:
    """Returns a run with the given losses; its steps take 1 ms, 2 ms, 3 ms and so on."""
    step_ms = [1.0 + i for i in range(len(losses))]
    evaluations = [{"step": len(losses), "train": 0.5, "test": 0.5}]
    return LibraryRun("torch", "2", "cpu", 1, {}, losses, step_ms, evaluations)


def model_run(reference: list[float], candidate: list[float]) -> ModelRun:
    """Returns a run of two libraries with the given losses."""
    return ModelRun(
        model="mlp",
        description="A model.",
        data="digits",
        data_note="Digits.",
        metric="accuracy",
        lr=0.1,
        batch_size=64,
        planned_steps=len(reference),
        reference=library_run(reference),
        candidate=library_run(candidate),
    )


def test_only_the_first_steps_are_bound() -> None:
    near, far = 1 + 0.9e-5, 1 + 2e-5
    assert model_run([1.0] * 30, [near] * 20 + [2.0] * 10).passed
    assert not model_run([1.0] * 30, [near] * 19 + [far] * 11).passed
    assert not model_run([1.0] * 30, [math.nan] * 30).passed


def test_rounding_that_was_amplified_early_shows_in_float64() -> None:
    far = [1.0] * 7 + [1 + 2e-5] * 23
    run = model_run([1.0] * 30, far)
    assert not run.passed  # There is no run in float64 that would tell.
    for in_float64, passed in ((1e-12, True), (1e-8, False), (math.nan, False)):
        run.float64 = Trajectory("float64", [1.0] * 30, [1 + in_float64] * 30, [])
        assert run.passed is run.is_rounding_amplified is passed
    run.float64 = Trajectory("float64", [1.0] * 19, [1.0] * 19, [])
    assert not run.passed  # It tells of 19 steps only.

    run.float64 = Trajectory("float64", [1.0] * 30, [1.0] * 30, [])
    assert run.passed
    assert wording.verdict(run).reasons.endswith(
        "by at most 2.0e-05 (bound 1e-05), in float64 by 0.0e+00: amplified rounding"
    )
    run.candidate.losses[0] = 1 + 2e-5
    assert not run.passed  # Nothing was amplified before the first step.
    run.candidate.losses[:2] = 1.0, math.nan
    assert not run.passed


@pytest.mark.slow
def test_pytorch_with_two_threads_parts_from_pytorch_with_one(tmp_path: Path) -> None:
    """By more than the bound, in some of these seeds; so the bound alone would blame the innocent."""
    array_files.save(load("fashion_mnist"), tmp_path)

    def first_losses(child: Child, seed: int, threads: int) -> np.ndarray:
        start(child, "mlp", tmp_path, seed, threads)
        return np.array(child.ask("train", steps=CHECKED_STEPS)["losses"])

    with Child("torch", threads=1) as one, Child("torch", threads=2) as two:
        parted = [
            np.abs(first_losses(one, seed, 1) / first_losses(two, seed, 2) - 1).max()
            for seed in (1, 4, 5, 11, 13, 15)
        ]
    assert min(parted) < RELATIVE_BOUND < max(parted)


def test_the_warm_up_counts_for_no_time() -> None:
    assert library_run([1.0] * 121).median_step_ms == 71  # Of the steps 21 to 121.
    assert library_run([1.0] * 5).median_step_ms == 4  # Of the last three of five.
    assert library_run([1.0]).median_step_ms == 1


def test_a_resumed_run_has_two_warm_ups() -> None:
    run = library_run([1.0] * 100)
    run.starts = [0, 60]
    assert run.timed_steps == [*range(21, 61), *range(81, 101)]


def test_a_run_survives_json() -> None:
    run = model_run([1.0, 2.0], [1.0, 2.0])
    run.distances = [Distance(1, 0.5, 1.0, 2.0)]
    run.float64 = Trajectory("float64", [1.0], [1.0], [Distance(1, 0.0, 0.0, 0.0)])
    assert ModelRun.from_dict(json.loads(json.dumps(run.as_dict()))) == run


def test_distances_in_relative_terms_and_in_units_in_the_last_place(tmp_path: Path) -> None:
    a = np.array([1.0, 2.0, -4.0], np.float32)
    b = np.array([np.nextafter(a[0], a[1]), 2.0, -4.0], np.float32)
    np.save(tmp_path / "a.npy", a)
    np.save(tmp_path / "b.npy", b)
    distance = measure(7, tmp_path / "a.npy", tmp_path / "b.npy")
    assert distance.step == 7
    assert distance.median_ulp == 0
    assert distance.max_ulp == 1
    assert distance.relative == pytest.approx(2**-23 / 21**0.5)

    trajectory = Trajectory("float32", [1.0, 4.0], [1.0 + 2**-23, 4.0], [])
    assert losses_in_ulp(trajectory) == [1.0, 0.0]
    assert trajectory.relative == [pytest.approx(2**-23), 0.0]
