"""Adaptive pooling: windows that cover the input evenly, as many as the output has elements.

Mirrors aten/src/ATen/native/{AdaptiveAveragePooling.cpp, AdaptiveAveragePooling3d.cpp,
AdaptiveMaxPooling2d.cpp, AdaptiveMaxPooling3d.cpp}.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.native import pool
from minitorch.native.avg_pool import AvgPool2D, AvgPool3D
from minitorch.native.max_pool import (
    MaxPool2DWithIndices,
    MaxPool3DWithIndices,
    MaxPoolBackward,
)
from minitorch.native.pool import IntOrTuple, Ints, Windows, adaptive_windows

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
]


class AdaptiveAvgPool2D(AvgPool2D):
    pass


class AdaptiveAvgPool3D(AvgPool3D):
    @staticmethod
    def forward(ctx: Any, input: Any, windows: tuple[Windows, ...]) -> Any:
        if not dtypes.is_half(input.dtype):
            return AvgPool3D.forward(ctx, input, windows)
        ctx.windows, ctx.size = windows, input.shape[-3:]
        return _means_rounded_at_each_step(input, windows)


def _means_rounded_at_each_step(input: Any, windows: tuple[Windows, ...]) -> Any:
    """The means of volumes in half precision, which torch does not compute in float32."""
    lengths = np.ix_(*[w.ends - w.starts for w in windows])
    total = np.zeros_like(input, shape=(*input.shape[:-3], *[len(w.starts) for w in windows]))
    for steps in itertools.product(*[range(n.max()) for n in lengths]):
        inside = np.logical_and.reduce(np.broadcast_arrays(*map(np.greater, lengths, steps)))
        taps = zip(windows, steps, strict=True)
        places = [np.minimum(w.starts + step, w.ends - 1) for w, step in taps]
        total = np.where(inside, total + input[(..., *np.ix_(*places))], total)
    for length in lengths:
        total = total / length.astype(input.dtype)
    return total


class AdaptiveMaxPool2DBackward(MaxPoolBackward, name="AdaptiveMaxPool2DBackwardBackward0"):
    pass


class AdaptiveMaxPool3DBackward(MaxPoolBackward, name="AdaptiveMaxPool3DBackwardBackward0"):
    pass


class AdaptiveMaxPool2D(MaxPool2DWithIndices):
    gradient = AdaptiveMaxPool2DBackward


class AdaptiveMaxPool3D(MaxPool3DWithIndices):
    gradient = AdaptiveMaxPool3DBackward


# ---------------------------------------------------------------------------------------- mean


def adaptive_avg_pool1d(input: Tensor, output_size: IntOrTuple) -> Tensor:
    """The means of ``output_size`` windows of a sequence, (N, C, L) or (C, L)."""
    name = "adaptive_avg_pool1d"
    if input.ndim not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {input.ndim}-dimensional tensor for argument #1 "
            f"'self' (while checking arguments for {name})"
        )
    count = pool.single(output_size, name, "output_size")
    return adaptive_avg_pool2d(input.unsqueeze(-2), (1, count)).squeeze(-2)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of a grid of ``output_size`` windows; None keeps the input's size.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, *output_size)``.
    """
    windows = _mean_windows(2, input._array.shape, input._array.dtype, *pool.hashable(output_size))
    if windows is None:
        return input.mean((-1, -2), keepdim=True)
    out: Tensor = AdaptiveAvgPool2D.apply(input, *windows)
    return out


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means of a grid of windows of a volume, ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    windows = _mean_windows(3, input._array.shape, input._array.dtype, *pool.hashable(output_size))
    if windows is None:
        return input.mean((-1, -2, -3), keepdim=True)
    out: Tensor = AdaptiveAvgPool3D.apply(input, windows)
    return out


@lru_cache(maxsize=512, typed=True)
def _mean_windows(
    ndim: int, shape: Ints, dtype: Any, output_size: Any
) -> tuple[Windows, ...] | None:
    """The windows, all arguments checked; None if there is but one."""
    name = f"adaptive_avg_pool{ndim}d"
    size = pool.adaptive_size(shape, output_size, ndim, f"{name}: output_size must be {ndim}")
    if min(size) < 0:
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received "
            f"{{{size[0]}, {','.join(map(str, size[1:]))}}}"
        )
    if len(shape) not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"{name}(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got {list(shape)}"
        )
    pool.check_not_empty(shape, name, len(shape) - 2 if ndim == 2 else 1)
    pool.check_kind(dtype, name if ndim == 2 else f"{name}_cpu", "f")
    if size == (1,) * ndim:
        return None
    return tuple(map(adaptive_windows, shape[-ndim:], size))


# ------------------------------------------------------------------------------------- maximum


def adaptive_max_pool1d(
    input: Tensor, output_size: IntOrTuple, return_indices: bool = False
) -> Any:
    """The largest elements of ``output_size`` windows of a sequence, (N, C, L) or (C, L)."""
    name = "adaptive_max_pool1d"
    if input.ndim not in (2, 3):
        raise RuntimeError(f"{name}(): Expected 2D or 3D tensor, but got: {list(input.shape)}")
    pool.check_not_empty(input._array.shape, name)
    count = pool.single(output_size, name, "output_size")
    return pool.squeezed(adaptive_max_pool2d(input.unsqueeze(-2), (1, count), return_indices))


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of a grid of ``output_size`` windows; None keeps the input's size.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, *output_size)``.
    """
    windows = _max_windows(2, input._array.shape, input._array.dtype, *pool.hashable(output_size))
    return AdaptiveMaxPool2D.apply(input, *windows, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest elements of windows of a volume, ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""
    windows = _max_windows(3, input._array.shape, input._array.dtype, *pool.hashable(output_size))
    return AdaptiveMaxPool3D.apply(input, windows, return_indices)


@lru_cache(maxsize=512, typed=True)
def _max_windows(ndim: int, shape: Ints, dtype: Any, output_size: Any) -> tuple[Windows, ...]:
    name = f"adaptive_max_pool{ndim}d"
    words = f"{name}(): internal error: output_size.size() must be {ndim}"
    size = pool.adaptive_size(shape, output_size, ndim, words)
    if len(shape) not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"{name}(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got: {list(shape)}"
        )
    pool.check_not_empty(shape, name)
    if min(size) < 0:
        full = [*shape[:-ndim], *size]
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(size)}: {full}")
    pool.check_kind(dtype, name if ndim == 2 else f"{name}_cpu", "f")
    return tuple(map(adaptive_windows, shape[-ndim:], size))


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: Any) -> Any:
    """``adaptive_max_pool1d`` with ``return_indices=True``."""
    return adaptive_max_pool1d(input, output_size, True)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: Any) -> Any:
    """``adaptive_max_pool2d`` with ``return_indices=True``."""
    return adaptive_max_pool2d(input, output_size, True)


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: Any) -> Any:
    """``adaptive_max_pool3d`` with ``return_indices=True``."""
    return adaptive_max_pool3d(input, output_size, True)
