"""Least squares.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (linalg_lstsq) and linalg_lstsq_backward of
torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.variable import unwrap
from minitorch.native import lapack
from minitorch.native.linear_algebra_utils import (
    Decomposition,
    broadcast_batches,
    is_vector_rhs,
    mH,
    name_of_dtype,
    raise_if_failed,
)
from minitorch.native.pseudo_inverse import Pinv, pinv_backward
from minitorch.native.return_types import return_type
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_LstsqResult = return_type("linalg_lstsq", "solution", "residuals", "rank", "singular_values")

_NOT_FULL_RANK = (
    "The least squares solution could not be computed because the input matrix does not have full "
    "rank (error code: {})."
)


class Lstsq(Decomposition, name="LinalgLstsqBackward0"):
    """The x of least |a @ x - b|, those residuals, the rank of a, and its singular values."""

    @staticmethod
    def forward(ctx: Any, a: Any, b: Any, rcond: float, driver: str) -> Any:
        ctx.vector = is_vector_rhs(a.shape, b.shape)
        matrices, right = broadcast_batches(a, b[..., None] if ctx.vector else b)
        if driver == "gels":
            x, info = lapack.gels(matrices, right)
            raise_if_failed(info, "torch.linalg.lstsq", _NOT_FULL_RANK)
            rank, singular = np.empty(0, np.int64), None
        else:
            x, rank, singular = lapack.lstsq(matrices, right, rcond, driver)
        m, n = a.shape[-2:]
        residuals = np.empty(0, np.finfo(a.dtype).dtype)
        full_rank = driver == "gels" or (driver != "gelsy" and bool((rank == n).all()))
        if m > n and full_rank:
            difference = matrices @ x - right
            residuals = (difference * difference.conj()).real.sum(-2)
        if driver in ("gels", "gelsy"):
            singular = np.empty(0, np.finfo(a.dtype).dtype)
        x = x[..., 0] if ctx.vector else x
        ctx.save_for_backward(a, b, x)
        return x, residuals, rank, singular

    @staticmethod
    def backward(ctx: Any, grad_x: Any, grad_residuals: Any, *unused: Any) -> Any:
        a, b, x = ctx.saved_tensors
        if ctx.vector:
            b, x = b[..., None], x[..., None]
            grad_x = None if grad_x is None else grad_x[..., None]
        grad_a: Any = 0
        grad_b: Any = 0
        if grad_x is not None:
            inverse = Pinv.apply(a, None, None, False)
            grad_a = pinv_backward(grad_x @ mH(b), inverse, a)
            grad_b = mH(inverse) @ grad_x
        if grad_residuals is not None and unwrap(grad_residuals).size:
            weighted = 2 * grad_residuals[..., None, :] * (a @ x - b)
            grad_a = grad_a + weighted @ mH(x)
            grad_b = grad_b - weighted
        return grad_a, grad_b[..., 0] if ctx.vector else grad_b


@accepts_out
def lstsq(
    input: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> Any:
    """(solution, residuals, rank, singular_values) of the least |input @ x - B|.

    Args:
        rcond: singular values below this part of the largest count as 0.
        driver: LAPACK's routine, "gelsy" (the default), "gels", "gelsd" or "gelss"; only the last
            two tell the singular values, all but "gels" the rank.

    Shape: (*, m, n), and (*, m, k) or (*, m); the solution is (*, n, k) or (*, n).

    Raises:
        RuntimeError: the shapes do not fit, or there is no such driver.
    """
    function = "torch.linalg.lstsq"
    a, b = input._array, B._array
    if a.ndim < 2:
        raise RuntimeError(f"{function}: input must have at least 2 dimensions.")
    if b.ndim < 1:
        raise RuntimeError(f"{function}: other must have at least 1 dimension.")
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{function}: Expected input and other to have the same dtype, but got input's dtype "
            f"{name_of_dtype(a)} and other's dtype {name_of_dtype(b)}"
        )
    difference = a.ndim - b.ndim
    if not 0 <= difference <= 1:
        raise RuntimeError(
            f"{function}: input.dim() must be greater or equal to other.dim() and (input.dim() - "
            "other.dim()) <= 1"
        )
    vector = is_vector_rhs(a.shape, b.shape)
    if a.shape[-2] != b.shape[-1 if vector else -2]:
        position = "-1" if vector else "-2"
        raise RuntimeError(f"{function}: input.size(-2) should match other.size({position})")
    if a.dtype.char not in "fdFD":
        raise RuntimeError("This function doesn't handle types other than float and double")
    chosen = driver or "gelsy"
    if chosen not in ("gels", "gelsd", "gelss", "gelsy"):
        raise RuntimeError(
            f"{function}: parameter `driver` should be one of (gels, gelsy, gelsd, gelss)"
        )
    if rcond is None:
        rcond = float(np.finfo(a.dtype).eps) * max(a.shape[-2:])
    return _LstsqResult(*Lstsq.apply(input, B, float(rcond), chosen))
