"""Transposed copies of float32 matrices, in vector registers.

As many lines as a register has lanes are interleaved until they are columns: a number takes a
quarter of a cycle. Addresses are integers (``array.ctypes.data``), strides are in bytes.

Mirrors aten/src/ATen/native/cpu/utils.h (``utils::transpose``, of FBGEMM).
"""

from __future__ import annotations

from typing import Any

from minitorch._jit import kernel
from minitorch.native.cpu.instructions import instruction, lanes


@instruction
def _transpose_tile(
    typing_context: Any,
    out: Any,
    out_stride: Any,
    source: Any,
    stride: Any,
    rows: Any,
    columns: Any,
    kept: Any,
) -> Any:
    from minitorch.native.cpu import vector_instructions as vectors

    def write(
        v: vectors.Vectors,
        out: Any,
        out_stride: Any,
        source: Any,
        stride: Any,
        rows: Any,
        columns: Any,
        kept: Any,
    ) -> None:
        written = v.mask(vectors.INT(0), kept)
        for column, line in enumerate(v.transposed(v.lines(source, stride, rows, columns))):
            with v.when(v.builder.icmp_signed("<", vectors.INT(column), columns)):
                v.store(line, v.moved(out, v.times(out_stride, column)), written)

    return vectors.instruction(7, write)


@kernel
def transpose(
    out: int, out_stride: int, source: int, stride: int, rows: int, columns: int, kept: int
) -> None:
    """out[j, i] = source[i, j] for i < kept, j < columns: zero for i >= rows."""
    for i in range(0, kept, lanes()):
        for j in range(0, columns, lanes()):
            _transpose_tile(
                out + j * out_stride + 4 * i,
                out_stride,
                source + i * stride + 4 * j,
                stride,
                rows - i,
                columns - j,
                kept - i,
            )
