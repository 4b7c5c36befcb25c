"""Tokenizers: from a string to a list of words.

Mirrors torchtext/data/utils.py. Left out: the tokenizers of other packages (spacy, moses, ...),
which can be passed as functions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

__all__ = ["get_tokenizer", "ngrams_iterator"]

Tokenizer = Callable[[str], list[str]]

# Apply in this order: the full stop comes before the line break, as in torchtext.
_BASIC_ENGLISH = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"'", " '  "),
        (r'"', ""),
        (r"\.", " . "),
        (r"<br />", " "),
        (r",", " , "),
        (r"\(", " ( "),
        (r"\)", " ) "),
        (r"!", " ! "),
        (r"\?", " ? "),
        (r";", " "),
        (r":", " "),
        (r"\s+", " "),
    )
]


def get_tokenizer(tokenizer: str | Tokenizer | None, language: str = "en") -> Tokenizer:
    """The tokenizer of this name.

    Args:
        tokenizer: ``"basic_english"``, which writes words small and parts punctuation from them;
            None, which splits at white space; or a function, which is returned.

    Raises:
        ValueError: there is no such tokenizer, or not in this language.

    Example:
        >>> get_tokenizer("basic_english")("You can't miss it (again)!")
        ['you', 'can', "'", 't', 'miss', 'it', '(', 'again', ')', '!']
    """
    if tokenizer is None:
        return _split
    if callable(tokenizer):
        return tokenizer
    if tokenizer != "basic_english":
        raise ValueError(
            f"Requested tokenizer {tokenizer!r}; valid choices are 'basic_english', None, and a "
            "function from a string to a list of tokens"
        )
    if language != "en":
        raise ValueError("Basic normalization is only available for English(en)")
    return _basic_english


def _split(line: str) -> list[str]:
    return line.split()


def _basic_english(line: str) -> list[str]:
    line = line.lower()
    for pattern, replacement in _BASIC_ENGLISH:
        line = pattern.sub(replacement, line)
    return line.split()


def ngrams_iterator(token_list: Sequence[str], ngrams: int) -> Iterator[Any]:
    """The tokens, then all pairs of neighbours, and so on up to ``ngrams`` of them.

    Example:
        >>> list(ngrams_iterator(["here", "we", "are"], 2))
        ['here', 'we', 'are', 'here we', 'we are']
    """
    yield from token_list
    for n in range(2, ngrams + 1):
        for i in range(len(token_list) - n + 1):
            yield " ".join(token_list[i : i + n])
