"""Eigenvalues and singular values.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (eigh, eig, svd) and svd_backward and
linalg_eig_backward of torch/csrc/autograd/FunctionsManual.cpp. Eigenvectors are known up to a
factor: a loss must not depend on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.grad_mode import is_grad_enabled
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.batch_linear_algebra_solve import SolveEx
from minitorch.native.diagonal import Diagonal
from minitorch.native.linear_algebra_utils import (
    Decomposition,
    _LinAlgError,
    check_floating,
    check_has_kernel,
    check_matrix,
    check_square,
    embed_diagonal,
    eye_like,
    mH,
    real_if,
)
from minitorch.native.return_types import return_type
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_EighResult = return_type("linalg_eigh", "eigenvalues", "eigenvectors")
_EigResult = return_type("linalg_eig", "eigenvalues", "eigenvectors")
_LinalgSvdResult = return_type("linalg_svd", "U", "S", "Vh")
_SvdResult = return_type("svd", "U", "S", "V")


def _differences(values: Any) -> Any:
    """values_j - values_i off the diagonal, 1 on it, where nothing but 0 is divided by it."""
    return values[..., None, :] - values[..., :, None] + eye_like(values)


def _converged(function: str, compute: Any, array: Any, *arguments: Any) -> Any:
    try:
        return compute(array, *arguments)
    except np.linalg.LinAlgError:
        raise _LinAlgError(
            f"{function}: The algorithm failed to converge because the input matrix is "
            "ill-conditioned or has too many repeated values."
        ) from None


class Eigh(Decomposition, name="LinalgEighBackward0"):
    """Real eigenvalues, ascending, and orthonormal eigenvectors of Hermitian matrices."""

    @staticmethod
    def forward(ctx: Any, input: Any, uplo: str) -> Any:
        check_has_kernel(input, "linalg_eigh_cpu")
        values, vectors = _converged("linalg.eigh", np.linalg.eigh, input, uplo)
        ctx.save_for_backward(values, vectors)
        return values, vectors

    @staticmethod
    def backward(ctx: Any, grad_values: Any, grad_vectors: Any) -> Any:
        values, vectors = ctx.saved_tensors
        if grad_vectors is None:
            return (vectors * grad_values[..., None, :]) @ mH(vectors)
        inner = mH(vectors) @ grad_vectors
        inner = 0.5 * (inner - mH(inner)) / _differences(values)
        if grad_values is not None:
            inner = inner + embed_diagonal(grad_values)
        return vectors @ (inner @ mH(vectors))


class Eig(Decomposition, name="LinalgEigBackward0"):
    """Complex eigenvalues and eigenvectors of norm 1."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        check_has_kernel(input, "linalg_eig_out_cpu")
        values, vectors = _converged("linalg.eig", np.linalg.eig, input)
        dtype = np.result_type(input.dtype, np.complex64)  # NumPy's are real where they can be
        values, vectors = values.astype(dtype), vectors.astype(dtype)
        ctx.is_real = input.dtype.kind == "f"
        ctx.save_for_backward(values, vectors)
        return values, vectors

    @staticmethod
    def backward(ctx: Any, grad_values: Any, grad_vectors: Any) -> Any:
        values, vectors = ctx.saved_tensors
        adjoint = mH(vectors)
        if grad_vectors is None:
            inner = grad_values[..., :, None] * adjoint
        else:
            inner = adjoint @ grad_vectors
            real = Diagonal.apply(inner, 0, inner.ndim - 2, inner.ndim - 1).real
            inner = inner - adjoint @ (vectors * real[..., None, :])
            inner = inner / _differences(values.conj())
            # The projection left zeros on the diagonal.
            if grad_values is not None:
                inner = inner + embed_diagonal(grad_values)
            inner = inner @ adjoint
        return real_if(ctx.is_real, SolveEx.apply(adjoint, inner, True)[0])


