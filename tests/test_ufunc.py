"""Formulas that become ufuncs: any layout, any dtype, any number of threads, tensors too."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

import minitorch
from minitorch.native import activation_kernels, binary_ops, exponential
from minitorch.native.tensor_iterator import LARGE
from tests.parity import assert_same_values

SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 1.4e-45, 3e38, 1e-38]
NEAR_ONE = [0.99999994, 1.0000001, 0.70710677, 0.7071068, 1.4142135, 1.4142136, 88.7, 89.0, -103.5]


def numbers(dtype: type) -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal(5000) * 3
    with np.errstate(over="ignore"):
        return np.concatenate([SPECIAL, NEAR_ONE, drawn]).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
@pytest.mark.parametrize("name", ["exp", "log", "sqrt", "square", "sigmoid", "tanh", "relu", "erf"])
def test_special_values_and_their_gradients_are_torchs(name: str, dtype: type) -> None:
    array = numbers(dtype)
    ours = minitorch.tensor(array, requires_grad=True)
    theirs = torch.tensor(array, requires_grad=True)
    out, expected = getattr(ours, name)(), getattr(theirs, name)()
    assert_same_values(out, expected, exact=False)
    out.sum().backward()
    expected.sum().backward()
    assert_same_values(ours.grad, theirs.grad, exact=False)


def test_logarithms_are_right_to_the_last_digit() -> None:
    rng = np.random.default_rng(0)
    x = np.exp(np.concatenate([rng.standard_normal(200_000), rng.uniform(-103, 88, 200_000)]))
    x = x.astype(np.float32)
    exact = np.log(x.astype(np.float64))
    error = np.abs(exponential.log_kernel(x) - exact) / np.spacing(np.abs(exact).astype("f"))
    assert error.max() < 1.5  # units in the last place


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_and_layouts_change_no_bit(dtype: type) -> None:
    x = np.random.default_rng(0).standard_normal((LARGE // 256 + 3, 257)).astype(dtype)
    threads = minitorch.get_num_threads()
    try:
        minitorch.set_num_threads(1)
        expected = activation_kernels.gelu_kernel(x)
        minitorch.set_num_threads(3)
        assert (activation_kernels.gelu_kernel(x) == expected).all()
        assert (activation_kernels.gelu_kernel(x.T) == expected.T).all()
        assert (activation_kernels.gelu_kernel(x[::2, ::-1]) == expected[::2, ::-1]).all()
    finally:
        minitorch.set_num_threads(threads)


def test_a_formula_is_refused_what_torch_has_no_kernel_for() -> None:
    with pytest.raises(NotImplementedError, match="\"silu_cpu\" not implemented for 'Long'"):
        activation_kernels.silu_kernel(np.arange(3))


def test_arithmetic_runs_as_it_stands_where_it_is_not_compiled() -> None:
    kernel = binary_ops.div_backward_kernel
    grad, a, b = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32)
    expected = -grad * a / b / b
    for arrays in ((grad, a, b), (grad, a[:1], b), (grad + 0j, a, b)):
        wanted = -arrays[0] * arrays[1] / arrays[2] / arrays[2]
        np.testing.assert_allclose(kernel.on_anything(*arrays), wanted, rtol=1.3e-6)
    tensors = [minitorch.tensor(x) for x in (grad, a, b)]
    np.testing.assert_allclose(kernel.on_anything(*tensors).numpy(), expected, rtol=1.3e-6)


PROGRAM = """
import minitorch
x = minitorch.linspace(-3, 3, 7, requires_grad=True)
minitorch.nn.functional.gelu(x).sum().backward()
print(x.grad.tolist())
"""


def test_formulas_run_in_a_debugger() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NUMBA_DISABLE_JIT": flag},
        )
        for flag in ("0", "1")
    ]
    compiled, plain = [np.array(eval(run.stdout)) for run in runs]
    np.testing.assert_allclose(plain, compiled, rtol=1.3e-6, atol=1e-6)
