"""The matrix exponential.

Mirrors mexp of aten/src/ATen/native/LinearAlgebra.cpp: Taylor polynomials of degree 1 to 18, chosen
by the norm of the matrix, with few products each, and squaring for large norms. After Bader, Blanes
and Casas, "Computing the Matrix Exponential with an Optimized Taylor Polynomial Approximation"
(Mathematics 7, 2019).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native.joining import Cat
from minitorch.native.linear_algebra_utils import check_floating, check_square, mH, zeros_of

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

# Up to which 1-norm each degree is exact to the last bit.
LIMITS = {
    "single": {
        1: 1.192092800768788e-07,
        2: 5.978858893805233e-04,
        4: 5.116619363445086e-02,
        8: 5.800524627688768e-01,
        12: 1.461661507209034e00,
        18: 3.010066362817634e00,
    },
    "double": {
        1: 2.220446049250313e-16,
        2: 2.580956802971767e-08,
        4: 3.397168839976962e-04,
        8: 4.991228871115323e-02,
        12: 2.996158913811580e-01,
        18: 1.090863719290036e00,
    },
}

# Sums of powers of the matrix: one row for each sum, one column for each power.
SUMS_12 = (
    (9.0198e-16, 0.4693211759541824, -0.20099424927047285, -0.04623946134063072),
    (5.315978957598713, 1.1992679041713223, 0.01179296240992997, 0.01108844528519168),
    (0.18188869982170436, 0.05502798439925399, 0.09351590770535415, 0.006107005288980582),
    (-2.086132e-13, -0.13181061013830184, -0.02027855540589259, -0.006759518468630863),
)
SUMS_18 = (
    (0.0, -0.10036558103014462, -0.00802924648241157, -0.00089213849804573, 0.0),
    (0.0, 0.3978497494996451, 1.3678377846041172, 0.49828962252538267, -0.0006378981945947233),
    (
        -10.967639605296206,
        1.680158138789062,
        0.05717798464788655,
        -0.0069821012248805206,
        3.349750170860705e-05,
    ),
    (
        -0.09043168323908106,
        -0.06764045190713819,
        0.06759613017704597,
        0.029555257042931552,
        -1.391802575160607e-05,
    ),
    (0.0, 0.0, -0.09233646193671186, -0.016936493900208172, -1.400867981820361e-05),
)


def _identity(a: Any) -> Any:
    return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype, like=a), a.shape)


def _sums(table: Any, powers: list[Any]) -> list[Any]:
    stacked = np.stack(powers)
    weights = np.asarray(table, stacked.real.dtype, like=stacked)
    return list(np.tensordot(weights, stacked, 1))


def _degree_8(a: Any, a2: Any) -> Any:
    root = math.sqrt(177)
    x3 = 2 / 3
    x1, x2 = x3 * ((1 + root) / 88), x3 * ((1 + root) / 352)
    x4, x5 = (-271 + 29 * root) / (315 * x3), (-11 + 11 * root) / (1260 * x3)
    x6, x7 = (-99 + 11 * root) / (5040 * x3), (89 - root) / (5040 * x3 * x3)
    y2 = (857 - 58 * root) / 630
    identity = _identity(a)
    a4 = a2 @ (x1 * a + x2 * a2)
    a8 = (x3 * a2 + a4) @ (x4 * identity + x5 * a + x6 * a2 + x7 * a4)
    return identity + a + y2 * a2 + a8


def _degree_12(a: Any, a2: Any) -> Any:
    b = _sums(SUMS_12, [_identity(a), a, a2, a @ a2])
    a6 = b[2] + b[3] @ b[3]
    return b[0] + (b[1] + a6) @ a6


def _degree_18(a: Any, a2: Any) -> Any:
    a3 = a @ a2
    b = _sums(SUMS_18, [_identity(a), a, a2, a3, a3 @ a3])
    a9 = b[0] @ b[4] + b[3]
    return b[1] + (b[2] + a9) @ a9


def _polynomial(a: Any, degree: int) -> Any:
    """A Taylor polynomial of exp at 0, on a batch of matrices of small norm."""
    if degree == 1:
        return _identity(a) + a
    a2 = a @ a
    if degree == 2:
        return _identity(a) + a + a2 / 2
    if degree == 4:
        identity = _identity(a)
        return identity + a + a2 @ (identity / 2 + a / 6 + a2 / 24)
    return {8: _degree_8, 12: _degree_12, 18: _degree_18}[degree](a, a2)


def _squared(a: Any, times: Any) -> Any:
    """Each matrix of a batch squared as often as ``times`` says."""
    out = a.copy()
    for step in range(int(times.max(initial=0))):
        more = times > step
        out[more] = out[more] @ out[more]
    return out


def _expm(matrices: Any) -> Any:
    """exp of a batch of matrices, each by the polynomial that its norm calls for."""
    limits = LIMITS["double" if matrices.dtype.char in "dD" else "single"]
    norms = np.abs(matrices).sum(-2).max(-1)
    out = np.full_like(matrices, np.nan)
    below: Any = -math.inf
    for degree, limit in limits.items():
        chosen = (norms > below) & (norms <= limit)
        if degree == 18:
            break
        if chosen.any():
            out[chosen] = _polynomial(matrices[chosen], degree)
        below = limit
    large = (norms > below) & np.isfinite(norms)
    if large.any():
        halvings = np.maximum(np.ceil(np.log2(norms[large] / limits[18])), 0).astype(np.int64)
        scale = (0.5**halvings).astype(norms.dtype)[:, None, None]
        out[large] = _squared(_polynomial(matrices[large] * scale, 18), halvings)
    return out


class MatrixExp(Operator, name="LinalgMatrixExpBackward0"):
    """The sum of A^k / k!."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        if not input.size:
            return input.copy()
        wide = input.astype(np.float32) if input.itemsize == 2 else input
        if input.shape[-1] == 1:
            return np.exp(wide).astype(input.dtype, copy=False)
        with np.errstate(over="ignore", invalid="ignore"):
            out = _expm(wide.reshape(-1, *input.shape[-2:])).reshape(input.shape)
        return out.astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        # The derivative of any analytic function of a matrix stands in one corner of the function
        # of a matrix twice as large (Mathias 1996).
        (input,) = ctx.saved_tensors
        n = input.shape[-1]
        adjoint = mH(input)
        zeros = zeros_of(input.shape, input)
        last = input.ndim - 1
        above, below = Cat.apply(last, adjoint, grad), Cat.apply(last, zeros, adjoint)
        return MatrixExp.apply(Cat.apply(last - 1, above, below))[..., :n, n:]


def matrix_exp(A: Tensor) -> Tensor:
    """The matrix exponential: the sum of A^k / k!.

    Shape: (*, n, n) -> (*, n, n).
    """
    check_square(A, "linalg.matrix_exp")
    check_floating(A, "linalg.matrix_exp")
    return MatrixExp.apply(A)
