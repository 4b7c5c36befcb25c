"""Products of vectors and matrices: dot, mv, mm, bmm, and ``matmul`` and ``linear``, made of them.

Mirrors aten/src/ATen/native/{LinearAlgebra.cpp, Linear.cpp, Blas.cpp}. Every product is one BLAS
call through ``np.matmul``; ``matmul`` chooses among the others by the number of dimensions, as
torch does.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.autograd.node import Node
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable
from minitorch.native.binary_ops import Mul
from minitorch.native.cpu_blas import gemm, gemv, ger
from minitorch.native.expand_utils import infer_size, meta_of, np_asarray, sum_to
from minitorch.native.portable_stub import PortableStub
from minitorch.native.reduce_ops_utils import sum_kernel
from minitorch.native.tensor_iterator import cast_operand, check_tensors
from minitorch.native.variants import in_place, write_out
from minitorch.native.views import (
    T,
    Transpose,
    UnsafeView,
    expand,
    reshape,
    squeeze,
    t,
    unsqueeze,
)

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


SMALL = 10_000
"""Elements of a matrix in whose product other threads would not help."""


def multiply(a: Any, b: Any, kernel: str = "addmm_impl_cpu_") -> Any:
    """a @ b of arrays of one dtype; ``kernel`` is what torch's error calls it."""
    dtype = a.dtype
    if dtype is not b.dtype:
        _check_dtypes(a, b)
    elif dtype.char in "fdFD" and a.size < SMALL > b.size and a.ndim == 2 and type(a) is np.ndarray:
        # The same BLAS call; np.matmul, which can do more, thinks 0.3 us longer about two matrices.
        return a.dot(b)
    if a.itemsize <= 2:
        return _multiply_small(a, b, kernel)
    return gemv(a, b) if a.ndim == 2 and b.ndim == 1 else gemm(a, b)


def _check_dtypes(a: Any, b: Any) -> None:
    if a.dtype != b.dtype:
        raise RuntimeError(
            "expected m1 and m2 to have the same dtype, but got: "
            f"{cpp_name(a.dtype)} != {cpp_name(b.dtype)}"
        )


def _multiply_small(a: Any, b: Any, kernel: str) -> Any:
    if a.dtype == bool and a.shape[-1]:  # a sum of nothing needs no kernel
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")
    if a.dtype.kind in "iu":
        return np.matmul(a, b)
    # NumPy would sum in half precision, element by element.
    return gemm(a.astype(np.float32), b.astype(np.float32)).astype(a.dtype)


