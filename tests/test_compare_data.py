"""The data sets of the comparisons: small files in their layouts, damaged ones, and the stand-ins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minitorch
from compare.data import characters, housing, imdb, load, qa
from compare.errors import MissingData, UsageError
from compare.models import MODELS
from compare.recipe import Facts
from minitorch.text.vocab import Vocab
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
    with pytest.raises(MissingData, match=r"imdb: has neither aclImdb_v1.tar.gz nor .*--download"):
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
    counts = counts[:, counts.std(0) > 0]  # Each has one "not", and none an "<unk>".
    with_label = np.corrcoef(counts, labels, rowvar=False)[-1, :-1]
    assert np.abs(with_label).max() < 0.06  # Four standard deviations for 5,000 reviews.
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


# Questions and answers.

QUESTIONS = """question,answer
What is the capital of France?,Paris
Who's there?,"Me, of course"
"What, again?", Paris
"""


def qa_folder(folder: Path, content: str | bytes = QUESTIONS) -> Path:
    file = folder / "qa" / qa.FILE
    file.parent.mkdir()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_questions_are_padded_on_the_left(tmp_path):
    data = load("qa", str(qa_folder(tmp_path)))
    assert data.classes == ("Paris", "Me, of course")
    assert data.vocabulary[:3] == ("<pad>", "<unk>", "what")  # Then by the alphabet.
    assert data.vocabulary[3:] == ("again", "capital", "france", "is", "of", "the", "there", "whos")
    assert data.facts == Facts(classes=2, words=11)
    questions, answers = data.train
    assert questions.tolist() == [[2, 6, 8, 4, 7, 5], [0, 0, 0, 0, 10, 9], [0, 0, 0, 0, 2, 3]]
    assert answers.tolist() == [0, 1, 0]
    assert questions.dtype == answers.dtype == np.int64
    assert data.test is data.train


@pytest.mark.parametrize(
    ("question", "tokens"),
    [
        ("Who wrote 'Hamlet'?", ["who", "wrote", "hamlet"]),
        ("the Earth’s second-largest", ["the", "earths", "second", "largest"]),
        ("  H2O, 1984 \n", ["h2o", "1984"]),
        ("?!", []),
    ],
)
def test_words_of_a_question(question, tokens):
    assert qa.tokenize(question) == tokens


def test_other_questions_are_numbered_by_the_words_of_the_table(tmp_path):
    words = Vocab(load("qa", str(qa_folder(tmp_path))).vocabulary)
    assert qa.encode("What is love?", words, 4) == [0, 2, 6, 1]
    assert qa.encode("Who's there, again?", words, 2) == [10, 9, 3]  # Longer ones stay whole.


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "csv: empty"),
        ("q,a\nWho?,I\n", "csv: has no column 'question'"),
        ("question,answer\n", "csv: has no questions"),
        ("question,answer\nWho?,I\nWhy?\n", "csv, line 3: expected 2 columns"),
        ('question,answer\n"Who?,I\n', "csv, line 2: unexpected end of data"),
        (b"question,answer\nCaf\xe9?,yes\n", "csv, line 2: byte 0xe9 is not utf-8"),
        ("question,answer\nWho?,I\n?,you\n", r"csv, question 2: expected .* found '\?' and 'you'"),
        ("question,answer\nWho?, \n", r"csv, question 1: expected .* found 'Who\?' and ' '"),
    ],
)
def test_damaged_tables_are_named(tmp_path, content, message):
    with pytest.raises(UsageError, match=message):
        load("qa", str(qa_folder(tmp_path, content)))


@pytest.mark.parametrize("download", [False, True])
def test_a_missing_table_has_no_publisher(tmp_path, download):
    with pytest.raises(MissingData, match=r"qa.100_Unique_QA_Dataset\.csv: .* no publisher"):
        load("qa", str(tmp_path), download)
    with pytest.raises(UsageError, match=r"none\.csv: No such file"):
        qa.load_table(tmp_path / "none.csv")


def test_the_own_table_is_found_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = load("qa")
    questions, answers = data.train
    assert len(questions) == len(np.unique(questions, axis=0)) == 60
    assert set(answers) == set(range(data.facts.classes))
    assert len(questions) % MODELS["qa"].batch_size == 0  # No row is dropped.


def test_the_usual_table_of_questions():
    data = load("qa", str(real_data("qa").parent))
    assert data.train[0].shape == (90, 12)
    assert data.facts == Facts(classes=85, words=246)
    assert len(data.train[0]) % MODELS["qa"].batch_size == 0


# Texts as characters.


def text_folder(folder: Path, content: str | bytes) -> Path:
    file = folder / "text" / "tinyshakespeare.txt"
    file.parent.mkdir()
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_the_target_is_the_next_character(tmp_path):
    text = "".join(chr(ord("a") + i % 26) for i in range(2_600))
    data = load("characters", str(text_folder(tmp_path, text + "é")))
    assert data.vocabulary == data.classes == (*"abcdefghijklmnopqrstuvwxyz", "é")
    assert data.facts == Facts(classes=27, words=27)
    for (inputs, target), expected in ((data.train, text[:2340]), (data.test, text[2340:])):
        assert inputs.shape == target.shape == ((len(expected) - 1) // 64, 64)
        assert inputs.dtype == target.dtype == np.int64
        read = "".join(data.vocabulary[number] for number in inputs.ravel())
        assert read == expected[: len(read)]
        assert target.ravel()[:-1].tolist() == inputs.ravel()[1:].tolist()
        assert (target % 26 == (inputs + 1) % 26).all()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("To be" * 100, "has 500 characters, expected at least 1280"),
        (b"To be \xff" * 1000, "tinyshakespeare.txt: not UTF-8 at byte 6"),
    ],
)
def test_damaged_texts_are_named(tmp_path, content, message):
    with pytest.raises(UsageError, match=message):
        load("characters", str(text_folder(tmp_path, content)))


def test_a_missing_text_can_be_fetched(tmp_path, monkeypatch):
    with pytest.raises(MissingData, match=r"tinyshakespeare\.txt: .*add --download"):
        load("characters", str(tmp_path))

    def refuse(*arguments, **keywords):
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(UsageError, match=r"tinyshakespeare\.txt: could not download .*no route"):
        load("characters", str(tmp_path), download=True)


def test_the_own_text_is_the_source_of_the_layers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = load("characters")
    assert "stand-in" in data.note
    read = "".join(data.vocabulary[number] for number in data.train[0].ravel())
    assert "class Conv" in read and "nn.Linear" in read
    assert [len(inputs) for inputs, _ in (data.train, data.test)] == [2109, 234]


def test_the_plays_of_shakespeare():
    data = load("characters", str(real_data("text").parent))
    assert data.facts == Facts(classes=65, words=65)
    assert [len(inputs) for inputs, _ in (data.train, data.test)] == [15_685, 1_742]
    assert data.test[0].shape[1] == characters.CHUNK


# California housing.

HOUSING_HEADER = (
    "MedInc,HouseAge,AveRooms,AveBedrms,Population,AveOccup,Latitude,Longitude,MedHouseVal\n"
)


def housing_folder(folder: Path, **files: str) -> Path:
    """Writes ``csv`` and ``statlib``, the two forms of the table."""
    inside = folder / "california_housing"
    inside.mkdir()
    for form, content in files.items():
        name = {"csv": "california_housing.csv", "statlib": "cal_housing.data"}[form]
        (inside / name).write_text(content)
    return folder


def test_housing_is_standardised_by_its_training_rows(tmp_path):
    table = np.random.default_rng(0).uniform(1, 9, (10, 9))
    rows = "".join(",".join(map(str, row)) + "\n" for row in table)
    data = load("housing", str(housing_folder(tmp_path, csv=HOUSING_HEADER + rows)))
    assert data.facts == Facts(features=8)
    assert data.columns[6:] == ("Latitude", "Longitude")
    (inputs, target), (test_inputs, test_target) = data.train, data.test
    assert inputs.dtype == target.dtype == np.float32
    assert inputs.shape == (8, 8) and target.shape == (8, 1) and test_inputs.shape == (2, 8)
    # The features are scaled in float64, and then rounded to float32.
    np.testing.assert_allclose(inputs.mean(0, dtype=np.float64), 0, atol=1e-7)
    np.testing.assert_allclose(inputs.std(0, dtype=np.float64), 1, rtol=1e-7)
    train, test = housing.split(10)
    np.testing.assert_array_equal(test_target[:, 0], table[test, 8].astype(np.float32))
    logarithm = np.log(table[:, 2])  # AveRooms is skewed.
    expected = (logarithm - logarithm[train].mean()) / logarithm[train].std()
    np.testing.assert_allclose(test_inputs[:, 2], expected[test], rtol=1e-7)


def test_the_file_of_statlib_gives_the_columns_of_scikit_learn(tmp_path):
    sums = "-122.5,37.5,41.0,800.0,200.0,300.0,100.0,8.5,452600.0\n"
    table = housing.load_table(str(housing_folder(tmp_path, statlib=sums)), download=False)
    assert table.features.tolist() == [[8.5, 41, 8, 2, 300, 3, 37.5, -122.5]]
    assert table.target.tolist() == [4.526]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"california_housing: has neither california_housing.csv nor .*--download"),
        ({"csv": "a,b\n1,2\n"}, r"housing.csv: its first line is not MedInc,"),
        ({"csv": HOUSING_HEADER + "1,2,x\n"}, r"housing.csv: cannot be read as a table \(could"),
        ({"csv": HOUSING_HEADER + "1,2,3\n"}, r"housing.csv: is not a table of nine columns"),
        ({"csv": HOUSING_HEADER + "1,2,3,4,5,6,7,8,nan\n"}, r"housing.csv: is not a table of"),
        ({"statlib": "1;2;3\n"}, r"cal_housing.data: cannot be read as a table"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_damaged_housing_files_are_named(tmp_path, files, message):
    with pytest.raises(UsageError, match=message):
        load("housing", str(housing_folder(tmp_path, **files)))


def test_an_empty_housing_table_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"housing.csv: has no rows"):
        load("housing", str(housing_folder(tmp_path, csv=HOUSING_HEADER)))


def test_downloaded_housing_is_kept_as_a_csv_file(tmp_path, monkeypatch):
    features, target = np.random.default_rng(0).uniform(1, 9, (10, 8)), np.linspace(1, 2, 10)

    def fetch(data_home, return_X_y):
        return features, target

    monkeypatch.setattr("sklearn.datasets.fetch_california_housing", fetch)
    load("housing", str(tmp_path), download=True)
    table = housing.load_table(str(tmp_path), download=False)
    assert np.array_equal(table.features, features) and np.array_equal(table.target, target)


def test_a_full_disk_leaves_no_half_of_a_table(tmp_path, monkeypatch):
    def fetch(data_home, return_X_y):
        return np.ones((10, 8)), np.ones(10)

    def write_half(file, *arguments, **keywords):
        file.write(HOUSING_HEADER.encode())
        raise OSError("no space left on device")

    monkeypatch.setattr("sklearn.datasets.fetch_california_housing", fetch)
    monkeypatch.setattr("numpy.savetxt", write_half)
    with pytest.raises(UsageError, match="no space left"):
        load("housing", str(tmp_path), download=True)
    assert list((tmp_path / "california_housing").iterdir()) == []


def test_a_failed_download_of_housing_is_one_line(tmp_path, monkeypatch):
    def fetch(data_home, return_X_y):
        raise OSError("no route to host\nand more")

    monkeypatch.setattr("sklearn.datasets.fetch_california_housing", fetch)
    with pytest.raises(UsageError, match=r"downloading California housing .*no route to host$"):
        load("housing", str(tmp_path), download=True)


def test_without_housing_the_diabetes_study_stands_in():
    data = load("housing")
    assert "stand-in" in data.note
    assert data.train[0].shape == (353, 10) and data.test[0].shape == (89, 10)
    assert data.facts.features == len(data.columns) == 10


def test_both_files_of_the_real_housing_say_the_same(tmp_path):
    folder = real_data("california_housing")
    (tmp_path / "california_housing").mkdir()
    (tmp_path / "california_housing" / "cal_housing.data").symlink_to(folder / "cal_housing.data")
    csv = housing.load_table(str(folder.parent), download=False)
    statlib = housing.load_table(str(tmp_path), download=False)
    assert csv.features.shape == (20_640, 8)
    np.testing.assert_allclose(statlib.features, csv.features, rtol=1e-12)
    np.testing.assert_allclose(statlib.target, csv.target, rtol=1e-12)


# The membranes.


def membrane_folder(root: Path) -> Path:
    """Writes 30 images, darker in a membrane that no turn or flip leaves as it is."""
    mask = np.zeros((512, 512), bool)
    mask[:300, 40:90] = mask[100:140] = True
    for kind, marks in (("image", 60), ("label", 0)):
        folder = root / "segmentation" / "membrane" / kind
        folder.mkdir(parents=True)
        for i in range(30):
            pixels = np.where(mask, marks, 100 + i if kind == "image" else 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / f"{i}.png", compress_level=1)
    return root


def test_membranes_are_turned_with_their_labels_and_tested_whole(tmp_path):
    data = load("membrane", str(membrane_folder(tmp_path)))
    (images, labels), (test_images, test_labels) = data.train, data.test
    assert images.shape == (24 * 4 * 16, 1, 128, 128) and labels.shape == (24 * 4 * 16, 128, 128)
    assert images.dtype == np.float32 and labels.dtype == np.int64
    # Scaled in float64, and then rounded to float32.
    assert images.mean(dtype=np.float64) == pytest.approx(0, abs=1e-7)
    assert images.std(dtype=np.float64) == pytest.approx(1, abs=1e-7)
    darkest = images.min()
    assert np.array_equal(images[:, 0] == darkest, labels == 1)
    assert test_images.shape == (6, 1, 512, 512)
    assert np.array_equal(test_images[:, 0] == darkest, test_labels == 1)
    assert test_images.max() > images.max()  # The last six, which are the brightest here.
    first, second = labels.reshape(24, 4, 4, 4, 128, 128)[:2].swapaxes(3, 4).reshape(2, 4, 512, 512)
    orientations = {orientation.tobytes() for orientation in (*first, *second)}
    assert len(orientations) == 8


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"image/7.png: cannot be read as an image \(.*No such file"),
        (b"no image", r"image/7.png: cannot be read as an image \(cannot identify"),
        ("cut off", r"image/7.png: cannot be read as an image \("),
        ("small", r"image/7.png: is not an image of 512 x 512 pixels"),
    ],
)
def test_damaged_membrane_files_are_named(tmp_path, content, message):
    file = membrane_folder(tmp_path) / "segmentation/membrane/image/7.png"
    if content is None:
        file.unlink()
    elif content == "cut off":
        file.write_bytes(file.read_bytes()[:-100])
    elif content == "small":
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(file)
    else:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load("membrane", str(tmp_path))


def test_a_root_without_membranes_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"segmentation/membrane: there is no such .*--download"):
        load("membrane", str(tmp_path))


def test_a_failed_download_of_the_membranes_names_the_file(tmp_path, monkeypatch):
    def refuse(*arguments, **keywords):
        raise OSError("no route to host")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(UsageError, match=r"image/0.png: could not download .*no route"):
        load("membrane", str(tmp_path), download=True)


def test_the_made_cells_have_membranes_that_are_darker_but_not_the_only_dark_pixels():
    data = load("membrane")
    assert "stand-in" in data.note
    images, labels = data.train[0][:, 0], data.train[1]
    assert images.shape == labels.shape == (200, 64, 64)
    assert 0.2 < labels.mean() < 0.4
    assert images[labels == 1].mean() < images[labels == 0].mean() - 0.5
    darkest_tenth = images < np.quantile(images, 0.1)
    assert 0.2 < (labels[darkest_tenth] == 0).mean() < 0.8


def test_the_real_membranes_are_a_fifth_of_the_pixels():
    data = load("membrane", str(real_data("segmentation").parent))
    assert 0.15 < data.train[1].mean() < 0.3 and 0.15 < data.test[1].mean() < 0.3


# Images parted by class.


@pytest.mark.parametrize("root", [None, "real"])
def test_base_and_new_images_share_no_class_and_lose_no_test_image(root):
    folder = None if root is None else str(real_data("FashionMNIST").parent)
    whole, base, new = (load(f"fashion_{name}", folder) for name in ("mnist", "base", "new"))
    assert sorted(base.classes + new.classes) == sorted(whole.classes)
    assert base.facts.classes == len(base.classes)
    assert new.facts.classes == len(new.classes)
    assert np.bincount(new.train[1]).tolist() == [25] * len(new.classes)
    assert len(base.test[1]) + len(new.test[1]) == len(whole.test[1])
    images = whole.train[0][whole.train[1] == whole.classes.index(new.classes[1])]
    np.testing.assert_array_equal(new.train[0][new.train[1] == 1], images[:25])


def test_transferred_features_are_the_base_models_and_frozen():
    facts = Facts(classes=3)
    base, _, _ = MODELS["vgg_base"].build(minitorch, Facts(classes=2))
    start = base.state_dict()
    model, _, optimizer = MODELS["vgg_transfer"].build(minitorch, facts, start=start)
    for name, value in model.features.state_dict().items():
        assert minitorch.equal(value, start[f"features.{name}"])
    assert not any(parameter.requires_grad for parameter in model.features.parameters())
    trained = [id(parameter) for group in optimizer.param_groups for parameter in group["params"]]
    assert trained == [id(parameter) for parameter in model.classifier.parameters()]
