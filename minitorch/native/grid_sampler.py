"""Images read at the points of a grid, which may lie anywhere between the pixels and beyond.

A point reads a few pixels along each dimension, its *taps*: their places and weights follow from
its coordinate. One kernel serves images and volumes and all modes. An image is a volume of one
layer.

Mirrors aten/src/ATen/native/{GridSampler.cpp, GridSampler.h, AffineGridGenerator.cpp} and
torch/nn/functional.py.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import unwrap, wrap
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.pool import check_dtype
from minitorch.native.ranges import linspace
from minitorch.native.scatter_gather import Gather
from minitorch.native.upsample_taps import cubic_slopes, cubic_weights

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

__all__ = [
    "affine_grid",
    "affine_grid_generator",
    "grid_sample",
    "grid_sampler",
    "grid_sampler_2d",
    "grid_sampler_3d",
]

MODES = ("bilinear", "nearest", "bicubic")
PADDING_MODES = ("zeros", "border", "reflection")


# ------------------------------------------------------------------------------------- kernels

# In all of them: input (N, C, D, H, W), out and grad (N, C, P) for P points, and for each of the
# dimensions z, y, x the places and weights of the taps (N, P, taps). A place of -1 reads a zero.


@DispatchStub
@kernel(parallel=True)
def sample_kernel(out: Any, input: Any, places: Any, weights: Any) -> None:
    """out[n, c, p] = Σ over taps i, j, k of wz[i] wy[j] wx[k] input[n, c, z[i], y[j], x[k]]."""
    samples, channels, points = out.shape
    (zs, ys, xs), (wz, wy, wx) = places, weights
    for plane in prange(samples * channels):
        n, c = plane // channels, plane % channels
        for p in range(points):
            total = out.dtype.type(0)
            for i in range(zs.shape[2]):
                for j in range(ys.shape[2]):
                    for k in range(xs.shape[2]):
                        z, y, x = zs[n, p, i], ys[n, p, j], xs[n, p, k]
                        if z >= 0 and y >= 0 and x >= 0:
                            weight = wz[n, p, i] * wy[n, p, j] * wx[n, p, k]
                            total += weight * input[n, c, z, y, x]
            out[n, c, p] = total


@DispatchStub
@kernel(parallel=True)
def sample_backward_input_kernel(grad_input: Any, grad: Any, places: Any, weights: Any) -> None:
    """The gradient of the input; overwrites grad_input."""
    samples, channels, points = grad.shape
    (zs, ys, xs), (wz, wy, wx) = places, weights
    for plane in prange(samples * channels):
        n, c = plane // channels, plane % channels
        grad_input[n, c] = 0
        for p in range(points):
            for i in range(zs.shape[2]):
                for j in range(ys.shape[2]):
                    for k in range(xs.shape[2]):
                        z, y, x = zs[n, p, i], ys[n, p, j], xs[n, p, k]
                        if z >= 0 and y >= 0 and x >= 0:
                            weight = wz[n, p, i] * wy[n, p, j] * wx[n, p, k]
                            grad_input[n, c, z, y, x] += weight * grad[n, c, p]


@DispatchStub
@kernel(parallel=True)
def sample_backward_grid_kernel(
    grad_grid: Any, grad: Any, input: Any, places: Any, weights: Any, slopes: Any
) -> None:
    """The gradient of the grid, (N, P, 3) in the order x, y, z: a slope takes a weight's place."""
    samples, channels, points = grad.shape
    (zs, ys, xs), (wz, wy, wx), (sz, sy, sx) = places, weights, slopes
    for n in prange(samples):
        for p in range(points):
            grad_x = grad_y = grad_z = grad.dtype.type(0)
            for i in range(zs.shape[2]):
                for j in range(ys.shape[2]):
                    for k in range(xs.shape[2]):
                        z, y, x = zs[n, p, i], ys[n, p, j], xs[n, p, k]
                        if z >= 0 and y >= 0 and x >= 0:
                            product = grad.dtype.type(0)
                            for c in range(channels):
                                product += grad[n, c, p] * input[n, c, z, y, x]
                            grad_x += product * wz[n, p, i] * wy[n, p, j] * sx[n, p, k]
                            grad_y += product * wz[n, p, i] * sy[n, p, j] * wx[n, p, k]
                            grad_z += product * sz[n, p, i] * wy[n, p, j] * wx[n, p, k]
            grad_grid[n, p, 0] = grad_x
            grad_grid[n, p, 1] = grad_y
            grad_grid[n, p, 2] = grad_z


