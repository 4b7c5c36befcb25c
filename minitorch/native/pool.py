"""What all kinds of pooling share: where the windows lie, and what arguments are allowed.

Fixed and adaptive windows differ only in where they begin and end. A ``Windows`` says that for one
dimension; an operation takes one for each.

Mirrors aten/src/ATen/native/{Pool.h, AdaptivePooling.h}.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minitorch import dtypes

if TYPE_CHECKING:
    from minitorch._tensor import Tensor

IntOrTuple = int | Sequence[int]
Ints = tuple[int, ...]

_COUNTS = {2: "two", 3: "three"}


# ------------------------------------------------------------------------------------- windows


class Windows(NamedTuple):
    """Where the windows along one dimension begin and end, without the padding.

    The mean divides by the product of the dimensions' counts. ``are_pairs`` says that the windows
    are those most used: two elements each, side by side from the first one on.
    """

    starts: Any
    ends: Any
    counts: Any
    dilation: int
    are_pairs: bool = False


@lru_cache(maxsize=512)
def sliding_windows(
    size: int,
    count: int,
    taps: int,
    stride: int,
    padding: int,
    dilation: int = 1,
    count_include_pad: bool = True,
) -> Windows:
    """``count`` windows of ``taps`` elements each, ``stride`` apart."""
    first = np.arange(count) * stride - padding
    # A window that starts in the padding enters the image at its first tap that lies inside.
    starts = np.where(first < 0, first % dilation if dilation > 1 else 0, first)
    ends = np.minimum(first + (taps - 1) * dilation + 1, size)
    with_padding = np.minimum(first + taps, size + padding) - first
    counts = with_padding if count_include_pad else np.maximum(ends - starts, 0)
    are_pairs = taps == stride == 2 and padding == 0 and dilation == 1 and 2 * count <= size
    return Windows(starts, ends, counts, dilation, are_pairs)


@lru_cache(maxsize=512)
def adaptive_windows(size: int, count: int) -> Windows:
    """``count`` windows that cover ``size`` elements as evenly as whole numbers allow.

    >>> windows = adaptive_windows(5, 3)
    >>> windows.starts, windows.ends
    (array([0, 1, 3]), array([2, 4, 5]))
    """
    i = np.arange(count)
    starts = i * size // max(count, 1)
    ends = -(-(i + 1) * size // max(count, 1))
    return Windows(starts, ends, ends - starts, 1)


def output_size(
    size: int, taps: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> int:
    """How many windows there are. With ceil_mode also one that sticks out at the end, provided
    that it starts inside the image or the padding before it."""
    rest = stride - 1 if ceil_mode else 0
    count = (size + 2 * padding - dilation * (taps - 1) - 1 + rest) // stride + 1
    return count - 1 if ceil_mode and (count - 1) * stride >= size + padding else count


def divided_by(windows: tuple[Windows, ...], divisor: int | None) -> tuple[Windows, ...]:
    """The same windows, whose sums are divided by ``divisor`` instead of by their counts."""
    if divisor is None:
        return windows
    ones = [w._replace(counts=np.ones_like(w.counts)) for w in windows[1:]]
    return windows[0]._replace(counts=np.full_like(windows[0].counts, divisor)), *ones


def planes(array: Any, ndim: int = 2) -> Any:
    """(N, C, *size) or (C, *size) as a contiguous (planes, *size); half precision as float32."""
    array = np.ascontiguousarray(array, np.float32 if dtypes.is_half(array.dtype) else None)
    return array.reshape(math.prod(array.shape[:-ndim]), *array.shape[-ndim:])


# ----------------------------------------------------------------------------------- arguments


def single(value: Any, function: str, name: str) -> int:
    """The one number of an argument of a pooling of sequences."""
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) != 1:
        raise RuntimeError(
            f"{function}() argument '{name}' should contain one int (got {len(values)})"
        )
    return int(values[0])


def expanded(value: IntOrTuple, ndim: int, function: str, name: str) -> Ints:
    """One number for each of ``ndim`` dimensions."""
    values = (value,) if isinstance(value, int) else tuple(value)
    if len(values) not in (1, ndim):
        raise RuntimeError(_wrong_count(function, name, ndim))
    return values if len(values) == ndim else values * ndim


def _wrong_count(function: str, name: str, ndim: int) -> str:
    """The same complaint, in torch's words of each function."""
    verb = "must be either" if name == "dilation" else "must either be"
    if function == "avg_pool3d":
        verb = "must be"
    omitted = "omitted, " if name == "stride" else ""
    return f"{function}: {name} {verb} {omitted}a single int, or a tuple of {_COUNTS[ndim]} ints"


def hashable(*values: Any) -> tuple[Any, ...]:
    """The arguments of an operation, for a cache: lists as tuples."""
    return tuple([v if v is None or isinstance(v, int) else tuple(v) for v in values])


