"""The matrix products of kernels: tiles and their edges, every layout, one thread and many."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch.native.cpu.matrix_products import COLUMNS, INNER, multiply, multiply_and_add
from minitorch.native.cpu.transposes import transpose
from minitorch.native.cpu_blas import gemm, gemv, ger
from minitorch.native.dispatch_stub import plain_kernels

RNG = np.random.default_rng(0)


def draw(*shape: int, dtype: str = "float32") -> Any:
    """Numbers whose products stay near 1 in sums over the last dimension."""
    return (RNG.standard_normal(shape) / shape[-1] ** 0.5).astype(dtype)


def assert_close(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(torch.from_numpy(ours), torch.as_tensor(theirs))


def in_a_frame(array: Any) -> Any:
    """The same matrix inside a larger one of NaN, which no kernel may read or write."""
    frame = np.full((array.shape[0] + 2, array.shape[1] + 40), np.nan, array.dtype)
    inside = frame[1:-1, 3 : 3 + array.shape[1]]
    inside[...] = array
    return inside


@contextlib.contextmanager
def threads(count: int) -> Iterator[None]:
    before = minitorch.get_num_threads()
    minitorch.set_num_threads(count)
    try:
        yield
    finally:
        minitorch.set_num_threads(before)


# Rows, inner dimension, columns: those that BLAS multiplies, and tiles that end in every way.
SIZES = [
    (0, 3, 4),
    (3, 0, 4),
    (3, 4, 0),
    (1, 1, 1),
    (5, 300, 7),
    (64, 300, 96),
    (65, INNER + 1, 97),
    (71, 2 * INNER + 3, 49),
    (130, 120, 113),
    (8, 130, COLUMNS + 17),
    (77, 31, COLUMNS + 33),
    (20, 90, 33),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("transposed", ["", "a", "b", "ab"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_multiply(size: tuple[int, int, int], transposed: str, dtype: str) -> None:
    rows, inner, columns = size
    a, b = draw(rows, inner, dtype=dtype), draw(inner, columns, dtype=dtype)
    flags = "a" in transposed, "b" in transposed
    left = in_a_frame(a.T if flags[0] else a)
    right = in_a_frame(b.T if flags[1] else b)
    out = in_a_frame(draw(rows, columns, dtype=dtype))
    expected = torch.from_numpy(a) @ torch.from_numpy(b)
    multiply(out, left, right, *flags, False)
    assert_close(out, expected)
    multiply(out, left, right, *flags, True)
    assert_close(out, 2 * expected)
    for added in draw(1, columns, dtype=dtype), draw(rows, columns, dtype=dtype):
        multiply_and_add(out, left, right, *flags, added)
        assert_close(out, expected + torch.from_numpy(added))
    assert np.isnan(out.base).sum() == out.base.size - out.size


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_stay_in_their_row_and_column(number: float) -> None:
    a, b = draw(70, 150), draw(150, 150)
    a[3, 5], b[7, 100] = number, number
    out = np.empty((70, 150), np.float32)
    multiply(out, a, b, False, False, False)
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(np.isfinite(out), np.isfinite(a @ b))


@pytest.mark.parametrize("size", [(1, 1, 1), (16, 16, 16), (17, 5, 32), (3, 40, 3)], ids=str)
def test_transpose(size: tuple[int, int, int]) -> None:
    rows, columns, kept = size
    matrix = in_a_frame(draw(rows, columns))
    out = in_a_frame(np.ones((columns, kept), np.float32))
    transpose(
        out.ctypes.data,
        out.strides[0],
        matrix.ctypes.data,
        matrix.strides[0],
        rows,
        columns,
        kept,
    )
    expected = np.zeros((columns, kept), np.float32)
    expected[:, :rows] = matrix.T
    np.testing.assert_array_equal(out, expected)
    assert np.isnan(out.base).sum() == out.base.size - out.size


def as_is(array: Any) -> Any:
    return array


def transposed(array: Any) -> Any:
    """The same numbers, columns first in memory."""
    return np.ascontiguousarray(array.swapaxes(-1, -2)).swapaxes(-1, -2)


def every_second(array: Any) -> Any:
    return np.repeat(array, 2, -1)[..., ::2]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("layout", [as_is, transposed, every_second])
@pytest.mark.parametrize("batch", [(), (3,), (2, 4), (1, 1)], ids=str)
def test_products_of_batches(batch: tuple[int, ...], layout: Any, count: int) -> None:
    for rows, inner, columns in [(40, 50, 70), (6, 700, 300), (130, 129, 131)]:
        a, b = layout(draw(*batch, rows, inner)), layout(draw(*batch, inner, columns))
        expected = torch.from_numpy(a) @ torch.from_numpy(b)
        row = every_second(draw(columns))
        with threads(count):
            assert_close(gemm(a, b), expected)
            if not batch:
                assert_close(gemm(a, b, row), expected + torch.from_numpy(row))
        with plain_kernels():
            assert_close(gemm(a, b), expected)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("layout", [as_is, transposed, every_second])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_with_vectors(dtype: str, layout: Any, count: int) -> None:
    for shape in [(3, 4), (700, 600), (5, 60_000), (60_000, 5), (0, 3), (3, 0)]:
        matrix = layout(draw(*shape, dtype=dtype))
        vector, column = draw(shape[1], dtype=dtype), draw(max(shape[0], 1), dtype=dtype)
        column = column[: shape[0]]
        outer = torch.outer(torch.from_numpy(column), torch.from_numpy(vector))
        with threads(count):
            assert_close(gemv(matrix, vector), torch.from_numpy(matrix) @ torch.from_numpy(vector))
            assert_close(ger(column, vector), outer)
            assert_close(ger(every_second(column), vector), outer)


ON_ANOTHER_PROCESSOR = """
import numpy as np, minitorch as torch
from minitorch.native.cpu.vector_instructions import LANES
from minitorch.native.dispatch_stub import plain_kernels

def run():
    torch.manual_seed(0)
    images = torch.randn(2, 3, 12, 13, requires_grad=True)
    layers = [
        torch.nn.Conv2d(3, 20, 3, padding=1), torch.nn.Conv2d(20, 17, 3, padding=1),
        torch.nn.Conv2d(17, 5, 5, stride=2),
    ]
    x = images
    for layer in layers:
        x = layer(x)
    parameters = [p for layer in layers for p in layer.parameters()]
    lstm, linear = torch.nn.LSTM(20, 32), torch.nn.Linear(32, 200)
    sequence = torch.randn(20, 9, 20, requires_grad=True)
    y = linear(lstm(sequence)[0])
    parameters += [*lstm.parameters(), *linear.parameters()]
    loss = x.square().mean() + y.square().mean()
    loss.backward()
    return [p.grad.numpy() for p in (images, sequence, *parameters)]

tuned = run()
with plain_kernels():
    plain = run()
print(LANES, [bool(np.allclose(a, b, 1e-4, 1e-6)) for a, b in zip(tuned, plain)].count(False))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "uname") or os.uname().machine != "x86_64", reason="of x86")
def test_on_a_processor_with_vectors_of_eight_lanes() -> None:
    """Numba compiles for a processor with AVX2 alone, which all with AVX-512 can pretend to be."""
    features = "+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2"
    environment = {
        **os.environ,
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": features,
    }
    run = subprocess.run(
        [sys.executable, "-c", ON_ANOTHER_PROCESSOR],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert (run.stdout, run.stderr) == ("8 0\n", "")
