"""What is trained: a model with its loss and optimizer, and the batches that it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.suite import Work

Array = npt.NDArray[Any]
Batch = tuple[Array, Array]
Built = tuple[Any, Any, Any]


@dataclass(frozen=True)
class Training:
    """A model that is written once for both libraries, as a work of the suite ``steps``.

    Args:
        build: takes the library; returns the model, the loss and the optimizer.
        draw: takes a random generator and a batch size; returns inputs and targets.
        batches: how many are drawn and then shown in turns. One alone would be learnt by heart
            within the run: gradients near zero, and caches that hold all data, are not what
            training looks like.
        group: of a model that is trained with batches of several sizes.
    """

    build: Callable[[Any], Built]
    draw: Callable[[np.random.Generator, int], Batch]
    batch_size: int
    batches: int = 32
    group: str | None = None

    @property
    def size(self) -> int | None:
        """The batch size, where the model has several."""
        return None if self.group is None else self.batch_size

    def of_size(self, batch_size: int) -> Training:
        """Returns the same training with batches of another size."""
        return replace(self, batch_size=batch_size)

    def __call__(self, torch: Any, seed: int) -> Work:
        """Returns one step, which returns the loss. Loading data is not part of it."""
        random = np.random.default_rng(seed)
        drawn = [self.draw(random, self.batch_size) for _ in range(self.batches)]
        batches = cycle([tuple(map(torch.from_numpy, batch)) for batch in drawn])

        torch.manual_seed(seed)
        model, criterion, optimizer = self.build(torch)

        def step() -> Any:
            inputs, targets = next(batches)
            optimizer.zero_grad()
            loss = criterion(model(inputs), targets)
            loss.backward()
            optimizer.step()
            return loss

        return step
