"""A data set as arrays, ready for training, the same for both libraries."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from compare.recipe import Facts

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Data:
    """A data set, split and scaled.

    Attributes:
        name: for tables and titles.
        note: one line: what it is and where it comes from; for a stand-in, how to get the real one.
        train: the inputs of the model, and the target last: arrays of one length. Numbers are
            float32, classes and tokens int64.
        test: likewise; never trained on.
        facts: its sizes.
        classes: the names of the classes.
        vocabulary: the tokens, by their numbers.
        columns: the names of the features.
    """

    name: str
    note: str
    train: tuple[Array, ...]
    test: tuple[Array, ...]
    facts: Facts
    classes: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Writes arrays and facts into the folder, for the workers."""
        for split in ("train", "test"):
            for i, array in enumerate(getattr(self, split)):
                np.save(Path(folder, f"{split}_{i}.npy"), array)
        Path(folder, "facts.json").write_text(json.dumps(asdict(self.facts)))


def load_saved(folder: str | os.PathLike[str]) -> tuple[list[Array], list[Array], Facts]:
    """Returns what `Data.save` wrote: the arrays of training and testing, and the facts."""
    splits = []
    for split in ("train", "test"):
        count = len(list(Path(folder).glob(f"{split}_*.npy")))
        splits.append([np.load(Path(folder, f"{split}_{i}.npy")) for i in range(count)])
    return splits[0], splits[1], Facts(**json.loads(Path(folder, "facts.json").read_text()))
