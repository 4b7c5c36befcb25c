"""Numbers near zero become zero, on the calling thread, for a while.

Floats below 1.2e-38 are stored with fewer and fewer bits ("denormal"), and many processors leave
them to microcode, a hundred times slower than other numbers. A gradient that goes back through a
long sequence shrinks at every step and spends the last steps of its life among them: a training
step of an LSTM over 200 time steps takes 1,700 ms in torch on a Xeon, and 120 ms after
``torch.set_flush_denormal(True)``. Recurrent layers do that for their backward pass, whether asked
to or not.

Mirrors aten/src/ATen/cpu/FlushDenormal.cpp. Left out: processors other than x86, where the word
that is written here does not exist; nothing happens there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch import _context
from minitorch._jit import kernel, prange
from minitorch.backends import cpu
from minitorch.native.cpu.instructions import instruction, llvm_function

# Bits of the control word of SSE and AVX: results, and operands, that are denormal become zero.
FLUSH_DENORMALS = 1 << 15 | 1 << 6


def _call(builder: Any, name: str, word: Any) -> None:
    """Call an instruction of LLVM's that takes the address of the word."""
    from llvmlite import ir

    if "x86" in builder.module.triple:
        address = ir.IntType(8).as_pointer()
        function = llvm_function(builder, name, ir.VoidType(), address)
        builder.call(function, [builder.bitcast(word, address)])


@instruction
def control_word(typing_context: Any) -> Any:
    """How this thread computes with floats."""
    from llvmlite import ir
    from numba.core import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        word = builder.alloca(ir.IntType(32))
        builder.store(ir.IntType(32)(0), word)
        _call(builder, "llvm.x86.sse.stmxcsr", word)
        return builder.load(word)

    return types.uint32(), generate


@instruction
def set_control_word(typing_context: Any, word: Any) -> Any:
    from llvmlite import ir
    from numba.core import types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address = builder.alloca(ir.IntType(32))
        builder.store(arguments[0], address)
        _call(builder, "llvm.x86.sse.ldmxcsr", address)
        return context.get_dummy_value()

    return types.void(types.uint32), generate


@kernel
def flush_denormals() -> Any:
    """Returns the control word as it was, for ``set_control_word`` in the end."""
    word = control_word()
    set_control_word(np.uint32(word | FLUSH_DENORMALS))
    return word


@kernel
def _set_flush_denormal(mode: bool) -> bool:
    word = control_word()
    flushing = word | FLUSH_DENORMALS
    set_control_word(np.uint32(flushing if mode else flushing - FLUSH_DENORMALS))
    return control_word() != 0  # as it is where there is no such word


@kernel(parallel=True)
def _set_in_threads(threads: int, mode: bool) -> None:
    for _ in prange(threads):
        _set_flush_denormal(mode)


def set_flush_denormal(mode: bool) -> bool:
    """Returns whether the processor can. A thread begins with the word of the one that starts it;
    those that share this one's kernels may be there already.
    """
    is_supported: bool = _set_flush_denormal(mode)
    if is_supported:
        _set_in_threads.on_all_threads(cpu.get_num_threads(), mode)
    return is_supported


_context.flush_denormal = set_flush_denormal
