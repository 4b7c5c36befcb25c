"""Running the same few lines in both libraries and comparing all that a user can see of the result."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import minitorch

# The words of errors are those of this version; beside another, only the kind of result is compared.
SAME_WORDS = torch.__version__.startswith("2.13.")


def run(call: Callable[[Any], Any], library: Any) -> Any:
    """What ``call(library)`` returned, or the exception that it raised."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            return call(library)
        except Exception as error:
            return error


def is_tensor(x: Any) -> bool:
    return isinstance(x, (torch.Tensor, minitorch.Tensor))


def plain(x: Any) -> Any:
    """A result as nested tuples of Python values that are equal in both libraries when the results are alike."""
    if is_tensor(x):
        kind = "Parameter" if type(x).__name__ == "Parameter" else "Tensor"
        return kind, str(x.dtype), tuple(x.shape), tuple(x.stride()), x.requires_grad
    if isinstance(x, np.ndarray):
        return "ndarray", x.dtype.name, x.shape, plain(x.tolist())
    if isinstance(x, np.generic):
        return type(x).__name__, plain(x.item())
    if isinstance(x, dict):
        return {k: plain(v) for k, v in x.items()}
    if isinstance(x, (torch.Size, minitorch.Size)):
        return "Size", tuple(x)
    if isinstance(x, (tuple, list)):
        return type(x).__name__ if type(x) in (tuple, list) else "named tuple", [
            plain(i) for i in x
        ]
    if isinstance(x, (torch.dtype, torch.device, torch.layout, torch.memory_format)):
        return repr(x)
    if isinstance(x, (minitorch.dtype, minitorch.device, minitorch.memory_format)):
        return repr(x)
    if isinstance(x, float) and math.isnan(x):
        return "nan"
    if isinstance(x, type) and x.__module__.split(".")[0] in ("torch", "minitorch"):
        return x.__name__
    return (type(x).__name__, x) if isinstance(x, (bool, int, float)) else x


def tensors_in(x: Any) -> list[Any]:
    if is_tensor(x):
        return [x]
    if isinstance(x, dict):
        x = list(x.values())
    return [t for i in x for t in tensors_in(i)] if isinstance(x, (tuple, list)) else []


def assert_same_values(ours: Any, theirs: Any, exact: bool = True) -> None:
    """The elements of two tensors: bit for bit, or within the default tolerances."""
    mine, other = np.array(ours.detach().numpy()), theirs.detach().resolve_conj().numpy()
    if np.array_equal(mine, other, equal_nan=mine.dtype.kind in "fc"):
        return  # much faster than assert_close, which is here for its words
    tolerance = {"rtol": 0, "atol": 0} if exact else {}
    torch.testing.assert_close(torch.from_numpy(mine), theirs.detach(), equal_nan=True, **tolerance)


def assert_same(call: Callable[[Any], Any], *, exact: bool = True, words: bool = True) -> None:
    """``call`` has the same result in both libraries: values, dtypes, shapes, strides, or the same exception.

    Args:
        exact: whether floating values must be equal bit for bit.
        words: whether an exception must say the same too; its type always must be the same.
    """
    theirs, ours = run(call, torch), run(call, minitorch)
    if isinstance(theirs, Exception):
        assert isinstance(ours, Exception), f"torch raises {theirs!r}; here: {ours!r}"
        if not SAME_WORDS:
            return
        assert type(ours).__name__ == type(theirs).__name__, (
            f"torch raises {theirs!r}; here: {ours!r}"
        )
        if words:
            assert first_line(ours) == first_line(theirs), (
                f"\ntorch {first_line(theirs)}\nhere  {first_line(ours)}"
            )
        return
    if isinstance(ours, Exception):
        raise AssertionError(f"torch gives {theirs!r}; here: {ours!r}") from ours
    assert plain(ours) == plain(theirs), f"\ntorch {plain(theirs)!r}\nhere  {plain(ours)!r}"
    for a, b in zip(tensors_in(ours), tensors_in(theirs), strict=True):
        assert_same_values(a, b, exact)


def assert_raises_alike(call: Callable[[Any], Any], *, words: bool = True) -> None:
    """Both libraries refuse ``call``, with the same type of exception (and in the same words)."""
    theirs = run(call, torch)
    assert isinstance(theirs, Exception), f"torch accepts this: {theirs!r}"
    assert_same(call, words=words)


def first_line(error: Exception) -> str:
    """What an exception says, without the stack that torch appends to some, and without hints: those
    of torch lead to its anomaly mode, ours name the line to look at.
    """
    return str(error).split("\n")[0].split(" Hint: ")[0].replace("torch::autograd::", "").strip()
