"""Batches of sequences of different lengths: padded, packed, and back.

Mirrors torch/nn/utils/rnn.py. ``PackedSequence`` itself stands in nn/packed_sequence.py, below the
layers that take it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native import packed_sequence as native
from minitorch.native.ranges import arange
from minitorch.native.sorting import sort
from minitorch.native.tensor_new import as_tensor
from minitorch.nn.packed_sequence import PackedSequence, invert_permutation

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpad_sequence",
    "pack_sequence",
    "unpack_sequence",
]


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Leave out the padding of a batch.

    Args:
        enforce_sorted: the sequences must come longest first; otherwise they are sorted here, and
            the packed sequence remembers how.

    Shape:
        input ``(T, N, *)``, or ``(N, T, *)`` with batch_first; lengths ``(N,)``.

    Raises:
        RuntimeError: a length is 0 or less, or there are not N of them, or they are not sorted.

    >>> import minitorch
    >>> padded = minitorch.tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]])
    >>> pack_padded_sequence(padded, [2, 1, 3], batch_first=True, enforce_sorted=False).data
    tensor([4, 1, 3, 5, 2, 6])
    """
    counts = as_tensor(lengths, dtype=dtypes.int64)
    sorted_indices = None
    if not enforce_sorted:
        counts, sorted_indices = sort(counts, descending=True)
        input = input.index_select(0 if batch_first else 1, sorted_indices)
    data, batch_sizes = native.pack_padded_sequence(input, counts, batch_first)
    return PackedSequence(data, batch_sizes, sorted_indices)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """The padded batch, in its original order, and the lengths of its sequences.

    Args:
        total_length: how long to make the result; the longest sequence by default.

    Raises:
        ValueError: ``total_length`` is less than the length of a sequence.

    >>> import minitorch
    >>> packed = pack_sequence([minitorch.tensor([1, 2]), minitorch.tensor([3])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2],
            [3, 0]]), tensor([2, 1]))
    """
    longest = sequence.batch_sizes.size(0)
    if total_length is not None and total_length < longest:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but "
            f"got total_length={total_length} and max sequence length being {longest}"
        )
    padded, lengths = native.pad_packed_sequence(
        sequence.data, sequence.batch_sizes, batch_first, padding_value, total_length or longest
    )
    order = sequence.unsorted_indices
    if order is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, order), lengths[order]


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Stack sequences of different lengths, padded to the longest.

    Shape:
        each ``(length, *)``; out ``(T, N, *)``, or ``(N, T, *)`` with batch_first.

    >>> import minitorch
    >>> a, b = minitorch.tensor([1, 2, 3]), minitorch.tensor([4])
    >>> pad_sequence([a, b], batch_first=True, padding_value=-1)
    tensor([[ 1,  2,  3],
            [ 4, -1, -1]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    return native.pad_sequence(tuple(sequences), batch_first, padding_value, padding_side)


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """The sequences of a padded batch, each as long as it is. Undoes ``pad_sequence``.

    Without batch_first, ``padded_sequences`` is itself transposed, in place, as it is by torch.
    """
    if not batch_first:
        padded_sequences.transpose_(0, 1)
    times = arange(padded_sequences.shape[1])
    return [s[times < n] for s, n in zip(padded_sequences, lengths, strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths: ``pad_sequence``, then ``pack_padded_sequence``.

    >>> import minitorch
    >>> pack_sequence([minitorch.tensor([1, 2, 3]), minitorch.tensor([4, 5])])
    PackedSequence(data=tensor([1, 4, 2, 5, 3]), batch_sizes=tensor([2, 2, 1]), \
sorted_indices=None, unsorted_indices=None)
    """
    lengths = [s.size(0) for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences inside, in their original order. Undoes ``pack_sequence``."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
