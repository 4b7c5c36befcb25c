"""Approximate singular values of large matrices, by random projection.

Mirrors torch/_lowrank.py: the algorithms 4.4 and 5.1 of Halko, Martinsson and Tropp (2009). Left
out: sparse matrices.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch.native.batch_linear_algebra_qr import linalg_qr
from minitorch.native.batch_linear_algebra_spectral import linalg_svd
from minitorch.native.linear_algebra import matmul
from minitorch.native.linear_algebra_utils import mH
from minitorch.native.random_factories import randn

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _orthonormal(X: Tensor) -> Any:
    return linalg_qr(X).Q


def get_approximate_basis(
    A: Tensor, q: int, niter: int | None = 2, M: Tensor | None = None
) -> Tensor:
    """Q, with q orthonormal columns, for which Q @ Q^H @ (A - M) comes close to A - M.

    Args:
        niter: how often the guess is multiplied by A and its transpose, which sharpens it.
    """
    if M is not None:
        A = A - M
    kind = dtypes.from_numpy(A._array.dtype)
    dtype = kind if kind.is_floating_point or kind.is_complex else dtypes.float32
    guess = randn(A._array.shape[-1], q, dtype=dtype)
    basis = _orthonormal(matmul(A, guess))
    for _ in range(2 if niter is None else niter):
        basis = _orthonormal(matmul(mH(A), basis))
        basis = _orthonormal(matmul(A, basis))
    return basis


def svd_lowrank(
    A: Tensor, q: int | None = 6, niter: int | None = 2, M: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """(U, S, V) of about the q largest singular values of A, or of A - M.

    Shape: (*, m, n) -> (*, m, q), (*, q), (*, n, q).
    """
    if M is not None:
        A = A - M.broadcast_to(A._array.shape)
    wide = A._array.shape[-2] < A._array.shape[-1]
    if wide:
        A = mH(A)
    basis = get_approximate_basis(A, 6 if q is None else q, niter)
    U, S, Vh = linalg_svd(matmul(mH(basis), A), full_matrices=False)
    V = mH(Vh)
    U = matmul(basis, U)
    return (V, S, U) if wide else (U, S, V)


def pca_lowrank(
    A: Tensor, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Tensor, Tensor, Tensor]:
    """``svd_lowrank`` of the rows without their mean: the columns of V are principal directions.

    Raises:
        ValueError: q is negative or exceeds both sizes, or niter is negative.
    """
    m, n = A._array.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)={min(m, n)}"
        )
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    if center:
        A = A - A.mean(dim=(-2,), keepdim=True)
    return svd_lowrank(A, q, niter)
