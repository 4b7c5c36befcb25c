"""Tuned pools beside the plain ones: rows of any length, NaN and infinite numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch
from minitorch.native.dispatch_stub import plain_kernels


@pytest.mark.parametrize("shape", [(3, 4, 4), (2, 7, 9), (5, 28, 28), (2, 65, 71), (0, 4, 4)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_max_pool_of_squares(shape: tuple[int, ...], dtype: Any) -> None:
    random = np.random.default_rng(0)
    array = random.integers(-3, 3, shape).astype(dtype)  # with many that are equal
    for value in (np.nan, -np.inf, np.inf):
        array[random.random(shape) < 0.05] = value
    images = minitorch.tensor(array[:, None])
    tuned = minitorch.nn.functional.max_pool2d(images, 2, return_indices=True)
    with plain_kernels():
        plain = minitorch.nn.functional.max_pool2d(images, 2, return_indices=True)
    for a, b in zip(tuned, plain, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())
