"""Fractional max pooling: windows of one size at random distances, for outputs of any size.

Graham, "Fractional Max-Pooling" (2014). The random numbers are drawn from torch's stream: the same
seed gives the same windows.

Mirrors aten/src/ATen/native/{FractionalMaxPool2d.cpp, FractionalMaxPool3d.cpp} and
torch/nn/functional.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native import pool, random_factories
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.max_pool import MaxPoolBackward
from minitorch.native.pool import IntOrTuple, Ints
from minitorch.native.sizes import wrap_dim

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]

Ratio = float | Sequence[float]


@DispatchStub
@kernel(parallel=True)
def fractional_max_pool_kernel(
    out: Any, indices: Any, input: Any, layers: Any, rows: Any, columns: Any, taps: Any
) -> None:
    """The largest element of each window, and where it stands. NaN is the largest.

    Shape:
        out, indices (planes, OD, OH, OW), input (planes, D, H, W); layers, rows, columns: where
        windows begin, (planes, OD), (planes, OH), (planes, OW); taps: three numbers.
    """
    planes, slices, height, width = out.shape
    for plane in prange(planes):
        for k in range(slices):
            for i in range(height):
                for j in range(width):
                    first = layers[plane, k], rows[plane, i], columns[plane, j]
                    best = input[plane, first[0], first[1], first[2]]
                    where = (first[0] * input.shape[2] + first[1]) * input.shape[3] + first[2]
                    for layer in range(first[0], first[0] + taps[0]):
                        for row in range(first[1], first[1] + taps[1]):
                            for column in range(first[2], first[2] + taps[2]):
                                value = input[plane, layer, row, column]
                                if value > best or value != value:
                                    best = value
                                    where = (layer * input.shape[2] + row) * input.shape[3] + column
                    out[plane, k, i, j] = best
                    indices[plane, k, i, j] = where


def window_starts(samples: Any, size: int, count: int, taps: int) -> Any:
    """Where ``count`` windows begin that cover ``size`` elements at random, growing distances.

    start[i] = ⌊(i + sample) * alpha⌋ - ⌊sample * alpha⌋, and the last window ends at the border.

    Shape: samples (planes,), result (planes, count).
    """
    starts = np.zeros_like(samples, shape=(len(samples), count), dtype=np.int64)
    if count > 1:
        alpha = samples.dtype.type(size - taps) / samples.dtype.type(count - 1)
        steps = np.zeros_like(starts, dtype=samples.dtype)
        steps[...] = range(count)
        samples = samples[:, None]
        starts[...] = np.trunc((steps + samples) * alpha) - np.trunc(samples * alpha)
    if count > 0:
        starts[:, -1] = size - taps
    return starts


class FractionalMaxPool2DBackward(MaxPoolBackward, name="FractionalMaxPool2DBackwardBackward0"):
    pass


class FractionalMaxPool3DBackward(MaxPoolBackward, name="FractionalMaxPool3DBackwardBackward0"):
    pass


class FractionalMaxPool2D(Operator):
    """input (*, *size), samples (N, C, ndim) -> (*, *output_size), and the indices of the maxima.

    The samples of an image stand in the order x, y; those of a volume in the order z, y, x.
    """

    gradient: Any = FractionalMaxPool2DBackward

    @staticmethod
    def forward(ctx: Any, input: Any, samples: Any, taps: Ints, output_size: Ints) -> Any:
        ndim = len(taps)
        size = input.shape[-ndim:]
        planes = pool.planes(input, ndim)
        samples = samples.reshape(math.prod(samples.shape[:2]), ndim)[: len(planes)]
        order = (1, 0) if ndim == 2 else (0, 1, 2)
        starts = [
            window_starts(samples[:, at], *options)
            for at, *options in zip(order, size, output_size, taps, strict=True)
        ]
        if ndim == 2:
            starts = [np.zeros_like(starts[0], shape=(len(planes), 1)), *starts]
        shape = (len(planes), *(1,) * (3 - ndim), *output_size)
        out = np.empty_like(planes, shape=shape)
        indices = np.empty_like(planes, shape=shape, dtype=np.int64)
        volumes = planes.reshape(len(planes), *(1,) * (3 - ndim), *size)
        fractional_max_pool_kernel(out, indices, volumes, *starts, (*(1,) * (3 - ndim), *taps))
        shape = *input.shape[:-ndim], *output_size
        indices = indices.reshape(shape)
        ctx.save_for_backward(indices)
        ctx.size = size
        return out.reshape(shape).astype(input.dtype, copy=False), indices

    @staticmethod
    def backward(ctx: Any, grad: Any, grad_indices: Any) -> Any:
        (indices,) = ctx.saved_tensors
        return ctx.gradient.apply(grad, indices, ctx.size), None


class FractionalMaxPool3D(FractionalMaxPool2D):
    gradient = FractionalMaxPool3DBackward


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: IntOrTuple,
    output_size: IntOrTuple | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest elements of windows at random distances.

    Args:
        output_size: the size of the output, or ...
        output_ratio: ... its ratio to that of the input, between 0 and 1.
        return_indices: return the pair of the maxima and their indices in the flattened plane.
        _random_samples: numbers between 0 and 1 that place the windows; drawn unless given.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``; samples ``(N, C, 2)``.
    """
    options = kernel_size, output_size, output_ratio, _random_samples
    result = _pool(2, input, *options)
    return result if return_indices else result[0]


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: IntOrTuple,
    output_size: IntOrTuple | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """``fractional_max_pool2d`` of volumes, (N, C, D, H, W) or (C, D, H, W)."""
    options = kernel_size, output_size, output_ratio, _random_samples
    result = _pool(3, input, *options)
    return result if return_indices else result[0]


