"""Tables in text files: one sample a row, columns by name.

Mirrors no file of torchtext.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minitorch.utils.data.dataset import Dataset

__all__ = ["CSVDataset"]


class CSVDataset(Dataset[Any]):
    """The rows of a CSV file; a sample is a tuple of strings, one for each column.

    Args:
        path: the file. Its first row names the columns, unless ``fieldnames`` does.
        columns: which columns to return, in which order; all if None.
        fieldnames: the names of the columns of a file without such a row.
        delimiter: what parts the columns.
        encoding: of the file; the default takes UTF-8 with and without a byte order mark.
        transform: what to make of the tuple.

    Attributes:
        fieldnames: the names of the columns that samples have.
        rows: all tuples.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is not in this encoding, a row has more or fewer columns than names, a
            quotation does not end, or a column is not there. The one line of the message names the
            file and, where it is about one, the line.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        columns: Sequence[str] | None = None,
        fieldnames: Sequence[str] | None = None,
        delimiter: str = ",",
        encoding: str = "utf-8-sig",
        transform: Callable[[tuple[str, ...]], Any] | None = None,
    ) -> None:
        self.path = Path(path)
        numbered = _read_rows(self.path, delimiter, encoding)
        if fieldnames is None:
            if not numbered:
                raise ValueError(f"{path}: empty, expected a row with the names of the columns")
            fieldnames = numbered.pop(0)[1]
        names = list(fieldnames)
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{path}: two columns have the name {name!r}")
        for name in columns or ():
            if name not in names:
                raise ValueError(f"{path}: has no column {name!r}; its columns are {names}")
        for line, row in numbered:
            if len(row) != len(names):
                raise ValueError(
                    f"{path}, line {line}: expected {len(names)} columns ({', '.join(names)}), "
                    f"found {len(row)}"
                )
        self.fieldnames = list(columns) if columns is not None else names
        places = [names.index(name) for name in self.fieldnames]
        self.rows = [tuple([row[place] for place in places]) for _, row in numbered]
        self.transform = transform

    def __getitem__(self, index: Any) -> Any:
        row = self.rows[index]
        return row if self.transform is None else self.transform(row)

    def __len__(self) -> int:
        return len(self.rows)


def _read_rows(path: Path, delimiter: str, encoding: str) -> list[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of the line where it begins."""
    content = path.read_bytes()
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(
            f"{path}, line {line}: byte 0x{content[error.start]:02x} is not {encoding}; pass "
            "another encoding"
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows, line = [], 1
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1
    except csv.Error as error:
        raise ValueError(f"{path}, line {line}: {error}") from None
    return rows
