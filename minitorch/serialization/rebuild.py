"""The functions that a checkpoint calls to make its tensors.

A tensor stands in the file as a call: this storage, from this offset on, with these sizes and
strides. The storage may be another's too, and the numbers may be anybody's: they are checked before
memory is looked at.

Mirrors torch/_utils.py. Left out: sparse, quantized, nested and meta tensors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import _layout, storage
from minitorch._layout import layout
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.autograd.variable import initialize, wrap
from minitorch.dtypes import dtype as Dtype
from minitorch.nn.parameter import Parameter
from minitorch.serialization.loaded_storage import LoadedStorage


def rebuild_tensor(
    storage: LoadedStorage, storage_offset: int, size: tuple[int, ...], stride: tuple[int, ...]
) -> Tensor:
    """A part of a storage, as files of before torch 0.4 describe it."""
    return _window(storage, storage.dtype, storage_offset, size, stride)


def rebuild_tensor_v2(
    storage: LoadedStorage,
    storage_offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    backward_hooks: Any,
    metadata: Any = None,
) -> Tensor:
    """A part of a storage of elements.

    Args:
        backward_hooks: nothing; torch saved them once.
        metadata: ``{"conj": True}``, ``{"neg": True}``: what torch has put off doing.
    """
    tensor = _window(storage, storage.dtype, storage_offset, size, stride)
    return _finished(tensor, requires_grad, metadata)


def rebuild_tensor_v3(
    storage: LoadedStorage,
    storage_offset: int,
    size: tuple[int, ...],
    stride: tuple[int, ...],
    requires_grad: bool,
    backward_hooks: Any,
    dtype: Dtype,
    metadata: Any = None,
) -> Tensor:
    """A part of a storage of mere bytes, as elements of ``dtype``."""
    tensor = _window(storage, dtype, storage_offset, size, stride)
    return _finished(tensor, requires_grad, metadata)


def rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Parameter:
    """A parameter that shares the memory of ``data``."""
    if not isinstance(data, Tensor):
        raise TypeError("a parameter without data")
    return Parameter(data, requires_grad)


def rebuild_parameter_with_state(
    data: Tensor, requires_grad: bool, backward_hooks: Any, state: Any
) -> Parameter:
    """A parameter with attributes that a user has given it."""
    parameter = rebuild_parameter(data, requires_grad, backward_hooks)
    set_attributes(parameter, state)
    return parameter


def rebuild_from_type(
    function: Callable[..., Tensor], kind: type[Tensor], arguments: tuple[Any, ...], state: Any
) -> Tensor:
    """A tensor of a class of the user's, or one with attributes that a user has given it."""
    if function not in (rebuild_tensor, rebuild_tensor_v2, rebuild_tensor_v3):
        raise TypeError(f"{function!r} makes no tensors")
    tensor = function(*arguments)
    if kind is not Tensor:
        if not (isinstance(kind, type) and issubclass(kind, Tensor)):
            raise TypeError(f"{kind!r} is no class of tensors")
        requires_grad, array = tensor.requires_grad, tensor._array
        tensor = object.__new__(kind)
        initialize(tensor, array)
        tensor.requires_grad = requires_grad
    set_attributes(tensor, state)
    return tensor


def set_attributes(target: Any, state: Any) -> None:
    """Give an object attributes, which must not hide anything that its class has.

    Raises:
        TypeError: they do, or the state is no dictionary.
    """
    if type(state) is not dict:
        raise TypeError(f"the attributes of a {type(target).__name__} are no dict")
    for name in state:
        if not isinstance(name, str) or hasattr(type(target), name):
            raise TypeError(f"{name!r} is no attribute to set on a {type(target).__name__}")
    target.__dict__.update(state)


def size(numbers: Any) -> Size:
    """A ``Size``, of integers alone."""
    return Size(_integers(numbers))


def get_layout(name: str) -> layout:
    """The layout that prints as ``name``."""
    layouts = {repr(known): known for known in (_layout.strided, _layout.sparse_coo)}
    return layouts[name]


def _window(memory: LoadedStorage, dtype: Dtype, offset: int, size: Any, stride: Any) -> Tensor:
    if not isinstance(memory, LoadedStorage):
        raise TypeError("a tensor without storage")
    size, stride, (offset,) = _integers(size), _integers(stride), _integers((offset,))
    if any(n < 0 for n in size):
        raise RuntimeError(f"Trying to create tensor with negative dimension: {list(size)}")
    if offset < 0:
        raise RuntimeError(f"Tensor: invalid storage offset {offset}")
    return wrap(storage.window(memory.elements_as(dtype), size, stride, offset))


def _integers(numbers: Any) -> tuple[int, ...]:
    if not isinstance(numbers, tuple | list) or any(type(n) is not int for n in numbers):
        raise TypeError("sizes, strides and offsets must be integers")
    return tuple(numbers)


def _finished(tensor: Tensor, requires_grad: bool, metadata: Any) -> Tensor:
    if metadata:
        array = np.conj(tensor._array) if metadata.get("conj") else tensor._array
        tensor = wrap(np.negative(array) if metadata.get("neg") else array)
    tensor.requires_grad = requires_grad
    return tensor
