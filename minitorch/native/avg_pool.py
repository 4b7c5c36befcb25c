"""Average pooling: the mean of every window.

Mirrors aten/src/ATen/native/{AveragePool2d.cpp, AveragePool3d.cpp, Pooling.cpp}.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native import pool
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.pool import IntOrTuple, Ints, Windows
from minitorch.native.sizes import wrap_dim
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d"]


# ------------------------------------------------------------------------------------- kernels


@DispatchStub
@kernel(parallel=True)
def avg_pool_kernel(
    out: Any,
    input: Any,
    row_starts: Any,
    row_ends: Any,
    row_counts: Any,
    column_starts: Any,
    column_ends: Any,
    column_counts: Any,
) -> None:
    """The sum of each window, divided by its row count times its column count.

    Rows are added first, which vectorises: 14 x 14 taps take a quarter of the time that they do one
    by one.
    """
    planes, rows, columns = out.shape
    width = input.shape[2]
    for plane in prange(planes):
        line = np.empty(width)
        for i in range(rows):
            line[:] = 0
            for row in range(row_starts[i], row_ends[i]):
                source = input[plane, row]
                for column in range(width):
                    line[column] += source[column]
            for j in range(columns):
                total = 0.0
                for column in range(column_starts[j], column_ends[j]):
                    total += line[column]
                if row_starts[i] < row_ends[i] and column_starts[j] < column_ends[j]:
                    total /= row_counts[i] * column_counts[j]
                out[plane, i, j] = total


@DispatchStub
@kernel(parallel=True)
def avg_pool_backward_kernel(
    grad_input: Any,
    grad: Any,
    row_starts: Any,
    row_ends: Any,
    row_counts: Any,
    column_starts: Any,
    column_ends: Any,
    column_counts: Any,
) -> None:
    """Spread each gradient evenly over its window; overwrites grad_input."""
    planes, rows, columns = grad.shape
    width = grad_input.shape[2]
    for plane in prange(planes):
        grad_input[plane] = 0
        line = np.empty(width)
        for i in range(rows):
            if row_starts[i] >= row_ends[i]:
                continue
            line[:] = 0
            for j in range(columns):
                if column_starts[j] < column_ends[j]:
                    share = grad[plane, i, j] / (row_counts[i] * column_counts[j])
                    for column in range(column_starts[j], column_ends[j]):
                        line[column] += share
            for row in range(row_starts[i], row_ends[i]):
                target = grad_input[plane, row]
                for column in range(width):
                    target[column] += line[column]


@DispatchStub
@kernel(parallel=True)
def avg_pool_of_squares_kernel(out: Any, input: Any, row_counts: Any, column_counts: Any) -> None:
    """``avg_pool_kernel`` for windows of two by two that tile the plane: the most used."""
    planes, rows, columns = out.shape
    for task in prange(planes * rows):
        plane = task // rows
        i = task % rows
        upper, lower, means = input[plane, 2 * i], input[plane, 2 * i + 1], out[plane, i]
        count = means.dtype.type(row_counts[0] * column_counts[0])
        for j in range(columns):
            total = upper[2 * j] + upper[2 * j + 1] + lower[2 * j] + lower[2 * j + 1]
            means[j] = total / count


@DispatchStub
@kernel(parallel=True)
def avg_pool_of_squares_backward_kernel(
    grad_input: Any, grad: Any, row_counts: Any, column_counts: Any
) -> None:
    """``avg_pool_backward_kernel`` for such windows."""
    planes, rows, columns = grad.shape
    for plane in prange(planes):
        count = grad.dtype.type(row_counts[0] * column_counts[0])
        grad_input[plane, 2 * rows :] = 0  # what the last window does not reach
        for i in range(rows):
            source = grad[plane, i]
            for row in range(2 * i, 2 * i + 2):
                target = grad_input[plane, row]
                for j in range(columns):
                    share = source[j] / count
                    target[2 * j] = share
                    target[2 * j + 1] = share
                target[2 * columns :] = 0


@DispatchStub
@kernel(parallel=True)
def avg_pool3d_kernel(out: Any, input: Any, starts: Any, ends: Any, counts: Any) -> None:
    """``avg_pool_kernel`` in three dimensions: starts, ends, counts are tuples of three arrays."""
    planes, slices, rows, columns = out.shape
    for plane in prange(planes):
        for k in range(slices):
            for i in range(rows):
                for j in range(columns):
                    total = 0.0
                    for layer in range(starts[0][k], ends[0][k]):
                        for row in range(starts[1][i], ends[1][i]):
                            for column in range(starts[2][j], ends[2][j]):
                                total += input[plane, layer, row, column]
                    if (
                        starts[0][k] < ends[0][k]
                        and starts[1][i] < ends[1][i]
                        and starts[2][j] < ends[2][j]
                    ):
                        total /= counts[0][k] * counts[1][i] * counts[2][j]
                    out[plane, k, i, j] = total


@DispatchStub
@kernel(parallel=True)
def avg_pool3d_backward_kernel(
    grad_input: Any, grad: Any, starts: Any, ends: Any, counts: Any
) -> None:
    """``avg_pool_backward_kernel`` in three dimensions; overwrites grad_input."""
    planes, slices, rows, columns = grad.shape
    for plane in prange(planes):
        grad_input[plane] = 0
        for k in range(slices):
            for i in range(rows):
                for j in range(columns):
                    count = counts[0][k] * counts[1][i] * counts[2][j]
                    share = grad[plane, k, i, j] / count  # infinite for a window of no elements
                    for layer in range(starts[0][k], ends[0][k]):
                        for row in range(starts[1][i], ends[1][i]):
                            for column in range(starts[2][j], ends[2][j]):
                                grad_input[plane, layer, row, column] += share


# ----------------------------------------------------------------------------------- operators


class AvgPool2D(Operator):
    """input (*, H, W) -> (*, OH, OW), the mean of each window."""

    @staticmethod
    def forward(ctx: Any, input: Any, rows: Windows, columns: Windows) -> Any:
        ctx.windows = rows, columns
        ctx.size = input.shape[-2:]
        planes = pool.planes(input)
        out = np.empty_like(planes, shape=(len(planes), len(rows.starts), len(columns.starts)))
        if _are_squares(planes, rows, columns):
            avg_pool_of_squares_kernel(out, planes, rows.counts, columns.counts)
        else:
            avg_pool_kernel(out, planes, *rows[:3], *columns[:3])
        return out.reshape(*input.shape[:-2], *out.shape[1:]).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return AvgPool2DBackward.apply(grad, *ctx.windows, ctx.size)


class AvgPool2DBackward(Operator, name="AvgPool2DBackwardBackward0"):
    """grad (*, OH, OW) -> (*, H, W). Linear, as the mean is: each is the other's derivative."""

    @staticmethod
    def forward(ctx: Any, grad: Any, rows: Windows, columns: Windows, size: Ints) -> Any:
        ctx.windows = rows, columns
        planes = pool.planes(grad)
        grad_input = np.empty_like(planes, shape=(len(planes), *size))
        if _are_squares(planes, rows, columns):
            avg_pool_of_squares_backward_kernel(grad_input, planes, rows.counts, columns.counts)
        else:
            avg_pool_backward_kernel(grad_input, planes, *rows[:3], *columns[:3])
        return grad_input.reshape(*grad.shape[:-2], *size).astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return AvgPool2D.apply(grad, *ctx.windows)


