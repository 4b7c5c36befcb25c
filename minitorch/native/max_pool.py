"""Max pooling: the largest element of every window.

One dimension is lifted to two by a height of one. Two and three dimensions have kernels of their
own: images are pooled in every training step, and a third loop around the others costs them time.

Mirrors aten/src/ATen/native/{DilatedMaxPool2d.cpp, DilatedMaxPool3d.cpp, Pooling.cpp}.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native import pool
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.pool import IntOrTuple, Ints, Windows
from minitorch.native.scatter_gather import Gather

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
]


# ------------------------------------------------------------------------------------- kernels


@DispatchStub
@kernel(parallel=True)
def max_pool_kernel(
    out: Any,
    indices: Any,
    input: Any,
    row_starts: Any,
    row_ends: Any,
    column_starts: Any,
    column_ends: Any,
    row_step: int,
    column_step: int,
    lowest: Any,
) -> None:
    """The largest element of each window, and where it stands in its plane. NaN is the largest.

    Shape: out, indices (planes, OH, OW), input (planes, H, W); starts and ends (OH,) and (OW,).
    """
    planes, rows, columns = out.shape
    height, width = input.shape[1:]
    for plane in prange(planes):
        for i in range(rows):
            for j in range(columns):
                best = lowest
                where = min(row_starts[i], height - 1) * width + min(column_starts[j], width - 1)
                for row in range(row_starts[i], row_ends[i], row_step):
                    for column in range(column_starts[j], column_ends[j], column_step):
                        value = input[plane, row, column]
                        if value > best or value != value:  # nothing but a NaN replaces a NaN
                            best = value
                            where = row * width + column
                out[plane, i, j] = best
                indices[plane, i, j] = where


@DispatchStub
@kernel(parallel=True)
def max_pool_of_squares_kernel(out: Any, indices: Any, input: Any) -> None:
    """``max_pool_kernel`` for windows of two by two that tile the plane: 4 to 12 times as fast,
    because the four taps stand in the open, and the loop over a row vectorises.
    """
    planes, rows, columns = out.shape
    width = input.shape[2]
    for task in prange(planes * rows):
        plane = task // rows
        i = task % rows
        upper, lower = input[plane, 2 * i], input[plane, 2 * i + 1]
        best_of_row, where_of_row = out[plane, i], indices[plane, i]
        first = np.int64(2 * i) * width
        for j in range(columns):
            best = upper[2 * j]
            tap = np.int32(0)
            value = upper[2 * j + 1]
            is_larger = (value > best) | (value != value)
            best, tap = (value, np.int32(1)) if is_larger else (best, tap)
            value = lower[2 * j]
            is_larger = (value > best) | (value != value)
            best, tap = (value, np.int32(width)) if is_larger else (best, tap)
            value = lower[2 * j + 1]
            is_larger = (value > best) | (value != value)
            best, tap = (value, np.int32(width + 1)) if is_larger else (best, tap)
            best_of_row[j] = best
            where_of_row[j] = first + 2 * j + np.int64(tap)


@DispatchStub
@kernel(parallel=True)
def scatter_kernel(grad_input: Any, grad: Any, indices: Any) -> None:
    """grad_input[plane, indices[plane, i]] += grad[plane, i]; overwrites grad_input.

    Shape: grad_input (planes, H * W), grad and indices (planes, OH * OW).
    """
    planes, count = grad.shape
    for plane in prange(planes):
        grad_input[plane] = 0
        for i in range(count):
            grad_input[plane, indices[plane, i]] += grad[plane, i]


@DispatchStub
@kernel(parallel=True)
def max_pool3d_kernel(
    out: Any,
    indices: Any,
    input: Any,
    starts: Any,
    ends: Any,
    steps: Any,
    lowest: Any,
) -> None:
    """``max_pool_kernel`` in three dimensions.

    Shape: out, indices (planes, OD, OH, OW), input (planes, D, H, W); starts, ends: a tuple of
    three arrays, steps: of three numbers.
    """
    planes, slices, rows, columns = out.shape
    depth, height, width = input.shape[1:]
    for plane in prange(planes):
        for k in range(slices):
            for i in range(rows):
                for j in range(columns):
                    best = lowest
                    where = (
                        min(starts[0][k], depth - 1) * height + min(starts[1][i], height - 1)
                    ) * width + min(starts[2][j], width - 1)
                    for layer in range(starts[0][k], ends[0][k], steps[0]):
                        for row in range(starts[1][i], ends[1][i], steps[1]):
                            for column in range(starts[2][j], ends[2][j], steps[2]):
                                value = input[plane, layer, row, column]
                                if value > best or value != value:
                                    best = value
                                    where = (layer * height + row) * width + column
                    out[plane, k, i, j] = best
                    indices[plane, k, i, j] = where


# ----------------------------------------------------------------------------------- operators


class MaxPoolBackward(Operator, name="MaxPool2DWithIndicesBackwardBackward0"):
    """grad (*, *positions) -> (*, *size): each gradient goes where the maximum was."""

    @staticmethod
    def forward(ctx: Any, grad: Any, indices: Any, size: Ints) -> Any:
        ctx.save_for_backward(indices)
        ctx.ndim = len(size)
        planes = pool.planes(grad, ctx.ndim)
        planes = planes.reshape(len(planes), math.prod(planes.shape[1:]))
        grad_input = np.empty_like(planes, shape=(len(planes), math.prod(size)))
        scatter_kernel(grad_input, planes, np.ascontiguousarray(indices).reshape(planes.shape))
        return grad_input.reshape(*grad.shape[: -ctx.ndim], *size).astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return gather_planes(grad, indices, ctx.ndim)


def gather_planes(input: Any, indices: Any, ndim: int) -> Any:
    """The elements of each plane (or volume) that stand at ``indices``, counted through it."""
    lead = tuple(indices.shape[:-ndim])
    flat = input.reshape(*lead, math.prod(input.shape[-ndim:]))
    where = indices.reshape(*lead, math.prod(indices.shape[-ndim:]))
    return Gather.apply(flat, len(lead), where).reshape(indices.shape)


class MaxPool2DWithIndices(Operator):
    """input (*, H, W) -> (*, OH, OW), and the indices of the maxima in their planes."""

    gradient: ClassVar[type[Operator]] = MaxPoolBackward

    @staticmethod
    def forward(ctx: Any, input: Any, rows: Windows, columns: Windows, return_indices: bool) -> Any:
        planes = pool.planes(input)
        shape = (len(planes), len(rows.starts), len(columns.starts))
        out = np.empty_like(planes, shape=shape)
        indices = np.empty_like(planes, shape=shape, dtype=np.int64)
        if rows.are_pairs and columns.are_pairs:
            max_pool_of_squares_kernel(out, indices, planes)
        else:
            max_pool_kernel(
                out,
                indices,
                planes,
                *(rows.starts, rows.ends, columns.starts, columns.ends),
                *(rows.dilation, columns.dilation, _lowest(planes)),
            )
        out = out.reshape(*input.shape[:-2], *shape[1:]).astype(input.dtype, copy=False)
        indices = indices.reshape(out.shape)
        ctx.save_for_backward(indices)
        ctx.size = input.shape[-2:]
        return (out, indices) if return_indices else out

    @staticmethod
    def backward(ctx: Any, grad: Any, grad_indices: Any = None) -> Any:
        (indices,) = ctx.saved_tensors
        return ctx.gradient.apply(grad, indices, ctx.size)


class MaxPool3DBackward(MaxPoolBackward, name="MaxPool3DWithIndicesBackwardBackward0"):
    pass


class MaxPool3DWithIndices(Operator):
    """input (*, D, H, W) -> (*, OD, OH, OW), and the indices of the maxima in their volumes."""

    gradient: ClassVar[type[Operator]] = MaxPool3DBackward

    @staticmethod
    def forward(ctx: Any, input: Any, windows: tuple[Windows, ...], return_indices: bool) -> Any:
        planes = pool.planes(input, 3)
        starts, ends, _, steps, _ = zip(*windows, strict=True)
        shape = (len(planes), *map(len, starts))
        out = np.empty_like(planes, shape=shape)
        indices = np.empty_like(planes, shape=shape, dtype=np.int64)
        max_pool3d_kernel(out, indices, planes, starts, ends, steps, _lowest(planes))
        out = out.reshape(*input.shape[:-3], *shape[1:]).astype(input.dtype, copy=False)
        indices = indices.reshape(out.shape)
        ctx.save_for_backward(indices)
        ctx.size = input.shape[-3:]
        return (out, indices) if return_indices else out

    backward = staticmethod(MaxPool2DWithIndices.backward)


def _lowest(planes: Any) -> Any:
    is_float = planes.dtype.kind == "f"
    return planes.dtype.type(-np.inf if is_float else np.iinfo(planes.dtype).min)


# ----------------------------------------------------------------------------------- functions


def max_pool1d(
    input: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    dilation: IntOrTuple = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of every window of a sequence.

    Shape: input ``(N, C, L)`` or ``(C, L)``.
    """
    name = "max_pool1d"
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise RuntimeError(
            f"{name}: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(input.shape)}"
        )
    pool.check_dtype(input, "max_pool1d_impl", "f")
    taps = pool.single(kernel_size, name, "kernel_size")
    stride = taps if pool.is_unset(stride) else pool.single(stride, name, "stride")
    padding = pool.single(padding, name, "padding")
    dilation = pool.single(dilation, name, "dilation")
    for what, value in (("kernel_size", taps), ("stride", stride), ("dilation", dilation)):
        if value <= 0:
            raise RuntimeError(f"{name}() {what} must be greater than zero, but got {value}")
    if padding < 0:
        raise RuntimeError(f"{name}() padding must be non-negative, but got {padding}")
    if padding > taps // 2:
        raise RuntimeError(
            f"{name}() padding should be at most half of kernel size, but got padding={padding} "
            f"and kernel_size={taps}"
        )
    size = input.shape[-1]
    count = pool.output_size(size, taps, stride, padding, dilation, ceil_mode)
    if count <= 0:
        raise RuntimeError(f"{name}() Invalid computed output size: {count}")
    rows = pool.sliding_windows(1, 1, 1, 1, 0)
    columns = pool.sliding_windows(size, count, taps, stride, padding, dilation)
    image = input.unsqueeze(-2)
    return pool.squeezed(MaxPool2DWithIndices.apply(image, rows, columns, return_indices))


