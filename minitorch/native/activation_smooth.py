"""Smooth activation functions: elu, selu, celu, gelu, silu, mish, softplus, logsigmoid, glu, ...

They are fused, one pass over memory in each direction (activation_kernels.py), and name a composed
formula for second derivatives. tanh is in trigonometry.py, sigmoid in exponential.py, softmax in
softmax.py.

Mirrors aten/src/ATen/native/Activation.cpp and torch/nn/functional.py. Left out: complex inputs,
but for silu.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.native import activation_kernels as kernels
from minitorch.native import exponential, trigonometry, unary_ops
from minitorch.native.error_functions import erf
from minitorch.native.pointwise import check_floating, pointwise
from minitorch.native.sizes import wrap_dim
from minitorch.native.splitting import chunk
from minitorch.native.tensor_compare import Where
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Elu(Operator):
    """``positive * x`` for x > 0, else ``negative * (exp(inner * x) - 1)``."""

    @staticmethod
    def forward(ctx: Any, input: Any, negative: float, positive: float, inner: float) -> Any:
        ctx.save_for_backward(input)
        ctx.coefficients = negative, positive, inner
        return pointwise(kernels.elu_kernel, "elu_cpu", (input,), negative, positive, inner)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return pointwise(kernels.elu_backward_kernel, "elu_cpu", (grad, input), *ctx.coefficients)

    @staticmethod
    def composed(input: Tensor, negative: float, positive: float, inner: float) -> Any:
        below = Where.apply(input > 0, 0.0, input)
        low = exponential.expm1(below * inner) * negative
        return Where.apply(input > 0, input * positive, low)


class EluInPlace(Elu, name="EluBackward1"):
    pass


class Celu(Elu):
    pass


class CeluInPlace(Elu, name="CeluBackward1"):
    pass


class Gelu(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, approximate: str) -> Any:
        ctx.save_for_backward(input)
        ctx.approximate = approximate
        kernel = kernels.gelu_kernel if approximate == "none" else kernels.gelu_tanh_kernel
        return kernel(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        exact = ctx.approximate == "none"
        kernel = kernels.gelu_backward_kernel if exact else kernels.gelu_tanh_backward_kernel
        return kernel(grad, input)

    @staticmethod
    def composed(input: Tensor, approximate: str) -> Tensor:
        if approximate == "none":
            return input * 0.5 * (1 + erf(input * math.sqrt(0.5)))
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * (input * input * input))
        return input * 0.5 * (1 + trigonometry.tanh(inner))


class Silu(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return kernels.silu_kernel(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return kernels.silu_backward_kernel(grad, input)

    @staticmethod
    def composed(input: Tensor) -> Tensor:
        return input * exponential.sigmoid(input)


class Mish(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return kernels.mish_kernel(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return kernels.mish_backward_kernel(grad, input)

    @staticmethod
    def composed(input: Tensor) -> Tensor:
        return input * trigonometry.tanh(Softplus.composed(input, 1.0, 20.0))


class Softplus(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, beta: float, threshold: float) -> Any:
        ctx.save_for_backward(input)
        ctx.settings = beta, threshold
        return pointwise(kernels.softplus_kernel, "softplus_cpu", (input,), beta, threshold)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        stub = kernels.softplus_backward_kernel
        return pointwise(stub, "softplus_backward_cpu", (grad, input), *ctx.settings)

    @staticmethod
    def composed(input: Tensor, beta: float, threshold: float) -> Any:
        linear = input * beta > threshold
        inner = Where.apply(linear, 0.0, input * beta)  # exp(large) would make its gradient NaN
        return Where.apply(linear, input, exponential.log1p(exponential.exp(inner)) / beta)


class LogSigmoid(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return kernels.logsigmoid_kernel(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return kernels.logsigmoid_backward_kernel(grad, input)

    @staticmethod
    def composed(input: Tensor) -> Tensor:
        return -Softplus.composed(-input, 1.0, 30.0)


class Glu(Operator):
    """Half of the input, gated by the sigmoid of the other half."""

    @staticmethod
    def forward(ctx: Any, input: Any, dim: int) -> Any:
        check_floating(input, "glu_cpu")
        value, gate = np.split(input, 2, axis=dim)
        gate = exponential.Sigmoid.apply(gate)
        ctx.save_for_backward(input, gate)
        ctx.dim = dim
        return value * gate

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, gate = ctx.saved_tensors
        value = np.split(input, 2, axis=ctx.dim)[0]
        grad_value = grad * gate
        return np.concatenate([grad_value, grad_value * value * (1 - gate)], axis=ctx.dim)

    @staticmethod
    def composed(input: Tensor, dim: int) -> Tensor:
        value, gate = chunk(input, 2, dim)
        return value * exponential.sigmoid(gate)


# ------------------------------------------------------------------ functions


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """out = input where input > 0, else alpha * (exp(input) - 1)."""
    return elu_(input, alpha) if inplace else Elu.apply(input, alpha, 1.0, 1.0)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``elu`` in place."""
    return EluInPlace.apply_(input, alpha, 1.0, 1.0)


# The fixed point at which mean 0 and variance 1 are kept (Klambauer et al., 2017).
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """out = scale * elu(input, alpha), with the constants that keep mean 0 and variance 1."""
    if inplace:
        return selu_(input)
    return Elu.apply(input, SELU_ALPHA * SELU_SCALE, SELU_SCALE, 1.0)


def selu_(input: Tensor) -> Tensor:
    """``selu`` in place."""
    return EluInPlace.apply_(input, SELU_ALPHA * SELU_SCALE, SELU_SCALE, 1.0)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """out = input where input > 0, else alpha * (exp(input / alpha) - 1).

    Raises:
        RuntimeError: alpha is 0.
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    if inplace:
        return CeluInPlace.apply_(input, alpha, 1.0, 1.0 / alpha)
    return Celu.apply(input, alpha, 1.0, 1.0 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """``celu`` in place."""
    return celu(input, alpha, inplace=True)


@accepts_out
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """out = input * P(Z <= input) for a standard normal Z.

    Args:
        approximate: 'none', or 'tanh' for a formula without the error function.
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return Gelu.apply(input, approximate)


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """out = input * sigmoid(input); also called swish. Complex inputs too."""
    if input.is_complex():
        out = input * exponential.sigmoid(input)
        return input.copy_(out) if inplace else out
    return Silu.apply_(input) if inplace else Silu.apply(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """out = input * tanh(softplus(input))."""
    return Mish.apply_(input) if inplace else Mish.apply(input)


@accepts_out
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """out = log(1 + exp(beta * input)) / beta, and input where beta * input > threshold."""
    return Softplus.apply(input, beta, threshold)


@accepts_out
def logsigmoid(input: Tensor) -> Tensor:
    """out = log(sigmoid(input)), also where sigmoid would round to 0."""
    return LogSigmoid.apply(input)


def softsign(input: Tensor) -> Tensor:
    """out = input / (1 + abs(input))."""
    return input / (unary_ops.abs(input) + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """out = input - tanh(input)."""
    return input - trigonometry.tanh(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """out = a * sigmoid(b), where a and b are the halves of the input along ``dim``.

    Shape:
        input ``(*, 2 n, *)``; out ``(*, n, *)``.
    Raises:
        RuntimeError: the size is odd, or the input has no dimensions.
    """
    shape = input._array.shape
    if not shape:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    dim = wrap_dim(dim, len(shape))
    if shape[dim] % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim} is size {shape[dim]}"
        )
    return Glu.apply(input, dim)
