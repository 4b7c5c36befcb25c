"""Ranges of numbers: ``arange`` by steps, ``linspace`` and ``logspace`` by their count.

Mirrors aten/src/ATen/native/RangeFactories.cpp and cpu/RangeFactoriesKernel.cpp.
"""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import check_device
from minitorch.autograd.variable import Variable
from minitorch.native.conversions import cast
from minitorch.native.tensor_new import default_dtype, dtype_or, fills_out, new_leaf, number_of

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@fills_out
def arange(
    start: Any,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """start, start + step, ... up to but without ``end``; int64 if all are ints.

    >>> import minitorch
    >>> minitorch.arange(3)
    tensor([0, 1, 2])

    Raises:
        RuntimeError: step is 0, or its sign leads away from ``end``.
    """
    check_device(device, pin_memory)
    if end is None:
        start, end = 0, start
    start, end, step = (number_of(x, "arange", "end", 1) for x in (start, end, step))
    if dtype is None:
        whole = all(isinstance(x, int) for x in (start, end, step))
        kind = np.dtype(np.int64) if whole else default_dtype()
    else:
        kind = dtypes.to_numpy(dtype)
    if kind.kind in "bc":
        raise NotImplementedError(
            f"\"arange_cpu\" not implemented for '{dtypes.from_numpy(kind).c10_name}'"
        )
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtypes.is_integral(kind):
        if kind == np.int64:
            start, end, step = int(start), int(end), int(step)
            if step == 0:
                raise ValueError("step must be nonzero")
        count = math.ceil((end - start) / step)
        values = int(start) + np.arange(count) * int(step)
    else:
        count = math.ceil((end - start) / step)
        values = start + np.arange(count, dtype=np.float64) * step
    return new_leaf(cast(values, kind), requires_grad)


def _ends(name: str, start: Any, end: Any, steps: int) -> tuple[Any, Any]:
    """The numbers that ``start`` and ``end`` are."""
    if operator.index(steps) < 0:
        raise RuntimeError("number of steps must be non-negative")
    dims = [x._array.ndim if isinstance(x, Variable) else 0 for x in (start, end)]
    if any(dims):
        raise RuntimeError(
            f"{name} only supports 0-dimensional start and end tensors, but got start with "
            f"{dims[0]} dimension(s) and end with {dims[1]} dimension(s)."
        )
    return number_of(start, name, "start", 1), number_of(end, name, "end", 2)


def _kind(name: str, start: Any, end: Any, dtype: Any) -> np.dtype[Any]:
    if not isinstance(start, complex) and not isinstance(end, complex):
        return dtype_or(default_dtype(), dtype)
    complex_kind = dtypes.get_default_dtype().to_complex()
    if dtype is not None and not dtype.is_complex:
        raise RuntimeError(
            f"torch.{name}(): inferred dtype {complex_kind.c10_name} can't be safely cast to "
            f"passed dtype {dtype.c10_name}"
        )
    return dtype_or(complex_kind.numpy, dtype)


@fills_out
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``steps`` evenly spaced numbers from ``start`` to ``end``, both included; computed from both
    ends, so symmetric.
    """
    check_device(device, pin_memory)
    start, end = _ends("linspace", start, end, steps)
    kind = _kind("linspace", start, end, dtype)
    if kind.kind == "b":
        raise NotImplementedError("\"linspace_cpu\" not implemented for 'Bool'")
    return new_leaf(_linspace(start, end, steps, kind), requires_grad)


def _linspace(start: Any, end: Any, steps: int, kind: np.dtype[Any]) -> Any:
    if steps == 1:
        return cast(np.asarray([start]), kind)
    # Integers, of which the ends are rounded first, are rounded again at the end.
    whole = dtypes.is_integral(kind)
    narrow = np.float64 if whole else kind.type
    first, last = narrow(int(start) if whole else start), narrow(int(end) if whole else end)
    step = (last - first) / narrow(max(steps - 1, 1))
    i = np.arange(steps)
    # In float32 the products are exact in float64 and rounded once, as the fused multiply-add of
    # torch's kernel does.
    wide = np.float64 if kind == np.float32 else narrow
    up = cast(wide(first) + wide(step) * i, kind)
    down = cast(wide(last) - wide(step) * (steps - 1 - i), kind)
    return np.where(i < steps // 2, up, down)


@fills_out
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: Any = 10.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """``base`` to the powers of ``steps`` evenly spaced numbers from ``start`` to ``end``.

    >>> import minitorch
    >>> minitorch.logspace(0, 3, 4, base=2)
    tensor([1., 2., 4., 8.])
    """
    check_device(device, pin_memory)
    start, end = _ends("logspace", start, end, steps)
    base = number_of(base, "logspace", "base", 4)
    kind = _kind("logspace", start, end, dtype)
    if kind.kind == "b":
        raise NotImplementedError("\"logspace_cpu\" not implemented for 'Bool'")
    wide: Any = kind.type if kind.kind == "c" else np.float64
    first, last = (wide(cast(np.asarray(x), kind)) for x in (start, end))
    if steps == 1:
        return new_leaf(cast(np.asarray([wide(base) ** wide(start)]), kind), requires_grad)
    step = (last - first) / wide(max(steps - 1, 1))
    i = np.arange(steps)
    powers = np.where(i < steps // 2, first + step * i, last - step * (steps - 1 - i))
    return new_leaf(cast(np.power(wide(base), powers), kind), requires_grad)
