"""``jit``: scripting and tracing return what they are given, which then runs as Python.

The results are the same. What a compiled program alone can do, to be saved and loaded without its
source, is missing: there is no ``jit.save``.

Mirrors torch/jit/__init__.py.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Final

Attribute = Any

__all__ = [
    "Attribute",
    "Final",
    "ScriptFunction",
    "ScriptModule",
    "export",
    "fork",
    "freeze",
    "ignore",
    "is_scripting",
    "is_tracing",
    "optimize_for_inference",
    "script",
    "script_if_tracing",
    "trace",
    "unused",
    "wait",
]


class ScriptModule:
    """What scripted modules are instances of in torch: here, none."""


class ScriptFunction:
    """What scripted functions are instances of in torch: here, none."""


def _warn_of_python(name: str) -> None:
    warnings.warn(
        f"minitorch has no compiler: torch.jit.{name} returns the Python that it is given."
    )


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The function, module or class itself."""
    _warn_of_python("script")
    return obj


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The function or module itself, which so keeps following its data."""
    _warn_of_python("trace")
    return func


def script_if_tracing(fn: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself: nothing is traced.

    >>> script_if_tracing(abs)(-1)
    1
    """
    return fn


export = optimize_for_inference = freeze = script_if_tracing


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself; with an option in its place, a decorator."""
    return drop if callable(drop) else script_if_tracing


unused = ignore


def is_scripting() -> bool:
    """Whether this code is being scripted: never."""
    return False


is_tracing = is_scripting


def fork(func: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call the function now; ``wait`` returns what it returned."""
    return func(*args, **kwargs)


def wait(future: Any) -> Any:
    """The result of ``fork``."""
    return future
