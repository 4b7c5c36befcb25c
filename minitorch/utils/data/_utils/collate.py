"""Make a batch of examples: what is a tensor, an array or a number in one becomes a tensor of many.

Mirrors torch/utils/data/_utils/collate.py. Left out: a user's own map of types to functions.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, MutableMapping, MutableSequence, Sequence
from typing import Any

import numpy as np

from minitorch._tensor import Tensor
from minitorch.dtypes import float64
from minitorch.native.joining import stack
from minitorch.native.tensor_new import as_tensor, tensor

__all__ = ["default_collate", "default_convert"]


def default_collate(batch: Sequence[Any]) -> Any:
    """Join examples along a new first dimension, inside whatever structure they have.

    Tensors and arrays are stacked, numbers become a tensor, strings and bytes a list; tuples, lists
    and dicts keep their form (a tuple becomes a list).

    Raises:
        RuntimeError: the examples are sequences of different lengths.
        TypeError: an element is of another type.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(batch)
    if isinstance(first, np.ndarray):
        if first.dtype.kind in "SUO":
            raise TypeError(_cannot_collate(first.dtype))
        return stack([as_tensor(array) for array in batch])
    if isinstance(first, np.bool_ | np.number):
        return as_tensor(np.array(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return _map_values(lambda key: default_collate([d[key] for d in batch]), first)
    if _is_namedtuple(first):
        return type(first)(*[default_collate(samples) for samples in zip(*batch, strict=False)])
    if isinstance(first, Sequence):
        if any(len(sequence) != len(first) for sequence in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = zip(*batch, strict=True)
        return _like_sequence(first, [default_collate(samples) for samples in columns])
    raise TypeError(_cannot_collate(type(first)))


def default_convert(data: Any) -> Any:
    """Turn the arrays of one example into tensors, and leave everything else as it is.

    >>> default_convert([np.array([0, 1]), "text"])
    [tensor([0, 1]), 'text']
    """
    if isinstance(data, Tensor | str | bytes):
        return data
    if isinstance(data, np.ndarray):
        return data if data.dtype.kind in "SUO" else as_tensor(data)
    if isinstance(data, np.generic):
        return as_tensor(data)
    if isinstance(data, Mapping):
        return _map_values(lambda key: default_convert(data[key]), data)
    if _is_namedtuple(data):
        return type(data)(*[default_convert(item) for item in data])
    if isinstance(data, Sequence):
        return _like_sequence(data, [default_convert(item) for item in data])
    return data


def _cannot_collate(found: Any) -> str:
    return (
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {found}"
    )


def _is_namedtuple(x: Any) -> bool:
    return isinstance(x, tuple) and hasattr(x, "_fields")


def _map_values(function: Callable[[Any], Any], like: Mapping[Any, Any]) -> Any:
    """The mapping with other values, and of the same type where that takes them."""
    values = {key: function(key) for key in like}
    try:
        if not isinstance(like, MutableMapping):
            return type(like)(values)  # type: ignore[call-arg]
        clone = copy.copy(like)  # a subclass may hold more than its items
        clone.update(values)
        return clone
    except TypeError:
        return values


def _like_sequence(like: Sequence[Any], items: list[Any]) -> Any:
    """The items as a sequence of the same type where that takes them; a tuple becomes a list."""
    if isinstance(like, tuple):
        return items
    try:
        if not isinstance(like, MutableSequence):
            return type(like)(items)  # type: ignore[call-arg]
        clone = copy.copy(like)
        for i, item in enumerate(items):
            clone[i] = item
        return clone
    except TypeError:
        return items
