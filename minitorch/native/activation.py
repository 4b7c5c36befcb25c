"""Activation functions made of straight pieces: relu, hardtanh, leaky_relu, prelu, hardswish, ...

Their backward is written in shared operators, so it serves second derivatives too; only hardswish,
which is not linear in its middle, is fused. The smooth ones stand in activation_smooth.py, tanh in
trigonometry.py, sigmoid in exponential.py, softmax in softmax.py.

Mirrors aten/src/ATen/native/Activation.cpp and torch/nn/functional.py. Left out: complex inputs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable
from minitorch.native import activation_kernels as kernels
from minitorch.native.distribution_kernels import uniform_
from minitorch.native.expand_utils import meta_of, sum_to
from minitorch.native.pointwise import check_floating, pointwise
from minitorch.native.tensor_compare import Where
from minitorch.native.tensor_iterator import refuse
from minitorch.native.variants import accepts_out
from minitorch.native.views import reshape
from minitorch.random import Generator

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class ThresholdBackward(Operator):
    """``grad`` where ``input`` is above the threshold (or NaN), else 0."""

    @staticmethod
    def forward(ctx: Any, grad: Any, input: Any, threshold: float) -> Any:
        ctx.save_for_backward(input)
        ctx.threshold = threshold
        stub = kernels.threshold_backward_kernel
        return pointwise(stub, "threshold_cpu", (grad, input), threshold)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return ThresholdBackward.apply(grad, input, ctx.threshold), None


class Relu(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        dtype = input.dtype
        if dtype.char in "fd":
            out = kernels.relu_kernel(input)
        elif dtype.kind == "b":
            raise RuntimeError("Boolean inputs not supported for relu")
        elif dtype.kind == "c":
            raise NotImplementedError("clamp is not supported for complex types")
        else:
            out = np.maximum(input, dtype.type(0))
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        if isinstance(grad, Variable):
            return ThresholdBackward.apply(grad, out, 0)
        return kernels.relu_backward_kernel(grad, out)


class Threshold(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, threshold: float, value: float) -> Any:
        refuse("bc", "threshold_cpu", input)
        number = input.dtype.type
        ctx.save_for_backward(input)
        ctx.threshold = threshold
        return np.where(input <= number(threshold), number(value), input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return ThresholdBackward.apply(grad, input, ctx.threshold)


class HardtanhBackward(Operator):
    """``grad`` where ``low < input < high``, else 0."""

    @staticmethod
    def forward(ctx: Any, grad: Any, input: Any, low: float, high: float) -> Any:
        ctx.save_for_backward(input)
        ctx.limits = low, high
        stub = kernels.hardtanh_backward_kernel
        return pointwise(stub, "hardtanh_backward_cpu", (grad, input), low, high)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return HardtanhBackward.apply(grad, input, *ctx.limits), None


class Hardtanh(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, low: float, high: float) -> Any:
        if input.dtype == bool:
            raise RuntimeError("Bool inputs not supported for hardtanh")
        if input.dtype.kind == "c":
            raise NotImplementedError("clamp is not supported for complex types")
        if input.dtype == np.uint8 and (low < 0 or high < 0):
            raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
        number = input.dtype.type
        out = np.minimum(np.maximum(input, number(low)), number(high))
        ctx.save_for_backward(out)  # lies strictly between the limits exactly where the input does
        ctx.limits = low, high
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return HardtanhBackward.apply(grad, out, *ctx.limits)


class LeakyReluBackward(Operator):
    """``grad`` where ``input > 0``, else ``grad * negative_slope``."""

    @staticmethod
    def forward(ctx: Any, grad: Any, input: Any, negative_slope: float) -> Any:
        ctx.save_for_backward(input)
        ctx.negative_slope = negative_slope
        stub = kernels.leaky_relu_backward_kernel
        return pointwise(stub, "leaky_relu_backward_cpu", (grad, input), negative_slope)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return LeakyReluBackward.apply(grad, input, ctx.negative_slope), None


class LeakyRelu(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, negative_slope: float) -> Any:
        ctx.save_for_backward(input)
        ctx.negative_slope = negative_slope
        return pointwise(kernels.leaky_relu_kernel, "leaky_relu_cpu", (input,), negative_slope)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return LeakyReluBackward.apply(grad, input, ctx.negative_slope)


class LeakyReluInPlace(Operator, name="LeakyReluBackward1"):
    """Saves the result, whose sign is the input's as long as the slope is not negative."""

    @staticmethod
    def forward(ctx: Any, input: Any, negative_slope: float) -> Any:
        out = LeakyRelu.forward(ctx, input, negative_slope)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        if ctx.negative_slope < 0:
            raise RuntimeError(
                "In-place leakyReLu backward calculation is triggered with a negative slope which "
                "is not supported. This is caused by calling in-place forward function with a "
                "negative slope, please call out-of-place version instead. File an issue at "
                "https://github.com/pytorch/pytorch if you do require supporting in-place "
                "leakRelu backward calculation with negative slope"
            )
        return LeakyReluBackward.apply(grad, out, ctx.negative_slope)


