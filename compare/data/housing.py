"""House prices in California in 1990, or the diabetes study that comes with scikit-learn."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from compare.data.dataset import Data
from compare.errors import MissingData, UsageError
from compare.recipe import Facts
from minitorch.serialization.atomic_file import atomic_write

DIABETES_NOTE = (
    "scikit-learn's 442 diabetes patients, ten measurements each; the target is the progress of "
    "the disease, in hundreds: a small stand-in. For the house prices add --download, or "
    "--data-root DIR (or MINITORCH_DATA=DIR) if you have california_housing/california_housing.csv "
    "there."
)
COLUMNS = (
    *("MedInc", "HouseAge", "AveRooms", "AveBedrms"),
    *("Population", "AveOccup", "Latitude", "Longitude"),
)
TARGET = "MedHouseVal"
SKEWED_COLUMNS = ("AveRooms", "AveBedrms", "Population", "AveOccup")
"""Quotients and counts whose largest values lie 20 to 120 standard deviations from their means."""
TRAINING_SHARE = 0.8

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """A table as published, before anything is split or scaled.

    Attributes:
        name: for tables and titles.
        note: one line: what it is and where it comes from.
        columns: the names of the features.
        features: (N, number of columns).
        target: (N,); for the houses the median value in a block, in 100,000 dollars.
    """

    name: str
    note: str
    columns: tuple[str, ...]
    features: Floats
    target: Floats


def load(root: str | None, download: bool) -> Data:
    """Standardised features (N, 8), prices in 100,000 dollars (N, 1)."""
    table = load_table(root, download)
    train, test = split(len(table.target))
    features = table.features.copy()
    for i, column in enumerate(table.columns):
        if column in SKEWED_COLUMNS:
            features[:, i] = np.log(features[:, i])
    features = (features - features[train].mean(0)) / features[train].std(0)
    inputs, target = features.astype(np.float32), table.target[:, np.newaxis].astype(np.float32)
    return Data(
        table.name,
        table.note,
        (inputs[train], target[train]),
        (inputs[test], target[test]),
        Facts(features=len(table.columns)),
        columns=table.columns,
    )


def load_table(root: str | None, download: bool) -> Table:
    """Returns the table with its own units, or that of the stand-in.

    Raises:
        MissingData: the folder has no such table.
        UsageError: the file is truncated or corrupt, or the download failed.
    """
    if root is None and not download:
        return _diabetes()
    folder = Path(root or "data", "california_housing")
    csv, statlib = folder / "california_housing.csv", folder / "cal_housing.data"
    if download and not csv.exists():
        _download(csv)
    if csv.exists():
        columns = _read(csv, ",".join((*COLUMNS, TARGET)))
        return Table(
            "housing", f"California housing from {csv}", COLUMNS, columns[:, :8], columns[:, 8]
        )
    if statlib.exists():
        features, target = _from_statlib(_read(statlib, header=None))
        return Table("housing", f"California housing from {statlib}", COLUMNS, features, target)
    raise MissingData(f"{folder}: has neither {csv.name} nor {statlib.name}; add --download")


def split(rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Returns the rows for training and those for testing, in a fixed random order.

    The order of the file is by county, so a plain cut would test on unseen counties alone.
    """
    order = np.random.RandomState(0).permutation(rows)
    training_rows = int(rows * TRAINING_SHARE)
    return order[:training_rows], order[training_rows:]


def _diabetes() -> Table:
    from sklearn.datasets import load_diabetes

    bundled = load_diabetes(scaled=False)
    columns = tuple(bundled.feature_names)
    return Table("diabetes", DIABETES_NOTE, columns, bundled.data, bundled.target / 100)


def _read(path: Path, header: str | None) -> Floats:
    """Reads nine columns of numbers."""
    try:
        with open(path) as file:
            if header is not None and file.readline().strip() != header:
                raise UsageError(f"{path}: its first line is not {header}")
            lines = [line for line in file if line.strip()]
        if not lines:
            raise UsageError(f"{path}: has no rows")
        rows = np.loadtxt(lines, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"{path}: cannot be read as a table ({reason})") from None
    if rows.shape[1] != len(COLUMNS) + 1 or not np.isfinite(rows).all():
        raise UsageError(f"{path}: is not a table of nine columns of numbers")
    return rows


def _from_statlib(rows: Floats) -> tuple[Floats, Floats]:
    """Turns the sums over a block, as StatLib has them, into means over its households."""
    longitude, latitude, age, rooms, bedrooms, population, households, income, value = rows.T
    means = (rooms / households, bedrooms / households)
    features = (income, age, *means, population, population / households, latitude, longitude)
    return np.stack(features, 1), value / 100_000


def _download(csv: Path) -> None:
    """Fetches the table through scikit-learn, which checks its SHA-256, and writes it as CSV."""
    try:
        from sklearn.datasets import fetch_california_housing

        with tempfile.TemporaryDirectory() as folder:
            features, target = fetch_california_housing(data_home=folder, return_X_y=True)
        csv.parent.mkdir(parents=True, exist_ok=True)
        rows = np.column_stack([features, target])
        header = ",".join((*COLUMNS, TARGET))
        with atomic_write(csv) as file:
            np.savetxt(file, rows, "%.17g", ",", header=header, comments="")
    except (OSError, ImportError) as error:
        reason = str(error).partition("\n")[0]
        raise UsageError(f"downloading California housing to {csv} failed: {reason}") from None