_CPP_NAMES = {
    "float32": "float",
    "float64": "double",
    "int64": "long int",
    "int32": "int",
    "float16": "c10::Half",
    "bool": "bool",
    "int8": "signed char",
    "uint8": "unsigned char",
    "int16": "short",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def cpp_name(dtype: Any) -> str:
    """A dtype in the words of C++, as some of torch's errors call it."""
    return _CPP_NAMES.get(dtype.name, dtype.name)


def _product(a: Any, b: Any) -> Any:
    """a @ b of matrices in a backward: arrays go straight to BLAS."""
    return Mm.apply(a, b) if isinstance(a, Variable) else multiply(a, b)


def scaled(grad: Any, factor: Any) -> Any:
    """grad * factor of arrays and tensors; beside a number bfloat16 stays what it is."""
    return grad if factor == 1 else Mul.apply(grad, factor)


def _grad_of_left(grad: Any, right: Any, strides: tuple[int, ...]) -> Any:
    """d(left @ right) -> left, a matrix laid out in memory as ``left`` was, by its strides."""
    if strides[0] < strides[1]:
        return _product(right, grad.T).T
    return _product(grad, right.T)


def _grad_of_right(grad: Any, left: Any, strides: tuple[int, ...]) -> Any:
    """d(left @ right) -> right. A transposed ``right`` (the weight of a Linear) gets a gradient of
    the same layout.
    """
    if strides[0] < strides[1]:
        return _product(grad.T, left).T
    return _product(left.T, grad)


class Mm(Holomorphic):
    saved_factors = (0, 1)

    @staticmethod
    def forward(ctx: Any, input: Any, mat2: Any) -> Any:
        ctx.strides = input.strides, mat2.strides
        return multiply(input, mat2)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, mat2 = ctx.saved_tensors
        to_input, to_mat2 = ctx.next_edges
        return (
            None if to_input is None else _grad_of_left(grad, mat2, ctx.strides[0]),
            None if to_mat2 is None else _grad_of_right(grad, input, ctx.strides[1]),
        )


class Addmm(Holomorphic):
    """beta * input + alpha * (mat1 @ mat2)."""

    saved_factors = (1, 2)

    @staticmethod
    def forward(ctx: Any, input: Any, mat1: Any, mat2: Any, beta: float, alpha: float) -> Any:
        ctx.input, ctx.beta, ctx.alpha = meta_of(input), beta, alpha
        ctx.strides = mat1.strides, mat2.strides
        if mat1.itemsize <= 2:
            return _addmm_small(input, mat1, mat2, beta, alpha)
        if mat1.dtype is not mat2.dtype or input.dtype is not mat2.dtype:
            _check_addmm_dtypes(input, mat1, mat2)
        out = gemm(mat1, mat2)
        if alpha != 1:
            out *= cast_operand(alpha, out.dtype)
        if beta == 0:
            return out
        out += input if beta == 1 else input * cast_operand(beta, out.dtype)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        mat1, mat2 = ctx.saved_tensors
        to_input, to_mat1, to_mat2 = ctx.next_edges[:3]
        product_grad = scaled(grad, ctx.alpha)
        return (
            None if to_input is None else sum_to(scaled(grad, ctx.beta), ctx.input),
            None if to_mat1 is None else _grad_of_left(product_grad, mat2, ctx.strides[0]),
            None if to_mat2 is None else _grad_of_right(product_grad, mat1, ctx.strides[1]),
        )


def _check_addmm_dtypes(input: Any, mat1: Any, mat2: Any) -> None:
    for name, array in (("self", input), ("mat1", mat1)):
        if array.dtype != mat2.dtype:
            kinds = [dtypes.from_numpy(x.dtype).c10_name for x in (array, mat2)]
            raise RuntimeError(
                f"{name} and mat2 must have the same dtype, but got {kinds[0]} and {kinds[1]}"
            )


def _addmm_small(input: Any, mat1: Any, mat2: Any, beta: float, alpha: float) -> Any:
    """``Addmm`` of small numbers: half precision is rounded once."""
    if dtypes.is_floating(mat1.dtype):
        start, left, right = [x.astype(np.float32) for x in (input, mat1, mat2)]
        return Addmm.forward(Addmm(), start, left, right, beta, alpha).astype(input.dtype)
    out = multiply(mat1, mat2) * cast_operand(alpha, mat1.dtype)
    return out + input * cast_operand(beta, mat1.dtype)


@PortableStub
def linear_kernel(mat1: Any, weight: Any, bias: Any) -> Any:
    """mat1 @ weight.T + bias, of arrays of one dtype."""
    return gemm(mat1, weight.T, bias)


class Linear(Holomorphic, name="AddmmBackward0"):
    """mat1 @ weight.T + bias, of matrices. torch records a transposition and ``Addmm``: two nodes,
    which take 4 us more of a training step than this one.
    """

    __slots__ = ()
    saved_factors = (1, 2)

    @staticmethod
    def forward(ctx: Any, bias: Any, mat1: Any, weight: Any) -> Any:
        dtype = weight.dtype
        if bias.dtype != dtype or mat1.dtype != dtype or dtype.itemsize <= 2:
            return Addmm.forward(Addmm(), bias, mat1, weight.T, 1, 1)
        return linear_kernel(mat1, weight, bias)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        mat1, weight = ctx.saved_tensors
        return (
            None if ctx.next_edges[0] is None else _sum_of_rows(grad),
            None if weight is None else _product(grad, weight),
            None if mat1 is None else _product(grad.T, mat1),
        )

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """As in torch, with the transposition of the weight, which is made up here for those who
        look at the graph.
        """
        to_bias, to_mat1, to_weight = super().next_functions
        if to_weight[0] is None:
            return to_bias, to_mat1, to_weight
        return to_bias, to_mat1, (_made_up(T(), self, self.next_edges[2:]), 0)


def _made_up(node: Operator, later: Operator, edges: tuple[Any, ...]) -> Node:
    """A node as torch records it, for those who look at the graph: ``later`` does its work."""
    node._saved = node._sources = ()
    node.next_edges, node.sequence_nr = edges, later.sequence_nr
    return node


FEW_ROWS = 256


def _sum_of_rows(grad: Any) -> Any:
    """The sum over the first dimension. Of few rows it is a product with ones: 0.4 us instead of
    1.3 for 32 rows of 64 numbers.
    """
    if type(grad) is np.ndarray and grad.dtype.char in "fd":
        few = len(grad) <= FEW_ROWS
        return _ones(len(grad), grad.dtype).dot(grad) if few else sum_kernel(grad, (0,), False)
    return sum_to(grad, (grad.shape[1:], grad.dtype))


@functools.lru_cache(maxsize=64)
def _ones(count: int, dtype: Any) -> Any:
    return np.ones(count, dtype)


class Bmm(Holomorphic):
    saved_factors = (0, 1)

    @staticmethod
    def forward(ctx: Any, input: Any, mat2: Any) -> Any:
        return multiply(input, mat2, "bmm")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, mat2 = ctx.saved_tensors
        to_input, to_mat2 = ctx.next_edges
        return (
            None if to_input is None else _batched_product(grad, Transpose.apply(mat2, -1, -2)),
            None if to_mat2 is None else _batched_product(Transpose.apply(input, -1, -2), grad),
        )


def _batched_product(a: Any, b: Any) -> Any:
    """The products of two batches in a backward: arrays go straight to BLAS."""
    return BatchedMatmul.apply(a, b) if isinstance(a, Variable) else multiply(a, b)


class BatchedMatmul(Bmm, name="UnsafeViewBackward0"):
    """The products of two batches of one shape, of any number of dimensions. torch records six
    nodes: expansions and views to a batch of one dimension, ``Bmm``, and a view back. Of 2 x 3 x 3
    numbers that took 28 us, with a backward 81; so it takes 3, and 23.
    """

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        return ((_made_up(Bmm(), self, self.next_edges), 0),)


class Mv(Holomorphic):
    saved_factors = (0, 1)

    @staticmethod
    def forward(ctx: Any, input: Any, vec: Any) -> Any:
        return multiply(input, vec, "addmv_impl_cpu")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, vec = ctx.saved_tensors
        to_input, to_vec = ctx.next_edges
        return (
            None if to_input is None else _outer_product(grad, vec),
            None if to_vec is None else _product_with_vector(T.apply(input), grad),
        )


def _outer_product(column: Any, row: Any) -> Any:
    are_arrays = not isinstance(column, Variable)
    return ger(column, row) if are_arrays else column[:, None] * row


def _product_with_vector(matrix: Any, vector: Any) -> Any:
    return Mv.apply(matrix, vector) if isinstance(vector, Variable) else multiply(matrix, vector)


class Dot(Holomorphic):
    saved_factors = (0, 1)

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        return np_asarray(multiply(input, other, "dot"))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, other = ctx.saved_tensors
        to_input, to_other = ctx.next_edges
        return (
            None if to_input is None else grad * other,
            None if to_other is None else grad * input,
        )


def _shape(tensor: Tensor) -> tuple[int, ...]:
    return tensor._array.shape


def mm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of two matrices.

    Shape: (n, k) @ (k, m) -> (n, m).

    Raises:
        RuntimeError: an operand is no matrix, the inner sizes differ, or the dtypes do.
    """
    a, b = input._array.shape, mat2._array.shape
    if len(a) != 2:
        raise RuntimeError("self must be a matrix")
    if len(b) != 2:
        raise RuntimeError("mat2 must be a matrix")
    if a[1] != b[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a[0]}x{a[1]} and {b[0]}x{b[1]})"
        )
    if out is not None:
        return write_out("mm", Mm.apply(input, mat2), out)
    return Mm.apply(input, mat2)


def addmm(
    input: Tensor,
    mat1: Tensor,
    mat2: Tensor,
    *,
    beta: float = 1,
    alpha: float = 1,
    out: Tensor | None = None,
) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2); ``input`` broadcasts.

    Shape: (n, m), (n, k), (k, m) -> (n, m).
    """
    try:
        (rows, inner), (other_inner, columns) = mat1._array.shape, mat2._array.shape
    except ValueError:
        name, matrix = ("mat2", mat2) if mat1._array.ndim == 2 else ("mat1", mat1)
        raise RuntimeError(f"{name} must be a matrix, got {matrix._array.ndim}-D tensor") from None
    except AttributeError:
        check_tensors("addmm", input=input, mat1=mat1, mat2=mat2)
        raise
    if inner != other_inner:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{inner} and "
            f"{other_inner}x{columns})"
        )
    if input._array.shape not in ((columns,), (rows, columns)):
        input = expand(input, (rows, columns))  # raises if it cannot be
    result = Addmm.apply(input, mat1, mat2, beta, alpha)
    return result if out is None else write_out("addmm", result, out)


