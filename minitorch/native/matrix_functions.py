"""Functions of whole matrices: chains of products, powers, tensor equations.

Mirrors aten/src/ATen/native/LinearAlgebra.cpp (multi_dot, matrix_power, tensorinv,
tensorsolve) and torch/functional.py (chain_matmul).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.batch_linear_algebra_solve import SINGULAR, inv, inv_ex, solve
from minitorch.native.joining import cat
from minitorch.native.linear_algebra import cpp_name, matmul
from minitorch.native.linear_algebra_utils import (
    check_square,
    name_of_dtype,
    raise_if_failed,
)
from minitorch.native.sizes import wrap_dim
from minitorch.native.tensor_iterator import zero_like
from minitorch.native.variants import accepts_out
from minitorch.native.views import movedim, reshape, unsqueeze

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# --------------------------------------------------------------------------- chains and powers


def _cheapest_split(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each part of a chain of matrices (i has sizes[i] x sizes[i + 1] elements) so
    that the fewest multiplications are needed. Mirrors matrix_chain_order.
    """
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            choices = [
                cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            ]
            best = min(range(len(choices)), key=choices.__getitem__)
            cost[i, j], split[i, j] = choices[best], i + best
    return split


def _multiply_chain(
    tensors: Sequence[Tensor], split: dict[tuple[int, int], int], i: int, j: int
) -> Tensor:
    if i == j:
        return tensors[i]
    k = split[i, j]
    return matmul(_multiply_chain(tensors, split, i, k), _multiply_chain(tensors, split, k + 1, j))


@accepts_out
def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """The product of several matrices, in the order that needs the fewest multiplications. The
    first and the last may be vectors.

    Raises:
        RuntimeError: fewer than two tensors, or shapes or dtypes that do not fit.
    """
    count = len(tensors)
    if count < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {count}")
    dtype = tensors[0]._array.dtype
    for i, tensor in enumerate(tensors):
        ends = i in (0, count - 1)
        ndim = tensor._array.ndim
        if ndim != 2 and not (ends and ndim == 1):
            place = "the first tensor" if not i else "the last tensor" if ends else f"tensor {i}"
            expected = "1D or 2D" if ends else "2D"
            raise RuntimeError(f"multi_dot(): {place} must be {expected} but got {ndim}D")
        if tensor._array.dtype != dtype:
            raise RuntimeError(
                "multi_dot(): all tensors must have be the same dtype but tensor 0 is "
                f"{cpp_name(dtype)} and tensor {i} {cpp_name(tensor._array.dtype)}"
            )
    matrices = list(tensors)
    shape: list[int] = []
    if matrices[0]._array.ndim == 1:
        matrices[0] = unsqueeze(matrices[0], 0)
    else:
        shape.append(matrices[0]._array.shape[0])
    if matrices[-1]._array.ndim == 1:
        matrices[-1] = unsqueeze(matrices[-1], -1)
    else:
        shape.append(matrices[-1]._array.shape[1])
    sizes = [matrices[0]._array.shape[0]]
    for i, matrix in enumerate(matrices):
        rows, columns = matrix._array.shape
        if i and rows != sizes[-1]:
            before = matrices[i - 1]._array.shape
            raise RuntimeError(
                f"multi_dot(): tensors {i - 1} and {i} with shapes {list(before)} and "
                f"{list(matrix._array.shape)} cannot be multiplied"
            )
        sizes.append(columns)
    product = _multiply_chain(matrices, _cheapest_split(sizes), 0, count - 1)
    return product if len(shape) == 2 else reshape(product, tuple(shape))


def chain_matmul(*matrices: Tensor, out: Any = None) -> Tensor:
    """``linalg.multi_dot`` under its older name; of one matrix, that matrix.

    Raises:
        RuntimeError: an operand is no matrix.
    """
    for matrix in matrices:
        if matrix._array.ndim != 2:
            raise RuntimeError(f"Tensor dimension is {matrix._array.ndim}, expected 2 instead.")
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices, out=out)


class Identity(Operator, name="CopyBackwards"):
    """The identity in the shape of ``input``, of which it remembers no more than that."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = np.empty_like(input)
        out[...] = np.eye(input.shape[-1], dtype=input.dtype, like=input)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


@accepts_out
def matrix_power(A: Tensor, n: int) -> Tensor:
    """A @ A @ ... (n times), by squaring; a negative ``n`` takes the inverse.

    Shape: (*, m, m) -> (*, m, m).
    """
    if not isinstance(n, int):
        raise TypeError(
            f"linalg_matrix_power(): argument 'n' (position 2) must be int, not {type(n).__name__}"
        )
    check_square(A, "linalg.matrix_power")
    if n == 0:
        return Identity.apply(A)
    if n < 0:
        return matrix_power(inv(A), -n)
    if n == 1:
        return A.clone()
    if n == 3:
        return matmul(matmul(A, A), A)
    square: Any = None
    result: Any = None
    while n:
        square = A if square is None else matmul(square, square)
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else matmul(result, square)
    return result


# --------------------------------------------------------------------------- tensor equations


@accepts_out
def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of the matrix whose rows are the first ``ind`` dimensions of A.

    Raises:
        RuntimeError: ind is not positive, or that matrix is not square.
    """
    shape = A._array.shape
    if ind <= 0:
        raise RuntimeError(f"Expected a strictly positive integer for 'ind', but got {ind}")
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {columns} != {rows}"
        )
    inverse, info = inv_ex(reshape(A, rows, columns))
    raise_if_failed(info, "inv", SINGULAR)
    return reshape(inverse, *shape[ind:], *shape[:ind])


@accepts_out
def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Tensor:
    """The x with tensordot(A, x, x.ndim) = B.

    Args:
        dims: the dimensions of A that belong to x, if those are not its last.

    Raises:
        RuntimeError: those dimensions have not as many elements as B.
    """
    if dims is not None:
        ndim = A._array.ndim
        ends = list(range(ndim - len(dims), ndim))
        A = movedim(A, [wrap_dim(d, ndim) for d in dims], ends)
    shape = A._array.shape
    solution = shape[B._array.ndim :]
    columns, rows = math.prod(solution), math.prod(shape[: B._array.ndim])
    if columns != rows:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            f"prod(self.shape[:other.ndim]), but got {columns} != {rows}"
        )
    return reshape(solve(reshape(A, rows, columns), B.ravel()), *solution)


def linalg_vander(x: Tensor, *, N: int | None = None) -> Tensor:
    """The powers 0 to N - 1 of each element.

    Shape: (*, n) -> (*, n, N); N is n if it is left out.

    Raises:
        RuntimeError: N is less than 2, or x is bool or of half precision.
    """
    if x._array.dtype == bool or dtypes.is_half(x._array.dtype):
        raise RuntimeError(
            "linalg.vander supports floating point, complex, and integer tensors, but got "
            + name_of_dtype(x._array)
        )
    if x._array.ndim == 0:
        x = unsqueeze(x, -1)
    columns = x._array.shape[-1] if N is None else N
    if columns <= 1:
        raise RuntimeError("N must be greater than 1.")
    powers = unsqueeze(x, -1).expand((*x._array.shape, columns - 1)).cumprod(-1)
    ones = wrap(np.ones_like(powers._array, shape=(*x._array.shape, 1)))
    return cat([ones, powers], -1)
