"""Masks, and the places of the elements that are not zero.

Mirrors masked_fill, masked_scatter, masked_select and nonzero of
aten/src/ATen/native/TensorAdvancedIndexing.cpp, and TensorAdvancedIndexingUtils.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.conversions import number_as
from minitorch.native.expand_utils import infer_size, meta_of, sum_to
from minitorch.native.tensor_compare import Where
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class MaskedFill(Operator, name="MaskedFillBackward0"):
    """``input`` with one value where ``mask``."""

    @staticmethod
    def forward(ctx: Any, input: Any, mask: Any, value: Any) -> Any:
        ctx.save_for_backward(mask)
        ctx.input, ctx.value = meta_of(input), meta_of(value)
        try:
            kind = input.dtype
            value = value.astype(kind) if hasattr(value, "dtype") else number_as(value, kind)
            return np.where(mask, value, input)
        except ValueError:
            infer_size(mask.shape, input.shape)
            raise

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (mask,) = ctx.saved_tensors
        grad_input = sum_to(Where.apply(mask, 0.0, grad), ctx.input)
        grad_value = None
        if ctx.value is not None:
            grad_value = sum_to(Where.apply(mask, grad, 0.0), ctx.value)
        return grad_input, None, grad_value


class MaskedFillTensor(MaskedFill, name="MaskedFillBackward1"):
    """``MaskedFill`` with a 0-dim tensor."""

    fills = True


class MaskedSelect(Operator):
    """The elements where ``mask`` is true, as a vector."""

    @staticmethod
    def forward(ctx: Any, input: Any, mask: Any) -> Any:
        shape = infer_size(input.shape, mask.shape)
        ctx.shape = shape
        ctx.save_for_backward(mask)
        return np.broadcast_to(input, shape)[np.broadcast_to(mask, shape)]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (mask,) = ctx.saved_tensors
        return MaskedSelectBackward.apply(grad, ctx.shape, mask), None


class MaskedSelectBackward(Operator):
    """Zeros of a shape with the elements of ``input`` where ``mask``, in turn."""

    @staticmethod
    def forward(ctx: Any, input: Any, shape: tuple[int, ...], mask: Any) -> Any:
        ctx.save_for_backward(mask)
        out = np.zeros_like(input, shape=shape)
        mask = np.broadcast_to(mask, shape)
        out[mask] = input.reshape(-1)[: mask.sum().item()]
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (mask,) = ctx.saved_tensors
        return MaskedSelect.apply(grad, mask), None, None


class MaskedScatter(Operator):
    """``input`` with the elements of ``source`` where ``mask``, in turn."""

    @staticmethod
    def forward(ctx: Any, input: Any, mask: Any, source: Any) -> Any:
        ctx.source = meta_of(source)
        ctx.save_for_backward(mask)
        shape = infer_size(mask.shape, input.shape)
        out = np.broadcast_to(input, shape).copy()
        mask = np.broadcast_to(mask, shape)
        out[mask] = source.reshape(-1)[: mask.sum().item()]
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (mask,) = ctx.saved_tensors
        grad_input = Where.apply(mask, 0.0, grad)
        return grad_input, None, MaskedScatterBackward.apply(grad, mask, ctx.source[0])


class MaskedScatterBackward(Operator):
    """The masked elements one after the other, then zeros, in the shape of the source."""

    @staticmethod
    def forward(ctx: Any, input: Any, mask: Any, shape: tuple[int, ...]) -> Any:
        ctx.shape = input.shape
        ctx.save_for_backward(mask)
        picked = input[np.broadcast_to(mask, input.shape)]
        out = np.zeros_like(input, shape=shape, order="C")
        out.reshape(-1)[: picked.size] = picked
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (mask,) = ctx.saved_tensors
        return MaskedSelectBackward.apply(grad, ctx.shape, mask)


# --------------------------------------------------------------------------- public functions


def _fill_operator(input: Tensor, mask: Tensor, value: Any) -> type[Operator]:
    if not isinstance(mask, Variable):
        raise TypeError(
            "masked_fill_(): argument 'mask' (position 1) must be Tensor, not "
            f"{type(mask).__name__}"
        )
    if mask._array.dtype != bool:
        name = dtypes.from_numpy(mask._array.dtype).name
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {name}"
        )
    if not isinstance(value, Variable):
        kind = dtypes.from_numpy(input._array.dtype).category
        if isinstance(value, complex) and kind < dtypes.COMPLEX:
            raise RuntimeError("value cannot be converted to type without overflow")
        return MaskedFill
    if value._array.dtype.kind == "c" and input._array.dtype.kind != "c":
        raise RuntimeError("value cannot be converted to type without overflow")
    if value._array.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
            f"{value._array.ndim} dimension(s)."
        )
    return MaskedFillTensor


@accepts_out
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """``input`` with a number (or 0-dim tensor) where ``mask`` is true."""
    return _fill_operator(input, mask, value).apply(input, mask, value)


def masked_fill_(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """``masked_fill`` in place."""
    return _fill_operator(input, mask, value).apply_(input, mask, value)


@accepts_out
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where ``mask`` is true, as a vector; both broadcast."""
    if mask._array.dtype != bool:
        raise RuntimeError("masked_select: expected BoolTensor for mask")
    return MaskedSelect.apply(input, mask)


def _check_scatter(input: Tensor, mask: Tensor, source: Tensor) -> None:
    arrays = [input._array, mask._array, source._array]
    if arrays[0].dtype != arrays[2].dtype:
        names = [dtypes.from_numpy(a.dtype).c10_name for a in arrays]
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got "
            f"{names[0]} and {names[2]}"
        )
    if arrays[1].dtype != bool:
        raise RuntimeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{dtypes.from_numpy(arrays[1].dtype).c10_name}"
        )
    shape = infer_size(arrays[0].shape, arrays[1].shape)
    if np.broadcast_to(arrays[1], shape).sum().item() > arrays[2].size:
        raise RuntimeError("Number of elements of source < number of ones in mask")


@accepts_out
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """``input`` with the elements of ``source``, one after the other, where ``mask`` is true.

    Raises:
        RuntimeError: ``source`` has too few.
    """
    _check_scatter(input, mask, source)
    return MaskedScatter.apply(input, mask, source)


def masked_scatter_(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """``masked_scatter`` in place."""
    _check_scatter(input, mask, source)
    return MaskedScatter.apply_(input, mask, source)


@accepts_out
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: one row each, or one tensor per dimension.

    Shape: (number of non-zero elements, number of dimensions).
    """
    array = unwrap(input)
    if as_tuple:
        array = array if array.ndim else array.reshape(1)
        return tuple([wrap(index.copy()) for index in np.nonzero(array)])
    return wrap(np.argwhere(array))


@accepts_out
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """The first ``size`` rows of ``nonzero``, filled up with ``fill_value``."""
    if size < 0:
        raise RuntimeError("nonzero_static: 'size' must be an non-negative integer")
    array = unwrap(input)
    found = np.argwhere(array)[:size]
    out = np.full_like(found, fill_value, shape=(size, array.ndim))
    out[: len(found)] = found
    return wrap(out)


@accepts_out
def argwhere(input: Tensor) -> Tensor:
    """``nonzero``."""
    return nonzero(input)
