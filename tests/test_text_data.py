"""Tokens, vocabularies and padded batches. torchtext, which has ended, is not installed: what is
expected here was worked out by its documented rules.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import pytest

import minitorch
from minitorch.text import data, vocab
from minitorch.text.data import PadCollate, get_tokenizer, ngrams_iterator, to_map_style_dataset
from minitorch.text.vocab import Vocab, build_vocab_from_iterator
from minitorch.utils.data import DataLoader

SENTENCES = {
    "You can now install TorchText using pip!": "you can now install torchtext using pip !",
    "It's Dr. No's \"gun\".": "it ' s dr . no ' s gun .",
    "bad<br /><br />good": "bad good",
    "a<br>b <BR /> c": "a<br>b c",
    "one,two;three:four": "one , two three four",
    "(what?!)": "( what ? ! )",
    "tabs\tand\nlines  and   spaces ": "tabs and lines and spaces",
    "3.14 e-mail U.S.A.": "3 . 14 e-mail u . s . a .",
    "ÄÖÜ straße \N{RIGHT SINGLE QUOTATION MARK}s": "äöü straße \N{RIGHT SINGLE QUOTATION MARK}s",
    "": "",
    "''\"\"": "' '",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_basic_english(sentence: str) -> None:
    assert get_tokenizer("basic_english")(sentence) == SENTENCES[sentence].split()


def test_other_tokenizers() -> None:
    assert get_tokenizer(None)("Don't  split, Me") == ["Don't", "split,", "Me"]
    assert get_tokenizer(str.upper)("a") == "A"
    assert data.utils.get_tokenizer is get_tokenizer
    with pytest.raises(ValueError, match="spacy"):
        get_tokenizer("spacy")
    with pytest.raises(ValueError, match="only available for English"):
        get_tokenizer("basic_english", language="de")
    tokenizer = pickle.loads(pickle.dumps(get_tokenizer("basic_english")))
    assert tokenizer("Hi!") == ["hi", "!"]


def test_ngrams() -> None:
    tokens = ["here", "we", "are"]
    assert list(ngrams_iterator(tokens, 1)) == tokens
    assert list(ngrams_iterator(tokens, 3))[3:] == ["here we", "we are", "here we are"]
    assert list(ngrams_iterator([], 3)) == []


def test_a_map_style_dataset() -> None:
    dataset = to_map_style_dataset(iter([(1, "a"), (2, "b")]))
    assert len(dataset) == 2 and dataset[1] == (2, "b")  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------- vocabularies

TEXTS = [["b", "a", "b"], ["c", "b", "a"], ["d", "<unk>"]]

BUILT: dict[str, tuple[dict[str, Any], list[str]]] = {
    "plain": ({}, ["b", "a", "<unk>", "c", "d"]),
    "min_freq": ({"min_freq": 2}, ["b", "a"]),
    "specials": ({"specials": ["<pad>", "<unk>"]}, ["<pad>", "<unk>", "b", "a", "c", "d"]),
    "specials last": (
        {"specials": ["<unk>", "<pad>"], "special_first": False},
        ["b", "a", "c", "d", "<unk>", "<pad>"],
    ),
    "max_tokens": ({"specials": ["<pad>"], "max_tokens": 3}, ["<pad>", "b", "a"]),
    "all": (
        {"specials": ["<pad>"], "max_tokens": 9, "min_freq": 2, "special_first": True},
        ["<pad>", "b", "a"],
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_building(name: str) -> None:
    options, expected = BUILT[name]
    built = build_vocab_from_iterator(iter(TEXTS), **options)
    assert built.get_itos() == expected
    assert built.get_stoi() == {token: i for i, token in enumerate(expected)}
    assert len(built) == len(expected)
    assert built.lookup_tokens(built(expected)) == expected


def test_a_vocab_of_counts_keeps_their_order() -> None:
    counts = OrderedDict(Counter("eddcbbba").items())
    assert vocab.vocab(counts).get_itos() == ["e", "d", "c", "b", "a"]
    assert vocab.vocab(counts, min_freq=2, specials=["d"]).get_itos() == ["d", "b"]


def test_looking_up() -> None:
    words = Vocab(["<unk>", "a", "b"])
    assert "a" in words and "z" not in words
    assert words["b"] == 2 and words(["b", "a"]) == words.lookup_indices(["b", "a"]) == [2, 1]
    assert words.lookup_token(1) == "a" and words.get_default_index() is None
    words.set_default_index(-1)
    assert words["z"] == -1 and words.get_default_index() == -1
    words.set_default_index(words["<unk>"])
    assert words(["z", "a"]) == [0, 1]
    assert repr(words) == "Vocab()" and isinstance(words, minitorch.nn.Module)


def test_adding() -> None:
    words = Vocab(["a", "b"])
    words.append_token("c")
    words.insert_token("<pad>", 0)
    assert words.get_itos() == ["<pad>", "a", "b", "c"]
    assert words.get_stoi() == {"<pad>": 0, "a": 1, "b": 2, "c": 3}
    words.get_itos().append("d")
    words.get_stoi()["d"] = 9
    assert len(words) == 4 and "d" not in words


VOCAB_ERRORS: dict[str, tuple[Callable[[Vocab], Any], str]] = {
    "no default": (lambda v: v["z"], "Token z not found and default index is not set"),
    "no default in a list": (lambda v: v(["a", "z"]), "Token z not found"),
    "beyond the end": (lambda v: v.lookup_token(2), "index 2 is out of bounds for vocab of size 2"),
    "below zero": (lambda v: v.lookup_tokens([-1]), "index -1 is out of bounds"),
    "append twice": (lambda v: v.append_token("b"), "b already exists in the Vocab with index: 1"),
    "insert twice": (lambda v: v.insert_token("b", 0), "b already exists"),
    "insert beyond": (lambda v: v.insert_token("z", 3), "index 3 is out of bounds"),
    "twice in a list": (
        lambda v: Vocab(["a", "b", "a"]),
        "Duplicate token found in tokens list: a",
    ),
}


@pytest.mark.parametrize("name", VOCAB_ERRORS)
def test_refusals_of_a_vocab(name: str) -> None:
    call, message = VOCAB_ERRORS[name]
    words = Vocab(["a", "b"])
    with pytest.raises(RuntimeError, match=message):
        call(words)
    assert words.get_itos() == ["a", "b"]


def test_specials_must_leave_room() -> None:
    with pytest.raises(AssertionError, match="entirely special tokens"):
        build_vocab_from_iterator(TEXTS, specials=["<unk>", "<pad>"], max_tokens=2)


def test_a_vocab_can_be_pickled() -> None:
    words = Vocab(["a", "b"], default_index=1)
    again = pickle.loads(pickle.dumps(words))
    assert again.get_itos() == ["a", "b"] and again["z"] == 1


# ------------------------------------------------------------------------------------ batches


def test_padding() -> None:
    batch = [([3, 1, 4], 1), ([5], 0), ([], 1)]
    tokens, labels = PadCollate(padding_value=9)(batch)
    assert tokens.tolist() == [[3, 1, 4], [5, 9, 9], [9, 9, 9]]
    assert (str(tokens.dtype), labels.tolist()) == ("torch.int64", [1, 0, 1])
    (tokens, lengths), labels = PadCollate(batch_first=False, lengths=True)(batch)
    assert tokens.tolist() == [[3, 5, 0], [1, 0, 0], [4, 0, 0]]
    assert lengths.tolist() == [3, 1, 0] and str(lengths.dtype) == "torch.int64"


def test_padding_of_tensors_and_of_several_fields() -> None:
    t = minitorch.tensor
    batch = [(t([[1.0, 2.0]]), [1], "x", t(7)), (t([[3.0, 4.0], [5.0, 6.0]]), [2, 3], "y", t(8))]
    vectors, numbers, names, labels = PadCollate()(batch)
    assert vectors.tolist() == [[[1, 2], [0, 0]], [[3, 4], [5, 6]]]
    assert numbers.tolist() == [[1, 0], [2, 3]]
    assert list(names) == ["x", "y"] and labels.tolist() == [7, 8]
    assert PadCollate()([[1, 2], [3]]).tolist() == [[1, 2], [3, 0]]
    assert PadCollate()([t([1, 2]), t([3])]).tolist() == [[1, 2], [3, 0]]


def test_batches_that_cannot_be_padded() -> None:
    with pytest.raises(ValueError, match="empty batch"):
        PadCollate()([])
    with pytest.raises(ValueError, match=r"have \[1, 2\] fields"):
        PadCollate()([([1], 2), ([1],)])


@pytest.mark.parametrize("workers", [0, 1])
def test_a_lesson_in_small(workers: int) -> None:
    """Tokenize, number, pad, embed: from sentences to a batch that a layer takes."""
    sentences = ["A fine film!", "Bad. Very, very bad.", "Fine"]
    tokenizer = get_tokenizer("basic_english")
    words = build_vocab_from_iterator(map(tokenizer, sentences), specials=["<pad>", "<unk>"])
    words.set_default_index(words["<unk>"])
    samples = [(words(tokenizer(s)), label) for label, s in enumerate(sentences)]
    loader = DataLoader(samples, 3, collate_fn=PadCollate(words["<pad>"]), num_workers=workers)
    tokens, labels = next(iter(loader))
    assert tokens.shape == (3, 7) and labels.tolist() == [0, 1, 2]
    embedded = minitorch.nn.Embedding(len(words), 4, padding_idx=0)(tokens)
    assert embedded.shape == (3, 7, 4) and embedded[2, 1:].abs().sum().item() == 0
    assert words(tokenizer("An unseen film")) == [1, 1, words["film"]]
