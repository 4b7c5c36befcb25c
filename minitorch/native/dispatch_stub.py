"""One kernel name, one implementation per type of array.

An operation calls its kernel through a stub. The implementation that stands in the operation's own
file serves NumPy arrays; a tuned one, or one for the arrays of another device, registers itself
here, and the operation stays as it is.

Mirrors aten/src/ATen/native/DispatchStub.h. Left out: a choice by processor (AVX2, AVX-512), which
Numba makes when it compiles.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class DispatchStub:
    """A kernel that is chosen by the type of its first argument, the output array.

    >>> @DispatchStub
    ... def fill_kernel(out, value):
    ...     out[...] = value
    >>> out = np.zeros(2)
    >>> fill_kernel(out, 7)
    >>> out
    array([7., 7.])
    """

    def __init__(self, cpu_kernel: Callable[..., Any]) -> None:
        self.kernels: dict[type, Callable[..., Any]] = {np.ndarray: cpu_kernel}
        self.__doc__ = cpu_kernel.__doc__
        self.__name__ = cpu_kernel.__name__

    def register(self, array_type: type, kernel: Callable[..., Any]) -> None:
        """Use ``kernel`` when the output is an ``array_type``; the newest registration counts."""
        self.kernels[array_type] = kernel

    def __call__(self, out: Any, *args: Any) -> None:
        self.kernels[type(out)](out, *args)
