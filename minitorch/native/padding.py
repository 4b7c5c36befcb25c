"""Making tensors larger at their borders.

Mirrors aten/src/ATen/native/{PadNd.cpp, ReflectionPad.cpp, ReplicationPadding.cpp}. One dimension
is padded after the other, each by joining pieces, so derivatives of every order are those of
``cat``, ``narrow`` and ``flip``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minitorch.native.factories import full
from minitorch.native.tensor_shape import cat, clone, expand, flip, narrow

if TYPE_CHECKING:
    from minitorch._tensor import Tensor


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
    if mode != "constant":
        if mode not in ("reflect", "replicate", "circular"):
            raise NotImplementedError(f"Unrecognised padding mode {mode}")
        if value is not None and value != 0:
            raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
        if not 1 <= input.dim() - len(pad) // 2 <= 2:
            raise NotImplementedError(
                "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now"
            )
    output = input
    for i in range(len(pad) // 2):
        dim = input.dim() - 1 - i
        before, after = pad[2 * i], pad[2 * i + 1]
        if before or after:
            _check(input, dim, before, after, mode)
            output = _pad_dim(output, dim, before, after, mode, value or 0)
    return clone(input) if output is input else output


def _check(input: Tensor, dim: int, before: int, after: int, mode: str) -> None:
    size = input.shape[dim]
    if mode == "reflect" and not (before < size and after < size):
        raise RuntimeError(
            "Padding size should be less than the corresponding input dimension, but got: padding "
            f"({before}, {after}) at dimension {dim} of input {list(input.shape)}"
        )
    if mode == "circular" and not (before <= size and after <= size):
        raise RuntimeError("Padding value causes wrapping around more than once.")
    if size + before + after < 0:
        raise RuntimeError(
            f"The input size {size}, plus negative padding {before} and {after} resulted in a "
            f"negative output size, which is invalid. Check dimension {dim} of your input."
        )


def _pad_dim(input: Tensor, dim: int, before: int, after: int, mode: str, value: float) -> Tensor:
    if before < 0:
        input, before = narrow(input, dim, -before, input.shape[dim] + before), 0
    if after < 0:
        input, after = narrow(input, dim, 0, input.shape[dim] + after), 0
    pieces = [
        _border(input, dim, before, mode, value, at_start=True),
        input,
        _border(input, dim, after, mode, value, at_start=False),
    ]
    return cat([piece for piece in pieces if piece.shape[dim]], dim) if before or after else input


def _border(
    input: Tensor, dim: int, width: int, mode: str, value: float, *, at_start: bool
) -> Tensor:
    """The ``width`` elements that are added at one end."""
    size = input.shape[dim]
    shape = [*input.shape[:dim], width, *input.shape[dim + 1 :]]
    if mode == "constant":
        return full(shape, value, dtype=input.dtype)
    if mode == "replicate":
        return expand(narrow(input, dim, 0 if at_start else size - 1, 1), shape)
    if mode == "reflect":
        return flip(narrow(input, dim, 1 if at_start else size - 1 - width, width), dim)
    return narrow(input, dim, size - width if at_start else 0, width)
