"""Vocabularies: a number for each word, and back.

Mirrors torchtext/vocab/vocab.py and torchtext/vocab/vocab_factory.py. Left out: word vectors.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from minitorch.nn.modules.module import Module

__all__ = ["Vocab", "build_vocab_from_iterator", "vocab"]


class Vocab(Module):
    """Tokens and their numbers, which are their places in a list.

    Args:
        tokens: the list.
        default_index: the number of a token that is not in it; None makes that an error.

    Raises:
        RuntimeError: a token is there twice.

    Example:
        >>> words = Vocab(["<unk>", "cat", "dog"])
        >>> words.set_default_index(words["<unk>"])
        >>> words(["dog", "cat", "unicorn"])
        [2, 1, 0]
    """

    def __init__(self, tokens: Sequence[str] = (), default_index: int | None = None) -> None:
        super().__init__()
        self._itos: list[str] = []
        self._stoi: dict[str, int] = {}
        self._default_index = default_index
        for token in tokens:
            if token in self._stoi:
                raise RuntimeError(f"Duplicate token found in tokens list: {token}")
            self.append_token(token)

    def forward(self, tokens: Sequence[str]) -> list[int]:
        return self.lookup_indices(tokens)

    def __len__(self) -> int:
        return len(self._itos)

    def __contains__(self, token: str) -> bool:
        return token in self._stoi

    def __getitem__(self, token: str) -> int:
        index = self._stoi.get(token, self._default_index)
        if index is None:
            raise RuntimeError(f"Token {token} not found and default index is not set")
        return index

    def set_default_index(self, index: int | None) -> None:
        """Sets the number of all tokens that are not in the vocabulary."""
        self._default_index = index

    def get_default_index(self) -> int | None:
        """The number of all tokens that are not in the vocabulary."""
        return self._default_index

    def insert_token(self, token: str, index: int) -> None:
        """Puts a token at a place; those from there on move up by one.

        Raises:
            RuntimeError: there is no such place, or the token has one already.
        """
        if not 0 <= index <= len(self):
            raise RuntimeError(
                f"Specified index {index} is out of bounds for vocab of size {len(self)}"
            )
        if token in self._stoi:
            raise RuntimeError(
                f"Token {token} already exists in the Vocab with index: {self._stoi[token]}"
            )
        self._itos.insert(index, token)
        for i in range(index, len(self)):
            self._stoi[self._itos[i]] = i

    def append_token(self, token: str) -> None:
        """Puts a token at the end.

        Raises:
            RuntimeError: it has a place already.
        """
        self.insert_token(token, len(self))

    def lookup_token(self, index: int) -> str:
        """The token of a number.

        Raises:
            RuntimeError: there is none.
        """
        if not 0 <= index < len(self):
            raise RuntimeError(
                f"Specified index {index} is out of bounds for vocab of size {len(self)}"
            )
        return self._itos[index]

    def lookup_tokens(self, indices: Iterable[int]) -> list[str]:
        """The token of each number."""
        return [self.lookup_token(index) for index in indices]

    def lookup_indices(self, tokens: Iterable[str]) -> list[int]:
        """The number of each token."""
        return [self[token] for token in tokens]

    def get_stoi(self) -> dict[str, int]:
        """The number of each token, as a dict."""
        return dict(self._stoi)

    def get_itos(self) -> list[str]:
        """All tokens, in order."""
        return list(self._itos)


def vocab(
    ordered_dict: dict[str, int],
    min_freq: int = 1,
    specials: Sequence[str] | None = None,
    special_first: bool = True,
) -> Vocab:
    """A vocabulary of counted tokens, in the order of the dict.

    Args:
        ordered_dict: how often each token occurs.
        min_freq: leave out tokens that occur less often.
        specials: tokens to add, such as ``"<unk>"``: in front, or at the end unless
            ``special_first``.

    Example:
        >>> vocab({"b": 3, "a": 1}, min_freq=2, specials=["<pad>"]).get_itos()
        ['<pad>', 'b']
    """
    added = list(specials or [])
    tokens = [t for t, count in ordered_dict.items() if count >= min_freq and t not in added]
    return Vocab(added + tokens if special_first else tokens + added)


def build_vocab_from_iterator(
    iterator: Iterable[Iterable[str]],
    min_freq: int = 1,
    specials: Sequence[str] | None = None,
    special_first: bool = True,
    max_tokens: int | None = None,
) -> Vocab:
    """A vocabulary of all tokens of some texts: the most frequent first, equals by the alphabet.

    Args:
        iterator: the tokens of one text after the other.
        min_freq: leave out tokens that occur less often.
        specials: tokens to add, such as ``"<unk>"``: in front, or at the end unless
            ``special_first``.
        max_tokens: keep only so many, those of ``specials`` included.

    Raises:
        AssertionError: ``specials`` leave no room below ``max_tokens``.

    Example:
        >>> texts = [["to", "be", "or"], ["not", "to", "be"]]
        >>> build_vocab_from_iterator(texts, specials=["<unk>"]).get_itos()
        ['<unk>', 'be', 'to', 'not', 'or']
    """
    counter: Counter[str] = Counter()
    for tokens in iterator:
        counter.update(tokens)
    by_frequency = sorted(counter.items(), key=lambda item: (-item[1], item[0]))
    if max_tokens is not None:
        room = max_tokens - len(specials or [])
        assert room > 0, (
            "len(specials) >= max_tokens, so the vocab will be entirely special tokens."
        )
        by_frequency = by_frequency[:room]
    return vocab(dict(by_frequency), min_freq, specials, special_first)
