"""Layers that add a border. Mirrors torch/nn/modules/padding.py."""

from __future__ import annotations

from typing import ClassVar

from minitorch._tensor import Tensor
from minitorch.native.padding import pad
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.utils import Size, _ntuple

__all__ = [
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
]


class _PadNd(Module):
    """``padding`` is one width for all sides, or before and after of each dimension, last first."""

    mode: ClassVar[str]
    ndim: ClassVar[int]

    def __init__(self, padding: Size) -> None:
        super().__init__()
        self.padding = _ntuple(padding, 2 * self.ndim)

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPadNd(_PadNd):
    def __init__(self, padding: Size, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPadNd):
    """Writes ``value`` around sequences, ``(N, C, L)`` or without N."""

    ndim = 1


class ConstantPad2d(_ConstantPadNd):
    """Writes ``value`` around images, ``(N, C, H, W)`` or without N."""

    ndim = 2


class ConstantPad3d(_ConstantPadNd):
    """Writes ``value`` around volumes, ``(N, C, D, H, W)`` or without N."""

    ndim = 3


class ZeroPad1d(ConstantPad1d):
    """Writes zeros around sequences, ``(N, C, L)`` or without N."""

    def __init__(self, padding: Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad2d(ConstantPad2d):
    """Writes zeros around images, ``(N, C, H, W)`` or without N."""

    def __init__(self, padding: Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad3d(ConstantPad3d):
    """Writes zeros around volumes, ``(N, C, D, H, W)`` or without N."""

    def __init__(self, padding: Size) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ReflectionPadNd(_PadNd):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPadNd):
    """Mirrors sequences at their borders, ``(N, C, L)`` or without N."""

    ndim = 1


class ReflectionPad2d(_ReflectionPadNd):
    """Mirrors images at their borders, ``(N, C, H, W)`` or without N."""

    ndim = 2


class ReflectionPad3d(_ReflectionPadNd):
    """Mirrors volumes at their borders, ``(N, C, D, H, W)`` or without N."""

    ndim = 3


class _ReplicationPadNd(_PadNd):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPadNd):
    """Repeats the borders of sequences, ``(N, C, L)`` or without N."""

    ndim = 1


class ReplicationPad2d(_ReplicationPadNd):
    """Repeats the borders of images, ``(N, C, H, W)`` or without N."""

    ndim = 2


class ReplicationPad3d(_ReplicationPadNd):
    """Repeats the borders of volumes, ``(N, C, D, H, W)`` or without N."""

    ndim = 3


class _CircularPadNd(_PadNd):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        ndim = self.ndim + 1
        if input.dim() not in (ndim, ndim + 1):
            raise ValueError(f"expected {ndim}D or {ndim + 1}D input (got {input.dim()}D input)")
        return super().forward(input)


class CircularPad1d(_CircularPadNd):
    """Continues sequences with what lies at their other end, ``(N, C, L)`` or without N."""

    ndim = 1


class CircularPad2d(_CircularPadNd):
    """Continues images with what lies at their other end, ``(N, C, H, W)`` or without N."""

    ndim = 2


class CircularPad3d(_CircularPadNd):
    """Continues volumes with what lies at their other end, ``(N, C, D, H, W)`` or without N."""

    ndim = 3
