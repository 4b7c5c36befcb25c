"""Fill arrays with random integers, and shuffle.

An integer of a range is the remainder of a random word. The slight bias of that is torch's, and so
is the rule of when to take 64 bits instead of 32.

Mirrors aten/src/ATen/native/cpu/DistributionTemplates.h,
aten/src/ATen/native/DistributionTemplates.h (random_) and
aten/src/ATen/native/TensorFactories.cpp (randperm).
"""

from __future__ import annotations

import math
import warnings
from functools import cache
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._jit import kernel
from minitorch.native.distribution_kernels import (
    CHUNK,
    CPP_NAMES,
    Array,
    c10_name,
    check_bounds,
    check_implemented,
    fill,
    kind_of,
    limits,
    next_pairs,
)
from minitorch.random import Generator, next_words

__all__ = ["random_", "randperm"]


@kernel
def _integers_from_words(out: Any, engine: Any, low: Any, count: Any) -> None:
    """``low + word % count`` into ``out`` (int64). The slight bias of the remainder is torch's."""
    words = np.empty(min(out.size, CHUNK), np.uint32)
    modulus = np.uint32(count)
    for start in range(0, out.size, CHUNK):
        part = out[start : start + CHUNK]
        next_words(words[: part.size], engine)
        for i in range(part.size):
            part[i] = low + np.int64(words[i] % modulus)


@kernel
def _integers_from_pairs(out: Any, engine: Any, low: Any, count: Any) -> None:
    """The same from 64 bits. A count of 2**64, which does not fit, is passed as 0."""
    bits = out.view(np.uint64)
    next_pairs(bits, engine)
    if count != 0:
        for i in range(out.size):
            bits[i] = bits[i] % count
    for i in range(out.size):
        out[i] += low


@kernel
def _shuffle(out: Any, engine: Any) -> None:
    """Fisher and Yates: swap each element with one that is drawn from itself and those behind."""
    words = np.empty(min(out.size, CHUNK), np.uint32)
    last = out.size - 1
    for start in range(0, last, CHUNK):
        stop = min(start + CHUNK, last)
        next_words(words[: stop - start], engine)
        for i in range(start, stop):
            other = i + np.int64(words[i - start] % np.uint32(out.size - i))
            out[i], out[other] = out[other], out[i]


@kernel
def _inside_out_shuffle(out: Any, engine: Any) -> None:
    """The same for arrays too long for 32 bits: place i at a drawn position among the first i."""
    positions = np.empty(min(out.size, CHUNK), np.uint64)
    for start in range(0, out.size, CHUNK):
        stop = min(start + CHUNK, out.size)
        next_pairs(positions[: stop - start], engine)
        for i in range(start, stop):
            position = np.int64(positions[i - start] % np.uint64(i + 1))
            out[i] = out[position]
            out[position] = i


def _mantissa_bits(dtype: np.dtype[Any]) -> int:
    return round(-math.log2(dtypes.finfo(dtypes.from_numpy(dtype)).eps))


@cache
def _largest_integer(dtype: np.dtype[Any]) -> int:
    """The largest that random_() draws; of a float, that up to which it holds all integers."""
    if kind_of(dtype) == "f":
        return int(2 ** (_mantissa_bits(dtype) + 1))
    return int(limits(dtype)[1])


def _round_into_range(number: int, step: int, dtype: np.dtype[Any]) -> int:
    """Move a bound of a range inwards until its neighbour inside is not cast to one outside.

    A float16 in [0, 65504) must not become 65504, as 65503 would. ``step`` is 1 for the lower
    bound, -1 for the upper.
    """
    neighbour = number + step
    with np.errstate(over="ignore"):
        rounded = float(dtype.type(neighbour))
    if not math.isfinite(rounded):
        return number  # out of bounds, which is checked for next
    leaves_range = rounded < number if step > 0 else rounded >= number
    if not leaves_range:
        return number
    spacing = abs(neighbour).bit_length() - 1 - _mantissa_bits(dtype)
    return int(rounded) + step * (1 << spacing)


