"""Sequences of different lengths in one tensor: padded to the longest, or packed without padding.

A padded batch ``(T, N, *)`` has a place for each time step of each sequence. A packed one has rows
for those alone that exist, time step after time step; sorted by decreasing length, the sequences
that last longer stand first in each step, and ``batch_sizes`` says how many they are::

    padded (T 3, N 3)    packed               batch_sizes
    a b c                a b c  d e  f        3 2 1
    d e .
    f . .

Packing and padding move the same elements in opposite directions: the gradient of each is the
other.

Mirrors aten/src/ATen/native/PackedSequence.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.factories import empty
from minitorch.native.views import transpose

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class PackPaddedSequence(Operator):
    """(T, N, *) -> (rows, *): the elements at ``places``, which are times and sequences."""

    @staticmethod
    def forward(ctx: Any, input: Any, places: tuple[Any, Any]) -> Any:
        ctx.places, ctx.shape = places, input.shape[:2]
        return input[places]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return PadPackedSequence.apply(grad, ctx.places, ctx.shape, 0)


class PadPackedSequence(Operator, name="CopySlices"):
    """(rows, *) -> (T, N, *): the rows at ``places``, and ``value`` everywhere else."""

    @staticmethod
    def forward(
        ctx: Any, input: Any, places: tuple[Any, Any], shape: tuple[int, int], value: float
    ) -> Any:
        ctx.places = places
        out = np.full_like(input, value, shape=(*shape, *input.shape[1:]))
        out[places] = input
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return PackPaddedSequence.apply(grad, ctx.places)


def _places(lengths: Any) -> tuple[Any, Any]:
    """Time step and sequence of each row of a packed batch."""
    times, sequences = np.nonzero(np.arange(lengths.max())[:, None] < lengths)
    return times, sequences


def _check_lengths(lengths: Tensor) -> None:
    if lengths.dim() != 1 or lengths.dtype is not dtypes.int64:
        raise RuntimeError(
            "'lengths' argument should be a 1D CPU int64 tensor, but got "
            f"{lengths.dim()}D cpu {lengths.dtype.c10_name} tensor"
        )


def pack_padded_sequence(
    input: Tensor, lengths: Tensor, batch_first: bool = False
) -> tuple[Tensor, Tensor]:
    """The rows of a padded batch whose sequences have decreasing ``lengths``, and batch_sizes.

    Shape:
        input ``(T, N, *)``, or ``(N, T, *)`` with batch_first; lengths ``(N,)``; out
        ``(sum of lengths, *)`` and ``(longest,)``.

    Raises:
        RuntimeError: the lengths increase, or are not between 1 and T, or are not N.
    """
    if batch_first:
        input = transpose(input, 0, 1)
    _check_lengths(lengths)
    steps, batch_size = input.size(0), input.size(1)
    array = lengths._array
    if not input.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    if len(array) != batch_size:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(array)} "
            f"(batch_size={batch_size})"
        )
    if array[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' "
            "that is <= 0"
        )
    if np.any(array[1:] > array[:-1]):
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You "
            "can pass `enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to "
            "sidestep this requirement if you do not need ONNX exportability."
        )
    if array[0] > steps:
        raise RuntimeError(f"a sequence of length {array[0]} does not fit into {steps} time steps")
    places = _places(array)
    return PackPaddedSequence.apply(input, places), wrap(np.bincount(places[0]))


def pad_packed_sequence(
    data: Tensor,
    batch_sizes: Tensor,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int = 0,
) -> tuple[Tensor, Tensor]:
    """The padded batch of packed rows, and the length of each sequence.

    Shape:
        data ``(sum of batch_sizes, *)``; out ``(T, N, *)``, or ``(N, T, *)`` with batch_first, and
        ``(N,)``, where N is the first batch size and T their number, or ``total_length``.
    """
    _check_lengths(batch_sizes)
    sizes = batch_sizes._array
    if sizes.sum() != data.size(0):
        raise RuntimeError(f"{data.size(0)} rows do not fit batch sizes that sum to {sizes.sum()}")
    lengths = np.count_nonzero(sizes[:, None] > np.arange(sizes[0]), axis=0)
    shape = max(total_length, len(sizes)), len(lengths)
    padded = PadPackedSequence.apply(data, _places(lengths), shape, padding_value)
    return transpose(padded, 0, 1) if batch_first else padded, wrap(lengths)


def pad_sequence(
    sequences: Sequence[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences of different lengths, stacked, with ``padding_value`` after (or before) each.

    Shape:
        each ``(length, *)``; out ``(T, N, *)``, or ``(N, T, *)`` with batch_first, where T is the
        longest length.
    """
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    first = sequences[0]
    if not first.dim():
        raise RuntimeError("a sequence has at least one dimension: its length")
    longest = max([s.size(0) for s in sequences])
    shape = (len(sequences), longest) if batch_first else (longest, len(sequences))
    out = empty((*shape, *first.shape[1:]), dtype=first.dtype).fill_(padding_value)
    for number, sequence in enumerate(sequences):
        length = sequence.size(0)
        start = longest - length if padding_side == "left" else 0
        out.select(0 if batch_first else 1, number).narrow(0, start, length).copy_(sequence)
    return out
