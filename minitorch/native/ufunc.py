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

import types
from collections.abc import Callable
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

    def __init__(self, formula: Callable[..., Any], kernel_name: str) -> None:
        super().__init__(formula, parallel=False, fast_sums=False, inline=False)
        self.kernel_name = kernel_name
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

        formula = self.function
        inputs = formula.__code__.co_argcount
        if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]
            each = np.frompyfunc(formula, inputs, 1)
            return lambda *arrays: np.asarray(each(*arrays), dtype)
        with _compile_lock:
            while when_numba_loads:
                when_numba_loads.pop()()
            scope = self._compiled_globals() | {"number": dtype.type}
            function = types.FunctionType(formula.__code__, scope, formula.__name__)
            # Numba's disk cache tells functions apart by name.
            function.__qualname__ = f"{formula.__qualname__}_{dtype.name}{self._checksums()}"
            function.__module__ = formula.__module__
            kind = numba.from_dtype(dtype)
            signature = kind(*[kind] * inputs)
            compile_for = numba.vectorize([signature], nopython=True, cache=True)  # type: ignore[no-untyped-call]
            return compile_for(function).ufunc


def ufunc(kernel_name: str) -> Callable[[Callable[..., Any]], UFunc]:
    """``@ufunc(name)`` above a formula, which may call formulas of ``vec_math``.

    Args:
        kernel_name: torch's, for the error message.
    """
    return lambda formula: UFunc(formula, kernel_name)
