"""Norms of vectors and of matrices.

Mirrors aten/src/ATen/native/LinearAlgebra.cpp (linalg_vector_norm, linalg_matrix_norm, linalg_norm,
linalg_cond), ReduceOps.cpp and torch/functional.py (norm), and norm_backward of
torch/csrc/autograd/FunctionsManual.cpp.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.batch_linear_algebra_solve import inv_ex
from minitorch.native.batch_linear_algebra_spectral import svdvals
from minitorch.native.binary_ops import Sub
from minitorch.native.conversions import to_dtype
from minitorch.native.expand_utils import np_asarray
from minitorch.native.extremes import amax, amin
from minitorch.native.linear_algebra_utils import check_floating
from minitorch.native.reduce_ops_utils import Axes, accurate_sum, as_axes, restore, sum_kernel
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_compare import Where, where
from minitorch.native.tensor_iterator import multiply, zero_like
from minitorch.native.variants import accepts_out
from minitorch.native.views import movedim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Norm(Operator, name="LinalgVectorNormBackward0"):
    """(sum of |x| ** p) ** (1 / p), with the limits p = 0, inf and -inf."""

    @staticmethod
    def forward(ctx: Any, input: Any, p: float, axes: Axes, keepdim: bool) -> Any:
        out = np_asarray(vector_norm_of(_as_single(input), p, axes, keepdim))
        if input.dtype.kind != "c":
            out = out.astype(input.dtype, copy=False)
        ctx.arguments = p, axes, keepdim
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        p, axes, keepdim = ctx.arguments
        if p == 0:
            return None
        grad, out = (
            restore(grad, input.shape, axes, keepdim),
            restore(out, input.shape, axes, keepdim),
        )
        return norm_backward(grad, input, p, out, axes)


def _as_single(array: Any) -> Any:
    return array.astype(np.float32) if array.itemsize == 2 else array


def vector_norm_of(input: Any, p: float, axes: Axes, keepdim: bool) -> Any:
    """The p-norm of arrays."""
    if p == 2 and input.dtype.kind == "f":
        return np.sqrt(sum_kernel(input, axes, keepdim, True))
    magnitude = np.abs(input)
    if p == 2:
        return np.sqrt(accurate_sum(magnitude * magnitude, axes, keepdim))
    if p == math.inf:
        return magnitude.max(axis=axes, keepdims=keepdim)
    if p == -math.inf:
        return magnitude.min(axis=axes, keepdims=keepdim)
    if p == 0:
        return (input != 0).sum(axis=axes, keepdims=keepdim).astype(magnitude.dtype)
    if p == 1:
        return accurate_sum(magnitude, axes, keepdim)
    with np.errstate(divide="ignore"):
        return accurate_sum(magnitude**p, axes, keepdim) ** (1 / p)


def norm_backward(grad: Any, input: Any, p: float, norm: Any, axes: Axes) -> Any:
    """The gradient of ``input``, given that of its norm, both of the input's dimensions; 0 where
    the norm has a kink.
    """
    if p == 0:
        return zero_like(input)
    if p == 1:
        return grad * _sign(input)
    if p == 2:
        if isinstance(grad, Variable) or grad.itemsize == 2:  # half precision rounds as torch does
            return grad * Where.apply(norm == 0, zero_like(input), input / norm)
        return multiply(input, Where.apply(norm == 0, 0.0, grad / norm))  # one pass
    magnitude = _abs(input)
    if math.isinf(p):
        mask = (magnitude == norm) | (magnitude != magnitude)
        count = _as_number(mask, magnitude).sum(axis=axes, keepdims=True)
        return _sign(input) * (grad / count * _as_number(mask, magnitude))
    if p < 1:
        power = Where.apply(input == 0, 0.0, magnitude ** (p - 1))
        return _sign(input) * power * grad * norm ** (1 - p)
    scale = Where.apply(norm == 0, 0.0, grad / norm ** (p - 1))
    if p < 2:
        return _sign(input) * magnitude ** (p - 1) * scale
    return input * magnitude ** (p - 2) * scale


def _as_number(mask: Any, like: Any) -> Any:
    return mask * (zero_like(like) + 1)


def _abs(x: Any) -> Any:
    is_tensor: bool = isinstance(x, Variable)
    return x.abs() if is_tensor else np.abs(x)


def _sign(x: Any) -> Any:
    is_complex = getattr(x, "_array", x).dtype.kind == "c"
    if isinstance(x, Variable):
        return x.sgn() if is_complex else x.sign()  # type: ignore[attr-defined]
    return np.sign(x)


class Dist(Operator):
    """The p-norm of input - other."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any, p: float) -> Any:
        difference = Sub.apply(input, other, 1)
        if dtypes.is_integral(difference.dtype):
            raise RuntimeError(
                "norm(): input dtype should be either floating point or complex. Got "
                f"{dtypes.from_numpy(difference.dtype).c10_name} instead."
            )
        out = np_asarray(vector_norm_of(_as_single(difference), p, None, False))
        out = out.astype(np.abs(difference[()]).dtype, copy=False)
        ctx.p = p
        ctx.save_for_backward(input, other, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other, out = ctx.saved_tensors
        slope = norm_backward(grad, input - other, ctx.p, out, None)
        return slope, -slope


# --------------------------------------------------------------------------- public functions


def _with_dtype(input: Tensor, dtype: Any, function: str) -> Tensor:
    """The input as the dtype to compute in.

    Raises:
        RuntimeError: that is no floating one, or a narrower one than the input's.
    """
    if dtype is None:
        return input
    own = dtypes.from_numpy(input._array.dtype)
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(
            f"{function}: dtype should be floating point or complex, but got {dtype.c10_name}"
        )
    if own.is_complex != dtype.is_complex:
        raise RuntimeError(
            f"{function}: dtype should be {'complex' if own.is_complex else 'real'} for "
            f"{'complex' if own.is_complex else 'real'} inputs, but got {dtype.c10_name}"
        )
    if dtypes.promote_types(own, dtype) is not dtype:
        raise RuntimeError(
            f"{function}: the dtype of the input ({own.c10_name}) should be convertible without "
            f"narrowing to the specified dtype ({dtype.c10_name})"
        )
    return to_dtype(input, dtype)


@accepts_out
def vector_norm(
    x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """(sum of |x| ** ord) ** (1 / ord), of all elements or over dimensions.

    Args:
        ord: inf and -inf are the largest and the smallest magnitude, 0 counts what is not 0.

    Raises:
        RuntimeError: the dtype is not floating, or there is nothing to take the extreme of.
    """
    check_floating(x, "linalg.vector_norm")
    x = _with_dtype(x, dtype, "linalg.vector_norm")
    array = x._array
    axes = as_axes(dim, array.ndim)
    p = float(ord)
    if not array.size and (p < 0 or p == math.inf):
        if dim is None or (isinstance(dim, (tuple, list)) and not dim):
            raise RuntimeError(
                f"linalg.vector_norm cannot compute the {p:g} norm on an empty tensor because the "
                "operation does not have an identity"
            )
        for axis in axes or ():
            if array.shape[axis] == 0:
                raise RuntimeError(
                    f"linalg.vector_norm cannot compute the {p:g} norm on the dimension {axis} "
                    "because this dimension is empty and the operation does not have an identity"
                )
    return Norm.apply(x, p, axes, bool(keepdim))


def _two_dims(dim: Any, ndim: int, function: str) -> tuple[int, int]:
    dims = tuple(dim)
    if len(dims) != 2:
        raise RuntimeError(f"{function}: dim must be a 2-tuple. Got {' '.join(map(str, dims))}")
    first, second = [wrap_dim(d, ndim) for d in dims]
    if first == second:
        raise RuntimeError(f"{function}: dims must be different. Got ({dims[0]}, {dims[1]})")
    return first, second


def _extreme(values: Tensor, dim: int, keepdim: bool, ord: float) -> Tensor:
    """The largest of some magnitudes, or the smallest if ``ord`` is negative; the largest of none
    is 0.
    """
    if ord < 0:
        return amin(values, dim, keepdim)
    empty = not values._array.shape[dim]
    return values.sum(dim, keepdim) if empty else amax(values, dim, keepdim)


@accepts_out
def matrix_norm(
    A: Tensor,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """The norm of matrices.

    Args:
        ord: "fro", the root of the sum of squares; "nuc", the sum of the singular values; 2 and
            -2, the largest and the smallest of them; 1 and -1, inf and -inf: the largest and the
            smallest sum of magnitudes of a column, of a row.

    Raises:
        RuntimeError: an unknown ord, or dims that are no pair.
    """
    function = "linalg.matrix_norm"
    if A._array.ndim < 2:
        raise RuntimeError(f"{function}: The input tensor A must have at least 2 dimensions.")
    check_floating(A, function, low_precision=ord not in ("nuc", 2, -2))
    first, second = _two_dims(dim, A._array.ndim, function)
    if isinstance(ord, str):
        if ord not in ("fro", "nuc"):
            raise RuntimeError(f"{function}: Order {ord} not supported.")
    elif abs(ord) not in (1, 2, math.inf):
        raise RuntimeError(f"{function}: Order {ord} not supported.")
    if ord == "fro":
        return vector_norm(A, 2, (first, second), keepdim, dtype=dtype)
    A = _with_dtype(A, dtype, function)
    if ord in ("nuc", 2, -2):
        values = svdvals(movedim(A, (first, second), (-2, -1)))
        result = values.sum(-1) if ord == "nuc" else _extreme(values, -1, False, ord)
        if keepdim:
            for position in sorted((first, second)):
                result = result.unsqueeze(position)
        return result
    summed, compared = (first, second) if abs(ord) == 1 else (second, first)
    sums = vector_norm(A, 1, summed, keepdim)
    if not keepdim and compared > summed:
        compared -= 1
    return _extreme(sums, compared, keepdim, ord)


@accepts_out
def linalg_norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """``matrix_norm`` of two dimensions, ``vector_norm`` of one; without ord, the root of the sum
    of squares.
    """
    if dim is not None:
        dim = (dim,) if isinstance(dim, int) else tuple(dim)
        if ord is not None and len(dim) not in (1, 2):
            raise RuntimeError(
                f"linalg.norm: If dim is specified, it must be of length 1 or 2. Got {list(dim)}"
            )
    elif ord is not None and A._array.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. "
            f"Got {A._array.ndim}D."
        )
    if isinstance(ord, str):
        return matrix_norm(A, ord, (0, 1) if dim is None else dim, keepdim, dtype=dtype)
    if ord is not None and (len(dim) if dim is not None else A._array.ndim) == 2:
        return matrix_norm(A, ord, (0, 1) if dim is None else dim, keepdim, dtype=dtype)
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


@accepts_out
def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """The vector p-norm of all elements, or over dimensions; "fro" is p = 2, "nuc" the sum of the
    singular values of matrices.

    Raises:
        RuntimeError: the dtype is not floating.
    """
    if p == "nuc":
        dims = (0, 1) if dim is None and input._array.ndim == 2 else dim
        return matrix_norm(input, "nuc", (-2, -1) if dims is None else dims, keepdim, dtype=dtype)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f"linalg.matrix_norm: Order {p} not supported.")
    return vector_norm(input, 2.0 if p is None or p == "fro" else p, dim, keepdim, dtype=dtype)


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of input - other."""
    return Dist.apply(input, other, float(p))


@accepts_out
def cond(A: Tensor, p: Any = None) -> Tensor:
    """The condition number: the norm of A times that of its inverse.

    Args:
        p: the norm; without it, the ratio of the largest and the smallest singular value.

    Shape: (*, m, n) -> (*); for most norms, m must be n.
    """
    array = A._array
    if array.ndim < 2:
        raise RuntimeError("linalg.cond: The input tensor must have at least 2 dimensions.")
    if p is None or (not isinstance(p, str) and abs(p) == 2):
        values = svdvals(A)
        if not array.size:
            return wrap(np.zeros(array.shape[:-2], values._array.dtype))
        largest, smallest = values[..., 0], values[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    if isinstance(p, str):
        if p not in ("fro", "nuc"):
            raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    elif abs(p) not in (1, math.inf):
        raise RuntimeError(f"linalg.cond got an invalid norm type: {p}")
    if array.shape[-1] != array.shape[-2]:
        raise RuntimeError(
            f"linalg.cond(ord={p}): A must be batches of square matrices, but they are "
            f"{array.shape[-2]} by {array.shape[-1]} matrices"
        )
    if not array.size:
        return wrap(np.zeros(array.shape[:-2], array.dtype))
    inverse, info = inv_ex(A)
    if p == "nuc":
        result = matrix_norm(A, p) * matrix_norm(inverse, p)
    else:
        result = matrix_norm(A, p) * matrix_norm(inverse, p)
    return where(info > 0, math.inf, result)
