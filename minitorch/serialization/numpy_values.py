"""NumPy's arrays and numbers in a checkpoint, such as the best accuracy so far.

NumPy pickles them as calls of its own functions, which trust what they are given. The functions
here take their place: they make arrays of plain numbers, and look at the sizes first.

Mirrors numpy/_core/multiarray.py, as far as pickles call it. torch allows none of it by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_PLAIN_KINDS = "biufcSU"  # not objects, which would be pointers; nor records, which may hold some


def dtype(name: Any, align: Any = False, copy: Any = False) -> np.dtype[Any]:
    """A dtype, whose byte order ``set_dtype_state`` then sets."""
    made = np.dtype(str(name), copy=True)
    _check_plain(made)
    return made


def set_dtype_state(target: np.dtype[Any], state: Any) -> None:
    """Give a dtype its byte order: all that its state holds for plain numbers."""
    _, order, *parts = state
    if order not in ("<", ">", "=", "|") or any(part is not None for part in parts[:3]):
        raise TypeError("a NumPy dtype with parts")
    if target.kind in "SU":
        return  # its state repeats the length, which the name has given
    target.__setstate__((3, order, None, None, None, -1, -1, 0))  # type: ignore[attr-defined]


def scalar(kind: Any, content: Any) -> Any:
    """A number of a NumPy type."""
    return frombuffer(content, kind, (1,), "C")[0]


def reconstruct(kind: Any, shape: Any, code: Any) -> np.ndarray[Any, Any]:
    """An array that ``set_array_state`` fills."""
    if kind is not np.ndarray:
        raise TypeError(f"an array of the class {kind!r}")
    return np.empty(0, np.int8)


def set_array_state(target: np.ndarray[Any, Any], state: Any) -> None:
    """Fill an array: ``(version, shape, dtype, whether it is in Fortran's order, content)``."""
    _, shape, kind, is_fortran, content = state
    array = frombuffer(content, kind, shape, "F" if is_fortran else "C")
    checked: Any = 1, array.shape, array.dtype, bool(is_fortran), bytes(content)
    target.__setstate__(checked)


def frombuffer(content: Any, kind: Any, shape: Any, order: Any) -> np.ndarray[Any, Any]:
    """An array of the numbers in ``content``."""
    _check_plain(kind)
    if not isinstance(content, bytes | bytearray):
        raise TypeError("an array of no bytes")
    if min(shape, default=0) < 0:
        raise TypeError(f"an array of the shape {shape}")
    return np.frombuffer(bytearray(content), kind).reshape(shape, order=order)


def _check_plain(kind: Any) -> None:
    if not isinstance(kind, np.dtype) or kind.kind not in _PLAIN_KINDS or kind.fields:
        raise TypeError(f"NumPy's dtype {kind!r}, which is none of plain numbers")
