"""Pooling layers that are told the size of their output: adaptive ones, and fractional ones.

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
from minitorch.native.fractional_max_pool import fractional_max_pool2d, fractional_max_pool3d
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import Size, _ntuple, _pair, _triple

__all__ = [
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "FractionalMaxPool2d",
    "FractionalMaxPool3d",
]


OutputSize = int | Sequence[int | None] | None
Ratio = float | Sequence[float]


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
