"""The operands of element-wise operations: which dtype they are computed in, which shape they
broadcast to.

Each operand is a tensor's array or a Python number; types promote by torch's rules
(``dtypes.result_dtype``), not NumPy's.

Mirrors aten/src/ATen/TensorIterator.h. Left out: the loop itself, which is NumPy's, or Numba's
(native/pointwise.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native.expand_utils import infer_size
from minitorch.native.portable_stub import PortableStub

NUMBERS = (bool, int, float, complex)

# By a number torch multiplies and divides float16 and bfloat16 in float32; in other operations the
# number is rounded to their dtype first.
_NUMBER_IN_FLOAT32 = (np.multiply, np.divide)


def promote(input: Any, other: Any) -> tuple[Any, Any]:
    """Both operands as arrays of the dtype that torch computes in."""
    dtype = dtypes.result_dtype(input, other)
    return cast_operand(input, dtype), cast_operand(other, dtype)


def promote_to_float(input: Any, other: Any) -> tuple[Any, Any]:
    """``promote``, and integers become the default floating dtype."""
    dtype = dtypes.result_dtype(input, other)
    if dtypes.is_integral(dtype):
        dtype = dtypes.get_default_dtype().numpy
    return cast_operand(input, dtype), cast_operand(other, dtype)


def as_float(array: Any) -> Any:
    """Integers and bool as the default floating dtype."""
    if array.dtype.kind == "f":
        return array
    return array.astype(dtypes.get_default_dtype().numpy) if array.dtype.kind in "biu" else array


def cast_operand(x: Any, dtype: np.dtype[Any]) -> Any:
    """An operand as an array of ``dtype``; a Python integer wraps around as it would in C."""
    if not isinstance(x, NUMBERS):
        return x if x.dtype == dtype else x.astype(dtype)
    if dtype.kind in "iu" and isinstance(x, int):
        return np.uint64(int(x) & ((1 << 64) - 1)).astype(dtype)
    return dtype.type(x)


LARGE = 131_072
"""Elements for which a ufunc is worth more than one thread: it takes 10 us to share the work."""


@PortableStub
def ufunc_kernel(large: Any, ufunc: Any, *operands: Any) -> Any:
    """``ufunc(*operands)``, of which ``large`` is the first array."""
    return ufunc(*operands)


def on_elements(ufunc: Any, array: Any) -> Any:
    """``ufunc(array)``."""
    return ufunc(array) if array.size < LARGE else ufunc_kernel(array, ufunc, array)


def multiply(a: Any, b: Any) -> Any:
    """``a * b`` of arrays or tensors, for a backward."""
    if isinstance(a, Variable) or a.size < LARGE:
        return a * b
    return ufunc_kernel(a, np.multiply, a, b)


def divide(a: Any, b: Any) -> Any:
    """``a / b`` of arrays or tensors, for a backward."""
    if isinstance(a, Variable) or a.size < LARGE:
        return a / b
    return ufunc_kernel(a, np.divide, a, b)


def elementwise(ufunc: Any, input: Any, other: Any, promotion: Any = promote) -> Any:
    """``ufunc(input, other)`` with torch's promotion, and torch's words for shapes that do not
    broadcast.
    """
    kind = type(other)
    if kind is type(input):
        same = input.dtype is other.dtype and (promotion is promote or input.dtype.kind == "f")
    elif (
        kind is float or kind is int
    ):  # beside a float tensor NumPy gives a number that tensor's dtype, as torch does
        same = input.dtype.char in "fd"
    else:
        same = type(input) in (float, int) and other.dtype.char in "fd"
    if not same:
        if (
            ufunc in _NUMBER_IN_FLOAT32
            and type(other) in (float, int, bool)
            and dtypes.is_half(input.dtype)
        ):
            return ufunc(input.astype(np.float32), other).astype(input.dtype)
        input, other = promotion(input, other)
    try:
        if getattr(input, "size", 0) >= LARGE:
            return ufunc_kernel(input, ufunc, input, other)
        if getattr(other, "size", 0) >= LARGE:
            return ufunc_kernel(other, ufunc, input, other)
        return ufunc(input, other)
    except ValueError:
        infer_size(np.shape(input), np.shape(other))  # raises in torch's words
        raise
    except TypeError:
        operand = input if hasattr(input, "dtype") else other
        if operand.dtype.kind == "c":
            raise not_implemented(f"{ufunc.__name__}_cpu", operand) from None
        raise


def on_promoted(
    function: Callable[[Any, Any], Any], input: Any, other: Any, promotion: Any = promote
) -> Any:
    """``function`` of both operands as arrays of one dtype, once their shapes are known to
    broadcast.
    """
    input, other = promotion(input, other)
    infer_size(input.shape, other.shape)
    return function(input, other)


def compute(ufunc: Any, input: Any, other: Any) -> Any:
    """An operation without gradient; on arrays it just computes."""
    out = elementwise(ufunc, unwrap(input), unwrap(other))
    return wrap(out) if isinstance(input, Variable) or isinstance(other, Variable) else out


def zero_like(x: Any) -> Any:
    """Zeros in the shape and dtype of a number, an array or a tensor."""
    return (
        x * 0
        if isinstance(x, NUMBERS)
        else wrap(np.zeros_like(x._array))
        if isinstance(x, Variable)
        else np.zeros_like(x)
    )


def in_float32(function: Callable[[Any], Any], array: Any) -> Any:
    """``function(array)``; float16 and bfloat16 are computed in float32, and rounded once."""
    if dtypes.is_half(array.dtype):
        return function(array.astype(np.float32)).astype(array.dtype)
    return function(array)


# --------------------------------------------------------------------------- what is refused


def check_tensors(name: str, **operands: Any) -> None:
    """Refuse numbers, and other objects, where torch takes tensors only.

    Raises:
        TypeError: an operand is neither tensor nor array.
    """
    for position, (argument, value) in enumerate(operands.items(), 1):
        if not hasattr(value, "ndim"):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be Tensor, "
                f"not {type(value).__name__}"
            )


def ordered(ufunc: Any, kernel_name: str) -> Callable[[Any, Any], Any]:
    """A comparison of arrays that refuses complex numbers: NumPy has an order for them, torch has
    none.
    """

    def compare(input: Any, other: Any) -> Any:
        operand = input if hasattr(input, "dtype") else other
        if operand.dtype.kind == "c":
            raise not_implemented(kernel_name, operand)
        return ufunc(input, other)

    return compare


def check_any_tensor(name: str, **operands: Any) -> None:
    """Refuse numbers alone.

    Raises:
        TypeError: no operand is a tensor.
    """
    if all([isinstance(value, NUMBERS) for value in operands.values()]):
        check_tensors(name, **operands)


def not_implemented(kernel_name: str, array: Any) -> NotImplementedError:
    """What torch says where it has no kernel for a dtype."""
    name = dtypes.from_numpy(array.dtype).c10_name
    return NotImplementedError(f"\"{kernel_name}\" not implemented for '{name}'")


def refuse(kinds: str, kernel_name: str, array: Any) -> None:
    """Refuse dtypes that NumPy would compute with, and torch has no kernel for.

    Args:
        kinds: NumPy's letters: "b" is bool, "iu" are integers, "c" are complex numbers.

    Raises:
        NotImplementedError: the array's dtype is of one of these kinds.
    """
    if array.dtype.kind in kinds:
        raise not_implemented(kernel_name, array)


def on_floats(
    function: Callable[..., Any], kernel_name: str, *arrays: Any, half: bool = True
) -> Any:
    """``function`` on floating arrays of one dtype; float16 and bfloat16 are computed in float32.

    Args:
        half: whether torch has the kernel for float16.

    Raises:
        NotImplementedError: torch has no kernel for this dtype.
    """
    dtype = arrays[0].dtype
    if not dtypes.is_floating(dtype) or (dtypes.is_half(dtype) and not half):
        raise not_implemented(kernel_name, arrays[0])
    if dtypes.is_half(dtype):
        return function(*[a.astype(np.float32) for a in arrays]).astype(dtype)
    return function(*arrays)
