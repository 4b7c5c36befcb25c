"""``@ufunc``: a formula for one element becomes a function of whole arrays, as ``np.exp`` is one.

    @ufunc("silu_cpu")
    def silu_kernel(x):
        return x / (number(1) + exp(-x))

At its first call Numba compiles it into a ufunc of NumPy's: that walks along arrays of any layout,
broadcasts them and makes the result. A call takes 0.5 us, that of a kernel with its flat arrays
2 us. Large arrays are split over threads like those of NumPy's own ufuncs (native/cpu/ufuncs.py).

Mirrors aten/src/ATen/native/cpu/Loops.h. Left out: formulas with settings, such as the slope of
leaky_relu, which are kernels: the loop of a ufunc would read them again for each element.
"""

from __future__ import annotations

import ctypes
import types
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import Kernel, _compile_lock, when_numba_loads
from minitorch.autograd.variable import Variable
from minitorch.native.pointwise import check_floating
from minitorch.native.tensor_iterator import LARGE, ufunc_kernel


def number(x: float) -> Any:
    """A constant of a formula, in the dtype of the loop. A bare one is a float64 to Numba, and
    would make a loop over float32 half as fast.
    """
    return x


class UFunc(Kernel):
    """A formula, and what has been compiled from it for each dtype."""

    def __init__(
        self, formula: Callable[..., Any], kernel_name: str, rounds_each_operation: bool
    ) -> None:
        super().__init__(formula, parallel=False, fast_sums=False, inline=False)
        self.kernel_name = kernel_name
        self.rounds_each_operation = rounds_each_operation
        self._ufuncs: dict[str, Any] = {}

    def __call__(self, first: Any, *others: Any) -> Any:
        """The formula of each element of arrays of one floating dtype.

        Raises:
            NotImplementedError: the dtype is no floating one.
        """
        ufunc = self._ufuncs.get(first.dtype.char)
        if ufunc is None:
            return self._call_for_the_first_time(first, *others)
        if first.size < LARGE:
            return ufunc(first, *others)
        return ufunc_kernel(first, ufunc, first, *others)

    def on_anything(self, first: Any, *others: Any) -> Any:
        """The formula as it stands, operation by operation, of tensors, complex or broadcast
        arrays; compiled where it can be. For the arithmetic of a backward.
        """
        if isinstance(first, Variable) or first.dtype.kind == "c":
            return self.function(first, *others)
        if self.rounds_each_operation and dtypes.is_half(first.dtype):
            return self.function(first, *others)
        for x in others:
            if getattr(x, "shape", None) != first.shape or x.dtype is not first.dtype:
                return self.function(first, *others)
        return self(first, *others)

    def _call_for_the_first_time(self, first: Any, *others: Any) -> Any:
        dtype = first.dtype
        check_floating(first, self.kernel_name)
        if dtypes.is_half(dtype):  # computed in float32, and rounded once
            wide = [x.astype(np.float32) for x in (first, *others)]
            return self(*wide).astype(dtype)
        self._ufuncs[dtype.char] = self._compile_for(dtype)
        return self(first, *others)

    def _compile_for(self, dtype: np.dtype[Any]) -> Any:
        import numba

        inputs = self.function.__code__.co_argcount
        if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            each = np.frompyfunc(self.function, inputs, 1)
            return lambda *arrays: np.asarray(each(*arrays), dtype)
        with _compile_lock:
            while when_numba_loads:
                when_numba_loads.pop()()
            return _as_ufunc(self._compiled_loop(dtype, inputs), dtype, inputs, self.__name__)

    def _compiled_loop(self, dtype: np.dtype[Any], inputs: int) -> Any:
        """The loop over one line of elements, as C functions are called."""
        import numba
        from numba.core import types as kinds

        code, name = self.function.__code__, self.__name__
        scope = self._compiled_globals() | {"number": dtype.type}
        body = numba.njit(error_model="numpy")(types.FunctionType(code, scope, name))
        self._compiled[False] = body
        scope = {"formula": body, "WIDTH": dtype.itemsize, "range": range}
        loop = types.FunctionType(_LOOPS[inputs - 1].__code__, scope, name)
        # Numba's disk cache tells functions apart by name, and does not look at other files.
        sources = [zlib.crc32(Path(file).read_bytes()) for file in sorted(self.sources)]
        checksums = "".join([f"_{source:08x}" for source in sources])
        loop.__qualname__ = f"{self.function.__qualname__}_{dtype.name}{checksums}"
        loop.__module__ = __name__
        pointer: Any = kinds.CPointer
        numbers, places = pointer(kinds.intp), pointer(pointer(numba.from_dtype(dtype)))
        signature = kinds.void(places, numbers, numbers, kinds.voidptr)
        return numba.cfunc(signature, cache=True)(loop)


