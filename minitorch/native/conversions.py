"""Copies of a tensor in another dtype or memory order.

Mirrors aten/src/ATen/native/TensorConversions.cpp, and clone and contiguous of
aten/src/ATen/native/{TensorFactories.cpp, TensorProperties.cpp}.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import check_device
from minitorch._device import device as _device
from minitorch._layout import contiguous_format, memory_format, preserve_format
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.expand_utils import meta_of, sum_to
from minitorch.native.memory_format import empty_like_in, is_in
from minitorch.native.portable_stub import PortableStub
from minitorch.native.tensor_iterator import check_tensors

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_memory_format = memory_format  # parameters bear its name


class Clone(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        if 0 not in input.strides:
            return input.copy(order="K")
        out = empty_like_in(input, None)  # NumPy would make the expanded dimensions innermost
        out[...] = input
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad


@PortableStub
def contiguous_kernel(input: Any) -> Any:
    """A copy in C order."""
    return input.copy(order="C")


class Contiguous(Operator, name="CloneBackward0"):
    """A copy in C order."""

    @staticmethod
    def forward(ctx: Any, input: Any) -> Any:
        return contiguous_kernel(input)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad


class CloneInFormat(Operator, name="CloneBackward0"):
    """A copy in a memory format."""

    @staticmethod
    def forward(ctx: Any, input: Any, format: memory_format) -> Any:
        out = empty_like_in(input, format)
        out[...] = input
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad


class ToCopy(Operator):
    """A copy in another dtype."""

    @staticmethod
    def forward(ctx: Any, input: Any, dtype: np.dtype[Any]) -> Any:
        ctx.input = meta_of(input)
        return cast(input, dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return sum_to(grad, ctx.input)


def cast(array: Any, dtype: np.dtype[Any]) -> Any:
    """A copy in another dtype. Infinities are what C makes of them, without a word."""
    if dtypes.is_differentiable(array.dtype):
        with np.errstate(invalid="ignore", over="ignore"):
            if array.dtype.kind == "c" and dtype.kind not in "cb":
                array = array.real
            return array.astype(dtype)
    return array.astype(dtype)


_CPP_NAMES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int",
    "uint32": "uint32_t",
    "int64": "int64_t",
    "uint64": "uint64_t",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def number_as(value: Any, dtype: np.dtype[Any]) -> Any:
    """A Python number as a NumPy scalar. Mirrors c10/util/TypeCast.h (checked_convert): fractions
    are cut off, and negative numbers wrap around in unsigned types.

    Raises:
        RuntimeError: the dtype cannot hold the number.
    """
    if dtype.kind in "bc":
        return dtype.type(value)
    fits = True
    if isinstance(value, complex):
        fits, value = value.imag == 0, value.real
    if not dtypes.is_integral(dtype):
        with np.errstate(over="ignore"):
            number = dtype.type(value)
        fits = fits and (math.isinf(value) or not np.isinf(number))
        if fits:
            return number
    elif fits and math.isfinite(value):
        limits = np.iinfo(dtype)
        low = -limits.max if dtype.kind == "u" else limits.min
        if low <= int(value) <= limits.max:
            return dtype.type(int(value) % (limits.max + 1) if dtype.kind == "u" else int(value))
    raise RuntimeError(
        f"value cannot be converted to type {_CPP_NAMES[dtype.name]} without overflow"
    )


def clone(input: Tensor, *, memory_format: _memory_format | None = None) -> Tensor:
    """A copy with its own memory, through which gradients flow."""
    if memory_format is None or memory_format is preserve_format:
        return Clone.apply(input)
    if memory_format is contiguous_format:
        return Contiguous.apply(input)
    return CloneInFormat.apply(input, memory_format)


def contiguous(input: Tensor, memory_format: _memory_format = contiguous_format) -> Tensor:
    """The tensor itself if its elements lie in the given order, else a copy that does.

    Raises:
        RuntimeError: ``preserve_format``, which is no order.
    """
    if memory_format is contiguous_format:
        return input if input._array.flags.c_contiguous else Contiguous.apply(input)
    if is_in(input._array, memory_format):
        return input
    if memory_format is preserve_format:
        raise RuntimeError("preserve memory format is unsupported by the contiguous operator")
    return clone(input, memory_format=memory_format)


def to_dtype(input: Tensor, dtype: dtypes.dtype) -> Tensor:
    """The tensor itself if it has this dtype, else a converted copy."""
    if input._array.dtype == dtype.numpy:
        return input
    if dtype.category < dtypes.FLOATING:
        return wrap(cast(input._array, dtype.numpy))
    return ToCopy.apply(input, dtype.numpy)


def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Converted: ``to(dtype)``, ``to(device, dtype)`` or ``to(other)``, with ``non_blocking``,
    ``copy`` and ``memory_format`` behind. The device must be the CPU.

    Returns the tensor itself if nothing changes and ``copy`` is not set.
    """
    dtype, copy, format = _target(args, dict(kwargs))
    out = input if dtype is None else to_dtype(input, dtype)
    if format is not None and format is not preserve_format and not is_in(out._array, format):
        return clone(out, memory_format=format)
    return clone(out) if copy and out is input else out


