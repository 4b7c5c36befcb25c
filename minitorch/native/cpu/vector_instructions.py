"""Vector instructions for kernels: what Numba cannot say in a loop.

``Vectors`` writes them as LLVM's intermediate code, while Numba compiles the kernel that calls
them. float32 only; with AVX-512 a vector has 16 lanes, else 8.

Mirrors aten/src/ATen/cpu/vec/vec512/vec512_float.h.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba import config, extending
from numba.core import cgutils, types

from minitorch._jit import Kernel

# Of the processor for which Numba compiles: the variable NUMBA_CPU_FEATURES may name another one.
_FEATURES = config.CPU_FEATURES or llvmlite.binding.get_host_cpu_features().flatten()  # type: ignore[attr-defined]

LANES = 16 if "+avx512f" in _FEATURES.split(",") else 8

FLOAT = ir.FloatType()
INT = ir.IntType(64)
_INT32 = ir.IntType(32)
_VECTOR = ir.VectorType(FLOAT, LANES)
MASK = ir.VectorType(ir.IntType(1), LANES)
_POSITIONS = ir.VectorType(_INT32, LANES)
_POINTERS = ir.VectorType(FLOAT.as_pointer(), LANES)
ZEROS = ir.Constant(_VECTOR, [0.0] * LANES)


def intrinsic(function: Callable[..., Any]) -> Callable[..., Any]:
    """Numba's; callers leave out the typing context."""
    instructions: Callable[..., Any] = extending.intrinsic(function)
    return instructions


