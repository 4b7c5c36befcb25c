"""Triangular matrices as factors: the Cholesky decomposition, and equations in triangular matrices.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (cholesky, triangular_solve) and their formulas
in torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minitorch.autograd.operator import Operator
from minitorch.native import lapack
from minitorch.native.conversions import to_dtype
from minitorch.native.linear_algebra_utils import (
    broadcast_batches,
    check_floating,
    check_has_kernel,
    check_matrix,
    check_square,
    mH,
    name_of_dtype,
    raise_if_failed,
)
from minitorch.native.return_types import return_type
from minitorch.native.triangular_ops import Tril, Triu
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_NOT_POSITIVE = (
    "The factorization could not be completed because the input is not positive-definite "
    "(the leading minor of order {} is not positive-definite)."
)
_SINGULAR = (
    "The diagonal element {} is zero, the inversion could not be completed because the input "
    "matrix is singular."
)

_CholeskyExResult = return_type("linalg_cholesky_ex", "L", "info")
_TriangularSolveResult = return_type("triangular_solve", "solution", "cloned_coefficient")


def _triangle(matrix: Any, upper: bool, unitriangular: bool = False) -> Any:
    """The part of a gradient that reaches a triangular matrix."""
    offset = int(unitriangular)
    return Triu.apply(matrix, offset) if upper else Tril.apply(matrix, -offset)


class SolveTriangular(Operator, name="LinalgSolveTriangularBackward0"):
    """The solution of a @ x = b, or x @ a = b, where of ``a`` only a triangle is read."""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
        check_has_kernel(b, "triangular_solve_cpu")
        x = lapack.trsm(*broadcast_batches(a, b), upper, left, unitriangular)
        ctx.arguments = upper, left, unitriangular
        ctx.save_for_backward(a, x)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        a, x = ctx.saved_tensors
        upper, left, unitriangular = ctx.arguments
        to_a, to_b = ctx.next_edges[:2]
        grad_b = SolveTriangular.apply(mH(a), grad, not upper, left, unitriangular)
        grad_a = None
        if to_a is not None:
            product = grad_b @ mH(x) if left else mH(x) @ grad_b
            grad_a = _triangle(-product, upper, unitriangular)
        return grad_a, None if to_b is None else grad_b


class TriangularSolve(Operator):
    """``SolveTriangular`` in its older form, which returns a copy of the matrix too."""

    @staticmethod
    def forward(ctx: Any, b: Any, a: Any, upper: bool, transpose: bool, unitriangular: bool) -> Any:
        check_has_kernel(b, "triangular_solve_cpu")
        a, right = broadcast_batches(a, b)
        matrix = a.mT if transpose else a
        x = lapack.trsm(matrix, right, upper != transpose, True, unitriangular)
        copied = a.copy()
        ctx.arguments = upper, transpose, unitriangular
        ctx.save_for_backward(a, x)
        return x, copied

    @staticmethod
    def backward(ctx: Any, grad: Any, grad_copied: Any) -> Any:
        a, x = ctx.saved_tensors
        upper, transpose, unitriangular = ctx.arguments
        matrix = mH(a.mT if transpose else a)
        grad_b = SolveTriangular.apply(matrix, grad, upper == transpose, True, unitriangular)
        product = x.conj() @ grad_b.mT if transpose else grad_b @ mH(x)
        return grad_b, _triangle(-product, upper, unitriangular) + grad_copied


class CholeskyEx(Operator, name="LinalgCholeskyExBackward0"):
    """L with a = L @ L^H, or U with a = U^H @ U, and LAPACK's verdict."""

    @staticmethod
    def forward(ctx: Any, input: Any, upper: bool) -> Any:
        check_has_kernel(input, "cholesky_cpu")
        factor, info = lapack.potrf(input, upper)
        ctx.upper = upper
        ctx.save_for_backward(factor)
        return factor, info

    @staticmethod
    def backward(ctx: Any, grad: Any, grad_info: Any = None) -> Any:
        (factor,) = ctx.saved_tensors
        if ctx.upper:
            factor, grad = mH(factor), mH(grad)
        # L^H grad, of which the strict lower triangle counts for both sides of the diagonal.
        inner = Tril.apply(mH(factor) @ grad, 0)
        inner = 0.5 * (inner + mH(Tril.apply(inner, -1)))
        inner = SolveTriangular.apply(mH(factor), inner, True, True, False)
        return SolveTriangular.apply(factor, inner, False, False, False)


class Cholesky(CholeskyEx):
    """``CholeskyEx`` under its older name."""


class CholeskyInverse(Operator):
    """The inverse of a matrix, given its Cholesky factor."""

    @staticmethod
    def forward(ctx: Any, input: Any, upper: bool) -> Any:
        check_has_kernel(input, "cholesky_inverse_out_cpu")
        inverse, info = lapack.potri(input, upper)
        raise_if_failed(info, "cholesky_inverse", _SINGULAR)
        ctx.upper = upper
        ctx.save_for_backward(input, inverse)
        return inverse

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        factor, inverse = ctx.saved_tensors
        inner = inverse @ (grad + mH(grad)) @ inverse
        return -(factor @ inner) if ctx.upper else -(inner @ factor)


