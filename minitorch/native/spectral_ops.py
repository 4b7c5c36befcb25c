"""Discrete Fourier transforms, as ``minitorch.fft`` offers them.

Mirrors aten/src/ATen/native/SpectralOps.cpp and torch/_refs/fft.py. Each function cuts or pads its
input, says which power of the number of points n scales the result, and calls one of the three
transforms in native/fourier_transforms.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd.grad_mode import no_grad
from minitorch.native.complex_ops import conj, conj_physical, is_complex
from minitorch.native.conversions import clone, to_dtype
from minitorch.native.fourier_transforms import Dims, FftC2C, FftC2R, FftR2C
from minitorch.native.padding import pad
from minitorch.native.rearranging import roll
from minitorch.native.sizes import wrap_dim
from minitorch.native.splitting import narrow
from minitorch.native.tensor_new import tensor
from minitorch.native.variants import accepts_numpy_names, accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

IntOrInts = int | Sequence[int]

# --------------------------------------------------------------------------- arguments


def _scale(norm: str | None, forward: bool) -> str:
    """What torch calls a normalization mode, as what the sums are multiplied by."""
    if norm == "ortho":
        return "by_root_n"
    if norm not in (None, "backward", "forward"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    return "by_n" if forward == (norm == "forward") else "none"


def _promoted(input: Tensor, to_complex: bool = False) -> Tensor:
    """Integers as floats; real numbers as complex ones if they must be."""
    dtype = dtypes.from_numpy(input._array.dtype)
    if dtype.is_complex:
        return input
    if not dtype.is_floating_point:
        dtype = dtypes.get_default_dtype()
    if dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"Unsupported dtype {dtype.c10_name}")
    return to_dtype(input, dtype.to_complex() if to_complex else dtype)


def _check_real(name: str, expected: str, input: Tensor) -> None:
    if is_complex(input):
        name_of_dtype = dtypes.from_numpy(input._array.dtype).c10_name
        raise RuntimeError(f"{name} expects a {expected} input tensor, but got {name_of_dtype}")


def _wrap_dim(dim: int, ndim: int) -> int:
    """``wrap_dim`` for which a tensor without dimensions has none."""
    if not ndim:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return wrap_dim(dim, ndim)


def _check_points(*sizes: int) -> None:
    for n in sizes:
        if n < 1:
            raise RuntimeError(f"Invalid number of data points ({n}) specified")


def _resized(input: Tensor, dims: Dims, sizes: Sequence[int]) -> Tensor:
    """``input`` cut, or padded with zeros at the end, to ``sizes`` along ``dims``."""
    shape = input._array.shape
    padding = [0] * (2 * len(shape))
    for dim, size in zip(dims, sizes, strict=True):
        if shape[dim] > size:
            input = narrow(input, dim, 0, size)
        padding[-1 - 2 * dim] = max(size - shape[dim], 0)
    return pad(input, padding) if any(padding) else input


def _shape_and_dims(
    input: Tensor, s: IntOrInts | None, dim: IntOrInts | None
) -> tuple[list[int], Dims]:
    """The sizes and the dimensions to transform; mirrors canonicalize_fft_shape_and_dim_args."""
    shape = input._array.shape
    dims = tuple(range(len(shape)))
    if dim is not None:
        dims = tuple([_wrap_dim(d, len(shape)) for d in _sequence(dim)])
        if len(set(dims)) < len(dims):
            raise RuntimeError("FFT dims must be unique")
    if s is None:
        sizes = [shape[d] for d in dims]
    else:
        given = _sequence(s)
        if dim is not None and len(dims) != len(given):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
        if len(given) > len(shape):
            raise RuntimeError(
                f"Got shape with {len(given)} values but input tensor only has {len(shape)} "
                "dimensions."
            )
        dims = dims[len(dims) - len(given) :]
        sizes = [shape[d] if n == -1 else n for n, d in zip(given, dims, strict=True)]
    _check_points(*sizes)
    return sizes, dims


def _sequence(numbers: IntOrInts) -> tuple[int, ...]:
    return (numbers,) if isinstance(numbers, int) else tuple(numbers)


def _one_sided_arguments(
    name: str, input: Tensor, s: IntOrInts | None, dim: IntOrInts | None
) -> tuple[list[int], Dims, int]:
    """``_shape_and_dims`` of a one-sided spectrum, and the size of the real signal along the last
    dimension.
    """
    sizes, dims = _shape_and_dims(input, s, dim)
    if not sizes:
        raise RuntimeError(f"{name} must transform at least one axis")
    if s is None or _sequence(s)[-1] == -1:
        last = 2 * (input._array.shape[dims[-1]] - 1)
    else:
        last = sizes[-1]
    _check_points(last)
    return [*sizes[:-1], last // 2 + 1], dims, last


# --------------------------------------------------------------------------- one dimension


def _c2c(input: Tensor, n: int | None, dim: int, norm: str | None, forward: bool) -> Tensor:
    dim = _wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim] if n is None else n
    _check_points(size)
    return FftC2C.apply(_resized(input, (dim,), (size,)), (dim,), _scale(norm, forward), forward)


def _r2c(
    input: Tensor, n: int | None, dim: int, norm: str | None, forward: bool, onesided: bool
) -> Tensor:
    input = _promoted(input)
    dim = _wrap_dim(dim, input._array.ndim)
    size = input._array.shape[dim] if n is None else n
    _check_points(size)
    input = _resized(input, (dim,), (size,))
    out: Tensor = FftR2C.apply(input, (dim,), _scale(norm, forward), onesided)
    return out if forward else conj(out)


def _c2r(input: Tensor, n: int | None, dim: int, norm: str | None, forward: bool) -> Tensor:
    input = _promoted(input, to_complex=True)
    dim = _wrap_dim(dim, input._array.ndim)
    size = 2 * (input._array.shape[dim] - 1) if n is None else n
    _check_points(size)
    input = _resized(input, (dim,), (size // 2 + 1,))
    if forward:
        input = conj(input)
    return FftC2R.apply(input, (dim,), _scale(norm, forward), size)


@accepts_out
def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """out[k] = sum over j of input[j] * exp(-2 pi i j k / n), along one dimension.

    Args:
        n: cut or pad the signal to this many points first.
        norm: what divides the result: nothing ("backward", the default), sqrt(n) ("ortho") or n
            ("forward"); for the inverse transforms "backward" and "forward" change places.

    >>> import minitorch
    >>> fft(minitorch.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j, -2.-2.j])
    """
    if is_complex(input):
        return _c2c(input, n, dim, norm, forward=True)
    return _r2c(input, n, dim, norm, forward=True, onesided=False)


@accepts_out
def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """out[j] = 1 / n * sum over k of input[k] * exp(2 pi i j k / n): the inverse of ``fft``."""
    if is_complex(input):
        return _c2c(input, n, dim, norm, forward=False)
    return _r2c(input, n, dim, norm, forward=False, onesided=False)


@accepts_out
def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first n // 2 + 1 entries of ``fft`` of a real signal; the others mirror them.

    >>> import minitorch
    >>> rfft(minitorch.tensor([1.0, 2.0, 3.0, 4.0]))
    tensor([10.+0.j, -2.+2.j, -2.+0.j])
    """
    _check_real("rfft", "real", input)
    return _r2c(input, n, dim, norm, forward=True, onesided=True)


