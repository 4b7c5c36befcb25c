"""Pooling: the largest element, or the mean, of every window of an image.

Fixed and adaptive windows differ only in where they begin and end. A ``Windows`` says that for one
dimension; one kernel for the maximum and one for the mean serve all the functions. One dimension is
lifted to two by a height of one.

Mirrors aten/src/ATen/native/{Pool.h, DilatedMaxPool2d.cpp, AveragePool2d.cpp, AdaptivePooling.h,
AdaptiveAveragePooling.cpp, AdaptiveMaxPooling2d.cpp, Pooling.cpp}. Left out: three dimensions,
unpooling, fractional and power-average pooling.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.indexing import Gather

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "avg_pool1d",
    "avg_pool2d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
]

IntOrTuple = int | Sequence[int]


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
    """The sum of each window, divided by its row count times its column count."""
    planes, rows, columns = out.shape
    for plane in prange(planes):
        for i in range(rows):
            for j in range(columns):
                total = 0.0
                for row in range(row_starts[i], row_ends[i]):
                    for column in range(column_starts[j], column_ends[j]):
                        total += input[plane, row, column]
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
    for plane in prange(planes):
        grad_input[plane] = 0
        for i in range(rows):
            for j in range(columns):
                if row_starts[i] < row_ends[i] and column_starts[j] < column_ends[j]:
                    share = grad[plane, i, j] / (row_counts[i] * column_counts[j])
                    for row in range(row_starts[i], row_ends[i]):
                        for column in range(column_starts[j], column_ends[j]):
                            grad_input[plane, row, column] += share


# ------------------------------------------------------------------------------------- windows


class Windows(NamedTuple):
    """Where the windows along one dimension begin and end, without the padding.

    The mean divides by the product of the two dimensions' counts.
    """

    starts: Any
    ends: Any
    counts: Any
    dilation: int


@lru_cache(maxsize=512)
def sliding_windows(
    size: int,
    count: int,
    taps: int,
    stride: int,
    padding: int,
    dilation: int = 1,
    count_include_pad: bool = True,
) -> Windows:
    """``count`` windows of ``taps`` elements each, ``stride`` apart."""
    first = np.arange(count) * stride - padding
    # A window that starts in the padding enters the image at its first tap that lies inside.
    starts = np.where(first < 0, first % dilation if dilation > 1 else 0, first)
    ends = np.minimum(first + (taps - 1) * dilation + 1, size)
    with_padding = np.minimum(first + taps, size + padding) - first
    counts = with_padding if count_include_pad else np.maximum(ends - starts, 0)
    return Windows(starts, ends, counts, dilation)


@lru_cache(maxsize=512)
def adaptive_windows(size: int, count: int) -> Windows:
    """``count`` windows that cover ``size`` elements as evenly as whole numbers allow.

    >>> windows = adaptive_windows(5, 3)
    >>> windows.starts, windows.ends
    (array([0, 1, 3]), array([2, 4, 5]))
    """
    i = np.arange(count)
    starts = i * size // max(count, 1)
    ends = -(-(i + 1) * size // max(count, 1))
    return Windows(starts, ends, ends - starts, 1)


def output_size(
    size: int, taps: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> int:
    """How many windows there are. With ceil_mode also one that sticks out at the end, provided
    that it starts inside the image or the padding before it."""
    rest = stride - 1 if ceil_mode else 0
    count = (size + 2 * padding - dilation * (taps - 1) - 1 + rest) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


# ----------------------------------------------------------------------------------- operators


def _planes(array: Any) -> Any:
    """(N, C, H, W) or (C, H, W) as a contiguous (planes, H, W); float16 as float32."""
    array = np.ascontiguousarray(array, np.float32 if array.dtype == np.float16 else None)
    return array.reshape(math.prod(array.shape[:-2]), *array.shape[-2:])


class MaxPool2DWithIndices(Operator):
    """input (*, H, W) -> (*, OH, OW), and the indices of the maxima in their planes."""

    @staticmethod
    def forward(ctx: Any, input: Any, rows: Windows, columns: Windows, return_indices: bool) -> Any:
        planes = _planes(input)
        shape = (len(planes), len(rows.starts), len(columns.starts))
        out = np.empty_like(planes, shape=shape)
        indices = np.empty_like(planes, shape=shape, dtype=np.int64)
        is_float = input.dtype.kind == "f"
        lowest = planes.dtype.type(-np.inf if is_float else np.iinfo(input.dtype).min)
        max_pool_kernel(
            out,
            indices,
            planes,
            *(rows.starts, rows.ends, columns.starts, columns.ends),
            *(rows.dilation, columns.dilation, lowest),
        )
        out = out.reshape(*input.shape[:-2], *shape[1:]).astype(input.dtype, copy=False)
        indices = indices.reshape(out.shape)
        ctx.save_for_backward(indices)
        ctx.size = input.shape[-2:]
        return (out, indices) if return_indices else out

    @staticmethod
    def backward(ctx: Any, grad: Any, grad_indices: Any = None) -> Any:
        (indices,) = ctx.saved_tensors
        return MaxPool2DBackward.apply(grad, indices, ctx.size)


class AdaptiveMaxPool2D(MaxPool2DWithIndices):
    pass


class MaxPool2DBackward(Operator, name="MaxPool2DWithIndicesBackwardBackward0"):
    """grad (*, OH, OW) -> (*, H, W): each gradient goes where the maximum was."""

    @staticmethod
    def forward(ctx: Any, grad: Any, indices: Any, size: tuple[int, int]) -> Any:
        ctx.save_for_backward(indices)
        planes = _planes(grad)
        planes = planes.reshape(len(planes), math.prod(planes.shape[1:]))
        grad_input = np.empty_like(planes, shape=(len(planes), math.prod(size)))
        scatter_kernel(grad_input, planes, indices.reshape(planes.shape))
        return grad_input.reshape(*grad.shape[:-2], *size).astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (indices,) = ctx.saved_tensors
        lead = tuple(grad.shape[:-2])
        flat = grad.reshape(*lead, grad.shape[-2] * grad.shape[-1])
        where = indices.reshape(*lead, indices.shape[-2] * indices.shape[-1])
        return Gather.apply(flat, -1, where).reshape(indices.shape)


class AvgPool2D(Operator):
    """input (*, H, W) -> (*, OH, OW), the mean of each window."""

    @staticmethod
    def forward(ctx: Any, input: Any, rows: Windows, columns: Windows) -> Any:
        ctx.windows = rows, columns
        ctx.size = input.shape[-2:]
        planes = _planes(input)
        out = np.empty_like(planes, shape=(len(planes), len(rows.starts), len(columns.starts)))
        avg_pool_kernel(out, planes, *rows[:3], *columns[:3])
        return out.reshape(*input.shape[:-2], *out.shape[1:]).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return AvgPool2DBackward.apply(grad, *ctx.windows, ctx.size)


class AdaptiveAvgPool2D(AvgPool2D):
    pass


class AvgPool2DBackward(Operator, name="AvgPool2DBackwardBackward0"):
    """grad (*, OH, OW) -> (*, H, W). Linear, as the mean is: each is the other's derivative."""

    @staticmethod
    def forward(ctx: Any, grad: Any, rows: Windows, columns: Windows, size: tuple[int, int]) -> Any:
        ctx.windows = rows, columns
        planes = _planes(grad)
        grad_input = np.empty_like(planes, shape=(len(planes), *size))
        avg_pool_backward_kernel(grad_input, planes, *rows[:3], *columns[:3])
        return grad_input.reshape(*grad.shape[:-2], *size).astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return AvgPool2D.apply(grad, *ctx.windows)


