"""Whether two results are alike: structure, dtype, shape, values."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

import minitorch
from tests.scoreboard.counterpart import to_torch

Tolerance = tuple[float, float] | None


class Differs(Exception):
    """The results are not alike; says where."""


def assert_alike(
    ours: Any, theirs: Any, tolerance: Tolerance = None, values: bool = True, where: str = ""
) -> None:
    """Compare a result of minitorch with torch's.

    Args:
        tolerance: (rtol, atol), or None for ``assert_close``'s defaults.
        values: False compares the tensors' dtypes and shapes only.

    Raises:
        Differs: they are not alike.
    """
    if isinstance(theirs, torch.Tensor):
        if not isinstance(ours, minitorch.Tensor):
            raise Differs(f"{where}a tensor is expected, not {type(ours).__name__}")
        _tensors_alike(ours, theirs, tolerance, values, where)
    elif isinstance(theirs, (tuple, list)):
        if not isinstance(ours, (tuple, list)) or len(ours) != len(theirs):
            raise Differs(f"{where}{len(theirs)} results are expected, not {ours!r:.80}")
        for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
            assert_alike(a, b, tolerance, values, f"{where}[{i}]: ")
    elif isinstance(theirs, dict):
        if not isinstance(ours, dict) or set(ours) != set(theirs):
            raise Differs(f"{where}a dictionary of {sorted(map(str, theirs))} is expected")
        for key, b in theirs.items():
            assert_alike(ours[key], b, tolerance, values, f"{where}[{key!r}]: ")
    elif isinstance(theirs, (torch.dtype, torch.device)):
        if str(ours) != str(theirs):
            raise Differs(f"{where}{theirs} is expected, not {ours}")
    elif isinstance(theirs, float):
        if not np.isclose(ours, theirs, *(tolerance or (1e-7, 1e-7)), equal_nan=True):
            raise Differs(f"{where}{theirs} is expected, not {ours}")
    elif ours != theirs:
        raise Differs(f"{where}{theirs!r} is expected, not {ours!r:.80}")


def are_alike(ours: Any, theirs: Any) -> bool:
    """Whether ``assert_alike`` accepts them, at the default tolerances."""
    try:
        assert_alike(ours, theirs)
    except Differs:
        return False
    return True


def _tensors_alike(
    ours: Any, theirs: torch.Tensor, tolerance: Tolerance, values: bool, where: str
) -> None:
    if str(ours.dtype) != str(theirs.dtype):
        raise Differs(f"{where}dtype {theirs.dtype} is expected, not {ours.dtype}")
    if tuple(ours.shape) != tuple(theirs.shape):
        raise Differs(f"{where}shape {tuple(theirs.shape)} is expected, not {tuple(ours.shape)}")
    if not values:
        return
    options = {} if tolerance is None else {"rtol": tolerance[0], "atol": tolerance[1]}
    try:
        torch.testing.assert_close(
            to_torch(ours),
            theirs.detach().resolve_conj().resolve_neg(),
            equal_nan=True,
            check_stride=False,
            **options,
        )
    except AssertionError as error:
        lines = [line for line in str(error).splitlines() if line]
        raise Differs(where + " ".join(lines[:3])) from None


def tensors_in(x: Any) -> list[Any]:
    """The tensors of a result or of arguments, in order."""
    if isinstance(x, (torch.Tensor, minitorch.Tensor)):
        return [x]
    if isinstance(x, dict):
        x = list(x.values())
    return [t for i in x for t in tensors_in(i)] if isinstance(x, (tuple, list)) else []
