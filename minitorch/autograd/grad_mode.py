"""Switching the recording of operations off and on, per thread.

Mirrors torch/autograd/grad_mode.py. Left out: the switch for forward mode.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


class _GradMode(threading.local):
    enabled = True
    inference = False


state = _GradMode()

inference_blocks: list[object] = []
"""One entry for each ``inference_mode`` that some thread is in: while it is empty, as is usual, no
thread asks whether new tensors are inference tensors."""


def is_grad_enabled() -> bool:
    """Whether operations in this thread are recorded for backward."""
    return state.enabled


def is_inference_mode_enabled() -> bool:
    """Whether this thread runs under ``inference_mode``."""
    return state.inference


class _ContextDecorator:
    """A context manager that also decorates functions and generator functions."""

    def clone(self) -> _ContextDecorator:
        return type(self)()

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *exc_info: object) -> None:
        raise NotImplementedError

    def __call__(self, function: F) -> F:
        if inspect.isgeneratorfunction(function):

            @functools.wraps(function)
            def generator(*args: Any, **kwargs: Any) -> Any:
                # The mode must hold inside the generator only, not in the loop that consumes it.
                iterator = function(*args, **kwargs)
                resume: Callable[[], Any] = functools.partial(next, iterator)
                while True:
                    with self.clone():
                        try:
                            item = resume()
                        except StopIteration as stop:
                            return stop.value
                    try:
                        resume = functools.partial(iterator.send, (yield item))
                    except GeneratorExit:
                        with self.clone():
                            iterator.close()
                        raise
                    except BaseException as error:
                        resume = functools.partial(iterator.throw, error)

            return generator  # type: ignore[return-value]

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return wrapper  # type: ignore[return-value]


class set_grad_enabled(_ContextDecorator):
    """Record operations or not: takes effect at once, and is undone at the end of a ``with`` block.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self.previous = state.enabled
        self.mode = bool(mode)
        state.enabled = self.mode and not state.inference

    def __call__(self, function: F) -> F:
        state.enabled = self.previous
        return super().__call__(function)

    def __enter__(self) -> None:
        state.enabled = self.mode and not state.inference

    def __exit__(self, *exc_info: object) -> None:
        state.enabled = self.previous

    def clone(self) -> set_grad_enabled:
        return set_grad_enabled(self.mode)

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"


class no_grad(_ContextDecorator):
    """Do not record operations; their results do not require grad."""

    mode = False

    def __new__(cls, function: Any = None) -> Any:
        instance = super().__new__(cls)
        return (
            instance(function) if callable(function) else instance
        )  # @no_grad without parentheses

    def __enter__(self) -> None:
        self.previous = state.enabled
        state.enabled = self.mode and not state.inference

    def __exit__(self, *exc_info: object) -> None:
        state.enabled = self.previous


class enable_grad(no_grad):
    """Record operations, inside a ``no_grad`` block too."""

    mode = True


class set_multithreading_enabled(_ContextDecorator):
    """Accepted: backward always runs in the thread that calls it."""

    def __init__(self, mode: bool) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc_info: object) -> None:
        pass

    def clone(self) -> set_multithreading_enabled:
        return set_multithreading_enabled(self.mode)


class inference_mode(_ContextDecorator):
    """``no_grad`` whose results can never be used in autograd: they are *inference tensors*, which
    no backward may save, and which only another such block may change in place.
    """

    def __new__(cls, mode: Any = True) -> Any:
        instance = super().__new__(cls)
        if callable(mode):  # @inference_mode without parentheses
            instance.mode = True
            return instance(mode)
        return instance

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def __enter__(self) -> None:
        self.previous = state.enabled, state.inference
        state.inference = self.mode
        state.enabled = not self.mode
        inference_blocks.append(self)

    def __exit__(self, *exc_info: object) -> None:
        inference_blocks.remove(self)
        state.enabled, state.inference = self.previous

    def clone(self) -> inference_mode:
        return inference_mode(self.mode)
