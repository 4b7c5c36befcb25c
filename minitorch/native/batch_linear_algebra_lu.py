"""The LU decomposition, and equations that are solved with it.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (lu_factor, lu, lu_solve) and their formulas
in torch/csrc/autograd/FunctionsManual.cpp. Left out: LU without pivoting, which torch has on GPUs
only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native import lapack
from minitorch.native.batch_linear_algebra_cholesky import SolveTriangular
from minitorch.native.expand_utils import infer_size
from minitorch.native.joining import Cat
from minitorch.native.linear_algebra_utils import (
    Decomposition,
    check_floating,
    check_has_kernel,
    check_matrix,
    check_same_dtype,
    check_sizes,
    check_square,
    constant,
    mH,
    zeros_of,
)
from minitorch.native.return_types import return_type
from minitorch.native.triangular_ops import Tril, Triu
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_LuFactorResult = return_type("linalg_lu_factor", "LU", "pivots")
_LuFactorExResult = return_type("linalg_lu_factor_ex", "LU", "pivots", "info")
_LuResult = return_type("linalg_lu", "P", "L", "U")
_LuUnpackResult = return_type("lu_unpack", "P", "L", "U")


# --------------------------------------------------------------------------- the parts


def row_order(pivots: Any, rows: int) -> Any:
    """Which row of the input each row of L @ U is, from the swaps that LAPACK made."""
    batch = pivots.shape[:-1]
    order = np.broadcast_to(np.arange(rows), (*batch, rows)).copy()
    for step in range(pivots.shape[-1]):
        other = (pivots[..., step : step + 1] - 1).astype(np.int64)
        here = order[..., step].copy()
        order[..., step] = np.take_along_axis(order, other, -1)[..., 0]
        np.put_along_axis(order, other, here[..., None], -1)
    return order


def _permutation(pivots: Any, rows: int, dtype: Any) -> Any:
    """P with input = P @ L @ U, as a matrix."""
    order = row_order(pivots, rows)
    return (order[..., None, :] == np.arange(rows)[:, None]).astype(dtype)


def _lower(lu: Any) -> Any:
    """L: below the diagonal of the first columns, with ones on it."""
    k = min(lu.shape[-2:])
    return Tril.apply(lu[..., :k], -1) + constant(
        np.eye(lu.shape[-2], k, dtype=unwrap(lu).dtype), lu
    )


def _upper(lu: Any) -> Any:
    """U: on and above the diagonal of the first rows."""
    return Triu.apply(lu[..., : min(lu.shape[-2:]), :], 0)


def _lu_backward(grad_lower: Any, grad_upper: Any, permutation: Any, lower: Any, upper: Any) -> Any:
    """The gradient of input = P @ L @ U. Mirrors plu_backward.

    Where the input is no square, its first rows and columns determine the rest: if tall, the lower
    rows of L; if wide, the right columns of U.
    """
    m, n = lower.shape[-2], upper.shape[-1]
    k = min(m, n)
    lower1, lower2 = lower[..., :k, :], lower[..., k:, :]
    upper1, upper2 = upper[..., :k], upper[..., k:]
    inner_lower = inner_upper = None
    grad_rest = None
    if grad_lower is not None:
        inner_lower = mH(lower1) @ grad_lower[..., :k, :]
    if grad_upper is not None:
        inner_upper = grad_upper[..., :k] @ mH(upper1)
    if m > n and grad_lower is not None:
        grad_lower2 = grad_lower[..., k:, :]
        grad_rest = SolveTriangular.apply(mH(upper1), grad_lower2, False, False, False)
        inner_upper = _minus(inner_upper, mH(lower2) @ grad_lower2)
    if n > m and grad_upper is not None:
        grad_upper2 = grad_upper[..., k:]
        grad_rest = SolveTriangular.apply(mH(lower1), grad_upper2, True, True, True)
        inner_lower = _minus(inner_lower, grad_upper2 @ mH(upper2))
    inner = _plus(
        None if inner_lower is None else Tril.apply(inner_lower, -1),
        None if inner_upper is None else Triu.apply(inner_upper, 0),
    )
    inner = SolveTriangular.apply(mH(lower1), inner, True, True, True)
    grad = SolveTriangular.apply(mH(upper1), inner, False, False, False)
    if m != n:
        if grad_rest is None:
            rest = (m - k, n) if m > n else (m, n - k)
            grad_rest = zeros_of((*grad.shape[:-2], *rest), grad)
        grad = Cat.apply(grad.ndim - 2 if m > n else grad.ndim - 1, grad, grad_rest)
    return permutation @ grad


def _plus(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def _minus(a: Any, b: Any) -> Any:
    return -b if a is None else a - b


class LuFactorEx(Operator, name="LinalgLuFactorExBackward0"):
    """L and U in one matrix, the row swaps, and LAPACK's verdict."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        check_has_kernel(input, "lu_cpu")
        lu, pivots, info = lapack.getrf(input)
        ctx.save_for_backward(lu, pivots)
        return lu, pivots, info

    @staticmethod
    def backward(ctx: Any, grad: Any, *unused: Any) -> Any:
        lu, pivots = ctx.saved_tensors
        k = min(lu.shape[-2:])
        permutation = constant(_permutation(unwrap(pivots), lu.shape[-2], unwrap(lu).dtype), grad)
        grad_lower, grad_upper = Tril.apply(grad[..., :k], -1), Triu.apply(grad[..., :k, :], 0)
        return _lu_backward(grad_lower, grad_upper, permutation, _lower(lu), _upper(lu))