class Svd(Decomposition, name="LinalgSvdBackward0"):
    """U, S and V^H with input = U @ diag(S) @ V^H; S descends."""

    @staticmethod
    def forward(ctx: Any, input: Any, full_matrices: bool) -> Any:
        check_has_kernel(input, "linalg_svd_cpu")
        u, s, vh = _converged("linalg.svd", np.linalg.svd, input, full_matrices)
        ctx.save_for_backward(u, s, vh)
        return u, s, vh

    @staticmethod
    def backward(ctx: Any, grad_u: Any, grad_s: Any, grad_vh: Any) -> Any:
        u, s, vh = ctx.saved_tensors
        m, n, k = u.shape[-2], vh.shape[-1], s.shape[-1]
        u, vh = u[..., :k], vh[..., :k, :]
        if grad_u is None and grad_vh is None:
            return (u * grad_s[..., None, :]) @ vh
        grad_u = None if grad_u is None else grad_u[..., :k]
        grad_vh = None if grad_vh is None else grad_vh[..., :k, :]
        gaps = _differences(s * s)
        inner: Any = 0
        turned_u = None
        if grad_u is not None:
            turned_u = _skew(mH(u) @ grad_u)
            inner = inner + turned_u / gaps * s[..., None, :]
        if grad_vh is not None:
            inner = inner + s[..., :, None] * (_skew(vh @ mH(grad_vh)) / gaps)
        if grad_s is not None:
            inner = inner + embed_diagonal(grad_s)
        if turned_u is not None and grad_vh is not None and unwrap(u).dtype.kind == "c":
            phase = Diagonal.apply(turned_u, 0, turned_u.ndim - 2, turned_u.ndim - 1)
            inner = inner + embed_diagonal(phase / (2 * s))
        grad = u @ inner
        if m > k and grad_u is not None:  # what leaves the space that U spans
            scaled = grad_u / s[..., None, :]
            grad = grad + scaled - u @ (mH(u) @ scaled)
        grad = grad @ vh
        if n > k and grad_vh is not None:  # likewise for V
            scaled = grad_vh / s[..., :, None]
            grad = grad + u @ (scaled - (scaled @ mH(vh)) @ vh)
        return grad


def _skew(matrix: Any) -> Any:
    return matrix - mH(matrix)


# --------------------------------------------------------------------------- public functions


def _check_eigh(A: Tensor, UPLO: str) -> None:
    check_square(A, "linalg.eigh")
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")


@accepts_out
def eigh(A: Tensor, UPLO: str = "L") -> Any:
    """(eigenvalues, eigenvectors) of symmetric or Hermitian matrices, values ascending.

    Args:
        UPLO: the triangle that is read, "L" or "U".

    Shape: (*, n, n) -> (*, n), (*, n, n).
    """
    _check_eigh(A, UPLO)
    return _EighResult(*Eigh.apply(A, UPLO.upper()))


@accepts_out
def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric or Hermitian matrices, ascending."""
    if is_grad_enabled() and A.requires_grad:
        return eigh(A, UPLO)[0]
    _check_eigh(A, UPLO)
    check_has_kernel(A._array, "linalg_eigh_cpu")
    return wrap(_converged("linalg.eigh", np.linalg.eigvalsh, A._array, UPLO.upper()))


def _check_eig(A: Tensor, function: str) -> None:
    check_square(A, function)
    if not np.isfinite(A._array).all():
        raise RuntimeError("torch.linalg.eig: input tensor should not contain infs or NaNs.")
    if not dtypes.is_half(A._array.dtype):
        dtypes.from_numpy(A._array.dtype).to_complex()  # raises for integers


@accepts_out
def eig(A: Tensor) -> Any:
    """(eigenvalues, eigenvectors) of square matrices, both complex, in no order.

    Shape: (*, n, n) -> (*, n), (*, n, n).
    """
    _check_eig(A, "linalg.eig")
    return _EigResult(*Eig.apply(A))


@accepts_out
def eigvals(A: Tensor) -> Tensor:
    """The complex eigenvalues of square matrices, in no order."""
    _check_eig(A, "linalg.eigvals")
    return Eig.apply(A)[0]


def _check_svd(A: Tensor) -> None:
    check_matrix(A, "linalg.svd")
    check_floating(A, "linalg.svd")


@accepts_out
def linalg_svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """(U, S, V^H) with A = U @ diag(S) @ V^H and S descending.

    Shape: (*, m, n) -> (*, m, m), (*, k), (*, n, n) with k = min(m, n); without ``full_matrices``,
    (*, m, k), (*, k), (*, k, n).
    """
    _check_svd(A)
    if driver is not None:
        raise RuntimeError(
            "torch.linalg.svd: keyword argument `driver=` is only supported on CUDA inputs with "
            "cuSOLVER backend."
        )
    return _LinalgSvdResult(*Svd.apply(A, bool(full_matrices)))


@accepts_out
def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values, descending."""
    _check_svd(A)
    if is_grad_enabled() and A.requires_grad:
        return linalg_svd(A, False, driver=driver)[1]
    check_has_kernel(A._array, "linalg_svd_cpu")
    return wrap(_converged("linalg.svd", lambda a: np.linalg.svd(a, compute_uv=False), A._array))


@accepts_out
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """(U, S, V), V and not its transpose: ``linalg.svd`` under its older name.

    Args:
        some: leave out the vectors beyond the singular values.
        compute_uv: otherwise U and V are zeros.
    """
    if input._array.ndim < 2:
        raise RuntimeError(
            "linalg.svd: input should have at least 2 dimensions, but has "
            f"{input._array.ndim} dimensions instead"
        )
    if not compute_uv:
        *batch, m, n = input._array.shape
        zeros = [wrap(np.zeros((*batch, i, i), input._array.dtype)) for i in (m, n)]
        return _SvdResult(zeros[0], svdvals(input), zeros[1])
    u, s, vh = linalg_svd(input, not some)
    return _SvdResult(u, s, mH(vh))
