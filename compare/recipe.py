"""A model of the syllabus as one value: its data, how it is built, and how it is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Facts:
    """What a model must know of its data before it is built; 0 where the data has no such thing.

    Attributes:
        features: the columns of a table.
        classes: how many different targets there are.
        words: how many different tokens (words or characters), padding included.
    """

    features: int = 0
    classes: int = 0
    words: int = 0


@dataclass(frozen=True)
class Recipe:
    """All that `worker` needs to train a model; the loop itself is the worker's, for all models.

    Attributes:
        build: ``build(torch, facts, lr=...)`` returns the model, the loss and the optimizer. With
            ``starts_from``, it also takes the keyword ``start``, the state dict of that model.
        data: the data set, a name in `compare.data.LOADERS`.
        metric: what is measured after each epoch, a name in `compare.metrics.METRICS`.
        epochs: how often a full run shows the training data.
        batch_size: samples a step.
        schedule: ``schedule(torch, optimizer, steps)`` returns a scheduler of the learning rate for
            a run of that many steps, which steps once a training step.
        clip_norm: the norm above which the gradients of a step are scaled down.
        starts_from: the model (a name in `compare.models.MODELS`) whose trained weights this one
            starts from; both libraries start from those that PyTorch has trained and saved.
        evaluation_batch_size: samples that are evaluated at once.
    """

    build: Callable[..., tuple[Any, Any, Any]]
    data: str
    metric: str
    epochs: int
    batch_size: int = 64
    schedule: Callable[[Any, Any, int], Any] | None = None
    clip_norm: float | None = None
    starts_from: str | None = None
    evaluation_batch_size: int = 256

    @property
    def description(self) -> str:
        """The model in a line: the docstring of ``build``."""
        return (self.build.__doc__ or "").partition("\n")[0]
