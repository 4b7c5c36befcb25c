"""One kernel over all arrays of some lists: every parameter, its gradient and its means.

Numba compiles a function anew for every length of a list of arrays, and takes 0.1 us to unpack each
array. So a list is handed over as the addresses of its array objects, and the kernel reads there,
as C does, where the elements are. A step of SGD for six tiny parameters took 41 us with a call for
each; it takes 10 us (torch: 22).

Mirrors aten/src/ATen/native/cuda/MultiTensorApply.cuh, which serves ``torch._foreach_*``.
"""

from __future__ import annotations

import ctypes
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from minitorch._jit import PARALLEL_GRAIN, Kernel, in_kernels, kernel, prange
from minitorch.backends import cpu

__all__ = ["MultiTensorApply"]

Array = Any

# ------------------------------------------------------------------------- memory by its address


def array_at(address: int, size: int, like: Array) -> Array:
    """The ``size`` numbers of the dtype of ``like`` that begin at ``address``."""
    memory = (ctypes.c_byte * (size * like.itemsize)).from_address(int(address))
    return np.ndarray(size, like.dtype, memory)


def as_tuple(array: Array, size: int) -> tuple[Any, ...]:
    """The elements of ``array``, of which there are always ``size``: values, no longer memory."""
    return tuple(array)


class _OfNumba(Kernel):
    """A function for kernels that is made of Numba's own parts, and so when Numba is loaded."""

    def compile(self, parallel: bool = False) -> Callable[..., Any]:
        if parallel not in self._compiled:
            made: Any = self.function()
            self._compiled[parallel] = made
        return self._compiled[parallel]


def _of_numba(function: Callable[[], Any]) -> Kernel:
    return _OfNumba(function, parallel=False, fast_sums=False, inline=False)


