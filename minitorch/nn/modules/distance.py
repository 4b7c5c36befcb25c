"""How far apart two vectors are, in place or in direction.

Mirrors torch/nn/modules/distance.py.
"""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.native.distance import cosine_similarity, pairwise_distance
from minitorch.nn.modules.module import Module

__all__ = ["PairwiseDistance", "CosineSimilarity"]


class PairwiseDistance(Module):
    """(Σ |x₁ - x₂ + eps|ᵖ)^(1/p) over the last dimension.

    Shape: inputs ``(N, D)`` or ``(D,)``, output ``(N,)`` or ``()``.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """x₁ · x₂ / (|x₁| |x₂|) along ``dim``, no norm being less than eps.

    Shape: inputs alike, output without ``dim``.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return cosine_similarity(x1, x2, self.dim, self.eps)
