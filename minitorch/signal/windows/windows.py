"""The window functions, each of M points.

Mirrors torch/signal/windows/windows.py. A symmetric window (``sym=True``) is for the design of
filters; a periodic one, which lacks the last point of a symmetric window with M + 1 points, for
spectra. With ``requires_grad`` the result has a history, as torch's has: the points at which the
formula is taken are the leaves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from minitorch import dtypes
from minitorch._layout import strided
from minitorch.native.bessel_functions import i0
from minitorch.native.factories import empty, ones
from minitorch.native.ranges import arange, linspace
from minitorch.native.tensor_compare import minimum
from minitorch.native.tensor_new import tensor

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


def _checked_dtype(name: str, M: int, dtype: Any, layout: Any) -> dtypes.dtype:
    """The dtype of a window. Mirrors _window_function_checks.

    Raises:
        ValueError: the length is negative, or there are no windows of this dtype or layout.
    """
    dtype = dtypes.get_default_dtype() if dtype is None else dtype
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")
    if layout not in (None, strided):
        raise ValueError(f"{name} is implemented for strided tensors only, got: {layout}")
    if dtype not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {dtype}")
    return dtype


def exponential(
    M: int,
    *,
    center: float | None = None,
    tau: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = exp(-|n - center| / tau), also known as the Poisson window.

    Args:
        center: by default (M - 1) / 2, or M / 2 of a periodic window.
        tau: how slowly it decays.
    """
    dtype = _checked_dtype("exponential", M, dtype, layout)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    if M == 0:
        return empty((0,), **options)
    if center is None:
        center = (M if not sym and M > 1 else M - 1) / 2.0
    constant = 1 / tau
    k = linspace(-center * constant, (-center + (M - 1)) * constant, M, **options)
    return (-k.abs()).exp()


def cosine(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = sin(pi (n + 0.5) / M), which neither starts nor ends with 0."""
    dtype = _checked_dtype("cosine", M, dtype, layout)
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    if M == 0:
        return empty((0,), **options)
    start = 0.5
    constant = math.pi / (M + 1 if not sym and M > 1 else M)
    k = linspace(start * constant, (start + (M - 1)) * constant, M, **options)
    return k.sin()


def gaussian(
    M: int,
    *,
    std: float = 1.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = exp(-(n - center)**2 / (2 std**2))."""
    dtype = _checked_dtype("gaussian", M, dtype, layout)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    if M == 0:
        return empty((0,), **options)
    start = -(M if not sym and M > 1 else M - 1) / 2.0
    constant = 1 / (std * math.sqrt(2))
    k = linspace(start * constant, (start + (M - 1)) * constant, M, **options)
    return (-(k**2)).exp()


def kaiser(
    M: int,
    *,
    beta: float = 12.0,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = I0(beta sqrt(1 - (2 n / N - 1)**2)) / I0(beta), where N = M - 1 (periodic: M)."""
    dtype = _checked_dtype("kaiser", M, dtype, layout)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    if M == 0:
        return empty((0,), **options)
    if M == 1:
        return ones((1,), **options)
    # Rounded to the window's dtype first: else the root below could be that of a number < 0.
    edge = tensor(beta, dtype=dtype, device=device)
    start = -edge
    constant = 2.0 * edge / (M if not sym else M - 1)
    k = linspace(start, minimum(edge, start + (M - 1) * constant), M, **options)
    return i0((edge * edge - k**2).sqrt()) / i0(edge)


def hamming(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = 0.54 - 0.46 cos(2 pi n / (M - 1))."""
    return general_hamming(
        M, sym=sym, dtype=dtype, layout=layout, device=device, requires_grad=requires_grad
    )


def hann(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = 1/2 - 1/2 cos(2 pi n / (M - 1))."""
    return general_hamming(
        M,
        alpha=0.5,
        sym=sym,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )


def blackman(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = 0.42 - 0.5 cos(2 pi n / (M - 1)) + 0.08 cos(4 pi n / (M - 1))."""
    dtype = _checked_dtype("blackman", M, dtype, layout)
    return general_cosine(
        M,
        a=[0.42, 0.5, 0.08],
        sym=sym,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )


def bartlett(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = 1 - |2 n / (M - 1) - 1|: a triangle."""
    dtype = _checked_dtype("bartlett", M, dtype, layout)
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    if M == 0:
        return empty((0,), **options)
    if M == 1:
        return ones((1,), **options)
    start = -1
    constant = 2 / (M if not sym else M - 1)
    k = linspace(start, start + (M - 1) * constant, M, **options)
    return 1 - k.abs()


def general_cosine(
    M: int,
    *,
    a: Iterable[float],
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = a[0] - a[1] cos(z) + a[2] cos(2 z) - ..., where z = 2 pi n / (M - 1)."""
    dtype = _checked_dtype("general_cosine", M, dtype, layout)
    options = {"dtype": dtype, "device": device, "requires_grad": requires_grad}
    if M == 0:
        return empty((0,), **options)
    if M == 1:
        return ones((1,), **options)
    if not isinstance(a, Iterable):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    constant = 2 * math.pi / (M if not sym else M - 1)
    k = linspace(0, (M - 1) * constant, M, **options)
    coefficients = tensor([(-1) ** i * w for i, w in enumerate(a)], **options)
    i = arange(coefficients.shape[0], **options)
    return (coefficients.unsqueeze(-1) * (i.unsqueeze(-1) * k).cos()).sum(0)


def general_hamming(
    M: int,
    *,
    alpha: float = 0.54,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """out[n] = alpha - (1 - alpha) cos(2 pi n / (M - 1))."""
    return general_cosine(
        M,
        a=[alpha, 1.0 - alpha],
        sym=sym,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )


def nuttall(
    M: int,
    *,
    sym: bool = True,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The Blackman-Harris window with four terms, by Nuttall's coefficients."""
    return general_cosine(
        M,
        a=[0.3635819, 0.4891775, 0.1365995, 0.0106411],
        sym=sym,
        dtype=dtype,
        layout=layout,
        device=device,
        requires_grad=requires_grad,
    )
