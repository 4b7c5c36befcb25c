"""Products of tensors of any dimension: inner, outer, Kronecker, over chosen dimensions.

Mirrors aten/src/ATen/native/{LinearAlgebra.cpp, Linear.cpp, Blas.cpp}: outer, inner, vdot, kron,
linalg_vecdot, tensordot.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap
from minitorch.native.expand_utils import np_asarray
from minitorch.native.linear_algebra import check_vectors, dot, matmul, mm
from minitorch.native.linear_algebra_utils import name_of_dtype
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_out
from minitorch.native.views import UnsafeView, movedim, reshape, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Vdot(Operator):
    """The inner product, with the first vector conjugated."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)
        return np_asarray(np.vdot(input, other))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        conjugate = grad.conj() if getattr(grad, "_array", grad).dtype.kind == "c" else grad
        return conjugate * other, grad * input


@accepts_out
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors; complex elements of the first are conjugated."""
    check_vectors(input, other)
    if input._array.dtype.kind != "c":
        return dot(input, other)
    return Vdot.apply(input, other)


@accepts_out
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of the elements of two vectors.

    Shape: (n,), (m,) -> (n, m).
    """
    for name, tensor in (("self", input), ("vec2", vec2)):
        if tensor._array.ndim != 1:
            raise RuntimeError(
                f"outer: Expected 1-D argument {name}, but got {tensor._array.ndim}-D"
            )
    return unsqueeze(input, 1) * vec2


ger = outer


@accepts_out
def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sum of products over the last dimension of both; a 0-dim operand just multiplies.

    Shape: (*, k), (+, k) -> (*, +).
    """
    a, b = input._array.shape, other._array.shape
    if not a or not b:
        return input * other
    if a[-1] != b[-1]:
        raise RuntimeError(
            "inner() the last dimension must match on both input tensors but got shapes "
            f"{list(a)} and {list(b)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@accepts_out
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """The sum of products over some dimensions of both.

    Args:
        dims: how many: the last of ``a`` and the first of ``b``; or which: a list for each.

    Shape: the dimensions of ``a`` that are left, then those of ``b``.

    Raises:
        RuntimeError: dims is negative, or the sizes differ.
    """
    if isinstance(dims, Variable):
        dims = unwrap(dims).tolist()
    if isinstance(dims, (tuple, list)):
        dims_a, dims_b = list(dims[0]), list(dims[1])
    else:
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.dim(), b.dim()):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims_a, dims_b = list(range(-dims, 0)), list(range(dims))
    if len(dims_a) != len(dims_b):
        raise RuntimeError("both dimension lists should have same length")
    if a._array.dtype != b._array.dtype:
        raise RuntimeError("both inputs should have same dtype")
    shape_a, shape_b = a._array.shape, b._array.shape
    given = list(zip(dims_a, dims_b, strict=True))
    dims_a = [wrap_dim(d, len(shape_a)) for d in dims_a]
    dims_b = [wrap_dim(d, len(shape_b)) for d in dims_b]
    for i, j in given:
        n, m = shape_a[i], shape_b[j]
        if n != m and 1 not in (n, m):
            raise RuntimeError(
                "contracted dimensions need to match, but first has size "
                f"{n} in dim {i} and second has size {m} in dim {j}"
            )
        if n != m:  # a size of 1 broadcasts: the other side is summed over first
            if m == 1:
                a = a.sum(i, keepdim=True, dtype=a.dtype)
            else:
                b = b.sum(j, keepdim=True, dtype=b.dtype)
    free_a = [d for d in range(len(shape_a)) if d not in dims_a]
    free_b = [d for d in range(len(shape_b)) if d not in dims_b]
    contracted = math.prod([a.shape[d] for d in dims_a])
    rows, columns = [[x.shape[d] for d in free] for x, free in ((a, free_a), (b, free_b))]
    left = reshape(a.permute(*free_a, *dims_a), math.prod(rows), contracted)
    right = reshape(b.permute(*dims_b, *free_b), contracted, math.prod(columns))
    return reshape(mm(left, right), *rows, *columns)


@accepts_out
def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: each element of ``input`` times the whole of ``other``.

    Shape: (a_1, ..., a_n), (b_1, ..., b_n) -> (a_1 * b_1, ..., a_n * b_n); the shorter shape gets
    leading ones.
    """
    if not isinstance(other, Variable):
        kind = type(other).__name__
        raise TypeError(f"kron(): argument 'other' (position 2) must be Tensor, not {kind}")
    a, b = input._array.shape, other._array.shape
    ndim = max(len(a), len(b))
    a, b = (1,) * (ndim - len(a)) + a, (1,) * (ndim - len(b)) + b
    left = reshape(input, tuple([n for size in a for n in (size, 1)]))
    right = reshape(other, tuple([n for size in b for n in (1, size)]))
    shape = tuple([n * m for n, m in zip(a, b, strict=True)])
    return UnsafeView.apply(left * right, shape)


@accepts_out
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The inner products of vectors along ``dim``; the batch broadcasts."""
    for array in (x._array, y._array):
        if dtypes.is_integral(array.dtype):
            raise RuntimeError(
                f"linalg.vecdot: Expected a floating point or complex tensor as input. Got "
                f"{name_of_dtype(array)}"
            )
    if x._array.ndim == 1 and y._array.ndim == 1:
        return vdot(x, y)
    left, right = unsqueeze(movedim(x, dim, -1), -2), unsqueeze(movedim(y, dim, -1), -1)
    conjugate = left.conj() if x._array.dtype.kind == "c" else left
    return matmul(conjugate, right).squeeze(-1).squeeze(-1)
