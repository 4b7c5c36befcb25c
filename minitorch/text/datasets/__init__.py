"""Data sets of texts, read from their publishers' own files, and tables of one's own.

Mirrors torchtext/datasets/__init__.py; ``CSVDataset`` is our own. Left out: the other data sets.
"""

from minitorch.text.datasets.csv_table import CSVDataset
from minitorch.text.datasets.imdb import IMDB

__all__ = ["IMDB", "CSVDataset"]
