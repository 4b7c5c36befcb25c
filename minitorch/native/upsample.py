"""Images of another size: nearest neighbours, linear and cubic interpolation, with anti-aliasing.

Every mode is a weighted sum along one dimension after the other. It is linear in the image, so its
derivative is the same sum transposed, and the derivative of that is the sum itself.

Mirrors aten/src/ATen/native/{UpSample.cpp, UpSampleNearest1d.cpp, UpSampleBilinear2d.cpp,
UpSampleBicubic2d.cpp, ...} and torch/nn/functional.py.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import wrap
from minitorch.native import adaptive_pool
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.tensor_iterator import not_implemented
from minitorch.native.upsample_taps import Taps, taps_of

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

Size = int | Sequence[int] | None
Scale = float | Sequence[float] | None


# ------------------------------------------------------------------------------------- kernels


@DispatchStub
@kernel(parallel=True)
def resample_kernel(out: Any, input: Any, places: Any, weights: Any) -> None:
    """out[b, i, k] = Σ over t of weights[i, t] * input[b, places[i, t], k].

    Shape: out (B, M, K), input (B, N, K); places, weights (M, taps), where a place of -1 ends the
    sum.
    """
    blocks, outputs, inner = out.shape
    for b in prange(blocks):
        for i in range(outputs):
            place, weight = places[i, 0], weights[i, 0]
            for k in range(inner):
                out[b, i, k] = weight * input[b, place, k]
            for t in range(1, places.shape[1]):
                place, weight = places[i, t], weights[i, t]
                if place < 0:
                    break
                for k in range(inner):
                    out[b, i, k] += weight * input[b, place, k]


@DispatchStub
@kernel(parallel=True)
def resample_backward_kernel(grad_input: Any, grad: Any, places: Any, weights: Any) -> None:
    """grad_input[b, places[i, t], k] += weights[i, t] * grad[b, i, k]; overwrites grad_input."""
    blocks, outputs, inner = grad.shape
    for b in prange(blocks):
        grad_input[b] = 0
        for i in range(outputs):
            for t in range(places.shape[1]):
                place, weight = places[i, t], weights[i, t]
                if place < 0:
                    break
                for k in range(inner):
                    grad_input[b, place, k] += weight * grad[b, i, k]


def resample_bytes(image: Any, taps: tuple[Taps, ...]) -> Any:
    """Images of bytes, with whole weights of 16 bits, and bytes again after each dimension.

    Mirrors native/cpu/UpSampleKernelAVXAntialias.h. The sums of whole numbers are exact, so a
    product of matrices serves.
    """
    for dim, line in reversed(list(enumerate(taps, start=2))):
        count = len(line.places)
        if count == line.size:
            continue
        matrix = np.zeros_like(line.weights, shape=(count, line.size))
        rows = np.broadcast_to(np.arange(count)[:, None], line.places.shape)
        np.add.at(matrix, (rows, line.places), line.weights)  # the weight at place -1 is zero
        largest, bits = float(matrix.max()), 0
        while bits < 22 and int(0.5 + largest * 2 ** (bits + 1)) < 2**15:
            bits += 1
        whole = np.trunc(matrix * 2**bits + np.copysign(0.5, matrix))
        total = np.moveaxis(np.tensordot(image.astype(np.float64), whole, (dim, 1)), -1, dim)
        image = np.clip((total + 2 ** (bits - 1)) // 2**bits, 0, 255).astype(np.uint8)
    return image.copy()  # in C order, and never the memory of the input


# ----------------------------------------------------------------------------------- operators


def _along(array: Any, dim: int, count: int, kernel: Any, taps: Taps) -> Any:
    """Run a kernel along one dimension, which has ``count`` elements afterwards."""
    outer, inner = math.prod(array.shape[:dim]), math.prod(array.shape[dim + 1 :])
    lines = np.ascontiguousarray(array).reshape(outer, array.shape[dim], inner)
    out = np.empty_like(lines, shape=(outer, count, inner))
    kernel(out, lines, taps.places, taps.weights)
    return out.reshape(*array.shape[:dim], count, *array.shape[dim + 1 :])


class Upsample(Operator):
    """input (N, C, *size) -> (N, C, *sizes of the outputs), one ``Taps`` for each dimension."""

    @staticmethod
    def forward(ctx: Any, input: Any, taps: tuple[Taps, ...]) -> Any:
        ctx.taps = taps
        out = input.astype(np.float32) if dtypes.is_half(input.dtype) else input
        for dim, line in reversed(list(enumerate(taps, start=2))):
            out = _along(out, dim, len(line.places), resample_kernel, line)
        return out.astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return UpsampleBackward.apply(grad, ctx.taps)


class UpsampleBackward(Operator, name="UpsampleBackwardBackward0"):
    """The transposed sum: grad (N, C, *sizes of the outputs) -> (N, C, *size)."""

    @staticmethod
    def forward(ctx: Any, grad: Any, taps: tuple[Taps, ...]) -> Any:
        ctx.taps = taps
        out = grad.astype(np.float32) if dtypes.is_half(grad.dtype) else grad
        for dim, line in enumerate(taps, start=2):
            out = _along(out, dim, line.size, resample_backward_kernel, line)
        return out.astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return Upsample.apply(grad, ctx.taps)


class UpsampleNearest1D(Upsample):
    pass


class UpsampleNearest2D(Upsample):
    pass


class UpsampleNearest3D(Upsample):
    pass


class UpsampleNearestExact1D(Upsample):
    pass


class UpsampleNearestExact2D(Upsample):
    pass


class UpsampleNearestExact3D(Upsample):
    pass


class UpsampleLinear1D(Upsample):
    pass


class UpsampleBilinear2D(Upsample):
    pass


class UpsampleTrilinear3D(Upsample):
    pass


class UpsampleBicubic2D(Upsample):
    pass


class UpsampleBilinear2DAa(Upsample):
    pass


class UpsampleBicubic2DAa(Upsample):
    pass


class UpsampleLanczos2DAa(Upsample):
    pass


# For each mode and number of dimensions: what happens along each of them, and the operation.
_OPERATORS: dict[tuple[str, int], tuple[str, type[Operator]]] = {
    ("nearest", 1): ("nearest", UpsampleNearest1D),
    ("nearest", 2): ("nearest", UpsampleNearest2D),
    ("nearest", 3): ("nearest", UpsampleNearest3D),
    ("nearest-exact", 1): ("nearest-exact", UpsampleNearestExact1D),
    ("nearest-exact", 2): ("nearest-exact", UpsampleNearestExact2D),
    ("nearest-exact", 3): ("nearest-exact", UpsampleNearestExact3D),
    ("linear", 1): ("linear", UpsampleLinear1D),
    ("bilinear", 2): ("linear", UpsampleBilinear2D),
    ("trilinear", 3): ("linear", UpsampleTrilinear3D),
    ("bicubic", 2): ("cubic", UpsampleBicubic2D),
    ("bilinear-aa", 2): ("linear-aa", UpsampleBilinear2DAa),
    ("bicubic-aa", 2): ("cubic-aa", UpsampleBicubic2DAa),
    ("lanczos-aa", 2): ("lanczos-aa", UpsampleLanczos2DAa),
}
_DIMENSIONS = {"linear": 3, "bilinear": 4, "trilinear": 5}
_KERNEL_NAMES = {
    "nearest": "compute_indices_weights_nearest",
    "nearest-exact": "compute_indices_weights_nearest",
    "linear": "compute_indices_weights_linear",
    "cubic": "compute_indices_weights_cubic",
}


# ----------------------------------------------------------------------------------- functions


def interpolate(
    input: Tensor,
    size: Size = None,
    scale_factor: Scale = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """The same image with another number of pixels.

    Args:
        size: of the output, or ...
        scale_factor: ... its ratio to that of the input.
        mode: ``nearest``, ``nearest-exact``, ``area``; ``linear`` of sequences, ``bilinear``,
            ``bicubic`` and ``lanczos`` of images, ``trilinear`` of volumes.
        align_corners: the centres of the corner pixels stay where they are; otherwise the outer
            edges do.
        recompute_scale_factor: use the ratio of the sizes in place of ``scale_factor``, of which
            rounding the output's size left less.
        antialias: look at all pixels when an image shrinks (bilinear, bicubic, lanczos).

    Shape: input ``(N, C, *size)`` of one to three dimensions.

    >>> import minitorch
    >>> interpolate(minitorch.tensor([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
    tensor([[[0., 1., 3., 4.]]])
    """
    if mode in ("nearest", "area", "nearest-exact") and align_corners is not None:
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | "
            "bilinear | bicubic | trilinear"
        )
    ndim = input.dim() - 2
    sizes, scales = _sizes_and_scales(input, ndim, size, scale_factor)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    if scales is not None and (recompute_scale_factor or mode == "area"):
        sizes = [int(n * s) for n, s in zip(input.shape[2:], scales, strict=True)]
        scales = None
    if antialias and not (mode in ("bilinear", "bicubic", "lanczos") and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires "
            "a 4-D tensor as input"
        )
    if mode == "area" and 1 <= ndim <= 3:
        assert sizes is not None
        if ndim == 1:
            return adaptive_pool.adaptive_avg_pool1d(input, sizes)
        if ndim == 2:
            return adaptive_pool.adaptive_avg_pool2d(input, sizes)
        return adaptive_pool.adaptive_avg_pool3d(input, sizes)
    if mode == "lanczos" and ndim == 2:
        if align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
    full_mode = f"{mode}-aa" if antialias else mode
    if (full_mode, ndim) not in _OPERATORS:
        raise NotImplementedError(_no_such_mode(input, mode))
    return _upsample(input, sizes, scales, full_mode, bool(align_corners))


def upsample(
    input: Tensor,
    size: Size = None,
    scale_factor: Scale = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """``interpolate`` by its old name."""
    warnings.warn(
        "`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Size = None, scale_factor: Scale = None) -> Tensor:
    """``interpolate`` with mode ``"nearest"``, by its old name."""
    warnings.warn(
        "`nn.functional.upsample_nearest` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size: Size = None, scale_factor: Scale = None) -> Tensor:
    """``interpolate`` with mode ``"bilinear"`` and aligned corners, by its old name."""
    warnings.warn(
        "`nn.functional.upsample_bilinear` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _upsample_bilinear2d_aa(
    input: Tensor,
    output_size: Sequence[int] | None,
    align_corners: bool,
    scales_h: Any = None,
    scales_w: float | None = None,
    scale_factors: Sequence[float] | None = None,
) -> Tensor:
    """What ``interpolate`` calls for bilinear images with anti-aliasing."""
    scales = scale_factors
    if isinstance(scales_h, Sequence):
        scales = scales_h
    elif scales_h is not None and scales_w is not None:
        scales = (scales_h, scales_w)
    return _upsample(input, output_size, scales, "bilinear-aa", align_corners)


# -------------------------------------------------------------------------------------- checks


def _upsample(
    input: Tensor,
    sizes: Sequence[int] | None,
    scales: Sequence[float] | None,
    mode: str,
    align_corners: bool,
) -> Tensor:
    """Run the operation. Where ``sizes`` are given too, ``scales`` only place the taps."""
    ndim = input.dim() - 2
    if sizes is None:
        assert scales is not None
        sizes = [int(n * s) for n, s in zip(input.shape[2:], scales, strict=True)]
    _check_sizes(input, sizes)
    along, operator = _OPERATORS[mode, ndim]
    dtype = input._array.dtype
    is_byte = dtype == np.uint8
    if not (dtypes.is_floating(dtype) or (is_byte and (ndim == 2 or along.startswith("nearest")))):
        name = _KERNEL_NAMES.get(along, "upsample_generic_Nd_aa")
        raise NotImplementedError(
            f"\"{name}\" not implemented for '{dtypes.from_numpy(dtype).c10_name}'"
        )
    if dtypes.is_half(dtype) and along.endswith("aa"):
        raise not_implemented("compute_index_ranges_weights", input._array)
    in_fixed_point = is_byte and not along.startswith("nearest")
    compute = np.dtype(np.float64 if dtype == np.float64 or in_fixed_point else np.float32)
    taps = [
        taps_of(along, n, count, align_corners, scales[d] if scales is not None else None, compute)
        for d, (n, count) in enumerate(zip(input.shape[2:], sizes, strict=True))
    ]
    if in_fixed_point:
        return wrap(resample_bytes(input._array, tuple(taps)))
    # A small image has a kernel of its own in torch, which keeps the weights in float32.
    is_small = mode == "bilinear" and sum(sizes) <= 128
    if dtypes.is_half(dtype) and along in ("linear", "cubic") and not is_small:
        taps = [t._replace(weights=_rounded(t.weights, dtype)) for t in taps]
    out: Tensor = operator.apply(input, tuple(taps))
    return out


def _rounded(weights: Any, dtype: np.dtype[Any]) -> Any:
    """The weights as torch keeps them for most modes: in half precision, like the image."""
    rounded = weights.astype(dtype)
    if weights.shape[1] == 2:  # the first of two is what the second leaves
        rounded[:, 0] = 1 - rounded[:, 1]
    return rounded.astype(weights.dtype)


def _sizes_and_scales(
    input: Tensor, ndim: int, size: Size, scale_factor: Scale
) -> tuple[list[int] | None, list[float] | None]:
    """One size, or one scale factor, for each dimension."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        if not isinstance(size, (list, tuple)):
            return [size] * ndim, None  # type: ignore[list-item]
        if len(size) != ndim:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input "
                f"with spatial dimensions of {list(input.shape[2:])} and output size of {size}. "
                "Please provide input tensor in (N, C, d1, d2, ...,dK) format and output size in "
                "(o1, o2, ...,oK) format."
            )
        if not all(isinstance(n, numbers.Integral) for n in size):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, "
                f"int, int], but got size with types {[type(n) for n in size]}"
            )
        return list(size), None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if not isinstance(scale_factor, (list, tuple)):
        return None, [scale_factor] * ndim  # type: ignore[list-item]
    if len(scale_factor) != ndim:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input "
            f"with spatial dimensions of {list(input.shape[2:])} and scale_factor of shape "
            f"{scale_factor}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
            "scale_factor in (s1, s2, ...,sK) format."
        )
    return None, list(scale_factor)


def _no_such_mode(input: Tensor, mode: str) -> str:
    if mode in _DIMENSIONS and 3 <= input.dim() <= 5:
        return f"Got {input.dim()}D input, but {mode} mode needs {_DIMENSIONS[mode]}D input"
    return (
        f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {input.dim()}D) for the "
        "modes: nearest | linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact "
        f"(got {mode})"
    )


def _check_sizes(input: Tensor, sizes: Sequence[int]) -> None:
    ndim = len(sizes)
    if min(input.shape[2:]) <= 0 or min(sizes) <= 0:
        given, wanted = [
            "(" + ", ".join([f"{d}: {n}" for d, n in zip("DHW"[-ndim:], each, strict=True)]) + ")"
            for each in (input.shape[2:], sizes)
        ]
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {given} output "
            f"{wanted}"
        )
    if 0 in input.shape[1:]:
        raise RuntimeError(
            f"Non-empty {ndim + 2}D data tensor expected but got a tensor with sizes "
            f"{list(input.shape)}"
        )
