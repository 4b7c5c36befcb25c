"""Parameters that come either as probabilities or as logits; the other is computed when asked for.

Mirrors the lines that torch/distributions/ repeats in bernoulli.py, categorical.py and six others.
"""

from __future__ import annotations

from typing import Any

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions.utils import (
    TensorOrNumber,
    broadcast_all,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)

__all__ = ["ProbsOrLogits", "check_either"]


def check_either(probs: object, logits: object) -> None:
    """Raise ValueError unless exactly one is given."""
    if (probs is None) == (logits is None):
        raise ValueError("Either `probs` or `logits` must be specified, but not both.")


class ProbsOrLogits:
    """For a distribution with the attribute ``probs`` or ``logits``: the other, and ``_param``."""

    _is_binary: bool = True
    """Each number stands for itself, and logits are log(p / (1 - p)). If not, the last dimension
    holds the categories, and logits are log p."""

    def _set_either(self, probs: Any, logits: Any, *others: TensorOrNumber) -> tuple[Tensor, ...]:
        """Set the one that is given, broadcast against ``others``, which are returned."""
        check_either(probs, logits)
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        *broadcast, value = broadcast_all(*others, given)
        setattr(self, name, value)
        return tuple(broadcast)

    @lazy_property
    def logits(self) -> Tensor:
        return probs_to_logits(self.probs, is_binary=self._is_binary)

    @lazy_property
    def probs(self) -> Tensor:
        return logits_to_probs(self.logits, is_binary=self._is_binary)

    @property
    def _param(self) -> Any:
        """What was given."""
        attributes = vars(self)
        return attributes["probs"] if "probs" in attributes else attributes["logits"]

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter, categories included."""
        return self._param.size()
