"""The error function and the normal distribution function, with complements and inverses.

Mirrors torch/special/__init__.py and aten/src/ATen/native/UnaryOps.cpp. ``erf``, which activations
need, has a kernel of its own; the others are SciPy's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable
from minitorch.native import vec_math
from minitorch.native.exponential import Exp
from minitorch.native.special_math import special_unary
from minitorch.native.tensor_iterator import as_float
from minitorch.native.ufunc import number, ufunc
from minitorch.native.variants import accepts_out, in_place

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

vector_erf, vector_exp = vec_math.erf, vec_math.exp  # operations have their names


@ufunc("erf_vml_cpu")
def erf_kernel(x: Any) -> Any:
    return vector_erf(x)


@ufunc("erf_backward")
def erf_backward_kernel(grad: Any, x: Any) -> Any:
    return grad * (vector_exp(-(x * x)) * number(2 / math.sqrt(math.pi)))


class Erf(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return erf_kernel(as_float(input))

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        if isinstance(grad, Variable) or dtypes.is_half(grad.dtype):  # torch rounds each step
            return grad * (Exp.apply(-(input * input)) * (2 / math.sqrt(math.pi)))
        return erf_backward_kernel(grad, as_float(input))


class Erfc(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return special_unary("erfc", "erfc_vml_cpu", input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad * (Exp.apply(-(input * input)) * (-2 / math.sqrt(math.pi)))


class SpecialErfcx(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = special_unary("erfcx", "erfcx_cpu", input, half=False)
        ctx.save_for_backward(input, out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, out = ctx.saved_tensors
        return grad * (2 * input * out - 2 / math.sqrt(math.pi))


class Erfinv(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        x = as_float(input)
        out = special_unary("erfinv", "erfinv_vml_cpu", x)
        out = np.copysign(out, x)  # SciPy loses the sign of -0.0
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (Exp.apply(out * out) * (math.sqrt(math.pi) / 2))


class SpecialNdtri(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        out = special_unary("ndtri", "ndtri_cpu", input, half=False)
        ctx.save_for_backward(out)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (out,) = ctx.saved_tensors
        return grad * (Exp.apply(out * out / 2) * math.sqrt(2 * math.pi))


class SpecialLogNdtr(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        ctx.save_for_backward(input)
        return special_unary("log_ndtr", "log_ndtr_cpu", input, half=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (input,) = ctx.saved_tensors
        return grad / SpecialErfcx.apply(input * -math.sqrt(0.5)) * math.sqrt(2 / math.pi)


@accepts_out
def erf(input: Tensor) -> Tensor:
    """out = 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to input, element-wise.

    float32 differs from the truth by at most 6 units in the last place.

    >>> import minitorch
    >>> erf(minitorch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8427])
    """
    return Erf.apply(input)


@accepts_out
def erfc(input: Tensor) -> Tensor:
    """out = 1 - erf(input), element-wise, exact where that is small."""
    return Erfc.apply(input)


@accepts_out
def erfcx(input: Tensor) -> Tensor:
    """out = e ** (input ** 2) * erfc(input), element-wise."""
    return SpecialErfcx.apply(input)


@accepts_out
def erfinv(input: Tensor) -> Tensor:
    """out = the inverse of erf, element-wise; infinite at -1 and 1, NaN beyond."""
    return Erfinv.apply(input)


@accepts_out
def ndtr(input: Tensor) -> Tensor:
    """out = the probability that a standard normal variable is below input, element-wise."""
    return (1 + erf(input * math.sqrt(0.5))) * 0.5


@accepts_out
def ndtri(input: Tensor) -> Tensor:
    """out = the quantile of the standard normal distribution, element-wise: the inverse of
    ``ndtr``.
    """
    return SpecialNdtri.apply(input)


@accepts_out
def log_ndtr(input: Tensor) -> Tensor:
    """out = ln(ndtr(input)), element-wise, exact far to the left too."""
    return SpecialLogNdtr.apply(input)


erf_ = in_place(Erf)
erfc_ = in_place(Erfc)
erfinv_ = in_place(Erfinv)
