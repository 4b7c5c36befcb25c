"""From strings to tokens, and from samples to batches.

Mirrors torchtext/data/__init__.py; ``PadCollate`` is our own.
"""

from minitorch.text.data import functional, utils
from minitorch.text.data.collate import PadCollate
from minitorch.text.data.functional import to_map_style_dataset
from minitorch.text.data.utils import get_tokenizer, ngrams_iterator

__all__ = [
    "PadCollate",
    "functional",
    "get_tokenizer",
    "ngrams_iterator",
    "to_map_style_dataset",
    "utils",
]
