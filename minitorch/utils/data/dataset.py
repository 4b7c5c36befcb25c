"""Data sets: collections of examples, and ways to join and split them.

Mirrors torch/utils/data/dataset.py. Left out: StackDataset, ChainDataset.
"""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, cast

from minitorch._tensor import Tensor
from minitorch.native.integer_kernels import randperm
from minitorch.random import Generator, default_generator

__all__ = [
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """Examples that are looked up: define ``__getitem__``, and ``__len__`` for most samplers.

    A data set may also define ``__getitems__(indices)``, which returns the examples of a batch.
    """

    def __getitem__(self, index: Any) -> T_co:
        raise NotImplementedError("Subclasses of Dataset should implement __getitem__.")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co], Iterable[T_co]):
    """Examples that come one after the other, as from a stream: define ``__iter__``.

    With several workers, each of them runs through all of it: share the work by
    ``get_worker_info()``.
    """

    def __iter__(self) -> Iterator[T_co]:
        raise NotImplementedError("Subclasses of IterableDataset should implement __iter__.")


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Example i is the tuple of the i-th rows of some tensors.

    Raises:
        AssertionError: the tensors differ in the size of their first dimension.

    >>> import minitorch
    >>> pairs = TensorDataset(minitorch.tensor([1.0, 2.0]), minitorch.tensor([0, 1]))
    >>> len(pairs), pairs[1]
    (2, (tensor(2.), tensor(1)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        if any(tensor.size(0) != tensors[0].size(0) for tensor in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple([tensor[index] for tensor in self.tensors])

    def __len__(self) -> int:
        return int(self.tensors[0].size(0))


class ConcatDataset(Dataset[T_co]):
    """The examples of several data sets, one after the other.

    Raises:
        AssertionError: there is no data set, or one has no length.
    """

    def __init__(self, datasets: Iterable[Dataset[T_co]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset")
        self.cumulative_sizes = self.cumsum(self.datasets)

    @staticmethod
    def cumsum(sequence: Iterable[Any]) -> list[int]:
        """The running sums of the lengths."""
        return list(itertools.accumulate(len(dataset) for dataset in sequence))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, idx: int) -> T_co:
        if idx < 0:
            if -idx > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            idx = len(self) + idx
        number = bisect.bisect_right(self.cumulative_sizes, idx)
        start = self.cumulative_sizes[number - 1] if number else 0
        return self.datasets[number][idx - start]


class Subset(Dataset[T_co]):
    """The examples of a data set that stand at ``indices``.

    Raises:
        NotImplementedError: a subclass changes ``__getitem__`` alone, which no loader would call.
    """

    def __init__(self, dataset: Dataset[T_co], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices
        cls = type(self)
        if cls.__getitem__ is not Subset.__getitem__ and cls.__getitems__ is Subset.__getitems__:
            raise NotImplementedError(
                f"{cls.__name__} overrides __getitem__ but not __getitems__. When subclassing "
                "Subset and overriding __getitem__, you must also override __getitems__ to ensure "
                "DataLoader works correctly with your custom logic. A simple implementation:\n\n"
                "def __getitems__(self, indices):\n"
                "    return [self.__getitem__(idx) for idx in indices]"
            )

    def __getitem__(self, idx: Any) -> T_co:
        if isinstance(idx, list):
            return self.dataset[[self.indices[i] for i in idx]]
        return self.dataset[self.indices[idx]]

    def __getitems__(self, indices: list[int]) -> list[T_co]:
        chosen = [self.indices[i] for i in indices]
        many = getattr(self.dataset, "__getitems__", None)
        if callable(many):
            return cast(list[T_co], many(chosen))
        return [self.dataset[i] for i in chosen]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Dataset[T],
    lengths: Sequence[int | float],
    generator: Generator | None = default_generator,
) -> list[Subset[T]]:
    """Deal the examples out at random.

    Args:
        lengths: of each part, or fractions that sum to 1; what their rounding leaves over goes to
            the first parts, one example each.

    Raises:
        ValueError: the lengths do not sum to that of ``dataset``, or a fraction is not in [0, 1].

    >>> import minitorch
    >>> digits = TensorDataset(minitorch.arange(10))
    >>> [len(part) for part in random_split(digits, [0.75, 0.25])]
    [8, 2]
    """
    size = len(dataset)  # type: ignore[arg-type]
    total = sum(lengths)
    if math.isclose(total, 1) and total <= 1:
        lengths = _from_fractions(size, lengths)
        for number, length in enumerate(lengths):
            if length == 0:
                warnings.warn(
                    f"Length of split at index {number} is 0. This might result in an empty "
                    "dataset.",
                    stacklevel=2,
                )
    if sum(lengths) != size:
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    order = randperm(size, generator=generator).tolist()
    counts = cast(Sequence[int], lengths)
    ends = itertools.accumulate(counts)
    return [
        Subset(dataset, order[end - count : end]) for end, count in zip(ends, counts, strict=True)
    ]


def _from_fractions(size: int, fractions: Sequence[float]) -> list[int]:
    counts = []
    for number, fraction in enumerate(fractions):
        if fraction < 0 or fraction > 1:
            raise ValueError(f"Fraction at index {number} is not between 0 and 1")
        counts.append(math.floor(size * fraction))
    for number in range(size - sum(counts)):
        counts[number % len(counts)] += 1
    return counts
