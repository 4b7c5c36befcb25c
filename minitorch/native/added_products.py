"""Products that are added to something: beta * input + alpha * (a @ b).

Mirrors aten/src/ATen/native/{Blas.cpp, LinearAlgebra.cpp}: addmv, addr, addbmm, baddbmm. ``addmm``
stands in linear_algebra.py, beside ``linear``, which needs it most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.native.linear_algebra import Bmm, check_batches, multiply, scaled
from minitorch.native.linear_algebra_utils import name_of_dtype
from minitorch.native.tensor_iterator import cast_operand
from minitorch.native.variants import accepts_out, in_place
from minitorch.native.views import Transpose, expand

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _sum(input: Any, product: Any, beta: Any, alpha: Any) -> Any:
    """beta * input + alpha * product; with beta = 0 not even a NaN of ``input`` counts."""
    if alpha != 1:
        product = product * cast_operand(alpha, product.dtype)
    if beta == 0:
        return product
    return product + (input if beta == 1 else input * cast_operand(beta, product.dtype))


def _wide(*arrays: Any) -> list[Any]:
    """Half precision in single: the sum of two products is rounded once."""
    return [x.astype(np.float32) if _is_half(x) else x for x in arrays]


def _is_half(array: Any) -> bool:
    return dtypes.is_half(array.dtype)


class Addmv(Holomorphic):
    """beta * input + alpha * (mat @ vec)."""

    @staticmethod
    def forward(ctx: Any, input: Any, mat: Any, vec: Any, beta: float, alpha: float) -> Any:
        ctx.factors = beta, alpha
        ctx.save_for_backward(mat, vec)
        start, left, right = _wide(input, mat, vec)
        out = _sum(start, multiply(left, right, "addmv_impl_cpu"), beta, alpha)
        return out.astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        mat, vec = ctx.saved_tensors
        beta, alpha = ctx.factors
        of_product = scaled(grad, alpha)
        return (
            scaled(grad, beta),
            of_product[:, None] * vec,
            mat.mT @ of_product,
        )


class Addr(Holomorphic):
    """beta * input + alpha * (the products of all elements of two vectors)."""

    @staticmethod
    def forward(ctx: Any, input: Any, vec1: Any, vec2: Any, beta: float, alpha: float) -> Any:
        ctx.factors = beta, alpha
        ctx.save_for_backward(vec1, vec2)
        if input.dtype == bool:
            product = (vec1 & bool(alpha))[:, None] & vec2
            return product | input if beta else product
        first = vec1 if alpha == 1 else vec1 * cast_operand(alpha, vec1.dtype)
        return _sum(input, first[:, None] * vec2, beta, 1)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        vec1, vec2 = ctx.saved_tensors
        beta, alpha = ctx.factors
        of_product = scaled(grad, alpha)
        return (
            scaled(grad, beta),
            of_product @ vec2,
            of_product.mT @ vec1,
        )


class Baddbmm(Holomorphic):
    """beta * input + alpha * (batch1 @ batch2), batch by batch."""

    @staticmethod
    def forward(ctx: Any, input: Any, batch1: Any, batch2: Any, beta: float, alpha: float) -> Any:
        ctx.factors = beta, alpha
        ctx.save_for_backward(batch1, batch2)
        start, left, right = _wide(input, batch1, batch2)
        out = _sum(start, multiply(left, right, "baddbmm"), beta, alpha)
        return out.astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        batch1, batch2 = ctx.saved_tensors
        beta, alpha = ctx.factors
        of_product = scaled(grad, alpha)
        return (
            scaled(grad, beta),
            Bmm.apply(of_product, Transpose.apply(batch2, 1, 2)),
            Bmm.apply(Transpose.apply(batch1, 1, 2), of_product),
        )


class Addbmm(Holomorphic):
    """beta * input + alpha * (the sum of batch1 @ batch2 over the batch)."""

    @staticmethod
    def forward(ctx: Any, input: Any, batch1: Any, batch2: Any, beta: float, alpha: float) -> Any:
        ctx.factors = beta, alpha
        ctx.save_for_backward(batch1, batch2)
        count, rows, inner = batch1.shape
        if _is_half(input):  # torch rounds after each product
            out = input
            for a, b in zip(batch1, batch2, strict=True):
                start, left, right = _wide(out, a, b)
                out = _sum(start, multiply(left, right), beta, alpha).astype(input.dtype)
                beta = 1
            return out
        wide = batch1.transpose(1, 0, 2).reshape(rows, count * inner)
        tall = batch2.reshape(count * inner, batch2.shape[2])
        return _sum(input, multiply(wide, tall), beta, alpha)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        batch1, batch2 = ctx.saved_tensors
        beta, alpha = ctx.factors
        of_product = scaled(grad, alpha)
        return (
            scaled(grad, beta),
            of_product @ Transpose.apply(batch2, 1, 2),
            Transpose.apply(batch1, 1, 2) @ of_product,
        )


# --------------------------------------------------------------------------- public functions


def _check_factors(dtype: Any, beta: Any, alpha: Any) -> None:
    for name, factor in (("beta", beta), ("alpha", alpha)):
        if dtypes.is_integral(dtype) and isinstance(factor, float):
            raise RuntimeError(
                f"For integral input tensors, argument {name} must not be a floating point number."
            )
        if dtype.kind != "b" and isinstance(factor, bool):
            raise RuntimeError(f"Boolean {name} only supported for Boolean results.")


def _expanded(input: Tensor, shape: tuple[int, ...]) -> Tensor:
    return input if input._array.shape == shape else expand(input, shape)


def _check_same(function: str, *tensors: Tensor) -> None:
    kinds = [t._array.dtype for t in tensors]
    if any([kind != kinds[0] for kind in kinds]):
        names = [name_of_dtype(t._array) for t in tensors]
        raise RuntimeError(
            f"{function} input tensors must have the same dtype, but got {', '.join(names[:-1])}, "
            f"and {names[-1]}"
        )


@accepts_out
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * (mat @ vec).

    Shape: (n,), (n, k), (k,) -> (n,); ``input`` broadcasts.
    """
    a, b = mat._array.shape, vec._array.shape
    if len(a) != 2 or len(b) != 1 or input._array.ndim > 1:
        raise RuntimeError(
            f"vector + matrix @ vector expected, got {input._array.ndim}, {len(a)}, {len(b)}"
        )
    if a[1] != b[0] or input._array.shape not in ((a[0],), (1,), ()):
        size = input._array.shape[0] if input._array.ndim else 1
        raise RuntimeError(f"size mismatch, got input ({size}), mat ({a[0]}x{a[1]}), vec ({b[0]})")
    _check_same("addmv", input, mat, vec)
    return Addmv.apply(_expanded(input, (a[0],)), mat, vec, beta, alpha)