class Vectors:
    """Writes vector instructions. Addresses are integers."""

    def __init__(self, builder: Any) -> None:
        self.builder = builder
        self.add, self.sub, self.mul = builder.fadd, builder.fsub, builder.fmul

    def moved(self, address: Any, *bytes: Any) -> Any:
        for n in bytes:
            address = self.builder.add(address, INT(n) if isinstance(n, int) else n)
        return address

    def times(self, a: Any, n: Any) -> Any:
        return self.builder.mul(a, INT(n) if isinstance(n, int) else n)

    def number(self, address: Any, type_: Any = FLOAT) -> Any:
        return self.builder.load(self.builder.inttoptr(address, type_.as_pointer()))

    def filled(self, number: Any, type_: Any = _VECTOR) -> Any:
        """A vector of this number."""
        empty = ir.Constant(type_, ir.Undefined)
        first = self.builder.insert_element(empty, number, _INT32(0))
        nowhere = ir.Constant(ir.VectorType(_INT32, LANES), [0] * LANES)
        return self.builder.shuffle_vector(first, empty, nowhere)

    def constant(self, number: float) -> Any:
        return ir.Constant(_VECTOR, [number] * LANES)

    def is_true(self, number: Any) -> Any:
        return self.builder.icmp_signed("!=", number, INT(0))

    def load(self, address: Any, mask: Any = None, others: Any = ZEROS) -> Any:
        """Lanes that the mask leaves out are those of ``others``."""
        pointer = self.builder.inttoptr(address, _VECTOR.as_pointer())
        if mask is None:
            return self.builder.load(pointer, align=4)
        arguments = [pointer, _INT32(4), mask, others]
        return self._call(f"llvm.masked.load.v{LANES}f32.p0", _VECTOR, arguments)

    def store(self, vector: Any, address: Any, mask: Any = None) -> None:
        pointer = self.builder.inttoptr(address, _VECTOR.as_pointer())
        if mask is None:
            self.builder.store(vector, pointer, align=4)
        else:
            arguments = [vector, pointer, _INT32(4), mask]
            self._call(f"llvm.masked.store.v{LANES}f32.p0", ir.VoidType(), arguments)

    def expect_to_write(self, address: Any) -> None:
        """Let the cache fetch what will be written soon."""
        pointer = self.builder.inttoptr(address, ir.IntType(8).as_pointer())
        writing, nearest, data = _INT32(1), _INT32(3), _INT32(1)
        self._call("llvm.prefetch.p0", ir.VoidType(), [pointer, writing, nearest, data])

    def store_integers(self, vector: Any, address: Any, mask: Any) -> None:
        """Of 64 bits."""
        pointer = self.builder.inttoptr(address, vector.type.as_pointer())
        arguments = [vector, pointer, _INT32(8), mask]
        self._call(f"llvm.masked.store.v{LANES}i64.p0", ir.VoidType(), arguments)

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        return self._call(f"llvm.fma.v{LANES}f32", _VECTOR, [a, b, c])

    def mask(self, first: Any, count: Any) -> Any:
        """The lanes whose position, ``first + lane``, is in ``range(count)``."""
        lanes = ir.Constant(_POSITIONS, list(range(LANES)))
        first, count = self.builder.trunc(first, _INT32), self.builder.trunc(count, _INT32)
        positions = self.builder.add(self.filled(first, _POSITIONS), lanes)
        # Unsigned, so that a negative position is a large one.
        return self.builder.icmp_unsigned("<", positions, self.filled(count, _POSITIONS))

    def load_every(self, address: Any, step: Any, mask: Any) -> Any:
        """Numbers ``step`` bytes apart."""
        arguments = [self._places(address, step), _INT32(4), mask, ZEROS]
        return self._call(f"llvm.masked.gather.v{LANES}f32.v{LANES}p0", _VECTOR, arguments)

    def store_every(self, vector: Any, address: Any, step: Any, mask: Any) -> None:
        """To places ``step`` bytes apart."""
        arguments = [vector, self._places(address, step), _INT32(4), mask]
        name = f"llvm.masked.scatter.v{LANES}f32.v{LANES}p0"
        self._call(name, ir.VoidType(), arguments)

    def _places(self, address: Any, step: Any) -> Any:
        type_ = ir.VectorType(INT, LANES)
        lanes = ir.Constant(type_, list(range(LANES)))
        distances = self.builder.mul(self.filled(step, type_), lanes)
        places = self.builder.add(self.filled(address, type_), distances)
        return self.builder.inttoptr(places, _POINTERS)

    def picked(self, a: Any, b: Any, order: list[int]) -> Any:
        """Lanes of two vectors; those of ``b`` count from LANES."""
        return self.builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_INT32, LANES), order))

    def interleaved(self, a: Any, b: Any) -> tuple[Any, Any]:
        """a0 b0 a1 b1 ..."""
        order = [lane + LANES * side for lane in range(LANES) for side in (0, 1)]
        return self.picked(a, b, order[:LANES]), self.picked(a, b, order[LANES:])

    def parted(self, a: Any, b: Any) -> tuple[Any, Any]:
        """The even lanes of both, and the odd ones."""
        order = list(range(2 * LANES))
        return self.picked(a, b, order[::2]), self.picked(a, b, order[1::2])

    def lines(self, address: Any, stride: Any, rows: Any, columns: Any) -> list[Any]:
        """LANES lines; zero where they have no more columns, and after the last row."""
        mask, nothing = self.mask(INT(0), columns), ir.Constant(MASK, [0] * LANES)
        lines = []
        for row in range(LANES):
            exists = self.builder.icmp_signed("<", INT(row), rows)
            # Of a page that does not exist, even a masked load takes a microsecond.
            distance = self.builder.select(exists, self.times(stride, row), INT(0))
            read = self.builder.select(exists, mask, nothing)
            lines.append(self.load(self.moved(address, distance), read))
        return lines

    def transposed(self, lines: list[Any]) -> list[Any]:
        """Interleaved with the line half way below, log2(LANES) times, rows become columns."""
        for _ in range(LANES.bit_length() - 1):
            pairs = zip(lines[: LANES // 2], lines[LANES // 2 :], strict=True)
            lines = [line for pair in pairs for line in self.interleaved(*pair)]
        return lines

    def variable(self, vector: Any) -> Any:
        """A place for a vector that changes in a loop; LLVM finds a register for it."""
        return cgutils.alloca_once_value(self.builder, vector)  # type: ignore[no-untyped-call]

    def range(self, count: Any) -> Any:
        return cgutils.for_range(self.builder, count)

    def when(self, condition: Any) -> Any:
        return self.builder.if_then(condition)

    def sum(self, vector: Any) -> Any:
        """Of all lanes."""
        name = f"llvm.vector.reduce.fadd.v{LANES}f32"
        return self._call(name, FLOAT, [ir.Constant(FLOAT, 0.0), vector])

    def _call(self, name: str, result: Any, arguments: list[Any]) -> Any:
        type_ = ir.FunctionType(result, [a.type for a in arguments])
        module = self.builder.module
        function = cgutils.get_or_insert_function(module, type_, name)  # type: ignore[no-untyped-call]
        return self.builder.call(function, arguments)


def instruction(count: int, write: Callable[..., Any], result: Any = types.void) -> Any:
    """The signature of a function of ``count`` integers, and what writes its instructions."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        value = write(Vectors(builder), *arguments)
        return context.get_dummy_value() if value is None else value

    return result(*[types.intp] * count), generate


def depends_on_instructions(*kernels: Kernel) -> None:
    """A change of this file shall compile these again: see ``Kernel.sources``."""
    for kernel in kernels:
        kernel.sources.add(__file__)
