"""Products of a few rows with the same matrix again and again, as in a recurrent layer.

BLAS copies the right operand into the order in which it reads it at every call, which pays when it
meets many rows. Here it is copied once, before the first of hundreds of products: into panels of
32 columns, each a contiguous ``(inner, 32)``. A tile of 8 rows and 32 columns of the output then
stays in 16 vector registers while the inner dimension goes by. For 24 to 32 rows, 128 inner and 512
columns that takes 0.7 of the time of BLAS, for 64 rows 0.85.

Only for processors with AVX-512; the others, and sizes that are no multiples, are left to BLAS.

Mirrors aten/src/ATen/native/mkldnn/RNN.cpp (oneDNN packs the weights of recurrent layers as well).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minitorch._jit import gemm, kernel
from minitorch.native.cpu.instructions import instruction, llvm_function

LANES = 16  # float32s in a register
TILE_ROWS, TILE_VECTORS = 8, 2
PANEL = TILE_VECTORS * LANES


@functools.cache
def _has_avx512() -> bool:
    import llvmlite.binding

    return bool(llvmlite.binding.get_host_cpu_features().get("avx512f"))


def pack(matrix: Any) -> Any:
    """``(inner, columns)`` as ``(panels, inner, 32)``; no panels if BLAS is to be used."""
    inner, columns = matrix.shape
    if matrix.dtype != np.float32 or columns % PANEL or not inner or not _has_avx512():
        return np.empty_like(matrix, shape=(0, inner, PANEL))
    return np.ascontiguousarray(matrix.reshape(inner, -1, PANEL).swapaxes(0, 1))


@instruction
def _tile(
    typing_context: Any,
    out: Any,
    out_stride: Any,
    rows: Any,
    row_stride: Any,
    panel: Any,
    inner: Any,
    accumulate: Any,
) -> Any:
    """8 rows and 32 columns of ``out = rows @ panel``; addresses, and strides in bytes."""
    from llvmlite import ir
    from numba.core import types

    number, index = ir.FloatType(), ir.IntType(64)
    vector = ir.VectorType(number, LANES)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        out, out_stride, rows, row_stride, panel, inner, accumulate = arguments

        def at(address: Any, kind: Any, offset: int = 0) -> Any:
            return builder.inttoptr(builder.add(address, index(offset)), kind.as_pointer())

        def load(address: Any, offset: int) -> Any:
            return builder.load(at(address, vector, offset), align=4)

        def in_all_lanes(x: Any) -> Any:
            undefined = ir.Constant(vector, ir.Undefined)
            single = builder.insert_element(undefined, x, ir.IntType(32)(0))
            return builder.shuffle_vector(
                single, undefined, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
            )

        fma = llvm_function(builder, f"llvm.fma.v{LANES}f32", vector, vector, vector, vector)
        outs, lefts = [out], [rows]
        for _ in range(TILE_ROWS - 1):
            outs.append(builder.add(outs[-1], out_stride))
            lefts.append(builder.add(lefts[-1], row_stride))
        offsets = [4 * LANES * v for v in range(TILE_VECTORS)]
        zeros = ir.Constant(vector, [0.0] * LANES)
        first = [
            [builder.select(accumulate, load(o, offset), zeros) for offset in offsets] for o in outs
        ]
        before = builder.block
        loop, after = builder.append_basic_block("inner"), builder.append_basic_block("store")
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(index)
        right = builder.phi(index)
        sums = [[builder.phi(vector) for _ in offsets] for _ in outs]
        columns = [load(right, offset) for offset in offsets]
        results = []
        for left, row_sums in zip(lefts, sums, strict=True):
            address = builder.add(left, builder.shl(k, index(2)))
            element = in_all_lanes(builder.load(at(address, number), align=4))
            results.append(
                [
                    builder.call(fma, [element, *pair])
                    for pair in zip(columns, row_sums, strict=True)
                ]
            )
        following = builder.add(k, index(1))
        for phi, start, again in (
            (k, index(0), following),
            (right, panel, builder.add(right, index(4 * PANEL))),
        ):
            phi.add_incoming(start, before)
            phi.add_incoming(again, loop)
        for row_sums, starts, row_results in zip(sums, first, results, strict=True):
            for phi, start, again in zip(row_sums, starts, row_results, strict=True):
                phi.add_incoming(start, before)
                phi.add_incoming(again, loop)
        builder.cbranch(builder.icmp_signed("<", following, inner), loop, after)
        builder.position_at_end(after)
        for o, row_results in zip(outs, results, strict=True):
            for offset, result in zip(offsets, row_results, strict=True):
                builder.store(result, at(o, vector, offset), align=4)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6, types.boolean), generate


@kernel
def product(
    out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, accumulate: bool
) -> None:
    """``gemm`` as a function of its own: pasted into loops, it makes the compiler slow."""
    gemm(out, a, b, transpose_a, transpose_b, accumulate)


@kernel
def packed_product(out: Any, rows: Any, packed: Any, matrix: Any, accumulate: bool) -> None:
    """``out = rows @ matrix``, or ``out += ...``, where ``packed`` is ``pack(matrix)``."""
    tiles = len(rows) // TILE_ROWS if len(packed) else 0
    for p in range(len(packed)):
        for tile in range(tiles):
            row = tile * TILE_ROWS
            _tile(
                out[row:, p * PANEL :].ctypes.data,
                out.strides[0],
                rows[row:].ctypes.data,
                rows.strides[0],
                packed[p].ctypes.data,
                rows.shape[1],
                accumulate,
            )
    rest = slice(tiles * TILE_ROWS, len(rows))
    if tiles * TILE_ROWS < len(rows):
        product(out[rest], rows[rest], matrix, False, False, accumulate)