def max_pool2d(
    input: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    dilation: IntOrTuple = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of every window; the padding counts as -inf.

    Args:
        stride: the distance between windows; None is the kernel's size.
        ceil_mode: also use the window that sticks out at the end.
        return_indices: return the pair of the maxima and their indices in the flattened plane.

    Shape:
        input ``(N, C, H, W)`` or ``(C, H, W)``; output ``(N, C, OH, OW)`` with
        ``OH = (H + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1``.

    >>> import minitorch
    >>> max_pool2d(minitorch.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    options = pool.hashable(kernel_size, stride, padding, dilation)
    windows = _windows(2, input._array.shape, input._array.dtype, *options, ceil_mode)
    return MaxPool2DWithIndices.apply(input, *windows, return_indices)


def max_pool3d(
    input: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    dilation: IntOrTuple = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of every window of a volume, ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    options = pool.hashable(kernel_size, stride, padding, dilation)
    windows = _windows(3, input._array.shape, input._array.dtype, *options, ceil_mode)
    return MaxPool3DWithIndices.apply(input, windows, return_indices)


@lru_cache(maxsize=512, typed=True)
def _windows(
    ndim: int,
    shape: Ints,
    dtype: Any,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None,
    padding: IntOrTuple,
    dilation: IntOrTuple,
    ceil_mode: bool,
) -> tuple[Windows, ...]:
    """The checks that images and volumes share, and the windows."""
    name = f"max_pool{ndim}d"
    taps = pool.expanded(kernel_size, ndim, name, "kernel_size")
    strides = pool.expanded_stride(stride, taps, name)
    paddings = pool.expanded(padding, ndim, name, "padding")
    dilations = pool.expanded(dilation, ndim, name, "dilation")
    pool.check_ndim(shape, ndim)
    pool.check_kind(dtype, name, "iuf")
    function = f"{name}_with_indices_out_cpu_template"
    return pool.windows_of(shape, taps, strides, paddings, dilations, ceil_mode, function=function)


def max_pool1d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """``max_pool1d`` with ``return_indices=True``."""
    return max_pool1d(*args, **{**kwargs, "return_indices": True})


def max_pool2d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """``max_pool2d`` with ``return_indices=True``."""
    return max_pool2d(*args, **{**kwargs, "return_indices": True})


def max_pool3d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """``max_pool3d`` with ``return_indices=True``."""
    return max_pool3d(*args, **{**kwargs, "return_indices": True})
