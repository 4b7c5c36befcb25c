"""The pseudo-inverse and the rank: which singular values count as zero.

Mirrors aten/src/ATen/native/LinearAlgebra.cpp (linalg_pinv, matrix_rank) and
pinv_backward of torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.linear_algebra_utils import mH, name_of_dtype
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _tolerance(values: Any, shape: tuple[int, ...], atol: Any, rtol: Any) -> Any:
    """Below which a singular value counts as 0: the greater of atol, and rtol times the largest.

    Mirrors get_atol_rtol: without either, rtol is the number of rows or columns times epsilon.
    """
    epsilon = np.finfo(values.dtype).eps
    if rtol is None:
        relative: Any = 0.0 if atol is not None and np.any(atol > 0) else None
        if relative is None:
            relative = epsilon * max(shape[-2:])
        elif np.ndim(atol):
            relative = np.where(atol > 0, 0.0, epsilon * max(shape[-2:]))
    else:
        relative = rtol
    absolute = 0.0 if atol is None else atol
    largest = values.max(-1) if values.shape[-1] else np.zeros(values.shape[:-1])
    return np.maximum(absolute, relative * largest)[..., None]


class Pinv(Operator, name="LinalgPinvBackward0"):
    """V @ S^-1 @ U^H, in which the inverse of a vanishing singular value is 0."""

    @staticmethod
    def forward(ctx: Any, input: Any, atol: Any, rtol: Any, hermitian: bool) -> Any:
        if 0 in input.shape:
            shape = (*input.shape[:-2], input.shape[-1], input.shape[-2])
            out = np.zeros_like(input, shape=shape)
        elif hermitian:
            values, vectors = np.linalg.eigh(input)
            size = np.abs(values)
            keep = size > _tolerance(size, input.shape, atol, rtol)
            inverse = np.where(keep, 1 / np.where(keep, values, 1), 0).astype(values.dtype)
            out = (vectors * inverse[..., None, :]) @ mH(vectors)
        else:
            u, s, vh = np.linalg.svd(input, full_matrices=False)
            keep = s > _tolerance(s, input.shape, atol, rtol)
            inverse = np.where(keep, 1 / np.where(keep, s, 1), 0).astype(s.dtype)
            out = (mH(vh) * inverse[..., None, :]) @ mH(u)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        return pinv_backward(grad, out, input)


def pinv_backward(grad: Any, inverse: Any, input: Any) -> Any:
    """The gradient of ``input``, given that of its pseudo-inverse."""
    m, n = input.shape[-2:]
    adjoint, grad_adjoint = mH(inverse), mH(grad)
    if m <= n:  # the same sum in the order of the smaller products
        k = grad_adjoint @ inverse
        back = k @ adjoint
        return (
            -mH(inverse @ k)
            + back
            - (input @ inverse) @ back
            + (adjoint @ inverse) @ (grad_adjoint - k @ input)
        )
    k = inverse @ grad_adjoint
    back = adjoint @ k
    return (
        -mH(k @ inverse)
        + (grad_adjoint - input @ k) @ inverse @ adjoint
        + back
        - back @ inverse @ input
    )


@accepts_out
def pinv(
    A: Tensor,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
) -> Tensor:
    """The pseudo-inverse: the X of least norm for which A @ X is closest to the identity.

    Args:
        rcond: another name for ``rtol``.
        atol, rtol: singular values up to the greater of ``atol`` and ``rtol`` times the largest
            count as 0.
        hermitian: A is Hermitian, of which one triangle is read.

    Shape: (*, m, n) -> (*, n, m).
    """
    array = A._array
    if array.ndim < 2 or array.dtype.char not in "fdFD":
        raise RuntimeError(
            f"linalg.pinv({name_of_dtype(array)}{{{list(array.shape)}}}): expected a tensor with 2 "
            "or more dimensions of float, double, cfloat or cdouble types"
        )
    if hermitian and array.shape[-1] != array.shape[-2]:
        raise RuntimeError(
            "linalg.eigh: A must be batches of square matrices, but they are "
            f"{array.shape[-2]} by {array.shape[-1]} matrices"
        )
    if rtol is None:
        rtol = rcond
    return Pinv.apply(A, _number(atol), _number(rtol), bool(hermitian))


def _number(tolerance: Any) -> Any:
    """A tolerance without its graph: it has no gradient."""
    return unwrap(tolerance)


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """``linalg.pinv`` under its older name."""
    return pinv(input, rcond)


@accepts_out
def matrix_rank(
    A: Tensor,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
) -> Tensor:
    """How many singular values count as more than 0; see ``pinv``. Without gradient.

    Args:
        tol: an absolute tolerance.

    Shape: (*, m, n) -> (*).
    """
    array = A._array
    if array.ndim < 2:
        raise RuntimeError(
            "torch.linalg.matrix_rank: The input tensor input must have at least 2 dimensions."
        )
    if array.dtype.char not in "fdFD":
        raise RuntimeError("This function doesn't handle types other than float and double")
    if hermitian and array.shape[-1] != array.shape[-2]:
        raise RuntimeError(
            "linalg.eigh: A must be batches of square matrices, but they are "
            f"{array.shape[-2]} by {array.shape[-1]} matrices"
        )
    if 0 in array.shape:
        return wrap(np.zeros(array.shape[:-2], np.int64))
    if hermitian:
        values = np.abs(np.linalg.eigvalsh(array))
    else:
        values = np.linalg.svd(array, compute_uv=False)
    if tol is not None:
        limit = np.asarray(unwrap(tol))[..., None]
    else:
        limit = _tolerance(values, array.shape, _number(atol), _number(rtol))
    return wrap(np.asarray((values > limit).sum(-1, dtype=np.int64)))
