"""IMDB, from its archive and from its folder, and CSV tables: good ones, and all kinds of bad ones.

The data is made on the spot. With ``MINITORCH_DATA`` naming a folder of the real data sets, those are
read too.
"""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from minitorch.text.datasets import IMDB, CSVDataset, imdb
from minitorch.utils.data import DataLoader
from tests.real_data import real_data

REVIEWS = {
    "README": b"not a review",
    "train/pos/10_9.txt": "très bon".encode(),
    "train/pos/9_8.txt": b"good",
    "train/neg/0_3.txt": b"bad<br />film",
    "train/unsup/1_0.txt": b"unlabelled",
    "train/urls_pos.txt": b"http://...",
    "test/neg/3_1.txt": b"worse",
    "test/neg/20_1.txt": b"worst",
    "test/pos/3_10.txt": b"best",
}
TRAIN = [(1, "bad<br />film"), (2, "good"), (2, "très bon")]
TEST = [(1, "worse"), (1, "worst"), (2, "best")]


def archive(path: Path, reviews: dict[str, bytes] = REVIEWS) -> Path:
    """Writes the reviews into an archive of the kind that its name says."""
    path.parent.mkdir(parents=True, exist_ok=True)
    compression = path.suffix.removeprefix(".").replace("tar", "")
    with tarfile.open(path, f"w:{compression}") as tar:  # type: ignore[call-overload]
        for name, content in reviews.items():
            info = tarfile.TarInfo(f"aclImdb/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return path


def unpacked(folder: Path, reviews: dict[str, bytes] = REVIEWS) -> Path:
    for name, content in reviews.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.mark.parametrize(
    "name", ["aclImdb_v1.tar.gz", "aclImdb.tar.gz", "aclImdb.tar.xz", "aclImdb.tar", "aclImdb"]
)
def test_imdb_in_all_its_forms(tmp_path: Path, name: str) -> None:
    archive(tmp_path / name) if ".tar" in name else unpacked(tmp_path / name)
    train, test = IMDB(tmp_path)
    assert (list(train), list(test)) == (TRAIN, TEST)
    assert list(IMDB(tmp_path, "test")) == TEST
    assert list(IMDB(str(tmp_path / name), split=("test",))[0]) == TEST
    assert len(train) == 3 and train[-1] == (2, "très bon")
    assert next(iter(train)) == TRAIN[0]
    labels, texts = next(iter(DataLoader(train, batch_size=3)))
    assert labels.tolist() == [1, 2, 2] and list(texts) == [text for _, text in TRAIN]


def test_a_folder_goes_before_an_archive(tmp_path: Path) -> None:
    archive(tmp_path / "aclImdb_v1.tar.gz").write_bytes(b"broken")
    unpacked(tmp_path / "aclImdb")
    assert list(IMDB(tmp_path, "train")) == TRAIN


def message_of(root: Path, split: str = "train") -> str:
    with pytest.raises(ValueError) as caught:
        IMDB(root, split)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_reviews_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"pass download=True, or fetch http://ai\.stanford"
    ):
        IMDB(tmp_path)
    archive(tmp_path / "aclImdb.tar.xz", {"test/pos/1_7.txt": b"fine"})
    assert "has no reviews train/neg" in message_of(tmp_path)
    assert "has no reviews test/neg" in message_of(tmp_path, "test")
    assert "'valid' is not one of" in message_of(tmp_path, "valid")