def _target(args: tuple[Any, ...], names: dict[str, Any]) -> tuple[Any, bool, Any]:
    """The dtype, whether to copy, and the memory format that are asked for. Mirrors
    parse_to_conversion.
    """
    given = list(args)
    dtype, device = None, names.pop("device", None)
    format = names.pop("memory_format", None)
    if "other" in names:
        given.insert(0, names.pop("other"))
    if given and isinstance(given[0], Variable):
        dtype = dtypes.from_numpy(given.pop(0)._array.dtype)
    else:
        if given and not _is_dtype(given[0]):
            device = given.pop(0)
        if given and (_is_dtype(given[0]) or given[0] is None):
            dtype = given.pop(0)
        dtype = names.pop("dtype", dtype)
    for name in ("non_blocking", "copy")[: len(given)]:
        names[name] = given.pop(0)
    flags = [names.pop("non_blocking", False), copy := names.pop("copy", False)]
    known = device is None or (
        isinstance(device, (str, int, _device)) and not isinstance(device, bool)
    )
    if given or names or not known or not all([isinstance(f, bool) for f in flags]):
        raise TypeError("to() received an invalid combination of arguments")
    check_device(device)
    return None if dtype is None else _as_dtype(dtype), copy, format


def _is_dtype(argument: Any) -> bool:
    """A dtype of torch's, or one of NumPy's or Python's that stands for it."""
    if isinstance(argument, type):
        return argument in (bool, int, float, complex)
    return isinstance(argument, (dtypes.dtype, np.dtype))


def _as_dtype(argument: Any) -> dtypes.dtype:
    if isinstance(argument, np.dtype):
        return dtypes.from_numpy(argument)
    return dtypes.from_numpy(dtypes.to_numpy(argument))


def type_as(input: Tensor, other: Tensor) -> Tensor:
    """Converted to the dtype of another tensor."""
    check_tensors("type_as", other=other)
    return to_dtype(input, dtypes.from_numpy(other._array.dtype))


def _conversion(dtype: dtypes.dtype) -> Callable[..., Tensor]:
    def convert(input: Tensor, memory_format: _memory_format = preserve_format) -> Tensor:
        out = to_dtype(input, dtype)
        return out if memory_format is preserve_format else contiguous(out, memory_format)

    convert.__doc__ = f"Converted to {dtype.name}."
    return convert


bool_ = _conversion(dtypes.bool_)
byte = _conversion(dtypes.uint8)
char = _conversion(dtypes.int8)
short = _conversion(dtypes.int16)
int_ = _conversion(dtypes.int32)
long = _conversion(dtypes.int64)
half = _conversion(dtypes.float16)
float_ = _conversion(dtypes.float32)
double = _conversion(dtypes.float64)
bfloat16 = _conversion(dtypes.bfloat16)
cfloat = _conversion(dtypes.complex64)
cdouble = _conversion(dtypes.complex128)