# ---------------------------------------------------------------------------------- coordinates


class Options(NamedTuple):
    mode: str
    padding_mode: str
    align_corners: bool


def _unnormalised(x: Any, size: int, align_corners: bool, fused: bool) -> tuple[Any, float]:
    """A coordinate of -1 to 1 in pixels, and its derivative.

    Args:
        fused: round once after multiplying and subtracting, as the instruction does that torch's
            kernel for images uses; the one for volumes does not.
    """
    if fused and dtypes.is_half(x.dtype):  # no instruction does that with half precision
        number = x.dtype.type
        shift = number(0 if align_corners else 0.5)
        scale = (size - 1 if align_corners else size) / 2
        return (x + 1) * number(scale) - shift, scale
    if align_corners:
        return (x + 1) / 2 * (size - 1), (size - 1) / 2
    shifted = (x + 1).astype(np.float64) if fused else x + 1
    return ((shifted * size - 1) / 2).astype(x.dtype), size / 2


def _inside(x: Any, size: int, options: Options) -> tuple[Any, Any]:
    """A coordinate brought into the image, and its derivative. For ``zeros`` it stays outside."""
    if options.padding_mode == "zeros":
        return x, np.ones_like(x)
    sign = np.ones_like(x)
    number = x.dtype.type
    if options.padding_mode == "reflection":
        ends = (0.0, size - 1.0) if options.align_corners else (-0.5, size - 0.5)
        low, high = map(number, ends)
        if low == high:
            return np.zeros_like(x), np.zeros_like(x)
        sign = np.where(x < low, -1, 1).astype(x.dtype)
        distance = np.abs(x - low)
        flips = np.floor(distance / (high - low))
        rest = np.fmod(distance, high - low)
        odd = np.fmod(flips, 2) != 0
        x = np.where(odd, high - rest, rest + low).astype(x.dtype)
        sign = np.where(odd, -sign, sign)
    x = np.where(np.isnan(x), 0, x).astype(x.dtype)
    sign = np.where((x <= 0) | (x >= size - 1), 0, sign)
    return np.minimum(np.maximum(x, number(0)), number(size - 1)), sign.astype(x.dtype)


class Taps(NamedTuple):
    """What the points read along one dimension. Shape: places (N, P, taps), the others (N, P)."""

    places: Any
    t: Any  # the part of the coordinate after the point
    slope: Any  # of t, over that of the grid


def _taps(grid: Any, size: int, options: Options, fused: bool) -> Taps:
    x, scale = _unnormalised(grid, size, options.align_corners, fused)
    slope = np.full_like(x, scale)
    if options.mode != "bicubic":  # which brings each tap of its own into the image
        x, sign = _inside(x, size, options)
        slope = slope * sign
    # Far beyond what an integer can hold, or NaN: well outside.
    x = np.where(np.abs(x) < 2**31 - 10, x, -100).astype(x.dtype)
    first = np.rint(x) if options.mode == "nearest" else np.floor(x)
    offsets = {"nearest": range(1), "bilinear": range(2), "bicubic": range(-1, 3)}[options.mode]
    taps = [first + offset for offset in offsets]
    if options.mode == "bicubic":
        taps = [_inside(tap, size, options)[0] for tap in taps]
    places = np.stack(taps, -1).astype(np.int64)
    places = np.where((places >= 0) & (places < size), places, -1)
    return Taps(places, x - first, slope)


def _weights(t: Any, mode: str) -> list[Any]:
    """Of arrays and tensors."""
    if mode == "nearest":
        return [t * 0 + 1]
    return cubic_weights(t) if mode == "bicubic" else [1 - t, t]


