"""What changes a tensor's own shape, memory or place in the graph.

Mirrors aten/src/ATen/native/Resize.cpp and the in-place views of TensorShape.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch._layout import memory_format, preserve_format
from minitorch.autograd import grad_mode
from minitorch.autograd.inplace import check_inplace
from minitorch.autograd.variable import Variable, wrap
from minitorch.native.memory_format import empty_in
from minitorch.native.sizes import as_shape
from minitorch.native.strided_views import as_strided
from minitorch.native.views import squeeze, t, transpose, unsqueeze
from minitorch.storage import (
    TypedStorage,
    contiguous_stride,
    owner,
    place_in_storage,
    storage_offset,
    window,
)

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

_memory_format = memory_format  # parameters bear its name


def _change_shape(input: Tensor, function: Any, *arguments: Any) -> Tensor:
    """Give a tensor another shape over the memory it has, and the history that goes with it."""
    check_inplace(input, grad_mode.state.enabled and input.requires_grad)
    before = wrap(input._array)
    before._requires_grad, before._grad_fn = input._requires_grad, input.grad_fn
    before._output_nr = input._output_nr
    after = function(before, *arguments)
    input._array, input._grad_fn, input._output_nr = after._array, after.grad_fn, 0
    input.bump_version()
    if input._view is not None:
        input._view.version_of_grad_fn = input._version  # the elements are those of before
    return input


def squeeze_(input: Tensor, dim: Any = None) -> Tensor:
    """``squeeze`` that changes this tensor's own shape."""
    return _change_shape(input, squeeze, dim)


def unsqueeze_(input: Tensor, dim: int) -> Tensor:
    """``unsqueeze`` that changes this tensor's own shape."""
    return _change_shape(input, unsqueeze, dim)


def transpose_(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """``transpose`` that changes this tensor's own shape."""
    return _change_shape(input, transpose, dim0, dim1)


def t_(input: Tensor) -> Tensor:
    """``t`` that changes this tensor's own shape."""
    return _change_shape(input, t)


def as_strided_(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """``as_strided`` that changes this tensor's own shape."""
    return _change_shape(input, as_strided, size, stride, storage_offset)


def detach_(input: Tensor) -> Tensor:
    """Cut this tensor off from the graph that made it."""
    if input._view is not None:
        raise RuntimeError(
            "Can't detach views in-place. Use detach() instead. If you are using "
            "DistributedDataParallel (DDP) for training, and gradient_as_bucket_view is set as "
            "True, gradients are views of DDP buckets, and hence detach_() cannot be called on "
            "these gradients. To fix this error, please refer to the Optimizer.zero_grad() "
            "function in torch/optim/optimizer.py as a solution."
        )
    input._grad_fn = None
    input._requires_grad = False
    return input


def resize_(
    input: Tensor, *sizes: Any, size: Any = None, memory_format: _memory_format | None = None
) -> Tensor:
    """Give this tensor another shape over the start of its memory, which grows if it must; the
    elements that are new hold whatever was there.

    Raises:
        RuntimeError: the tensor requires grad.
    """
    shape = as_shape(sizes if size is None else (size,))
    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any([n < 0 for n in shape]):
        raise RuntimeError(f"Trying to resize tensor to negative sizes: {list(shape)}")
    array = input._array
    wanted = empty_in(array, shape, memory_format)
    if shape == array.shape and memory_format in (None, preserve_format):
        return input
    offset = storage_offset(array)
    memory = owner(array)
    if memory.size * memory.itemsize < (offset + wanted.size) * array.itemsize:
        grown = np.empty_like(array, shape=(offset + wanted.size,))
        kept = TypedStorage(array).elements
        grown[: kept.size] = kept
        memory = grown
    input._array = place_in_storage(memory, array.dtype, shape, wanted.strides, offset)
    return input


def resize_as_(
    input: Tensor, the_template: Tensor, *, memory_format: _memory_format | None = None
) -> Tensor:
    """``resize_`` to the shape of another tensor."""
    return resize_(input, the_template._array.shape, memory_format=memory_format)


def set_(
    input: Tensor,
    source: Any = None,
    storage_offset: int = 0,
    size: Any = None,
    stride: Any = None,
) -> Tensor:
    """Let this tensor show the memory of another tensor, or a window on a storage; no memory at
    all, if ``source`` is left out.
    """
    array = input._array
    input._accumulator = None  # it expects gradients of the old shape
    if source is None:
        input._array = np.empty_like(array, shape=(0,))
        return input
    other = source._array if isinstance(source, Variable) else source.array
    if isinstance(source, Variable) and other.dtype != array.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {_TYPE_NAMES.get(other.dtype.name, other.dtype.name)} "
            f"to a tensor of type {_TYPE_NAMES.get(array.dtype.name, array.dtype.name)}"
        )
    if size is None:
        if isinstance(source, Variable):
            input._array = other
            return input
        size = (source.nbytes() // array.itemsize,)
    shape = as_shape((size,))
    steps = contiguous_stride(shape) if stride is None else as_shape((stride,))
    elements = TypedStorage(other).elements.view(array.dtype)
    input._array = window(elements, shape, steps, storage_offset)
    return input


_TYPE_NAMES = {"float32": "float", "float64": "double", "int64": "long int", "int32": "int"}
