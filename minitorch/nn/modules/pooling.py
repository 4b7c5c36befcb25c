"""Layers that summarise neighbourhoods.

Mirrors torch/nn/modules/pooling.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from minitorch.native.avg_pool import avg_pool1d, avg_pool2d, avg_pool3d
from minitorch.native.fractional_max_pool import fractional_max_pool2d, fractional_max_pool3d
from minitorch.native.lp_pool import lp_pool1d, lp_pool2d, lp_pool3d
from minitorch.native.max_pool import max_pool1d, max_pool2d, max_pool3d
from minitorch.native.max_unpool import max_unpool1d, max_unpool2d, max_unpool3d
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import Size, _ntuple, _pair, _single, _triple

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

OutputSize = int | Sequence[int | None] | None
Ratio = float | Sequence[float]


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


class _MaxUnpoolNd(Module):
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts the maxima of MaxPool1d back in their places, with zeros between them.

    ``forward`` takes the maxima, their indices, and perhaps the size of the output.

    Shape: ``(N, C, L)`` or ``(C, L)``.
    """

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__()
        self.kernel_size = _single(kernel_size)
        self.stride = _single(stride if stride is not None else kernel_size)
        self.padding = _single(padding)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        return max_unpool1d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts the maxima of MaxPool2d back in their places, with zeros between them.

    ``forward`` takes the maxima, their indices, and perhaps the size of the output.

    Shape: ``(N, C, H, W)`` or ``(C, H, W)``.
    """

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__()
        self.kernel_size = _pair(kernel_size)
        self.stride = _pair(stride if stride is not None else kernel_size)
        self.padding = _pair(padding)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        return max_unpool2d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts the maxima of MaxPool3d back in their places, with zeros between them.

    ``forward`` takes the maxima, their indices, and perhaps the size of the output.

    Shape: ``(N, C, D, H, W)`` or ``(C, D, H, W)``.
    """

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        super().__init__()
        self.kernel_size = _triple(kernel_size)
        self.stride = _triple(stride if stride is not None else kernel_size)
        self.padding = _triple(padding)

    def forward(
        self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None
    ) -> Tensor:
        return max_unpool3d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
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


class _FractionalMaxPoolNd(Module):
    """What both share: the arguments are checked, and turned into tuples."""

    _random_samples: Tensor | None

    def __init__(
        self,
        name: str,
        kernel_size: tuple[int, ...],
        output_size: tuple[int, ...] | None,
        output_ratio: Ratio | None,
        return_indices: bool,
        _random_samples: Tensor | None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = output_size
        ndim = len(kernel_size)
        self.output_ratio = None if output_ratio is None else _ntuple(output_ratio, ndim)
        if output_size is None and output_ratio is None:
            raise ValueError(
                f"{name} requires specifying either an output size, or a pooling ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if any([not 0 < ratio < 1 for ratio in self.output_ratio or ()]):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The largest elements of windows at random distances: outputs of any size are possible.

    Args:
        output_size: of the output, or ...
        output_ratio: ... its ratio to that of the input, between 0 and 1.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``.
    """

    def __init__(
        self,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: Ratio | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        super().__init__(
            "FractionalMaxPool2d",
            _pair(kernel_size),
            None if output_size is None else _pair(output_size),
            output_ratio,
            return_indices,
            _random_samples,
        )

    def forward(self, input: Tensor) -> Any:
        return fractional_max_pool2d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """``FractionalMaxPool2d`` of volumes, ``(N, C, D, H, W)`` or ``(C, D, H, W)``."""

    def __init__(
        self,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: Ratio | None = None,
        return_indices: bool = False,
        _random_samples: Tensor | None = None,
    ) -> None:
        if any([k <= 0 for k in _triple(kernel_size)]):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        super().__init__(
            "FractionalMaxPool3d",
            _triple(kernel_size),
            None if output_size is None else _triple(output_size),
            output_ratio,
            return_indices,
            _random_samples,
        )

    def forward(self, input: Tensor) -> Any:
        return fractional_max_pool3d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
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


class _AdaptiveMaxPoolNd(Module):
    output_size: Any

    def __init__(self, output_size: OutputSize, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The largest elements of ``output_size`` windows of about equal length.

    Shape: input ``(N, C, L)`` or ``(C, L)``, output ``(N, C, output_size)``.
    """

    def forward(self, input: Tensor) -> Any:
        return adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The largest elements of a grid of ``output_size`` windows; None keeps the input's size.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, *output_size)``.
    """

    def forward(self, input: Tensor) -> Any:
        return adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The largest elements of a grid of windows of a volume; None keeps the input's size.

    Shape: input ``(N, C, D, H, W)`` or ``(C, D, H, W)``, output ``(N, C, *output_size)``.
    """

    def forward(self, input: Tensor) -> Any:
        return adaptive_max_pool3d(input, self.output_size, self.return_indices)


class _AdaptiveAvgPoolNd(Module):
    output_size: Any

    def __init__(self, output_size: OutputSize) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The means of ``output_size`` windows of about equal length.

    Shape: input ``(N, C, L)`` or ``(C, L)``, output ``(N, C, output_size)``.
    """

    def forward(self, input: Tensor) -> Tensor:
        return adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The means of a grid of ``output_size`` windows; None keeps the input's size.

    Shape: input ``(N, C, H, W)`` or ``(C, H, W)``, output ``(N, C, *output_size)``.
    """

    def forward(self, input: Tensor) -> Tensor:
        return adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The means of a grid of windows of a volume; None keeps the input's size.

    Shape: input ``(N, C, D, H, W)`` or ``(C, D, H, W)``, output ``(N, C, *output_size)``.
    """

    def forward(self, input: Tensor) -> Tensor:
        return adaptive_avg_pool3d(input, self.output_size)
