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
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from compare import plot
from compare.cpu_dropout import cpu_dropout
from compare.models import MODELS
from compare.results import LibraryRun, ModelRun

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
        (["mlp", "--data", "cifar"], "invalid choice: 'cifar'"),
        (["mlp", "--epochs", "-1"], "--epochs: expected 1 to 2147483647, got '-1'"),
        (["mlp", "--epochs", "many"], "got 'many'"),
        (["mlp", "--steps", "0"], "--steps: expected 1 to"),
        (["mlp", "--batch-size", "1"], "--batch-size: expected 2 to"),
        (["mlp", "--batch-size", "1501"], "more than the 1500 training images of digits"),
        (["mlp", "--lr", "0"], "--lr: expected a number above 0, got '0'"),
        (["mlp", "--lr", "nan"], "got 'nan'"),
        (["mlp", "--threads", "0"], "--threads: expected 1 to"),
        (["mlp", "--seed", "-1"], "--seed: expected 0 to"),
        (["mlp", "--device", "tpu"], "invalid choice: 'tpu'"),
        (["mlp", "--data-root", "nowhere"], "nowhere: no such folder"),
        (["mlp", "--data", "fashion_mnist"], "fashion_mnist needs --data-root DIR"),
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


def test_report_of_a_short_run(tmp_path: Path) -> None:
    """PyTorch against itself: the runner, the report and the plot, with no difference to find."""
    root, out = fashion_folder(tmp_path), tmp_path / "out"
    options = ["--libraries", "torch,torch", "--batch-size", "32", "--epochs", "4"]
    result = compare(
        "mlp", *options, "--data-root", str(root), "--steps", "27", *ONE_THREAD, out=out
    )
    assert result.returncode == 0, result.stderr
    assert "mlp: passed" in result.stdout
    assert (out / "report.png").read_bytes().startswith(b"\x89PNG")

    report = json.loads((out / "report.json").read_text())
    assert report["schema"] == 1
    assert report["passed"] is True
    assert report["data"] == {"name": "Fashion-MNIST", "train_images": 256, "test_images": 64}
    (model,) = report["models"]
    assert model["model"] == "mlp"
    assert model["lr"] == 1e-3
    assert model["first_difference"] == 0
    assert all(model["checks"].values())
    assert set(model["checks"]) == {
        "initial weights",
        "first batch",
        "dropout mask",
        "all batches",
        "losses of the first steps",
    }
    for library in model["libraries"]:
        assert len(library["losses"]) == len(library["step_ms"]) == 27
        assert [epoch["step"] for epoch in library["epochs"]] == [8, 16, 24, 27]
        assert all(0 <= epoch["test_accuracy"] <= 1 for epoch in library["epochs"])
        assert library["threads"] == 1
        assert library["device"] == "cpu"
        assert 50 < library["peak_memory_mb"] < 2000
        assert library["peak_gpu_memory_mb"] is None


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_minitorch_beside_torch_on_the_digits(tmp_path: Path, model: str) -> None:
    """The main job, for 25 steps."""
    result = compare(model, "--steps", "25", "--device", "cpu", out=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "handwritten digits" in result.stdout
    assert "--download" in result.stdout


def fake_library(folder: Path, code: str) -> Path:
    """Writes a library that is PyTorch but for the given lines."""
    preamble = "import torch\n\n\ndef __getattr__(name):\n    return getattr(torch, name)\n\n\n"
    (folder / "fake.py").write_text(preamble + code)
    return folder


def test_different_weights_and_losses_fail(tmp_path: Path) -> None:
    path = fake_library(tmp_path, "manual_seed = lambda seed: torch.manual_seed(seed + 1)\n")
    options = ["--libraries", "torch,fake", "--steps", "2", *ONE_THREAD]
    result = compare("mlp", *options, out=tmp_path / "out", python_path=path)
    assert result.returncode == 1
    assert "failed: initial weights, dropout mask, losses of the first steps" in result.stdout
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["passed"] is False
    assert report["models"][0]["checks"]["first batch"] is True


def test_a_loss_that_is_not_a_number_fails(tmp_path: Path) -> None:
    options = ["--libraries", "torch,torch", "--lr", "1e30", "--steps", "10", *ONE_THREAD]
    result = compare("cnn", *options, out=tmp_path)
    assert result.returncode == 1
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["models"][0]["libraries"][0]["losses"][-1] is None
    assert report["models"][0]["first_difference"] is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise ValueError('no such thing')", "ValueError: no such thing"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "died of SIGKILL"),
        ("import os\nos._exit(3)", "ended with code 3"),
    ],
)
def test_a_broken_worker_is_reported(tmp_path: Path, code: str, message: str) -> None:
    path = fake_library(tmp_path, code)
    result = compare("mlp", "--libraries", "torch,fake", out=tmp_path / "out", python_path=path)
    assert result.returncode == 1
    assert result.stderr.startswith("compare: the fake worker")
    assert message in result.stderr
    assert "compare/child.py" not in result.stderr


def test_interrupt_ends_both_workers(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "compare", "cnn", "--libraries", "torch,torch", "--epochs", "1000"]
        + ["--data", "digits", "--out", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A job in a shell's background ignores SIGINT, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    parent = psutil.Process(process.pid)
    deadline = time.monotonic() + 60
    while len(children := parent.children()) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)  # What Ctrl-C does in a terminal.
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors == "compare: interrupted\n"
    assert len(children) == 2
    assert not any(child.is_running() for child in children)


def test_what_a_library_prints_does_not_get_between_the_replies(tmp_path: Path) -> None:
    path = fake_library(tmp_path, "print('hello from the library')\n")
    options = ["--libraries", "torch,fake", "--steps", "2", *ONE_THREAD]
    result = compare("rnn", *options, out=tmp_path / "out", python_path=path)
    assert result.returncode == 0, result.stderr


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
    epochs = [{"step": len(losses), "train_accuracy": 0.5, "test_accuracy": 0.5}]
    return LibraryRun("torch", "2", "cpu", 1, {}, losses, step_ms, epochs)


def test_only_the_first_steps_are_bound() -> None:
    reference = library_run([1.0] * 30)
    near, far = 1 + 0.9e-5, 1 + 2e-5
    assert ModelRun("mlp", 0.1, reference, library_run([near] * 20 + [2.0] * 10)).passed
    assert not ModelRun("mlp", 0.1, reference, library_run([near] * 19 + [far] * 11)).passed
    assert not ModelRun("mlp", 0.1, reference, library_run([math.nan] * 30)).passed


def test_the_warm_up_counts_for_no_time() -> None:
    assert library_run([1.0] * 121).median_step_ms == 71  # Of the steps 21 to 121.
    assert library_run([1.0] * 5).median_step_ms == 4  # Of the last three of five.
    assert library_run([1.0]).median_step_ms == 1


def test_plot_of_one_step_that_is_not_a_number(tmp_path: Path) -> None:
    run = ModelRun("mlp", 0.1, library_run([1.0]), library_run([math.nan]))
    plot.write_plot(tmp_path / "report.png", [run], "one step")
    assert (tmp_path / "report.png").stat().st_size > 10_000
