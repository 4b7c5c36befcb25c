"""New tensors of random numbers, from a size or like another tensor.

Mirrors the random functions of aten/src/ATen/native/TensorFactories.cpp. The numbers are torch's,
bit for bit, as those of distributions.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch._device import check_device
from minitorch.native import distribution_kernels, integer_kernels, normal_kernels
from minitorch.native.memory_format import empty_like_in
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
    from minitorch.random import Generator


@fills_out
def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    check_device(device, pin_memory)
    shape = shape_of("rand", sizes, size)
    out = np.empty(shape, dtype_or(default_dtype(), dtype))
    return new_leaf(distribution_kernels.uniform_(out, 0.0, 1.0, generator), requires_grad)


@fills_out
def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Numbers drawn from the standard normal distribution.

    >>> import minitorch
    >>> _ = minitorch.manual_seed(0)
    >>> minitorch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    check_device(device, pin_memory)
    shape = shape_of("randn", sizes, size)
    out = np.empty(shape, dtype_or(default_dtype(), dtype))
    return new_leaf(normal_kernels.normal_(out, 0.0, 1.0, generator), requires_grad)


@fills_out
def randint(
    *bounds: Any,
    low: int = 0,
    high: Any = None,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Integers drawn evenly from [low, high): ``randint(high, size)`` or ``randint(low, high,
    size)``.
    """
    check_device(device, pin_memory)
    given = list(bounds)
    if size is None and len(given) > 1:
        size = given.pop()
    if high is None and given:
        high = given.pop()
    if given:
        (low,) = given
    if size is None or high is None:
        raise TypeError("randint() received an invalid combination of arguments")
    out = np.empty(check_sizes(as_shape((size,))), dtype_or(np.dtype(np.int64), dtype))
    return new_leaf(integer_kernels.random_(out, low, high, generator), requires_grad)


@fills_out
def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    check_device(device, pin_memory)
    check_sizes((n,))
    kind = dtype_or(np.dtype(np.int64), dtype)
    if kind.kind == "b":
        raise NotImplementedError("\"randperm\" not implemented for 'Bool'")
    return new_leaf(integer_kernels.randperm(n, kind, generator), requires_grad)


@fills_out
def rand_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """``rand`` of the shape, dtype and memory order of ``input``."""
    check_device(device, pin_memory)
    out = empty_like_in(input._array, memory_format, dtype_or(input._array.dtype, dtype))
    return new_leaf(distribution_kernels.uniform_(out, 0.0, 1.0, generator), requires_grad)


@fills_out
def randn_like(
    input: Tensor,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """``randn`` of the shape, dtype and memory order of ``input``."""
    check_device(device, pin_memory)
    out = empty_like_in(input._array, memory_format, dtype_or(input._array.dtype, dtype))
    return new_leaf(normal_kernels.normal_(out, 0.0, 1.0, generator), requires_grad)


@fills_out
def randint_like(
    input: Tensor,
    *bounds: Any,
    low: int = 0,
    high: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """``randint`` of the shape, dtype and memory order of ``input``."""
    check_device(device, pin_memory)
    given = [number_of(bound, "randint_like", "high") for bound in bounds]
    if high is None:
        high = given.pop()
    if given:
        (low,) = given
    out = empty_like_in(input._array, memory_format, dtype_or(input._array.dtype, dtype))
    return new_leaf(integer_kernels.random_(out, low, high, generator), requires_grad)
