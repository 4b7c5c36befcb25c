"""Losses of the difference between input and target.

Mirrors torch/nn/modules/loss.py.
"""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.native.loss import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from minitorch.nn.modules._loss import _Loss

__all__ = ["MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss"]


class MSELoss(_Loss):
    """(x - t)².

    Shape: input and target alike.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|x - t|.

    Shape: input and target alike.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """(x - t)² / (2 beta) where |x - t| < beta, else |x - t| - beta / 2.

    Shape: input and target alike.
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """(x - t)² / 2 where |x - t| < delta, else delta (|x - t| - delta / 2).

    Shape: input and target alike.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        if not isinstance(delta, float | int):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return huber_loss(input, target, reduction=self.reduction, delta=self.delta)
