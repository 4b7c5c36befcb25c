"""Normalization: subtract a mean, divide by a standard deviation, then scale and shift.

What differs is which elements share a mean: a channel of the whole batch (batch_norm), the last
dimensions of each sample (layer_norm), a group of channels of one sample (group_norm), or one
channel of one sample (instance_norm). rms_norm subtracts no mean.

    out = (input - mean) / sqrt(var + eps) * weight + bias

With x̂ the normalized input, its gradient takes out of g = grad * weight what the mean and the
deviation undo:

    grad_input = (g - mean(g) - x̂ * mean(g * x̂)) / sqrt(var + eps)

Means and variances are summed in float64, in two passes: exact enough for inputs whose mean is far
from zero. Batch normalization of a matrix (N, C) rounds as torch does instead: bit for bit on one
and two threads, where N is a power of two.

Mirrors aten/src/ATen/native/{Normalization.cpp, layer_norm.cpp, group_norm.cpp} and
native/cpu/{batch_norm_kernel.cpp, layer_norm_kernel.cpp}. Left out: local response normalization.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import fma, kernel, prange
from minitorch.autograd import grad_mode
from minitorch.autograd.operator import Operator
from minitorch.backends import cpu
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.tensor_shape import to_dtype, view

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "rms_norm"]


# ------------------------------------------------------------------------------- batch kernels

# A batch is (N, C) or (N, C, L). Two kernels for each step, because the inner loop must run along
# memory: over the channels of a matrix, over the elements of a plane.


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def plane_moments_kernel(mean: Any, variance: Any, input: Any) -> None:
    """Mean and biased variance (both float64) of each channel of (N, C, L)."""
    samples, channels, length = input.shape
    count = samples * length
    for c in prange(channels):
        total = 0.0
        for n in range(samples):
            plane = input[n, c]
            for i in range(length):
                total += np.float64(plane[i])
        centre = total / count
        squares = 0.0
        for n in range(samples):
            plane = input[n, c]
            for i in range(length):
                distance = np.float64(plane[i]) - centre
                squares += distance * distance
        mean[c] = centre
        variance[c] = squares / count


@DispatchStub
@kernel
def column_moments_kernel(mean: Any, variance: Any, input: Any, piece: int) -> None:
    """Mean and biased variance of each column of (N, C), in the dtype of the input.

    Rows are added one by one, ``piece`` rows for each thread of torch's, so that every rounding
    is torch's own: what batch normalisation leaves of a gradient can be rounding alone.
    """
    samples, channels = input.shape
    part = np.empty_like(mean)
    mean[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        for n in range(start, min(start + piece, samples)):
            for c in range(channels):
                part[c] += input[n, c]
        mean += part
    mean /= mean.dtype.type(samples)
    variance[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        for n in range(start, min(start + piece, samples)):
            for c in range(channels):
                distance = input[n, c] - mean[c]
                part[c] = fma(distance, distance, part[c])
        variance += part
    variance /= variance.dtype.type(samples)


@DispatchStub
@kernel(parallel=True)
def plane_affine_kernel(out: Any, input: Any, mean: Any, scale: Any, bias: Any) -> None:
    """out = (input - mean) * scale + bias, for each channel of (N, C, L)."""
    samples, channels, length = input.shape
    for row in prange(samples * channels):
        n = row // channels
        c = row % channels
        target = out[n, c]
        source = input[n, c]
        centre = mean[c]
        factor = scale[c]
        shift = bias[c]
        for i in range(length):
            target[i] = (source[i] - centre) * factor + shift


@DispatchStub
@kernel(parallel=True)
def column_affine_kernel(out: Any, input: Any, mean: Any, scale: Any, bias: Any) -> None:
    """out = input * scale + (bias - mean * scale) for each column of (N, C)."""
    samples, channels = input.shape
    shift = np.empty_like(bias)
    for c in range(channels):
        shift[c] = fma(-mean[c], scale[c], bias[c])
    for n in prange(samples):
        for c in range(channels):
            out[n, c] = fma(input[n, c], scale[c], shift[c])


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def plane_grad_sums_kernel(
    grad_sum: Any, product_sum: Any, grad: Any, input: Any, mean: Any
) -> None:
    """The sums of grad and of grad * (input - mean) (both float64), for each channel."""
    samples, channels, length = input.shape
    for c in prange(channels):
        centre = mean[c]
        total = 0.0
        products = 0.0
        for n in range(samples):
            gradients = grad[n, c]
            plane = input[n, c]
            for i in range(length):
                total += np.float64(gradients[i])
                products += np.float64(gradients[i]) * np.float64(plane[i] - centre)
        grad_sum[c] = total
        product_sum[c] = products


@DispatchStub
@kernel
def column_grad_sums_kernel(
    grad_sum: Any, product_sum: Any, grad: Any, input: Any, mean: Any, piece: int
) -> None:
    """The same for each column of (N, C), added up as in column_moments_kernel."""
    samples, channels = input.shape
    part = np.empty_like(grad_sum)
    products = np.empty_like(grad_sum)
    grad_sum[:] = 0
    product_sum[:] = 0
    for start in range(0, samples, piece):
        part[:] = 0
        products[:] = 0
        for n in range(start, min(start + piece, samples)):
            for c in range(channels):
                part[c] += grad[n, c]
                products[c] = fma(input[n, c] - mean[c], grad[n, c], products[c])
        grad_sum += part
        product_sum += products


@DispatchStub
@kernel(parallel=True)
def plane_grad_kernel(
    grad_input: Any, grad: Any, input: Any, mean: Any, scale: Any, shift: Any, slope: Any
) -> None:
    """grad_input = grad * scale - shift - (input - mean) * slope, for each channel."""
    samples, channels, length = input.shape
    for row in prange(samples * channels):
        n = row // channels
        c = row % channels
        target = grad_input[n, c]
        gradients = grad[n, c]
        source = input[n, c]
        centre = mean[c]
        factor = scale[c]
        offset = shift[c]
        tilt = slope[c]
        for i in range(length):
            target[i] = gradients[i] * factor - offset - (source[i] - centre) * tilt


@DispatchStub
@kernel(parallel=True)
def column_grad_kernel(
    grad_input: Any,
    grad: Any,
    input: Any,
    mean: Any,
    rstd: Any,
    weight: Any,
    grad_mean: Any,
    slope: Any,
) -> None:
    """grad_input = (grad - grad_mean - (input - mean) * slope) * rstd * weight, by column."""
    samples, channels = input.shape
    for n in prange(samples):
        for c in range(channels):
            rest = fma(mean[c] - input[n, c], slope[c], grad[n, c] - grad_mean[c])
            grad_input[n, c] = rest * rstd[c] * weight[c]


# --------------------------------------------------------------------------------- row kernels


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def layer_norm_kernel(
    out: Any, mean: Any, rstd: Any, input: Any, weight: Any, bias: Any, eps: float
) -> None:
    """Normalize each row: out = x̂ * weight + bias.

    Shape: out, input (rows, D); mean and rstd, 1 / the deviation, (rows,); weight, bias (D,).
    """
    rows, length = input.shape
    for r in prange(rows):
        source = input[r]
        target = out[r]
        total = 0.0
        for i in range(length):
            total += np.float64(source[i])
        centre = total / length
        squares = 0.0
        for i in range(length):
            distance = np.float64(source[i]) - centre
            squares += distance * distance
        middle = mean.dtype.type(centre)  # in the dtype of the row, so that the loop stays in it
        factor = mean.dtype.type(1 / math.sqrt(squares / length + eps))
        for i in range(length):
            target[i] = (source[i] - middle) * factor * weight[i] + bias[i]
        mean[r] = middle
        rstd[r] = factor


@DispatchStub
@kernel(parallel=True, fast_sums=True)
def layer_norm_grad_kernel(
    grad_input: Any, grad: Any, input: Any, mean: Any, rstd: Any, weight: Any
) -> None:
    """The gradient of the input of each row; shapes as in layer_norm_kernel."""
    rows, length = input.shape
    for r in prange(rows):
        source = input[r]
        gradients = grad[r]
        target = grad_input[r]
        middle = mean[r]
        factor = rstd[r]
        total = 0.0
        products = 0.0
        for i in range(length):
            g = np.float64(gradients[i]) * np.float64(weight[i])
            total += g
            products += g * np.float64(source[i] - middle)
        shift = mean.dtype.type(total / length)
        tilt = mean.dtype.type(products / length * np.float64(factor) * np.float64(factor))
        for i in range(length):
            centred = source[i] - middle
            target[i] = (gradients[i] * weight[i] - shift - centred * tilt) * factor


@DispatchStub
@kernel(parallel=True)
def layer_norm_weight_grad_kernel(
    grad_weight: Any, grad_bias: Any, grad: Any, input: Any, mean: Any, rstd: Any
) -> None:
    """Σ over rows of grad * x̂, and of grad, in parts (float64) that remain to be summed.

    Shape: grad_weight, grad_bias (parts, D), the others as in layer_norm_kernel.
    """
    rows, length = input.shape
    parts = grad_weight.shape[0]
    for part in prange(parts):
        of_weight = grad_weight[part]
        of_bias = grad_bias[part]
        of_weight[:] = 0
        of_bias[:] = 0
        for r in range(part * rows // parts, (part + 1) * rows // parts):
            middle = mean[r]
            factor = rstd[r]
            for i in range(length):
                of_weight[i] += grad[r, i] * ((input[r, i] - middle) * factor)
            for i in range(length):
                of_bias[i] += grad[r, i]


# ---------------------------------------------------------------------------------- batch norm


def _compute_type(array: Any) -> Any:
    """float16 is computed in float32."""
    return np.dtype(np.float32) if array.dtype == np.float16 else array.dtype


def _as_batch(array: Any) -> Any:
    """(N, C) as it is, (N, C, *) as (N, C, L); contiguous, and not float16."""
    array = np.ascontiguousarray(array, _compute_type(array))
    return array if array.ndim == 2 else array.reshape(*array.shape[:2], math.prod(array.shape[2:]))


class NativeBatchNorm(Operator):
    """Fused; updates the running statistics, if there are any, in training."""

    @staticmethod
    def forward(
        ctx: Any,
        input: Any,
        weight: Any,
        bias: Any,
        running_mean: Any,
        running_var: Any,
        training: bool,
        momentum: float,
        eps: float,
    ) -> Any:
        batch = _as_batch(input)
        by_column = batch.ndim == 2
        channels = batch.shape[1]
        statistics_dtype = batch.dtype if by_column else np.float64
        if training:
            mean = np.empty_like(batch, shape=channels, dtype=statistics_dtype)
            variance = np.empty_like(mean)
            if by_column:
                column_moments_kernel(mean, variance, batch, _rows_per_thread(len(batch)))
            else:
                plane_moments_kernel(mean, variance, batch)
            count = batch.size // max(channels, 1)
            if running_mean is not None and count:
                _update(running_mean, mean, momentum)
                _update(running_var, variance * (count / max(count - 1, 1)), momentum)
        else:
            mean = running_mean.astype(statistics_dtype)
            variance = running_var.astype(statistics_dtype)
        rstd = (1 / np.sqrt(variance.astype(np.float64) + eps)).astype(statistics_dtype)
        ctx.save_for_backward(input, weight, mean, rstd)
        ctx.training = training
        scale = (rstd if weight is None else rstd * weight).astype(batch.dtype)
        shift = np.zeros_like(scale) if bias is None else bias.astype(batch.dtype)
        out = np.empty_like(batch)
        affine = column_affine_kernel if by_column else plane_affine_kernel
        affine(out, batch, mean.astype(batch.dtype), scale, shift)
        return out.reshape(input.shape).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight, mean, rstd = ctx.saved_tensors
        batch, gradients = _as_batch(input), _as_batch(grad)
        by_column = batch.ndim == 2
        centre = mean.astype(batch.dtype)
        grad_sum, product_sum = np.empty_like(mean), np.empty_like(mean)
        if by_column:
            rows = _rows_per_thread(len(batch))
            column_grad_sums_kernel(grad_sum, product_sum, gradients, batch, centre, rows)
        else:
            plane_grad_sums_kernel(grad_sum, product_sum, gradients, batch, centre)
        grad_input = grad_weight = grad_bias = None
        if ctx.next_edges[0] is not None:
            grad_mean = slope = np.zeros_like(mean)  # in evaluation the statistics are constants
            if ctx.training:
                count = mean.dtype.type(max(batch.size // max(len(mean), 1), 1))
                grad_mean = grad_sum / count
                slope = product_sum * rstd * rstd / count
            factor = np.ones_like(mean) if weight is None else weight.astype(mean.dtype)
            grad_input = np.empty_like(batch)
            if by_column:
                column_grad_kernel(
                    grad_input, gradients, batch, centre, rstd, factor, grad_mean, slope
                )
            else:
                scale = rstd * factor
                parts = [p.astype(batch.dtype) for p in (scale, grad_mean * scale, slope * scale)]
                plane_grad_kernel(grad_input, gradients, batch, centre, *parts)
            grad_input = grad_input.reshape(input.shape).astype(input.dtype, copy=False)
        if ctx.next_edges[1] is not None:
            grad_weight = (product_sum * rstd).astype(weight.dtype)
        if ctx.next_edges[2] is not None:
            grad_bias = grad_sum.astype(batch.dtype if weight is None else weight.dtype)
        return grad_input, grad_weight, grad_bias

    @staticmethod
    def composed(
        input: Tensor,
        weight: Tensor | None,
        bias: Tensor | None,
        running_mean: Tensor | None,
        running_var: Tensor | None,
        training: bool,
        momentum: float,
        eps: float,
    ) -> Tensor:
        shape = [1, -1, *[1] * (input.ndim - 2)]
        if training:
            axes = [0, *range(2, input.ndim)]
            centred = input - input.mean(axes, keepdim=True)
            variance = (centred * centred).mean(axes, keepdim=True)
        else:
            assert running_mean is not None and running_var is not None
            centred = input - running_mean.reshape(shape)
            variance = running_var.reshape(shape)
        out = centred * (variance + eps).rsqrt()
        return _affine(out, weight, bias, shape)


def _rows_per_thread(count: int) -> int:
    """How many rows torch gives to each of its threads, when it has as many as we."""
    return -(-count // max(min(cpu.get_num_threads(), count), 1)) or 1


def _affine(out: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Any) -> Tensor:
    if weight is not None:
        out = out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


def _update(running: Any, value: Any, momentum: float) -> None:
    running[...] = (1 - momentum) * running + momentum * value


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel, by the statistics of the batch or, in evaluation, the running ones.

    In training the running statistics, if given, are updated in place: ``running = (1 - momentum) *
    running + momentum * statistic``. The variance that they keep is the unbiased one.

    Shape: input and output ``(N, C)`` or ``(N, C, *)``; all others ``(C,)``.

    Raises:
        ValueError: in training, a channel has one element only.
    """
    if training:
        _check_more_than_one_value(input.shape)
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if running_mean is None and not training:
        raise RuntimeError("running_mean must be defined in evaluation mode")
    for name, part in (
        ("running_mean", running_mean),
        ("running_var", running_var),
        ("weight", weight),
        ("bias", bias),
    ):
        if part is not None and part.numel() != input.shape[1]:
            raise RuntimeError(
                f"{name} should contain {input.shape[1]} elements not {part.numel()}"
            )
    _check_dtypes(input, "batch_norm", running_mean, running_var, weight, bias)
    out: Tensor = NativeBatchNorm.apply(
        input, weight, bias, running_mean, running_var, training, momentum, eps
    )
    return out