class Hardsigmoid(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return kernels.hardsigmoid_kernel(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return Where.apply((input > -3) & (input < 3), grad * (1 / 6), 0.0)


class Hardswish(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return kernels.hardswish_kernel(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return kernels.hardswish_backward_kernel(grad, input)

    @staticmethod
    def composed(input: Tensor) -> Tensor:
        return input * Hardtanh.apply(input + 3, 0.0, 6.0) * (1 / 6)


class Hardshrink(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, lambd: float) -> Any:
        check_floating(input, "hardshrink_cpu")
        ctx.save_for_backward(input)
        ctx.lambd = lambd
        return np.where((input >= -lambd) & (input <= lambd), input.dtype.type(0), input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return Where.apply((input < -ctx.lambd) | (input > ctx.lambd), grad, 0.0)


class Softshrink(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, lambd: float) -> Any:
        check_floating(input, "softshrink_check")
        largest = dtypes.finfo(dtypes.from_numpy(input.dtype)).max
        if not 0 <= lambd <= largest:
            name = dtypes.from_numpy(input.dtype).c10_name
            raise RuntimeError(
                f"lambda must be in range [0, {largest:g}] for input dtype {name}, "
                f"but found {lambd:g}"
            )
        ctx.save_for_backward(input)
        ctx.lambd = lambd
        return pointwise(kernels.softshrink_kernel, "softshrink_cpu", (input,), lambd)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return Where.apply((input < -ctx.lambd) | (input > ctx.lambd), grad, 0.0)


class PreluKernel(Operator):
    """``weight`` is shaped to broadcast against ``input``."""

    @staticmethod
    def forward(ctx: Any, input: Any, weight: Any) -> Any:
        check_floating(input, "prelu_cpu")
        ctx.save_for_backward(input, weight)
        return np.where(input > 0, input, weight * input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, weight = ctx.saved_tensors
        positive = input > 0
        grad_input = grad_weight = None
        if ctx.next_edges[0] is not None:
            grad_input = Where.apply(positive, grad, grad * weight)
        if ctx.next_edges[1] is not None:
            grad_weight = sum_to(Where.apply(positive, 0.0, grad * input), meta_of(weight))
        return grad_input, grad_weight


class RreluWithNoise(Operator):
    """``input * noise`` where ``input <= 0``, with the slope drawn for each element."""

    @staticmethod
    def forward(ctx: Any, input: Any, lower: float, upper: float, generator: Any) -> Any:
        if input.dtype == np.float16:
            raise NotImplementedError(
                "\"rrelu_with_noise_out_cpu\" not implemented for 'Half'",
            )
        check_floating(input, "rrelu_with_noise_out_cpu")
        negative = input <= 0
        slopes = uniform_(np.empty(int(np.count_nonzero(negative))), lower, upper, generator)
        noise = np.ones_like(input, order="C")
        noise[negative] = slopes
        ctx.save_for_backward(noise)
        return input * noise

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (noise,) = ctx.saved_tensors
        return grad * noise


class RreluAtMean(LeakyRelu, name="RreluWithNoiseBackward0"):
    """rrelu in evaluation: the slope is the middle of its range."""


# ------------------------------------------------------------------ functions


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """out = max(input, 0), element-wise; its derivative at 0 is 0.

    >>> import minitorch
    >>> relu(minitorch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    return relu_(input) if inplace else Relu.apply(input)


def relu_(input: Tensor) -> Tensor:
    """``relu`` in place."""
    return Relu.apply_(input)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """out = input where input > threshold, else value."""
    if inplace:
        return threshold_(input, threshold, value)
    return Threshold.apply(input, threshold, value)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """``threshold`` in place."""
    return Threshold.apply_(input, threshold, value)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """out = input, limited to [min_val, max_val].

    Raises:
        ValueError: min_val > max_val.
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    operation = Hardtanh.apply_ if inplace else Hardtanh.apply
    return operation(input, min_val, max_val)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """``hardtanh`` in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """out = min(max(input, 0), 6)."""
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """out = max(input, 0) + negative_slope * min(input, 0)."""
    if inplace:
        return leaky_relu_(input, negative_slope)
    return LeakyRelu.apply(input, negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """``leaky_relu`` in place."""
    return LeakyReluInPlace.apply_(input, negative_slope)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """out = max(input, 0) + weight * min(input, 0).

    Shape:
        input ``(N, C, *)``; weight ``(C,)``, ``(1,)`` or ``()``; out like input.
    Raises:
        RuntimeError: the weights are as many as neither 1 nor the channels; the dtypes differ.
    """
    x, w = input._array, weight._array
    if x.dtype != w.dtype:
        raise RuntimeError(
            "prelu: Type promoting not supported. Got "
            f"{dtypes.from_numpy(x.dtype).c10_name} and {dtypes.from_numpy(w.dtype).c10_name}"
        )
    if w.size != 1:
        if x.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = x.shape[1] if x.ndim >= 2 else 1
        if w.size != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{w.size} and channel size = {channels}."
            )
    if w.ndim > 1:
        raise RuntimeError(
            "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = " + str(w.ndim)
        )
    if w.ndim != x.ndim:
        shape = (1, w.size) + (1,) * (x.ndim - 2) if x.ndim >= 2 else (1,) * x.ndim
        weight = reshape(weight, shape)
    return PreluKernel.apply(input, weight)


def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """leaky_relu whose slope is drawn for each element from U(lower, upper).

    In evaluation the slope is the middle of the range.

    Raises:
        RuntimeError: the bounds are not finite, or lower > upper.
    """
    for name, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {name} bound must be finite, got {bound:g}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if training:
        if inplace:
            return RreluWithNoise.apply_(input, lower, upper, generator)
        return RreluWithNoise.apply(input, lower, upper, generator)
    slope = (lower + upper) / 2
    if inplace:
        return RreluAtMean.apply_(input, slope)
    return RreluAtMean.apply(input, slope)


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """``rrelu`` in place."""
    return rrelu(input, lower, upper, training, inplace=True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """out = min(max(input + 3, 0), 6) / 6."""
    return Hardsigmoid.apply_(input) if inplace else Hardsigmoid.apply(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """out = input * min(max(input + 3, 0), 6) / 6."""
    return Hardswish.apply_(input) if inplace else Hardswish.apply(input)


@accepts_out
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """out = input where it lies outside [-lambd, lambd], else 0."""
    return Hardshrink.apply(input, lambd)


@accepts_out
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """out = input moved by lambd towards 0, and 0 where it would cross."""
    return Softshrink.apply(input, lambd)
