"""Windows that fade a piece of a signal in and out, before its Fourier transform.

Mirrors the window functions of aten/src/ATen/native/TensorFactories.cpp. There are more
in ``minitorch.signal.windows``, in SciPy's form.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import check_device
from minitorch._layout import strided
from minitorch.autograd.grad_mode import no_grad
from minitorch.autograd.variable import wrap
from minitorch.native.factories import ones

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _window(
    name: str,
    length: int,
    periodic: bool,
    dtype: Any,
    layout: Any,
    device: Any,
    requires_grad: bool,
    formula: Callable[[Tensor, float, Callable[[float], float]], Tensor],
) -> Tensor:
    """``formula(n, last, rounded)`` at n = 0, 1, ..., last.

    torch rounds each constant to the dtype of the window first; ``rounded`` does that. A periodic
    window is the beginning of a symmetric one with one element more, which would be the first of
    the next period.
    """
    check_device(device)
    dtype = dtypes.get_default_dtype() if dtype is None else dtype
    if layout not in (None, strided):
        raise RuntimeError(f"{name} is not implemented for sparse types, got: {layout}")
    if not (dtype.is_floating_point or dtype.is_complex):
        raise RuntimeError(f"{name} expects floating point dtypes, got: {dtype}")
    if length < 0:
        raise RuntimeError(
            f"{name} requires non-negative window_length, got window_length={length}"
        )
    if dtype.is_complex:
        raise NotImplementedError(f"\"arange_cpu\" not implemented for '{dtype.c10_name}'")
    with no_grad():
        if length < 2:
            window = ones(length, dtype=dtype)
        else:
            steps = wrap(np.arange(length + periodic).astype(dtype.numpy))
            last = steps._array.size - 1
            window = formula(steps, last, lambda x: float(dtype.numpy.type(x)))[:length]
    return window.requires_grad_(requires_grad)


def hann_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = 1/2 - 1/2 cos(2 pi n / N), where N is ``window_length``, less 1 if not periodic.

    >>> hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """

    def formula(n: Tensor, last: float, rounded: Callable[[float], float]) -> Tensor:
        return (n * rounded(2 * math.pi / last)).cos() * -0.5 + 0.5

    return _window(
        "hann_window", window_length, periodic, dtype, layout, device, requires_grad, formula
    )


def hamming_window(
    window_length: int,
    periodic: bool = True,
    alpha: float = 0.54,
    beta: float = 0.46,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = alpha - beta cos(2 pi n / N)."""

    def formula(n: Tensor, last: float, rounded: Callable[[float], float]) -> Tensor:
        return (n * rounded(2 * math.pi / last)).cos() * rounded(-beta) + rounded(alpha)

    return _window(
        "hamming_window", window_length, periodic, dtype, layout, device, requires_grad, formula
    )


def blackman_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = 0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N)."""

    def formula(n: Tensor, last: float, rounded: Callable[[float], float]) -> Tensor:
        angle = n * rounded(math.pi / last)
        return (angle * 4).cos() * rounded(0.08) - (angle * 2).cos() * 0.5 + rounded(0.42)

    return _window(
        "blackman_window", window_length, periodic, dtype, layout, device, requires_grad, formula
    )


def bartlett_window(
    window_length: int,
    periodic: bool = True,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = 1 - |2 n / N - 1|: a triangle."""

    def formula(n: Tensor, last: float, rounded: Callable[[float], float]) -> Tensor:
        rising = n * rounded(2 / last)
        return rising.minimum(2 - rising)

    return _window(
        "bartlett_window", window_length, periodic, dtype, layout, device, requires_grad, formula
    )


def kaiser_window(
    window_length: int,
    periodic: bool = True,
    beta: float = 12.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = I0(beta sqrt(1 - (2 n / N - 1)**2)) / I0(beta), with I0 the modified Bessel function
    of the first kind.
    """

    def formula(n: Tensor, last: float, rounded: Callable[[float], float]) -> Tensor:
        position = n._array.astype(np.float64) * (2 / last) - 1
        window = np.i0(beta * np.sqrt(np.maximum(1 - position**2, 0))) / np.i0(float(beta))
        return wrap(window.astype(n._array.dtype))

    return _window(
        "kaiser_window", window_length, periodic, dtype, layout, device, requires_grad, formula
    )
