"""The data sets of the comparisons: small files in their layouts, damaged ones, and the stand-ins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from compare.data import imdb, load
from compare.errors import UsageError
from compare.recipe import Facts
from tests.real_data import real_data

# The reviews of IMDB.


def imdb_folder(folder: Path, train: dict[str, bytes], test: dict[str, bytes]) -> Path:
    """Writes reviews in the layout of aclImdb: ``{"pos/0_9": content}``."""
    for split, reviews in (("train", train), ("test", test)):
        for name, content in reviews.items():
            file = folder / "aclImdb" / split / f"{name}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    return folder


SMALL_TRAIN = {"neg/0_2": b"Bad, bad film.<br />Bad!", "pos/0_9": b"Good film."}
SMALL_TEST = {"neg/0_1": b"A bad end", "pos/0_8": b"Film " * 300 + b"good"}


@pytest.mark.parametrize("place", ["", "imdb"])
def test_imdb_reviews_are_numbered_by_the_training_half(tmp_path, place):
    imdb_folder(tmp_path / place, SMALL_TRAIN, SMALL_TEST)
    data = load("imdb", str(tmp_path))
    assert data.vocabulary == ("<pad>", "<unk>", "bad", ".", "film", "!", ",", "good")
    assert data.facts == Facts(classes=2, words=8)
    tokens, labels = data.train
    assert tokens.dtype == labels.dtype == np.int64
    assert labels.tolist() == [0, 1]  # Bad, then good.
    assert tokens[:, :8].tolist() == [[2, 6, 2, 4, 3, 2, 5, 0], [7, 4, 3, 0, 0, 0, 0, 0]]
    tokens, labels = data.test
    assert tokens.shape == (2, imdb.LENGTH)
    assert tokens[0, :4].tolist() == [1, 2, 1, 0]  # Neither "a" nor "end" was trained on.
    assert tokens[1].tolist() == [4] * (imdb.LENGTH - 1) + [7]  # The end of a long one.


def test_imdb_lies_in_the_root_or_in_its_folder_imdb(tmp_path):
    with pytest.raises(UsageError, match=r"imdb: has neither aclImdb_v1.tar.gz nor .*--download"):
        load("imdb", str(tmp_path))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("aclImdb_v1.tar.gz", b"not an archive", "aclImdb_v1.tar.gz: damaged archive"),
        ("aclImdb/train/neg/0_1.txt", b"caf\xe9", "train/neg/0_1.txt: not UTF-8 at byte 3"),
        ("aclImdb/train/neg/0_1.txt", b"bad", "aclImdb: has no reviews train/neg"),
    ],
)
def test_damaged_imdb_files_are_named(tmp_path, name, content, message):
    file = tmp_path / "imdb" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load("imdb", str(tmp_path))


def test_a_failed_download_of_imdb_says_where_to_put_it(tmp_path, monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(UsageError, match=r"aclImdb_v1.tar.gz: could not download .*no route"):
        load("imdb", str(tmp_path), download=True)


def test_no_word_of_the_made_reviews_tells_their_class():
    data = load("imdb")
    assert "stand-in" in data.note
    tokens, labels = (np.concatenate(pair) for pair in zip(data.train, data.test, strict=True))
    counts = (tokens[:, :, np.newaxis] == np.arange(1, data.facts.words)).sum(1)  # (N, words)
    counts = counts[:, counts.any(0)]  # There is no "<unk>".
    with_label = np.corrcoef(counts, labels, rowvar=False)[-1, :-1]
    assert np.nanmax(np.abs(with_label)) < 0.08  # Four standard deviations for 3,000 reviews.
    assert abs(labels.mean() - 0.5) < 0.04


def test_the_made_reviews_are_always_the_same():
    for first, second in zip(load("imdb").train, load("imdb").train, strict=True):
        assert np.array_equal(first, second)


def test_the_real_imdb_has_two_halves_of_25_000():
    data = load("imdb", str(real_data("imdb").parent))
    for tokens, labels in (data.train, data.test):
        assert tokens.shape == (25_000, imdb.LENGTH)
        assert labels.mean() == 0.5
    assert data.facts.words == imdb.VOCABULARY_SIZE
    assert (data.train[0] == 1).sum() < 0.05 * (data.train[0] > 0).sum()
