"""``assert_close``: whether two results agree, as closely as their dtype allows.

Mirrors torch/testing/_comparison.py. Left out: sparse, quantized and eight-bit tensors, which
minitorch has not.
"""

from __future__ import annotations

import cmath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch._tensor import Tensor
from minitorch.native.tensor_compare import isclose
from minitorch.native.tensor_new import as_tensor

TOLERANCES = {
    dtypes.float16: (1e-3, 1e-5),
    dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5),
    dtypes.float64: (1e-7, 1e-7),
    dtypes.complex64: (1.3e-6, 1e-5),
    dtypes.complex128: (1e-7, 1e-7),
}
"""(rtol, atol) of each dtype; 0 of integers and bools."""

_NUMBER_DTYPES = {
    bool: dtypes.bool_,
    int: dtypes.int64,
    float: dtypes.float64,
    complex: dtypes.complex128,
}
_NUMBERS = (*_NUMBER_DTYPES, np.number)


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise unless |actual - expected| <= atol + rtol * |expected| everywhere.

    Takes tensors, arrays, numbers, bools, None, and sequences and mappings of them. The tolerances
    left out are those of the dtype: ``TOLERANCES``.

    >>> import minitorch
    >>> assert_close([1.0, minitorch.ones(2)], [1.0, minitorch.ones(2) + 1e-6])

    Raises:
        AssertionError: they differ in values, shape, dtype or nesting; ``msg`` replaces the words,
            or is called with them.
        TypeError: inputs that cannot be compared with each other.
        ValueError: one tolerance without the other.
    """
    __tracebackhide__ = True  # pytest then shows the caller's line

    options = _Options(rtol, atol, equal_nan, check_dtype, check_stride, allow_subclasses)
    try:
        for comparison in list(_comparisons(actual, expected, options, ())):
            comparison.run(options)
    except _Failure as failure:
        words = failure.words
        if failure.item:
            words += (
                f"\n\nThe failure occurred for item {''.join(f'[{i!r}]' for i in failure.item)}"
            )
        error = failure.error(msg if isinstance(msg, str) else msg(words) if msg else words)
    else:
        return
    raise error


@dataclass
class _Options:
    """What ``assert_close`` was asked for."""

    rtol: float | None
    atol: float | None
    equal_nan: bool
    check_dtype: bool
    check_stride: bool
    allow_subclasses: bool

    def tolerances(self, *inputs: dtypes.dtype) -> tuple[float, float]:
        """rtol and atol: those given, or the loosest of the inputs' dtypes."""
        if self.rtol is not None and self.atol is not None:
            return self.rtol, self.atol
        defaults = [TOLERANCES.get(dtype, (0.0, 0.0)) for dtype in inputs]
        return max(rtol for rtol, _ in defaults), max(atol for _, atol in defaults)


class _Failure(Exception):
    """The words of an error, and the item of the nested inputs that it is about."""

    def __init__(
        self, words: str, item: tuple[Any, ...], error: type[Exception] = AssertionError
    ) -> None:
        self.words, self.item, self.error = words, item, error


@dataclass
class _Comparison:
    """Two inputs without further items, and the function that says how they differ."""

    difference: Callable[[Any, Any, _Options], str]
    actual: Any
    expected: Any
    item: tuple[Any, ...]

    def run(self, options: _Options) -> None:
        words = self.difference(self.actual, self.expected, options)
        if words:
            raise _Failure(words, self.item)


# --------------------------------------------------------------------------- which are compared


