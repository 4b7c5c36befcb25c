"""Layers that zero at random in training and do nothing in eval.

Mirrors torch/nn/modules/dropout.py. Left out: Dropout3d, alpha dropout.
"""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.native.dropout import dropout, dropout1d, dropout2d
from minitorch.nn.modules.module import Module

__all__ = ["Dropout", "Dropout1d", "Dropout2d"]


class _DropoutNd(Module):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Each element is zero with probability p, else divided by 1 - p.

    Shape: any.
    """

    def forward(self, input: Tensor) -> Tensor:
        return dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_DropoutNd):
    """Each channel is zero with probability p, else divided by 1 - p.

    Shape: ``(N, C, L)`` or ``(C, L)``.
    """

    def forward(self, input: Tensor) -> Tensor:
        return dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_DropoutNd):
    """Each channel is zero with probability p, else divided by 1 - p.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)``.
    """

    def forward(self, input: Tensor) -> Tensor:
        return dropout2d(input, self.p, self.training, self.inplace)
