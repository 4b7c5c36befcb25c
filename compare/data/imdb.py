"""The film reviews of IMDB as numbers, or reviews that a small grammar makes on the spot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from compare.data.dataset import Data
from compare.errors import MissingData, UsageError
from compare.recipe import Facts
from minitorch.text.data import get_tokenizer
from minitorch.text.datasets import IMDB
from minitorch.text.datasets.imdb import URL
from minitorch.text.vocab import Vocab, build_vocab_from_iterator

MADE_NOTE = (
    "5,000 reviews of two or three short sentences, made on the spot by a small grammar: a "
    "stand-in. For the real IMDB reviews add --download, or --data-root DIR (or "
    "MINITORCH_DATA=DIR) if you have imdb/aclImdb_v1.tar.gz there."
)
CLASSES = ("negative", "positive")
PADDING, UNKNOWN = "<pad>", "<unk>"
LENGTH = 200
"""Tokens of a review. Half of all reviews are no longer; of the others, the end: the verdict."""
VOCABULARY_SIZE = 20_000

MADE_LENGTH = 20
_MADE_REVIEWS = 5_000
_MADE_TRAINING_REVIEWS = 4_000
_PARTS = ("film", "movie", "plot", "acting", "ending", "music")
_PRAISE = ("good", "great", "funny", "clever", "moving")
_BLAME = ("bad", "dull", "weak", "silly", "boring")
_THINGS = ("room", "queue", "ticket", "street", "poster")
_FACTS = ("long", "short", "warm", "cold", "cheap", "old")
_ADVERBS = ("", "", "really", "very", "quite")

Review = tuple[Sequence[str], int]
"""The tokens of a review, and its class."""


def load(root: str | None, download: bool) -> Data:
    """Reviews, or their stand-in: numbers of tokens (N, T), padded with 0; classes (N,)."""
    if root is None and not download:
        return made_reviews()
    folder = _folder(Path(root or "data"))
    try:
        halves = IMDB(folder, download=download)
    except FileNotFoundError:
        raise MissingData(
            f"{folder}: has neither aclImdb_v1.tar.gz nor the folder aclImdb; add --download, or "
            f"fetch {URL} and put it there"
        ) from None
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(" ".join(str(error).split())) from None
    tokenize = get_tokenizer("basic_english")
    train, test = ([(tokenize(text), label - 1) for label, text in half] for half in halves)
    return _numbered("IMDB", f"IMDB from {folder}", train, test, LENGTH)


def made_reviews() -> Data:
    """Returns reviews in which a bag of words says nothing about the class, but order does.

    Each tells an opinion and facts beside the point. Exactly one of its sentences has a "not": it
    turns an opinion around, and leaves a class as it is if it stands in a fact.
    """
    random = np.random.RandomState(0)
    reviews = [_make_review(random) for _ in range(_MADE_REVIEWS)]
    train, test = reviews[:_MADE_TRAINING_REVIEWS], reviews[_MADE_TRAINING_REVIEWS:]
    return _numbered("made reviews", MADE_NOTE, train, test, MADE_LENGTH)


def to_numbers(
    reviews: Iterable[Sequence[str]], vocabulary: Vocab, length: int
) -> npt.NDArray[np.int64]:
    """Returns the last ``length`` tokens of each review as numbers, padded at the end, (N, T)."""
    rows = [vocabulary(tokens[-length:]) for tokens in reviews]
    numbers = np.full((len(rows), length), vocabulary[PADDING], np.int64)
    for row, padded in zip(rows, numbers, strict=True):
        padded[: len(row)] = row
    return numbers


def _folder(root: Path) -> Path:
    """Returns ``root/imdb``, unless ``root`` itself has the reviews."""
    inside = root / "imdb"
    has_reviews = root.is_file() or any(root.glob("aclImdb*")) or (root / "train").is_dir()
    return root if has_reviews and not inside.exists() else inside


def _numbered(
    name: str, note: str, train: Sequence[Review], test: Sequence[Review], length: int
) -> Data:
    vocabulary = build_vocab_from_iterator(
        (tokens for tokens, _ in train),
        specials=[PADDING, UNKNOWN],
        max_tokens=VOCABULARY_SIZE,
    )
    vocabulary.set_default_index(vocabulary[UNKNOWN])

    def arrays(half: Sequence[Review]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        numbers = to_numbers((tokens for tokens, _ in half), vocabulary, length)
        return numbers, np.array([label for _, label in half], np.int64)

    facts = Facts(classes=len(CLASSES), words=len(vocabulary))
    words = tuple(vocabulary.get_itos())
    return Data(name, note, arrays(train), arrays(test), facts, CLASSES, words)


def _make_review(random: np.random.RandomState) -> Review:
    """Returns an opinion among one or two facts; one of these sentences is denied."""

    def pick(words: Sequence[str]) -> str:
        return words[random.randint(len(words))]

    is_praise = bool(random.randint(2))
    subjects_and_words = [(pick(_PARTS), pick(_PRAISE if is_praise else _BLAME))]
    for _ in range(random.randint(1, 3)):
        subjects_and_words.append((pick(_THINGS), pick(_FACTS)))
    denied = random.randint(2)  # The opinion, or the first fact.

    sentences = []
    for i, (subject, word) in enumerate(subjects_and_words):
        words = ["the", subject, "was", "not" if i == denied else "", pick(_ADVERBS), word, "."]
        sentences.append([word for word in words if word])
    order = random.permutation(len(sentences))
    tokens = [token for i in order for token in sentences[i]]
    return tokens, int(is_praise != (denied == 0))
