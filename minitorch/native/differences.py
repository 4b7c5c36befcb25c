"""Differences between neighbours, derivatives estimated from them, and integrals by trapezoids.

Mirrors diff and gradient of aten/src/ATen/native/ReduceOps.cpp, and
aten/src/ATen/native/Integration.cpp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch.autograd.variable import Variable, wrap
from minitorch.native.comparison_ops import logical_xor
from minitorch.native.conversions import clone
from minitorch.native.joining import cat
from minitorch.native.sizes import wrap_dim, wrap_dims
from minitorch.native.splitting import narrow, select, slice_along
from minitorch.native.variants import accepts_numpy_names, accepts_out
from minitorch.native.views import reshape, view

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


@accepts_out
def diff(
    input: Tensor,
    n: int = 1,
    dim: int = -1,
    prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:
    """out[i] = input[i + 1] - input[i] along a dimension, ``n`` times over; xor for bool.

    Shape: (..., size, ...) -> (..., size - n, ...).

    >>> import minitorch
    >>> minitorch.diff(minitorch.tensor([1, 4, 9]))
    tensor([3, 5])
    """
    if not input._array.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = wrap_dim(dim, input._array.ndim)
    ends = [prepend, input, append]
    for end in (prepend, append):
        if end is not None:
            _check_end(input, end, dim)
    if n == 0:
        return clone(input)
    if prepend is not None or append is not None:
        input = cat([end for end in ends if end is not None], dim)
    size = input._array.shape[dim]
    out = input
    for left in range(size - 1, size - 1 - min(n, size), -1):
        upper, lower = narrow(out, dim, min(1, left + 1), max(left, 0)), narrow(out, dim, 0, left)
        out = logical_xor(upper, lower) if input._array.dtype == bool else upper - lower
    return out


def _check_end(input: Tensor, end: Tensor, dim: int) -> None:
    shape, other = input._array.shape, end._array.shape
    if len(other) != len(shape):
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for d, (n, m) in enumerate(zip(shape, other, strict=True)):
        if d != dim and n != m:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input "
                f"except along the differencing dimension; input.size({d}) = {n}, but got "
                f"tensor.size({d}) = {m}"
            )


# --------------------------------------------------------------------------- gradient


@accepts_numpy_names
def gradient(
    input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """Derivatives along dimensions, estimated from differences between neighbours: central ones
    inside, one-sided ones at the edges.

    Args:
        spacing: the distance between neighbours, as a number or one for each dimension; or the
            coordinates, as a tensor for each dimension.
        dim: the dimensions; all, if left out.
        edge_order: how many differences the edges use, 1 or 2.
    """
    ndim = input._array.ndim
    dims = list(range(ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    given = list(spacing) if isinstance(spacing, (list, tuple)) else None
    _check_gradient(input, given, dims, dim is not None, edge_order)
    steps = given if given is not None else [1.0 if spacing is None else spacing] * len(dims)
    out = []
    for d, step in zip([wrap_dim(d, ndim) for d in dims], steps, strict=True):
        estimate: Any = _derivative_at if isinstance(step, Variable) else _derivative
        out.append(estimate(input, step, d, edge_order))
    return tuple(out)


def _check_gradient(
    input: Tensor, spacing: list[Any] | None, dims: list[int], dims_given: bool, edge_order: int
) -> None:
    shape = input._array.shape
    if input._array.dtype == np.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if spacing is not None and len(spacing) != len(dims):
        if dims_given:
            raise RuntimeError(
                "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and "
                "dim arguments to have the same length, but got a spacing argument of length "
                f"{len(spacing)}, and a dim argument of length {len(dims)}."
            )
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
            f"equal to 'self.dim() = {len(shape)}', since dim argument was not given, but got a "
            f"list of length {len(spacing)}"
        )
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if any([shape[d] < edge_order + 1 for d in wrap_dims(dims, len(shape))]):
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1"
        )


def _derivative(input: Tensor, step: Any, dim: int, edge_order: int) -> Tensor:
    """With neighbours that are all ``step`` apart."""

    def at(start: int | None, end: int | None) -> Any:
        return slice_along(input, dim, start, end)

    center = (at(2, None) - at(0, -2)) / step
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / step
        last = (at(-1, None) - at(-2, -1)) / step
    else:
        first = (-1.5 * at(0, 1) + 2 * at(1, 2) - 0.5 * at(2, 3)) / step
        last = (0.5 * at(-3, -2) - 2 * at(-2, -1) + 1.5 * at(-1, None)) / step
    return cat((first, center / 2, last), dim)


def _derivative_at(input: Tensor, coordinates: Tensor, dim: int, edge_order: int) -> Tensor:
    """With neighbours at any coordinates: the slope of the parabola through three points."""
    if coordinates._array.ndim != 1:
        raise RuntimeError(
            "torch.gradient expected each element of spacing to have one dimension, but got an "
            f"element with {coordinates._array.ndim} dimensions!"
        )

    def at(start: int | None, end: int | None) -> Any:
        return slice_along(input, dim, start, end)

    h = diff(coordinates)
    h1, h2 = h[:-1], h[1:]
    shape = [-1 if d == dim else 1 for d in range(input._array.ndim)]
    a = reshape(-h2 / (h1 * (h1 + h2)), shape)
    b = reshape((h2 - h1) / (h1 * h2), shape)
    c = reshape(h1 / (h2 * (h1 + h2)), shape)
    center = a * at(0, -2) + b * at(1, -1) + c * at(2, None)
    if edge_order == 1:
        first = (at(1, 2) - at(0, 1)) / h[0]
        last = (at(-1, None) - at(-2, -1)) / h[-1]
    else:
        a = -(2.0 * h[0] + h[1]) / (h[0] * (h[0] + h[1]))
        b = (h[0] + h[1]) / (h[0] * h[1])
        c = -h[0] / (h[1] * (h[0] + h[1]))
        first = a * at(0, 1) + b * at(1, 2) + c * at(2, 3)
        a = h[-1] / (h[-2] * (h[-1] + h[-2]))
        b = -(h[-1] + h[-2]) / (h[-1] * h[-2])
        c = (2 * h[-1] + h[-2]) / (h[-1] * (h[-1] + h[-2]))
        last = a * at(-3, -2) + b * at(-2, -1) + c * at(-1, None)
    return cat((first, center, last), dim)


# --------------------------------------------------------------------------- trapezoids


@accepts_numpy_names
def trapezoid(y: Tensor, x: Tensor | None = None, dim: int = -1, *, dx: Any = None) -> Tensor:
    """The integral along a dimension: sum((y[i] + y[i + 1]) / 2 * (x[i + 1] - x[i])).

    Args:
        x: where the samples ``y`` stand; or ``dx``, how far they are apart: 1, if left out.
    """
    ndim = y._array.ndim
    dim = wrap_dim(dim, ndim)
    if y._array.shape[dim] == 0:
        kept = tuple([n for d, n in enumerate(y._array.shape) if d != dim])
        return wrap(np.zeros_like(y._array, shape=kept))
    if x is None:
        step = _number_step("trapezoid", y, dx)
        return (y.sum(dim) - (select(y, dim, 0) + select(y, dim, -1)) * 0.5) * step
    steps = _steps("trapezoid", y, x, dim)
    left, right = slice_along(y, dim, 0, -1), slice_along(y, dim, 1)
    return ((left + right) * steps).sum(dim) / 2.0


trapz = trapezoid


@accepts_numpy_names
def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, dim: int = -1, *, dx: Any = None
) -> Tensor:
    """``trapezoid`` up to each sample but the first."""
    dim = wrap_dim(dim, y._array.ndim)
    if x is None:
        step = _number_step("cumulative_trapezoid", y, dx)
        left, right = slice_along(y, dim, 0, -1), slice_along(y, dim, 1)
        return (step / 2.0 * (left + right)).cumsum(dim)
    steps = _steps("cumulative_trapezoid", y, x, dim)
    left, right = slice_along(y, dim, 0, -1), slice_along(y, dim, 1)
    return ((left + right) * steps).cumsum(dim) / 2.0


def _number_step(name: str, y: Tensor, dx: Any) -> float:
    if y._array.dtype == bool:
        raise RuntimeError(f"{name}: received a bool input for `y`, but bool is not supported")
    if isinstance(dx, (bool, complex)):
        raise RuntimeError(f"{name}: Currently, we only support dx as a real number.")
    return 1.0 if dx is None else float(dx)


def _steps(name: str, y: Tensor, x: Tensor, dim: int) -> Tensor:
    """The differences of ``x``, shaped to meet those of ``y``."""
    if bool in (y._array.dtype, x._array.dtype):
        raise RuntimeError(
            f"{name}: received a bool input for `x` or `y`, but bool is not supported"
        )
    ndim, shape = y._array.ndim, x._array.shape
    if len(shape) == 1:
        if shape[0] != y._array.shape[dim]:
            raise RuntimeError(f"{name}: There must be one `x` value for each sample point")
        x = view(x, [shape[0] if d == dim else 1 for d in range(ndim)])
    elif len(shape) < ndim:
        x = view(x, (1,) * (ndim - len(shape)) + shape)
    return slice_along(x, dim, 1) - slice_along(x, dim, 0, -1)
