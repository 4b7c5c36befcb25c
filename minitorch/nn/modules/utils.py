"""Sizes given as one number or one per dimension. Mirrors torch/nn/modules/utils.py."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["consume_prefix_in_state_dict_if_present"]

Size = int | Sequence[int]


def _single(x: Any) -> tuple[Any, ...]:
    return _ntuple(x, 1)


def _pair(x: Any) -> tuple[Any, ...]:
    return _ntuple(x, 2)


def _triple(x: Any) -> tuple[Any, ...]:
    return _ntuple(x, 3)


def _ntuple(x: Any, n: int) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, Iterable) else (x,) * n


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Take a prefix such as ``"module."`` off all keys that start with it, in place.

    >>> state = {"module.weight": 1}
    >>> consume_prefix_in_state_dict_if_present(state, "module.")
    >>> state
    {'weight': 1}
    """
    for key in list(state_dict):
        if key.startswith(prefix):
            state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", {})
    for key in list(metadata):
        # The entry of a module is its keys' prefix without the dot at the end.
        if key and (key == prefix.replace(".", "") or key.startswith(prefix)):
            metadata[key[len(prefix) :]] = metadata.pop(key)
