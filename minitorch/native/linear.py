"""Products of two inputs with a weight. Mirrors aten/src/ATen/native/Linear.cpp.

``linear`` itself stands in linear_algebra.py, beside the matrix product that it fuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from minitorch.native.linear_algebra import linear, matmul

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """yₖ = x₁ᵀ Wₖ x₂ + bₖ.

    Shape:
        inputs ``(*, in1)`` and ``(*, in2)``, weight ``(out, in1, in2)``, bias ``(out,)``;
        output ``(*, out)``.
    """
    if input1.shape[:-1] != input2.shape[:-1]:
        raise RuntimeError(
            "bilinear(): input batch dimensions do not match: got "
            f"{list(input1.shape[:-1])} and {list(input2.shape[:-1])}"
        )
    out, in1, in2 = weight.shape
    if input1.shape[-1] != in1:
        raise RuntimeError(
            f"bilinear(): input1 size does not match weight size: got {input1.shape[-1]} "
            f"but expected {in1}"
        )
    if input2.shape[-1] != in2:
        raise RuntimeError(
            f"bilinear(): input2 size does not match weight size: got {input2.shape[-1]} "
            f"but expected {in2}"
        )
    matrix = weight.permute(0, 2, 1).reshape(out * in2, in1)
    product = linear(input1, matrix).reshape(*input1.shape[:-1], out, in2)  # x₁ᵀ Wₖ
    output: Tensor = matmul(product, input2.unsqueeze(-1)).squeeze(-1)
    return output if bias is None else output + bias
