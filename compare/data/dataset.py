"""A data set as arrays, ready for training, the same for both libraries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