@pytest.mark.parametrize("kind", [".gz", ".xz"])
def test_a_damaged_archive(tmp_path: Path, kind: str) -> None:
    noise = {f"train/pos/{i}_9.txt": os.urandom(1_500).hex().encode() for i in range(30)}
    path = archive(tmp_path / f"aclImdb.tar{kind}", REVIEWS | noise)
    whole = path.read_bytes()
    for content in (b"", b"no archive", whole[: len(whole) // 2], whole[:100]):
        path.write_bytes(content)
        message = message_of(tmp_path)
        assert str(path) in message and "damaged archive" in message


def test_a_review_in_another_encoding(tmp_path: Path) -> None:
    reviews = REVIEWS | {"train/pos/4_7.txt": "fiancée".encode("latin1")}
    archive(tmp_path / "aclImdb.tar.gz", reviews)
    assert "train/pos/4_7.txt: not UTF-8 at byte 5" in message_of(tmp_path)
    assert list(IMDB(tmp_path, "test")) == TEST


def test_the_archive_is_downloaded_if_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only then, and under the name that the publisher gives it."""
    fetched: list[tuple[str, str]] = []

    def download(url: str, path: Path, *, md5: str) -> None:
        fetched.append((url, md5))
        archive(path)

    monkeypatch.setattr(imdb._download, "download", download)
    assert list(IMDB(tmp_path, "train", download=True)) == TRAIN
    assert fetched == [(imdb.URL, imdb.MD5)]
    assert [path.name for path in tmp_path.iterdir()] == ["aclImdb_v1.tar.gz"]
    IMDB(tmp_path, "train", download=True)
    assert len(fetched) == 1


# ------------------------------------------------------------------------------------------ CSV


def table(tmp_path: Path, content: str | bytes) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_a_table(tmp_path: Path) -> None:
    path = table(tmp_path, 'question,answer,n\n"Who, me?",You,1\n\n"two\nlines","a ""b""",2\n')
    dataset = CSVDataset(path)
    assert dataset.fieldnames == ["question", "answer", "n"]
    assert list(dataset) == [("Who, me?", "You", "1"), ("two\nlines", 'a "b"', "2")]
    assert list(CSVDataset(path, columns=["n", "question"])) == [
        ("1", "Who, me?"),
        ("2", "two\nlines"),
    ]
    numbers = CSVDataset(str(path), columns=["n"], transform=lambda row: int(row[0]))
    assert len(numbers) == 2 and numbers[1] == 2
    assert next(iter(DataLoader(numbers, batch_size=2))).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        ("a;b\n1;2", {"delimiter": ";"}, [("1", "2")]),
        ("1\t2\n3\t4\n", {"delimiter": "\t", "fieldnames": ["a", "b"]}, [("1", "2"), ("3", "4")]),
        ("a,b\r\n1,2\r\n", {}, [("1", "2")]),
        (b"\xef\xbb\xbfa,b\n1,2", {"columns": ["a"]}, [("1",)]),
        ("a\né\n".encode("latin1"), {"encoding": "latin1"}, [("é",)]),
        ("a,b\n", {}, []),
        ("", {"fieldnames": ["a"]}, []),
    ],
)
def test_tables_of_many_kinds(
    tmp_path: Path, content: str | bytes, options: dict[str, object], expected: list[object]
) -> None:
    assert list(CSVDataset(table(tmp_path, content), **options)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("", {}, "table.csv: empty, expected a row with the names"),
        ("a,b\n1,2\n1,2,3\n", {}, r"line 3: expected 2 columns \(a, b\), found 3"),
        ('a,b\n"1\n\n2",3\n\n4\n', {}, r"line 6: expected 2 columns \(a, b\), found 1"),
        ('a,b\n1,2\n"3,4\n5,6\n', {}, "line 3: unexpected end of data"),
        ('a,b\n1,"2"x\n', {}, "line 2: ',' expected after"),
        (b"a,b\n1,2\n\xff,3\n", {}, "line 3: byte 0xff is not utf-8-sig; pass another encoding"),
        ("a,b,a\n", {}, "two columns have the name 'a'"),
        ("a,b\n", {"columns": ["c"]}, r"has no column 'c'; its columns are \['a', 'b'\]"),
        ("1,2\n", {"fieldnames": ["a"]}, "line 1: expected 1 columns"),
    ],
)
def test_bad_tables_are_refused_with_the_line(
    tmp_path: Path, content: str | bytes, options: dict[str, list[str]], message: str
) -> None:
    path = table(tmp_path, content)
    with pytest.raises(ValueError, match=message) as caught:
        CSVDataset(path, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)


def test_a_table_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.csv"):
        CSVDataset(tmp_path / "nowhere.csv")


# ------------------------------------------------------------------------------------ real data


def test_the_real_reviews() -> None:
    train, test = IMDB(real_data("imdb"))
    for half in (train, test):
        assert len(half) == 25_000
        assert [label for label, _ in half] == [1] * 12_500 + [2] * 12_500
    assert train[0][1].startswith("Story of a man who has unnatural feelings for a pig.")
    assert train[12_500][1].startswith("Bromwell High is a cartoon comedy.")
    assert test[0][1].startswith("Once again Mr. Costner has dragged out a movie")


def test_the_real_questions() -> None:
    dataset = CSVDataset(
        real_data("qa", "100_Unique_QA_Dataset.csv"), columns=["question", "answer"]
    )
    assert len(dataset) == 90
    assert dataset[0] == ("What is the capital of France?", "Paris")
    assert all(question and answer for question, answer in dataset)