def _are_squares(planes: Any, rows: Windows, columns: Windows) -> bool:
    return rows.are_pairs and columns.are_pairs and planes.dtype.kind == "f"


class AvgPool3D(Operator):
    """input (*, D, H, W) -> (*, OD, OH, OW), the mean of each window."""

    @staticmethod
    def forward(ctx: Any, input: Any, windows: tuple[Windows, ...]) -> Any:
        ctx.windows = windows
        ctx.size = input.shape[-3:]
        planes = pool.planes(input, 3)
        starts, ends, counts, *_ = zip(*windows, strict=True)
        out = np.empty_like(planes, shape=(len(planes), *map(len, starts)))
        avg_pool3d_kernel(out, planes, starts, ends, counts)
        return out.reshape(*input.shape[:-3], *out.shape[1:]).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return AvgPool3DBackward.apply(grad, ctx.windows, ctx.size)


class AvgPool3DBackward(Operator, name="AvgPool3DBackwardBackward0"):
    """grad (*, OD, OH, OW) -> (*, D, H, W)."""

    @staticmethod
    def forward(ctx: Any, grad: Any, windows: tuple[Windows, ...], size: Ints) -> Any:
        ctx.windows = windows
        planes = pool.planes(grad, 3)
        grad_input = np.empty_like(planes, shape=(len(planes), *size))
        starts, ends, counts, *_ = zip(*windows, strict=True)
        avg_pool3d_backward_kernel(grad_input, planes, starts, ends, counts)
        return grad_input.reshape(*grad.shape[:-3], *size).astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return AvgPool3D.apply(grad, ctx.windows)


