"""The Wishart distribution. Mirrors torch/distributions/wishart.py."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

from minitorch import dtypes
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.chi2 import Chi2
from minitorch.distributions.constraints import Constraint
from minitorch.distributions.exp_family import ExponentialFamily
from minitorch.distributions.multivariate_normal import _half_log_det, _precision_to_scale_tril
from minitorch.distributions.utils import Number, TensorOrNumber, lazy_property
from minitorch.native.batch_linear_algebra_cholesky import cholesky_solve, linalg_cholesky
from minitorch.native.batch_linear_algebra_det import linalg_slogdet
from minitorch.native.factories import eye
from minitorch.native.grids import tril_indices
from minitorch.native.random_factories import randn
from minitorch.native.ranges import arange
from minitorch.native.tensor_new import tensor
from minitorch.native.views import broadcast_shapes

__all__ = ["Wishart"]

_log_2 = math.log(2)


def _mvdigamma(x: Tensor, p: int) -> Tensor:
    """The derivative of ``mvlgamma``: Σ ψ(x - j / 2), j < p."""
    if not x.gt((p - 1) / 2).all():
        raise AssertionError("Wrong domain for multivariate digamma function.")
    return (x.unsqueeze(-1) - arange(p, dtype=x.dtype) / 2).digamma().sum(-1)


class Wishart(ExponentialFamily):
    """Random positive-definite matrices: the sum of xxᵀ over ``df`` normal vectors x.

    With Σ, the covariance of the vectors, the density of X is proportional to
    |X|^((df - p - 1) / 2) exp(-½ tr(Σ⁻¹X)).

    Args:
        df: degrees of freedom, a number above p - 1, whole or not.
        covariance_matrix: Σ; or its inverse ``precision_matrix``; or its Cholesky factor
            ``scale_tril``.

    Shape: df (...), the matrix (..., p, p), for a batch of shape (...) and events of shape (p, p).

    >>> import minitorch
    >>> Wishart(minitorch.tensor(3.0), minitorch.eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0
    _batched = ("df", "covariance_matrix", "precision_matrix", "scale_tril", "_dist_chi2")

    def __init__(
        self,
        df: TensorOrNumber,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        matrices = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
        if len(given) != 1:
            raise AssertionError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        ((name, matrix),) = given
        if matrix.dim() < 2:
            raise ValueError(
                "scale_tril must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        if isinstance(df, Number):
            batch_shape = matrix.shape[:-2]
            self.df = tensor(df, dtype=matrix.dtype)
        else:
            batch_shape = Size(broadcast_shapes(matrix.shape[:-2], df.shape))
            self.df = df.expand(batch_shape)
        event_shape = matrix.shape[-2:]
        if self.df.le(event_shape[-1] - 1).any():
            raise ValueError(
                f"Value of df={df} expected to be greater than ndim - 1 = {event_shape[-1] - 1}."
            )
        setattr(self, name, matrix.expand(batch_shape + (-1, -1)))
        if self.df.lt(event_shape[-1]).any():
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for "
                "ndim - 1 < df < ndim.",
                stacklevel=2,
            )
        super().__init__(batch_shape, event_shape, validate_args=validate_args)

        if name == "scale_tril":
            factor = matrix
        elif name == "covariance_matrix":
            factor = linalg_cholesky(matrix)
        else:
            factor = _precision_to_scale_tril(matrix)
        self._unbroadcasted_scale_tril = factor
        self._dist_chi2 = Chi2(
            self.df.unsqueeze(-1)
            - arange(event_shape[-1], dtype=factor.dtype).expand(batch_shape + (-1,))
        )

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self.event_shape[-1] - 1),
        }

    def _broadcast(self, matrix: Tensor) -> Tensor:
        return matrix.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self) -> Tensor:
        return self._broadcast(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        L = self._unbroadcasted_scale_tril
        return self._broadcast(L @ L.mT)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        L = self._unbroadcasted_scale_tril
        return self._broadcast(cholesky_solve(eye(L.size(-1), dtype=L.dtype), L))

    def _as_matrix(self, x: Tensor) -> Tensor:
        return x.view(self._batch_shape + (1, 1))

    @property
    def mean(self) -> Tensor:
        return self._as_matrix(self.df) * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        factor = self.df - self.covariance_matrix.shape[-1] - 1
        factor = factor.masked_fill(factor <= 0, math.nan)
        return self._as_matrix(factor) * self.covariance_matrix

    @property
    def variance(self) -> Tensor:
        V = self.covariance_matrix
        diagonal = V.diagonal(dim1=-2, dim2=-1)
        products = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self._as_matrix(self.df) * (V.pow(2) + products)

    def _bartlett_sampling(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        """L A Aᵀ Lᵀ, A having chi numbers on the diagonal and normals below (Bartlett)."""
        p = self._event_shape[-1]
        chi = self._dist_chi2.rsample(sample_shape).sqrt()
        A = chi.clamp(min=dtypes.finfo(chi.dtype).eps).diag_embed(dim1=-2, dim2=-1)
        i, j = tril_indices(p, p, offset=-1)
        below = Size(sample_shape) + self._batch_shape + (p * (p - 1) // 2,)
        A[..., i, j] = randn(below, dtype=A.dtype)
        factor = self._unbroadcasted_scale_tril @ A
        return factor @ factor.mT

    def rsample(
        self, sample_shape: Sequence[int] = Size(), max_try_correction: int | None = None
    ) -> Tensor:
        """Draw, and draw again, up to ten times, what rounding has made singular.

        As in torch 2.13 the first test is the wrong way round: it is the valid matrices that are
        drawn anew, once at least, with the warning "Singular sample detected.".
        """
        sample_shape = Size(sample_shape)
        sample = self._bartlett_sampling(sample_shape)
        redraw = self._in_any_batch(self.support.check(sample))
        if not redraw.any():
            return sample
        warnings.warn("Singular sample detected.", stacklevel=2)
        for _ in range(10 if max_try_correction is None else max_try_correction):
            new = self._bartlett_sampling(redraw[redraw].shape)
            sample[redraw] = new
            still_singular = self._in_any_batch(~self.support.check(new))
            redraw = redraw.masked_scatter(redraw, still_singular)
            if not redraw.any():
                break
        return sample

    def _in_any_batch(self, mask: Tensor) -> Tensor:
        """Whether it is true of a sample in any of the batch's places."""
        batch_dims = [-i - 1 for i in range(len(self._batch_shape))]
        return mask.amax(batch_dims) if batch_dims else mask

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        nu, p, L = self.df, self._event_shape[-1], self._unbroadcasted_scale_tril
        trace = cholesky_solve(value, L).diagonal(dim1=-2, dim2=-1).sum(dim=-1)
        return (
            -nu * (p * _log_2 / 2 + _half_log_det(L))
            - (nu / 2).mvlgamma(p)
            + (nu - p - 1) / 2 * linalg_slogdet(value).logabsdet
            - trace / 2
        )

    def entropy(self) -> Tensor:
        nu, p = self.df, self._event_shape[-1]
        return (
            (p + 1) * (p * _log_2 / 2 + _half_log_det(self._unbroadcasted_scale_tril))
            + (nu / 2).mvlgamma(p)
            - (nu - p - 1) / 2 * _mvdigamma(nu / 2, p)
            + nu * p / 2
        )

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Tensor, y: Tensor) -> Tensor:
        p = self._event_shape[-1]
        half_nu = y + (p + 1) / 2
        return half_nu * (-linalg_slogdet(-2 * x).logabsdet + _log_2 * p) + half_nu.mvlgamma(p)
