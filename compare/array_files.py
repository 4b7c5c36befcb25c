"""A data set in a folder of ``.npy`` files: how it gets from the parent to both workers.

This module imports no library: a PyTorch worker must not load minitorch, which sets up its process.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from compare.recipe import Facts

if TYPE_CHECKING:
    from compare.data.dataset import Data

Array = npt.NDArray[Any]


def save(data: Data, folder: str | os.PathLike[str]) -> str:
    """Writes arrays and facts into a folder that is there, and returns the SHA-256 of them all."""
    digest = hashlib.sha256()
    for split in ("train", "test"):
        for i, array in enumerate(getattr(data, split)):
            np.save(Path(folder, f"{split}_{i}.npy"), array)
            digest.update(f"{split} {array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    facts = json.dumps(asdict(data.facts))
    digest.update(facts.encode())
    Path(folder, "facts.json").write_text(facts)
    return digest.hexdigest()


def load(folder: str | os.PathLike[str]) -> tuple[list[Array], list[Array], Facts]:
    """Returns the arrays of training and of testing, the target last, and the facts."""
    splits = []
    for split in ("train", "test"):
        count = len(list(Path(folder).glob(f"{split}_*.npy")))
        splits.append([np.load(Path(folder, f"{split}_{i}.npy")) for i in range(count)])
    return splits[0], splits[1], Facts(**json.loads(Path(folder, "facts.json").read_text()))
