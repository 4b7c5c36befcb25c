"""One call of the command line: its models one after the other, and the report of all of them."""

from __future__ import annotations

import hashlib
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from compare import array_files, page, plot, report, runner
from compare.data import load
from compare.data.dataset import Data
from compare.errors import MissingData, UsageError
from compare.journal import Journal
from compare.models import MODELS
from compare.results import ModelRun, Settings


@dataclass
class Comparison:
    """What the models of one call share: settings, data, and the folder of the results.

    Attributes:
        out: for the report; its folder ``unfinished`` holds what a killed run goes on from.
        data_root: the folder of the real data; None: stand-ins, unless they are to be downloaded.
    """

    settings: Settings
    out: Path
    data_root: str | None
    download: bool
    console: Console
    runs: list[ModelRun] = field(default_factory=list)
    _data: dict[str, tuple[Data, Path, str]] = field(default_factory=dict)

    @property
    def unfinished(self) -> Path:
        """The folder that is there from the first step of a call to its regular end."""
        return self.out / "unfinished"

    def run(self, model: str, fresh: bool) -> int:
        """Trains a model, or all, writes the report, and returns the exit code.

        Raises:
            UsageError: the data is missing or damaged, or does not fit the settings.
            WorkerError: a worker broke; the report of the models before it is written.
        """
        if fresh and self.unfinished.exists():
            shutil.rmtree(self.unfinished)
        names = list(MODELS) if model == "all" else _with_its_start(model)
        interrupted = False
        try:
            for name in names:
                self.runs.append(self.train(name, must_be_real=model != "all"))
        except runner.Interrupted as interruption:
            self.runs += [interruption.run] if interruption.run.steps else []
            interrupted = True
        except KeyboardInterrupt:
            interrupted = True
        finally:
            if self.runs:
                self._write_report(interrupted)
            for _, folder, _ in self._data.values():
                shutil.rmtree(folder)
        if interrupted:
            print("compare: interrupted; the same command goes on from here", file=sys.stderr)
            return 130
        shutil.rmtree(self.unfinished)
        return 0 if all(run.passed for run in self.runs) else 1

    def train(self, name: str, must_be_real: bool) -> ModelRun:
        """Trains one model in both libraries; the one that it starts from must be trained already.

        Args:
            must_be_real: whether missing data is an error; else a stand-in takes its place.
        """
        recipe = MODELS[name]
        self._print(f"[bold]{name}[/]: {recipe.description}")
        data, folder, data_digest = self._load(recipe.data, must_be_real)
        size = self.settings.batch_size
        if size is not None and size > len(data.train[0]):
            raise UsageError(
                f"--batch-size {size} is more than the {len(data.train[0])} training samples of "
                f"{data.name}"
            )
        start = recipe.starts_from and self._journal_folder(recipe.starts_from) / "trained.pt"
        module = sys.modules[recipe.build.__module__].__file__
        fingerprint = {
            "settings": self.settings.as_dict(),
            "versions": report.versions(),
            "data": data_digest,
            "recipe": _sha256(Path(str(module))),
            "start": start and _sha256(start),
        }
        journal = Journal(self._journal_folder(name), fingerprint)
        job = runner.Job(name, self.settings, data, folder, journal, start or None)
        return runner.run_model(job, self.console)

    def _journal_folder(self, model: str) -> Path:
        return self.unfinished / model

    def _load(self, name: str, must_be_real: bool) -> tuple[Data, Path, str]:
        """Loads a data set at its first use, and lays it down for the workers."""
        if name not in self._data:
            try:
                data = load(name, self.data_root, self.download)
            except MissingData as error:
                if must_be_real:
                    raise
                self._print(f"  {error}: its stand-in is used")
                data = load(name)
            self._print(f"  data: {data.note}")
            folder = self.unfinished / "data" / name
            folder.mkdir(parents=True, exist_ok=True)
            self._data[name] = data, folder, array_files.save(data, folder)
        return self._data[name]

    def _write_report(self, interrupted: bool) -> None:
        report.print_table(self.console, self.runs, self.settings)
        report.write_json(self.out / "report.json", self.runs, self.settings)
        plots = {}
        for run in self.runs:
            plots[run.model] = self.out / f"{run.model}.png"
            plot.write_plot(plots[run.model], run)
        page.write_page(self.out / "report.html", self.runs, self.settings, plots, interrupted)
        self._print(f"Written: {self.out}/report.html, report.json and {len(plots)} plots")

    def _print(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)


def _with_its_start(model: str) -> list[str]:
    """Returns the model, and before it the one from whose weights it starts."""
    start = MODELS[model].starts_from
    return [model] if start is None else [*_with_its_start(start), model]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