def _check_more_than_one_value(shape: Sequence[int]) -> None:
    if shape[0] * math.prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shape}"
        )


def _check_dtypes(input: Tensor, name: str, *parameters: Tensor | None) -> None:
    """Parameters are of the input's dtype, or float32 beside a float16 input."""
    dtype = input._array.dtype
    if dtype.kind != "f":
        c10_name = dtypes.from_numpy(dtype).c10_name
        raise NotImplementedError(f"\"{name}\" not implemented for '{c10_name}'")
    allowed = (dtype, np.float32) if dtype == np.float16 else (dtype,)
    if any(part is not None and part._array.dtype not in allowed for part in parameters):
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


# ---------------------------------------------------------------------------------- layer norm


def _affine_part(array: Any, rows: Any, default: float) -> Any:
    """A weight or bias, flat and in the dtype of the rows; the default where there is none."""
    if array is None:
        return np.full_like(rows, default, shape=rows.shape[1])
    return np.ascontiguousarray(array, rows.dtype).reshape(-1)


def _rows(array: Any, count: int, width: int) -> Any:
    return np.ascontiguousarray(array, _compute_type(array)).reshape(count, width)


class NativeLayerNorm(Operator):
    """Fused; the last ``ndim`` dimensions are normalized together."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, ndim: int, eps: float) -> Any:
        shape = input.shape
        ctx.matrix = math.prod(shape[:-ndim]), math.prod(shape[-ndim:])
        ctx.ndim = ndim
        rows = _rows(input, *ctx.matrix)
        out = np.empty_like(rows)
        mean = np.empty_like(rows, shape=len(rows))
        rstd = np.empty_like(mean)
        if rows.size:
            affine = _affine_part(weight, rows, 1), _affine_part(bias, rows, 0)
            layer_norm_kernel(out, mean, rstd, rows, *affine, eps)
        ctx.save_for_backward(input, weight, mean, rstd)
        return out.reshape(shape).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight, mean, rstd = ctx.saved_tensors
        rows, gradients = _rows(input, *ctx.matrix), _rows(grad, *ctx.matrix)
        grad_input = grad_weight = grad_bias = None
        if ctx.next_edges[0] is not None:
            grad_input = np.empty_like(rows)
            if rows.size:
                factors = _affine_part(weight, rows, 1)
                layer_norm_grad_kernel(grad_input, gradients, rows, mean, rstd, factors)
            grad_input = grad_input.reshape(input.shape).astype(input.dtype, copy=False)
        if ctx.next_edges[1] is not None or ctx.next_edges[2] is not None:
            # 16 parts whatever the number of threads: the sum is always the same.
            parts = min(len(rows), 16)
            of_weight = np.empty_like(rows, shape=(parts, rows.shape[1]), dtype=np.float64)
            of_bias = np.empty_like(of_weight)
            layer_norm_weight_grad_kernel(of_weight, of_bias, gradients, rows, mean, rstd)
            shape = input.shape[-ctx.ndim :] if weight is None else weight.shape
            dtype = input.dtype if weight is None else weight.dtype
            grad_weight = of_weight.sum(axis=0).reshape(shape).astype(dtype)
            grad_bias = of_bias.sum(axis=0).reshape(shape).astype(dtype)
        return grad_input, grad_weight if weight is not None else None, grad_bias

    @staticmethod
    def composed(
        input: Tensor, weight: Tensor | None, bias: Tensor | None, ndim: int, eps: float
    ) -> Tensor:
        axes = list(range(input.ndim - ndim, input.ndim))
        centred = input - input.mean(axes, keepdim=True)
        variance = (centred * centred).mean(axes, keepdim=True)
        out = centred * (variance + eps).rsqrt()
        if weight is not None:
            out = out * weight
        return out if bias is None else out + bias


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize the last dimensions of each sample together.

    Shape: input and output ``(*, *normalized_shape)``; weight and bias ``normalized_shape``.
    """
    shape = _check_normalized_shape(input, normalized_shape, "layer_norm", ", ")
    for name, part in (("weight", weight), ("bias", bias)):
        if part is not None and tuple(part.shape) != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(part.shape)} and normalized_shape = {list(shape)}"
            )
    _check_dtypes(input, "LayerNormKernelImpl", weight, bias)
    out: Tensor = NativeLayerNorm.apply(input, weight, bias, len(shape), eps)
    return out


