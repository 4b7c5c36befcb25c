"""Batches of sequences that differ in length.

Mirrors no file of torchtext, where every lesson writes its own ``collate_batch``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.tensor_new import as_tensor, tensor
from minitorch.nn.utils.rnn import pad_sequence
from minitorch.utils.data._utils.collate import default_collate

__all__ = ["PadCollate"]


class PadCollate:
    """Lays sequences side by side, the shorter ones filled up: a ``collate_fn`` for ``DataLoader``.

    A sample is a sequence, or a tuple of fields. Of the fields, lists of numbers and tensors of one
    dimension or more are padded along their first; all others (labels, strings) are collated as
    usual.

    Args:
        padding_value: what to fill up with: the number of ``"<pad>"``.
        batch_first: whether a batch is (N, T), or (T, N) as recurrent layers want it by default.
        lengths: return a pair (padded, lengths) for each padded field, lengths (N,) as int64.

    Raises:
        ValueError: a batch is empty, or its samples have different numbers of fields.

    Example:
        >>> tokens, labels = PadCollate(padding_value=-1)([([5, 6, 7], 1), ([8], 0)])
        >>> tokens
        tensor([[ 5,  6,  7],
                [ 8, -1, -1]])
        >>> labels
        tensor([1, 0])
    """

    def __init__(
        self, padding_value: float = 0, batch_first: bool = True, lengths: bool = False
    ) -> None:
        self.padding_value = padding_value
        self.batch_first = batch_first
        self.lengths = lengths

    def __call__(self, batch: Sequence[Any]) -> Any:
        if not batch:
            raise ValueError("cannot pad an empty batch")
        if not isinstance(batch[0], tuple):
            return self._collate(batch)
        counts = {len(sample) for sample in batch}
        if len(counts) > 1:
            raise ValueError(f"the samples of a batch have {sorted(counts)} fields")
        return tuple(self._collate(field) for field in zip(*batch, strict=True))

    def _collate(self, field: Sequence[Any]) -> Any:
        if not _is_sequence(field[0]):
            return default_collate(list(field))
        rows = [as_tensor(row) if len(row) else tensor([], dtype=_dtype(field)) for row in field]
        padded = pad_sequence(rows, self.batch_first, self.padding_value)
        return (padded, tensor([len(row) for row in rows])) if self.lengths else padded


def _is_sequence(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.ndim > 0
    return isinstance(value, list) and all(isinstance(item, (int, float)) for item in value)


def _dtype(field: Sequence[Any]) -> Any:
    """The type of the rows that have numbers: an empty list has none of its own."""
    return next((as_tensor(row).dtype for row in field if len(row)), None)
