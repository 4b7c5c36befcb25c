"""Edge cases of indexing, gather and scatter: every form of index, broadcasting, repeated places, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same

Call = Callable[[Any], Any]


def x(t: Any) -> Any:
    return t.arange(24.0).reshape(2, 3, 4)


INDICES: list[Call] = [
    lambda t: [0, 1],
    lambda t: ([0, 1], [2, 0]),
    lambda t: ([[0], [1]], slice(None), [1, 2]),
    lambda t: (slice(None), [0, 2], slice(1, 3)),
    lambda t: (..., [1, 1]),
    lambda t: (None, [1, 0], ..., None),
    lambda t: (t.tensor([True, False]), 1),
    lambda t: t.arange(24).reshape(2, 3, 4) % 5 == 0,
    lambda t: (slice(None), t.tensor([True, False, True])),
    lambda t: (t.tensor([[True, False, True], [False, True, False]]), [0, 1, 2]),
    lambda t: True,
    lambda t: False,
    lambda t: (True, 0),
    lambda t: t.tensor(True),
    lambda t: t.tensor(1),
    lambda t: t.tensor([1, 0], dtype=t.uint8),
    lambda t: t.tensor([-1, 0]),
    lambda t: t.tensor([], dtype=t.int64),
    lambda t: (1, t.tensor([0, 2]), slice(None)),
    lambda t: (t.tensor([0, 1]), 1, t.tensor([2, 3])),
    lambda t: (..., 0, ...),
    lambda t: (0, 1, 2),
]


@pytest.mark.parametrize("index", INDICES)
def test_getitem(index: Call) -> None:
    assert_same(lambda t: x(t)[index(t)])


@pytest.mark.parametrize("index", INDICES)
def test_gradient_of_getitem(index: Call) -> None:
    def gradient(t: Any) -> Any:
        a = x(t).requires_grad_()
        picked = a[index(t)]
        (picked * picked).sum().backward()
        return a.grad

    assert_same(gradient)


@pytest.mark.parametrize("index", INDICES)
def test_setitem(index: Call) -> None:
    def changed(t: Any) -> Any:
        a = x(t)
        a[index(t)] = -1
        return a

    assert_same(changed)


@pytest.mark.parametrize("index", INDICES)
def test_gradient_of_setitem(index: Call) -> None:
    def gradients(t: Any) -> Any:
        a = x(t).requires_grad_()
        value = t.tensor(2.0, requires_grad=True)
        b = a * 2
        b[index(t)] = value * 3
        (b * b).sum().backward()
        return a.grad, value.grad

    assert_same(gradients)


REFUSED: list[Call] = [
    lambda t: x(t)[::-1],
    lambda t: x(t)[2],
    lambda t: x(t)[0, 0, 0, 0],
    lambda t: x(t)[t.tensor([2])],
    lambda t: x(t)[t.tensor([0.5])],
    lambda t: x(t)["a"],
    lambda t: x(t)[1.5],
    lambda t: x(t)[t.tensor([True, False, True])],
    lambda t: x(t)[[0, 1], [0, 1, 2]],
    lambda t: t.tensor(1.0)[0],
    lambda t: t.gather(x(t), 0, t.tensor([0])),
    lambda t: t.gather(t.ones(3), 0, t.tensor([3])),
    lambda t: t.gather(t.ones(3), 0, t.tensor([0.5])),
    lambda t: t.ones(3).scatter(0, t.tensor([5]), 1.0),
    lambda t: t.ones(3).scatter_add(0, t.tensor([0, 1]), t.ones(1)),
    lambda t: t.ones(3).scatter_reduce(0, t.tensor([0]), t.ones(1), "median"),
    lambda t: t.ones(3).index_add(0, t.tensor([0, 1]), t.ones(3)),
    lambda t: t.ones(3).index_add(0, t.tensor([1]), t.tensor(1.0)),
    lambda t: t.tensor(1.0).index_add(0, t.tensor([0]), t.ones(1)),
    lambda t: t.ones(3).index_copy(0, t.tensor([5]), t.ones(1)),
    lambda t: t.ones(3).index_fill(0, t.tensor([[0]]), 1.0),
    lambda t: t.ones(3).take(t.tensor([3])),
    lambda t: t.ones(3).masked_fill(t.tensor([1, 0, 1]), 1.0),
    lambda t: t.ones(3).masked_scatter(t.tensor([True, True, False]), t.ones(1)),
    lambda t: t.ones(3).index_put((t.tensor([0]),), t.ones(1).double()),
]


@pytest.mark.parametrize("call", REFUSED)
def test_refused(call: Call) -> None:
    assert_raises_alike(call, words=False)


SAME: list[Call] = [
    lambda t: t.zeros(3).index_add(0, t.tensor([1, 1, 1]), t.tensor([1e8, 1.0, -1e8])),
    lambda t: t.zeros(2).scatter_add(0, t.tensor([0, 0, 0]), t.tensor([1e8, 1.0, -1e8])),
    lambda t: t.tensor([5, 7]).scatter_reduce(0, t.tensor([0, 0]), t.tensor([2, 3]), "mean"),
    lambda t: t.tensor([5, 7]).scatter(0, t.tensor([0]), t.tensor([2]), reduce="multiply"),
    lambda t: t.ones(2, 2).index_reduce(
        0, t.tensor([0, 0]), t.full((2, 2), 3.0), "amax", include_self=False
    ),
    lambda t: t.tensor(3.0).index_fill(0, t.tensor([0]), 1.0),
    lambda t: t.nonzero(t.tensor([[0, 1], [2, 0]]), as_tuple=True),
    lambda t: t.nonzero(t.tensor(1.0)),
    lambda t: t.nonzero_static(t.tensor([1, 0, 1]), size=3, fill_value=9),
    lambda t: t.take(t.ones(2, 2), t.tensor([[-1], [0]])),
    lambda t: t.zeros(3).put_(t.tensor([0, 0]), t.ones(2), accumulate=True),
    # whose result is contiguous, whatever the layout of the index
    lambda t: t.gather(t.ones(3, 4), 1, t.tensor([[0, 3, 1], [2, 2, 0]]).t()),
    lambda t: t.nn.functional.one_hot(t.tensor([[0, 3, 1], [2, 2, 0]]).t()),
]


@pytest.mark.parametrize("call", SAME)
def test_edge_case(call: Call) -> None:
    assert_same(call)


@pytest.mark.parametrize("name", ["scatter", "scatter_add"])
def test_gradient_of_a_source_larger_than_the_index(name: str) -> None:
    """torch's backward fails here: it does not restore the shape of the source."""
    index = minitorch.tensor([[0, 2], [1, 0]])
    source = minitorch.ones(3, 4, requires_grad=True)
    weights = minitorch.arange(12.0).reshape(3, 4)
    (getattr(minitorch.zeros(3, 4), name)(1, index, source) * weights).sum().backward()
    assert source.grad is not None
    assert source.grad.tolist() == [[0.0, 2.0, 0.0, 0.0], [5.0, 4.0, 0.0, 0.0], [0.0] * 4]
