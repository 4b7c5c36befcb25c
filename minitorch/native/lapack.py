"""The routines of LAPACK, matrix by matrix over a batch.

Mirrors aten/src/ATen/native/BatchLinearAlgebraKernel.cpp. All take and return arrays; ``info`` is
LAPACK's verdict: 0 is success. Where NumPy has a routine for whole batches (eigenvalues, singular
values), it is called in batch_linear_algebra_spectral.py itself. SciPy is loaded at the first call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_PREFIX = {"f": "s", "d": "d", "F": "c", "D": "z"}

Output = tuple[tuple[int, ...], Any]


def _routine(name: str, dtype: Any) -> Any:
    from scipy.linalg import lapack

    if dtype.kind == "c":
        name = {"orgqr": "ungqr", "ormqr": "unmqr"}.get(name, name)
    return getattr(lapack, _PREFIX[dtype.char] + name)


def _each_matrix(
    kernel: Callable[..., Any], outputs: list[Output], first: Any, *others: Any
) -> list[Any]:
    """Call ``kernel`` on each matrix of a batch and stack the results.

    Args:
        outputs: the shape and the dtype of each result for one matrix.
        first: a stack of matrices; the others have as many batch dimensions.
    """
    batch = first.shape[:-2]
    results = [np.zeros((*batch, *shape), dtype) for shape, dtype in outputs]
    operands = (first, *others)
    if any([0 in x.shape for x in operands]):  # LAPACK refuses these: there is nothing to do
        return results
    for place in np.ndindex(batch):
        values = kernel(*[x[place] for x in operands])
        for result, value in zip(results, values, strict=True):
            result[place] = value
    return results


def potrf(a: Any, upper: bool) -> tuple[Any, Any]:
    """The Cholesky factor of positive-definite matrices, and info."""
    routine, n = _routine("potrf", a.dtype), a.shape[-1]

    def factorize(matrix: Any) -> tuple[Any, int]:
        factor, info = routine(matrix, lower=not upper, clean=True)
        broken = np.isnan(factor.diagonal())
        if info == 0 and broken.any():  # OpenBLAS looks for negative numbers only, MKL for NaN, too
            info = int(broken.argmax()) + 1
        return factor, info

    factor, info = _each_matrix(factorize, [((n, n), a.dtype), ((), np.int32)], a)
    return factor, info


def potri(factor: Any, upper: bool) -> tuple[Any, Any]:
    """The inverse of a matrix of which the Cholesky factor is given, and info."""
    routine, n = _routine("potri", factor.dtype), factor.shape[-1]

    def invert(matrix: Any) -> tuple[Any, int]:
        half, info = routine(matrix, lower=not upper)
        half = np.triu(half) if upper else np.tril(half)
        other = np.triu(half, 1) if upper else np.tril(half, -1)
        return half + other.T.conj(), info

    inverse, info = _each_matrix(invert, [((n, n), factor.dtype), ((), np.int32)], factor)
    return inverse, info


def potrs(b: Any, factor: Any, upper: bool) -> Any:
    """The solution of a @ x = b, given the Cholesky factor of a."""
    routine = _routine("potrs", b.dtype)
    (solution,) = _each_matrix(
        lambda right, matrix: routine(matrix, right, lower=not upper)[:1],
        [(b.shape[-2:], b.dtype)],
        b,
        factor,
    )
    return solution


def trsm(a: Any, b: Any, upper: bool, left: bool, unitriangular: bool) -> Any:
    """The solution of a @ x = b, or x @ a = b, for a triangular ``a``."""
    from scipy.linalg import blas

    routine = getattr(blas, _PREFIX[a.dtype.char] + "trsm")
    (solution,) = _each_matrix(
        lambda right, matrix: (
            routine(1.0, matrix, right, side=not left, lower=not upper, diag=int(unitriangular)),
        ),
        [(b.shape[-2:], b.dtype)],
        b,
        a,
    )
    return solution


def getrf(a: Any) -> tuple[Any, Any, Any]:
    """L and U in one matrix, the row that each row was swapped with (from 1), and info."""
    routine, (m, n) = _routine("getrf", a.dtype), a.shape[-2:]

    def factorize(matrix: Any) -> tuple[Any, Any, int]:
        lu, pivots, info = routine(matrix)
        return lu, pivots + 1, info

    lu, pivots, info = _each_matrix(
        factorize, [((m, n), a.dtype), ((min(m, n),), np.int32), ((), np.int32)], a
    )
    return lu, pivots, info


def getrs(lu: Any, pivots: Any, b: Any, adjoint: bool = False) -> Any:
    """The solution of a @ x = b, or of its adjoint, given the LU decomposition of a."""
    routine = _routine("getrs", b.dtype)
    transposed = (2 if b.dtype.kind == "c" else 1) if adjoint else 0
    (solution,) = _each_matrix(
        lambda right, matrix, swaps: routine(matrix, swaps - 1, right, trans=transposed)[:1],
        [(b.shape[-2:], b.dtype)],
        b,
        lu,
        pivots,
    )
    return solution


def geqrf(a: Any) -> tuple[Any, Any]:
    """R, below it the vectors of the Householder reflections, and their factors."""
    routine, (m, n) = _routine("geqrf", a.dtype), a.shape[-2:]
    qr, tau = _each_matrix(
        lambda matrix: routine(matrix)[:2], [((m, n), a.dtype), ((min(m, n),), a.dtype)], a
    )
    return qr, tau


def orgqr(reflections: Any, tau: Any) -> Any:
    """The first columns of the product of Householder reflections."""
    routine = _routine("orgqr", reflections.dtype)
    if 0 in tau.shape:
        identity = np.eye(*reflections.shape[-2:], dtype=reflections.dtype)
        return np.broadcast_to(identity, reflections.shape).copy()
    (product,) = _each_matrix(
        lambda matrix, factors: routine(matrix, factors)[:1],
        [(reflections.shape[-2:], reflections.dtype)],
        reflections,
        tau,
    )
    return product


def ormqr(reflections: Any, tau: Any, other: Any, left: bool, transpose: bool) -> Any:
    """Q @ other, or Q^H @ other, or from the right, where Q is a product of reflections."""
    routine = _routine("ormqr", other.dtype)
    if 0 in tau.shape:
        return other.copy()
    adjoint = ("C" if other.dtype.kind == "c" else "T") if transpose else "N"
    work = max(1, 64 * max(other.shape[-2:]))
    (product,) = _each_matrix(
        lambda right, matrix, factors: routine(
            "L" if left else "R", adjoint, matrix[:, : len(factors)], factors, right, work
        )[:1],
        [(other.shape[-2:], other.dtype)],
        other,
        reflections,
        tau,
    )
    return product


def sytrf(a: Any, hermitian: bool) -> tuple[Any, Any, Any]:
    """The Bunch-Kaufman decomposition L @ D @ L^T of a symmetric matrix, its pivots, and info."""
    name, n = "hetrf" if hermitian and a.dtype.kind == "c" else "sytrf", a.shape[-1]
    routine = _routine(name, a.dtype)

    def factorize(matrix: Any) -> tuple[Any, Any, int]:
        ld, pivots, info = routine(matrix, lower=True)
        return np.tril(ld), pivots, info

    ld, pivots, info = _each_matrix(
        factorize, [((n, n), a.dtype), ((n,), np.int32), ((), np.int32)], a
    )
    return ld, pivots, info


def sytrs(ld: Any, pivots: Any, b: Any, hermitian: bool) -> Any:
    """The solution of a @ x = b, given the decomposition of ``sytrf``."""
    name = "hetrs" if hermitian and b.dtype.kind == "c" else "sytrs"
    routine = _routine(name, b.dtype)
    (solution,) = _each_matrix(
        lambda right, matrix, swaps: routine(matrix, swaps, right, lower=True)[:1],
        [(b.shape[-2:], b.dtype)],
        b,
        ld,
        pivots,
    )
    return solution


def gels(a: Any, b: Any) -> tuple[Any, Any]:
    """The least-squares solution of a @ x = b for an ``a`` of full rank, and info."""
    routine, (m, n), columns = _routine("gels", a.dtype), a.shape[-2:], b.shape[-1]

    def least_squares(matrix: Any, right: Any) -> tuple[Any, int]:
        padded = np.zeros((max(m, n), columns), matrix.dtype)
        padded[:m] = right
        _, solution, info = routine(matrix, padded)
        return solution[:n], info

    solution, info = _each_matrix(least_squares, [((n, columns), a.dtype), ((), np.int32)], a, b)
    return solution, info


def lstsq(a: Any, b: Any, rcond: float, driver: str) -> tuple[Any, Any, Any]:
    """The least-squares solution of a @ x = b, the rank of a, and its singular values (of which
    the driver "gelsy" knows none).
    """
    from scipy.linalg import lstsq as solve

    (m, n), columns = a.shape[-2:], b.shape[-1]

    def least_squares(matrix: Any, right: Any) -> tuple[Any, int, Any]:
        solution, _, rank, singular = solve(matrix, right, rcond, lapack_driver=driver)
        return solution, rank, 0 if singular is None else singular

    parts = np.finfo(a.dtype).dtype
    solution, rank, singular = _each_matrix(
        least_squares,
        [((n, columns), a.dtype), ((), np.int64), ((min(m, n),), parts)],
        a,
        b,
    )
    return solution, rank, singular
