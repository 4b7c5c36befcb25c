"""The Bunch-Kaufman decomposition of symmetric matrices, without gradient.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (linalg_ldl_factor_ex, linalg_ldl_solve).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.variable import wrap
from minitorch.native import lapack
from minitorch.native.linear_algebra_utils import (
    broadcast_batches,
    check_floating,
    check_has_kernel,
    check_matrix,
    check_square,
    name_of_dtype,
    raise_if_failed,
)
from minitorch.native.return_types import return_type
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_LdlFactorResult = return_type("linalg_ldl_factor", "LD", "pivots")
_LdlFactorExResult = return_type("linalg_ldl_factor_ex", "LD", "pivots", "info")


@accepts_out
def ldl_factor_ex(A: Tensor, *, hermitian: bool = False, check_errors: bool = False) -> Any:
    """(LD, pivots, info) of a symmetric A = L @ D @ L^T, as LAPACK keeps it. Without gradient."""
    check_square(A, "torch.linalg.ldl_factor_ex")
    check_floating(A, "torch.linalg.ldl_factor_ex")
    check_has_kernel(A._array, "ldl_factor_kernel_cpu")
    ld, pivots, info = lapack.sytrf(A._array, hermitian)
    if check_errors:
        raise_if_failed(info, "torch.linalg.ldl_factor_ex", "D has a zero at {}.")
    return _LdlFactorExResult(wrap(ld), wrap(pivots), wrap(info))


@accepts_out
def ldl_factor(A: Tensor, *, hermitian: bool = False) -> Any:
    """(LD, pivots) of a symmetric A = L @ D @ L^T, for ``ldl_solve``.

    Raises:
        RuntimeError: D is singular.
    """
    ld, pivots, info = ldl_factor_ex(A, hermitian=hermitian)
    failed = np.flatnonzero(info._array)
    if failed.size:
        raise RuntimeError(
            "torch.linalg.ldl_factor: D has a zero at "
            f"{int(info._array.ravel()[failed[0]])}, it is singular."
        )
    return _LdlFactorResult(ld, pivots)


@accepts_out
def ldl_solve(LD: Tensor, pivots: Tensor, B: Tensor, *, hermitian: bool = False) -> Tensor:
    """x with A @ x = B, given ``ldl_factor(A)``. Without gradient.

    Shape: (*, n, n), (*, n), (*, n, k) -> (*, n, k).
    """
    function = "torch.linalg.ldl_solve"
    check_square(LD, function, "LD")
    check_matrix(B, function, "B")
    if B._array.shape[-2] != LD._array.shape[-2]:
        raise RuntimeError(
            f"{function}: Incompatible matrix sizes: each LD matrix is {LD._array.shape[-2]} by "
            f"{LD._array.shape[-1]} but each B matrix is {B._array.shape[-2]} by "
            f"{B._array.shape[-1]}"
        )
    if pivots._array.shape != LD._array.shape[:-1]:
        raise RuntimeError(
            f"{function}: Expected LD.shape[:-1] and pivots.shape to be the same, but got pivots "
            f"with shape {list(pivots._array.shape)} instead"
        )
    if pivots._array.dtype.kind not in "iu":
        raise RuntimeError(
            f"{function}: Expected pivots to be integers. Got {name_of_dtype(pivots._array)}"
        )
    if LD._array.dtype != B._array.dtype:
        raise RuntimeError(
            "Expected b and A to have the same dtype, but found b of type "
            f"{name_of_dtype(B._array)} and A of type {name_of_dtype(LD._array)} instead."
        )
    check_floating(LD, function)
    check_has_kernel(B._array, "ldl_solve_kernel_cpu")
    ld, right = broadcast_batches(LD._array, B._array)
    swaps = np.broadcast_to(pivots._array, (*ld.shape[:-1],))
    return wrap(lapack.sytrs(ld, swaps, right, hermitian))