def is_unset(stride: Any) -> bool:
    return stride is None or (not isinstance(stride, int) and len(stride) == 0)


def expanded_stride(stride: Any, taps: Ints, function: str) -> Ints:
    """The strides, which are the sizes of the window unless given."""
    strides = taps if is_unset(stride) else expanded(stride, len(taps), function, "stride")
    if 0 in strides:
        raise RuntimeError("stride should not be zero")
    return strides


@lru_cache(maxsize=512)
def windows_of(
    shape: Ints,
    taps: Ints,
    strides: Ints,
    paddings: Ints,
    dilations: Ints,
    ceil_mode: bool,
    count_include_pad: bool = True,
    function: str = "",
) -> tuple[Windows, ...]:
    """The windows of the last two or three dimensions of an input of this shape. Mirrors
    pool2d_shape_check and pool3d_shape_check.
    """
    _check_positive("kernel size", "k", taps)
    _check_positive("stride", "d", strides)
    _check_positive("dilation", "dilation", dilations)
    for k, padding, dilation in zip(taps, paddings, dilations, strict=True):
        if padding < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {padding}")
        if padding > ((k - 1) * dilation + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={padding}, kernel_size={k} and dilation={dilation}"
            )
    ndim = len(taps)
    if 0 in shape[-ndim - 1 :]:
        if ndim == 3:
            raise RuntimeError(
                f"{function}(): Expected input's non-batch dimensions to have positive length, but "
                f"input has a shape of {list(shape)} and non-batch dimension 0 has length zero!"
            )
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
            f"got:{list(shape)}"
        )
    size = shape[-ndim:]
    counts = [
        output_size(*options, ceil_mode)
        for options in zip(size, taps, strides, paddings, dilations, strict=True)
    ]
    if min(counts) < 1:
        given, calculated = ["x".join(map(str, [shape[-ndim - 1], *n])) for n in (size, counts)]
        raise RuntimeError(
            f"Given input size: ({given}). Calculated output size: ({calculated}). Output size is "
            "too small"
        )
    return tuple(
        [
            sliding_windows(*options, count_include_pad)
            for options in zip(size, counts, taps, strides, paddings, dilations, strict=True)
        ]
    )


def _check_positive(what: str, letter: str, values: Ints) -> None:
    if min(values) <= 0:
        dims = zip("THW"[-len(values) :], values, strict=True)
        given = " ".join([f"{letter}{dim}: {value}" for dim, value in dims])
        raise RuntimeError(f"{what} should be greater than zero, but got {given}")


def adaptive_size(shape: Ints, output_size: Any, ndim: int, words: str) -> Ints:
    """The size of the output, in which None stands for that of the input, of this shape.

    Args:
        words: what to say of a wrong number of sizes.
    """
    if output_size is None or isinstance(output_size, int):
        sizes = (output_size,) * ndim
    else:
        sizes = tuple(output_size)
        if len(shape) <= len(sizes):
            raise ValueError(f"Input dimension should be at least {len(sizes) + 1}")
    if len(sizes) != ndim:
        raise RuntimeError(words)
    last = shape[-ndim:]
    return tuple([n if size is None else size for size, n in zip(sizes, last, strict=False)])


def check_dtype(input: Tensor, name: str, kinds: str) -> None:
    """Refuse what torch has no kernel for. See ``check_kind``."""
    check_kind(input._array.dtype, name, kinds)


def check_kind(array_dtype: Any, name: str, kinds: str) -> None:
    """Refuse what torch has no kernel for.

    Args:
        kinds: of dtypes that it has: ``"f"``, ``"iu"`` with integers; ``"fd"`` are floats of 32
            bits or more.
    """
    dtype = dtypes.from_numpy(array_dtype)
    kind = "f" if dtype.is_floating_point else array_dtype.kind
    if kind not in kinds or (kinds == "fd" and dtype.itemsize < 4):
        raise NotImplementedError(f"\"{name}\" not implemented for '{dtype.c10_name}'")


def check_not_empty(shape: Ints, name: str, first: int = 1) -> None:
    """Only the dimensions before ``first`` may be empty."""
    for dim in range(first, len(shape)):
        if shape[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but "
                f"input has sizes {list(shape)} with dimension {dim} being empty"
            )


def check_ndim(shape: Ints, ndim: int) -> None:
    """Images (or volumes) with channels, and perhaps in batches."""
    if len(shape) not in (ndim + 1, ndim + 2):
        raise RuntimeError(
            f"non-empty {ndim + 1}D or {ndim + 2}D (batch mode) tensor expected for input"
        )


def squeezed(result: Any) -> Any:
    """Without the height of one that a sequence was given."""
    if isinstance(result, tuple):
        return tuple([part.squeeze(-2) for part in result])
    return result.squeeze(-2)
