"""What @kernel adds to Numba: helpers in other files, intrinsics, plain Python for the debugger."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from minitorch._jit import fma, formula, gemm, in_kernels, kernel, prange

HELPER = """
from minitorch._jit import kernel

FACTOR = {factor}

@kernel
def scaled(x):
    return FACTOR * x
"""
CALLER = """
import sys
import numpy as np
from minitorch._jit import kernel
from helper import scaled

@kernel
def scale(out):
    for i in range(out.size):
        out[i] = scaled(out[i])

print("numba" in sys.modules, end=" ")
out = np.ones(2)
scale(out)
print(out[0])
"""


def run_caller(folder: Path) -> str:
    path = os.pathsep.join([str(folder), str(Path(__file__).parent.parent)])
    return subprocess.run(
        [sys.executable, "caller.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_a_change_in_another_file_is_compiled(tmp_path: Path) -> None:
    (tmp_path / "caller.py").write_text(CALLER)
    for factor in (2.0, 3.0):
        (tmp_path / "helper.py").write_text(HELPER.format(factor=factor))
        assert run_caller(tmp_path) == f"False {factor}"
        compiled = {path.name for path in (tmp_path / "cache").rglob("*.nbc")}
        assert run_caller(tmp_path) == f"False {factor}"
        assert {path.name for path in (tmp_path / "cache").rglob("*.nbc")} == compiled


TOO_FAR = """
import numpy as np
from minitorch._jit import kernel

@kernel
def last(out, x):
    out[0] = x[x.size]

last(np.ones(1), np.ones(2))
"""


def test_numbas_index_checks_reach_kernels(tmp_path: Path) -> None:
    """tests/boundscheck.py relies on it."""
    (tmp_path / "too_far.py").write_text(TOO_FAR)
    path = str(Path(__file__).parent.parent)
    for checks in ("0", "1"):
        cache = {"NUMBA_BOUNDSCHECK": checks, "NUMBA_CACHE_DIR": str(tmp_path / checks)}
        run = subprocess.run(
            [sys.executable, "too_far.py"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, **cache},
            capture_output=True,
            text=True,
            check=False,
        )
        assert run.returncode == int(checks)
        assert ("IndexError: index is out of bounds" in run.stderr) == (checks == "1")


@kernel
def _fma_of_rows(out, a, b, c):  # type: ignore[no-untyped-def]
    for i in range(out.size):
        out[i] = fma(a[i], b[i], c[i])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fma_rounds_once(dtype: type) -> None:
    small = dtype(np.finfo(dtype).eps) / 2
    a = np.array([1 + 2 * small, 1.5, np.inf, np.nan, 0.1], dtype)
    b = np.array([1 - 2 * small, 2, 0.5, 1, 10], dtype)
    c = np.array([-1, 0.25, 1, 1, -1], dtype)
    out = np.empty_like(a)
    _fma_of_rows(out, a, b, c)
    assert out[0] == -4 * small * small  # where a * b rounds to 1, and the sum to 0
    assert np.array_equal(out, [fma(*row) for row in zip(a, b, c, strict=True)], equal_nan=True)


def halved(x: str) -> str:
    return x[: len(x) // 2]


@in_kernels(halved)
@kernel
def halved_kernel(x: float) -> float:
    return x / 2


@formula
def mean(a: Any, b: Any) -> Any:
    return halved(a + b)


@kernel
def means(out: Any, a: Any, b: Any) -> None:
    for i in range(out.size):
        out[i] = mean(a[i], b[i])


def test_a_formula_is_plain_python_outside_of_kernels() -> None:
    assert mean("ab", "cd") == "ab"
    out = np.zeros(2)
    means(out, np.array([1.0, 2.0]), np.array([3.0, 8.0]))
    assert out.tolist() == [2.0, 5.0]


@kernel(parallel=True)
def _doubled(out: Any, a: Any) -> None:
    for i in prange(out.size):
        out[i] = 2 * a[i]


def test_the_sequential_form_is_compiled_at_its_first_call() -> None:
    out = np.zeros(2)
    for _ in range(2):
        _doubled.sequential(out, np.array([1.0, 2.0]))
        assert out.tolist() == [2.0, 4.0]
    assert _doubled.sequential is _doubled.compile()


@kernel
def _product(out: Any, a: Any, b: Any, transpose_a: bool, transpose_b: bool, add: bool) -> None:
    gemm(out[1:], a[:, 1:], b[1:], transpose_a, transpose_b, add)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "shape", [(2, 3, 4), (1, 3, 1), (3, 1, 2), (0, 2, 2), (2, 2, 0), (2, 0, 3)]
)
@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize("add", [False, True])
def test_gemm_in_a_kernel_multiplies_parts_of_arrays(
    dtype: type, shape: tuple[int, int, int], transpose_a: bool, transpose_b: bool, add: bool
) -> None:
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    a = rng.standard_normal((inner, rows + 1) if transpose_a else (rows, inner + 1)).astype(dtype)
    b = rng.standard_normal((columns + 1, inner) if transpose_b else (inner + 1, columns))
    b = b.astype(dtype)
    out = np.full((rows + 1, columns), 2, dtype)
    expected = out.copy()
    _product.function(expected, a, b, transpose_a, transpose_b, add)
    _product(out, a, b, transpose_a, transpose_b, add)
    np.testing.assert_allclose(out, expected, rtol=1.3e-6, atol=1e-5)
    assert (out[0] == 2).all()


def test_gemm_refuses_what_blas_does_not_multiply() -> None:
    operands = np.ones((3, 3), int), np.ones((3, 3), int), np.ones((4, 3), int)
    with pytest.raises(Exception, match="gemm needs matrices of float32 or of float64"):
        _product(*operands, False, False, False)
