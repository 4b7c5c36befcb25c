"""Convolution layers.

Mirrors torch/nn/modules/conv.py, whose other halves stand in _conv_nd.py, what all share, and
conv_transpose.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import dtype as DType
from minitorch.native.convolution import conv1d, conv2d, conv3d
from minitorch.native.padding import pad
from minitorch.nn.modules._conv_nd import _ConvNd, _LazyConvNd
from minitorch.nn.modules.conv_transpose import (
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    LazyConvTranspose1d,
    LazyConvTranspose2d,
    LazyConvTranspose3d,
)
from minitorch.nn.modules.conv_transpose import (
    _ConvTransposeNd as _ConvTransposeNd,
)
from minitorch.nn.modules.utils import Size, _ntuple

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]


class _DirectConvNd(_ConvNd):
    """Convolutions whose output is smaller than their input, or as large as it."""

    function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        n = self.spatial_dims
        super().__init__(
            in_channels,
            out_channels,
            _ntuple(kernel_size, n),
            _ntuple(stride, n),
            padding if isinstance(padding, str) else _ntuple(padding, n),
            _ntuple(dilation, n),
            False,
            _ntuple(0, n),
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """``forward`` with other weights: for layers that compute theirs."""
        padding = self.padding
        if self.padding_mode != "zeros":
            input = pad(input, self._margins(), mode=self.padding_mode)
            padding = _ntuple(0, self.spatial_dims)
        return self.function(input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def _margins(self) -> list[int]:
        """``padding`` as ``pad`` wants it: before and after, last dimension first."""
        if self.padding == "valid":
            return [0, 0] * len(self.kernel_size)
        margins = []
        if self.padding == "same":
            for d, k in zip(reversed(self.dilation), reversed(self.kernel_size), strict=True):
                total = d * (k - 1)
                margins += [total // 2, total - total // 2]
        else:
            assert not isinstance(self.padding, str)
            for size in reversed(self.padding):
                margins += [size, size]
        return margins


class Conv1d(_DirectConvNd):
    """Slides learned filters along a sequence.

    Shape:
        input ``(N, C_in, L)`` or ``(C_in, L)``, output ``(N, C_out, L_out)``, where
        L_out = ⌊(L + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1;
        weight ``(C_out, C_in / groups, kernel_size)``, bias ``(C_out,)``.

    Weight and bias are drawn from U(-√k, √k) with k = groups / (C_in · kernel_size).
    """

    spatial_dims = 1
    function = staticmethod(conv1d)


class Conv2d(_DirectConvNd):
    """Slides learned filters over an image.

    Shape:
        input ``(N, C_in, H, W)`` or ``(C_in, H, W)``, output ``(N, C_out, H_out, W_out)``, where
        H_out = ⌊(H + 2 padding[0] - dilation[0] (kernel_size[0] - 1) - 1) / stride[0]⌋ + 1, and
        W_out likewise; weight ``(C_out, C_in / groups, *kernel_size)``, bias ``(C_out,)``.

    Weight and bias are drawn from U(-√k, √k) with k = groups / (C_in · ∏ kernel_size).

    >>> import minitorch
    >>> from minitorch import nn
    >>> nn.Conv2d(1, 32, 3, padding=1)(minitorch.randn(8, 1, 28, 28)).shape
    torch.Size([8, 32, 28, 28])
    """

    spatial_dims = 2
    function = staticmethod(conv2d)


class Conv3d(_DirectConvNd):
    """Slides learned filters through a volume.

    Shape:
        input ``(N, C_in, D, H, W)`` or ``(C_in, D, H, W)``, output
        ``(N, C_out, D_out, H_out, W_out)``, sizes as in Conv2d; weight
        ``(C_out, C_in / groups, *kernel_size)``, bias ``(C_out,)``.
    """

    spatial_dims = 3
    function = staticmethod(conv3d)


# --------------------------------------------------------------------------- lazy


class _LazyDirectConvNd(_LazyConvNd, _DirectConvNd):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode)
        self._declare_parameters(out_channels, bias, device, dtype)


class LazyConv1d(_LazyDirectConvNd, Conv1d):
    """A Conv1d that learns ``in_channels`` from its first input."""

    cls_to_become = Conv1d


class LazyConv2d(_LazyDirectConvNd, Conv2d):
    """A Conv2d that learns ``in_channels`` from its first input."""

    cls_to_become = Conv2d


class LazyConv3d(_LazyDirectConvNd, Conv3d):
    """A Conv3d that learns ``in_channels`` from its first input."""

    cls_to_become = Conv3d
