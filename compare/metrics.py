"""How good a model is, in one number that people compare; computed in NumPy for both libraries."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Metric(ABC):
    """A number that is gathered batch by batch.

    Attributes:
        name: for tables and axes.
        is_share: whether it reads as per cent.
        higher_is_better: whether a better model has more of it.
    """

    name: ClassVar[str]
    is_share: ClassVar[bool] = True
    higher_is_better: ClassVar[bool] = True

    @abstractmethod
    def update(self, outputs: Array, target: Array) -> None:
        """Adds a batch: what the model returned, and what was wanted."""

    @abstractmethod
    def value(self) -> float:
        """Returns the number over all batches so far."""

    @classmethod
    def format(cls, value: float) -> str:
        """Writes a value as tables show it."""
        return f"{value:.2%}" if cls.is_share else f"{value:.4f}"


class _Share(Metric):
    """Hits among all tries."""

    def __init__(self) -> None:
        self.hits = 0
        self.tries = 0

    def value(self) -> float:
        return self.hits / self.tries


class Accuracy(_Share):
    """The share of targets (N, ...) that have the highest score of their own (N, C, ...)."""

    name = "accuracy"

    def update(self, outputs: Array, target: Array) -> None:
        self.hits += int((outputs.argmax(1) == target).sum())
        self.tries += target.size


class Answered(_Share):
    """The share of questions answered rightly, with at least half of the probability."""

    name = "answered"
    threshold = 0.5

    def update(self, outputs: Array, target: Array) -> None:
        scores = np.exp(outputs - outputs.max(1, keepdims=True))
        confidence = scores.max(1) / scores.sum(1)
        self.hits += int(((outputs.argmax(1) == target) & (confidence >= self.threshold)).sum())
        self.tries += target.size


class R2(Metric):
    """The share of the variance that is explained: 1 - sum (y - t)^2 / sum (t - mean t)^2.

    NaN if all targets are equal, as there is nothing to explain.
    """

    name = "R2"
    is_share = False

    def __init__(self) -> None:
        self.residual = self.sum = self.square = self.origin = 0.0
        self.count = 0

    def update(self, outputs: Array, target: Array) -> None:
        wanted = target.astype(np.float64)
        # Targets far from 0 would leave only rounding in the difference of the two sums.
        if not self.count:
            self.origin = float(wanted.flat[0])
        offset = wanted - self.origin
        self.residual += float(((outputs - wanted) ** 2).sum())
        self.sum += float(offset.sum())
        self.square += float((offset**2).sum())
        self.count += target.size

    def value(self) -> float:
        spread = self.square - self.sum**2 / self.count
        return 1 - self.residual / spread if spread else float("nan")


class MeanIoU(Metric):
    """Intersection over union of each class, and the mean over the classes that occur.

    Of the pixels that are a class or are called so, how many are both. Scores (N, C, H, W), targets
    (N, H, W).
    """

    name = "mean IoU"
    is_share = False

    def __init__(self) -> None:
        self.intersection: Array | int = 0
        self.union: Array | int = 0

    def update(self, outputs: Array, target: Array) -> None:
        classes = np.arange(outputs.shape[1])[:, np.newaxis]
        predicted, wanted = (x.ravel() == classes for x in (outputs.argmax(1), target))
        self.intersection = self.intersection + (predicted & wanted).sum(1)
        self.union = self.union + (predicted | wanted).sum(1)

    def value(self) -> float:
        intersection, union = np.asarray(self.intersection), np.asarray(self.union)
        return float((intersection[union > 0] / union[union > 0]).mean())


class BitsPerCharacter(Metric):
    """Mean -log2 of the probability of the right next character; scores (N, C, T)."""

    name = "bits/character"
    is_share = False
    higher_is_better = False

    def __init__(self) -> None:
        self.bits = 0.0
        self.count = 0

    def update(self, outputs: Array, target: Array) -> None:
        shifted = outputs - outputs.max(1, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(1))
        right = np.take_along_axis(shifted, target[:, np.newaxis], 1)[:, 0]
        self.bits += float((log_sum - right).sum(dtype=np.float64)) / math.log(2)
        self.count += target.size

    def value(self) -> float:
        return self.bits / self.count


METRICS: dict[str, type[Metric]] = {
    "accuracy": Accuracy,
    "answered": Answered,
    "r2": R2,
    "mean_iou": MeanIoU,
    "bits_per_character": BitsPerCharacter,
}
