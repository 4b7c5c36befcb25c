"""A sampler that gives each of several processes its own share of the examples.

Mirrors torch/utils/data/distributed.py. Left out: asking a process group for the number of
processes and the rank; there is none, so both are to be given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from itertools import cycle, islice

from minitorch.native.integer_kernels import randperm
from minitorch.random import Generator
from minitorch.utils.data.sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[int]):
    """Every ``num_replicas``-th index, from the ``rank``-th on, of an order that all share.

    All replicas get as many: some of the first indices come twice, or (``drop_last``) some of the
    last ones never. The order depends on ``seed`` and on the epoch, which ``set_epoch`` tells.

    Raises:
        RuntimeError: ``num_replicas`` or ``rank`` is missing.
        ValueError: there is no such rank.

    >>> [list(DistributedSampler(range(5), 2, rank, shuffle=False)) for rank in range(2)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Sized,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            raise RuntimeError("Requires distributed package to be available")
        if rank >= num_replicas or rank < 0:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        self.num_samples = (len(dataset) + (0 if drop_last else num_replicas - 1)) // num_replicas
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        indices = list(range(len(self.dataset)))
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            indices = randperm(len(indices), generator=generator).tolist()
        return islice(cycle(indices), self.rank, self.total_size, self.num_replicas)

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Shuffle in another order. Call it before each epoch."""
        self.epoch = epoch