def _slopes(t: Any, mode: str) -> list[Any]:
    """The derivatives of the weights."""
    if mode == "nearest":
        return [t * 0]
    return cubic_slopes(t) if mode == "bicubic" else [t * 0 - 1, t * 0 + 1]


def _taps_of_all(grid: Any, size: Sequence[int], options: Options) -> list[Taps]:
    """For z, y and x; the grid (N, P, 2 or 3) has them in the order x, y, z."""
    ndim = len(size)
    taps = [_taps(grid[..., ndim - 1 - d], size[d], options, ndim == 2) for d in range(ndim)]
    if ndim == 3:
        return taps
    t = np.zeros_like(grid, shape=grid.shape[:-1])
    layer = Taps(np.zeros_like(t, shape=(*t.shape, 1), dtype=np.int64), t, t)
    return [layer, *taps]


def _tables(taps: list[Taps], options: Options) -> tuple[Any, Any, Any]:
    """Places, weights and slopes, each of z, y and x, as the kernels read them."""
    modes = [options.mode if tap.places.shape[-1] > 1 else "nearest" for tap in taps]
    weights = [np.stack(_weights(tap.t, m), -1) for tap, m in zip(taps, modes, strict=True)]
    slopes = [
        np.stack(_slopes(tap.t, m), -1) * tap.slope[..., None]
        for tap, m in zip(taps, modes, strict=True)
    ]
    return tuple([tap.places for tap in taps]), tuple(weights), tuple(slopes)


# ----------------------------------------------------------------------------------- operators


def _volume(array: Any) -> Any:
    """(N, C, H, W) as volumes of one layer, (N, C, 1, H, W)."""
    return array if array.ndim == 5 else array[:, :, None]


def _wide(array: Any) -> Any:
    return np.ascontiguousarray(array, np.float32 if dtypes.is_half(array.dtype) else None)


def _sample_in_half(volume: Any, places: Any, weights: Any) -> Any:
    """``sample_kernel`` in half precision, rounded at each step: torch does not widen it here.

    A coordinate has few digits then: in float32 the points would lie elsewhere.
    """
    sample, channel = np.ogrid[: volume.shape[0], : volume.shape[1]]
    total: Any = volume.dtype.type(0)
    for taps in itertools.product(*[range(p.shape[-1]) for p in places]):
        where = [p[:, None, :, tap] for p, tap in zip(places, taps, strict=True)]
        wz, wy, wx = [w[:, None, :, tap] for w, tap in zip(weights, taps, strict=True)]
        inside = np.minimum(np.minimum(where[0], where[1]), where[2]) >= 0
        values = volume[(sample[..., None], channel[..., None], *where)]
        total = total + np.where(inside, values, total.dtype.type(0)) * (wx * wy * wz)
    return total


