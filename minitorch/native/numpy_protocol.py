"""Tensors in NumPy's own functions: ``np.exp(tensor)``, ``array * tensor``, ``np.argsort(tensor)``.

NumPy computes on the memory of the tensors and the result is a tensor again, outside the graph: a
tensor that requires grad is refused. An operator with an array or a NumPy scalar on the left is
no such call: it is the tensor's own, recorded as any other.

Mirrors ``__array_wrap__`` of torch/_tensor.py. Left out: torch refuses some of the operators with
an array on the left (``array + tensor``), which here compute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.variable import Variable
from minitorch.native.tensor_new import from_numpy

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

REFLECTED = {
    np.add: "__radd__",
    np.subtract: "__rsub__",
    np.multiply: "__rmul__",
    np.true_divide: "__rtruediv__",
    np.floor_divide: "__rfloordiv__",
    np.remainder: "__rmod__",
    np.power: "__rpow__",
    np.matmul: "__rmatmul__",
    np.bitwise_and: "__rand__",
    np.bitwise_or: "__ror__",
    np.bitwise_xor: "__rxor__",
    np.left_shift: "__rlshift__",
    np.right_shift: "__rrshift__",
    np.equal: "__eq__",
    np.not_equal: "__ne__",
    np.less: "__gt__",
    np.less_equal: "__ge__",
    np.greater: "__lt__",
    np.greater_equal: "__le__",
}
"""The ufunc that NumPy's operators call, and the tensor's answer when it stands on the right."""


def array_ufunc(self: Tensor, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """What NumPy asks when one of its ufuncs, or operators, meets a tensor.

    Raises:
        RuntimeError: a tensor requires grad, which NumPy would lose.
        TypeError: the result is to be written into a tensor.
    """
    is_operator = method == "__call__" and ufunc in REFLECTED and not options
    if is_operator and not isinstance(inputs[0], Variable):
        return getattr(self, REFLECTED[ufunc])(inputs[0])
    if any([isinstance(x, Variable) for x in options.get("out", ())]):
        return NotImplemented
    arrays = [np.asarray(x) if isinstance(x, Variable) else x for x in inputs]
    result = getattr(ufunc, method)(*arrays, **options)
    if "out" in options:  # array += tensor
        return result
    return tuple(map(_wrapped, result)) if isinstance(result, tuple) else _wrapped(result)


def array_wrap(self: Tensor, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
    """What NumPy's other functions make of their result if they were given a tensor."""
    return _wrapped(array)


def _wrapped(array: Any) -> Tensor:
    """A result of NumPy's as a tensor; bool becomes uint8, torch's bool of old."""
    array = np.asarray(array)
    return from_numpy(array.astype(np.uint8) if array.dtype == bool else array)
