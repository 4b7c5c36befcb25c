"""Normalization over the last dimensions of each sample: layer_norm, and rms_norm without a mean.

Mirrors aten/src/ATen/native/layer_norm.cpp and native/cpu/layer_norm_kernel.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native.conversions import to_dtype
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.normalization import check_mixed_dtypes, compute_type
from minitorch.native.pointwise import check_floating
from minitorch.native.row_sums import add_rows, row_mean, row_products, row_squares
from minitorch.native.tensor_iterator import refuse

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


# The gradients of weight and bias are summed in parts of about as many rows, whatever the number of
# threads, so that the sum is always the same.
_ROWS_OF_PART = 128

# ------------------------------------------------------------------------------------- kernels


@DispatchStub
@kernel(parallel=True)
def layer_norm_kernel(
    out: Any, mean: Any, rstd: Any, input: Any, weight: Any, bias: Any, eps: float
) -> None:
    """Normalize each row: out = x̂ * weight + bias.

    Shape: out, input (rows, D); mean and rstd, 1 / the deviation, (rows,); weight, bias (D,).
    """
    rows, length = input.shape
    number = mean.dtype.type  # the dtype of the row, so that the loops stay in it
    for r in prange(rows):
        source = input[r]
        target = out[r]
        middle = number(row_mean(source))
        variance = number(row_squares(source, middle) / length)
        factor = number(1) / math.sqrt(variance + number(eps))
        for i in range(length):
            target[i] = (source[i] - middle) * factor * weight[i] + bias[i]
        mean[r] = middle
        rstd[r] = factor


@DispatchStub
@kernel(parallel=True)
def layer_norm_backward_kernel(
    grad_input: Any,
    grad_weight: Any,
    grad_bias: Any,
    grad: Any,
    input: Any,
    mean: Any,
    rstd: Any,
    weight: Any,
) -> None:
    """All gradients, with a row read once: grad_weight = Σ over rows of grad * x̂, grad_bias = Σ of
    grad.

    Shape: grad_weight, grad_bias (D,), the others as in layer_norm_kernel.
    """
    rows, length = input.shape
    parts = max(min(rows, 16), rows // _ROWS_OF_PART)
    of_weights = np.zeros((parts, length), grad.dtype)
    of_biases = np.zeros_like(of_weights)
    number = mean.dtype.type
    for part in prange(parts):
        of_weight = of_weights[part]
        of_bias = of_biases[part]
        for r in range(part * rows // parts, (part + 1) * rows // parts):
            source, gradients, target = input[r], grad[r], grad_input[r]
            middle, factor = mean[r], rstd[r]
            for i in range(length):
                target[i] = gradients[i] * weight[i]
            total, products = row_products(target, source, middle)
            shift = number(np.float64(number(total / length)) * np.float64(factor))
            tilt = number(products / length * np.float64(factor) ** 3)
            # (grad * factor) * weight is rounded as in torch: what is left of a row of one element
            # is rounding alone.
            for i in range(length):
                rest = gradients[i] * factor * weight[i] - shift
                target[i] = rest - (source[i] - middle) * tilt
            for i in range(length):
                of_weight[i] += gradients[i] * ((source[i] - middle) * factor)
                of_bias[i] += gradients[i]
    add_rows(grad_weight, of_weights)
    add_rows(grad_bias, of_biases)


# ----------------------------------------------------------------------------------- operators


def _affine_part(array: Any, rows: Any, default: float) -> Any:
    """A weight or bias, flat and in the dtype of the rows; the default where there is none."""
    if array is None:
        return np.full_like(rows, default, shape=rows.shape[1])
    return np.ascontiguousarray(array, rows.dtype).reshape(-1)


def _rows(array: Any, matrix: tuple[int, int]) -> Any:
    return np.ascontiguousarray(array, compute_type(array)).reshape(matrix)


class NativeLayerNorm(Operator):
    """Fused; the last ``ndim`` dimensions are normalized together."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any, bias: Any, ndim: int, eps: float) -> Any:
        shape = input.shape
        ctx.matrix = math.prod(shape[:-ndim]), math.prod(shape[-ndim:])
        ctx.ndim = ndim
        rows = _rows(input, ctx.matrix)
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
        rows, gradients = _rows(input, ctx.matrix), _rows(grad, ctx.matrix)
        grad_input = np.empty_like(rows)
        grad_weight = np.zeros_like(rows, shape=input.shape[-ctx.ndim :])
        grad_bias = np.zeros_like(grad_weight)
        if rows.size:
            outputs = grad_input, grad_weight.reshape(-1), grad_bias.reshape(-1)
            scale = _affine_part(weight, rows, 1)
            layer_norm_backward_kernel(*outputs, gradients, rows, mean, rstd, scale)
        grad_input = grad_input.reshape(input.shape).astype(input.dtype, copy=False)
        return grad_input, grad_weight, grad_bias

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