class GridSampler2D(Operator):
    """input (N, C, *size), grid (N, *points, ndim) -> (N, C, *points)."""

    @staticmethod
    def forward(ctx: Any, input: Any, grid: Any, options: Options) -> Any:
        ctx.save_for_backward(input, grid)
        ctx.options = options
        samples, channels, *size = input.shape
        points = grid.shape[1:-1]
        if dtypes.is_half(input.dtype) and options.mode != "bicubic":
            flat = grid.reshape(samples, math.prod(points), len(size))
            places, weights, _ = _tables(_taps_of_all(flat, size, options), options)
            out = _sample_in_half(_volume(input), places, weights)
            return out.reshape(samples, channels, *points)
        flat = _wide(grid).reshape(samples, math.prod(points), len(size))
        places, weights, _ = _tables(_taps_of_all(flat, size, options), options)
        volume = _volume(_wide(input))
        out = np.empty_like(volume, shape=(samples, channels, flat.shape[1]))
        sample_kernel(out, volume, places, weights)
        return out.reshape(samples, channels, *points).astype(input.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        input, grid = ctx.saved_tensors
        samples, channels, *size = input.shape
        flat = _wide(grid).reshape(samples, math.prod(grid.shape[1:-1]), len(size))
        places, weights, slopes = _tables(_taps_of_all(flat, size, ctx.options), ctx.options)
        volume = _volume(_wide(input))
        grads = _wide(grad).reshape(samples, channels, flat.shape[1])
        grad_input = grad_grid = None
        if ctx.next_edges[0] is not None:
            grad_input = np.empty_like(volume)
            sample_backward_input_kernel(grad_input, grads, places, weights)
            grad_input = grad_input.reshape(input.shape)
        if ctx.next_edges[1] is not None:
            grad_grid = np.empty_like(volume, shape=(*flat.shape[:2], 3))
            sample_backward_grid_kernel(grad_grid, grads, volume, places, weights, slopes)
            grad_grid = np.ascontiguousarray(grad_grid[..., : len(size)]).reshape(grid.shape)
        return grad_input, grad_grid

    @staticmethod
    def composed(input: Any, grid: Any, options: Options) -> Any:
        """Σ over the taps of the product of their weights and the pixels that they read.

        A coordinate depends on the grid piece by piece linearly, so it is its value plus a slope
        times the change of the grid; only the weights are curved.
        """
        samples, channels, *size = input.shape
        ndim, points = len(size), grid.shape[1:-1]
        flat = grid.reshape(samples, math.prod(points), ndim)
        constant = unwrap(flat)
        taps = _taps_of_all(constant, size, options)[3 - ndim :]
        weights = []
        for d, tap in enumerate(taps):
            change = flat[..., ndim - 1 - d] - wrap(constant[..., ndim - 1 - d])
            weights.append(_weights(wrap(tap.t) + change * wrap(tap.slope), options.mode))
        pixels = input.reshape(samples, channels, math.prod(size))
        total: Any = 0
        for chosen in itertools.product(*[range(tap.places.shape[-1]) for tap in taps]):
            place: Any = 0
            inside: Any = True
            weight: Any = 1
            for d, i in enumerate(chosen):
                place = place * size[d] + np.maximum(taps[d].places[..., i], 0)
                inside = inside & (taps[d].places[..., i] >= 0)
                weight = weight * weights[d][i]
            index = np.broadcast_to(place[:, None], (samples, channels, place.shape[1]))
            mask = wrap(inside.astype(constant.dtype))
            values = Gather.apply(pixels, 2, wrap(np.ascontiguousarray(index)))
            total = total + values * (weight * mask).unsqueeze(1)
        return total.reshape(samples, channels, *points)


class GridSampler3D(GridSampler2D):
    pass


class AffineGridGenerator(Operator):
    """theta (N, ndim, ndim + 1), base (P, ndim + 1) -> base @ theta^T, (N, P, ndim)."""

    @staticmethod
    def forward(ctx: Any, theta: Any, base: Any, size: tuple[int, ...]) -> Any:
        ctx.save_for_backward(base)
        points = base @ theta.swapaxes(1, 2)
        return points.reshape(len(theta), *size, theta.shape[1])

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (base,) = ctx.saved_tensors
        points = grad.reshape(grad.shape[0], base.shape[0], grad.shape[-1])
        return points.swapaxes(1, 2) @ base


# ----------------------------------------------------------------------------------- functions


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The input's values at the points of ``grid``.

    Args:
        grid: coordinates in the order x, y (, z); -1 and 1 are the borders of the input.
        mode: how pixels become a value between them: ``bilinear``, ``nearest`` or ``bicubic``.
        padding_mode: what lies beyond the border: ``zeros``, the ``border`` itself, or the
            ``reflection`` of the input.
        align_corners: -1 and 1 are the centres of the corner pixels, not their outer edges.

    Shape: input ``(N, C, H, W)``, grid ``(N, OH, OW, 2)``, output ``(N, C, OH, OW)``; or volumes.
    """
    if mode not in MODES:
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
            f"but got: '{mode}'"
        )
    if padding_mode not in PADDING_MODES:
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
            f"'reflection', but got: '{padding_mode}'"
        )
    if align_corners is None:
        _warn_of_default()
    return _grid_sampler(input, grid, Options(mode, padding_mode, bool(align_corners)))


def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """``grid_sample`` with its modes as numbers: their places in ``MODES``, ``PADDING_MODES``."""
    options = Options(MODES[interpolation_mode], PADDING_MODES[padding_mode], align_corners)
    return _grid_sampler(input, grid, options)


def grid_sampler_2d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """``grid_sampler`` of images."""
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


def grid_sampler_3d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """``grid_sampler`` of volumes."""
    return grid_sampler(input, grid, interpolation_mode, padding_mode, align_corners)


def _grid_sampler(input: Tensor, grid: Tensor, options: Options) -> Tensor:
    _check(input, grid, options)
    operator = GridSampler2D if input.ndim == 4 else GridSampler3D
    out: Tensor = operator.apply(input, grid, options)
    return out


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid for ``grid_sample`` that moves an image by the matrices ``theta``.

    Shape: theta ``(N, 2, 3)``, size ``(N, C, H, W)``, output ``(N, H, W, 2)``; or with volumes
    ``(N, 3, 4)``, ``(N, C, D, H, W)``, ``(N, D, H, W, 3)``.
    """
    if align_corners is None:
        _warn_of_default()
        align_corners = False
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    if len(size) not in (4, 5):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {size}."
        )
    ndim = len(size) - 2
    if theta.dim() != 3 or tuple(theta.shape[1:]) != (ndim, ndim + 1):
        raise ValueError(
            f"Expected a batch of {ndim}D affine matrices of shape Nx{ndim}x{ndim + 1} for size "
            f"{size}. Got {theta.shape}."
        )
    if align_corners and min(size[2:]) == 1:
        warnings.warn(
            "Since version 1.3.0, affine_grid behavior has changed for unit-size grids when "
            "align_corners=True. This is not an intended use case of affine_grid. See the "
            "documentation of affine_grid for details.",
            stacklevel=2,
        )
    elif min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    return affine_grid_generator(theta, size, align_corners)


