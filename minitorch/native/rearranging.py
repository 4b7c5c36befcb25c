"""The elements in another order, or several times: flips, rolls, repetitions. All are copies.

Mirrors aten/src/ATen/native/TensorTransformations.cpp, and repeat and tile of TensorShape.cpp.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import meta_of
from minitorch.native.reduce_ops_utils import sum_along
from minitorch.native.sizes import as_shape, check_sizes, wrap_dim, wrap_dims

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Flip(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, dims: tuple[int, ...]) -> Any:
        ctx.dims = dims
        return np.flip(input, dims).copy(order="K")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Flip.apply(grad, ctx.dims)


class Roll(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, shifts: tuple[int, ...], dims: tuple[int, ...] | None) -> Any:
        ctx.arguments = tuple([-s for s in shifts]), dims
        out = np.roll(input, shifts if dims else shifts[0], dims)
        return out if out.flags.c_contiguous else out.copy(order="C")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Roll.apply(grad, *ctx.arguments)


class Rot90(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, k: int, dims: tuple[int, int]) -> Any:
        ctx.arguments = k, dims
        return np.rot90(input, k, dims).copy(order="K")

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        k, dims = ctx.arguments
        return Rot90.apply(grad, -k, dims)


class Repeat(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, repeats: tuple[int, ...]) -> Any:
        ctx.input, ctx.repeats = meta_of(input), repeats
        return np.tile(input, repeats)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if 0 in ctx.repeats:
            zeros = np.zeros_like(unwrap(grad), shape=ctx.input[0])
            return wrap(zeros) if isinstance(grad, Variable) else zeros
        shape = (1,) * (len(ctx.repeats) - len(ctx.input[0])) + ctx.input[0]
        interleaved = [n for pair in zip(ctx.repeats, shape, strict=True) for n in pair]
        summed = sum_along(grad.reshape(tuple(interleaved)), tuple(range(0, 2 * len(shape), 2)))
        return summed.reshape(ctx.input[0])


def repeat(input: Tensor, *counts: Any, repeats: Any = None) -> Tensor:
    """Copies of the tensor along each dimension; there may be more of them than it has."""
    numbers = as_shape(counts if repeats is None else (repeats,))
    shape = input._array.shape
    lead = len(numbers) - len(shape)
    if lead < 0:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    check_sizes(tuple([n * s for n, s in zip(numbers, (1,) * lead + shape, strict=True)]))
    return Repeat.apply(input, numbers)


def tile(input: Tensor, *counts: Any, dims: Any = None) -> Tensor:
    """``repeat``, with missing counts taken as 1."""
    numbers = as_shape(counts if dims is None else (dims,))
    return repeat(input, (1,) * (input._array.ndim - len(numbers)) + numbers)


def flip(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """The elements in reverse order along dimensions; a copy."""
    wanted = as_shape(order if dims is None else (dims,))
    axes = wrap_dims(wanted, input._array.ndim)
    return Flip.apply(input, axes if input._array.ndim else ())


def fliplr(input: Tensor) -> Tensor:
    """The second dimension in reverse order."""
    if input._array.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """The first dimension in reverse order."""
    if input._array.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by ``k`` times 90 degrees in the plane of two dimensions, from the first towards the
    second.
    """
    ndim = input._array.ndim
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    first, second = wrap_dim(dims[0], ndim), wrap_dim(dims[1], ndim)
    if first == second:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    return Rot90.apply(input, k, (first, second))


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved along dimensions; those that fall off return at the front. Without
    ``dims``, the tensor is flattened meanwhile.
    """
    steps = (shifts,) if isinstance(shifts, int) else as_shape((shifts,))
    dims = () if dims is None else (dims,) if isinstance(dims, int) else as_shape((dims,))
    if not steps:
        raise RuntimeError("`shifts` required")
    if len(dims) != len(steps) and (dims or len(steps) > 1):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(steps)}, dims:{len(dims)}"
        )
    if dims and not input._array.ndim:
        raise IndexError(f"Dimension specified as {dims[0]} but tensor has no dimensions")
    if not input._array.size:  # torch moves nothing, whatever the dimensions are
        return Roll.apply(input, (0,), None)
    return Roll.apply(input, steps, tuple([wrap_dim(d, input._array.ndim) for d in dims]) or None)
