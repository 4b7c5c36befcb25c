"""Determinants.

Mirrors aten/src/ATen/native/BatchLinearAlgebra.cpp (linalg_det, slogdet, logdet) and their formulas
in torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap
from minitorch.native import lapack
from minitorch.native.batch_linear_algebra_lu import LuSolve
from minitorch.native.batch_linear_algebra_solve import SolveEx
from minitorch.native.batch_linear_algebra_spectral import Svd
from minitorch.native.joining import Cat
from minitorch.native.linear_algebra_utils import (
    Decomposition,
    check_floating,
    check_has_kernel,
    check_square,
    embed_diagonal,
    eye_like,
    mH,
    zeros_of,
)
from minitorch.native.return_types import return_type
from minitorch.native.tensor_compare import where
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_LinalgSlogdetResult = return_type("linalg_slogdet", "sign", "logabsdet")
_SlogdetResult = return_type("slogdet", "sign", "logabsdet")


def _sign_of_permutation(pivots: Any) -> Any:
    """-1 for an odd number of swaps."""
    swaps = (pivots != np.arange(1, pivots.shape[-1] + 1)).sum(-1)
    return np.where(swaps % 2, -1, 1)


def _products_of_others(x: Any) -> Any:
    """For each of at least two elements of the last dimension, the product of all others; zeros are
    no obstacle.
    """
    columns = x.shape[-1]
    products = []
    for skipped in range(columns):
        product: Any = 1
        for column in range(columns):
            if column != skipped:
                product = product * x[..., column : column + 1]
        products.append(product)
    return Cat.apply(x.ndim - 1, *products)


class Det(Operator, name="LinalgDetBackward0"):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        check_has_kernel(input, "lu_cpu")
        lu, pivots, _ = lapack.getrf(input)
        diagonal = np.diagonal(lu, 0, -2, -1)
        det = np.asarray(
            diagonal.prod(-1, dtype=input.dtype) * _sign_of_permutation(pivots).astype(input.dtype)
        )
        ctx.save_for_backward(input, det)
        ctx.factors = lu, pivots
        return det

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, det = ctx.saved_tensors
        if 0 in input.shape:
            return zeros_of(input.shape, input)
        if input.shape[-1] == 1:
            return grad[..., None, None]
        array = unwrap(det)
        scaled = grad * (det.conj() if array.dtype.kind == "c" else det)
        right = eye_like(input) * scaled[..., None, None]
        eps = np.finfo(array.dtype).eps
        if not isinstance(grad, Variable):  # close to a singular matrix lies a regular one
            lu, pivots = ctx.factors
            diagonal = np.diagonal(lu, 0, -2, -1)
            nudged = lu + embed_diagonal(np.where(diagonal == 0, eps, 0).astype(lu.dtype))
            return LuSolve.apply(nudged, pivots, right, True, True)
        if (np.abs(array) >= 100 * eps).all():
            return SolveEx.apply(mH(input), right, True)[0]
        # The gradient is the adjugate, which exists for singular matrices too.
        u, s, vh = Svd.apply(input, False)
        alpha = grad * Det.apply(u) * Det.apply(vh)
        return (u * (alpha[..., None] * _products_of_others(s))[..., None, :]) @ vh


class Slogdet(Decomposition, name="LinalgSlogdetBackward0"):
    """The sign of the determinant and the logarithm of its absolute value."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        check_has_kernel(input, "lu_cpu")
        lu, pivots, _ = lapack.getrf(input)
        diagonal = np.diagonal(lu, 0, -2, -1)
        magnitude = np.abs(diagonal)
        with np.errstate(divide="ignore", invalid="ignore"):
            logabsdet = np.asarray(np.log(magnitude).sum(-1))
        sign = np.asarray(np.sign(diagonal).prod(-1) * _sign_of_permutation(pivots))
        sign = sign.astype(input.dtype)
        ctx.save_for_backward(input, sign)
        ctx.factors = lu, pivots
        return sign, logabsdet

    @staticmethod
    def backward(ctx: Any, grad_sign: Any, grad_logabsdet: Any) -> Any:
        input, sign = ctx.saved_tensors
        is_complex = unwrap(input).dtype.kind == "c"
        grad = grad_logabsdet
        if is_complex and grad_sign is not None:
            turn = (grad_sign.conj() * sign).imag * -1j
            grad = turn if grad is None else grad + turn
        if grad is None:
            return zeros_of(input.shape, input)
        right = eye_like(input) * grad[..., None, None]
        if isinstance(grad, Variable):
            return SolveEx.apply(mH(input), right, True)[0]
        return LuSolve.apply(*ctx.factors, right, True, True)


# --------------------------------------------------------------------------- public functions


@accepts_out
def det(A: Tensor) -> Tensor:
    """The determinants of square matrices.

    Shape: (*, n, n) -> (*).
    """
    check_square(A, "linalg.det")
    check_floating(A, "linalg.det")
    return Det.apply(A)


def _slogdet(A: Tensor, function: str) -> Any:
    check_square(A, function)
    check_floating(A, function, low_precision=False)
    return Slogdet.apply(A)


@accepts_out
def linalg_slogdet(A: Tensor) -> Any:
    """(sign, ln|determinant|), which overflow much later than the determinant does."""
    return _LinalgSlogdetResult(*_slogdet(A, "linalg.slogdet"))


@accepts_out
def slogdet(input: Tensor) -> Any:
    """``linalg.slogdet`` under its older name."""
    return _SlogdetResult(*_slogdet(input, "linalg.slogdet"))


def logdet(input: Tensor) -> Tensor:
    """ln(determinant): NaN if that is negative, -inf if it is 0."""
    sign, logabsdet = _slogdet(input, "logdet")
    if input._array.dtype.kind == "c":
        return sign.log() + logabsdet
    return where(sign == -1, np.nan, logabsdet)