@accepts_out
def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The real signal whose ``rfft`` is ``input``.

    Args:
        n: the number of its points; by default it is even, 2 * (number of entries - 1).
    """
    return _c2r(input, n, dim, norm, forward=False)


@accepts_out
def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The real ``fft`` of a Hermitian signal, given its first n // 2 + 1 points."""
    return _c2r(input, n, dim, norm, forward=True)


@accepts_out
def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first half of the Hermitian signal whose ``hfft`` is ``input``."""
    _check_real("ihfft", "real", input)
    return _r2c(input, n, dim, norm, forward=False, onesided=True)


# --------------------------------------------------------------------------- several dimensions


def _fftn_c2c(
    input: Tensor, s: IntOrInts | None, dim: IntOrInts | None, norm: str | None, forward: bool
) -> Tensor:
    sizes, dims = _shape_and_dims(input, s, dim)
    input = _resized(_promoted(input, to_complex=True), dims, sizes)
    scale = _scale(norm, forward)
    return FftC2C.apply(input, dims, scale, forward) if dims else clone(input)


@accepts_out
def fftn(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = None,
    norm: str | None = None,
) -> Tensor:
    """``fft`` over several dimensions, one after the other; over all by default.

    Args:
        s: cut or pad the signal to these sizes first; -1 keeps one.
        dim: the dimensions; by default the last ``len(s)``.
        norm: as in ``fft``, where n is the number of points in all these dimensions.
    """
    return _fftn_c2c(input, s, dim, norm, forward=True)


@accepts_out
def ifftn(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = None,
    norm: str | None = None,
) -> Tensor:
    """The inverse of ``fftn``."""
    return _fftn_c2c(input, s, dim, norm, forward=False)


@accepts_out
def rfftn(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = None,
    norm: str | None = None,
) -> Tensor:
    """``fftn`` of a real signal, one-sided in the last dimension."""
    _check_real("rfftn", "real-valued", input)
    sizes, dims = _shape_and_dims(input, s, dim)
    if not sizes:
        raise RuntimeError("rfftn must transform at least one axis")
    input = _resized(_promoted(input), dims, sizes)
    return FftR2C.apply(input, dims, _scale(norm, True), True)


@accepts_out
def irfftn(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = None,
    norm: str | None = None,
) -> Tensor:
    """The real signal whose ``rfftn`` is ``input``."""
    sizes, dims, last = _one_sided_arguments("irfftn", input, s, dim)
    input = _resized(_promoted(input, to_complex=True), dims, sizes)
    return FftC2R.apply(input, dims, _scale(norm, False), last)


@accepts_out
def hfftn(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = None,
    norm: str | None = None,
) -> Tensor:
    """The real ``fftn`` of a signal that is Hermitian in the last dimension."""
    sizes, dims, last = _one_sided_arguments("hfftn", input, s, dim)
    input = _resized(_promoted(input, to_complex=True), dims, sizes)
    scale = _scale(norm, True)
    if dims[:-1]:
        input = FftC2C.apply(input, dims[:-1], scale, True)
    return FftC2R.apply(conj(input), dims[-1:], scale, last)


@accepts_out
def ihfftn(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = None,
    norm: str | None = None,
) -> Tensor:
    """The first half, in the last dimension, of the signal whose ``hfftn`` is ``input``."""
    if is_complex(input):
        name = dtypes.from_numpy(input._array.dtype).c10_name
        raise RuntimeError(f"Only supports floating-point dtypes, but found: {name}")
    sizes, dims = _shape_and_dims(input, s, dim)
    if not sizes:
        raise RuntimeError("ihfftn must transform at least one axis")
    input = _resized(_promoted(input), dims, sizes)
    scale = _scale(norm, False)
    spectrum: Tensor = FftR2C.apply(input, dims[-1:], scale, True)
    if not dims[:-1]:
        return conj(spectrum)
    return FftC2C.apply(conj_physical(spectrum), dims[:-1], scale, False)


@accepts_out
def fft2(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = (-2, -1),
    norm: str | None = None,
) -> Tensor:
    """``fftn`` over the last two dimensions."""
    return fftn(input, s, dim, norm)


@accepts_out
def ifft2(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = (-2, -1),
    norm: str | None = None,
) -> Tensor:
    """``ifftn`` over the last two dimensions."""
    return ifftn(input, s, dim, norm)


@accepts_out
def rfft2(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = (-2, -1),
    norm: str | None = None,
) -> Tensor:
    """``rfftn`` over the last two dimensions."""
    return rfftn(input, s, dim, norm)


@accepts_out
def irfft2(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = (-2, -1),
    norm: str | None = None,
) -> Tensor:
    """``irfftn`` over the last two dimensions."""
    return irfftn(input, s, dim, norm)


@accepts_out
def hfft2(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = (-2, -1),
    norm: str | None = None,
) -> Tensor:
    """``hfftn`` over the last two dimensions."""
    return hfftn(input, s, dim, norm)


@accepts_out
def ihfft2(
    input: Tensor,
    s: IntOrInts | None = None,
    dim: IntOrInts | None = (-2, -1),
    norm: str | None = None,
) -> Tensor:
    """``ihfftn`` over the last two dimensions."""
    return ihfftn(input, s, dim, norm)


# --------------------------------------------------------------------------- frequencies


@accepts_out
def fftfreq(
    n: int,
    d: float = 1.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The frequency of each entry of ``fft``, in cycles per unit of ``d``.

    Args:
        n: the number of points.
        d: the distance between two points.

    >>> fftfreq(4, 0.5)
    tensor([ 0.0000,  0.5000, -1.0000, -0.5000])
    """
    frequencies = _count(n)
    frequencies[(n + 1) // 2 :] -= n
    return _frequencies("fftfreq", frequencies, n * d, dtype, device, requires_grad)


@accepts_out
def rfftfreq(
    n: int,
    d: float = 1.0,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The frequency of each entry of ``rfft``.

    >>> rfftfreq(4, 0.5)
    tensor([0.0000, 0.5000, 1.0000])
    """
    return _frequencies("rfftfreq", _count(n // 2 + 1), n * d, dtype, device, requires_grad)


def _count(n: int) -> Any:
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    return np.arange(n)


def _frequencies(
    name: str, indices: Any, duration: float, dtype: Any, device: Any, requires_grad: bool
) -> Tensor:
    result = tensor(
        indices,
        dtype=dtypes.get_default_dtype() if dtype is None else dtype,
        device=device,
        requires_grad=requires_grad,
    )
    if not dtypes.is_differentiable(result._array.dtype):
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    with no_grad():
        return result.mul_(1 / duration)


@accepts_numpy_names
def fftshift(input: Tensor, dim: IntOrInts | None = None) -> Tensor:
    """Bring frequency 0 from the front to the middle, along all dimensions by default.

    >>> fftshift(fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    dims = _dims_to_shift(input, dim)
    return roll(input, [input._array.shape[d] // 2 for d in dims], dims)


@accepts_numpy_names
def ifftshift(input: Tensor, dim: IntOrInts | None = None) -> Tensor:
    """The inverse of ``fftshift``."""
    dims = _dims_to_shift(input, dim)
    return roll(input, [(input._array.shape[d] + 1) // 2 for d in dims], dims)


def _dims_to_shift(input: Tensor, dim: IntOrInts | None) -> Dims:
    ndim = input._array.ndim
    return (
        tuple(range(ndim)) if dim is None else tuple([_wrap_dim(d, ndim) for d in _sequence(dim)])
    )
