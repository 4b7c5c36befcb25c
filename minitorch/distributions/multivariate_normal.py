"""The normal distribution of vectors. Mirrors torch/distributions/multivariate_normal.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.utils import _standard_normal, lazy_property
from minitorch.native.batch_linear_algebra_cholesky import (
    cholesky_inverse,
    linalg_cholesky,
    solve_triangular,
)
from minitorch.native.factories import eye
from minitorch.native.views import broadcast_shapes

__all__ = ["MultivariateNormal"]


def _batch_mv(matrix: Tensor, vector: Tensor) -> Tensor:
    """Matrix times vector, over batches."""
    return (matrix @ vector.unsqueeze(-1)).squeeze(-1)


def _batch_mahalanobis(L: Tensor, x: Tensor) -> Tensor:
    """|L⁻¹x|², which is xᵀ (LLᵀ)⁻¹ x, without copies of L.

    Vectors that share an L are solved for together, as the columns of one matrix; so the batch of x
    is split into the parts that repeat L and those that do not, and put in order again.

    Shape: L (*B, n, n), x (*S, *C, n) with each size in C a multiple of that in B; (*S, *C).
    """
    n = x.size(-1)
    batch_shape = x.shape[:-1]
    new_ndim = len(batch_shape) - (L.dim() - 2)  # dimensions of x that L does not have
    matching = range(L.dim() - 2)
    repeats = [(size // L.shape[i], L.shape[i]) for i, size in enumerate(batch_shape[new_ndim:])]
    split_shape = batch_shape[:new_ndim] + tuple(size for pair in repeats for size in pair) + (n,)
    order = [
        *range(new_ndim),
        *[new_ndim + 2 * i for i in matching],
        *[new_ndim + 2 * i + 1 for i in matching],
        new_ndim + 2 * len(matching),
    ]
    x = x.reshape(split_shape).permute(order)  # (*S, *repeats, *B, n)
    flat_L = L.reshape(-1, n, n)  # (b, n, n)
    columns = x.reshape(-1, flat_L.size(0), n).permute(1, 2, 0)  # (b, n, columns)
    squares = solve_triangular(flat_L, columns, upper=False).pow(2).sum(-2).t()  # (columns, b)
    back = [
        *range(new_ndim),
        *[new_ndim + i + half * len(matching) for i in matching for half in (0, 1)],
    ]
    return squares.reshape(x.shape[:-1]).permute(back).reshape(batch_shape)


def _precision_to_scale_tril(P: Tensor) -> Tensor:
    """The Cholesky factor of P⁻¹, without inverting P: that of P, turned upside down, inverted."""
    reversed_factor = linalg_cholesky(P.flip(-2, -1))
    inverse_factor = reversed_factor.flip(-2, -1).mT
    return solve_triangular(inverse_factor, eye(P.shape[-1], dtype=P.dtype), upper=False)


def _half_log_det(scale_tril: Tensor) -> Tensor:
    """Half of the logarithm of the determinant of a matrix with this Cholesky factor."""
    return scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)


class MultivariateNormal(Distribution):
    """Normal vectors: density exp(-½ (x - μ)ᵀ Σ⁻¹ (x - μ)) / √|2πΣ|.

    Everything is computed from the Cholesky factor L of Σ = LLᵀ.

    Args:
        loc: the mean μ.
        covariance_matrix: Σ; or its inverse ``precision_matrix``; or L, as ``scale_tril``.

    Shape: loc (..., n), the matrix (..., n, n), for a batch of shape (...).

    >>> import minitorch
    >>> m = MultivariateNormal(minitorch.zeros(2), minitorch.tensor([[4.0, 0.0], [0.0, 1.0]]))
    >>> m.scale_tril
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True
    _batched = ("loc", "covariance_matrix", "precision_matrix", "scale_tril")

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        matrices = {
            "scale_tril": scale_tril,
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
        }
        given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = given
        if matrix.dim() < 2:
            described = "scale_tril matrix" if name == "scale_tril" else name
            raise ValueError(
                f"{described} must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        batch_shape = Size(broadcast_shapes(matrix.shape[:-2], loc.shape[:-1]))
        setattr(self, name, matrix.expand(batch_shape + (-1, -1)))
        self.loc = loc.expand(batch_shape + (-1,))
        super().__init__(batch_shape, self.loc.shape[-1:], validate_args=validate_args)

        if name == "scale_tril":
            self._unbroadcasted_scale_tril = matrix
        elif name == "covariance_matrix":
            self._unbroadcasted_scale_tril = linalg_cholesky(matrix)
        else:
            self._unbroadcasted_scale_tril = _precision_to_scale_tril(matrix)

    def _broadcast(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        return self._broadcast(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        L = self._unbroadcasted_scale_tril
        return self._broadcast(L @ L.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        return self._broadcast(cholesky_inverse(self._unbroadcasted_scale_tril))

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        variance = self._unbroadcasted_scale_tril.pow(2).sum(-1)
        return variance.expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        noise = _standard_normal(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + _batch_mv(self._unbroadcasted_scale_tril, noise)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        L = self._unbroadcasted_scale_tril
        distance = _batch_mahalanobis(L, value - self.loc)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + distance) - _half_log_det(L)

    def entropy(self) -> Tensor:
        half_log_det = _half_log_det(self._unbroadcasted_scale_tril)
        entropy = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + half_log_det
        return entropy.expand(self._batch_shape) if self._batch_shape else entropy
