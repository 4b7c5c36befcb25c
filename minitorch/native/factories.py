"""Tensors of one value, or of none in particular.

Mirrors aten/src/ATen/native/TensorFactories.cpp. Ranges stand in ranges.py, tensors of given data
in tensor_new.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import check_device
from minitorch.native.conversions import number_as
from minitorch.native.memory_format import empty_in, empty_like_in
from minitorch.native.sizes import as_shape, check_sizes
from minitorch.native.tensor_new import (
    default_dtype,
    dtype_or,
    fills_out,
    new_leaf,
    number_of,
    shape_of,
)

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _dtype_of_number(value: Any) -> np.dtype[Any]:
    if isinstance(value, bool):
        return np.dtype(bool)
    if isinstance(value, int):
        return np.dtype(np.int64)
    default = dtypes.get_default_dtype()
    return default.to_complex().numpy if isinstance(value, complex) else default.numpy


@fills_out
def empty(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor whose elements are whatever the memory held."""
    check_device(device, pin_memory)
    shape = shape_of("empty", sizes, size)
    kind = dtype_or(default_dtype(), dtype)
    if memory_format is None:
        return new_leaf(np.empty(shape, kind), requires_grad)
    return new_leaf(empty_in(np.empty(0, kind), shape, memory_format), requires_grad)


@fills_out
def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of zeros."""
    check_device(device, pin_memory)
    shape = shape_of("zeros", sizes, size)
    return new_leaf(np.zeros(shape, dtype_or(default_dtype(), dtype)), requires_grad)


@fills_out
def ones(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of ones."""
    check_device(device, pin_memory)
    shape = shape_of("ones", sizes, size)
    return new_leaf(np.ones(shape, dtype_or(default_dtype(), dtype)), requires_grad)


@fills_out
def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A tensor of one value; its type decides the dtype."""
    check_device(device, pin_memory)
    value = number_of(fill_value, "full")
    kind = dtype_or(_dtype_of_number(value), dtype)
    shape = check_sizes(as_shape((size,)))
    return new_leaf(np.full(shape, number_as(value, kind), kind), requires_grad)


@fills_out
def scalar_tensor(
    value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A 0-dim tensor of the default dtype."""
    check_device(device, pin_memory)
    kind = dtype_or(default_dtype(), dtype)
    number = number_as(number_of(value, "scalar_tensor", "s", 1), kind)
    return new_leaf(np.asarray(number, kind), requires_grad)


@fills_out
def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """The identity matrix, n x n or n x m."""
    check_device(device, pin_memory)
    for name, size in (("n", n), ("m", n if m is None else m)):
        if size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    return new_leaf(np.eye(n, m, dtype=dtype_or(default_dtype(), dtype)), requires_grad)


def empty_strided(
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Uninitialised memory, as large as the strides (in elements) demand."""
    check_device(device, pin_memory)
    return new_leaf(_strided(size, stride, dtype_or(default_dtype(), dtype)), requires_grad)


def _strided(size: Any, stride: Any, dtype: np.dtype[Any]) -> Any:
    shape, steps = as_shape((size,)), as_shape((stride,))
    if len(shape) != len(steps):
        raise RuntimeError(
            f"dimensionality of sizes ({len(shape)}) must match dimensionality of strides "
            f"({len(steps)})"
        )
    if any([n < 0 for n in (*shape, *steps)]):
        raise RuntimeError(
            f"Storage size calculation overflowed with sizes={list(shape)} and "
            f"strides={list(steps)}"
        )
    last = sum([(n - 1) * step for n, step in zip(shape, steps, strict=True)])
    memory = np.empty(0 if 0 in shape else last + 1, dtype)
    return np.ndarray(shape, dtype, memory, 0, [step * dtype.itemsize for step in steps])


@fills_out
def empty_permuted(
    size: Sequence[int],
    physical_layout: Sequence[int],
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Uninitialised memory without gaps; ``physical_layout`` names the dimensions, the outermost
    first.
    """
    check_device(device, pin_memory)
    shape, order = check_sizes(as_shape((size,))), as_shape((physical_layout,))
    if len(shape) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(shape)} is not equal to len(physical_layout) = {len(order)}"
        )
    for d in order:
        if not 0 <= d < len(shape):
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(shape) - 1}, but got "
                f"{d} at index {order.index(d)}).  NB: negative dims not currently supported; "
                "file an issue if you want it."
            )
        if order.count(d) > 1:
            raise RuntimeError("Duplicate dim not allowed")
    memory = np.empty([shape[d] for d in order], dtype_or(default_dtype(), dtype))
    return new_leaf(memory.transpose(np.argsort(order).tolist()), requires_grad)


# --------------------------------------------------------------------------- like another tensor


@fills_out
def empty_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Uninitialised memory of the shape, dtype and memory order of ``input``."""
    check_device(device, pin_memory)
    out = empty_like_in(input._array, memory_format, dtype_or(input._array.dtype, dtype))
    return new_leaf(out, requires_grad)


@fills_out
def zeros_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Zeros of the shape, dtype and memory order of ``input``."""
    check_device(device, pin_memory)
    out = empty_like_in(input._array, memory_format, dtype_or(input._array.dtype, dtype))
    out[...] = 0
    return new_leaf(out, requires_grad)


@fills_out
def ones_like(
    input: Tensor,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Ones of the shape, dtype and memory order of ``input``."""
    check_device(device, pin_memory)
    out = empty_like_in(input._array, memory_format, dtype_or(input._array.dtype, dtype))
    out[...] = 1
    return new_leaf(out, requires_grad)


@fills_out
def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """One value in the shape, dtype and memory order of ``input``."""
    check_device(device, pin_memory)
    out = empty_like_in(input._array, memory_format, dtype_or(input._array.dtype, dtype))
    out[...] = number_as(number_of(fill_value, "full_like"), out.dtype)
    return new_leaf(out, requires_grad)


# --------------------------------------------------------------------------- methods


def new_empty(
    input: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``empty`` of the dtype of ``input``."""
    check_device(device, pin_memory)
    shape = shape_of("new_empty", sizes, size)
    kind = dtype_or(input._array.dtype, dtype)
    return new_leaf(np.empty_like(input._array, kind, "C", shape=shape), requires_grad)


def new_zeros(
    input: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``zeros`` of the dtype of ``input``."""
    check_device(device, pin_memory)
    shape = shape_of("new_zeros", sizes, size)
    kind = dtype_or(input._array.dtype, dtype)
    return new_leaf(np.zeros_like(input._array, kind, "C", shape=shape), requires_grad)


def new_ones(
    input: Tensor,
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``ones`` of the dtype of ``input``."""
    check_device(device, pin_memory)
    shape = shape_of("new_ones", sizes, size)
    kind = dtype_or(input._array.dtype, dtype)
    return new_leaf(np.ones_like(input._array, kind, "C", shape=shape), requires_grad)


def new_full(
    input: Tensor,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``full`` of the dtype of ``input``."""
    check_device(device, pin_memory)
    kind = dtype_or(input._array.dtype, dtype)
    value = number_as(number_of(fill_value, "new_full"), kind)
    out = np.full_like(input._array, value, kind, "C", shape=check_sizes(as_shape((size,))))
    return new_leaf(out, requires_grad)


def new_empty_strided(
    input: Tensor,
    size: Sequence[int],
    stride: Sequence[int],
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``empty_strided`` of the dtype of ``input``."""
    check_device(device, pin_memory)
    kind = dtype_or(input._array.dtype, dtype)
    return new_leaf(_strided(size, stride, kind), requires_grad)