def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """out = input / sqrt(mean(input²) + eps) * weight, the mean over the last dimensions.

    Args:
        eps: None is the machine epsilon of the dtype in which it is computed.

    Shape: input and output ``(*, *normalized_shape)``; weight ``normalized_shape``.
    """
    shape = _check_normalized_shape(input, normalized_shape, "rms_norm", "")
    if weight is not None and tuple(weight.shape) != shape:
        raise RuntimeError(
            "Expected weight to be of same shape as normalized_shape, but got weight of shape "
            f"{list(weight.shape)} and normalized_shape = {list(shape)}"
        )
    is_half = input.dtype == dtypes.float16
    x = input.float() if is_half else input
    if eps is None:
        eps = float(np.finfo(x._array.dtype).eps)
    axes = list(range(input.ndim - len(shape), input.ndim))
    out = x * ((x * x).mean(axes, keepdim=True) + eps).rsqrt()
    if weight is not None:
        out = out * weight
    return to_dtype(out, input.dtype)


def _check_normalized_shape(
    input: Tensor, normalized_shape: Sequence[int], function: str, comma: str
) -> tuple[int, ...]:
    if isinstance(normalized_shape, int):
        raise TypeError(
            f"{function}(): argument 'normalized_shape' (position 2) must be tuple of ints, not int"
        )
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
            "element, but got normalized_shape = []"
        )
    if tuple(input.shape[-len(shape) :]) != shape:
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{comma}{sizes}], "
            f"but got input of size{list(input.shape)}"
        )
    return shape


