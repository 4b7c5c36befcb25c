"""Making tensors larger, or smaller, at their borders.

A constant is written around the input. The other modes only repeat elements of it: for each
dimension there is a list of the places to read from.

Mirrors aten/src/ATen/native/{PadNd.cpp, ReflectionPad.cpp, ReplicationPadding.cpp}.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel, prange
from minitorch.autograd.operator import Operator
from minitorch.native.dispatch_stub import DispatchStub
from minitorch.native.variants import accepts_out

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

Ints = tuple[int, ...]
Places = tuple[tuple[int, Any], ...]  # a dimension, and where in it each element is read


@DispatchStub
@kernel(parallel=True)
def add_lines_kernel(out: Any, grad: Any, places: Any) -> None:
    """out[b, places[i], k] += grad[b, i, k]; overwrites ``out``.

    Shape: out (B, N, K), grad (B, M, K), places (M,).
    """
    for b in prange(len(out)):
        out[b] = 0
        for i in range(len(places)):
            target, source = out[b, places[i]], grad[b, i]
            for k in range(len(source)):
                target[k] += source[k]


# ----------------------------------------------------------------------------------- operators


class ConstantPadNd(Operator):
    """``pad``: before and after of the last dimension, then of the one before it, and so on."""

    @staticmethod
    def forward(ctx: Any, input: Any, pad: Ints, value: Any) -> Any:
        ctx.pad = pad
        shape, inside, outside = list(input.shape), [], []
        for dim, before, after in _by_dimension(pad, input.ndim):
            size = input.shape[dim]
            shape[dim] = size + before + after
            inside.append(slice(max(-before, 0), size - max(-after, 0)))
            outside.append(slice(max(before, 0), shape[dim] - max(after, 0)))
        out = np.full_like(input, value, shape=tuple(shape), order="C")
        out[(..., *reversed(outside))] = input[(..., *reversed(inside))]
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return ConstantPadNd.apply(grad, tuple([-n for n in ctx.pad]), 0)


class CircularPad(Operator):
    """Each element of the output is one of the input: ``places`` says which one."""

    @staticmethod
    def forward(ctx: Any, input: Any, places: Places) -> Any:
        ctx.places, ctx.shape = places, input.shape
        for dim, indices in places:
            input = np.take(input, np.asarray(indices, like=input), axis=dim)
        return input

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return RepeatingPadBackward.apply(grad, ctx.places, ctx.shape)


class ReflectionPad1D(CircularPad):
    pass


class ReflectionPad2D(CircularPad):
    pass


class ReflectionPad3D(CircularPad):
    pass


class ReplicationPad1D(CircularPad):
    pass


class ReplicationPad2D(CircularPad):
    pass


class ReplicationPad3D(CircularPad):
    pass


class RepeatingPadBackward(Operator, name="PadBackwardBackward0"):
    """Every gradient is added to the place that its element was read from."""

    @staticmethod
    def forward(ctx: Any, grad: Any, places: Places, shape: Ints) -> Any:
        ctx.places = places
        total = grad.astype(np.float32) if dtypes.is_half(grad.dtype) else grad
        for dim, indices in reversed(places):
            size = *total.shape[:dim], shape[dim], *total.shape[dim + 1 :]
            outer, inner = math.prod(size[:dim]), math.prod(size[dim + 1 :])
            lines = np.ascontiguousarray(total).reshape(outer, len(indices), inner)
            total = np.empty_like(lines, shape=(outer, shape[dim], inner))
            add_lines_kernel(total, lines, indices)
            total = total.reshape(size)
        return total.astype(grad.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return CircularPad.apply(grad, ctx.places)


_REPEATING = {
    "circular": (CircularPad, CircularPad, CircularPad),
    "reflect": (ReflectionPad1D, ReflectionPad2D, ReflectionPad3D),
    "replicate": (ReplicationPad1D, ReplicationPad2D, ReplicationPad3D),
}


# ----------------------------------------------------------------------------------- functions


@accepts_out
def constant_pad_nd(input: Tensor, pad: Sequence[int], value: Any = 0) -> Tensor:
    """Write ``value`` around the input, or cut elements off where a width is negative.

    Args:
        pad: ``(before, after)`` of the last dimension, then of the one before it, and so on.
    """
    if len(pad) % 2 != 0:
        raise RuntimeError(f"Length of pad must be even but instead it equals {len(pad)}")
    if len(pad) > 2 * input.dim():
        raise RuntimeError(
            "Length of pad should be no more than twice the number of dimensions of the input. Pad "
            f"length is {len(pad)}while the input has {input.dim()}dimensions."
        )
    for dim, before, after in _by_dimension(pad, input.dim()):
        size = input.shape[dim]
        if size + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError("narrow(): length must be non-negative.")
        if size + before + after < 0:
            raise RuntimeError(
                f"The input size {size}, plus negative padding {before} and {after} resulted in a "
                "negative output size, which is invalid. Check dimension "
                f"{dim} of your input."
            )
    out: Tensor = ConstantPadNd.apply(input, tuple(pad), value)
    return out


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Add elements before and after those of the last dimensions.

    Args:
        pad: ``(before, after)`` of the last dimension, then of the one before it, and so on.
            Negative sizes cut elements off.
        mode: ``"constant"`` adds ``value`` (default 0), ``"reflect"`` the inner neighbours of the
            border, ``"replicate"`` the border, ``"circular"`` what lies at the other end.

    >>> import minitorch
    >>> pad(minitorch.arange(1.0, 5.0).reshape(1, 4), (2, 2), mode="reflect")
    tensor([[3., 2., 1., 2., 3., 4., 3., 2.]])
    """
    if len(pad) % 2 != 0:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) > 2 * input.dim():
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input "
            f"dimension but got padding length {len(pad)} and input of dimension {input.dim()}"
        )
    if mode == "constant":
        return constant_pad_nd(input, pad, 0 if value is None else value)
    if mode not in _REPEATING:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    ndim = len(pad) // 2
    if not (1 <= ndim <= 3 and 1 <= input.dim() - ndim <= 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {input.dim()}D input tensor."
        )
    if mode != "circular":
        _check_image(input, ndim, mode)
    places = []
    padded = _by_dimension(pad, input.dim())
    for dim, before, after in padded:
        _check(input, dim, before, after, mode)
        places.append((dim, _places(input.shape[dim], before, after, mode)))
    if mode != "circular":
        _check_output(input, padded[::-1])
    if mode != "circular" and input._array.dtype == np.bool_:
        name = "reflection" if mode == "reflect" else "replication"
        raise NotImplementedError(f"\"{name}_pad{ndim}d\" not implemented for 'Bool'")
    out: Tensor = _REPEATING[mode][ndim - 1].apply(input, tuple(places))
    return out