@accepts_out
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2).

    Shape: (n, m), (n,), (m,) -> (n, m); ``input`` broadcasts.
    """
    for name, vector in (("vec1", vec1), ("vec2", vec2)):
        if vector._array.ndim != 1:
            raise RuntimeError(
                f"addr: Expected 1-D argument {name}, but got {vector._array.ndim}-D"
            )
    dtype = dtypes.result_dtype(input._array, vec1._array, vec2._array)
    _check_factors(dtype, beta, alpha)
    kind = dtypes.from_numpy(dtype)
    operands = [t if t._array.dtype == dtype else t.to(kind) for t in (input, vec1, vec2)]
    shape = (vec1._array.shape[0], vec2._array.shape[0])
    return Addr.apply(_expanded(operands[0], shape), *operands[1:], beta, alpha)


@accepts_out
def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (batch1 @ batch2), for batches of matrices.

    Shape: (b, n, m), (b, n, k), (b, k, m) -> (b, n, m); ``input`` broadcasts.
    """
    a, b = check_batches(batch1, batch2)
    _check_input_dtype("baddbmm", input, batch1)
    shape = (a[0], a[1], b[2])
    return Baddbmm.apply(_expanded(input, shape), batch1, batch2, beta, alpha)


@accepts_out
def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (the sum of the products of two batches of matrices).

    Shape: (n, m), (b, n, k), (b, k, m) -> (n, m); ``input`` broadcasts.
    """
    a, b = check_batches(batch1, batch2)
    _check_input_dtype("addbmm", input, batch1)
    return Addbmm.apply(_expanded(input, (a[1], b[2])), batch1, batch2, beta, alpha)


def _check_input_dtype(function: str, input: Tensor, batch: Tensor) -> None:
    if input._array.dtype != batch._array.dtype:
        raise RuntimeError(
            f"Input dtypes must be the same, got: input {input._array.dtype.name}, batch1: "
            f"{batch._array.dtype.name}, batch2: {batch._array.dtype.name}"
        )


addmv_ = in_place(addmv)
addr_ = in_place(addr)
baddbmm_ = in_place(baddbmm)
addbmm_ = in_place(addbmm)