# ------------------------------------------------------------------ the loop, and NumPy's interface
#
# Numba has a decorator for all of this, vectorize. But it compiles the loop again in each process,
# which takes 130 ms for each formula; a loop of our own is found on disk in 20.


def formula(*numbers: Any) -> Any:
    """In a loop: what is computed of one element of each input."""


WIDTH = 0  # in a loop: bytes of an element


def _loop_over_one(places: Any, sizes: Any, steps: Any, data: Any) -> None:
    a, out = places[0], places[1]
    step, out_step = steps[0] // WIDTH, steps[1] // WIDTH
    if step == 1 and out_step == 1:
        for i in range(sizes[0]):
            out[i] = formula(a[i])
    else:
        for i in range(sizes[0]):
            out[i * out_step] = formula(a[i * step])


def _loop_over_two(places: Any, sizes: Any, steps: Any, data: Any) -> None:
    a, b, out = places[0], places[1], places[2]
    step, b_step, out_step = steps[0] // WIDTH, steps[1] // WIDTH, steps[2] // WIDTH
    if step == 1 and b_step == 1 and out_step == 1:
        for i in range(sizes[0]):
            out[i] = formula(a[i], b[i])
    else:
        for i in range(sizes[0]):
            out[i * out_step] = formula(a[i * step], b[i * b_step])


def _loop_over_three(places: Any, sizes: Any, steps: Any, data: Any) -> None:
    a, b, c, out = places[0], places[1], places[2], places[3]
    step, b_step = steps[0] // WIDTH, steps[1] // WIDTH
    c_step, out_step = steps[2] // WIDTH, steps[3] // WIDTH
    if step == 1 and b_step == 1 and c_step == 1 and out_step == 1:
        for i in range(sizes[0]):
            out[i] = formula(a[i], b[i], c[i])
    else:
        for i in range(sizes[0]):
            out[i * out_step] = formula(a[i * step], b[i * b_step], c[i * c_step])


_LOOPS = (_loop_over_one, _loop_over_two, _loop_over_three)

_FROM_FUNCTIONS = 1  # the place of PyUFunc_FromFuncAndData in NumPy's C interface for ufuncs
_NO_IDENTITY = -1
_kept: list[Any] = []  # a ufunc points to what it is made from


def _as_ufunc(c_function: Any, dtype: np.dtype[Any], inputs: int, name: str) -> Any:
    """The ufunc that has this loop, and no other."""
    address_in = ctypes.pythonapi.PyCapsule_GetPointer
    address_in.restype, address_in.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    interface = address_in(np._core._multiarray_umath._UFUNC_API, None)  # type: ignore[attr-defined]
    places = ctypes.cast(interface, ctypes.POINTER(ctypes.c_void_p))
    arguments = [ctypes.c_void_p] * 3 + [ctypes.c_int] * 4 + [ctypes.c_char_p] * 2 + [ctypes.c_int]
    make = ctypes.PYFUNCTYPE(ctypes.py_object, *arguments)(places[_FROM_FUNCTIONS] or 0)
    loops, data = (ctypes.c_void_p * 1)(c_function.address), (ctypes.c_void_p * 1)()
    numbers_of_dtypes = (ctypes.c_byte * (inputs + 1))(*[int(dtype.num)] * (inputs + 1))
    names = name.encode(), b""
    _kept.append((c_function, loops, data, numbers_of_dtypes, names))
    return make(loops, data, numbers_of_dtypes, 1, inputs, 1, _NO_IDENTITY, *names, 0)


def ufunc(
    kernel_name: str, rounds_each_operation: bool = False
) -> Callable[[Callable[..., Any]], UFunc]:
    """``@ufunc(name)`` above a formula, which may call formulas of ``vec_math``.

    Args:
        kernel_name: torch's, for the error message.
        rounds_each_operation: torch has no kernel for it, but a formula in operations on tensors,
            each of which rounds half precision.
    """
    return lambda formula: UFunc(formula, kernel_name, rounds_each_operation)
