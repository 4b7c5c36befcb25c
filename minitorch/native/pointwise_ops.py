"""``addcmul`` and ``addcdiv``: a product or a quotient added to a third tensor.

Mirrors aten/src/ATen/native/PointwiseOps.cpp and its lines in tools/autograd/derivatives.yaml.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.holomorphic import Holomorphic
from minitorch.native.binary_ops import Mul
from minitorch.native.expand_utils import infer_size
from minitorch.native.tensor_iterator import cast_operand, check_tensors, not_implemented
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


class Addcmul(Holomorphic):
    saved_factors = (1, 2)

    @staticmethod
    def forward(ctx: Any, input: Any, tensor1: Any, tensor2: Any, value: float) -> Any:
        ctx.value = value
        a, b, c, number = _promoted("addcmul_cpu_out", input, tensor1, tensor2, value)
        return _rounded(a + number * b * c, input, tensor1, tensor2)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        tensor1, tensor2 = ctx.saved_tensors
        _, to_1, to_2 = ctx.next_edges[:3]
        return (
            grad,
            None if to_1 is None else grad * Mul.apply(tensor2, ctx.value),
            None if to_2 is None else grad * Mul.apply(tensor1, ctx.value),
        )


class Addcdiv(Holomorphic):
    saved_for = ((2,), (1, 2))

    @staticmethod
    def forward(ctx: Any, input: Any, tensor1: Any, tensor2: Any, value: float) -> Any:
        if dtypes.is_integral(tensor1.dtype) and dtypes.is_integral(tensor2.dtype):
            raise RuntimeError(
                "Integer division with addcdiv is no longer supported, and in a future  release "
                "addcdiv will perform a true division of tensor1 and tensor2. The historic "
                "addcdiv behavior can be implemented as (input + value * torch.trunc(tensor1 / "
                "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
                "tensor2) for float inputs. The future addcdiv behavior is just the latter "
                "implementation: (input + value * tensor1 / tensor2), for all dtypes."
            )
        ctx.save_for_backward(tensor1, tensor2)
        ctx.value = value
        a, b, c, number = _promoted("addcdiv_cpu_out", input, tensor1, tensor2, value)
        return _rounded(a + number * b / c, input, tensor1, tensor2)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        tensor1, tensor2 = ctx.saved_tensors
        _, to_1, to_2 = ctx.next_edges[:3]
        return (
            grad,
            None if to_1 is None else grad * (ctx.value / tensor2),
            None if to_2 is None else -grad * ctx.value * (tensor1 / (tensor2 * tensor2)),
        )


def _promoted(kernel: str, input: Any, tensor1: Any, tensor2: Any, value: Any) -> Any:
    """The operands and the number, in the dtype of the result, or in float32 for float16."""
    infer_size(infer_size(input.shape, tensor1.shape), tensor2.shape)
    dtype = dtypes.result_dtype(input, tensor1, tensor2)
    if dtype == np.bool_:
        raise not_implemented(kernel, input)
    if dtypes.is_integral(dtype):
        value = int(value)
    if dtypes.is_half(dtype):
        dtype = np.dtype(np.float32)
    return tuple(cast_operand(x, dtype) for x in (input, tensor1, tensor2, value))


def _rounded(out: Any, *operands: Any) -> Any:
    return out.astype(dtypes.result_dtype(*operands), copy=False)


@accepts_out
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """out = input + value * tensor1 * tensor2, element-wise."""
    check_tensors("addcmul", input=input, tensor1=tensor1, tensor2=tensor2)
    return Addcmul.apply(input, tensor1, tensor2, value)


@accepts_out
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """out = input + value * tensor1 / tensor2, element-wise.

    Raises:
        RuntimeError: both ``tensor1`` and ``tensor2`` are of integers.
    """
    check_tensors("addcdiv", input=input, tensor1=tensor1, tensor2=tensor2)
    return Addcdiv.apply(input, tensor1, tensor2, value)


def addcmul_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``addcmul`` in place."""
    return Addcmul.apply_(input, tensor1, tensor2, value)


def addcdiv_(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """``addcdiv`` in place."""
    return Addcdiv.apply_(input, tensor1, tensor2, value)
