"""Kullback-Leibler divergences of multivariate normals, with a full covariance or one of low rank.

All four are ::

    ½ (log(|Σq| / |Σp|) + tr(Σq⁻¹ Σp) + (μq - μp)ᵀ Σq⁻¹ (μq - μp) - n)

They differ in how the trace is computed without inverting anything large. |A|², the sum of squares
of a matrix, is tr(AᵀA); so with Σp = LpLpᵀ and Σq = LqLqᵀ the trace is |Lq⁻¹ Lp|². With
Σq = WWᵀ + D and C the Cholesky factor of the capacitance, Σq⁻¹ = D⁻¹ - AᵀA, A = C⁻¹ Wᵀ D⁻¹.

Mirrors torch/distributions/kl.py.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.distributions.kl import register_kl
from minitorch.distributions.lowrank_multivariate_normal import (
    LowRankMultivariateNormal,
    _batch_lowrank_mahalanobis,
)
from minitorch.distributions.multivariate_normal import (
    MultivariateNormal,
    _batch_mahalanobis,
    _half_log_det,
)
from minitorch.native.batch_linear_algebra_cholesky import solve_triangular
from minitorch.native.diagonal import diag_embed
from minitorch.native.expand_utils import infer_size


def _sum_of_squares(matrix: Tensor) -> Tensor:
    return matrix.reshape(matrix.shape[:-2] + (-1,)).pow(2).sum(-1)


def _check_event_shapes(p: Any, q: Any, kind: str) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two {kind}Multivariate Normals with different event shapes "
            "cannot be computed"
        )


def _solve_factor(L: Tensor, matrix: Tensor) -> Tensor:
    """L⁻¹ matrix, over the batches of both."""
    batch_shape = infer_size(L.shape[:-2], matrix.shape[:-2])
    L = L.expand(batch_shape + L.shape[-2:])
    return solve_triangular(L, matrix.expand(batch_shape + matrix.shape[-2:]), upper=False)


def _log_det(p: MultivariateNormal) -> Tensor:
    return 2 * _half_log_det(p._unbroadcasted_scale_tril)


def _lowrank_mahalanobis(q: LowRankMultivariateNormal, x: Tensor) -> Tensor:
    W, D = q._unbroadcasted_cov_factor, q._unbroadcasted_cov_diag
    return _batch_lowrank_mahalanobis(W, D, x, q._capacitance_tril)


def _capacitance_projection(q: LowRankMultivariateNormal) -> Tensor:
    """A."""
    scaled = q._unbroadcasted_cov_factor.mT / q._unbroadcasted_cov_diag.unsqueeze(-2)
    return solve_triangular(q._capacitance_tril, scaled, upper=False)


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl_multivariatenormal_multivariatenormal(
    p: MultivariateNormal, q: MultivariateNormal
) -> Tensor:
    _check_event_shapes(p, q, "")
    Lp, Lq = p._unbroadcasted_scale_tril, q._unbroadcasted_scale_tril
    half_log_ratio = _half_log_det(Lq) - _half_log_det(Lp)
    trace = _sum_of_squares(_solve_factor(Lq, Lp))
    distance = _batch_mahalanobis(Lq, q.loc - p.loc)
    return half_log_ratio + 0.5 * (trace + distance - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _kl_lowrankmultivariatenormal_lowrankmultivariatenormal(
    p: LowRankMultivariateNormal, q: LowRankMultivariateNormal
) -> Tensor:
    _check_event_shapes(p, q, "Low Rank ")
    log_ratio = q._log_det() - p._log_det()
    Wp, Dp = p._unbroadcasted_cov_factor, p._unbroadcasted_cov_diag
    Dq = q._unbroadcasted_cov_diag
    A = _capacitance_projection(q)
    trace = (
        (Dp / Dq).sum(-1)
        + _sum_of_squares(Wp * Dq.rsqrt().unsqueeze(-1))
        - _sum_of_squares(A * Dp.sqrt().unsqueeze(-2))
        - _sum_of_squares(A @ Wp)
    )
    distance = _lowrank_mahalanobis(q, q.loc - p.loc)
    return 0.5 * (log_ratio + trace + distance - p.event_shape[0])


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _kl_multivariatenormal_lowrankmultivariatenormal(
    p: MultivariateNormal, q: LowRankMultivariateNormal
) -> Tensor:
    _check_event_shapes(p, q, "(Low Rank) ")
    log_ratio = q._log_det() - _log_det(p)
    Lp, Dq = p._unbroadcasted_scale_tril, q._unbroadcasted_cov_diag
    A = _capacitance_projection(q)
    trace = _sum_of_squares(Lp * Dq.rsqrt().unsqueeze(-1)) - _sum_of_squares(A @ Lp)
    distance = _lowrank_mahalanobis(q, q.loc - p.loc)
    return 0.5 * (log_ratio + trace + distance - p.event_shape[0])


@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _kl_lowrankmultivariatenormal_multivariatenormal(
    p: LowRankMultivariateNormal, q: MultivariateNormal
) -> Tensor:
    _check_event_shapes(p, q, "(Low Rank) ")
    log_ratio = _log_det(q) - p._log_det()
    Lq = q._unbroadcasted_scale_tril
    trace = _sum_of_squares(_solve_factor(Lq, p._unbroadcasted_cov_factor)) + _sum_of_squares(
        _solve_factor(Lq, diag_embed(p._unbroadcasted_cov_diag.sqrt()))
    )
    distance = _batch_mahalanobis(Lq, q.loc - p.loc)
    return 0.5 * (log_ratio + trace + distance - p.event_shape[0])
