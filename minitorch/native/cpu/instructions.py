"""``@instruction``: a function for use in kernels that is written in LLVM's language.

For what neither Python nor Numba can say: registers that hold vectors, words that control the
processor. It is imported into the compiler with the first kernel that calls it, and may import
`vector_instructions`, which needs Numba, when that happens.

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

        from minitorch.native.cpu import vector_instructions

        self.sources.add(vector_instructions.__file__)
        return self._compiled.setdefault(False, intrinsic(self.function))


def llvm_function(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """A function that LLVM knows, by its name and types, for ``builder.call``."""
    from llvmlite import ir

    known = builder.module.globals.get(name)
    return known or ir.Function(builder.module, ir.FunctionType(result, arguments), name)


def instruction(function: Callable[..., Any]) -> Instruction:
    return Instruction(function, parallel=False, fast_sums=False, inline=False)


@instruction
def lanes(typing_context: Any) -> Any:
    """How many float32 numbers a vector has, on the processor for which a kernel is compiled."""
    from numba.core import types

    from minitorch.native.cpu.vector_instructions import INT, LANES

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return INT(LANES)

    return types.intp(), generate
