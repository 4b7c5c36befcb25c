"""The arguments of a convolution: brought into one form, and refused in torch's words.

Mirrors check_shape_forward of aten/src/ATen/native/Convolution.cpp.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import lru_cache
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
    input: Tensor, weight: Tensor, padding: str, stride: IntOrTuple, dilation: IntOrTuple
) -> tuple[Tensor, Ints]:
    """The padding that ``"same"`` and ``"valid"`` mean; an odd rest is added to the input's end."""
    ndim, taps = input.ndim - 2, tuple(weight.shape[2:])
    strides = expanded(stride, "stride", ndim, len(taps))
    dilations = expanded(dilation, "dilation", ndim, len(taps))
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


def _hashable(value: IntOrTuple) -> IntOrTuple:
    return value if isinstance(value, int) else tuple(value)


def window_of(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrTuple,
    padding: IntOrTuple,
    dilation: IntOrTuple,
    groups: int,
) -> Window:
    """The window of a convolution, all arguments checked."""
    shapes = input._array.shape, weight._array.shape, None if bias is None else bias._array.shape
    options = _hashable(stride), _hashable(padding), _hashable(dilation), groups
    window = _window_of(*shapes, *options)
    check_dtypes(input, weight, bias, transposed=False)
    return window


# A training step asks the same again and again: 0.5 us, where the checks take 8.
@lru_cache(maxsize=512, typed=True)
def _window_of(
    input: Ints,
    weight: Ints,
    bias: Ints | None,
    stride: IntOrTuple,
    padding: IntOrTuple,
    dilation: IntOrTuple,
    groups: int,
) -> Window:
    window = _expanded_window(input, weight, stride, padding, dilation, groups)
    _check_window(window)
    _check_shapes(input, weight, bias, window)
    return window


def transposed_window_of(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    stride: IntOrTuple,
    padding: IntOrTuple,
    output_padding: IntOrTuple,
    groups: int,
    dilation: IntOrTuple,
) -> tuple[Window, Ints, Ints]:
    """The window of a transposed convolution, all arguments checked; the output's extra size, and
    the output's size.
    """
    shapes = input._array.shape, weight._array.shape, None if bias is None else bias._array.shape
    options = _hashable(stride), _hashable(padding), _hashable(output_padding), _hashable(dilation)
    found = _transposed_window_of(*shapes, *options, groups)
    check_dtypes(input, weight, bias, transposed=True)
    return found


@lru_cache(maxsize=512, typed=True)
def _transposed_window_of(
    input: Ints,
    weight: Ints,
    bias: Ints | None,
    stride: IntOrTuple,
    padding: IntOrTuple,
    output_padding: IntOrTuple,
    dilation: IntOrTuple,
    groups: int,
) -> tuple[Window, Ints, Ints]:
    window = _expanded_window(input, weight, stride, padding, dilation, groups)
    extra = expanded(output_padding, "output_padding", len(input) - 2, len(weight) - 2)
    _check_window(window)
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    _check_transposed_shapes(input, weight, bias, window)
    if any(e >= max(s, d) for e, s, d in zip(extra, window.stride, window.dilation, strict=True)):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got output_padding "
            f"{extra}, stride {window.stride}, dilation {window.dilation}"
        )
    sizes = zip(input[2:], weight[2:], *window[:3], extra, strict=True)
    size = tuple([(n - 1) * s - 2 * p + d * (k - 1) + 1 + e for n, k, s, p, d, e in sizes])
    if min(size) < 1:
        raise RuntimeError(
            f"Given input size per channel: {list(input[2:])}. Calculated output size per "
            f"channel: {list(size)}. Output size is too small"
        )
    return window, extra, size


def _expanded_window(
    input: Ints,
    weight: Ints,
    stride: IntOrTuple,
    padding: IntOrTuple,
    dilation: IntOrTuple,
    groups: int,
) -> Window:
    ndim, taps = len(input) - 2, len(weight) - 2
    return Window(
        expanded(stride, "stride", ndim, taps),
        expanded(padding, "padding", ndim, taps),
        expanded(dilation, "dilation", ndim, taps),
        groups,
    )


def _check_window(window: Window) -> None:
    if min(window.padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(window.stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(window.dilation) <= 0:
        raise RuntimeError("non-positive dilation is not supported")
    if window.groups <= 0:
        raise RuntimeError("non-positive groups is not supported")


def _check_groups(weight: Ints, groups: int) -> None:
    size = list(weight)
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


def _check_shapes(input: Ints, weight: Ints, bias: Ints | None, window: Window) -> None:
    groups, size = window.groups, list(weight)
    _check_groups(weight, groups)
    if input[1] != size[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {size}, expected input{list(input)} to "
            f"have {size[1] * groups} channels, but got {input[1]} channels instead"
        )
    if bias is not None and bias != (size[0],):
        raise RuntimeError(
            f"Given weight of size {size}, expected bias to be 1-dimensional with {size[0]} "
            f"elements, but got bias of size {list(bias)} instead"
        )
    padded = [n + 2 * p for n, p in zip(input[2:], window.padding, strict=True)]
    extents = [d * (k - 1) + 1 for k, d in zip(size[2:], window.dilation, strict=True)]
    if any(n < extent for n, extent in zip(padded, extents, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel "
            f"size: ({' x '.join(map(str, extents))}). Kernel size can't be greater than actual "
            "input size"
        )
    _check_not_empty(input)


def _check_transposed_shapes(input: Ints, weight: Ints, bias: Ints | None, window: Window) -> None:
    size = list(weight)
    _check_groups(weight, window.groups)
    if input[1] != size[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {size}, expected input{list(input)} to have "
            f"{size[0]} channels, but got {input[1]} channels instead"
        )
    out_channels = size[1] * window.groups
    if bias is not None and bias != (out_channels,):
        raise RuntimeError(
            f"Given transposed=1, weight of size {size}, expected bias to be 1-dimensional with "
            f"{out_channels} elements, but got bias of size {list(bias)} instead"
        )
    _check_not_empty(input)


def _check_not_empty(input: Ints) -> None:
    if 0 in input[2:] and 0 not in input[:2]:
        raise RuntimeError(
            "Only zero batch or zero channel inputs are supported, but got input shape: "
            f"{list(input)}"
        )


def check_dtypes(input: Tensor, weight: Tensor, bias: Tensor | None, transposed: bool) -> None:
    """Refuse bool, for which there is no kernel, and dtypes that differ."""
    dtype = input._array.dtype
    if dtype.kind == "b":
        ndim = max(input.ndim - 2, 2)  # the kernels of one dimension are those of two
        name = f"slow_conv_transpose{ndim}d_out_cpu" if transposed else f"slow_conv{ndim}d_cpu"
        refuse("b", name, input._array)
    if bias is not None and bias._array.dtype != dtype:
        names = [_CPP_NAMES.get(str(x.dtype), str(x.dtype)) for x in (input, bias)]
        raise RuntimeError(f"Input type ({names[0]}) and bias type ({names[1]}) should be the same")
    if weight._array.dtype != dtype:
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
