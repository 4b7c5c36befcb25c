"""The partial inverse of max pooling: the maxima go back to their places, zeros fill the rest.

Mirrors aten/src/ATen/native/MaxUnpooling.cpp and torch/nn/functional.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.native.max_pool import gather_planes
from minitorch.native.pool import IntOrTuple, Ints, check_dtype

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]


class MaxUnpool2D(Operator):
    """input (*, *positions), indices of the same shape -> (*, *size)."""

    @staticmethod
    def forward(ctx: Any, input: Any, indices: Any, size: Ints) -> Any:
        ctx.save_for_backward(indices)
        ctx.size = size
        lead = input.shape[: -len(size)]
        count, places = math.prod(lead), math.prod(size)
        flat = indices.reshape(count, math.prod(input.shape[-len(size) :]))
        wrong = flat[(flat < 0) | (flat >= places)]
        if wrong.size:
            raise RuntimeError(
                f"Found an invalid max index: {int(wrong.reshape(-1)[0])} (output volumes are of "
                f"size {'x'.join(map(str, size))})"
            )
        out = np.zeros_like(input, shape=(count, places), order="C")
        np.put_along_axis(out, flat, input.reshape(flat.shape), 1)
        return out.reshape(*lead, *size)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return gather_planes(grad, indices, len(ctx.size)), None


class MaxUnpool3D(MaxUnpool2D):
    pass


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """out[indices[i]] = input[i], zeros elsewhere.

    Args:
        indices: what ``max_pool1d`` returned beside the maxima.
        output_size: which of the sizes that lead to this input the output has; the smallest one
            unless given.

    Shape: input ``(N, C, L)`` or ``(C, L)``.
    """
    size = _output_size(input, kernel_size, stride, padding, output_size, 1)
    image = _unpool(input.unsqueeze(-1), indices.unsqueeze(-1), (*size, 1))
    return image.squeeze(-1)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """``max_unpool1d`` of images, (N, C, H, W) or (C, H, W)."""
    return _unpool(
        input, indices, _output_size(input, kernel_size, stride, padding, output_size, 2)
    )


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """``max_unpool1d`` of volumes, (N, C, D, H, W) or (C, D, H, W)."""
    size = _output_size(input, kernel_size, stride, padding, output_size, 3)
    strides = _expanded(kernel_size if stride is None else stride, 3)
    if min(strides) <= 0:
        raise RuntimeError(f"strides should be greater than zero, but got stride: {list(strides)}")
    return _unpool(input, indices, size)


def _unpool(input: Tensor, indices: Tensor, size: Ints) -> Tensor:
    ndim, name = len(size), f"max_unpooling{len(size)}d"
    if indices.dtype != dtypes.int64:
        got = f" but got: {indices.dtype.c10_name}" if ndim == 2 else ""
        raise RuntimeError(f"elements in indices should be type int64{got}")
    if input.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Input to {name} should be a {ndim + 1}d or {ndim + 2}d Tensor, but got a tensor with "
            f"{input.ndim} dimensions."
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            "Expected shape of indices to be same as that of the input tensor "
            f"({list(input.shape)}) but got indices tensor with shape: {list(indices.shape)}"
        )
    for dim in range(1, input.ndim):
        if input.shape[dim] == 0:
            raise RuntimeError(
                f"{name}_forward_out_cpu(): Expected input to have non-zero size for non-batch "
                f"dimensions, but got {list(input.shape)} with dimension {dim} being empty."
            )
    check_dtype(input, f"max_unpool{ndim}d", "f")
    operator = MaxUnpool2D if ndim == 2 else MaxUnpool3D
    out: Tensor = operator.apply(input, indices, size)
    return out


def _expanded(value: IntOrTuple, ndim: int) -> Ints:
    return (value,) * ndim if isinstance(value, int) else tuple(value)


def _output_size(
    input: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None,
    padding: IntOrTuple,
    output_size: Sequence[int] | None,
    ndim: int,
) -> Ints:
    """The size to give the output. Mirrors _unpool_output_size."""
    taps, paddings = _expanded(kernel_size, ndim), _expanded(padding, ndim)
    strides = taps if stride is None else _expanded(stride, ndim)
    default = [
        (input.shape[d - ndim] - 1) * strides[d] + taps[d] - 2 * paddings[d] for d in range(ndim)
    ]
    if output_size is None:
        size = tuple(default)
    else:
        size = tuple(output_size)
        size = size[2:] if len(size) == ndim + 2 else size
        if len(size) != ndim:
            raise ValueError(
                f"output_size should be a sequence containing {ndim} or {ndim + 2} elements, but "
                f"it has a length of '{len(size)}'"
            )
        for d in range(ndim):
            low, high = default[d] - strides[d], default[d] + strides[d]
            if not low < size[d] < high:
                raise ValueError(
                    f'invalid output_size "{output_size}" (dim {d} must be between {low} and '
                    f"{high})"
                )
    for d in range(ndim):
        if size[d] < 0:
            raise ValueError(
                "max_unpooling: output_size must contain non-negative spatial dimensions, but got "
                f"output_size[{d}]={size[d]}"
            )
    return size
