"""Checkpoints survive whatever happens to the process: writes are atomic, runs go on bit for bit."""

from __future__ import annotations

import os
import pickle
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Any

import pytest

import minitorch
from minitorch.serialization import load, save
from minitorch.serialization.atomic_file import atomic_write
from tests.training_run import STEPS_PER_CHECKPOINT

# ------------------------------------------------------------------------- atomic writes


class Full:
    """A disk that is full after some bytes: what is written fails, at a different place each time."""

    def __init__(self, file: IO[bytes], room: int, error: BaseException) -> None:
        self.file, self.room, self.error = file, room, error

    def write(self, content: Any) -> int:
        self.room -= len(content)
        if self.room < 0:
            self.file.write(content[: len(content) // 2])
            raise self.error
        return self.file.write(content)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("old", [False, True])
def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, old: bool
) -> None:
    path = tmp_path / "weights.pt"
    save("before", path)
    real_open, rooms = open, iter([0, 1, 200, 700, 900, 1100, 10**6])
    options = {"_use_new_zipfile_serialization": not old}

    def full_open(name: Any, mode: str) -> Any:
        file = real_open(name, mode)
        return FullFile(file, next(rooms)) if "x" in mode else file

    class FullFile(Full):
        def __init__(self, file: IO[bytes], room: int) -> None:
            super().__init__(file, room, error)

        def __enter__(self) -> FullFile:
            return self

        def __exit__(self, *exc_info: object) -> None:
            self.file.close()

    monkeypatch.setattr("builtins.open", full_open)
    failures = 0
    for _ in range(7):
        try:
            save([minitorch.zeros(100), "after"], path, **options)
        except type(error):
            failures += 1
            assert load(path) == "before"
        assert os.listdir(tmp_path) == ["weights.pt"]
    assert failures >= 3 and load(path)[1] == "after"


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_failure_at_the_end_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    path = tmp_path / "weights.pt"
    save("before", path)

    def fail(*args: Any) -> None:
        raise OSError("lost power")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match="lost power"):
        save("after", path)
    assert load(path) == "before" and os.listdir(tmp_path) == ["weights.pt"]


def test_what_cannot_be_pickled_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    save("before", path)
    before = path.stat()
    for options in ({}, {"_use_new_zipfile_serialization": False}):
        with pytest.raises((pickle.PicklingError, AttributeError)):
            save([minitorch.ones(3), lambda: 1], path, **options)
    assert path.stat() == before and os.listdir(tmp_path) == ["weights.pt"]


def test_content_and_name_are_brought_to_the_disk_in_that_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    real_fsync, real_replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        calls.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        real_fsync(descriptor)

    def replace(source: str, target: str) -> None:
        calls.append("replace")
        assert os.path.dirname(source) == os.path.dirname(target) == os.path.realpath(tmp_path)
        assert load(source) == 1
        real_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    save(1, tmp_path / "weights.pt")
    assert calls == ["file", "replace", "folder"]


def test_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights.pt"
    umask = os.umask(0o027)
    try:
        save(1, path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640  # as open() would give
        path.chmod(0o604)
        save(2, path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604  # as open() would leave
    finally:
        os.umask(umask)
    monkeypatch.setattr(os, "access", lambda name, mode: False)
    with pytest.raises(PermissionError, match=r"weights\.pt"):
        save(3, path)
    assert load(path) == 2


def test_links_pipes_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("elsewhere")
    os.symlink("elsewhere/real.pt", "link.pt")
    os.symlink("link.pt", "link of link.pt")
    for name in ("link.pt", "link of link.pt"):
        save(name, name)  # at first there is no such file
        assert os.path.islink(name) and load("elsewhere/real.pt") == load(name) == name
    assert os.listdir("elsewhere") == ["real.pt"]
    os.symlink("loop.pt", "loop.pt")
    with pytest.raises(OSError, match=r"loop\.pt"):
        save(1, "loop.pt")
    with pytest.raises(IsADirectoryError, match="elsewhere"):
        save(1, "elsewhere")
    with pytest.raises(RuntimeError, match=r"Parent directory .*nowhere does not exist"):
        save(1, "nowhere/file.pt")
    save(1, os.devnull)
    assert not stat.S_ISREG(os.stat(os.devnull).st_mode)
    save(1, "ä" * 120)
    assert load("ä" * 120) == 1
    os.mkfifo("pipe")
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(Path("pipe").read_bytes()))
    reader.start()
    save([1, 2], "pipe")
    reader.join()
    Path("received.pt").write_bytes(received[0])
    assert load("received.pt") == [1, 2]


def test_two_writers_of_one_file(tmp_path: Path) -> None:
    """Each finds a file complete, its own or the other's."""
    path = tmp_path / "weights.pt"
    with atomic_write(path) as first:
        with atomic_write(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
        first.write(b"first")
    assert path.read_bytes() == b"first" and os.listdir(tmp_path) == ["weights.pt"]


# ------------------------------------------------------------------------- resumed runs


def start(folder: Path, steps: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.training_run", str(folder), str(steps)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=120)
    assert process.returncode == 0


def kill_after(process: subprocess.Popen[str], lines: int, seconds: float) -> None:
    """Let it make so many steps, and then a part of one."""
    assert process.stdout is not None
    for _ in range(lines):
        assert process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_run_ends_as_if_it_had_not_been(tmp_path: Path, kills: int) -> None:
    """Parameters, moments, schedule, losses and all that is drawn later are the same bits."""
    steps = 12 * kills + 12
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    chance = random.Random(kills)
    uninterrupted = start(whole, steps)
    seen = []
    for kill in range(kills):
        process = start(killed, steps)
        # No line: while it starts. One line: before or in its first step.
        lines = chance.randint(0, 2 * STEPS_PER_CHECKPOINT) if kill else STEPS_PER_CHECKPOINT + 2
        kill_after(process, lines, chance.uniform(0, 0.01))
        if (killed / "checkpoint.pt").exists():
            seen.append(len(load(killed / "checkpoint.pt")["losses"]))
    finish(start(killed, steps))
    finish(uninterrupted)
    assert (killed / "result.pt").read_bytes() == (whole / "result.pt").read_bytes()
    result = load(killed / "result.pt")
    assert len(result["losses"]) == steps
    # Steps done twice would show as equal losses; one pair of 252 may be equal by chance.
    assert len(set(result["losses"])) >= steps - 1
    assert seen == sorted(seen) and len(set(seen)) > kills // 4  # it was killed on its way
