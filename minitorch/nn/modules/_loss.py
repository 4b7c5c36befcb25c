"""What all losses share: how the losses of the elements become one number.

Mirrors _Loss and _WeightedLoss of torch/nn/modules/loss.py.
"""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.nn import _reduction
from minitorch.nn.modules.module import Module


class _Loss(Module):
    """A loss with ``reduction``: ``"mean"``, ``"sum"`` or ``"none"``.

    ``size_average`` and ``reduce`` are its two older forms.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        if size_average is not None or reduce is not None:
            reduction = _reduction.legacy_get_string(size_average, reduce)
        self.reduction = reduction


class _WeightedLoss(_Loss):
    """A loss with a weight: a buffer, so that it moves with the model."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
