"""The triangles of matrices.

Mirrors aten/src/ATen/native/TriangularOps.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native.variants import accepts_out, in_place

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Tril(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, diagonal: int) -> Any:
        ctx.diagonal = diagonal
        return np.tril(input, diagonal)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Tril.apply(grad, ctx.diagonal)


class Triu(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, diagonal: int) -> Any:
        ctx.diagonal = diagonal
        return np.triu(input, diagonal)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Triu.apply(grad, ctx.diagonal)


def _check_matrices(input: Tensor, name: str) -> None:
    if input._array.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")


@accepts_out
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of matrices; 0 above ``diagonal``."""
    _check_matrices(input, "tril")
    return Tril.apply(input, diagonal)


@accepts_out
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of matrices; 0 below ``diagonal``."""
    _check_matrices(input, "triu")
    return Triu.apply(input, diagonal)


tril_ = in_place(tril)
triu_ = in_place(triu)
