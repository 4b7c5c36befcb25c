"""Linear equations and inverses.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (linalg_solve_ex, linalg_inv_ex) and
linalg_solve_backward of torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable
from minitorch.native import lapack
from minitorch.native.batch_linear_algebra_lu import LuSolve
from minitorch.native.linear_algebra_utils import (
    check_floating,
    check_has_kernel,
    check_matrix,
    check_same_dtype,
    check_sizes,
    check_square,
    is_vector_rhs,
    mH,
    raise_if_failed,
)
from minitorch.native.return_types import return_type
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_SolveExResult = return_type("linalg_solve_ex", "result", "info")
_InvExResult = return_type("linalg_inv_ex", "inverse", "info")

SINGULAR = (
    "The diagonal element {} is zero, the inversion could not be completed because the input "
    "matrix is singular."
)


class SolveEx(Operator, name="LinalgSolveExBackward0"):
    """The solution of a @ x = b, or x @ a = b, and LAPACK's verdict."""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, left: bool) -> Any:
        check_has_kernel(a, "lu_cpu")
        ctx.left, ctx.vector = left, is_vector_rhs(a.shape, b.shape)
        right = b[..., None] if ctx.vector else b
        lu, pivots, info = lapack.getrf(a)
        x = LuSolve.forward(Operator(), lu, pivots, right, left, False)
        x = x[..., 0] if ctx.vector else x
        ctx.save_for_backward(a, x)
        ctx.factors = lu, pivots
        return x, info

    @staticmethod
    def backward(ctx: Any, grad: Any, grad_info: Any) -> Any:
        a, x = ctx.saved_tensors
        if ctx.vector:
            grad, x = grad[..., None], x[..., None]
        if isinstance(grad, Variable):  # the decomposition of ``a`` is not part of the graph
            grad_b, _ = SolveEx.apply(mH(a), grad, ctx.left)
        else:
            grad_b = LuSolve.apply(*ctx.factors, grad, ctx.left, True)
        grad_a = None
        if ctx.next_edges[0] is not None:
            grad_a = -(grad_b @ mH(x)) if ctx.left else -(mH(x) @ grad_b)
        return grad_a, grad_b[..., 0] if ctx.vector else grad_b


class InvEx(Operator, name="LinalgInvExBackward0"):
    """The inverse and LAPACK's verdict."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        check_has_kernel(input, "lu_cpu")
        lu, pivots, info = lapack.getrf(input)
        identity = np.broadcast_to(np.eye(input.shape[-1], dtype=input.dtype), input.shape)
        inverse = lapack.getrs(lu, pivots, identity)
        ctx.save_for_backward(inverse)
        return inverse, info

    @staticmethod
    def backward(ctx: Any, grad: Any, grad_info: Any) -> Any:
        (inverse,) = ctx.saved_tensors
        return -(mH(inverse) @ (grad @ mH(inverse)))


# --------------------------------------------------------------------------- public functions


@accepts_out
def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Any:
    """(x, info) with A @ x = B; info is 0, or where the first zero pivot stands."""
    x, info = _solve(A, B, left)
    if check_errors:
        raise_if_failed(
            info, "torch.linalg.solve_ex", "The solver failed because the input matrix is singular."
        )
    return _SolveExResult(x, info)


@accepts_out
def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """x with A @ x = B, or x @ A = B without ``left``.

    Shape: (*, n, n), and (*, n, k) or (*, n).

    Raises:
        LinAlgError: a matrix is singular.
    """
    x, info = _solve(A, B, left)
    raise_if_failed(
        info, "torch.linalg.solve", "The solver failed because the input matrix is singular."
    )
    return x


def _solve(A: Tensor, B: Tensor, left: bool) -> Any:
    function = "linalg.solve"
    check_floating(A, function)
    check_same_dtype(function, A, B)
    check_square(A, function)
    vector = is_vector_rhs(A._array.shape, B._array.shape)
    if vector and (not left or B._array.shape[-1] != A._array.shape[-1]):
        n, rows = A._array.shape[-1], B._array.shape[-1]
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation {equation} "
            f"({n}x{n} and {rows}x1)"
        )
    if not vector:
        check_matrix(B, function, "B")
        check_sizes(A, B, left, function)
    return SolveEx.apply(A, B, bool(left))


@accepts_out
def inv_ex(A: Tensor, *, check_errors: bool = False) -> Any:
    """(the inverse, info); info is 0, or where the first zero pivot stands."""
    check_square(A, "linalg.inv")
    check_floating(A, "linalg.inv", low_precision=False)
    inverse_, info = InvEx.apply(A)
    if check_errors:
        raise_if_failed(info, "linalg.inv_ex", SINGULAR)
    return _InvExResult(inverse_, info)


@accepts_out
def inv(A: Tensor) -> Tensor:
    """The matrix with A @ inv(A) = inv(A) @ A = 1.

    Raises:
        LinAlgError: a matrix is singular.
    """
    inverse_, info = inv_ex(A)
    raise_if_failed(info, "linalg.inv", SINGULAR)
    return inverse_


inverse = inv
