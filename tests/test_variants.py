"""NumPy's names of arguments, which torch takes beside its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.parity import assert_raises_alike, assert_same

Call = Callable[[Any], Any]


def cube(t: Any) -> Any:
    return t.arange(24.0).reshape(2, 3, 4)


NAMED: list[Call] = [
    lambda t: cube(t).sum(axis=0),
    lambda t: cube(t).sum(axis=(0, 2), keepdims=True),
    lambda t: cube(t).mean(axis=1, keepdims=True),
    lambda t: cube(t).max(axis=1, keepdims=True),
    lambda t: t.min(cube(t), axis=1),
    lambda t: cube(t).amax(axis=(0, 1), keepdims=True),
    lambda t: cube(t).argmax(axis=1, keepdims=True),
    lambda t: cube(t).std(axis=1, keepdims=True),
    lambda t: t.var_mean(cube(t), axis=1, keepdims=True),
    lambda t: cube(t).cumsum(axis=1),
    lambda t: cube(t).sort(axis=0, descending=True),
    lambda t: cube(t).squeeze(axis=0),
    lambda t: cube(t).unsqueeze(axis=1),
    lambda t: cube(t).unbind(axis=2),
    lambda t: cube(t).select(axis=1, index=2),
    lambda t: cube(t).narrow(axis=1, start=0, length=2),
    lambda t: cube(t).index_select(axis=1, index=t.tensor([2, 0])),
    lambda t: t.cat([cube(t), cube(t)], axis=1),
    lambda t: t.stack([cube(t), cube(t)], axis=1),
    lambda t: t.softmax(cube(t), axis=1),
    lambda t: t.logsumexp(cube(t), axis=1, keepdims=True),
    lambda t: t.fft.rfft(cube(t), axis=2),
    lambda t: t.linalg.vector_norm(cube(t), axis=1, keepdims=True),
    lambda t: t.trapezoid(cube(t), axis=1),
    lambda t: t.sin(x=cube(t)),
    lambda t: t.atan2(x1=cube(t), x2=cube(t)),
    lambda t: t.cumsum(a=cube(t), axis=0, out=t.empty(2, 3, 4)),
]


@pytest.mark.parametrize("call", NAMED)
def test_the_names_of_numpy(call: Call) -> None:
    assert_same(call, exact=False)


REFUSED: list[Call] = [
    lambda t: cube(t).cumsum(0, axis=0),
    lambda t: cube(t).cumsum(dim=0, axis=0),
    lambda t: cube(t).unbind(dim=0, axis=0),
    lambda t: cube(t).cumsum(axes=0),
    lambda t: t.sin(b=cube(t)),
]


@pytest.mark.parametrize("call", REFUSED)
def test_wrong_names_are_refused(call: Call) -> None:
    assert_raises_alike(call, words=False)