class NativeLayerNormAndStatistics(NativeLayerNorm, name="NativeLayerNormBackward0"):
    """Shows what it normalized by too, the mean and 1 / the deviation; they have no gradient."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        out = NativeLayerNorm.forward(ctx, *args)
        input, weight, mean, rstd = ctx._saved
        shape = input.shape[: -ctx.ndim] + (1,) * ctx.ndim
        shown = input.dtype if weight is None else weight.dtype
        return out, mean.reshape(shape).astype(shown), rstd.reshape(shape).astype(shown)

    @staticmethod
    def backward(ctx: Any, grad: Any, *of_statistics: Any) -> Any:
        return NativeLayerNorm.backward(ctx, grad)

    @staticmethod
    def composed(*args: Any) -> Any:
        return NativeLayerNorm.composed(*args), None, None


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
    ndim = _check_layer(input, normalized_shape, weight, bias)
    out: Tensor = NativeLayerNorm.apply(input, weight, bias, ndim, eps)
    return out


def native_layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None,
    bias: Tensor | None,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """``layer_norm``, with the mean and 1 / the deviation of each sample."""
    ndim = _check_layer(input, normalized_shape, weight, bias)
    out, mean, rstd = NativeLayerNormAndStatistics.apply(input, weight, bias, ndim, eps)
    return out, wrap(mean._array), wrap(rstd._array)


def _check_layer(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None, bias: Tensor | None
) -> int:
    """How many dimensions are normalized."""
    shape = _check_normalized_shape(input, normalized_shape, "layer_norm", ", ")
    if weight is not None:
        _check_parameter("weight", weight, shape)
    if bias is not None:
        _check_parameter("bias", bias, shape)
    check_mixed_dtypes(input, weight, bias)
    check_floating(input._array, "LayerNormKernelImpl")
    return len(shape)


def _check_parameter(name: str, parameter: Tensor, shape: tuple[int, ...]) -> None:
    if parameter._array.shape != shape:
        raise RuntimeError(
            f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
            f"{list(parameter.shape)} and normalized_shape = {list(shape)}"
        )


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
    if not isinstance(normalized_shape, int) and input.ndim < len(normalized_shape):
        raise ValueError(
            f"Input tensor must have at least {len(normalized_shape)} dimensions, but got "
            f"{input.ndim}"
        )
    shape = _check_normalized_shape(input, normalized_shape, "rms_norm", "")
    if weight is not None and tuple(weight.shape) != shape:
        raise RuntimeError(
            "Expected weight to be of same shape as normalized_shape, but got weight of shape "
            f"{list(weight.shape)} and normalized_shape = {list(shape)}"
        )
    refuse("biu", "rms_norm", input._array)
    is_half = dtypes.is_half(input._array.dtype)
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
    if input._array.shape[-len(shape) :] != shape:
        sizes = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{comma}{sizes}], "
            f"but got input of size{list(input.shape)}"
        )
    return shape
