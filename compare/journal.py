"""What lies on disk while models are trained, so that a killed run goes on where it stopped.

A model's folder holds ``run.json``, everything measured so far, and a checkpoint of each library
after the step that ``run.json`` names. They are written in this order: new checkpoints, then
``run.json`` (which is replaced in one move), then old checkpoints are removed. So at any moment
``run.json`` and the checkpoints that it names fit together.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compare.child import Child
from compare.results import ModelRun

SAVED_EVERY_S = 20.0
"""Seconds of training that a killed run loses at most; saving takes a tenth of a second."""

_SIDES = ("reference", "candidate")


@dataclass(frozen=True)
class Journal:
    """The folder of one model.

    Attributes:
        folder: made at the first writing.
        fingerprint: all that a run depends on; a journal with another one is not continued.
    """

    folder: Path
    fingerprint: dict[str, Any]

    def read(self) -> ModelRun | None:
        """Returns what was measured so far, or None if there is nothing that could go on."""
        try:
            content = json.loads((self.folder / "run.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        # The comparison is in JSON's types, in which tuples are lists.
        if content["fingerprint"] != json.loads(json.dumps(self.fingerprint)):
            return None
        run = ModelRun.from_dict(content["run"])
        files = [self.trained] if run.is_complete else self.checkpoints(run.steps)
        return run if all(file.exists() for file in files) else None

    def checkpoints(self, step: int) -> tuple[Path, Path]:
        """Returns the files that hold both libraries after a step."""
        reference, candidate = (self.folder / f"{side}-{step}.pt" for side in _SIDES)
        return reference, candidate

    @property
    def trained(self) -> Path:
        """The weights of the reference after the last step, for models that start from them."""
        return self.folder / "trained.pt"

    def write(self, run: ModelRun, children: Sequence[Child]) -> None:
        """Keeps the run, and the state of both workers after its last step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if run.is_complete:
            children[0].ask("save", path=str(self.trained), weights_only=True)
            kept = {self.trained}
        else:
            files = self.checkpoints(run.steps)
            for child, file in zip(children, files, strict=True):
                child.send("save", path=str(file))
            for child in children:
                child.receive()
            kept = set(files)
        self.write_run(run)
        for file in set(self.folder.glob("*.pt")) - kept:
            file.unlink()

    def write_run(self, run: ModelRun) -> None:
        """Replaces ``run.json`` in one move."""
        content = {"fingerprint": self.fingerprint, "run": run.as_dict()}
        new = self.folder / "run.json.new"
        new.write_text(json.dumps(content))
        os.replace(new, self.folder / "run.json")
