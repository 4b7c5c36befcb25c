"""``PackedSequence``: sequences of different lengths without padding, as recurrent layers take it.

It stands below the layers, which tell it from a padded batch; the functions that make one stand in
utils/rnn.py.

Mirrors PackedSequence of torch/nn/utils/rnn.py.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native.factories import empty_like
from minitorch.native.ranges import arange

__all__ = ["PackedSequence", "invert_permutation"]


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes this one: ``inverse[permutation[i]] = i``.

    >>> import minitorch
    >>> invert_permutation(minitorch.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    count = arange(permutation.numel())
    inverse: Tensor = empty_like(permutation).scatter_(0, permutation, count)
    return inverse


class _Fields(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Fields):
    """The elements of several sequences, time step after time step, longer sequences first.

    Attributes:
        data: ``(sum of lengths, *)``. Of the sequences ``a b c`` and ``x``: ``a x b c``.
        batch_sizes: how many sequences have each time step: ``[2, 1, 1]``.
        sorted_indices: where each of the sequences, which are sorted by length, stood before; None
            if they were sorted from the start.
        unsorted_indices: its inverse, which brings them back.

    Made by ``pack_padded_sequence`` and ``pack_sequence`` of ``nn.utils.rnn``.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> Self:
        if batch_sizes is None:  # the old form: one pair
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """``data.to(...)``, for another dtype; the same object where nothing changes."""
        data = self.data.to(*args, **kwargs)
        return self if data is self.data else self._with(data)

    def _with(self, data: Tensor) -> Self:
        return type(self)(data, *self[1:])

    def double(self) -> Self:
        return self.to(dtypes.float64)

    def float(self) -> Self:
        return self.to(dtypes.float32)

    def half(self) -> Self:
        return self.to(dtypes.float16)

    def long(self) -> Self:
        return self.to(dtypes.int64)

    def int(self) -> Self:
        return self.to(dtypes.int32)

    def short(self) -> Self:
        return self.to(dtypes.int16)

    def char(self) -> Self:
        return self.to(dtypes.int8)

    def byte(self) -> Self:
        return self.to(dtypes.uint8)

    def cpu(self) -> Self:
        return self

    def cuda(self, *args: Any, **kwargs: Any) -> Self:
        return self._with(self.data.cuda(*args, **kwargs))

    def pin_memory(self) -> Self:
        return self._with(self.data.pin_memory())

    @property
    def is_cuda(self) -> bool:
        return self.data.is_cuda

    def is_pinned(self) -> bool:
        return self.data.is_pinned()