addmm_ = in_place(addmm)


def check_batches(batch1: Tensor, batch2: Tensor) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shapes of two batches of matrices.

    Raises:
        RuntimeError: they cannot be multiplied.
    """
    a, b = _shape(batch1), _shape(batch2)
    if len(a) != 3 or len(b) != 3:
        raise RuntimeError(f"batch{1 if len(a) != 3 else 2} must be a 3D tensor")
    if a[0] != b[0] or a[2] != b[1]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{a[0]}, {a[2]}] but "
            f"got: [{b[0]}, {b[1]}]."
        )
    return a, b


def bmm(input: Tensor, mat2: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The products of two batches of matrices.

    Shape: (b, n, k) @ (b, k, m) -> (b, n, m).
    """
    check_batches(input, mat2)
    if out is not None:
        return write_out("bmm", Bmm.apply(input, mat2), out)
    return Bmm.apply(input, mat2)


def mv(input: Tensor, vec: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The product of a matrix and a vector.

    Shape: (n, k) @ (k,) -> (n,).
    """
    a, b = input._array.shape, vec._array.shape
    if len(a) != 2 or len(b) != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got {len(b)}, {len(a)}, {len(b)}")
    if a[1] != b[0]:
        raise RuntimeError(f"size mismatch, got input ({a[0]}), mat ({a[0]}x{a[1]}), vec ({b[0]})")
    if input._array.dtype is not vec._array.dtype and input._array.dtype != vec._array.dtype:
        mat, vector = [dtypes.from_numpy(x._array.dtype).c10_name for x in (input, vec)]
        raise RuntimeError(
            f"addmv input tensors must have the same dtype, but got {vector}, {mat}, and {vector}"
        )
    result = Mv.apply(input, vec)
    return result if out is None else write_out("mv", result, out)


def check_vectors(input: Tensor, other: Tensor) -> None:
    """Raises:
    RuntimeError: the operands are not two vectors of one size and dtype.
    """
    a, b = _shape(input), _shape(other)
    if len(a) != 1 or len(b) != 1:
        raise RuntimeError(f"1D tensors expected, but got {len(a)}D and {len(b)}D tensors")
    if input._array.dtype != other._array.dtype:
        names = [dtypes.from_numpy(x._array.dtype).c10_name for x in (input, other)]
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {names[0]} and {names[1]}"
        )
    if a != b:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{a[0]}] and src [{b[0]}] to have the "
            "same number of elements, but "
            f"got {a[0]} and {b[0]} elements respectively"
        )


def dot(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inner product of two vectors."""
    check_vectors(input, other)
    result = Dot.apply(input, other)
    return result if out is None else write_out("dot", result, out)


def matmul(input: Tensor, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The matrix product, over the last two dimensions; the others are a batch and broadcast.

    A vector counts as one row on the left, as one column on the right, and disappears from the
    result.

    >>> import minitorch
    >>> minitorch.matmul(minitorch.ones(2, 3), minitorch.ones(3))
    tensor([3., 3.])
    """
    if out is not None:
        return write_out("matmul", matmul(input, other), out)
    n, m = input._array.ndim, other._array.ndim
    if n == 2 and m == 2:
        if input._array.shape[1] == other._array.shape[0]:
            return Mm.apply(input, other)  # 0.2 us sooner
        return mm(input, other)
    if n == 0 or m == 0:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {n}D and {m}D"
        )
    if n == 1 and m == 1:
        return dot(input, other)
    if n == 2 and m == 1:
        return mv(input, other)
    if n == 1 and m == 2:
        return squeeze(mm(unsqueeze(input, 0), other), 0)
    if m <= 2:  # one matrix for the whole batch: fold the batch into its rows
        shape = _shape(input)
        rows = reshape(input, -1 if 0 not in shape else math.prod(shape[:-1]), shape[-1])
        product = mm(rows, other) if m == 2 else mv(rows, other)
        return _unsafe_view(product, (*shape[:-1], *_shape(other)[1:]))
    if n == 1:
        return squeeze(matmul(unsqueeze(input, 0), other), -2)
    a, b = _shape(input), _shape(other)
    if a[-1] != b[-2]:
        raise RuntimeError(
            "Expected size for first two dimensions of batch2 tensor to be: "
            f"[{math.prod(b[:-2])}, {a[-1]}] but got: "
            f"[{math.prod(b[:-2])}, {b[-2]}]."
        )
    if a[:-2] == b[:-2]:
        return BatchedMatmul.apply(input, other)
    try:
        batch = np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        infer_size(a[:-2], b[:-2])  # raises in torch's words
        raise
    count = math.prod(batch)
    left = reshape(expand(input, (*batch, *a[-2:])), count, *a[-2:])
    right = reshape(expand(other, (*batch, *b[-2:])), count, *b[-2:])
    return _unsafe_view(bmm(left, right), (*batch, a[-2], b[-1]))


def _unsafe_view(tensor: Tensor, shape: tuple[int, ...]) -> Tensor:
    return UnsafeView.apply(tensor, shape)


def rmatmul(input: Tensor, other: Tensor) -> Tensor:
    """``other @ input``: the reflected operator."""
    return matmul(other, input)


def linear(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, *, out: Tensor | None = None
) -> Tensor:
    """out = input @ weight.T + bias.

    Shape: (*, in_features), (out_features, in_features), (out_features,) -> (*, out_features).

    Raises:
        RuntimeError: in_features differ, or the dtypes do.
    """
    if out is not None:
        return write_out("linear", linear(input, weight, bias), out)
    array, matrix = input._array, weight._array
    if bias is not None and array.ndim == 2 == matrix.ndim:
        rows, columns = matrix.shape
        if array.shape[1] == columns and bias._array.shape == (rows,):
            return Linear.apply(bias, input, weight)
        return addmm(bias, input, t(weight))
    if not array.ndim:
        raise RuntimeError(
            f"both arguments to linear need to be at least 1D, but they are 0D and {matrix.ndim}D"
        )
    if bias is None:
        return matmul(input, t(weight))
    shape = array.shape
    rows = linear(reshape(input, math.prod(shape[:-1]), shape[-1]), weight, bias)
    return rows.view((*shape[:-1], _shape(rows)[1]))
