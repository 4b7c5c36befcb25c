"""NumPy's arrays, read by kernels where they are: an array object by its address.

Numba compiles a function anew for every length of a list of arrays, and takes 0.1 us to unpack each
array. A kernel that is given the addresses of the objects needs neither: it reads there, as C does,
where the elements are.

Mirrors numpy/ndarraytypes.h (PyArrayObject), and nothing in torch, whose tensors are its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch._jit import kernel
from minitorch.native.cpu.instructions import instruction

Array = Any

# A PyArrayObject in words of eight bytes. What every Python object begins with ends with its type.
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

ARRAY = id(np.ndarray)
"""The address of the type, which every array object holds."""


@instruction
def array_at(typing_context: Any, address: Any, size: Any, like: Any) -> Any:
    """The ``size`` numbers of the dtype of ``like`` that begin at ``address``, as a vector."""
    from numba.core import types
    from numba.np.arrayobj import populate_array

    vector = types.Array(like.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, size, _ = arguments
        array = context.make_array(vector)(context, builder)
        data = builder.inttoptr(address, array.data.type)
        step = context.get_abi_sizeof(context.get_data_type(vector.dtype))
        itemsize = context.get_constant(types.intp, step)
        populate_array(array, data, [size], [itemsize], itemsize, meminfo=None)  # type: ignore[no-untyped-call]
        return array._getvalue()

    return vector(types.intp, types.intp, like), generate


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
        objects: addresses of objects, ``width`` a row. All arrays of a row but the last are going
            to be written.
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
    """A vector of the elements of an array that are piece number ``piece`` of ``pieces``."""
    fields = array_at(objects[index], _FLAGS + 1, objects)
    size = size_of(objects[index], objects)
    start, stop = size * piece // pieces, size * (piece + 1) // pieces
    return array_at(fields[_DATA] + start * like.itemsize, stop - start, like)
