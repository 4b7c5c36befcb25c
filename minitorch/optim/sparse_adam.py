"""SparseAdam is for sparse gradients, which minitorch does not have.

Mirrors torch/optim/sparse_adam.py in name, so that a program that wants it is told why not.
"""

from __future__ import annotations

from typing import Any

from minitorch.optim.optimizer import Optimizer, ParamsT

__all__ = ["SparseAdam"]


class SparseAdam(Optimizer):
    """Refused: gradients are dense here, also those of embeddings; use Adam.

    Raises:
        NotImplementedError: always.
    """

    def __init__(self, params: ParamsT, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "SparseAdam works on sparse gradients, and minitorch has none; use Adam instead"
        )