def _is_sequence(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _comparisons(
    actual: Any, expected: Any, options: _Options, item: tuple[Any, ...]
) -> Iterator[_Comparison]:
    """All pairs that the nested inputs are made of."""
    if _is_sequence(actual) and _is_sequence(expected):
        if len(actual) != len(expected):
            raise _Failure(
                f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", item
            )
        keys: Any = range(len(actual))
    elif isinstance(actual, Mapping) and isinstance(expected, Mapping):
        missing, additional = set(expected) - set(actual), set(actual) - set(expected)
        if missing or additional:
            raise _Failure(
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {sorted(missing)}\n"
                f"Additional keys in the actual mapping: {sorted(additional)}",
                item,
            )
        keys = sorted(actual, key=str)
    else:
        yield _comparison(actual, expected, options, item)
        return
    for key in keys:
        yield from _comparisons(actual[key], expected[key], options, (*item, key))


def _comparison(
    actual: Any, expected: Any, options: _Options, item: tuple[Any, ...]
) -> _Comparison:
    """How two inputs that are no containers are compared.

    Raises:
        _Failure: they cannot be.
    """
    pair = actual, expected
    if actual is None or expected is None:
        return _Comparison(_none_difference, actual, expected, item)
    if all(isinstance(value, (bool, np.bool_)) for value in pair):
        return _Comparison(_bool_difference, bool(actual), bool(expected), item)
    if (options.rtol is None) != (options.atol is None):
        raise _Failure(
            "Both 'rtol' and 'atol' must be either specified or omitted, but got no "
            f"{'rtol' if options.rtol is None else 'atol'}.",
            item,
            ValueError,
        )
    if all(isinstance(value, _NUMBERS) for value in pair):
        actual, expected = (v.item() if isinstance(v, np.number) else v for v in pair)
        return _Comparison(_number_difference, actual, expected, item)
    related = isinstance(actual, type(expected)) or isinstance(expected, type(actual))
    if not options.allow_subclasses:
        related = type(actual) is type(expected)
    if related and isinstance(actual, (Tensor, np.ndarray)):
        return _Comparison(_tensor_difference, as_tensor(actual), as_tensor(expected), item)
    raise _Failure(
        "No comparison pair was able to handle inputs of type "
        f"{type(actual)} and {type(expected)}.",
        item,
        TypeError,
    )


# --------------------------------------------------------------------------- how they differ


def _none_difference(actual: Any, expected: Any, options: _Options) -> str:
    return "" if actual is expected else f"None mismatch: {actual} is not {expected}"


def _bool_difference(actual: bool, expected: bool, options: _Options) -> str:
    return "" if actual is expected else f"Booleans mismatch: {actual} is not {expected}"


def _number_difference(actual: Any, expected: Any, options: _Options) -> str:
    if options.check_dtype and type(actual) is not type(expected):
        return f"The (d)types do not match: {type(actual)} != {type(expected)}."
    if actual == expected:
        return ""
    if options.equal_nan and cmath.isnan(actual) and cmath.isnan(expected):
        return ""
    rtol, atol = options.tolerances(*(_NUMBER_DTYPES[type(v)] for v in (actual, expected)))
    difference = abs(actual - expected)
    if cmath.isfinite(difference) and difference <= atol + rtol * abs(expected):
        return ""
    return _scalar_words(actual, expected, rtol, atol)


def _tensor_difference(actual: Tensor, expected: Tensor, options: _Options) -> str:
    attributes: dict[str, tuple[Any, Any]] = {"shape": (actual.shape, expected.shape)}
    if options.check_stride:
        attributes["stride()"] = actual.stride(), expected.stride()
    if options.check_dtype:
        attributes["dtype"] = actual.dtype, expected.dtype
    for name, (mine, other) in attributes.items():
        if mine != other:
            return f"The values for attribute '{name}' do not match: {mine} != {other}."

    rtol, atol = options.tolerances(actual.dtype, expected.dtype)
    actual, expected = actual.detach(), expected.detach()
    if actual.dtype is not expected.dtype:
        dtype = dtypes.promote_types(actual.dtype, expected.dtype)
        actual, expected = actual.to(dtype), expected.to(dtype)
    matches = isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=options.equal_nan)
    if matches.all():
        return ""
    if not actual.dim():
        return _scalar_words(actual.item(), expected.item(), rtol, atol)
    return _tensor_words(actual, expected, matches, rtol, atol)


# --------------------------------------------------------------------------- the words


def _scalar_words(actual: Any, expected: Any, rtol: float, atol: float) -> str:
    absolute = abs(actual - expected)
    relative = float("inf") if expected == 0 else absolute / abs(expected)
    return (
        f"Scalars are not {_close(rtol, atol)}!\n\n"
        f"Expected {expected} but got {actual}.\n"
        f"Absolute difference: {absolute}{_allowed(atol, rtol, atol)}\n"
        f"Relative difference: {relative}{_allowed(rtol, rtol, atol)}"
    )


def _tensor_words(
    actual: Tensor, expected: Tensor, matches: Tensor, rtol: float, atol: float
) -> str:
    if not (actual.dtype.is_floating_point or actual.dtype.is_complex):
        actual, expected = actual.long(), expected.long()
    absolute = (actual - expected).abs().masked_fill(matches, 0)
    relative = (absolute / expected.abs()).masked_fill(matches, 0)

    def greatest(differences: Tensor) -> str:
        place = int(differences.argmax())
        index = tuple(int(i) for i in np.unravel_index(place, differences.shape))
        return f"{differences[index].item()} at index {index}"

    count, wrong = matches.numel(), matches.numel() - int(matches.sum())
    return (
        f"Tensor-likes are not {_close(rtol, atol)}!\n\n"
        f"Mismatched elements: {wrong} / {count} ({wrong / count:.1%})\n"
        f"Greatest absolute difference: {greatest(absolute)}{_allowed(atol, rtol, atol)}\n"
        f"Greatest relative difference: {greatest(relative)}{_allowed(rtol, rtol, atol)}"
    )


def _close(rtol: float, atol: float) -> str:
    return "close" if rtol or atol else "equal"


def _allowed(tolerance: float, rtol: float, atol: float) -> str:
    return f" (up to {tolerance} allowed)" if rtol or atol else ""
