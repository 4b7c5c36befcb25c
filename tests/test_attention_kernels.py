"""The kernels of attention, the plain and the tuned one: every layout, mask and dropout."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.native.dispatch_stub import plain_kernels
from tests.parity import assert_same

RNG = np.random.default_rng(0)
# N, H, L, S, E: more queries than one block has, fewer or more keys than queries, odd widths.
SHAPES = [(2, 2, 5, 7, 3), (1, 2, 70, 65, 16), (2, 1, 33, 40, 8), (1, 1, 1, 1, 1)]


def draw(*shape: int) -> Any:
    return RNG.standard_normal(shape).astype("float32")


def as_is(array: Any) -> Any:
    return array


def by_place(array: Any) -> Any:
    """The same numbers, (N, length, H, width) in memory: what a projection gives."""
    return np.ascontiguousarray(array.swapaxes(1, 2)).swapaxes(1, 2)


def column_by_column(array: Any) -> Any:
    return np.asfortranarray(array)


def attend(t: Any, arrays: Any, mask: Any, layout: Any, **options: Any) -> Any:
    """The output, and the gradients of query, key and value, as arrays."""
    t.manual_seed(0)
    query, key, value, grad = (t.from_numpy(layout(array)) for array in arrays)
    leaves = [x.requires_grad_() for x in (query, key, value)]
    mask = None if mask is None else t.from_numpy(mask)
    out = t.nn.functional.scaled_dot_product_attention(*leaves, mask, **options)
    out.backward(grad)
    return [x.detach().numpy() for x in (out, *[x.grad for x in leaves])]


def assert_close(ours: Any, theirs: Any) -> None:
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(torch.from_numpy(one), torch.from_numpy(other))


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(count)
    try:
        yield
    finally:
        minitorch.set_num_threads(before)


MASKS = {
    "none": lambda length, seen: None,
    "bool": lambda length, seen: RNG.random((length, seen)) > 0.3,
    "nothing seen": lambda length, seen: np.arange(length)[:, None] > np.zeros((1, seen)),
    "bias of keys": lambda length, seen: draw(1, 1, 1, seen),
    "bias of queries": lambda length, seen: draw(length, 1),
    "-inf": lambda length, seen: np.where(RNG.random((length, seen)) > 0.5, -np.inf, 0.5).astype(
        "float32"
    ),
}


@pytest.mark.parametrize("layout", [as_is, by_place, column_by_column])
@pytest.mark.parametrize("dropout_p", [0.0, 0.3])
@pytest.mark.parametrize("mask", [*MASKS, "causal"])
@pytest.mark.parametrize("kernels", ["tuned", "plain"])
def test_all_masks(kernels: str, mask: str, dropout_p: float, layout: Any) -> None:
    for batch, heads, length, seen, width in SHAPES:
        query, grad = draw(2, batch, heads, length, width)
        key, value = draw(2, batch, heads, seen, width)
        made = None if mask == "causal" else MASKS[mask](length, seen)
        arrays = query, key, value, grad
        options = {"dropout_p": dropout_p, "is_causal": mask == "causal"}
        with plain_kernels() if kernels == "plain" else contextlib.nullcontext():
            ours = attend(minitorch, arrays, made, layout, **options)
        assert_close(ours, attend(torch, arrays, made, layout, **options))


def test_threads_agree() -> None:
    arrays = draw(4, 4, 4, 64, 16)
    results = []
    for count in (1, 2):
        with threads(count):
            results.append(attend(minitorch, arrays, None, by_place, is_causal=True))
    for one, two in zip(*results, strict=True):
        assert (one == two).all()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity(number: float) -> None:
    arrays = draw(4, 1, 2, 6, 4)
    arrays[1, 0, 1, 3] = number
    ours, theirs = (attend(t, arrays, None, as_is) for t in (minitorch, torch))
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.isfinite(one), np.isfinite(other))


def test_second_derivative_with_dropout_and_a_causal_mask() -> None:
    def gradients(t: Any) -> Any:
        t.manual_seed(0)
        x = t.from_numpy(arrays[0]).requires_grad_()
        attention = t.nn.functional.scaled_dot_product_attention
        out = attention(x, x, x, dropout_p=0.4, is_causal=True)
        (first,) = t.autograd.grad(out, x, t.from_numpy(arrays[1]), create_graph=True)
        (second,) = t.autograd.grad(first, x, t.from_numpy(arrays[2]))
        return first.detach().numpy(), second.numpy()

    arrays = draw(3, 2, 2, 5, 4)
    assert_close(gradients(minitorch), gradients(torch))


def test_layout_of_the_output() -> None:
    """On it depends in which order a dropout draws afterwards."""

    def strides(t: Any) -> Any:
        attention = t.nn.functional.scaled_dot_product_attention
        arrays = [draw(2, 3, 5, 4) for _ in range(3)]
        given = [[t.from_numpy(layout(x)) for x in arrays] for layout in (as_is, by_place)]
        t.manual_seed(0)
        return [attention(*qkv, dropout_p=p).stride() for qkv in given for p in (0.0, 0.5)]

    assert_same(strides)
