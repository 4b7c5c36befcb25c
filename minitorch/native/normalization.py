"""Normalization: subtract a mean, divide by a standard deviation, then scale and shift.

What differs is which elements share a mean: a channel of the whole batch (batch_norm), one channel
of one sample (instance_norm), the last dimensions of each sample (layer_norm.py), or a group of
channels of one sample (group_norm.py).

    out = (input - mean) / sqrt(var + eps) * weight + bias

With x̂ the normalized input, its gradient takes out of g = grad * weight what the mean and the
deviation undo:

    grad_input = (g - mean(g) - x̂ * mean(g * x̂)) / sqrt(var + eps)

Mirrors aten/src/ATen/native/Normalization.cpp. Left out: the kernels of cuDNN and MIOpen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.backends import cpu
from minitorch.native.conversions import clone
from minitorch.native.normalization_kernels import (
    column_affine_kernel,
    column_grad_kernel,
    column_grad_sums_kernel,
    column_moments_kernel,
    plane_affine_kernel,
    plane_grad_kernel,
    plane_grad_sums_kernel,
    plane_moments_kernel,
    rstd_kernel,
)
from minitorch.native.pointwise import check_floating
from minitorch.native.portable_stub import PortableStub
from minitorch.native.variants import accepts_out
from minitorch.native.views import view

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def compute_type(array: Any) -> Any:
    """float16 and bfloat16 are computed in float32."""
    return np.dtype(np.float32) if dtypes.is_half(array.dtype) else array.dtype


def _as_batch(array: Any) -> Any:
    """(N, C) as it is, (N, C, *) as (N, C, L); contiguous, and not in half precision."""
    array = np.ascontiguousarray(array, compute_type(array))
    return array if array.ndim == 2 else array.reshape(*array.shape[:2], math.prod(array.shape[2:]))


def is_handled_as_columns(batch: Any) -> bool:
    """Whether each position of the planes is summed over the samples first, like a column.

    A sum over few elements costs more than its additions: for 64 x 512 planes of 4 x 4, forward and
    backward take 0.9 ms so instead of 2.7. In small batches, the extra steps would cost more.
    """
    return batch.ndim == 2 or (batch.shape[2] <= 64 and batch.size >= 32_768)


def _as_columns(batch: Any) -> Any:
    """(N, C, L) as (N, C * L)."""
    return batch.reshape(len(batch), -1)


def _moments(batch: Any, rows: int) -> tuple[Any, Any]:
    """Mean and biased variance of each channel; ``rows`` is for a matrix, see rows_per_thread."""
    channels = batch.shape[1]
    if not is_handled_as_columns(batch):
        mean = np.empty_like(batch, shape=channels, dtype=np.float64)
        variance = np.empty_like(mean)
        plane_moments_kernel(mean, variance, batch)
        return mean, variance
    columns = _as_columns(batch)
    mean = np.empty_like(batch, shape=columns.shape[1])
    variance = np.empty_like(mean)
    if batch.ndim == 2:
        column_moments_kernel(mean, variance, columns, rows)
        return mean, variance
    column_moments_kernel(mean, variance, columns, len(batch))
    means = mean.reshape(channels, -1).astype(np.float64)
    mean = means.mean(axis=1)
    between = ((means - mean[:, None]) ** 2).mean(axis=1)
    return mean, variance.reshape(channels, -1).mean(axis=1, dtype=np.float64) + between


def _affine(batch: Any, centre: Any, scale: Any, shift: Any) -> Any:
    """(batch - centre) * scale + shift, by channel."""
    out = np.empty_like(batch)
    if batch.ndim == 2:
        column_affine_kernel(out, batch, centre, scale, shift)
    elif not is_handled_as_columns(batch):
        plane_affine_kernel(out, batch, centre, scale, shift)
    else:
        by_column = [np.repeat(part, batch.shape[2]) for part in (centre, scale, shift)]
        column_affine_kernel(_as_columns(out), _as_columns(batch), *by_column)
    return out


def _grad_sums(gradients: Any, batch: Any, mean: Any, rows: int) -> tuple[Any, Any]:
    """The sums of grad and of grad * (batch - mean), by channel, in the dtype of ``mean``."""
    grad_sum, product_sum = np.empty_like(mean), np.empty_like(mean)
    centre = mean.astype(batch.dtype, copy=False)
    if batch.ndim == 2:
        column_grad_sums_kernel(grad_sum, product_sum, gradients, batch, centre, rows)
    elif not is_handled_as_columns(batch):
        plane_grad_sums_kernel(grad_sum, product_sum, gradients, batch, centre)
    else:
        channels, positions = batch.shape[1:]
        centres = np.repeat(centre, positions)
        sums = np.empty_like(centres, shape=(2, len(centres)))
        columns = _as_columns(gradients), _as_columns(batch)
        column_grad_sums_kernel(sums[0], sums[1], *columns, centres, len(batch))
        grad_sum, product_sum = sums.reshape(2, channels, -1).sum(axis=2, dtype=mean.dtype)
    return grad_sum, product_sum


def _input_grad(
    gradients: Any, batch: Any, mean: Any, rstd: Any, weight: Any, grad_mean: Any, slope: Any
) -> Any:
    """(grad - grad_mean - (batch - mean) * slope) * rstd * weight, by channel."""
    grad_input = np.empty_like(batch)
    by_channel = [mean, rstd, weight, grad_mean, slope]
    if not is_handled_as_columns(batch):
        scale = rstd * weight
        by_channel = [mean, scale, grad_mean * scale, slope * scale]
        by_channel = [part.astype(batch.dtype, copy=False) for part in by_channel]
        plane_grad_kernel(grad_input, gradients, batch, *by_channel)
        return grad_input
    by_column = [part.astype(batch.dtype, copy=False) for part in by_channel]
    if batch.ndim == 3:
        by_column = [np.repeat(part, batch.shape[2]) for part in by_column]
    columns = [_as_columns(array) for array in (grad_input, gradients, batch)]
    column_grad_kernel(*columns, *by_column)
    return grad_input


@PortableStub
def batch_norm_kernel(
    batch: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
    kept: Any,
) -> tuple[Any, Any, Any]:
    """The normalized batch, and what it was normalized by: the mean and 1 / the deviation.

    Updates the running statistics, if there are any, in training.

    Args:
        kept: the dtype of the input, of which ``batch`` may be a wider copy.
    """
    channels = batch.shape[1]
    dtype = batch.dtype
    statistics_dtype = dtype if batch.ndim == 2 else np.dtype(np.float64)
    # Beside parameters in half precision, torch keeps the statistics in it too.
    in_half = dtypes.is_half(kept) and (weight is None or weight.dtype == kept)
    if training:
        mean, variance = _moments(batch, rows_per_thread(len(batch)))
        count = batch.size // max(channels, 1)
        unbiased = variance * (count / max(count - 1, 1))
        if in_half and kept != np.float16:
            mean = mean.astype(kept)
            variance, unbiased = _rounded_variances(variance, count, kept)
        if running_mean is not None and count:
            _update(running_mean, mean, momentum)
            _update(running_var, unbiased, momentum)
    else:
        mean = running_mean.astype(statistics_dtype)
        variance = running_var
    variance = variance.astype(statistics_dtype, copy=False)
    rstd = np.empty_like(variance)
    rstd_kernel(rstd, variance, eps)
    if in_half and training:
        mean, rstd = [x.astype(kept).astype(statistics_dtype) for x in (mean, rstd)]
    scale = (rstd if weight is None else rstd * weight).astype(dtype, copy=False)
    shift = np.zeros_like(scale) if bias is None else bias.astype(dtype, copy=False)
    centre = mean.astype(dtype, copy=False)
    if dtypes.is_half(kept):  # what is rounded in the end differs by the order of steps
        centre, shift = np.zeros_like(centre), shift - centre * scale
    return _affine(batch, centre, scale, shift), mean, rstd


@PortableStub
def batch_norm_backward_kernel(
    gradients: Any, batch: Any, mean: Any, rstd: Any, weight: Any, training: bool, to_input: bool
) -> tuple[Any, Any, Any]:
    """The gradients of the batch (None unless ``to_input``), of the weight and of the bias."""
    grad_sum, product_sum = _grad_sums(gradients, batch, mean, rows_per_thread(len(batch)))
    grad_input = None
    if to_input:
        grad_mean = slope = np.zeros_like(mean)  # in evaluation the statistics are constants
        if training:
            count = mean.dtype.type(max(batch.size // max(len(mean), 1), 1))
            grad_mean = grad_sum / count
            slope = product_sum * rstd * rstd / count
        factor = np.ones_like(mean) if weight is None else weight.astype(mean.dtype, copy=False)
        grad_input = _input_grad(gradients, batch, mean, rstd, factor, grad_mean, slope)
    return grad_input, product_sum * rstd, grad_sum


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
        parameters = weight, bias, running_mean, running_var
        out, mean, rstd = batch_norm_kernel(
            _as_batch(input), *parameters, training, momentum, eps, input.dtype
        )
        ctx.save_for_backward(input, weight, mean, rstd)
        ctx.training = training
        return out.reshape(input.shape).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight, mean, rstd = ctx.saved_tensors
        to_input = ctx.next_edges[0] is not None
        grad_input, grad_weight, grad_bias = batch_norm_backward_kernel(
            _as_batch(grad), _as_batch(input), mean, rstd, weight, ctx.training, to_input
        )
        if to_input:
            grad_input = grad_input.reshape(input.shape).astype(input.dtype, copy=False)
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
        return affine(out, weight, bias, shape)


class NativeBatchNormAndStatistics(NativeBatchNorm, name="NativeBatchNormBackward0"):
    """Shows what it normalized by too, the mean and 1 / the deviation; they have no gradient."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        out = NativeBatchNorm.forward(ctx, *args)
        _, weight, mean, rstd = ctx._saved
        shown = out.dtype if weight is None else weight.dtype
        if not ctx.training:
            mean, rstd = mean[:0], rstd[:0]
        return out, mean.astype(shown), rstd.astype(shown)

    @staticmethod
    def backward(ctx: Any, grad: Any, *of_statistics: Any) -> Any:
        return NativeBatchNorm.backward(ctx, grad)

    @staticmethod
    def composed(*args: Any) -> Any:
        return NativeBatchNorm.composed(*args), None, None