# ----------------------------------------------------------------------------------- functions


def avg_pool1d(
    input: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of every window of a sequence, (N, C, L) or (C, L)."""
    name = "avg_pool1d"
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 "
            f"'self' (while checking arguments for {name})"
        )
    taps = pool.single(kernel_size, name, "kernel_size")
    stride = taps if pool.is_unset(stride) else pool.single(stride, name, "stride")
    out: Tensor = avg_pool2d(
        input.unsqueeze(-2),
        (1, taps),
        (1, stride),
        (0, pool.single(padding, name, "padding")),
        ceil_mode,
        count_include_pad,
    )
    return out.squeeze(-2)


@accepts_out
def avg_pool2d(
    input: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of every window.

    Args:
        count_include_pad: whether the zeros of the padding count as elements.
        divisor_override: divide the sum by this instead.

    Shape: as ``max_pool2d``.

    >>> import minitorch
    >>> avg_pool2d(minitorch.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
    """
    options = *pool.hashable(kernel_size, stride, padding), ceil_mode, count_include_pad
    shape, dtype = input._array.shape, input._array.dtype
    windows = _windows(2, "avg_pool2d", shape, dtype, *options, divisor_override)
    out: Tensor = AvgPool2D.apply(input, *windows)
    return out


@accepts_out
def avg_pool3d(
    input: Tensor,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None = None,
    padding: IntOrTuple = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of every window of a volume, ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    options = *pool.hashable(kernel_size, stride, padding), ceil_mode, count_include_pad
    shape, dtype = input._array.shape, input._array.dtype
    windows = _windows(3, "avg_pool3d_out_frame", shape, dtype, *options, divisor_override)
    out: Tensor = AvgPool3D.apply(input, windows)
    return out


@lru_cache(maxsize=512, typed=True)
def _windows(
    ndim: int,
    kernel_name: str,
    shape: Ints,
    dtype: Any,
    kernel_size: IntOrTuple,
    stride: IntOrTuple | None,
    padding: IntOrTuple,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> tuple[Windows, ...]:
    """The checks that images and volumes share, and the windows."""
    name = f"avg_pool{ndim}d"
    taps = pool.expanded(kernel_size, ndim, name, "kernel_size")
    strides = pool.expanded_stride(stride, taps, name)
    paddings = pool.expanded(padding, ndim, name, "padding")
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if ndim == 2:
        wrap_dim(-3, len(shape))  # the channels: torch looks at their number first
    pool.check_ndim(shape, ndim)
    if dtype != np.int64:
        pool.check_kind(dtype, kernel_name, "f" if ndim == 2 else "fd")
    if ndim == 3:
        _check_covered(shape, taps)
    options = taps, strides, paddings, (1,) * ndim, ceil_mode, count_include_pad, name
    windows = pool.windows_of(shape, *options)
    return pool.divided_by(windows, divisor_override)


def _check_covered(shape: Ints, taps: Ints) -> None:
    """A volume may not be smaller than the window, whatever its padding."""
    size = shape[-3:]
    if 0 not in shape[-4:] and any(n < k for n, k in zip(size, taps, strict=True)):
        image = " ".join([f"{d}: {n}" for d, n in zip("THW", size, strict=True)])
        window = " ".join([f"k{d}: {n}" for d, n in zip("THW", taps, strict=True)])
        raise RuntimeError(f"input image ({image}) smaller than kernel size ({window})")
