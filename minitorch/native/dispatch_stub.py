"""One kernel name, one implementation per type of array.

An operation calls its kernel through a stub. The implementation that stands in the operation's own
file serves NumPy arrays: plain, and always right. A tuned one (native/cpu/), or one for the arrays
of another device, registers itself here, and the operation stays as it is.

Mirrors aten/src/ATen/native/DispatchStub.h. Left out: a choice by processor (AVX2, AVX-512), which
Numba makes when it compiles.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import numpy as np

from minitorch._jit import Kernel

Implementation = TypeVar("Implementation", bound=Callable[..., Any])


class DispatchStub:
    """A kernel that is chosen by the type of its first argument, usually the output array.

    >>> @DispatchStub
    ... def fill_kernel(out, value):
    ...     out[...] = value
    >>> out = np.zeros(2)
    >>> fill_kernel(out, 7)
    >>> out
    array([7., 7.])
    """

    def __init__(self, plain: Callable[..., Any]) -> None:
        self.plain = plain
        self.kernels: dict[type, Callable[..., Any]] = {}
        self.register(np.ndarray, plain)
        self.__doc__ = plain.__doc__
        self.__name__ = plain.__name__

    def register(self, array_type: type, kernel: Callable[..., Any]) -> None:
        """Use ``kernel`` for an ``array_type``; the newest registration counts."""
        self.kernels[array_type] = kernel
        if isinstance(kernel, Kernel):
            kernel.when_compiled(partial(self._replace, array_type, kernel))

    def _replace(
        self, array_type: type, kernel: Callable[..., Any], compiled: Callable[..., Any]
    ) -> None:
        if self.kernels[array_type] is kernel:
            self.kernels[array_type] = compiled

    def tuned(self, kernel: Implementation) -> Implementation:
        """``@stub.tuned`` above a faster implementation: it serves NumPy arrays from now on.

        It may call ``stub.plain`` for what it does not cover.
        """
        _tuned_kernels[self] = kernel
        self.register(np.ndarray, kernel)
        return kernel

    def __call__(self, out: Any, *args: Any) -> Any:
        return self.kernels[type(out)](out, *args)


_tuned_kernels: dict[DispatchStub, Callable[..., Any]] = {}


@contextlib.contextmanager
def plain_kernels() -> Iterator[None]:
    """Compute with the plain kernels alone: for comparison. Of all threads."""
    for stub in _tuned_kernels:
        stub.kernels[np.ndarray] = stub.plain
    try:
        yield
    finally:
        for stub, kernel in _tuned_kernels.items():
            stub.kernels[np.ndarray] = kernel