@in_kernels(array_at)
@_of_numba
def array_at_in_kernels() -> Any:
    import numba
    from numba import carray  # type: ignore[attr-defined]
    from numba.extending import intrinsic

    @intrinsic
    def pointer(typing_context: Any, address: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            kind = context.get_value_type(signature.return_type)
            return builder.inttoptr(arguments[0], kind)

        return numba.types.voidptr(numba.types.intp), generate

    @numba.njit
    def array_at(address: Any, size: Any, like: Any) -> Any:
        return carray(pointer(address), (size,), like.dtype)  # type: ignore[call-arg]

    return array_at


@in_kernels(as_tuple)
@_of_numba
def as_tuple_in_kernels() -> Any:
    from numba.np.unsafe.ndarray import to_fixed_tuple

    return to_fixed_tuple


# ------------------------------------------------------------------------- array objects

# A PyArrayObject of numpy/ndarraytypes.h, in words of eight bytes. What every Python object begins
# with ends with its type.
_HEAD = object.__basicsize__ // 8
_TYPE, _DATA, _NDIM, _SHAPE, _STRIDES, _DTYPE, _FLAGS = (
    _HEAD - 1,
    _HEAD,
    _HEAD + 1,
    _HEAD + 2,
    _HEAD + 3,
    _HEAD + 5,
    _HEAD + 6,
)
_INT = 0xFFFFFFFF  # a C int is the lower half of its word
_WRITEABLE = 0x0400

_ARRAY = id(np.ndarray)


@kernel
def size_of(array_object: int, words: Array) -> int:
    """The number of elements."""
    fields = array_at(array_object, _FLAGS + 1, words)
    size = 1
    for length in array_at(fields[_SHAPE], fields[_NDIM] & _INT, words):
        size *= length
    return size


@kernel
def has_no_gaps(fields: Array, itemsize: int, words: Array) -> bool:
    """Whether the elements fill their memory, in the order of whatever dimensions."""
    shape = array_at(fields[_SHAPE], fields[_NDIM] & _INT, words)
    strides = array_at(fields[_STRIDES], fields[_NDIM] & _INT, words)
    step, size = itemsize, itemsize
    for length in shape:
        size *= length
        for d in range(len(shape)):
            if shape[d] > 1 and strides[d] == step:
                step *= shape[d]
                break
    return size == step or size == 0


@kernel
def same_layout(fields: Array, others: Array, words: Array) -> bool:
    """Whether two arrays have one shape, and their elements stand in one order."""
    ndim = fields[_NDIM] & _INT
    if others[_NDIM] & _INT != ndim:
        return False
    shape, strides = array_at(fields[_SHAPE], ndim, words), array_at(fields[_STRIDES], ndim, words)
    lengths, steps = array_at(others[_SHAPE], ndim, words), array_at(others[_STRIDES], ndim, words)
    for d in range(ndim):
        if lengths[d] != shape[d] or (shape[d] > 1 and steps[d] != strides[d]):
            return False
    return True


@kernel
def count_elements(objects: Array, width: int, array: int, dtype: int, itemsize: int) -> int:
    """The number of elements in the first column, or -1 if there is a row that ``part`` would
    misread.

    Args:
        objects: addresses of objects, ``width`` a row.
        array, dtype: the addresses of the type and of the dtype that all of them should have.
    """
    count = 0
    for row in range(0, len(objects), width):
        first = array_at(objects[row], _FLAGS + 1, objects)
        for column in range(width):
            if array_at(objects[row + column], _HEAD, objects)[_TYPE] != array:
                return -1
            fields = array_at(objects[row + column], _FLAGS + 1, objects)
            may_write = fields[_FLAGS] & _WRITEABLE or column == width - 1
            if fields[_DTYPE] != dtype or fields[_DATA] % itemsize or not may_write:
                return -1
            if not same_layout(first, fields, objects):
                return -1
        if not has_no_gaps(first, itemsize, objects):
            return -1
        count += size_of(objects[row], objects)
    return count


@kernel
def part(objects: Array, index: int, piece: int, pieces: int, like: Array) -> Array:
    """A flat array of the elements of an array that are piece number ``piece`` of ``pieces``."""
    fields = array_at(objects[index], _FLAGS + 1, objects)
    size = size_of(objects[index], objects)
    start, stop = size * piece // pieces, size * (piece + 1) // pieces
    return array_at(fields[_DATA] + start * like.itemsize, stop - start, like)


def part_if_any(
    objects: Array, row: int, column: int | None, piece: int, pieces: int, like: Array
) -> Array | None:
    """The ``part`` of the array in a column, or None for no column."""
    return None if column is None else part(objects, row + column, piece, pieces, like)


@in_kernels(part_if_any)
@_of_numba
def part_if_any_in_kernels() -> Any:
    """Chosen by the type of ``column``: were that tested, the loop would test every element, and
    not vectorise.
    """
    import numba
    from numba.extending import overload

    compiled_part = part.compile()

    def choose(objects: Any, row: Any, column: Any, piece: Any, pieces: Any, like: Any) -> Any:
        raise NotImplementedError("only in compiled code")

    def none(objects: Any, row: Any, column: Any, piece: Any, pieces: Any, like: Any) -> Any:
        return None

    def some(objects: Any, row: Any, column: Any, piece: Any, pieces: Any, like: Any) -> Any:
        return compiled_part(objects, row + column, piece, pieces, like)

    @overload(choose)
    def chosen(objects: Any, row: Any, column: Any, piece: Any, pieces: Any, like: Any) -> Any:
        return none if isinstance(column, numba.types.NoneType) else some

    return choose


# ------------------------------------------------------------------------- loops over lists

# These three are compiled for each loop anew, with it, and the number of its options, in place of:
loop: Any = None
count = 0

Expected: TypeAlias = tuple[int, int, int]
"""The last arguments of ``count_elements``."""


def over_three(
    objects: Array,
    expected: Expected,
    options: Array,
    limit: int,
    pieces: int,
    a: Any,
    b: Any,
    c: int,
) -> int:
    """Call ``loop`` with the arrays in columns ``a`` to ``c`` of each row, cut into ``pieces``.

    Returns:
        What ``count_elements`` says; if that is negative, or ``limit``, or more, nothing was done.
    """
    width = c + 1
    size = count_elements(objects, width, *expected)
    if 0 <= size < limit:
        numbers = as_tuple(options, count)
        for piece in prange(pieces):
            for row in range(0, len(objects), width):
                loop(
                    part_if_any(objects, row, a, piece, pieces, options),
                    part_if_any(objects, row, b, piece, pieces, options),
                    part_if_any(objects, row, c, piece, pieces, options),
                    numbers,
                )
    return size


def over_four(
    objects: Array,
    expected: Expected,
    options: Array,
    limit: int,
    pieces: int,
    a: Any,
    b: Any,
    c: Any,
    d: int,
) -> int:
    width = d + 1
    size = count_elements(objects, width, *expected)
    if 0 <= size < limit:
        numbers = as_tuple(options, count)
        for piece in prange(pieces):
            for row in range(0, len(objects), width):
                loop(
                    part_if_any(objects, row, a, piece, pieces, options),
                    part_if_any(objects, row, b, piece, pieces, options),
                    part_if_any(objects, row, c, piece, pieces, options),
                    part_if_any(objects, row, d, piece, pieces, options),
                    numbers,
                )
    return size


def over_five(
    objects: Array,
    expected: Expected,
    options: Array,
    limit: int,
    pieces: int,
    a: Any,
    b: Any,
    c: Any,
    d: Any,
    e: int,
) -> int:
    width = e + 1
    size = count_elements(objects, width, *expected)
    if 0 <= size < limit:
        numbers = as_tuple(options, count)
        for piece in prange(pieces):
            for row in range(0, len(objects), width):
                loop(
                    part_if_any(objects, row, a, piece, pieces, options),
                    part_if_any(objects, row, b, piece, pieces, options),
                    part_if_any(objects, row, c, piece, pieces, options),
                    part_if_any(objects, row, d, piece, pieces, options),
                    part_if_any(objects, row, e, piece, pieces, options),
                    numbers,
                )
    return size


_OVER = {3: over_three, 4: over_four, 5: over_five}


class MultiTensorApply:
    """``@MultiTensorApply`` above a kernel ``loop(*arrays, options)``: calls it for many arrays."""

    def __init__(self, loop: Kernel) -> None:
        self.loop = loop
        self.__name__ = loop.__name__
        self.__doc__ = loop.__doc__
        self._over_lists: Kernel | None = None

    def __call__(
        self,
        arrays: Sequence[Array],
        columns: Sequence[int | None],
        options: Sequence[float],
    ) -> bool:
        """Call the loop for every row of arrays, with flat arrays, split over the threads.

        Args:
            arrays: row after row, of one floating dtype, each row of one shape. The last of a row
                is only read.
            columns: where in a row the arguments of the loop are; None for those that are None.
            options: numbers; take the arrays' dtype, flags too: float32 * float64 would make every
                product, and the loop half as fast, in float64.

        Returns:
            Whether it was done: not if some array has another dtype or layout, or is no array.
        """
        dtype = arrays[0].dtype
        over_lists = self._over_lists or self._specialize(len(columns), len(options))
        objects = np.fromiter(map(id, arrays), np.int64, len(arrays))
        expected = _ARRAY, id(dtype), dtype.itemsize
        numbers = np.array(options, dtype)
        size = over_lists(objects, expected, numbers, PARALLEL_GRAIN, 1, *columns)
        if size >= PARALLEL_GRAIN:
            threads = cpu.get_num_threads()
            over_lists.on_all_threads(objects, expected, numbers, sys.maxsize, threads, *columns)
        return bool(size >= 0)

    def _specialize(self, operands: int, options: int) -> Kernel:
        template = _OVER[operands]
        scope = {**globals(), "loop": self.loop, "count": options}
        function = types.FunctionType(template.__code__, scope, f"{self.__name__}_over_lists")
        function.__module__ = __name__
        self._over_lists = kernel(parallel=True)(function)
        return self._over_lists
