"""Make a batch of examples: what is a tensor, an array or a number in one becomes a tensor of many.

Mirrors torch/utils/data/_utils/collate.py.
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

__all__ = ["collate", "default_collate", "default_collate_fn_map", "default_convert"]

Collate = Callable[..., Any]
CollateMap = dict[type | tuple[type, ...], Collate]


def default_collate(batch: Sequence[Any]) -> Any:
    """Join examples along a new first dimension, inside whatever structure they have.

    Tensors and arrays are stacked, numbers become a tensor, strings and bytes a list; tuples, lists
    and dicts keep their form (a tuple becomes a list). ``default_collate_fn_map`` holds a function
    for each type, and may be given more.

    Raises:
        RuntimeError: the examples are sequences of different lengths.
        TypeError: an element is of another type.

    >>> default_collate([(1, "a"), (2, "b")])
    [tensor([1, 2]), ('a', 'b')]
    """
    return collate(batch, collate_fn_map=default_collate_fn_map)


def collate(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Join examples by the functions of a map from types to functions, inside any structure.

    A function is called with the examples and the map. The first one counts whose type is that of
    the first example, or else one of its bases.

    >>> collate([(1, 2), (3, 4)], collate_fn_map={int: lambda batch, *, collate_fn_map: sum(batch)})
    [4, 6]
    """
    first = batch[0]
    functions = collate_fn_map or {}
    if type(first) in functions:
        return functions[type(first)](batch, collate_fn_map=collate_fn_map)
    for its_type, function in functions.items():
        if isinstance(first, its_type):
            return function(batch, collate_fn_map=collate_fn_map)

    def join(examples: Sequence[Any]) -> Any:
        return collate(examples, collate_fn_map=collate_fn_map)

    if isinstance(first, Mapping):
        return _map_values(lambda key: join([example[key] for example in batch]), first)
    if _is_namedtuple(first):
        return type(first)(*[join(column) for column in zip(*batch, strict=False)])
    if isinstance(first, Sequence):
        if any(len(sequence) != len(first) for sequence in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return _like_sequence(first, [join(column) for column in zip(*batch, strict=True)])
    raise TypeError(_cannot_collate(type(first)))


def collate_tensor_fn(batch: Sequence[Tensor], *, collate_fn_map: CollateMap | None = None) -> Any:
    """Stack tensors of one shape."""
    return stack(batch)


def _collate_arrays(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    if batch[0].dtype.kind in "SUO":
        raise TypeError(_cannot_collate(batch[0].dtype))
    return collate([as_tensor(array) for array in batch], collate_fn_map=collate_fn_map)


def _collate_scalars(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    return as_tensor(np.array(batch))


def _collate_floats(batch: Sequence[float], *, collate_fn_map: CollateMap | None = None) -> Any:
    return tensor(batch, dtype=float64)


def _collate_ints(batch: Sequence[int], *, collate_fn_map: CollateMap | None = None) -> Any:
    return tensor(batch)


def _keep(batch: Sequence[Any], *, collate_fn_map: CollateMap | None = None) -> Any:
    return batch


default_collate_fn_map: CollateMap = {
    Tensor: collate_tensor_fn,
    np.ndarray: _collate_arrays,
    (np.bool_, np.number, np.object_): _collate_scalars,  # before float: np.float64 is one
    float: _collate_floats,
    int: _collate_ints,
    str: _keep,
    bytes: _keep,
}


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
