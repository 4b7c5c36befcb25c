"""The kernels of small linear layers compute what the plain ones compute."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch.backends import cpu
from minitorch.native.dispatch_stub import plain_kernels
from minitorch.nn import functional

pytestmark = pytest.mark.skipif(not cpu.TUNED_KERNELS, reason="tuned kernels are switched off")

SIZES = [(0, 3, 2), (1, 1, 1), (5, 3, 0), (7, 5, 1), (33, 64, 65), (257, 3, 4), (128, 120, 70)]
"""Rows, features that come in, and features that go out."""


def outcome(arrays: list[Any], trained: tuple[bool, ...]) -> list[Any]:
    """The output, and the gradients of input, weight and bias."""
    pairs = zip(arrays, trained, strict=True)
    operands = [minitorch.from_numpy(a).requires_grad_(wanted) for a, wanted in pairs]
    out = functional.linear(*operands)
    weights = minitorch.from_numpy(np.linspace(-1, 1, out.numel()).astype(arrays[0].dtype))
    if out.requires_grad:
        (out * weights.reshape(out.shape)).sum().backward()
    gradients = [None if x.grad is None else x.grad.numpy() for x in operands]
    return [out.detach().numpy(), *gradients]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_as_the_plain_kernels(sizes: tuple[int, int, int], dtype: str) -> None:
    rows, inner, columns = sizes
    random = np.random.default_rng(0)
    shapes = (rows, inner), (columns, inner), (columns,)
    arrays = [random.standard_normal(shape).astype(dtype) for shape in shapes]
    strided = [*map(np.asfortranarray, arrays[:2]), np.repeat(arrays[2], 2)[::2]]
    for operands in (arrays, strided):
        for trained in itertools.product([False, True], repeat=3):
            found = outcome(operands, trained)
            with plain_kernels():
                expected = outcome(operands, trained)
            for a, b in zip(found, expected, strict=True):
                if a is None or b is None:
                    assert a is b
                else:
                    rtol, atol = (1.3e-6, 1e-5) if dtype == "float32" else (1e-7, 1e-7)
                    np.testing.assert_allclose(a, b, rtol, atol)


def test_nan_stays_in_its_row() -> None:
    x = minitorch.ones(4, 8)
    x[2, 3] = float("nan")
    layer = minitorch.nn.Linear(8, 5)
    assert layer(x).isnan().sum(1).tolist() == [0, 0, 5, 0]
