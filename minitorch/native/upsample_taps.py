"""Which inputs an interpolation reads along one dimension, and what it multiplies them by.

Interpolation is separable: along each dimension an output is a weighted sum of a few inputs, its
*taps*. ``Taps`` says which inputs and which weights these are.

Mirrors aten/src/ATen/native/UpSample.h and cpu/UpSampleKernel.cpp.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np


class Taps(NamedTuple):
    """out[i] = Σ over t of weights[i, t] * input[places[i, t]]; a place of -1 ends the sum.

    Shape: places and weights (outputs, taps).
    """

    size: int  # of the input
    places: Any
    weights: Any


@lru_cache(maxsize=512)
def taps_of(
    mode: str, size: int, count: int, align_corners: bool, scale: float | None, dtype: Any
) -> Taps:
    """The taps of ``count`` outputs that cover ``size`` inputs.

    Args:
        mode: ``nearest``, ``nearest-exact``, ``linear`` or ``cubic``, or one of the smoothing
            filters ``linear-aa``, ``cubic-aa`` and ``lanczos-aa``.
        scale: the scale factor that the user gave, which need not be ``count / size``.
        dtype: positions are computed in it as torch does, for their rounding shows.
    """
    step = _step(size, count, align_corners, scale, dtype)
    if mode in _FILTERS:
        return _filtered(mode, size, count, step)
    if mode.startswith("nearest"):
        return _nearest(size, count, 0.5 if mode == "nearest-exact" else 0.0, step)
    if size == count:
        return _selecting(size, np.arange(size)[:, None], dtype)
    position = _positions(step, count, align_corners)
    return _linear(size, position) if mode == "linear" else _cubic(size, position)


def _step(size: int, count: int, align_corners: bool, scale: float | None, dtype: Any) -> Any:
    """How far neighbouring outputs are apart, in inputs. Mirrors area_pixel_compute_scale."""
    if align_corners:
        return dtype.type(size - 1) / dtype.type(count - 1) if count > 1 else dtype.type(0)
    if scale is not None and scale > 0:
        return dtype.type(1 / scale)
    return dtype.type(size) / dtype.type(count)


def _positions(step: Any, count: int, align_corners: bool) -> Any:
    """Where the outputs stand among the inputs. Mirrors area_pixel_compute_source_index."""
    i = np.arange(count)
    if align_corners:
        return i.astype(step.dtype) * step
    # A compiled torch multiplies and subtracts in one instruction, which rounds once.
    return (np.float64(step) * (i + 0.5) - 0.5).astype(step.dtype)


def _selecting(size: int, places: Any, dtype: Any) -> Taps:
    return Taps(size, places, np.ones(places.shape, dtype))


def _nearest(size: int, count: int, offset: float, step: Any) -> Taps:
    """One input each: the one left of ``offset`` past the output's position."""
    if offset:
        position = np.maximum(_positions(step, count, False), 0) + step.dtype.type(offset)
    else:
        position = _positions(step, count, True)
    # torch rounds to float32 before it looks for the whole number, also in float64.
    places = np.minimum(np.floor(position.astype(np.float32)).astype(np.int64), size - 1)
    return _selecting(size, places[:, None], step.dtype)


def _linear(size: int, position: Any) -> Taps:
    position = np.maximum(position, 0)
    first = np.minimum(np.floor(position).astype(np.int64), size - 1)
    t = np.clip(position - first.astype(position.dtype), 0, 1)
    places = np.stack([first, np.minimum(first + 1, size - 1)], 1)
    return Taps(size, places, np.stack([1 - t, t], 1))


def _cubic(size: int, position: Any) -> Taps:
    floor = np.floor(position)
    first = floor.astype(np.int64)
    t = np.clip(position - floor, 0, 1)
    places = np.clip(first[:, None] + np.arange(-1, 3), 0, size - 1)
    return Taps(size, places, np.stack(cubic_weights(t), 1))


def cubic_weights(t: Any) -> list[Any]:
    """Those of the neighbours at -1, 0, 1 and 2, for a point at ``t`` between 0 and 1.

    Keys, "Cubic Convolution Interpolation" (1981), with a = -0.75. Of arrays and tensors.
    """
    return [_cubic_outer(t + 1), _cubic_inner(t), _cubic_inner(1 - t), _cubic_outer(2 - t)]


def cubic_slopes(t: Any) -> list[Any]:
    """The derivatives of ``cubic_weights``."""
    a = -0.75
    outer = [(3 * a * x - 10 * a) * x + 8 * a for x in (t + 1, 2 - t)]
    inner = [(3 * (a + 2) * x - 2 * (a + 3)) * x for x in (t, 1 - t)]
    return [outer[0], inner[0], -inner[1], -outer[1]]


def _cubic_inner(x: Any, a: float = -0.75) -> Any:
    return ((a + 2) * x - (a + 3)) * x * x + 1


def _cubic_outer(x: Any, a: float = -0.75) -> Any:
    return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a


# --------------------------------------------------------------------------- anti-aliased

# Shrinking widens these filters, so that every input counts (as in Pillow).


def _triangle(x: Any) -> Any:
    return np.where(x < 1, 1 - x, 0)


def _keys(x: Any) -> Any:
    """Pillow's cubic filter has another ``a`` than the one without anti-aliasing."""
    outer = np.where(x < 2, _cubic_outer(x, -0.5), 0)
    return np.where(x < 1, _cubic_inner(x, -0.5), outer)


def _lanczos(x: Any) -> Any:
    return np.where(x < 3, np.sinc(x) * np.sinc(x / 3), 0)


_FILTERS: dict[str, tuple[float, Callable[[Any], Any]]] = {
    "linear-aa": (1.0, _triangle),
    "cubic-aa": (2.0, _keys),
    "lanczos-aa": (3.0, _lanczos),
}


def _filtered(mode: str, size: int, count: int, step: Any) -> Taps:
    """The inputs under a filter around each output; its weights are made to sum to one."""
    radius, shape = _FILTERS[mode]
    dtype = step.dtype
    support = dtype.type(radius * max(float(step), 1.0))
    narrowing = dtype.type(1 / step) if step >= 1 else dtype.type(1)
    center = (step.astype(np.float64) * (np.arange(count) + 0.5)).astype(dtype)
    first = np.maximum(np.trunc((center - support).astype(np.float64) + 0.5), 0).astype(np.int64)
    end = np.minimum(np.trunc((center + support).astype(np.float64) + 0.5), size).astype(np.int64)
    width = np.clip(end - first, 0, 2 * math.ceil(support) + 1)
    tap = np.arange(max(int(width.max()), 1))
    inside = tap < width[:, None]
    places = np.where(inside, first[:, None] + tap, -1)
    distance = (places.astype(dtype) - center[:, None]).astype(np.float64) + 0.5
    weights = shape(np.abs((distance * narrowing).astype(dtype))).astype(dtype)
    weights = np.where(inside, weights, 0)
    total = weights.sum(1, keepdims=True)
    weights = (weights / np.where(total == 0, 1, total)).astype(dtype)
    return Taps(size, places, weights)
