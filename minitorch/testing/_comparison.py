"""``assert_close``: whether two results agree, as closely as their dtype allows.

Mirrors torch/testing/_comparison.py. Left out: sparse, quantized and eight-bit tensors, which
minitorch has not.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native.tensor_compare import isclose
from minitorch.native.tensor_new import as_tensor

TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5),
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7),
    dtypes.complex64: (1.3e-6, 1e-5),
    dtypes.complex128: (1e-7, 1e-7),
}
"""(rtol, atol) of each dtype; 0 of integers and bools."""

_NUMBER_DTYPES = {int: dtypes.int64, float: dtypes.float64, complex: dtypes.complex128}


class _Mismatch(Exception):
    """What to raise, and at which item of the nested inputs."""

    def __init__(self, error: type[Exception], words: str) -> None:
        self.error = error
        self.words = words


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise unless |actual - expected| <= atol + rtol * |expected| everywhere.

    Tensors, arrays, numbers, bools, None, and sequences and mappings of them, item by item. The
    tolerances left out are those of the dtype: ``TOLERANCES``.

    >>> import minitorch
    >>> assert_close([1.0, minitorch.ones(2)], [1.0, minitorch.ones(2) + 1e-6])

    Raises:
        AssertionError: they differ, in values, shape, dtype or nesting.
        TypeError: inputs that cannot be compared with each other.
        ValueError: one tolerance without the other.
    """
    __tracebackhide__ = True  # pytest then shows the caller's line

    options = {
        "allow_subclasses": allow_subclasses,
        "rtol": rtol,
        "atol": atol,
        "equal_nan": equal_nan,
        "check_dtype": check_dtype,
        "check_stride": check_stride,
    }
    item: tuple[Any, ...] = ()
    try:
        comparisons = []
        for item, compare in _comparisons(actual, expected, options):
            comparisons.append((item, compare))
        for item, compare in comparisons:
            compare()
    except _Mismatch as mismatch:
        error, words = mismatch.error, mismatch.words
        item = getattr(mismatch, "item", item)
        if item:
            words += f"\n\nThe failure occurred for item {''.join(f'[{i!r}]' for i in item)}"
        words = msg(words) if callable(msg) else words if msg is None else msg
    else:
        return
    raise error(words)
