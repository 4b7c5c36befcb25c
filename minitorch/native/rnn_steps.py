"""The time steps of a batch of sequences, as one direction of a recurrent layer goes through them.

Mirrors what FullLayer, PackedLayer and ReversedPackedLayer of aten/src/ATen/native/RNN.cpp do apart
from calling the cell.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


class TimeSteps:
    """Where the rows of each time step are, and which state each step starts from.

    The rows of a full batch stand in ``(T, N, *)``. Those of a packed batch stand in
    ``(sum of batch_sizes, *)``: step t has rows for the first ``batch_sizes[t]`` sequences, which
    are the longest. What is split into time steps is a list of T arrays, or tensors, ``(n, *)``.

    Args:
        shape: of the input.
        batch_sizes: None for a full batch.
        reverse: from the last step to the first.
        join: concatenates the rows of arrays, or of tensors.
    """

    def __init__(
        self,
        shape: Sequence[int],
        batch_sizes: Sequence[int] | None,
        reverse: bool,
        join: Callable[..., Any] = np.concatenate,
    ) -> None:
        self.is_packed = batch_sizes is not None
        self.reverse = reverse
        self.join = join
        self.sizes = [shape[1]] * shape[0] if batch_sizes is None else batch_sizes
        order = range(len(self.sizes))
        self.order = order[::-1] if reverse else order

    def split(self, array: Any) -> list[Any]:
        """An array's views of each time step."""
        if not self.is_packed:
            return list(array)
        ends = itertools.accumulate(self.sizes)
        return [array[end - size : end] for size, end in zip(self.sizes, ends, strict=True)]

    def before(self, states: Sequence[Any], initial: Any, step: int) -> Any:
        """The state that enters a step: the one that left the step computed before.

        Forward in time, sequences end: their rows are left out. Backward in time, sequences begin:
        the rows of their initial states are added.
        """
        size = self.sizes[step]
        step += 1 if self.reverse else -1
        if not 0 <= step < len(self.sizes):
            return initial[:size]
        state, present = states[step], self.sizes[step]
        if present == size:
            return state
        if present > size:
            return state[:size]
        return self.join([state, initial[present:size]])

    def last(self, states: Sequence[Any]) -> Any:
        """The state after the last step of each sequence, ``(N, *)``, in memory of its own."""
        if self.reverse or not self.is_packed:
            return self.join([states[self.order[-1]]])
        following = [*self.sizes[1:], 0]
        ended = [
            state[after:]
            for state, size, after in zip(states, self.sizes, following, strict=True)
            if after < size
        ]
        return self.join(ended[::-1])
