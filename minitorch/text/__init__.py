"""Text: the tokenizer, vocabulary and data sets that the lessons need.

Mirrors torchtext/__init__.py. Left out: word vectors, pretrained models, ``transforms``.
"""

from minitorch.text import data, datasets, vocab
from minitorch.version import __version__ as __version__

__all__ = ["data", "datasets", "vocab"]
