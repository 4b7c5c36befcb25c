"""``@instruction``: a function for use in kernels that is written in LLVM's language.

For what neither Python nor Numba can say: registers that hold vectors, words that control the
processor, memory and functions by their address, tuples whose types depend on those of others. It
is imported into the compiler with the first kernel that calls it. With ``@in_kernels(function)``
above it takes the place of a Python function that a debugger can step through.

Mirrors aten/src/ATen/cpu/vec/, where C++ has intrinsics.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch._jit import Kernel


class Instruction(Kernel):
    """Its function is that of ``numba.extending.intrinsic``: of types, and it generates code."""

    def compile(self, parallel: bool = False) -> Callable[..., Any]:
        from numba.extending import intrinsic

        return self._compiled.setdefault(False, intrinsic(self.function))


def llvm_function(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """A function that LLVM knows, by its name and types, for ``builder.call``."""
    from llvmlite import ir

    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


def instruction(function: Callable[..., Any]) -> Instruction:
    return Instruction(function, parallel=False, fast_sums=False, inline=False)
