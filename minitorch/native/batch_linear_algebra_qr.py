"""The QR decomposition and Householder reflections.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (qr, geqrf, ormqr) and their formulas in
 torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native import lapack
from minitorch.native.batch_linear_algebra_cholesky import SolveTriangular
from minitorch.native.joining import Cat
from minitorch.native.linear_algebra_utils import (
    Decomposition,
    check_floating,
    check_has_kernel,
    check_matrix,
    constant,
    mH,
    name_of_dtype,
    zeros_of,
)
from minitorch.native.return_types import return_type
from minitorch.native.triangular_ops import Tril, Triu
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_LinalgQrResult = return_type("linalg_qr", "Q", "R")
_QrResult = return_type("qr", "Q", "R")
_GeqrfResult = return_type("geqrf", "a", "tau")


# --------------------------------------------------------------------------- QR


class Qr(Decomposition, name="LinalgQrBackward0"):
    """Q with orthonormal columns and an upper triangular R; input = Q @ R."""

    @staticmethod
    def forward(ctx: Any, input: Any, mode: str) -> Any:
        check_has_kernel(input, "geqrf_cpu")
        ctx.mode = mode
        if mode == "r":
            q, r = np.empty(0, input.dtype), np.linalg.qr(input, "r")
        else:
            q, r = np.linalg.qr(input, mode)  # type: ignore[call-overload]  # a plain str
        ctx.save_for_backward(q, r)
        return q, r

    @staticmethod
    def backward(ctx: Any, grad_q: Any, grad_r: Any) -> Any:
        if ctx.mode == "r":
            raise RuntimeError(
                "The derivative of linalg.qr depends on Q, which is not computed when mode='r'. "
                "Please use linalg.qr(A, mode='reduced') if you are going to differentiate "
                "through linalg.qr."
            )
        q, r = ctx.saved_tensors
        m, n = q.shape[-2], r.shape[-1]
        if ctx.mode == "complete" and m > n:
            raise RuntimeError(
                "The QR decomposition is not differentiable when mode='complete' and nrows > ncols."
            )
        inner: Any = 0 if grad_r is None else grad_r @ mH(r)
        if grad_q is not None:
            inner = inner - mH(q) @ grad_q
        if m >= n:
            upper, strict = Triu.apply(inner, 0), Triu.apply(inner, 1)
            grad = q @ (0.5 * (upper + mH(upper) + strict + mH(strict)))  # its diagonal is real
            grad = grad if grad_q is None else grad + grad_q
            return SolveTriangular.apply(mH(r), grad, False, False, False)
        skew = mH(inner) - inner
        grad = q @ (0.5 * (Tril.apply(skew, 0) + Tril.apply(skew, -1)))
        grad = SolveTriangular.apply(mH(r[..., :m]), grad, False, False, False)
        grad = Cat.apply(grad.ndim - 1, grad, zeros_of((*grad.shape[:-1], n - m), grad))
        return grad if grad_r is None else grad + q @ grad_r


# --------------------------------------------------------------------------- reflections


def _reflection_vectors(reflections: Any) -> list[Any]:
    """The vectors that ``geqrf`` leaves below the diagonal, with their leading 1, as columns."""
    k = reflections.shape[-1]
    below = Tril.apply(reflections, -1)
    ones = constant(np.eye(reflections.shape[-2], k, dtype=unwrap(reflections).dtype), reflections)
    vectors = below + ones
    return [vectors[..., i : i + 1] for i in range(k)]


def _reflect_backward(
    vectors: list[Any], taus: list[Any], order: list[int], start: Any, grad: Any, adjoint: bool
) -> tuple[Any, Any]:
    """The gradients of reflections that were applied to ``start``, the first of ``order`` first.

    One reflection is x - tau v (v^H x); with ``adjoint``, tau is conjugated.
    """
    is_complex = unwrap(start).dtype.kind == "c"

    def conj(x: Any) -> Any:
        return x.conj() if is_complex else x

    taus = [conj(tau) if adjoint else tau for tau in taus]
    states = [start]
    for i in order[:-1]:
        x = states[-1]
        states.append(x - taus[i] * (vectors[i] @ (mH(vectors[i]) @ x)))
    grad_vectors: dict[int, Any] = {}
    grad_taus: dict[int, Any] = {}
    for i, x in zip(reversed(order), reversed(states), strict=True):
        v, tau = vectors[i], taus[i]
        w, u = mH(mH(v) @ x), mH(mH(v) @ grad)  # x^H v and grad^H v
        grad_tau = -(mH(u) @ w)
        grad_taus[i] = conj(grad_tau) if adjoint else grad_tau
        grad_vectors[i] = -(conj(tau) * (grad @ w)) - tau * (x @ u)
        grad = grad - conj(tau) * (v @ mH(u))
    k = len(vectors)
    last = start.ndim - 1
    grad_v = Cat.apply(last, *[grad_vectors[i] for i in range(k)])
    grad_t = Cat.apply(last, *[grad_taus[i] for i in range(k)])
    return Tril.apply(grad_v, -1), grad_t[..., 0, :]


class HouseholderProduct(Operator, name="LinalgHouseholderProductBackward0"):
    """The first columns of H_1 @ H_2 @ ... with H_i = 1 - tau_i v_i v_i^H."""

    @staticmethod
    def forward(ctx: Any, input: Any, tau: Any) -> Any:
        check_has_kernel(input, "orgqr_cpu")
        ctx.save_for_backward(input, tau)
        return lapack.orgqr(input, tau)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, tau = ctx.saved_tensors
        m, n = input.shape[-2:]
        k = tau.shape[-1]
        if 0 in (*input.shape, *tau.shape):
            return None, None
        identity = np.eye(m, n, dtype=unwrap(input).dtype)
        start = constant(np.broadcast_to(identity, input.shape), grad)
        vectors = _reflection_vectors(input[..., :k])
        taus = [tau[..., i : i + 1, None] for i in range(k)]
        order = list(range(k - 1, -1, -1))
        grad_input, grad_tau = _reflect_backward(vectors, taus, order, start, grad, False)
        if n > k:
            rest = zeros_of((*input.shape[:-1], n - k), grad_input)
            grad_input = Cat.apply(grad.ndim - 1, grad_input, rest)
        return grad_input, grad_tau


class Ormqr(Operator):
    """Q @ other, Q^H @ other, other @ Q or other @ Q^H, where Q is a product of reflections."""

    @staticmethod
    def forward(ctx: Any, input: Any, tau: Any, other: Any, left: bool, transpose: bool) -> Any:
        check_has_kernel(input, "ormqr_cpu")
        ctx.arguments = left, transpose
        ctx.save_for_backward(input, tau, other)
        return lapack.ormqr(input, tau, other, left, transpose)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, tau, other = ctx.saved_tensors
        left, transpose = ctx.arguments
        to_input, to_tau, to_other = ctx.next_edges[:3]
        grad_other = None
        if to_other is not None:
            grad_other = Ormqr.apply(input, tau, grad, left, not transpose)
        if to_input is None and to_tau is None:
            return None, None, grad_other
        k = tau.shape[-1]
        if 0 in (*input.shape, *tau.shape):
            return None, None, grad_other
        vectors = _reflection_vectors(input[..., :k])
        taus = [tau[..., i : i + 1, None] for i in range(k)]
        # other @ Q is the adjoint of Q^H @ other^H.
        start, grad = (other, grad) if left else (mH(other), mH(grad))
        adjoint = transpose if left else not transpose
        order = list(range(k)) if adjoint else list(range(k - 1, -1, -1))
        grad_input, grad_tau = _reflect_backward(vectors, taus, order, start, grad, adjoint)
        if input.shape[-1] > k:
            rest = zeros_of((*input.shape[:-1], input.shape[-1] - k), grad_input)
            grad_input = Cat.apply(grad.ndim - 1, grad_input, rest)
        return grad_input, grad_tau, grad_other


# --------------------------------------------------------------------------- public functions


@accepts_out
def linalg_qr(A: Tensor, mode: str = "reduced") -> Any:
    """(Q, R) with A = Q @ R.

    Args:
        mode: "reduced", "complete" (a square Q), or "r" (no Q: an empty tensor).

    Shape: (*, m, n) -> (*, m, k), (*, k, n) with k = min(m, n), or k = m if complete.
    """
    check_matrix(A, "linalg.qr")
    check_floating(A, "linalg.qr")
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced' (default), "
            "'r', or 'complete'"
        )
    return _LinalgQrResult(*Qr.apply(A, mode))


@accepts_out
def qr(input: Tensor, some: bool = True) -> Any:
    """``linalg.qr`` under its older name: reduced, or complete without ``some``."""
    return _QrResult(*linalg_qr(input, "reduced" if some else "complete"))


@accepts_out
def geqrf(input: Tensor) -> Any:
    """(a, tau): R with the reflections of Q below it, as LAPACK keeps them. Without gradient."""
    check_matrix_of(input, "torch.geqrf")
    check_has_kernel(input._array, "geqrf_cpu")
    a, tau = lapack.geqrf(input._array)
    return _GeqrfResult(wrap(a), wrap(tau))


def check_matrix_of(input: Tensor, function: str) -> None:
    """Raises:
    RuntimeError: the input has fewer than two dimensions.
    """
    if input._array.ndim < 2:
        raise RuntimeError(f"{function}: input must have at least 2 dimensions.")


def _check_reflections(input: Tensor, tau: Tensor, function: str) -> None:
    a, t = input._array, tau._array
    if a.ndim - t.ndim != 1:
        raise RuntimeError(
            f"{function}: Expected tau to have one dimension less than input, but got tau.ndim "
            f"equal to {t.ndim} and input.ndim is equal to {a.ndim}"
        )
    if a.shape[:-2] != t.shape[:-1]:
        raise RuntimeError(
            f"{function}: Expected batch dimensions of tau to be equal to "
            f"input.shape[:-2], but got {list(t.shape[:-1])}"
        )
    if a.dtype != t.dtype:
        raise RuntimeError(
            f"{function}: tau dtype {name_of_dtype(t)} does not match input dtype "
            f"{name_of_dtype(a)}"
        )


@accepts_out
def householder_product(input: Tensor, tau: Tensor) -> Tensor:
    """The first n columns of (1 - tau_1 v_1 v_1^H) @ (1 - tau_2 v_2 v_2^H) @ ...; the v_i stand
    below the diagonal of ``input``, as ``geqrf`` leaves them.

    Shape: (*, m, n), (*, k) -> (*, m, n) with m >= n >= k.
    """
    check_matrix_of(input, "torch.linalg.householder_product")
    m, n = input._array.shape[-2:]
    function = "torch.linalg.householder_product"
    if m < n:
        raise RuntimeError(
            f"{function}: input.shape[-2] must be greater than or equal to input.shape[-1]"
        )
    if tau._array.ndim and n < tau._array.shape[-1]:
        raise RuntimeError(
            f"{function}: input.shape[-1] must be greater than or equal to tau.shape[-1]"
        )
    _check_reflections(input, tau, function)
    return HouseholderProduct.apply(input, tau)


orgqr = householder_product


@accepts_out
def ormqr(
    input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False
) -> Tensor:
    """Q @ other (other @ Q without ``left``), or with Q^H, for Q of ``geqrf``'s results.

    Shape: (*, mn, k), (*, k), (*, m, n) -> (*, m, n); mn is m, or n without ``left``.
    """
    function = "torch.ormqr"
    check_matrix_of(input, function)
    if other._array.ndim < 2:
        raise RuntimeError(f"{function}: other must have at least 2 dimensions.")
    side = -2 if left else -1
    size, k = other._array.shape[side], tau._array.shape[-1]
    if size < k:
        raise RuntimeError(
            f"{function}: other.shape[{side}] must be greater than or equal to tau.shape[-1]"
        )
    if size != input._array.shape[-2]:
        raise RuntimeError(f"{function}: other.shape[{side}] must be equal to input.shape[-2]")
    if tau._array.shape[-1] > input._array.shape[-1]:
        raise RuntimeError(
            f"{function}: tau.shape[-1] must be less than or equal to input.shape[-1]"
        )
    _check_reflections(input, tau, function)
    if input._array.ndim != other._array.ndim:
        raise RuntimeError(
            f"{function}: Expected other to have the same number of dimensions as input, but got "
            f"other.ndim equal to {other._array.ndim} and input.ndim is equal to "
            f"{input._array.ndim}"
        )
    if input._array.shape[:-2] != other._array.shape[:-2]:
        raise RuntimeError(
            f"{function}: Expected batch dimensions of other to be equal to input.shape[:-2], but "
            f"got {list(other._array.shape[:-2])}"
        )
    if other._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"{function}: Expected input and other to have the same dtype, but input has dtype "
            f"{name_of_dtype(input._array)} and other has dtype {name_of_dtype(other._array)}"
        )
    return Ormqr.apply(input, tau, other, bool(left), bool(transpose))
