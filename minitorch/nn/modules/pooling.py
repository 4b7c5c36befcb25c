"""Layers that summarise neighbourhoods.

Mirrors torch/nn/modules/pooling.py, of which adaptive_pooling.py and max_unpooling.py are parts.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.avg_pool import avg_pool1d, avg_pool2d, avg_pool3d
from minitorch.native.lp_pool import lp_pool1d, lp_pool2d, lp_pool3d
from minitorch.native.max_pool import max_pool1d, max_pool2d, max_pool3d
from minitorch.nn.modules.adaptive_pooling import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
    FractionalMaxPool2d,
    FractionalMaxPool3d,
)
from minitorch.nn.modules.max_unpooling import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import Size, _single

__all__ = [
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
]


class _MaxPoolNd(Module):
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPoolNd):
    """The largest element of every window.

    Shape:
        input ``(N, C, L)`` or ``(C, L)``, output ``(N, C, L_out)``, where
        L_out = ⌊(L + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1
        (⌈⌉ with ``ceil_mode``). ``stride`` is ``kernel_size`` unless given.
    """

    def forward(self, input: Tensor) -> Any:
        return max_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxPool2d(_MaxPoolNd):
    """The largest element of every window; sizes are one number or (height, width).

    Shape:
        input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, H_out, W_out)``, sizes as in
        MaxPool1d.

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.MaxPool2d(2)(minitorch.arange(16.0).reshape(1, 4, 4))
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """

    def forward(self, input: Tensor) -> Any:
        return max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxPool3d(_MaxPoolNd):
    """The largest element of every window of a volume.

    Shape: input ``(N, C, D, H, W)`` or ``(C, D, H, W)``, sizes as in MaxPool1d.
    """

    def forward(self, input: Tensor) -> Any:
        return max_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class _AvgPoolNd(Module):
    kernel_size: Any
    stride: Any
    padding: Any

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPoolNd):
    """The mean of every window.

    Args:
        count_include_pad: whether the padding's zeros count among the elements of the mean.

    Shape:
        input ``(N, C, L)`` or ``(C, L)``, output ``(N, C, L_out)``, where
        L_out = ⌊(L + 2 padding - kernel_size) / stride⌋ + 1.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = _single(kernel_size)
        self.stride = _single(stride if stride is not None else kernel_size)
        self.padding = _single(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )


class AvgPool2d(_AvgPoolNd):
    """The mean of every window; sizes are one number or (height, width).

    Args:
        count_include_pad: whether the padding's zeros count among the elements of the mean.
        divisor_override: divide the sums by this instead.

    Shape:
        input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, H_out, W_out)``, sizes as in
        AvgPool1d.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(_AvgPoolNd):
    """The mean of every window of a volume.

    Args:
        count_include_pad: whether the padding's zeros count among the elements of the mean.
        divisor_override: divide the sums by this instead.

    Shape: input ``(N, C, D, H, W)`` or ``(C, D, H, W)``, sizes as in AvgPool1d.
    """

    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _LPPoolNd(Module):
    def __init__(
        self,
        norm_type: float,
        kernel_size: Any,
        stride: Size | None = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPoolNd):
    """(Σ of x ** norm_type) ** (1 / norm_type) over every window, ``(N, C, L)`` or without N."""

    def forward(self, input: Tensor) -> Tensor:
        return lp_pool1d(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )


class LPPool2d(_LPPoolNd):
    """``LPPool1d`` of images, ``(N, C, H, W)`` or without N."""

    def forward(self, input: Tensor) -> Tensor:
        return lp_pool2d(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )


class LPPool3d(_LPPoolNd):
    """``LPPool1d`` of volumes, ``(N, C, D, H, W)`` or without N."""

    def forward(self, input: Tensor) -> Tensor:
        return lp_pool3d(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )
