"""``compile``: returns what it is given, since here is nothing that Python is compiled to.

Numbers stay the same, speed does too; docs/speed.md says what a compiler could gain. A compiled
module is the module itself: its parameters keep their names, where torch puts ``_orig_mod.`` before
them.

Mirrors torch/compiler/__init__.py, and torch/__init__.py where ``compile`` is public.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compile(model: Any = None, **options: Any) -> Any:
    """The model or function itself; without one, a decorator.

    >>> import minitorch
    >>> @minitorch.compile(mode="max-autotune")
    ... def double(x):
    ...     return 2 * x
    >>> double(minitorch.ones(2))
    tensor([2., 2.])
    """
    return (lambda model: model) if model is None else model


def disable(fn: Any = None, recursive: bool = True, *, reason: str | None = None) -> Any:
    """The function itself, which is not compiled; without one, a decorator."""
    return compile(fn)


def allow_in_graph(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself: there is no graph."""
    return fn


assume_constant_result = allow_in_graph


def reset() -> None:
    """Forget what was compiled: nothing."""


def cudagraph_mark_step_begin() -> None:
    """Mark a step for CUDA graphs: there are none."""


def list_backends(exclude_tags: Any = ()) -> list[str]:
    """The compilers: none."""
    return []


def is_compiling() -> bool:
    """Whether this code is being compiled: never."""
    return False


is_dynamo_compiling = is_exporting = is_compiling