# ---------------------------------------------------------------------------------- max pooling


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
    name = "max_pool2d"
    taps = _pair(kernel_size, name, "kernel_size")
    strides = _strides(stride, taps, name)
    paddings = _pair(padding, name, "padding")
    dilations = _pair(dilation, name, "dilation")
    if input.ndim not in (3, 4):
        raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
    _check_dtype(input, name, "iuf")
    rows, columns = _windows_2d(input, taps, strides, paddings, dilations, ceil_mode)
    return MaxPool2DWithIndices.apply(input, rows, columns, return_indices)


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
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"{name}: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size for "
            f"input, but got:{list(input.shape)}"
        )
    _check_dtype(input, "max_pool1d_impl", "f")
    taps = _single(kernel_size, name, "kernel_size")
    stride = taps if _is_unset(stride) else _single(stride, name, "stride")
    padding = _single(padding, name, "padding")
    dilation = _single(dilation, name, "dilation")
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
    count = output_size(input.shape[-1], taps, stride, padding, dilation, ceil_mode)
    if count <= 0:
        raise RuntimeError(f"{name}() Invalid computed output size: {count}")
    rows = sliding_windows(1, 1, 1, 1, 0)
    columns = sliding_windows(input.shape[-1], count, taps, stride, padding, dilation)
    return _squeezed(MaxPool2DWithIndices.apply(input.unsqueeze(-2), rows, columns, return_indices))


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of a grid of ``output_size`` windows; None keeps the input's size.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, *output_size)``.
    """
    name = "adaptive_max_pool2d"
    if input.ndim not in (3, 4):
        raise RuntimeError(f"{name}(): Expected 3D or 4D tensor, but got: {list(input.shape)}")
    size = _adaptive_size(input, output_size, name)
    _check_not_empty(input, name)
    _check_dtype(input, name, "f")
    rows, columns = map(adaptive_windows, input.shape[-2:], size)
    return AdaptiveMaxPool2D.apply(input, rows, columns, return_indices)


def adaptive_max_pool1d(
    input: Tensor, output_size: IntOrTuple, return_indices: bool = False
) -> Any:
    """The largest elements of ``output_size`` windows of a sequence, (N, C, L) or (C, L)."""
    name = "adaptive_max_pool1d"
    if input.ndim not in (2, 3):
        raise RuntimeError(f"{name}(): Expected 2D or 3D tensor, but got: {list(input.shape)}")
    _check_not_empty(input, name)
    _check_dtype(input, name, "f")
    columns = adaptive_windows(input.shape[-1], _single(output_size, name, "output_size"))
    rows = adaptive_windows(1, 1)
    return _squeezed(AdaptiveMaxPool2D.apply(input.unsqueeze(-2), rows, columns, return_indices))


def max_pool1d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """``max_pool1d`` with ``return_indices=True``."""
    return max_pool1d(*args, **{**kwargs, "return_indices": True})


def max_pool2d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """``max_pool2d`` with ``return_indices=True``."""
    return max_pool2d(*args, **{**kwargs, "return_indices": True})


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Any) -> Any:
    """``adaptive_max_pool1d`` with ``return_indices=True``."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Any) -> Any:
    """``adaptive_max_pool2d`` with ``return_indices=True``."""
    return adaptive_max_pool2d(input, output_size, True)


