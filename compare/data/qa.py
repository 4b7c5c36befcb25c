"""Questions and answers from a table, to be learned by heart."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from compare.data.dataset import Data
from compare.errors import MissingData, UsageError
from compare.recipe import Facts
from minitorch.text.datasets import CSVDataset
from minitorch.text.vocab import Vocab, build_vocab_from_iterator

FILE = "100_Unique_QA_Dataset.csv"
STAND_IN = Path(__file__).with_name("questions.csv")
STAND_IN_NOTE = (
    f"{STAND_IN.name}, a small table of the project's own: a stand-in, learned by heart and tested "
    f"with its own rows. Add --data-root DIR (or MINITORCH_DATA=DIR) if you have qa/{FILE} there."
)
PADDING, UNKNOWN = "<pad>", "<unk>"


def load(root: str | None, download: bool) -> Data:
    """The questions of the table as numbers of words (N, T), the numbers of their answers (N,).

    Training and testing show the same rows, as a table that is learned by heart has no others.
    """
    if root is None and not download:
        return load_table(STAND_IN, STAND_IN_NOTE)
    path = Path(root or "data", "qa", FILE)
    if not path.exists():
        raise MissingData(
            f"{path}: there is no such file, and no publisher to download it from; any table with "
            "the columns question and answer will do"
        )
    return load_table(path, f"{path}, learned by heart and tested with its own rows")


def load_table(path: str | os.PathLike[str], note: str = "") -> Data:
    """Any CSV file with the columns ``question`` and ``answer``, as `load` returns it.

    Raises:
        UsageError: the file is missing, is no such table, or has an empty field.
    """
    try:
        rows = CSVDataset(path, ("question", "answer")).rows
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(str(error)) from None
    if not rows:
        raise UsageError(f"{path}: has no questions")
    for number, (question, answer) in enumerate(rows, 1):
        if not tokenize(question) or not answer.strip():
            raise UsageError(
                f"{path}, question {number}: expected words and an answer, "
                f"found {question!r} and {answer!r}"
            )
    questions = [tokenize(question) for question, _ in rows]
    words = build_vocab_from_iterator(questions, specials=[PADDING, UNKNOWN])
    longest = max(len(question) for question in questions)
    answers = tuple(dict.fromkeys(answer.strip() for _, answer in rows))
    arrays = (
        np.array([encode(question, words, longest) for question, _ in rows]),
        np.array([answers.index(answer.strip()) for _, answer in rows]),
    )
    facts = Facts(classes=len(answers), words=len(words))
    return Data("questions", note, arrays, arrays, facts, answers, tuple(words.get_itos()))


def tokenize(question: str) -> list[str]:
    """The words in lower case, without punctuation; an apostrophe parts no word."""
    return re.findall(r"\w+", re.sub("['’]", "", question.lower()))


def encode(question: str, words: Vocab, length: int) -> list[int]:
    """The numbers of the words, filled up on the left: an RNN then ends with the last word."""
    numbers = [words[token] if token in words else words[UNKNOWN] for token in tokenize(question)]
    return [words[PADDING]] * (length - len(numbers)) + numbers