class Lu(Decomposition, name="LinalgLuBackward0"):
    """The row swaps, L and U."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        check_has_kernel(input, "lu_cpu")
        lu, pivots, _ = lapack.getrf(input)
        lower, upper = _lower(lu), _upper(lu)
        ctx.save_for_backward(pivots, lower, upper)
        return pivots, lower, upper

    @staticmethod
    def backward(ctx: Any, grad_pivots: Any, grad_lower: Any, grad_upper: Any) -> Any:
        pivots, lower, upper = ctx.saved_tensors
        permutation = constant(
            _permutation(unwrap(pivots), lower.shape[-2], unwrap(lower).dtype), lower
        )
        return _lu_backward(grad_lower, grad_upper, permutation, lower, upper)


class LuUnpack(Decomposition):
    """L and U out of one matrix."""

    @staticmethod
    def forward(ctx: Any, lu: Any, pivots: Any) -> Any:
        ctx.shape = lu.shape
        return pivots, _lower(lu), _upper(lu)

    @staticmethod
    def backward(ctx: Any, grad_pivots: Any, grad_lower: Any, grad_upper: Any) -> Any:
        m, n = ctx.shape[-2:]
        if grad_lower is not None:
            grad_lower = Tril.apply(grad_lower, -1)
            if n > m:
                rest = zeros_of((*ctx.shape[:-1], n - m), grad_lower)
                grad_lower = Cat.apply(len(ctx.shape) - 1, grad_lower, rest)
        if grad_upper is not None:
            grad_upper = Triu.apply(grad_upper, 0)
            if m > n:
                rest = zeros_of((*ctx.shape[:-2], m - n, n), grad_upper)
                grad_upper = Cat.apply(len(ctx.shape) - 2, grad_upper, rest)
        return _plus(grad_lower, grad_upper), None


# --------------------------------------------------------------------------- equations


class LuSolve(Operator, name="LinalgLuSolveBackward0"):
    """The solution of a @ x = b, or x @ a = b, or of the adjoint, given the decomposition of a."""

    @staticmethod
    def forward(ctx: Any, lu: Any, pivots: Any, b: Any, left: bool, adjoint: bool) -> Any:
        check_has_kernel(b, "lu_solve")
        batch = infer_size(lu.shape[:-2], b.shape[:-2])
        matrices = np.broadcast_to(lu, (*batch, *lu.shape[-2:]))
        swaps = np.broadcast_to(pivots, (*batch, pivots.shape[-1]))
        right = np.broadcast_to(b, (*batch, *b.shape[-2:]))
        if left:
            x = lapack.getrs(matrices, swaps, right, adjoint)
        else:
            x = mH(lapack.getrs(matrices, swaps, mH(right), not adjoint))
        ctx.arguments = left, adjoint
        ctx.save_for_backward(lu, pivots, x)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        lu, pivots, x = ctx.saved_tensors
        left, adjoint = ctx.arguments
        to_lu, _, to_b = ctx.next_edges[:3]
        grad_b = None if to_b is None else LuSolve.apply(lu, pivots, grad, left, not adjoint)
        if to_lu is None:
            return None, None, grad_b
        lower, upper = _lower(lu), _upper(lu)
        product = mH(x if left else mH(x)), (grad if left else mH(grad))
        if left != adjoint:
            inner = SolveTriangular.apply(mH(upper), -(product[1] @ product[0]), False, True, False)
            grad_lower = SolveTriangular.apply(mH(lower), inner @ mH(upper), True, True, True)
            return Tril.apply(grad_lower, -1) + Triu.apply(inner, 0), None, grad_b
        p = constant(_permutation(unwrap(pivots), lu.shape[-2], unwrap(lu).dtype), grad)
        inner = -(p.mT @ mH(product[0]) @ mH(product[1]) @ p)
        inner = SolveTriangular.apply(mH(lower), inner, True, False, True)
        grad_upper = SolveTriangular.apply(mH(upper), mH(lower) @ inner, False, False, False)
        return Tril.apply(inner, -1) + Triu.apply(grad_upper, 0), None, grad_b


# --------------------------------------------------------------------------- public functions


def _check_lu_input(A: Tensor, pivot: bool, name: str = "torch.lu_factor") -> None:
    if A._array.ndim < 2:
        raise RuntimeError(
            f"{name}: Expected tensor with 2 or more dimensions. "
            f"Got size: {list(A._array.shape)} instead"
        )
    if not pivot:
        raise RuntimeError("linalg.lu_factor: LU without pivoting is not implemented on the CPU")


@accepts_out
def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """(LU, pivots, info) of A = P @ L @ U: L and U in one matrix, the row swaps (from 1), and 0 or
    the first zero on U's diagonal.
    """
    _check_lu_input(A, pivot)
    result = _LuFactorExResult(*LuFactorEx.apply(A))
    if check_errors:
        _check_usable(result.info, "torch.linalg.lu_factor_ex")
    return result


@accepts_out
def lu_factor(A: Tensor, *, pivot: bool = True) -> Any:
    """(LU, pivots) of A = P @ L @ U, for ``lu_solve`` and ``lu_unpack``.

    Raises:
        RuntimeError: U has a zero on its diagonal.
    """
    lu, pivots, info = lu_factor_ex(A, pivot=pivot)
    _check_usable(info, "torch.linalg.lu_factor")
    return _LuFactorResult(lu, pivots)


def _check_usable(info: Any, function: str) -> None:
    codes = unwrap(info)
    if codes.any():
        position = int(codes.ravel()[np.flatnonzero(codes)[0]])
        where_ = f"(Batch element {int(np.flatnonzero(codes)[0])}): " if codes.ndim else ""
        raise RuntimeError(
            f"{function}: {where_}U[{position},{position}] is zero and using it on lu_solve would "
            "result in a division by zero. If you still want to perform the factorization, "
            "consider calling linalg.lu(A, pivot) or linalg.lu_factor_ex(A, pivot)"
        )


def lu(A: Tensor, pivot: bool = True, get_infos: bool = False, *, out: Any = None) -> Any:
    """``linalg.lu_factor`` under its older name; with ``get_infos``, ``lu_factor_ex``."""
    if get_infos:
        result = tuple(lu_factor_ex(A, pivot=pivot))
    else:
        _check_lu_input(A, pivot)
        result = tuple(LuFactorEx.apply(A)[:2])
    if out is None:
        return result
    for target, value in zip(out, result, strict=True):
        target.resize_(value.shape).copy_(value)
    return out


@accepts_out
def linalg_lu(A: Tensor, *, pivot: bool = True) -> Any:
    """(P, L, U) with A = P @ L @ U: a permutation, a lower triangle with ones on its diagonal, an
    upper triangle.
    """
    _check_lu_input(A, pivot, "linalg.lu")
    pivots, lower, upper = Lu.apply(A)
    permutation = wrap(_permutation(pivots._array, A._array.shape[-2], A._array.dtype))
    return _LuResult(permutation, lower, upper)


@accepts_out
def lu_unpack(
    LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True
) -> Any:
    """(P, L, U) out of the result of ``lu_factor``; empty tensors for what is not asked for.

    Raises:
        RuntimeError: the pivots are no int32, or there are more or fewer than fit the matrix.
    """
    data, pivots = LU_data._array, LU_pivots._array
    if data.ndim < 2:
        raise RuntimeError(
            "torch.lu_unpack: Expected tensor with 2 or more dimensions. "
            f"Got size: {list(data.shape)} instead"
        )
    if unpack_pivots and pivots.dtype != np.int32:
        raise RuntimeError(
            "torch.lu_unpack: LU_pivots is expected to be a contiguous tensor of torch.int32 dtype."
            "\nNote: this function is intended to be used with the output produced by "
            "torch.linalg.lu_factor"
        )
    empty = np.empty(0, data.dtype)
    permutation = wrap(
        _permutation(pivots, data.shape[-2], data.dtype) if unpack_pivots else empty.copy()
    )
    if not unpack_data:
        return _LuUnpackResult(permutation, wrap(empty.copy()), wrap(empty.copy()))
    _, lower, upper = LuUnpack.apply(LU_data, LU_pivots)
    return _LuUnpackResult(permutation, lower, upper)


@accepts_out
def linalg_lu_solve(
    LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False
) -> Tensor:
    """x with A @ x = B (x @ A = B without ``left``), or with A's adjoint, given ``lu_factor(A)``.

    Shape: (*, n, n), (*, n), (*, n, k) -> (*, n, k).
    """
    function = "linalg.lu_solve"
    check_floating(LU, function)
    check_same_dtype(function, LU, B, "LU")
    if pivots._array.dtype != np.int32:
        raise RuntimeError(f"{function}: pivots should be a Tensor of scalar type torch.int32")
    check_square(LU, "torch.linalg.lu_solve", "LU")
    check_matrix(B, function, "B")
    check_sizes(LU, B, left, function)
    if LU._array.shape[:-1] != pivots._array.shape:
        raise RuntimeError(
            f"{function}: Number of pivots per batch should be same as the dimension of the matrix"
        )
    return LuSolve.apply(LU, pivots, B, bool(left), bool(adjoint))


@accepts_out
def lu_solve(input: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Tensor:
    """``linalg.lu_solve`` under its older name, with the right side first."""
    return linalg_lu_solve(LU_data, LU_pivots, input)