# ------------------------------------------------------------------------------ average pooling


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
    name = "avg_pool2d"
    taps = _pair(kernel_size, name, "kernel_size")
    strides = _strides(stride, taps, name)
    paddings = _pair(padding, name, "padding")
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if input.ndim not in (3, 4):
        raise RuntimeError("non-empty 3D or 4D (batch mode) tensor expected for input")
    if input.dtype != dtypes.int64:
        _check_dtype(input, name, "f")
    rows, columns = _windows_2d(
        input, taps, strides, paddings, (1, 1), ceil_mode, count_include_pad
    )
    if divisor_override is not None:
        rows = rows._replace(counts=np.full_like(rows.counts, divisor_override))
        columns = columns._replace(counts=np.ones_like(columns.counts))
    out: Tensor = AvgPool2D.apply(input, rows, columns)
    return out


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
    taps = _single(kernel_size, name, "kernel_size")
    stride = taps if _is_unset(stride) else _single(stride, name, "stride")
    out: Tensor = avg_pool2d(
        input.unsqueeze(-2),
        (1, taps),
        (1, stride),
        (0, _single(padding, name, "padding")),
        ceil_mode,
        count_include_pad,
    )
    return out.squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of a grid of ``output_size`` windows; None keeps the input's size.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, *output_size)``.
    """
    name = "adaptive_avg_pool2d"
    size = _adaptive_size(input, output_size, name)
    if min(size) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{size[0]}, {size[1]}}}"
        )
    if input.ndim not in (3, 4):
        raise RuntimeError(f"{name}(): Expected 3D or 4D tensor, but got {list(input.shape)}")
    _check_not_empty(input, name, but_channels=True)
    _check_dtype(input, name, "f")
    if size == (1, 1):
        return input.mean((-1, -2), keepdim=True)
    rows, columns = map(adaptive_windows, input.shape[-2:], size)
    out: Tensor = AdaptiveAvgPool2D.apply(input, rows, columns)
    return out


def adaptive_avg_pool1d(input: Tensor, output_size: IntOrTuple) -> Tensor:
    """The means of ``output_size`` windows of a sequence, (N, C, L) or (C, L)."""
    name = "adaptive_avg_pool1d"
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 "
            f"'self' (while checking arguments for {name})"
        )
    count = _single(output_size, name, "output_size")
    return adaptive_avg_pool2d(input.unsqueeze(-2), (1, count)).squeeze(-2)


# ----------------------------------------------------------------------------------- arguments


def _pair(value: IntOrTuple, function: str, name: str) -> tuple[int, int]:
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) not in (1, 2):
        raise RuntimeError(
            f"{function}: {name} must either be a single int, or a tuple of two ints"
        )
    return values[0], values[-1]


def _single(value: Any, function: str, name: str) -> int:
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) != 1:
        raise RuntimeError(
            f"{function}() argument '{name}' should contain one int (got {len(values)})"
        )
    return int(values[0])


def _is_unset(stride: Any) -> bool:
    return stride is None or (not isinstance(stride, int) and len(stride) == 0)


def _strides(stride: Any, taps: tuple[int, int], function: str) -> tuple[int, int]:
    strides = taps if _is_unset(stride) else _pair(stride, function, "stride")
    if 0 in strides:
        raise RuntimeError("stride should not be zero")
    return strides


def _adaptive_size(input: Tensor, output_size: Any, name: str) -> tuple[int, int]:
    sizes = (output_size,) * 2 if output_size is None else output_size
    sizes = (sizes, sizes) if isinstance(sizes, int) else tuple(sizes)
    if len(sizes) != 2:
        raise RuntimeError(f"{name}: output_size must be 2")
    height, width = [
        n if size is None else size for size, n in zip(sizes, input.shape[-2:], strict=True)
    ]
    return height, width


def _windows_2d(
    input: Tensor,
    taps: tuple[int, int],
    strides: tuple[int, int],
    paddings: tuple[int, int],
    dilations: tuple[int, int],
    ceil_mode: bool,
    count_include_pad: bool = True,
) -> tuple[Windows, Windows]:
    """The windows of both dimensions. Mirrors pool2d_shape_check."""
    if min(taps) <= 0:
        raise RuntimeError(
            f"kernel size should be greater than zero, but got kH: {taps[0]} kW: {taps[1]}"
        )
    if min(strides) <= 0:
        raise RuntimeError(
            f"stride should be greater than zero, but got dH: {strides[0]} dW: {strides[1]}"
        )
    if min(dilations) <= 0:
        raise RuntimeError(
            "dilation should be greater than zero, but got dilationH: "
            f"{dilations[0]} dilationW: {dilations[1]}"
        )
    for k, padding, dilation in zip(taps, paddings, dilations, strict=True):
        if padding < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {padding}")
        if padding > ((k - 1) * dilation + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={padding}, kernel_size={k} and dilation={dilation}"
            )
    if 0 in input.shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(input.shape)}"
        )
    size = input.shape[-2:]
    counts = [
        output_size(*options, ceil_mode)
        for options in zip(size, taps, strides, paddings, dilations, strict=True)
    ]
    if min(counts) < 1:
        channels = input.shape[-3]
        raise RuntimeError(
            f"Given input size: ({channels}x{size[0]}x{size[1]}). Calculated output size: "
            f"({channels}x{counts[0]}x{counts[1]}). Output size is too small"
        )
    rows, columns = [
        sliding_windows(*options, count_include_pad)
        for options in zip(size, counts, taps, strides, paddings, dilations, strict=True)
    ]
    return rows, columns


def _check_dtype(input: Tensor, name: str, kinds: str) -> None:
    if input._array.dtype.kind not in kinds:
        dtype = dtypes.from_numpy(input._array.dtype).c10_name
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtype}'")


def _check_not_empty(input: Tensor, name: str, but_channels: bool = False) -> None:
    first = input.ndim - 2 if but_channels else 1
    for dim in range(first, input.ndim):
        if input.shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but "
                f"input has sizes {list(input.shape)} with dimension {dim} being empty"
            )


def _squeezed(result: Any) -> Any:
    """Without the height of one that a sequence was given."""
    if isinstance(result, tuple):
        return tuple([part.squeeze(-2) for part in result])
    return result.squeeze(-2)