def _warn_if_inexact(name: str, value: int, array: Array) -> None:
    digits = _mantissa_bits(array.dtype) + 1
    if abs(value) > 2**digits:
        warnings.warn(
            f"{name} is out of bounds [-(2^{digits}), 2^{digits}]. Due to precision limitations "
            f"{CPP_NAMES[array.dtype.name]} can support discrete uniform distribution only within "
            "this range. This warning will become an error in version 1.7 release, please fix the "
            "code in advance"
        )


def _checked_range(array: Array, from_: int, to: int | None) -> tuple[int, int]:
    """Where the draws start and end, or torch's error."""
    dtype = array.dtype
    if to is not None and from_ >= to:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={from_} >= to={to}"
        )
    if dtype.kind == "c":
        raise RuntimeError(
            "check_random_bounds handles only integral, floating-point and boolean types"
        )
    if kind_of(dtype) == "f":
        from_ = _round_into_range(from_, 1, dtype)
    if to is None:
        largest = _largest_integer(dtype)
        if kind_of(dtype) == "f" and from_ >= largest:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' "
                f"casted to dtype, but got from={from_} > to_inc={largest}"
            )
        # torch counts in int64, where the largest of uint64 is -1
        to = largest + 1 if largest < 2**63 else 0
    elif kind_of(dtype) == "f":
        to = _round_into_range(to, -1, dtype)
        if from_ >= to:
            raise RuntimeError(
                "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
                f"but got from={from_} >= to={to}"
            )
    check_bounds("from", from_, array)
    check_bounds("to - 1", to - 1, array)
    if kind_of(dtype) == "f":
        _warn_if_inexact("from", from_, array)
        _warn_if_inexact("to - 1", to - 1, array)
    return from_, to


def random_(
    array: Array,
    from_: int | None = None,
    to: int | None = None,
    generator: Generator | None = None,
) -> Array:
    """Draw from the integers in [from_, to), or up to the largest, or from all that are >= 0."""
    if from_ is None:
        check_implemented("random_kernel_cpu", array, "biuf")
        from_, count = 0, _largest_integer(array.dtype) + 1
        uses_pairs = array.dtype in (np.int64, np.float64)
    elif from_ == -(2**63) and to is None:
        if array.dtype not in (np.int64, np.float64, np.float32):
            raise RuntimeError(
                "random_full_64_bits_range_kernel_cpu handles only int64, double, float and "
                "bfloat16"
            )
        from_, count = 0, 2**64  # all 64 bits, read as a signed number
        uses_pairs = True
    else:
        from_, to = _checked_range(array, from_, to)
        count = to - from_
        uses_pairs = count >= 2**28  # beyond, remainders of 32 bits would be too uneven
    kernel = _integers_from_pairs if uses_pairs else _integers_from_words
    return fill(array, np.int64, generator, kernel, np.int64(from_), np.uint64(count % 2**64))


_SHUFFLED_WITH_32_BITS = (2**32 - 1) // 20  # torch's threshold, for a bias of at most one in 20


def randperm(n: int, dtype: Any = np.int64, generator: Generator | None = None) -> Array:
    """The integers below n in a random order."""
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    result = np.empty(n, dtype)
    check_implemented("randperm", result, "iuf")
    largest = _largest_integer(result.dtype)
    if kind_of(result.dtype) == "f" and n > largest + 1:
        limit = largest + 1 if result.dtype == np.float16 else f"2^{largest.bit_length() - 1}+1"
        raise RuntimeError(f"n cannot be greater than {limit} for {c10_name(result)} type.")
    if n > largest + 1:
        raise RuntimeError(
            f"value cannot be converted to type {result.dtype.name}_t without overflow"
        )
    order = np.arange(n)
    shuffle = _shuffle if n < _SHUFFLED_WITH_32_BITS else _inside_out_shuffle
    fill(order, np.int64, generator, shuffle)
    result[...] = order
    return result
