"""A stub whose plain kernel serves every kind of array.

Mirrors aten/src/ATen/native/DispatchStub.h.
"""

from __future__ import annotations

from typing import Any

from minitorch.native.dispatch_stub import DispatchStub


class PortableStub(DispatchStub):
    """A kernel that is written in NumPy's functions: arrays of a type for which nobody has
    registered another one take it too.
    """

    def __call__(self, out: Any, *args: Any) -> Any:
        return self.kernels.get(type(out), self.plain)(out, *args)
