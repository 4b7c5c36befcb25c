"""How samples of gammas and Dirichlets move with their parameters, in every region of the formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same

every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


def both(function: str, arrays: list[Any], dtype: str) -> Callable[[Any], Any]:
    def call(library: Any) -> Any:
        tensors = [library.from_numpy(array.astype(dtype)) for array in arrays]
        return getattr(library, function)(*tensors)

    return call


@every_dtype
def test_standard_gamma_grad(dtype: str) -> None:
    alpha, ratio = np.meshgrid(np.geomspace(0.02, 300, 40), np.geomspace(1e-3, 8, 60))
    near = np.stack([alpha, alpha * np.linspace(0.85, 1.15, 60)[:, None]])
    for alphas, x in [
        (alpha, alpha * ratio),
        (near[0], near[1]),
        (alpha, np.full_like(alpha, 1e-30)),
    ]:
        assert_same(both("_standard_gamma_grad", [alphas, x], dtype), exact=False)


@every_dtype
def test_dirichlet_grad(dtype: str) -> None:
    """In float32, where one parameter is many times the other, there are only roundings to compare."""
    sizes = np.geomspace(0.05, 300, 20)
    alpha, beta, x = np.meshgrid(sizes, sizes, [1e-6, *np.linspace(0.02, 0.98, 25), 1 - 1e-6])
    alike = np.abs(np.log(alpha / beta)) < np.log(1e9 if dtype == "float64" else 50)
    arrays = [a[alike] for a in (x, alpha, alpha + beta)]
    assert_same(both("_dirichlet_grad", arrays, dtype), exact=False)
    mean = alpha / (alpha + beta)
    std = np.sqrt(mean * (1 - mean) / (alpha + beta + 1))
    large = (alpha > 6) & (beta > 6)
    near = mean + std * np.linspace(-0.3, 0.3, 27)  # where the saddle point's formula is 0 / 0
    assert_same(
        both("_dirichlet_grad", [near[large], alpha[large], (alpha + beta)[large]], dtype),
        exact=False,
    )


@every_dtype
def test_standard_gamma_grad_is_the_derivative_of_the_quantile(dtype: str) -> None:
    """By differences of SciPy's, which torch's formulas approximate to three digits and more."""
    from scipy.stats import gamma

    alpha, u = np.meshgrid(np.geomspace(0.1, 100, 20), np.linspace(0.05, 0.95, 10))
    step = 1e-5 * alpha
    slope = (gamma.ppf(u, alpha + step) - gamma.ppf(u, alpha - step)) / (2 * step)
    arrays = [minitorch.from_numpy(a.astype(dtype)) for a in (alpha, gamma.ppf(u, alpha))]
    np.testing.assert_allclose(minitorch._standard_gamma_grad(*arrays).numpy(), slope, rtol=5e-3)


@every_dtype
def test_dirichlet_grad_is_the_derivative_of_the_quantile(dtype: str) -> None:
    """By differences of SciPy's, which torch's fit in the middle approximates to two digits."""
    from scipy.stats import beta

    a, b, u = np.meshgrid(
        np.geomspace(0.2, 50, 8), np.geomspace(0.2, 50, 8), np.linspace(0.05, 0.95, 10)
    )
    step = 1e-5 * a
    x = beta.ppf(u, a, b)
    slope = (beta.ppf(u, a + step, b) - beta.ppf(u, a - step, b)) / (2 * step) / (1 - x)
    arrays = [minitorch.from_numpy(array.astype(dtype)) for array in (x, a, a + b)]
    np.testing.assert_allclose(minitorch._dirichlet_grad(*arrays).numpy(), slope, rtol=1e-2)


@every_dtype
@pytest.mark.parametrize("function", ["_standard_gamma", "_sample_dirichlet"])
def test_samples(function: str, dtype: str) -> None:
    def call(library: Any) -> Any:
        library.manual_seed(4)
        alpha = np.exp(2 * np.random.default_rng(0).standard_normal((30, 20))).astype(dtype)
        alpha[0, :2] = 0
        sample = getattr(library, function)
        transposed = library.from_numpy(alpha).t()
        return sample(library.from_numpy(alpha)), sample(transposed), library.get_rng_state()

    # The sum of a Dirichlet's gammas is float64, and rounds as its terms are ordered.
    assert_same(call, exact=dtype == "float32" or function == "_standard_gamma")


@pytest.mark.parametrize("function", ["_standard_gamma", "_sample_dirichlet"])
def test_samples_of_edge_cases(function: str) -> None:
    """No elements, a single one, zeros (which give the smallest numbers, never 0), and another generator."""

    def call(library: Any) -> Any:
        sample = getattr(library, function)
        generator = library.Generator().manual_seed(3)
        inputs = [library.empty(0), library.zeros(2, 0), library.tensor(2.0), library.zeros(2)]
        return (
            [sample(x) for x in inputs[:2]],
            sample(inputs[3]),
            sample(library.ones(4), generator=generator),
        )

    assert_same(call)


def test_nodes() -> None:
    def call(library: Any) -> Any:
        alpha = library.ones(3, requires_grad=True)
        sample = library._standard_gamma(alpha)
        grad = library._standard_gamma_grad(alpha, sample)
        others = library._sample_dirichlet(alpha), library._dirichlet_grad(alpha, alpha, alpha + 1)
        return [t.grad_fn.name().removeprefix("torch::autograd::") for t in (sample, grad, *others)]

    assert_same(call)


REFUSED: dict[str, Callable[[Any], Any]] = {
    **{
        f"{name} of {dtype}": (lambda t, name=name, dtype=dtype: getattr(t, name)(t.ones(2, dtype=getattr(t, dtype))))
        for name in ("_standard_gamma", "_sample_dirichlet")
        for dtype in ("int64", "float16", "bfloat16")
    },
    "gamma grad of int64": lambda t: t._standard_gamma_grad(t.ones(2, dtype=t.int64), t.ones(2, dtype=t.int64)),
    "dirichlet grad of float16": lambda t: t._dirichlet_grad(*[t.ones(2, dtype=t.float16)] * 3),
    "two dtypes": lambda t: t._standard_gamma_grad(t.ones(2), t.ones(2, dtype=t.float64)),
    "another dtype": lambda t: t._dirichlet_grad(t.ones(2), t.ones(2), t.ones(2, dtype=t.float64)),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    assert_raises_alike(REFUSED[name])


def twice(library: Any, draw: Callable[[Any, Any], Any]) -> Any:
    alpha = library.tensor([1.0, 2.0], requires_grad=True)
    (grad,) = library.autograd.grad(draw(library, alpha)[0], alpha, create_graph=True)
    return library.autograd.grad(grad.sum(), alpha)


def test_no_second_derivatives() -> None:
    assert_raises_alike(lambda t: twice(t, lambda t, alpha: t._standard_gamma(alpha)))
    assert_raises_alike(
        lambda t: twice(t, lambda t, alpha: t.distributions.Dirichlet(alpha).rsample())
    )
    assert_raises_alike(
        lambda t: t._sample_dirichlet(t.ones(2, requires_grad=True)).sum().backward()
    )


def test_chi2_moves_with_its_degrees_of_freedom() -> None:
    """E[x] = df, so the mean of the gradients is 1."""
    minitorch.manual_seed(0)
    df = minitorch.tensor(5.0, requires_grad=True)
    minitorch.distributions.Chi2(df).rsample((50_000,)).mean().backward()
    assert abs(df.grad.item() - 1.0) < 0.01
