"""Transposed convolution layers, which make their input larger.

Mirrors the second half of torch/nn/modules/conv.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.dtypes import dtype as DType
from minitorch.native.convolution import conv_transpose1d, conv_transpose2d, conv_transpose3d
from minitorch.nn.modules._conv_nd import _ConvNd, _LazyConvNd
from minitorch.nn.modules.utils import Size, _ntuple

__all__ = [
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]


class _ConvTransposeNd(_ConvNd):
    """What transposed convolutions add: several sizes of the output fit one of the input."""

    padding: tuple[int, ...]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        padding: tuple[int, ...],
        dilation: tuple[int, ...],
        transposed: bool,
        output_padding: tuple[int, ...],
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            transposed,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _output_padding(self, input: Tensor, output_size: Sequence[int] | None) -> tuple[int, ...]:
        """The padding that gives the wanted size: ``stride`` sizes fit, this one says which."""
        if output_size is None:
            return self.output_padding
        spatial = len(self.kernel_size)
        leading = input.dim() - spatial  # batch and channels
        if len(output_size) == leading + spatial:
            output_size = output_size[leading:]
        if len(output_size) != spatial:
            raise ValueError(
                f"ConvTranspose{spatial}D: for {input.dim()}D input, output_size must have "
                f"{spatial} or {leading + spatial} elements (got {len(output_size)})"
            )
        smallest, largest = [], []
        for d in range(spatial):
            size = (input.shape[leading + d] - 1) * self.stride[d] - 2 * self.padding[d]
            size += self.dilation[d] * (self.kernel_size[d] - 1) + 1
            smallest.append(size)
            largest.append(size + self.stride[d] - 1)
        fits = [
            low <= size <= high
            for low, size, high in zip(smallest, output_size, largest, strict=True)
        ]
        if not all(fits):
            raise ValueError(
                f"requested an output size of {output_size}, but valid sizes range from "
                f"{smallest} to {largest} (for an input of {input.shape[2:]})"
            )
        return tuple([size - low for size, low in zip(output_size, smallest, strict=True)])


class _UpsizingConvNd(_ConvTransposeNd):
    """The constructor and the forward of all three."""

    function: Callable[..., Tensor]

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
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
            _ntuple(padding, n),
            _ntuple(dilation, n),
            True,
            _ntuple(output_padding, n),
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self.function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_UpsizingConvNd):
    """The gradient of Conv1d with respect to its input, as a layer: it makes sequences longer.

    Shape:
        input ``(N, C_in, L)`` or ``(C_in, L)``, output ``(N, C_out, L_out)``, where
        L_out = (L - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1;
        weight ``(C_in, C_out / groups, kernel_size)``, bias ``(C_out,)``.
    """

    spatial_dims = 1
    function = staticmethod(conv_transpose1d)


class ConvTranspose2d(_UpsizingConvNd):
    """The gradient of Conv2d with respect to its input, as a layer: it makes images larger.

    Shape:
        input ``(N, C_in, H, W)`` or ``(C_in, H, W)``, output ``(N, C_out, H_out, W_out)``, where
        H_out = (H - 1) stride[0] - 2 padding[0] + dilation[0] (kernel_size[0] - 1)
        + output_padding[0] + 1, and W_out likewise;
        weight ``(C_in, C_out / groups, *kernel_size)``, bias ``(C_out,)``.
    """

    spatial_dims = 2
    function = staticmethod(conv_transpose2d)


class ConvTranspose3d(_UpsizingConvNd):
    """The gradient of Conv3d with respect to its input, as a layer: it makes volumes larger.

    Shape:
        input ``(N, C_in, D, H, W)`` or ``(C_in, D, H, W)``, output
        ``(N, C_out, D_out, H_out, W_out)``, sizes as in ConvTranspose2d; weight
        ``(C_in, C_out / groups, *kernel_size)``, bias ``(C_out,)``.
    """

    spatial_dims = 3
    function = staticmethod(conv_transpose3d)


# --------------------------------------------------------------------------- lazy


class _LazyUpsizingConvNd(_LazyConvNd, _UpsizingConvNd):
    def __init__(
        self,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: DType | None = None,
    ) -> None:
        super().__init__(
            0,
            0,
            kernel_size,
            stride,
            padding,
            output_padding,
            groups,
            False,
            dilation,
            padding_mode,
        )
        self._declare_parameters(out_channels, bias, device, dtype)


class LazyConvTranspose1d(_LazyUpsizingConvNd, ConvTranspose1d):
    """A ConvTranspose1d that learns ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyUpsizingConvNd, ConvTranspose2d):
    """A ConvTranspose2d that learns ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(_LazyUpsizingConvNd, ConvTranspose3d):
    """A ConvTranspose3d that learns ``in_channels`` from its first input."""

    cls_to_become = ConvTranspose3d
