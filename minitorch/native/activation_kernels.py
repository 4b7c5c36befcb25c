"""The loops of the activation functions and of their derivatives.

Every kernel works on flat arrays of one floating dtype. A literal such as ``0.5`` is a float64 to
Numba and would make a float32 loop twice as slow, hence ``number = out.dtype.type``.

Mirrors aten/src/ATen/native/cpu/Activation.cpp. Left out: bfloat16.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch._jit import kernel, prange
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.vec_math import erf, exp, expm1, log1p_of_unit, sigmoid, tanh

# ------------------------------------------------------------------ piecewise linear


@DispatchStub
@kernel(parallel=True)
def relu_kernel(out: Any, input: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        out[i] = zero if input[i] <= zero else input[i]


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


@DispatchStub
@kernel(parallel=True)
def hardsigmoid_kernel(out: Any, input: Any) -> None:
    number = out.dtype.type
    zero, three, six = number(0), number(3), number(6)
    for i in prange(out.size):
        x = input[i] + three
        x = zero if x < zero else x
        out[i] = (six if x > six else x) / six


@DispatchStub
@kernel(parallel=True)
def hardswish_kernel(out: Any, input: Any) -> None:
    number = out.dtype.type
    zero, three, six = number(0), number(3), number(6)
    for i in prange(out.size):
        x = input[i] + three
        x = zero if x < zero else x
        out[i] = input[i] * (six if x > six else x) / six


@DispatchStub
@kernel(parallel=True)
def hardswish_backward_kernel(out: Any, grad: Any, input: Any) -> None:
    number = out.dtype.type
    zero, three, half = number(0), number(3), number(0.5)
    for i in prange(out.size):
        x = input[i]
        inner = grad[i] * (x / three + half)
        out[i] = zero if x <= -three else (inner if x < three else grad[i])


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


@DispatchStub
@kernel(parallel=True)
def gelu_kernel(out: Any, input: Any) -> None:
    number = out.dtype.type
    half, one, sqrt_half = number(0.5), number(1), number(math.sqrt(0.5))
    for i in prange(out.size):
        x = input[i]
        out[i] = x * half * (one + erf(x * sqrt_half))


@DispatchStub
@kernel(parallel=True)
def gelu_backward_kernel(out: Any, grad: Any, input: Any) -> None:
    number = out.dtype.type
    half, one, sqrt_half = number(0.5), number(1), number(math.sqrt(0.5))
    density_at_0 = number(1 / math.sqrt(2 * math.pi))
    for i in prange(out.size):
        x = input[i]
        cdf = half * (one + erf(x * sqrt_half))
        pdf = density_at_0 * exp(x * x * -half)
        out[i] = grad[i] * (cdf + x * pdf)


@DispatchStub
@kernel(parallel=True)
def gelu_tanh_kernel(out: Any, input: Any) -> None:
    number = out.dtype.type
    half, one, cube = number(0.5), number(1), number(0.044715)
    beta = number(math.sqrt(2 / math.pi))
    for i in prange(out.size):
        x = input[i]
        out[i] = half * x * (one + tanh(beta * (x + cube * x * x * x)))


@DispatchStub
@kernel(parallel=True)
def gelu_tanh_backward_kernel(out: Any, grad: Any, input: Any) -> None:
    number = out.dtype.type
    half, one, three, cube = number(0.5), number(1), number(3), number(0.044715)
    beta = number(math.sqrt(2 / math.pi))
    for i in prange(out.size):
        x = input[i]
        t = tanh(beta * (x + cube * x * x * x))
        inner = beta * (one + three * cube * x * x)
        out[i] = grad[i] * (half * (one + t) + half * x * (one - t * t) * inner)


@DispatchStub
@kernel(parallel=True)
def silu_kernel(out: Any, input: Any) -> None:
    one = out.dtype.type(1)
    for i in prange(out.size):
        x = input[i]
        out[i] = x / (one + exp(-x))


@DispatchStub
@kernel(parallel=True)
def silu_backward_kernel(out: Any, grad: Any, input: Any) -> None:
    one = out.dtype.type(1)
    for i in prange(out.size):
        x = input[i]
        s = sigmoid(x)
        out[i] = grad[i] * s * (one + x * (one - s))


@kernel
def _tanh_of_softplus(x: Any, two: Any, limit: Any) -> Any:
    """With e = exp(x): tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2)."""
    e = exp(limit if x > limit else x)
    product = e * (e + two)
    return product / (product + two)


@DispatchStub
@kernel(parallel=True)
def mish_kernel(out: Any, input: Any) -> None:
    number = out.dtype.type
    two, limit = number(2), number(20)  # beyond 20 the quotient is 1 in either precision
    for i in prange(out.size):
        x = input[i]
        out[i] = x * _tanh_of_softplus(x, two, limit)


@DispatchStub
@kernel(parallel=True)
def mish_backward_kernel(out: Any, grad: Any, input: Any) -> None:
    number = out.dtype.type
    one, two, limit = number(1), number(2), number(20)
    for i in prange(out.size):
        x = input[i]
        t = _tanh_of_softplus(x, two, limit)
        out[i] = grad[i] * (t + x * sigmoid(x) * (one - t * t))


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


@DispatchStub
@kernel(parallel=True)
def logsigmoid_kernel(out: Any, input: Any) -> None:
    zero = out.dtype.type(0)
    for i in prange(out.size):
        x = input[i]
        out[i] = (x if x < zero else zero) - log1p_of_unit(exp(-abs(x)))


@DispatchStub
@kernel(parallel=True)
def logsigmoid_backward_kernel(out: Any, grad: Any, input: Any) -> None:
    for i in prange(out.size):
        out[i] = grad[i] * sigmoid(-input[i])
