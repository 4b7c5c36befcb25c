"""Registered callbacks that can be removed again. Mirrors torch/utils/hooks.py."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable
from typing import Any

_ids = itertools.count()


class Hooks(dict[int, Callable[..., Any]]):
    """Callbacks in order of registration; a class of its own so that handles can refer to it
    weakly.
    """

    __slots__ = ("__weakref__", "last")

    def __init__(self) -> None:
        super().__init__()
        self.last: Callable[..., Any] | None = None  # runs after all others: ``retain_grad``

    def add(self, hook: Callable[..., Any], *, prepend: bool = False) -> RemovableHandle:
        handle = RemovableHandle(self)
        others = dict(self) if prepend else {}
        if prepend:
            self.clear()
        self[handle.id] = hook
        self.update(others)
        return handle


class RemovableHandle:
    """Returned by every ``register_*hook``: ``remove()`` takes the hook back, as does the end of a
    ``with`` block.
    """

    def __init__(self, hooks: Hooks) -> None:
        self.hooks = weakref.ref(hooks)
        self.id = next(_ids)

    def remove(self) -> None:
        """Unregister the hook; harmless when it is gone already."""
        hooks = self.hooks()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.remove()