def fractional_max_pool2d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """``fractional_max_pool2d`` with ``return_indices=True``."""
    return fractional_max_pool2d(*args, **{**kwargs, "return_indices": True})


def fractional_max_pool3d_with_indices(*args: Any, **kwargs: Any) -> Any:
    """``fractional_max_pool3d`` with ``return_indices=True``."""
    return fractional_max_pool3d(*args, **{**kwargs, "return_indices": True})


def _pool(
    ndim: int,
    input: Tensor,
    kernel_size: IntOrTuple,
    output_size: IntOrTuple | None,
    output_ratio: Ratio | None,
    samples: Tensor | None,
) -> Any:
    name = f"fractional_max_pool{ndim}d"
    if output_size is None:
        output_size = _size_by_ratio(input, output_ratio, ndim, name)
    if samples is None:
        channels = input.shape[wrap_dim(-ndim - 1, input.ndim)]
        count = 1 if input.ndim == ndim + 1 else input.shape[0]
        samples = random_factories.rand(count, channels, ndim, dtype=input.dtype)
    taps = _expanded(kernel_size, ndim, name, "kernel_size")
    size = _expanded(output_size, ndim, name, "output_size")
    _check(input, samples, taps, size, name if ndim == 2 else f"{name}_out")
    operator = FractionalMaxPool2D if ndim == 2 else FractionalMaxPool3D
    return operator.apply(input, samples, taps, size)


def _size_by_ratio(input: Tensor, ratio: Ratio | None, ndim: int, name: str) -> Ints:
    if ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    ratios = (ratio,) * ndim if isinstance(ratio, (int, float)) else tuple(ratio)
    if len(ratios) > ndim:
        raise ValueError(
            f"{name} requires output_ratio to either be a single Int or tuple of Ints."
        )
    return tuple([int(input.shape[d - ndim] * ratios[d]) for d in range(ndim)])


def _expanded(value: IntOrTuple, ndim: int, function: str, name: str) -> Ints:
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) not in (1, ndim):
        raise RuntimeError(f"{function}: {name} must either be a single Int or tuple of Ints")
    return values if len(values) == ndim else values * ndim


def _check(input: Tensor, samples: Tensor, taps: Ints, size: Ints, name: str) -> None:
    """Mirrors the meta functions of FractionalMaxPool2d.cpp and FractionalMaxPool3d.cpp."""
    ndim, shape = len(taps), list(input.shape)
    if input.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"{name}(): Expected {ndim + 1}D or {ndim + 2}D tensor, but got: {shape}"
        )
    for dim in range(input.ndim - ndim - 1, input.ndim):
        if shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but got"
                f"{shape} with dimension {dim} being empty."
            )
    names = ("time", "height", "width")[-ndim:]
    for what, n, k, count in zip(names, shape[-ndim:], taps, size, strict=True):
        if count + k - 1 > n:
            raise RuntimeError(f"{name}(): pool {what} {k} too large relative to input {what} {n}")
    pool.check_dtype(input, name, "f")
    if samples.dtype != input.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.ndim != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.ndim}")
    batch = 1 if input.ndim == ndim + 1 else shape[0]
    if samples.shape[0] < batch:
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.shape[1] != shape[-ndim - 1]:
        raise RuntimeError(
            f"Expect _random_samples.size(1) equals to input channel size; got {samples.shape[1]}."
        )
    if samples.shape[2] != ndim:
        raise RuntimeError(
            f"Expect _random_samples.size(2) equals to {ndim}; got {samples.shape[2]}."
        )
