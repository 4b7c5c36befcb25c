"""Numbers near zero become zero, on the calling thread, for a while.

Floats below 1.2e-38 are stored with fewer and fewer bits ("denormal"), and many processors leave
them to microcode, a hundred times slower than other numbers. A gradient that goes back through a
long sequence shrinks at every step and spends the last steps of its life among them: one training
step of an LSTM over 200 time steps took 1,600 ms in torch, and 75 ms after
``torch.set_flush_denormal(True)``.

Mirrors aten/src/ATen/cpu/FlushDenormal.cpp. Left out: processors other than x86, where the word
that is written here does not exist; nothing happens there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch._jit import Kernel, kernel

# Bits of the control word of SSE and AVX: results, and operands, that are denormal become zero.
FLUSH_DENORMALS = 1 << 15 | 1 << 6


class _Instruction(Kernel):
    """A function for use in kernels that is written in LLVM's language; Numba is imported late."""

    def compile(self, parallel: bool = False) -> Callable[..., Any]:
        from numba.extending import intrinsic

        return self._compiled.setdefault(False, intrinsic(self.function))


def _instruction(function: Callable[..., Any]) -> _Instruction:
    return _Instruction(function, parallel=False, fast_sums=False, inline=False)


def _call(builder: Any, name: str, word: Any) -> None:
    """Call an instruction of LLVM's that takes the address of the word."""
    from llvmlite import ir

    if "x86" in builder.module.triple:
        address = ir.IntType(8).as_pointer()
        function = builder.module.globals.get(name) or ir.Function(
            builder.module, ir.FunctionType(ir.VoidType(), [address]), name
        )
        builder.call(function, [builder.bitcast(word, address)])


@_instruction
def control_word(typing_context: Any) -> Any:
    """How this thread computes with floats."""
    from llvmlite import ir
    from numba.core import cgutils, types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = cgutils.alloca_once_value(builder, ir.Constant(ir.IntType(32), 0))
        _call(builder, "llvm.x86.sse.stmxcsr", word)
        return builder.load(word)

    return types.uint32(), generate


@_instruction
def set_control_word(typing_context: Any, word: Any) -> Any:
    from numba.core import cgutils, types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _call(builder, "llvm.x86.sse.ldmxcsr", cgutils.alloca_once_value(builder, arguments[0]))
        return context.get_dummy_value()

    return types.void(types.uint32), generate


@kernel
def flush_denormals() -> Any:
    """Returns the control word as it was, for ``set_control_word`` in the end."""
    word = control_word()
    set_control_word(np.uint32(word | FLUSH_DENORMALS))
    return word