def _by_dimension(pad: Sequence[int], ndim: int) -> list[tuple[int, int, int]]:
    """The dimension, and what comes before and after it."""
    return [(ndim - 1 - i, pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)]


def _places(size: int, before: int, after: int, mode: str) -> Any:
    """Where each element of the output is read."""
    places = np.arange(-before, size + after)
    if mode == "replicate":
        return np.clip(places, 0, size - 1)
    if mode == "reflect":
        return size - 1 - np.abs(size - 1 - np.abs(places))
    first = max(-before, 0)  # what is cut off does not come back at the other end
    kept = size - first - max(-after, 0)
    return (places - first) % max(kept, 1) + first


def _check_image(input: Tensor, ndim: int, mode: str) -> None:
    if 0 in input.shape[input.dim() - ndim - 1 :]:
        raise RuntimeError(
            f"Expected {ndim + 1}D or {ndim + 2}D (batch mode) tensor with possibly 0 batch size "
            f"and other non-zero dimensions for input, but got: {list(input.shape)}"
        )


def _check(input: Tensor, dim: int, before: int, after: int, mode: str) -> None:
    size = input.shape[dim]
    if mode == "reflect" and not (before < size and after < size):
        raise RuntimeError(
            f"Argument #{2 + 2 * (input.dim() - dim)}: Padding size should be less than the "
            f"corresponding input dimension, but got: padding ({before}, {after}) at dimension "
            f"{dim} of input {list(input.shape)}"
        )
    if mode == "circular":
        if not (before <= size and after <= size):
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if size + before + after < 0:
            raise RuntimeError("Negative padding value is resulting in an empty dimension")


def _check_output(input: Tensor, padded: list[tuple[int, int, int]]) -> None:
    """Refuse an output whose padded dimensions are all empty, or one less than that."""
    sizes = [input.shape[dim] + before + after for dim, before, after in padded]
    if max(sizes) < 1 or min(sizes) < 0:
        letters = ["DHW"[dim - input.dim()] for dim, _, _ in padded]
        given = " ".join(
            [f"{x}: {input.shape[d]}" for x, (d, _, _) in zip(letters, padded, strict=True)]
        )
        wanted = " ".join([f"{x}: {n}" for x, n in zip(letters, sizes, strict=True)])
        raise RuntimeError(f"input ({given}) is too small. Calculated output {wanted}")