def affine_grid_generator(theta: Tensor, size: Sequence[int], align_corners: bool) -> Tensor:
    """``affine_grid`` without its checks of the arguments."""
    *spatial, columns = size[2:]
    axes = [_axis(theta, n, align_corners) for n in (*spatial, columns)]
    mesh = np.meshgrid(*axes, indexing="ij")
    base = np.stack([*reversed(mesh), np.ones_like(mesh[0])], -1).reshape(-1, len(axes) + 1)
    out: Tensor = AffineGridGenerator.apply(theta, base, tuple(size[2:]))
    return out


def _axis(theta: Tensor, size: int, align_corners: bool) -> Any:
    """The coordinates of the pixels along one dimension."""
    if size <= 1:
        return np.zeros_like(theta._array, shape=(size,))
    axis = linspace(-1, 1, size, dtype=theta.dtype)._array
    return axis if align_corners else axis * axis.dtype.type(size - 1) / axis.dtype.type(size)


def _warn_of_default() -> None:
    warnings.warn(
        "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
        "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
        "documentation of grid_sample for details.",
        stacklevel=3,
    )


def _check(input: Tensor, grid: Tensor, options: Options) -> None:
    shapes = f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.ndim == 0 or grid.ndim == 0 or input.shape[0] != grid.shape[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got " + shapes
        )
    if grid.shape[-1] != input.ndim - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.ndim - 2} in last dimension, but "
            f"got grid with sizes {list(grid.shape)}"
        )
    if 0 in input.shape[2:]:
        dim = 2 + list(input.shape[2:]).index(0)
        raise RuntimeError(
            "grid_sampler(): expected input to have non-empty spatial dimensions, but input has "
            f"sizes {list(input.shape)} with dimension {dim} being empty"
        )
    if input.ndim not in (4, 5) or grid.ndim != input.ndim:
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but "
            "got " + shapes
        )
    if input.ndim == 5 and options.mode == "bicubic":
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    check_dtype(input, f"grid_sampler_{input.ndim - 2}d_cpu", "f")
    if grid.dtype != input.dtype:
        names = [x.dtype.c10_name for x in (input, grid)]
        raise RuntimeError(f"expected scalar type {names[0]} but found {names[1]}")
