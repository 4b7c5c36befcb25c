"""Transforms to the matrices of multivariate distributions.

Mirrors torch/distributions/transforms.py (CorrCholeskyTransform, LowerCholeskyTransform,
PositiveDefiniteTransform).
"""

from __future__ import annotations

import math
from typing import Any

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.transforms.transform import Transform
from minitorch.distributions.utils import tril_matrix_to_vec, vec_to_tril_matrix
from minitorch.native.activation_smooth import softplus
from minitorch.native.batch_linear_algebra_cholesky import linalg_cholesky
from minitorch.native.factories import eye
from minitorch.native.padding import pad

__all__ = ["CorrCholeskyTransform", "LowerCholeskyTransform", "PositiveDefiniteTransform"]


class CorrCholeskyTransform(Transform):
    """Real vectors to Cholesky factors of correlation matrices, row by row.

    With r = tanh(x) put below the diagonal, y_ij = r_ij √∏_{k<j} (1 - r_ik²): stick-breaking of
    each row's squared length, which is 1, with signs.

    Shape: (..., D (D - 1) / 2) to (..., D, D).

    >>> import minitorch
    >>> CorrCholeskyTransform()(minitorch.zeros(1))
    tensor([[1., 0.],
            [0., 1.]])
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        x = x.tanh()
        eps = dtypes.finfo(x.dtype).eps
        r = vec_to_tril_matrix(x.clamp(min=-1 + eps, max=1 - eps), diag=-1)
        root_of_rest = (1 - r**2).sqrt().cumprod(-1)
        r = r + eye(r.shape[-1], dtype=r.dtype)
        return r * pad(root_of_rest[..., :-1], [1, 0], value=1)

    def _inverse(self, y: Tensor) -> Tensor:
        rest = pad((1 - (y * y).cumsum(dim=-1))[..., :-1], [1, 0], value=1)
        r = tril_matrix_to_vec(y, diag=-1) / tril_matrix_to_vec(rest, diag=-1).sqrt()
        return (r.log1p() - r.neg().log1p()) / 2  # atanh

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor, intermediates: Any = None) -> Tensor:
        """Of x and the part of y below the diagonal, which has as many elements."""
        rest = 1 - (y * y).cumsum(dim=-1)
        # From the second diagonal below on, because the rest counts from the next column.
        stick_breaking = 0.5 * tril_matrix_to_vec(rest, diag=-2).log().sum(-1)
        tanh = -2 * (x + softplus(-2 * x) - math.log(2.0)).sum(dim=-1)
        return stick_breaking + tanh

    def forward_shape(self, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError("Too few dimensions on input")
        n = shape[-1]
        d = round((0.25 + 2 * n) ** 0.5 + 0.5)
        if d * (d - 1) // 2 != n:
            raise ValueError("Input is not a flattened lower-diagonal number")
        return shape[:-1] + (d, d)

    def inverse_shape(self, shape: Any) -> Any:
        if len(shape) < 2:
            raise ValueError("Too few dimensions on input")
        if shape[-2] != shape[-1]:
            raise ValueError("Input is not square")
        d = shape[-1]
        return shape[:-2] + (d * (d - 1) // 2,)


class LowerCholeskyTransform(Transform):
    """Real matrices to lower-triangular ones with a positive diagonal, which is exp of the old."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LowerCholeskyTransform)

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + x.diagonal(dim1=-2, dim2=-1).exp().diag_embed()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + y.diagonal(dim1=-2, dim2=-1).log().diag_embed()


class PositiveDefiniteTransform(Transform):
    """Real matrices to positive-definite ones: LLᵀ of ``LowerCholeskyTransform``'s L."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PositiveDefiniteTransform)

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        return LowerCholeskyTransform().inv(linalg_cholesky(y))