class CholeskySolve(Operator):
    """The solution of a @ x = b, given the Cholesky factor of a."""

    @staticmethod
    def forward(ctx: Any, b: Any, factor: Any, upper: bool) -> Any:
        check_has_kernel(b, "cholesky_solve_cpu")
        matrix, right = broadcast_batches(factor, b)
        x = lapack.potrs(right, matrix, upper)
        ctx.upper = upper
        ctx.save_for_backward(factor, x)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        factor, x = ctx.saved_tensors
        grad_b = CholeskySolve.apply(grad, factor, ctx.upper)
        grad_factor = None
        if ctx.next_edges[1] is not None:
            inner = grad_b @ mH(x)
            inner = inner + mH(inner)
            grad_factor = -(factor @ inner) if ctx.upper else -(inner @ factor)
        return grad_b, grad_factor


# --------------------------------------------------------------------------- public functions


@accepts_out
def cholesky_ex(input: Tensor, *, upper: bool = False, check_errors: bool = False) -> Any:
    """(L, info) with input = L @ L^H; info is 0, or the order of the first minor that is not
    positive.

    Shape: (*, n, n) -> (*, n, n), (*).
    """
    check_square(input, "linalg.cholesky")
    check_floating(input, "linalg.cholesky")
    factor, info = CholeskyEx.apply(input, bool(upper))
    if check_errors:
        raise_if_failed(info, "linalg.cholesky_ex", _NOT_POSITIVE)
    return _CholeskyExResult(factor, info)


@accepts_out
def linalg_cholesky(input: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangular L with input = L @ L^H; with ``upper``, its conjugate transpose.

    Raises:
        LinAlgError: a matrix is not positive-definite.
    """
    factor, info = cholesky_ex(input, upper=upper)
    raise_if_failed(info, "linalg.cholesky", _NOT_POSITIVE)
    return factor


@accepts_out
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """``linalg.cholesky`` under its older name."""
    if input._array.size or input._array.ndim < 2:
        check_square(input, "cholesky")
    factor, info = Cholesky.apply(input, bool(upper))
    raise_if_failed(info, "cholesky", _NOT_POSITIVE)
    return factor


@accepts_out
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """The inverse of L @ L^H, given L (or U, of U^H @ U).

    Raises:
        LinAlgError: the matrix is singular.
    """
    check_square(input, "cholesky_inverse")
    return CholeskyInverse.apply(input, bool(upper))


@accepts_out
def cholesky_solve(input: Tensor, L: Tensor, upper: bool = False) -> Tensor:
    """x with (L @ L^H) @ x = input.

    Shape: (*, n, k), (*, n, n) -> (*, n, k).
    """
    for name, tensor in (("b", input), ("u", L)):
        if tensor._array.ndim < 2:
            raise RuntimeError(
                f"{name} should have at least 2 dimensions, but has {tensor._array.ndim} "
                "dimensions instead"
            )
    _check_equation(L, input, "", "cholesky_solve")
    return CholeskySolve.apply(input, L, bool(upper))


def _check_equation(a: Tensor, b: Tensor, prefix: str, function: str, left: bool = True) -> None:
    """Mirrors linearSolveCheckInputs."""
    if a._array.dtype != b._array.dtype:
        raise RuntimeError(
            f"Expected b and A to have the same dtype, but found b of type "
            f"{name_of_dtype(b._array)} and A of type {name_of_dtype(a._array)} instead."
        )
    check_square(a, prefix)
    n, rows = a._array.shape[-1], b._array.shape[-2 if left else -1]
    if n != rows:
        raise RuntimeError(
            f"Incompatible matrix sizes for {function}: each A matrix is {n} by {n} but each b "
            f"matrix is {rows} by {b._array.shape[-1]}"
        )


@accepts_out
def solve_triangular(
    input: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Tensor:
    """x with input @ x = B (x @ input = B without ``left``), reading one triangle of ``input``.

    Args:
        unitriangular: take the diagonal of ``input`` to be ones.

    The result has the dtype of ``input``.

    Shape: (*, n, n), (*, n, k) -> (*, n, k).
    """
    function = "linalg.solve_triangular"
    check_square(input, function)
    check_matrix(B, function, "B")
    B = to_dtype(B, input.dtype)
    a, b = input._array.shape, B._array.shape
    if a[-1] != b[-2 if left else -1]:
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation {equation} "
            f"({a[-2]}x{a[-1]} and {b[-2]}x{b[-1]})"
        )
    return SolveTriangular.apply(input, B, bool(upper), bool(left), bool(unitriangular))


@accepts_out
def triangular_solve(
    input: Tensor,
    A: Tensor,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> Any:
    """(x, a copy of A) with A @ x = input, or A^T @ x = input."""
    for name, tensor in (("b", input), ("A", A)):
        if tensor._array.ndim < 2:
            raise RuntimeError(
                f"torch.triangular_solve: Expected {name} to have at least 2 dimensions, but it "
                f"has {tensor._array.ndim} dimensions instead"
            )
    _check_equation(A, input, "", "triangular_solve")
    return _TriangularSolveResult(
        *TriangularSolve.apply(input, A, bool(upper), bool(transpose), bool(unitriangular))
    )
