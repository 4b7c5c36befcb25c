"""The formulas of the activation functions and of their derivatives.

Those without settings are ufuncs: formulas for one element. The others are kernels on flat arrays
of one floating dtype; there a literal such as ``0.5`` is a float64 to Numba and would make a
float32 loop twice as slow, hence ``number = out.dtype.type``.

Mirrors aten/src/ATen/native/cpu/Activation.cpp. Left out: bfloat16.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch._jit import kernel, prange
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.ufunc import number, ufunc
from minitorch.native.vec_math import erf, exp, expm1, log1p_of_unit, normal_cdf, sigmoid, tanh

# ------------------------------------------------------------------ piecewise linear


@ufunc("relu")
def relu_kernel(x: Any) -> Any:
    return number(0) if x <= number(0) else x


@ufunc("threshold_cpu")
def relu_backward_kernel(grad: Any, result: Any) -> Any:
    return number(0) if result <= number(0) else grad


@DispatchStub
@kernel(parallel=True)
def threshold_backward_kernel(out: Any, grad: Any, input: Any, threshold: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        out[i] = zero if input[i] <= threshold else grad[i]


@DispatchStub
@kernel(parallel=True)
def hardtanh_backward_kernel(out: Any, grad: Any, input: Any, low: Any, high: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        out[i] = grad[i] if input[i] > low and input[i] < high else zero


@DispatchStub
@kernel(parallel=True)
def leaky_relu_kernel(out: Any, input: Any, slope: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        x = input[i]
        out[i] = x if x > zero else x * slope


@DispatchStub
@kernel(parallel=True)
def leaky_relu_backward_kernel(out: Any, grad: Any, input: Any, slope: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        out[i] = grad[i] if input[i] > zero else grad[i] * slope


@ufunc("hardsigmoid_cpu")
def hardsigmoid_kernel(x: Any) -> Any:
    shifted = x + number(3)
    shifted = number(0) if shifted < number(0) else shifted
    return (number(6) if shifted > number(6) else shifted) / number(6)


@ufunc("hardswish_cpu")
def hardswish_kernel(x: Any) -> Any:
    shifted = x + number(3)
    shifted = number(0) if shifted < number(0) else shifted
    return x * (number(6) if shifted > number(6) else shifted) / number(6)


@ufunc("hardswish_cpu")
def hardswish_backward_kernel(grad: Any, x: Any) -> Any:
    inner = grad * (x / number(3) + number(0.5))
    return number(0) if x <= number(-3) else (grad if x >= number(3) else inner)


@DispatchStub
@kernel(parallel=True)
def softshrink_kernel(out: Any, input: Any, lambd: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        x = input[i]
        # x * 0 instead of 0: it keeps a NaN.
        out[i] = x - lambd if x > lambd else (x + lambd if x < -lambd else x * zero)


# ------------------------------------------------------------------ smooth


@DispatchStub
@kernel(parallel=True)
def elu_kernel(out: Any, input: Any, negative: Any, positive: Any, inner: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        x = input[i]
        low = expm1((zero if x > zero else x) * inner) * negative
        out[i] = x * positive if x > zero else low


@DispatchStub
@kernel(parallel=True)
def elu_backward_kernel(
    out: Any, grad: Any, input: Any, negative: Any, positive: Any, inner: Any
) -> None:
    zero = out.dtype.type(0)
    slope = negative * inner
    for i in prange(out.size):
        x = input[i]
        low = exp((zero if x > zero else x) * inner) * slope
        out[i] = grad[i] * (low if x <= zero else positive)


_SQRT_HALF, _SQRT_2_OVER_PI = math.sqrt(0.5), math.sqrt(2 / math.pi)
_DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)  # of the normal distribution
_CUBE = 0.044715


@ufunc("GeluKernelImpl")
def gelu_kernel(x: Any) -> Any:
    return x * number(0.5) * (number(1) + erf(x * number(_SQRT_HALF)))


@ufunc("GeluBackwardKernelImpl")
def gelu_backward_kernel(grad: Any, x: Any) -> Any:
    pdf = number(_DENSITY_AT_0) * exp(x * x * number(-0.5))
    return grad * (normal_cdf(x) + x * pdf)


@ufunc("GeluKernelImpl")
def gelu_tanh_kernel(x: Any) -> Any:
    inner = number(_SQRT_2_OVER_PI) * (x + number(_CUBE) * x * x * x)
    return number(0.5) * x * (number(1) + tanh(inner))


@ufunc("GeluBackwardKernelImpl")
def gelu_tanh_backward_kernel(grad: Any, x: Any) -> Any:
    half, one, beta, cube = number(0.5), number(1), number(_SQRT_2_OVER_PI), number(_CUBE)
    t = tanh(beta * (x + cube * x * x * x))
    slope = beta * (one + number(3) * cube * x * x)
    return grad * (half * (one + t) + half * x * (one - t * t) * slope)


@ufunc("silu_cpu")
def silu_kernel(x: Any) -> Any:
    return x / (number(1) + exp(-x))


@ufunc("silu_backward_cpu")
def silu_backward_kernel(grad: Any, x: Any) -> Any:
    s = sigmoid(x)
    return grad * s * (number(1) + x * (number(1) - s))


@kernel
def _tanh_of_softplus(x: Any, two: Any, limit: Any) -> Any:
    """With e = exp(x): tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2). Beyond 20 it is 1 in either
    precision.
    """
    e = exp(limit if x > limit else x)
    product = e * (e + two)
    return product / (product + two)


@ufunc("mish_cpu")
def mish_kernel(x: Any) -> Any:
    return x * _tanh_of_softplus(x, number(2), number(20))


@ufunc("mish_backward_cpu")
def mish_backward_kernel(grad: Any, x: Any) -> Any:
    t = _tanh_of_softplus(x, number(2), number(20))
    return grad * (t + x * sigmoid(x) * (number(1) - t * t))


@DispatchStub
@kernel(parallel=True)
def softplus_kernel(out: Any, input: Any, beta: Any, threshold: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        x = input[i] * beta
        # max(x, 0) + log(1 + exp(-|x|)) = log(1 + exp(x)), and never overflows.
        smooth = (x if x > zero else zero) + log1p_of_unit(exp(-abs(x)))
        out[i] = input[i] if x > threshold else smooth / beta


@DispatchStub
@kernel(parallel=True)
def softplus_backward_kernel(out: Any, grad: Any, input: Any, beta: Any, threshold: Any) -> None:
    one = out.dtype.type(1)
    for i in prange(out.size):
        x = input[i] * beta
        slope = sigmoid(x)
        out[i] = grad[i] * (one if x > threshold else slope)


@ufunc("log_sigmoid_cpu")
def logsigmoid_kernel(x: Any) -> Any:
    return (x if x < number(0) else number(0)) - log1p_of_unit(exp(-abs(x)))


@ufunc("log_sigmoid_backward_cpu")
def logsigmoid_backward_kernel(grad: Any, x: Any) -> Any:
    return grad * sigmoid(-x)
