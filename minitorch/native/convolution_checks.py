"""The arguments of a convolution: brought into one form, and refused in torch's words.

Mirrors check_shape_forward of aten/src/ATen/native/Convolution.cpp.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from minitorch import dtypes
from minitorch.native.convolution_columns import Ints, Window
from minitorch.native.padding import pad
from minitorch.native.tensor_iterator import refuse

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

IntOrTuple = int | Sequence[int]


def batched(input: Tensor, ndim: int, function: str) -> tuple[Tensor, bool]:
    if input.ndim not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"Expected {ndim + 1}D (unbatched) or {ndim + 2}D (batched) input to {function}, but "
            f"got input of size: {list(input.shape)}"
        )
    is_batched = input.ndim == ndim + 2
    return (input if is_batched else input.unsqueeze(0)), is_batched


def expanded(value: IntOrTuple, name: str, ndim: int, weight_ndim: int) -> Ints:
    """One number for each dimension.

    Raises:
        RuntimeError: there are more or fewer, or the weight has another number of dimensions.
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) == 1:
        values *= ndim
    if len(values) != ndim or ndim != weight_ndim:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {weight_ndim} values to "
            f"match the convolution dimensions, but got {name}={list(values)}"
        )
    return values


def padding_by_name(
    input: Tensor, padding: str, strides: Ints, taps: Ints, dilations: Ints
) -> tuple[Tensor, Ints]:
    """The padding that ``"same"`` and ``"valid"`` mean; an odd rest is added to the input's end."""
    if padding == "valid":
        return input, (0,) * len(taps)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if max(strides) > 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(taps, dilations, strict=True)]
    if any(total % 2 for total in totals):
        warnings.warn(
            "Using padding='same' with even kernel lengths and odd dilation may require a "
            "zero-padded copy of the input be created"
        )
        ends = [(0, total % 2) for total in reversed(totals)]
        input = pad(input, [width for pair in ends for width in pair])
    return input, tuple([total // 2 for total in totals])


def check_window(window: Window) -> None:
    if min(window.padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(window.stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(window.dilation) <= 0:
        raise RuntimeError("non-positive dilation is not supported")
    if window.groups <= 0:
        raise RuntimeError("non-positive groups is not supported")


def _check_groups(weight: Tensor, groups: int) -> None:
    size = list(weight.shape)
    if size[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but "
            f"got weight of size {size} instead"
        )
    if size[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size [{size}] instead"
        )


def check_shapes(input: Tensor, weight: Tensor, bias: Tensor | None, window: Window) -> None:
    groups, size = window.groups, list(weight.shape)
    _check_groups(weight, groups)
    if input.shape[1] != size[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {size}, expected input{list(input.shape)} to "
            f"have {size[1] * groups} channels, but got {input.shape[1]} channels instead"
        )
    if bias is not None and bias.shape != (size[0],):
        raise RuntimeError(
            f"Given weight of size {size}, expected bias to be 1-dimensional with {size[0]} "
            f"elements, but got bias of size {list(bias.shape)} instead"
        )
    padded = [n + 2 * p for n, p in zip(input.shape[2:], window.padding, strict=True)]
    extents = [d * (k - 1) + 1 for k, d in zip(size[2:], window.dilation, strict=True)]
    if any(n < extent for n, extent in zip(padded, extents, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel "
            f"size: ({' x '.join(map(str, extents))}). Kernel size can't be greater than actual "
            "input size"
        )
    _check_not_empty(input)
    _check_has_kernel(input, transposed=False)


def check_transposed_shapes(
    input: Tensor, weight: Tensor, bias: Tensor | None, window: Window
) -> None:
    size = list(weight.shape)
    _check_groups(weight, window.groups)
    if input.shape[1] != size[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {size}, expected input{list(input.shape)} to have "
            f"{size[0]} channels, but got {input.shape[1]} channels instead"
        )
    out_channels = size[1] * window.groups
    if bias is not None and bias.shape != (out_channels,):
        raise RuntimeError(
            f"Given transposed=1, weight of size {size}, expected bias to be 1-dimensional with "
            f"{out_channels} elements, but got bias of size {list(bias.shape)} instead"
        )
    _check_not_empty(input)
    _check_has_kernel(input, transposed=True)


def _check_not_empty(input: Tensor) -> None:
    if 0 in input.shape[2:] and 0 not in input.shape[:2]:
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(input.shape)}"
        )


def _check_has_kernel(input: Tensor, transposed: bool) -> None:
    """Refuse bool. The kernels of one dimension are those of two."""
    ndim = max(input.ndim - 2, 2)
    name = f"slow_conv_transpose{ndim}d_out_cpu" if transposed else f"slow_conv{ndim}d_cpu"
    refuse("b", name, input._array)


def check_dtypes(input: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    if bias is not None and bias.dtype != input.dtype:
        names = [_CPP_NAMES.get(str(x.dtype), str(x.dtype)) for x in (input, bias)]
        raise RuntimeError(f"Input type ({names[0]}) and bias type ({names[1]}) should be the same")
    if weight.dtype != input.dtype:
        names = [dtypes.from_numpy(x._array.dtype).c10_name for x in (input, weight)]
        raise RuntimeError(f"expected scalar type {names[0]} but found {names[1]}")


_CPP_NAMES = {
    "torch.bool": "bool",
    "torch.uint8": "unsigned char",
    "torch.int8": "signed char",
    "torch.int16": "short int",
    "torch.int32": "int",
    "torch.int64": "long int",
    "torch.float16": "c10::Half",
    "torch.bfloat16": "c10::BFloat16",
    "torch.float32": "float",
    "torch.float64": "double",
    "torch.complex64": "c10::complex<float>",
    "torch.complex128": "c10::complex<double>",
}


def check_tbc(input: Tensor, weight: Tensor, bias: Tensor) -> None:
    """Refuse what ``conv_tbc`` cannot take."""
    if input.ndim != 3:
        raise RuntimeError("Input must have 3 dims: time, batch, in_channel")
    if weight.ndim != 3:
        raise RuntimeError(
            "Weight tensor must have 3 dims: kernel_width, in_channels, out_channels."
        )
    if bias.ndim != 1:
        raise RuntimeError("Bias must be 1-D")
    if input.shape[2] != weight.shape[1]:
        raise RuntimeError("Input dim 2 (input channels) is not == dim 1 in the weight tensor")
    if bias.shape[0] != weight.shape[2]:
        raise RuntimeError("Bias size must equal dim 2 in the weight tensor (output channels).")
