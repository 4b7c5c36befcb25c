"""The three discrete Fourier transforms that all others call, with their gradients.

Mirrors aten/src/ATen/native/mkl/SpectralOps.cpp, in whose place stands scipy.fft, and
fft_r2c_backward and fft_c2r_backward of torch/csrc/autograd/FunctionsManual.cpp. They are named by
what goes in and what comes out: complex to complex (C2C), real to complex (R2C), complex to real
(C2R).

The spectrum of a real signal is Hermitian, X[-k] = conj(X[k]), so a "one-sided" one keeps only its
first n // 2 + 1 entries along the last dimension. torch's gradients are conjugates of derivatives,
so that of a transform is the transform with the other sign.

Left out: torch's order of dimensions in the memory of the results, which are contiguous here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.autograd.operator import Operator

Dims = tuple[int, ...]

# What multiplies the sums: 1, 1 / sqrt(n) or 1 / n, by the names of torch's fft_norm_mode. SciPy
# says the same by the direction that carries the 1 / n.
_SCIPY_NORM = {
    True: {"none": "backward", "by_root_n": "ortho", "by_n": "forward"},
    False: {"none": "forward", "by_root_n": "ortho", "by_n": "backward"},
}


class FftC2C(Operator):
    """out[k] = sum over j of input[j] * exp(-2 pi i j k / n); ``forward=False`` flips the sign."""

    @staticmethod
    def forward(ctx: Any, input: Any, dims: Dims, scale: str, forward: bool) -> Any:
        ctx.arguments = dims, scale, forward
        return _transform("fftn" if forward else "ifftn", input, dims, scale)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        dims, scale, forward = ctx.arguments
        return FftC2C.apply(grad, dims, scale, not forward)


class FftR2C(Operator):
    """The forward transform of a real signal."""

    @staticmethod
    def forward(ctx: Any, input: Any, dims: Dims, scale: str, onesided: bool) -> Any:
        ctx.arguments = dims, scale, onesided, input.shape[dims[-1]], input.dtype
        out = _transform("rfftn" if onesided else "fftn", input, dims, scale)
        if not onesided:
            out += 0  # SciPy mirrors the imaginary part 0 of an entry without image to -0
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        dims, scale, onesided, size, dtype = ctx.arguments
        if not onesided:
            return FftC2C.apply(grad, dims, scale, False).real
        # The real part of a sum over half a spectrum is half the sum over the whole one.
        halves = _mirrored(0.5, size, grad.shape, dims[-1], dtype)
        return FftC2R.apply(grad * halves, dims, scale, size)


class FftC2R(Operator):
    """The inverse transform of a one-sided spectrum, to a signal of ``size`` real points."""

    @staticmethod
    def forward(ctx: Any, input: Any, dims: Dims, scale: str, size: int) -> Any:
        sizes = [*[input.shape[d] for d in dims[:-1]], size]
        out = _transform("irfftn", input, dims, scale, sizes)
        ctx.arguments = dims, scale, size, out.dtype
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        dims, scale, size, dtype = ctx.arguments
        spectrum = FftR2C.apply(grad, dims, scale, True)
        # An entry that stands for its mirror image too is used twice.
        return spectrum * _mirrored(2.0, size, spectrum.shape, dims[-1], dtype)


def _transform(
    name: str, array: Any, dims: Dims, scale: str, sizes: Sequence[int] | None = None
) -> Any:
    """One of SciPy's transforms, imported when it is needed: ``import minitorch`` stays quick."""
    from scipy import fft as scipy_fft

    norm = _SCIPY_NORM[not name.startswith("i")][scale]
    return getattr(scipy_fft, name)(array, sizes, axes=dims, norm=norm)


def _mirrored(factor: float, size: int, shape: Dims, dim: int, dtype: np.dtype[Any]) -> Any:
    """``factor`` for the entries of a one-sided spectrum that have a mirror image, 1 for the others
    (the first, and the last if ``size`` is even); to be multiplied along ``dim``.
    """
    weights = np.ones(shape[dim], dtype)
    weights[1 : 1 + size - shape[dim]] = factor
    return weights.reshape((-1,) + (1,) * (len(shape) - 1 - dim))