class NativeBatchNormLegit(NativeBatchNormAndStatistics):
    pass


class NativeBatchNormLegitNoStats(NativeBatchNormLegit, name="NativeBatchNormLegitBackward1"):
    pass


class BatchNormWithUpdate(NativeBatchNormAndStatistics):
    pass


def rows_per_thread(count: int) -> int:
    """How many rows torch gives to each of its threads, when it has as many as we."""
    return -(-count // max(min(cpu.get_num_threads(), count), 1)) or 1


def affine(out: Tensor, weight: Tensor | None, bias: Tensor | None, shape: Any) -> Tensor:
    if weight is not None:
        out = out * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


def _update(running: Any, value: Any, momentum: Any) -> None:
    old = running
    if running.dtype == np.float16:
        old = running.astype(np.float32)
    elif dtypes.is_half(running.dtype):  # torch rounds after each step, in bfloat16 alone
        momentum = running.dtype.type(momentum)
    running[...] = (1 - momentum) * old + momentum * value


def _rounded_variances(variance: Any, count: int, dtype: Any) -> list[Any]:
    """The variance and the unbiased one; torch keeps the sum of the squared deviations, and the
    count, in bfloat16.
    """
    total = (variance * count).astype(dtype)
    divisors = [dtype.type(n) for n in (count, max(count - 1, 1))]
    return [(total / divisor).astype(np.float32) for divisor in divisors]


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
        check_more_than_one_value(input.shape)
        if eps <= 0:
            raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if (running_mean is None) != (running_var is None):
        raise ValueError("running_mean and running_var must either both be None or neither be None")
    if running_mean is None and not training:
        raise RuntimeError("running_mean must be defined in evaluation mode")
    if not input._array.size:
        return _of_nothing(input, weight, bias)
    channels = input._array.shape[1] if input._array.ndim > 1 else 0
    for name, part in (
        ("running_mean", running_mean),
        ("running_var", running_var),
        ("weight", weight),
        ("bias", bias),
    ):
        if part is not None and part._array.size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {part._array.size}")
    check_floating(input._array, "batch_norm")
    check_mixed_dtypes(input, running_mean, running_var, weight, bias)
    out: Tensor = NativeBatchNorm.apply(
        input, weight, bias, running_mean, running_var, training, momentum, eps
    )
    return out


def count_batch(batches: Tensor) -> None:
    """``batches += 1``, of a tensor that nobody differentiates: in 3 us, ``add_`` takes 9."""
    batches.bump_version()
    batches._array[...] += 1


def _of_nothing(input: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """An empty batch has no statistics, but a graph, in which the parameters receive zeros."""
    out = clone(input)
    if weight is not None:
        out = out * weight[0]
    return out if bias is None else out + bias[0]


@accepts_out
def native_batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """``batch_norm``, with the mean and 1 / the deviation of the batch: empty in evaluation."""
    settings = training, momentum, eps
    return _with_statistics(
        NativeBatchNormAndStatistics, input, weight, bias, running_mean, running_var, *settings
    )


@accepts_out
def _native_batch_norm_legit(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, *args: Any
) -> tuple[Tensor, Tensor, Tensor]:
    """``native_batch_norm``; ``args`` may leave out both running statistics."""
    if len(args) == 3:
        operation = NativeBatchNormLegitNoStats
        return _with_statistics(operation, input, weight, bias, None, None, *args)
    return _with_statistics(NativeBatchNormLegit, input, weight, bias, *args)


def _batch_norm_with_update(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """``native_batch_norm`` in training, with a fourth output that only other devices use."""
    tensors = input, weight, bias, running_mean, running_var
    shown = _with_statistics(BatchNormWithUpdate, *tensors, True, momentum, eps)
    return *shown, wrap(np.empty_like(input._array, shape=0, dtype=np.uint8))


def _with_statistics(operation: type[Operator], *args: Any) -> tuple[Tensor, Tensor, Tensor]:
    input, *parameters = args[:5]
    check_floating(input._array, "batch_norm")
    check_mixed_dtypes(input, *parameters)
    out, mean, rstd = operation.apply(*args)
    return out, wrap(mean._array), wrap(rstd._array)


def check_more_than_one_value(shape: Sequence[int]) -> None:
    if shape[0] == 1 and math.prod(shape[2:]) == 1:
        raise ValueError(
            f"Expected more than 1 value per channel when training, got input size {shape}"
        )


def check_mixed_dtypes(input: Tensor, *parameters: Tensor | None) -> None:
    """Parameters are of the input's dtype, or float32 beside a half-precision input."""
    dtype = input._array.dtype
    allowed = (dtype, np.float32) if dtypes.is_half(dtype) else (dtype,)
    for part in parameters:  # a generator would take 0.3 us longer
        if part is not None and part._array.dtype not in allowed:
            raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")


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