# ------------------------------------------------------------------- group and instance norm


class NativeGroupNorm(Operator):
    """A batch norm of one sample with N * C channels, groups of which share their statistics."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, num_groups: int, eps: float) -> Any:
        samples, channels = input.shape[:2]
        length = math.prod(input.shape[2:])
        ctx.planes = 1, samples * channels, length
        ctx.groups = samples, num_groups, channels // num_groups
        planes = np.ascontiguousarray(input, _compute_type(input)).reshape(ctx.planes)
        mean = np.empty_like(planes, shape=samples * num_groups, dtype=np.float64)
        variance = np.empty_like(mean)
        whole = 1, samples * num_groups, channels // num_groups * length
        if planes.size:
            plane_moments_kernel(mean, variance, planes.reshape(whole))
        rstd = 1 / np.sqrt(variance + eps)
        ctx.save_for_backward(input, weight, mean, rstd)
        out = np.empty_like(planes)
        scale = _per_plane(rstd, weight, ctx.groups)
        shift = np.zeros_like(scale) if bias is None else np.tile(bias, samples)
        per_plane = [_per_plane(mean, None, ctx.groups), scale, shift]
        plane_affine_kernel(out, planes, *[part.astype(planes.dtype) for part in per_plane])
        return out.reshape(input.shape).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight, mean, rstd = ctx.saved_tensors
        dtype = _compute_type(input)
        planes = np.ascontiguousarray(input, dtype).reshape(ctx.planes)
        gradients = np.ascontiguousarray(grad, dtype).reshape(ctx.planes)
        centre = _per_plane(mean, None, ctx.groups).astype(dtype)
        grad_sum = np.empty_like(planes, shape=planes.shape[1], dtype=np.float64)
        product_sum = np.empty_like(grad_sum)
        plane_grad_sums_kernel(grad_sum, product_sum, gradients, planes, centre)
        grad_input = grad_weight = grad_bias = None
        if ctx.next_edges[0] is not None:
            factors = _per_plane(rstd, weight, ctx.groups)
            count = max(ctx.groups[2] * planes.shape[2], 1)
            group_sum, group_products = [
                (sums * factors).reshape(ctx.groups).sum(axis=2).reshape(-1) / count
                for sums in (grad_sum, product_sum)
            ]
            shift = _per_plane(group_sum, None, ctx.groups)
            slope = _per_plane(group_products * rstd**2, None, ctx.groups)
            per_plane = [part.astype(dtype) for part in (factors, shift, slope)]
            grad_input = np.empty_like(planes)
            plane_grad_kernel(grad_input, gradients, planes, centre, *per_plane)
            grad_input = grad_input.reshape(input.shape).astype(input.dtype, copy=False)
        kept = input.dtype if weight is None else weight.dtype
        by_channel = ctx.groups[0], ctx.groups[1] * ctx.groups[2]
        if ctx.next_edges[1] is not None:
            products = product_sum * _per_plane(rstd, None, ctx.groups)
            grad_weight = products.reshape(by_channel).sum(axis=0).astype(kept)
        if ctx.next_edges[2] is not None:
            grad_bias = grad_sum.reshape(by_channel).sum(axis=0).astype(kept)
        return grad_input, grad_weight, grad_bias

    @staticmethod
    def composed(
        input: Tensor, weight: Tensor | None, bias: Tensor | None, num_groups: int, eps: float
    ) -> Tensor:
        samples, channels = input.shape[:2]
        length = channels // num_groups * math.prod(input.shape[2:])
        groups = input.reshape(samples, num_groups, length)
        centred = groups - groups.mean(2, keepdim=True)
        variance = (centred * centred).mean(2, keepdim=True)
        out = (centred * (variance + eps).rsqrt()).reshape(input.shape)
        return _affine(out, weight, bias, [-1, *[1] * (input.ndim - 2)])


def _per_plane(by_group: Any, weight: Any, groups: tuple[int, int, int]) -> Any:
    """What a group has, for each of its channels, times the weight of the channel."""
    samples, _, width = groups
    by_plane = np.repeat(by_group, width)
    return by_plane if weight is None else by_plane * np.tile(weight, samples)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize the channels of each sample in ``num_groups`` groups.

    Shape: input and output ``(N, C, *)``; weight and bias ``(C,)``.
    """
    if input.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        )
    samples, channels = input.shape[:2]
    grouped = [samples * channels // num_groups, num_groups, *input.shape[2:]]
    _check_more_than_one_value(grouped)
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, part in (("weight", weight), ("bias", bias)):
        if part is not None and tuple(part.shape) != (channels,):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels in input, "
                f"but got {name} of shape {list(part.shape)} and input of shape {list(input.shape)}"
            )
    _check_dtypes(input, "GroupNormKernelImpl", weight, bias)
    out: Tensor = NativeGroupNorm.apply(input, weight, bias, num_groups, eps)
    return out


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Normalize each channel of each sample: a batch norm of N * C channels.

    Shape: input and output ``(N, C, *)``; all others ``(C,)``.
    """
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.shape}"
        )
    if not use_input_stats and (running_mean is None or running_var is None):
        raise RuntimeError(
            "Expected running_mean and running_var to be defined when use_input_stats is false"
        )
    samples, channels = input.shape[:2]
    mean, var, weight, bias = [
        None if part is None else part.repeat(samples)
        for part in (running_mean, running_var, weight, bias)
    ]
    batch = input.contiguous().view(1, samples * channels, *input.shape[2:])
    out = batch_norm(batch, mean, var, weight, bias, use_input_stats, momentum, eps)
    if use_input_stats:
        with grad_mode.no_grad():
            for running, update in ((running_mean, mean), (running_var, var)):
                if running is not None and update is not None:
                    running.copy_(update.view(samples, channels).mean(0))
    return view(out, *input.shape)
