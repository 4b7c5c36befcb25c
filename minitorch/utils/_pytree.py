"""Nested tuples, lists and dicts of values: taken apart, and put together again.

Mirrors torch/utils/_pytree.py. Left out: registering further kinds of containers.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

_CONTAINERS = (tuple, list, dict, OrderedDict)


class TreeSpec(NamedTuple):
    """The shape of a nesting: a kind of container, its keys or names, and its members' shapes. A
    leaf has none of them.
    """

    kind: Any = None
    context: Any = None
    children: tuple[TreeSpec, ...] = ()

    @property
    def num_leaves(self) -> int:
        """How many values there are."""
        return 1 if self.kind is None else sum([child.num_leaves for child in self.children])

    def __repr__(self) -> str:
        if self.kind is None:
            return "*"
        members = ",\n  ".join([repr(child) for child in self.children])
        return f"TreeSpec({self.kind.__name__}, {self.context}, [{members}])"


LEAF = TreeSpec()


def tree_flatten(tree: Any) -> tuple[list[Any], TreeSpec]:
    """The values of a nesting in order, and its shape.

    >>> values, spec = tree_flatten({"a": 1, "b": [2, 3]})
    >>> values
    [1, 2, 3]
    >>> tree_unflatten([10, 20, 30], spec)
    {'a': 10, 'b': [20, 30]}
    """
    is_named = isinstance(tree, tuple) and hasattr(tree, "_fields")
    if type(tree) not in _CONTAINERS and not is_named:
        return [tree], LEAF
    is_dict = isinstance(tree, dict)
    values: list[Any] = []
    children = []
    for member in tree.values() if is_dict else tree:
        flat, child = tree_flatten(member)
        values += flat
        children.append(child)
    return values, TreeSpec(type(tree), list(tree) if is_dict else None, tuple(children))


def tree_unflatten(values: list[Any], spec: TreeSpec) -> Any:
    """The nesting of the given shape with these values."""
    if len(values) != spec.num_leaves:
        raise ValueError(
            f"tree_unflatten: there are {len(values)} values for {spec.num_leaves} leaves"
        )
    return _build(iter(values), spec)


def _build(values: Iterator[Any], spec: TreeSpec) -> Any:
    if spec.kind is None:
        return next(values)
    members = [_build(values, child) for child in spec.children]
    if issubclass(spec.kind, dict):
        return spec.kind(zip(spec.context, members, strict=True))
    return spec.kind(*members) if hasattr(spec.kind, "_fields") else spec.kind(members)


def tree_map(function: Callable[[Any], Any], tree: Any) -> Any:
    """The nesting of ``function(value)``."""
    values, spec = tree_flatten(tree)
    return tree_unflatten([function(value) for value in values], spec)


def broadcast_to_tree(value: Any, spec: TreeSpec) -> list[Any] | None:
    """One value for each leaf of ``spec``: a value that stands where ``spec`` has a whole branch
    holds for all its leaves. None if the nestings do not fit. Mirrors _broadcast_to_and_flatten.
    """
    if spec.kind is None or not isinstance(value, _CONTAINERS):
        is_leaf = not isinstance(value, _CONTAINERS)
        return [value] * spec.num_leaves if is_leaf else None
    members = list(value.values()) if isinstance(value, dict) else list(value)
    if (
        len(members) != len(spec.children)
        or not issubclass(spec.kind, type(value))
        or (isinstance(value, dict) and list(value) != spec.context)
    ):
        return None
    found: list[Any] = []
    for member, child in zip(members, spec.children, strict=True):
        part = broadcast_to_tree(member, child)
        if part is None:
            return None
        found += part
    return found
