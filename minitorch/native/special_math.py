"""SciPy's special functions, loaded when the first of them is called.

Importing scipy.special takes as long as the rest of ``import minitorch``. Its functions are NumPy
ufuncs, so they run on every array that speaks NumPy's protocols.

Mirrors aten/src/ATen/native/Math.h, which like SciPy goes back to the Cephes library.
"""

from __future__ import annotations

import functools
from typing import Any

from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.tensor_iterator import as_float, on_floats


@functools.cache
def scipy_special(name: str) -> Any:
    """The ufunc of that name."""
    import scipy.special

    return getattr(scipy.special, name)


def special_unary(name: str, kernel_name: str, input: Any, half: bool = True) -> Any:
    """A ufunc of SciPy on an array, in its floating dtype.

    Args:
        kernel_name: torch's, for the error message.
        half: whether torch has it for float16.
    """
    return on_floats(scipy_special(name), kernel_name, as_float(input), half=half)


def without_gradient(name: str, kernel_name: str, input: Any) -> Any:
    """A function of a tensor that torch gives no derivative, nor float16."""
    return wrap(special_unary(name, kernel_name, unwrap(input), half=False))
