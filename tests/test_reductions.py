"""Edge cases of reductions, sorting and counting: NaN, ties, empty and 0-dim inputs, dtypes, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

Call = Callable[[Any], Any]
nan, inf = float("nan"), float("inf")

SAME: list[Call] = [
    lambda t: t.tensor([1, 2], dtype=t.int8).sum(dtype=t.int8),
    lambda t: t.tensor([1, 2], dtype=t.int32).cumsum(0, dtype=t.int32),
    lambda t: t.tensor([3, 4], dtype=t.int32).cumsum_(0),
    lambda t: t.tensor([True, True]).prod(dtype=t.bool),
    lambda t: t.sum(t.ones(2, 3), dim=()),
    lambda t: t.all(t.tensor([1, 0], dtype=t.uint8)),
    lambda t: t.tensor([1.5, nan, inf]).nansum(),
    lambda t: t.max(t.tensor([1.0, nan, 3.0, nan]), 0),
    lambda t: t.min(t.tensor([[2, 1, 1]]), dim=1, keepdim=True),
    lambda t: t.aminmax(t.tensor([[1.0, nan], [2.0, 3.0]]), dim=1),
    lambda t: t.argmax(t.tensor([[1, 3, 3]]), keepdim=True),
    lambda t: t.cummax(t.tensor([1.0, 3.0, 3.0, nan, 5.0]), 0),
    lambda t: t.cummin(t.tensor([True, False, False]), 0),
    lambda t: t.logcumsumexp(t.tensor([-inf, -inf, 0.0, inf]), 0),
    lambda t: t.median(t.tensor([])),
    lambda t: t.median(t.tensor([3, 1, 1, 2])),
    lambda t: t.median(t.tensor([[1.0, nan, 0.0, nan]]), 1),
    lambda t: t.nanmedian(t.tensor([[1.0, nan, 0.0, nan], [nan, nan, nan, nan]]), 1),
    lambda t: t.mode(t.tensor([[2, 1, 2, 1], [0, 0, 1, 1]])),
    lambda t: t.sort(t.tensor([1.0, nan, -inf, inf]), descending=True),
    lambda t: t.sort(t.tensor(3.0)),
    lambda t: t.topk(t.tensor([1.0, nan, 2.0]), 2),
    lambda t: t.topk(t.ones(2, 0), 0),
    lambda t: t.kthvalue(t.tensor([2.0, nan, 1.0]), 3),
    lambda t: t.unique(
        t.tensor([3.0, nan, 1.0, nan, 3.0]), return_inverse=True, return_counts=True
    ),
    lambda t: t.unique(
        t.tensor([[1, 2], [0, 3], [1, 2]]), dim=0, return_inverse=True, return_counts=True
    ),
    lambda t: t.unique_consecutive(t.tensor([1, 1, 2, 1]), return_inverse=True, return_counts=True),
    lambda t: t.isin(t.tensor([[1, 2], [3, 4]]), 3),
    lambda t: t.isin(2, t.tensor([1, 2]), invert=True),
    lambda t: t.bincount(t.tensor([], dtype=t.int64), minlength=3),
    lambda t: t.bincount(t.tensor([1, 1, 3]), t.tensor([0.5, 1.0, 2.0])),
    lambda t: t.histc(t.tensor([1.0, 2.0, 1.0, 4.0]), bins=4, min=0, max=3),
    lambda t: t.histc(t.tensor([2.0, 2.0]), bins=2),
    lambda t: t.histogram(
        t.tensor([1.0, 2.0, 1.0]), bins=4, range=(0.0, 3.0), weight=t.tensor([1.0, 2.0, 4.0])
    ),
    lambda t: t.histogramdd(t.tensor([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]), bins=[2, 3]),
    lambda t: t.searchsorted(
        t.tensor([[1, 3, 5], [2, 4, 6]]), t.tensor([[3, 6], [2, 7]]), right=True
    ),
    lambda t: t.searchsorted(t.tensor([1, 3, 5]), 3, out_int32=True),
    lambda t: t.bucketize(t.tensor([[3, 6], [1, 9]]), t.tensor([1, 3, 5])),
    lambda t: t.hash_tensor(t.tensor([1, 2, -1])),
    lambda t: t.zeros(7, 3).fill_diagonal_(1, wrap=True),
    lambda t: t.segment_reduce(t.arange(5.0), "max", lengths=t.tensor([2, 0, 3])),
    lambda t: t.segment_reduce(t.arange(5.0), "mean", offsets=t.tensor([0, 2, 5]), initial=1),
    lambda t: t.quantile(t.tensor([1.0, nan, 2.0]), 0.5),
]

REFUSED: list[Call] = [
    lambda t: t.mean(t.tensor([1, 2])),
    lambda t: t.mean(t.ones(2), dtype=t.int64),
    lambda t: t.nanmean(t.tensor([1, 2])),
    lambda t: t.var(t.tensor([1, 2])),
    lambda t: t.sum(t.ones(2, 2), dim=(0, 0)),
    lambda t: t.sum(t.ones(2), dim=1),
    lambda t: t.max(t.ones(0)),
    lambda t: t.max(t.ones(2, 0), 1),
    lambda t: t.amax(t.ones(0)),
    lambda t: t.aminmax(t.ones(0)),
    lambda t: t.argmax(t.tensor([True])),
    lambda t: t.logcumsumexp(t.tensor([1]), 0),
    lambda t: t.median(t.tensor([True])),
    lambda t: t.topk(t.ones(2), 3),
    lambda t: t.kthvalue(t.tensor([True]), 1),
    lambda t: t.quantile(t.ones(2), 1.5),
    lambda t: t.quantile(t.ones(2).long(), 0.5),
    lambda t: t.quantile(t.ones(2), 0.5, interpolation="cubic"),
    lambda t: t.histc(t.ones(2), bins=0),
    lambda t: t.bincount(t.tensor([-1])),
    lambda t: t.renorm(t.ones(2, 2), -1, 0, 1.0),
    lambda t: t.renorm(t.ones(2), 2, 0, 1.0),
    lambda t: t.zeros(3).fill_diagonal_(1),
    lambda t: t.segment_reduce(t.ones(5), "max"),
    lambda t: t.segment_reduce(t.ones(5), "max", lengths=t.tensor([2, 2])),
    lambda t: t.masked.mean(t.tensor([1, 2])),
    lambda t: t.masked.sum(t.ones(2), mask=t.ones(2, 2).bool()),
]


@pytest.mark.parametrize("call", SAME)
def test_edge_case(call: Call) -> None:
    assert_same(call)


@pytest.mark.parametrize("call", REFUSED)
def test_refused(call: Call) -> None:
    assert_raises_alike(call, words=False)


@pytest.mark.parametrize("k", [1, 3, 20, 150])
@pytest.mark.parametrize("largest", [True, False])
def test_topk_orders_equal_elements_as_torch_does(k: int, largest: bool) -> None:
    values = np.random.default_rng(3).integers(0, 9, (4, 400)).astype("float32")
    assert_same(lambda t: t.topk(t.from_numpy(values.copy()), k, 1, largest))


@pytest.mark.parametrize("name", ["mode", "kthvalue"])
def test_indices_of_equal_elements_are_torchs(name: str) -> None:
    values = np.random.default_rng(4).integers(0, 9, (50, 37))
    arguments = (11,) if name == "kthvalue" else ()
    assert_same(lambda t: getattr(t, name)(t.from_numpy(values.copy()), *arguments))


@pytest.mark.parametrize("dims", [None, 0, (0, 1)])
def test_long_sums_are_as_accurate_as_torchs(dims: Any) -> None:
    values = np.random.default_rng(5).random((200_000, 3)).astype("float32")
    exact = values.astype("float64").sum(axis=dims)
    ours = minitorch.from_numpy(values).sum(dims).numpy()
    theirs = torch.from_numpy(values).sum(dims).numpy()
    assert np.abs(ours - exact).max() <= 4 * np.abs(theirs - exact).max() + 1e-7 * exact.max()
    transposed = minitorch.from_numpy(np.asfortranarray(values)).sum(1).numpy()
    np.testing.assert_allclose(transposed, values.astype("float64").sum(1), rtol=1e-6)
