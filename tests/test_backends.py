"""Threads and process-wide settings: they change the time, never the numbers."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

import minitorch
from minitorch import _aligned_memory
from minitorch.backends import cpu
from minitorch.native.cpu.products import MULTIPLICATIONS_PER_THREAD
from minitorch.native.cpu_blas import gemm
from minitorch.native.dispatch_stub import plain_kernels


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = minitorch.get_num_threads()
    yield
    minitorch.set_num_threads(before)


def test_set_num_threads() -> None:
    minitorch.set_num_threads(3)
    assert minitorch.get_num_threads() == 3
    with pytest.raises(RuntimeError, match="set_num_threads expects a positive integer"):
        minitorch.set_num_threads(0)
    assert minitorch.get_num_threads() == 3


SIDE = round((3 * MULTIPLICATIONS_PER_THREAD) ** (1 / 3)) + 3  # large enough to be split


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((SIDE, SIDE), (SIDE, SIDE)),
        ((2, SIDE * 9), (SIDE * 9, SIDE * SIDE // 9)),
        ((SIDE * SIDE // 9, SIDE * 9), (SIDE * 9, 2)),
        ((9, SIDE // 2, SIDE // 2), (9, SIDE // 2, SIDE)),
        ((2, SIDE, SIDE), (2, SIDE, SIDE)),
        ((17, SIDE**2), (SIDE**2, 15)),
        ((SIDE**2, 1), (1, SIDE)),
    ],
    ids=["square", "wide", "tall", "batch", "two", "inner", "outer"],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("transposed", ["", "a", "b", "ab"])
@pytest.mark.parametrize("threads", [2, 3])
def test_a_split_product_equals_torchs(
    left: tuple[int, ...], right: tuple[int, ...], dtype: str, transposed: str, threads: int
) -> None:
    minitorch.set_num_threads(threads)
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(s).astype(dtype) for s in (left, right))
    if "a" in transposed:
        a = np.ascontiguousarray(np.swapaxes(a, -1, -2)).swapaxes(-1, -2)
    if "b" in transposed:
        b = np.ascontiguousarray(np.swapaxes(b, -1, -2)).swapaxes(-1, -2)
    expected = torch.matmul(torch.from_numpy(a), torch.from_numpy(b))
    # Sums of thousands of products: each library adds in its own order.
    atol = 2e-3 if dtype == "float32" else 1e-7
    torch.testing.assert_close(torch.from_numpy(gemm(a, b)), expected, rtol=1e-5, atol=atol)
    with plain_kernels():
        torch.testing.assert_close(torch.from_numpy(gemm(a, b)), expected, rtol=1e-5, atol=atol)


def test_two_python_threads_may_multiply_at_once() -> None:
    minitorch.set_num_threads(2)
    rng = np.random.default_rng(0)
    factors = rng.standard_normal((4, SIDE, SIDE))
    expected = factors @ factors

    def multiply(i: int) -> list[bool]:
        products = [gemm(factors[i], factors[i]) for _ in range(50)]
        return [np.allclose(product, expected[i], rtol=1e-10) for product in products]

    with ThreadPoolExecutor(4) as pool:
        assert all(itertools.chain.from_iterable(pool.map(multiply, range(4))))


SCIPYS_OWN_BLAS = """
import minitorch, numpy
minitorch.set_num_threads(2)
side = minitorch.ones(300, 300)
print((side @ side).sum().item())
from scipy.linalg import lstsq
print(lstsq(numpy.eye(600, 2, dtype="f"), numpy.ones(600, "f"), lapack_driver="gelsy")[0])
"""


def test_kernels_leave_scipys_blas_alone() -> None:
    """It has functions in common with NumPy's, of other integers."""
    run = subprocess.run(
        [sys.executable, "-c", SCIPYS_OWN_BLAS], capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr) == ("27000000.0\n[1. 1.]\n", "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
def test_a_forked_child_computes_alone() -> None:
    """OpenMP's threads stay with the parent: a child that asked for them would be ended."""
    minitorch.set_num_threads(2)
    a = np.random.default_rng(0).standard_normal((SIDE, SIDE))
    product = gemm(a, a)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.allclose(gemm(a, a), product, rtol=1e-10) else 1)
    assert os.waitpid(child, 0)[1] == 0


