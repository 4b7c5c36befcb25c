"""The gamma function's logarithm, its derivatives, incomplete gamma functions, Hurwitz' zeta.

Mirrors aten/src/ATen/native/UnaryOps.cpp, BinaryOps.cpp and Math.h, and their lines in
tools/autograd/derivatives.yaml.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap
from minitorch.native.exponential import Exp, Log
from minitorch.native.not_differentiable import not_implemented_gradient
from minitorch.native.special_math import scipy_special, special_unary
from minitorch.native.tensor_iterator import (
    NUMBERS,
    as_float,
    check_any_tensor,
    check_tensors,
    on_floats,
    on_promoted,
    promote_to_float,
)
from minitorch.native.variants import accepts_out, in_place

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Lgamma(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        out = special_unary("gammaln", "lgamma_vml_cpu", input)
        return np.where(input == -math.inf, -out, out)  # +inf there in C, -inf in SciPy

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * Digamma.apply(input)


class Digamma(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return special_unary("psi", "digamma", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * Polygamma.apply(1, input)


class Polygamma(Operator):
    """The n-th derivative of ``Digamma``."""

    @staticmethod
    def forward(ctx: Any, n: int, input: Any) -> Any:
        if n < 0:
            raise RuntimeError("polygamma(n, x) does not support negative n.")
        ctx.save_for_backward(input)
        ctx.n = n
        if n == 0:
            return special_unary("psi", "digamma", input)
        if n == 1:
            return on_floats(trigamma, "trigamma", as_float(input))

        def derivative(x: Any) -> Any:
            factor = math.exp(math.lgamma(n + 1.0)) * (1 if n % 2 else -1)
            return scipy_special("zeta")(x.dtype.type(n + 1), x) * factor

        return on_floats(derivative, "polygamma", as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return None, grad * Polygamma.apply(ctx.n + 1, input)


def trigamma(x: Any) -> Any:
    """Six steps of the recurrence, then the asymptotic series; below 1/2 by reflection."""
    reflected = x < 0.5
    # The sine in the last bit as the C library gives it: near whole numbers it is divided by.
    sine = np.sin((math.pi * x).astype(np.float64)).astype(x.dtype)
    pi = x.dtype.type(math.pi)
    result = np.where(reflected, -(pi * pi) / (sine * sine), np.zeros_like(x))
    z = np.where(reflected, 1 - x, x)
    for _ in range(6):
        result = result + 1 / (z * z)
        z = z + 1
    square = 1 / (z * z)
    series = 1 + 1 / (2 * z) + square * (1 / 6 - square * (1 / 30 - square * (1 / 42)))
    result = result + series / z
    return np.where(reflected, -result, result)


class Mvlgamma(Operator):
    """The logarithm of the p-dimensional gamma function: a sum over lgamma(x - j / 2), j < p."""

    @staticmethod
    def forward(ctx: Any, input: Any, p: int) -> Any:
        ctx.save_for_backward(input)
        ctx.p = p

        def kernel(x: Any) -> Any:
            logs = [Lgamma.apply(x - j / 2) for j in reversed(range(p))]
            return sum(logs[1:], logs[0]) + p * (p - 1) * math.log(math.pi) / 4

        return on_floats(kernel, "mvlgamma", as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        slopes = [Digamma.apply(input - j / 2) for j in reversed(range(ctx.p))]
        return grad * sum(slopes[1:], slopes[0])


class Igamma(Operator):
    """The regularised lower incomplete gamma function P(input, other)."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)

        def kernel(a: Any, b: Any) -> Any:
            out = on_floats(scipy_special("gammainc"), "igamma_cpu", a, b)
            return np.where(_decided_by_one(a, b), np.isnan(a) & (b > 0), out).astype(out.dtype)

        return on_promoted(kernel, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if ctx.next_edges[0] is not None:
            not_implemented_gradient("igamma: input")
        return None, grad * _density(*ctx.saved_tensors)


class Igammac(Operator):
    """1 - P(input, other)."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)

        def kernel(a: Any, b: Any) -> Any:
            out = on_floats(scipy_special("gammaincc"), "igammac_cpu", a, b)
            return np.where(_decided_by_one(a, b), ~(np.isnan(a) & (b > 0)), out).astype(out.dtype)

        return on_promoted(kernel, input, other)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if ctx.next_edges[0] is not None:
            not_implemented_gradient("igammac: input")
        return None, -grad * _density(*ctx.saved_tensors)


def _decided_by_one(a: Any, b: Any) -> Any:
    """Where one operand decides, though the other is NaN: at 0 and at infinity."""
    return (np.isnan(a) & ((b == 0) | (b == math.inf))) | ((a == math.inf) & np.isnan(b))


def _density(input: Any, other: Any) -> Any:
    """The derivative of ``Igamma`` in its second operand: the gamma distribution's density."""
    return Exp.apply((input - 1) * Log.apply(other) - other - Lgamma.apply(input))


class SpecialZeta(Operator):
    """The sum over 1 / (k + other) ** input from k = 0."""

    @staticmethod
    def forward(ctx: Any, input: Any, other: Any) -> Any:
        ctx.save_for_backward(input, other)

        def kernel(a: Any, b: Any) -> Any:
            out = on_floats(scipy_special("zeta"), "zeta_cpu", a, b, half=False)
            # torch counts -inf as a whole number, where the sum has a pole, and has NaN at +inf.
            at_infinity = np.where(b < 0, -b, b - b)
            return np.where(np.isinf(b) & (a > 1), at_infinity, out)

        return on_promoted(kernel, input, other, promote_to_float)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        if ctx.next_edges[0] is not None:
            not_implemented_gradient("zeta")
        input, other = ctx.saved_tensors
        return None, grad * (-input * SpecialZeta.apply(input + 1, other))


class SpecialZetaOfNumber(SpecialZeta, name="SpecialZetaBackward1"):
    """``SpecialZeta`` with a Python number as exponent."""


class SpecialZetaByNumber(SpecialZeta, name="SpecialZetaBackward2"):
    """``SpecialZeta`` with a Python number as offset."""


@accepts_out
def lgamma(input: Tensor) -> Tensor:
    """out = ln |gamma(input)|, element-wise."""
    return Lgamma.apply(input)


@accepts_out
def digamma(input: Tensor) -> Tensor:
    """out = the derivative of lgamma, element-wise."""
    return Digamma.apply(input)


@accepts_out
def polygamma(n: int, input: Tensor) -> Tensor:
    """out = the n-th derivative of digamma, element-wise.

    Raises:
        RuntimeError: n is negative.
    """
    return Polygamma.apply(n, input)


def polygamma_(input: Tensor, n: int) -> Tensor:
    """``polygamma`` in place; as a method it takes n alone."""
    return in_place(lambda x: polygamma(n, x), "polygamma_")(input)


@accepts_out
def mvlgamma(input: Tensor, p: int) -> Tensor:
    """out = the logarithm of the p-dimensional gamma function, element-wise.

    Raises:
        RuntimeError: p is below 1, or the tensor is bool.
    """
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    if unwrap(input).dtype == bool:
        raise RuntimeError("The input tensor may not be a boolean tensor.")
    return Mvlgamma.apply(input, p)


@accepts_out
def igamma(input: Tensor, other: Tensor) -> Tensor:
    """out = the regularised lower incomplete gamma function, element-wise.

    It has a gradient in ``other`` alone.
    """
    check_tensors("igamma", input=input, other=other)
    return Igamma.apply(input, other)


@accepts_out
def igammac(input: Tensor, other: Tensor) -> Tensor:
    """out = 1 - igamma(input, other), element-wise, exact where that is small."""
    check_tensors("igammac", input=input, other=other)
    return Igammac.apply(input, other)


@accepts_out
def zeta(input: Tensor | float, other: Tensor | float) -> Tensor:
    """out = the sum over 1 / (k + other) ** input from k = 0, element-wise.

    It has a gradient in ``other`` alone. One of the operands may be a number.
    """
    check_any_tensor("zeta", input=input, other=other)
    if isinstance(input, NUMBERS):
        return SpecialZetaOfNumber.apply(input, other)
    return (SpecialZetaByNumber if isinstance(other, NUMBERS) else SpecialZeta).apply(input, other)


lgamma_ = in_place(Lgamma)
digamma_ = in_place(Digamma)
mvlgamma_ = in_place(mvlgamma)
igamma_ = in_place(Igamma)
igammac_ = in_place(Igammac)
