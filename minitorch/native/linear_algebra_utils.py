"""What the functions of linear algebra check and prepare before they compute.

Mirrors aten/src/ATen/native/LinearAlgebraUtils.h. Formulas are written for stacks of matrices: the
last two dimensions are the matrix, those before are the batch, which broadcasts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import infer_size

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class _LinAlgError(RuntimeError):
    """A matrix has no such decomposition, or no inverse: ``minitorch.linalg.LinAlgError``."""


class Decomposition(Operator):
    """An operation of several results whose backward is told which of them have no gradient: by
    None instead of zeros. A formula may then leave out terms that would divide by zero.
    """

    def _materialize(self, grads: Any, create_graph: bool) -> list[Any]:
        return list(grads)


# --------------------------------------------------------------------------- formulas


def mH(matrix: Any) -> Any:
    """The conjugate transpose, of arrays and tensors alike."""
    transposed = matrix.mT
    return transposed.conj() if unwrap(matrix).dtype.kind == "c" else transposed


def real_if(is_real: bool, grad: Any) -> Any:
    """The gradient of a real operand, out of a complex formula. Mirrors handle_r_to_c."""
    return grad.real if is_real and unwrap(grad).dtype.kind == "c" else grad


def constant(array: Any, like: Any) -> Any:
    """An array as what the formula computes with: a tensor beside tensors."""
    return wrap(array) if isinstance(like, Variable) else array


def eye_like(matrix: Any) -> Any:
    """The identity of as many rows as ``matrix`` has columns; it broadcasts over a batch."""
    array = unwrap(matrix)
    return constant(np.eye(array.shape[-1], dtype=array.dtype, like=array), matrix)


def embed_diagonal(diagonal: Any) -> Any:
    """Square matrices, zero but for their diagonals."""
    return diagonal[..., None] * eye_like(diagonal)


def zeros_of(shape: tuple[int, ...], like: Any) -> Any:
    """Zeros of a shape, in the dtype of ``like``."""
    return constant(np.zeros_like(unwrap(like), shape=shape, order="C"), like)


# --------------------------------------------------------------------------- checks


def name_of_dtype(array: Any) -> str:
    """As torch's errors call it."""
    return dtypes.from_numpy(array.dtype).c10_name


def check_matrix(input: Tensor, function: str, argument: str = "A") -> None:
    """Raises:
    RuntimeError: the input has fewer than two dimensions.
    """
    if input._array.ndim < 2:
        raise RuntimeError(
            f"{function}: The input tensor {argument} must have at least 2 dimensions."
        )


def check_square(input: Tensor, function: str, argument: str = "A") -> None:
    """Raises:
    RuntimeError: the input is no batch of square matrices.
    """
    check_matrix(input, function, argument)
    rows, columns = input._array.shape[-2:]
    if rows != columns:
        lead = f"{function}: " if function else ""
        raise RuntimeError(
            f"{lead}{argument} must be batches of square matrices, but they are "
            f"{rows} by {columns} matrices"
        )


def check_floating(input: Tensor, function: str, low_precision: bool = True) -> None:
    """Raises:
    RuntimeError: the dtype is an integer one, or float16 where that is not allowed.
    """
    array = input._array
    if dtypes.is_integral(array.dtype):
        raise RuntimeError(
            f"{function}: Expected a floating point or complex tensor as input. "
            f"Got {name_of_dtype(array)}"
        )
    if not low_precision and array.itemsize < 4:
        raise RuntimeError(
            f"{function}: Low precision dtypes not supported. Got {name_of_dtype(array)}"
        )


def check_same_dtype(function: str, left: Tensor, right: Tensor, name: str = "A") -> None:
    """Raises:
    RuntimeError: the dtypes differ.
    """
    a, b = left._array, right._array
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{function}: Expected {name} and B to have the same dtype, but found {name} of type "
            f"{name_of_dtype(a)} and B of type {name_of_dtype(b)} instead"
        )


def check_has_kernel(array: Any, kernel: str) -> None:
    """Raises:
    NotImplementedError: LAPACK has no routine for the dtype.
    """
    if array.dtype.char not in "fdFD":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{name_of_dtype(array)}'")


def raise_if_failed(info: Any, function: str, reason: str) -> None:
    """Mirrors _linalg_check_errors.

    Args:
        info: LAPACK's verdict on each matrix: 0 is success.
        reason: what a positive number means, with ``{}`` in its place.

    Raises:
        LinAlgError: one of the matrices failed; the first is named.
    """
    codes = unwrap(info)
    failed = np.flatnonzero(codes)
    if failed.size:
        first = int(failed[0])
        where = f"(Batch element {first}): " if codes.ndim else ""
        raise _LinAlgError(f"{function}: {where}{reason.format(int(codes.ravel()[first]))}")


# --------------------------------------------------------------------------- shapes


def is_vector_rhs(a_shape: tuple[int, ...], b_shape: tuple[int, ...]) -> bool:
    """Whether ``b`` in a @ x = b is a vector, or a batch. Mirrors linalg_solve_is_vector_rhs."""
    return len(b_shape) == 1 or (len(a_shape) - 1 == len(b_shape) and b_shape == a_shape[:-1])


def broadcast_batches(a: Any, b: Any) -> tuple[Any, Any]:
    """Two stacks of matrices with one batch shape.

    Raises:
        RuntimeError: the batches do not broadcast.
    """
    if a.shape[:-2] == b.shape[:-2]:
        return a, b
    batch = infer_size(a.shape[:-2], b.shape[:-2])
    return tuple([np.broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b)])  # type: ignore[return-value]


def check_sizes(a: Tensor, b: Tensor, left: bool, function: str) -> None:
    """Raises:
    RuntimeError: a and b do not fit the equation.
    """
    m, n = a._array.shape[-2:]
    rows, columns = b._array.shape[-2:]
    if (rows if left else columns) != n:
        equation = "AX = B" if left else "XA = B"
        raise RuntimeError(
            f"{function}: Incompatible shapes of A and B for the equation {equation} "
            f"({m}x{n} and {rows}x{columns})"
        )