TRAINING = """
import minitorch as torch
torch.set_num_threads({threads})
torch.manual_seed(0)
nn = torch.nn
model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
                      nn.Flatten(), nn.Dropout(0.1), nn.Linear(8 * 13 * 13, 10))
optimizer = torch.optim.Adam(model.parameters())
x, y = torch.randn(64, 1, 28, 28), torch.randint(10, (64,))
for _ in range(3):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    print(loss.item())
print(torch.__config__.show())
"""


def training(threads: int, **environment: str) -> tuple[list[float], str]:
    result = subprocess.run(
        [sys.executable, "-c", TRAINING.format(threads=threads)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    lines = result.stdout.splitlines()
    return [float(line) for line in lines[:3]], "\n".join(lines[3:])


def test_settings_change_no_numbers() -> None:
    tuned, shown = training(2)
    plain, plain_shown = training(1, MINITORCH_CPU_TUNING="0")
    # Threads add in another order: the bound that compare holds two libraries to.
    np.testing.assert_allclose(tuned, plain, rtol=1e-5)
    assert "MINITORCH_CPU_TUNING: on" in shown and "threads: 2" in shown
    assert "MINITORCH_CPU_TUNING: off" in plain_shown and "threads: 1" in plain_shown


# --------------------------------------------------------------------------- NumPy's warnings

WITHOUT_WARNING = {
    "divide": "(x / 0).sum()",
    "log": "(-x).log().sum()",
    "log of zero": "(x * 0).log()",
    "overflow": "x.exp().mul(1e38).sum()",
    "inf - inf": "(x.exp() - x.exp()).mean()",
    "sum": "x.mul(1e38).sum(0)",
    "product": "x.mul(1e38).prod(0)",
    "power": "(-x) ** 0.5",
    "mean": "x[:0].mean()",
    "var": "x.mul(1e38).var()",
    "std": "x.mul(math.inf).std()",
    "softmax": "torch.full((2, 3), -math.inf).softmax(0) * x.sum()",
    "half": "x.half().mul(1000).sum()",
    "to int": "x.mul(math.nan).int()",
    "remainder": "torch.tensor([1, 2]) % torch.tensor([2, 3]) + x[:2] % 0",
    "cumsum": "x.mul(1e38).cumsum(0)",
    "norm": "x.mul(1e38).norm()",
    "matmul": "x.mul(1e38) @ x",
    "batch_norm": "torch.nn.functional.batch_norm(x.reshape(-1, 1) * math.inf, None, None, None, "
    "None, True)",
    "cross entropy": "torch.nn.functional.cross_entropy(x[None] * math.inf, torch.tensor([1]))",
    "in place": "torch.ones(3).div_(0).sub_(math.inf)",
}
PROGRAM = """
x = torch.tensor([1.0, 50.0, 100.0], requires_grad=True)
y = {expression}
if y.requires_grad:
    y.backward(torch.ones_like(y))
"""


@pytest.mark.parametrize("library", ["minitorch", "torch"])
def test_no_warning_of_numpy_reaches_the_user(library: str) -> None:
    """Not even where warnings are errors."""
    programs = [PROGRAM.format(expression=expression) for expression in WITHOUT_WARNING.values()]
    program = f"import math\nimport {library} as torch\n" + "\n".join(programs)
    if library == "torch":  # importing it may warn
        program = program.replace(
            "as torch\n", "as torch, warnings\nwarnings.simplefilter('error')\n"
        )
    flags = ["-W", "error"] if library == "minitorch" else []
    command = [sys.executable, *flags, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""


def test_arrays_begin_with_a_line_of_the_cache_in_all_threads() -> None:
    minitorch.ones(3).relu()  # a kernel
    assert (cpu.MEMORY_KEPT and cpu.TUNED_KERNELS) == cpu.ARRAYS_ALIGNED

    def allocate(bytes: int) -> list[np.ndarray]:
        return [np.empty(bytes + 16 * i, np.uint8) for i in range(9)]

    sizes = [1, 1000, _aligned_memory.LEAST, 100_000, 5 << 20]
    with ThreadPoolExecutor(2) as pool:
        arrays = list(itertools.chain(*map(allocate, sizes), *pool.map(allocate, sizes)))
    places = [a.ctypes.data % _aligned_memory.LINE for a in arrays if a.size >= 4096]
    assert not (cpu.ARRAYS_ALIGNED and any(places))


def test_aligned_arrays_can_grow() -> None:
    minitorch.ones(3).relu()
    array = np.arange(10_000)
    for size in (100, 2_000_000, 10_000):
        array.resize(size, refcheck=False)
        assert array[:100].tolist() == list(range(100))
    assert not array[100:].any()
