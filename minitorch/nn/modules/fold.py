"""Sliding windows as columns, and back. Mirrors torch/nn/modules/fold.py."""

from __future__ import annotations

from minitorch._tensor import Tensor
from minitorch.native.im2col import fold, unfold
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import Size

__all__ = ["Fold", "Unfold"]


class Fold(Module):
    """Adds every column back to where ``Unfold`` takes it from.

    Shape: input ``(N, C * taps, positions)`` or without N, output ``(N, C, *output_size)``.
    """

    def __init__(
        self,
        output_size: Size,
        kernel_size: Size,
        dilation: Size = 1,
        padding: Size = 0,
        stride: Size = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )


class Unfold(Module):
    """The elements under each position of a sliding window, as columns.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C * taps, positions)``.
    """

    def __init__(
        self, kernel_size: Size, dilation: Size = 1, padding: Size = 0, stride: Size = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )
