"""Every pair of distributions that torch has a Kullback-Leibler divergence for."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

Make = Callable[[Any, Callable[[Any], Any]], Any]

_L = [[1.0, 0.0, 0.0], [0.3, 0.8, 0.0], [-0.2, 0.1, 1.2]]
_W = [[0.5, 0.1], [-0.3, 0.4], [0.2, 0.9]]

# ``make(d, t)`` builds a distribution from the module and a function that makes tensors; several of a
# family meet each other, so that finite and infinite divergences occur.
FAMILIES: dict[str, list[Make]] = {
    "Bernoulli": [
        lambda d, t: d.Bernoulli(t([0.2, 0.5, 1.0])),
        lambda d, t: d.Bernoulli(t([0.3, 0.0, 1.0])),
        lambda d, t: d.Bernoulli(logits=t([-0.3, 0.7, 2.0])),
    ],
    "Beta": [
        lambda d, t: d.Beta(t([0.5, 1.5, 3.0]), t([2.0, 0.7, 1.0])),
        lambda d, t: d.Beta(t([2.5, 1.0, 0.4]), t([1.1, 2.2, 3.3])),
    ],
    "Binomial": [lambda d, t: d.Binomial(6, t([0.2, 0.5, 0.9])), lambda d, t: d.Binomial(4, t([0.3, 0.6, 0.8]))],
    "Categorical": [
        lambda d, t: d.Categorical(t([[0.2, 0.3, 0.5], [0.5, 0.0, 0.5]])),
        lambda d, t: d.Categorical(t([0.4, 0.0, 0.6])),
        lambda d, t: d.Categorical(logits=t([0.1, -0.5, 2.0])),
    ],
    "Cauchy": [lambda d, t: d.Cauchy(t([0.0, 1.0, -2.0]), t(1.5)), lambda d, t: d.Cauchy(t([0.4, 1.0, 3.0]), t([0.5, 1.5, 2.0]))],
    "ContinuousBernoulli": [
        lambda d, t: d.ContinuousBernoulli(t([0.2, 0.5, 0.9])),
        lambda d, t: d.ContinuousBernoulli(logits=t([-1.0, 0.001, 2.0])),
    ],
    "Dirichlet": [lambda d, t: d.Dirichlet(t([[0.5, 1.0, 3.0], [2.0, 2.0, 1.0]])), lambda d, t: d.Dirichlet(t([1.5, 0.7, 2.0]))],
    "Exponential": [lambda d, t: d.Exponential(t([0.5, 1.0, 3.0])), lambda d, t: d.Exponential(t([2.0, 0.1, 0.4]))],
    "Gamma": [
        lambda d, t: d.Gamma(t([0.5, 1.0, 3.0]), t(2.0)),
        lambda d, t: d.Gamma(t([2.0, 0.3, 3.3]), t([0.5, 1.1, 0.9])),
    ],
    "Geometric": [lambda d, t: d.Geometric(t([0.2, 0.5, 0.9])), lambda d, t: d.Geometric(logits=t([-1.0, 0.2, 2.0]))],
    "Gumbel": [
        lambda d, t: d.Gumbel(t([0.0, 1.0, -2.0]), t(1.5)),
        lambda d, t: d.Gumbel(t([0.5, -1.0, 1.0]), t([0.6, 1.0, 2.0])),
    ],
    "HalfNormal": [lambda d, t: d.HalfNormal(t([0.5, 1.0, 3.0])), lambda d, t: d.HalfNormal(t([2.0, 0.4, 3.0]))],
    "Laplace": [lambda d, t: d.Laplace(t([0.0, 1.0, -2.0]), t(1.5)), lambda d, t: d.Laplace(t([0.5, 1.0, 2.0]), t([0.6, 1.0, 2.0]))],
    "LogNormal": [lambda d, t: d.LogNormal(t([0.0, 1.0]), t(1.5)), lambda d, t: d.LogNormal(t([0.5, 1.0]), t([0.6, 1.0]))],
    "LowRankMultivariateNormal": [
        lambda d, t: d.LowRankMultivariateNormal(t([[0.0, 1.0, 2.0], [1.0, 0.0, -1.0]]), t(_W), t([1.0, 0.5, 0.7])),
        lambda d, t: d.LowRankMultivariateNormal(t([0.3, 0.2, 0.1]), t(_W[::-1]), t([0.4, 1.5, 0.7])),
    ],
    "MultivariateNormal": [
        lambda d, t: d.MultivariateNormal(t([[0.0, 1.0, 2.0], [1.0, 0.0, -1.0]]), scale_tril=t(_L)),
        lambda d, t: d.MultivariateNormal(t([0.3, 0.2, 0.1]), covariance_matrix=t((np.array(_L) @ np.array(_L).T).tolist())),
    ],
    "Normal": [
        lambda d, t: d.Normal(t([0.0, 1.0, -2.0]), t(1.5)),
        lambda d, t: d.Normal(t([0.5, -1.0, 1.0]), t([0.6, 1.0, 2.0])),
    ],
    "OneHotCategorical": [lambda d, t: d.OneHotCategorical(t([0.2, 0.3, 0.5])), lambda d, t: d.OneHotCategorical(logits=t([0.2, 0.3, 0.5]))],
    "Pareto": [
        lambda d, t: d.Pareto(t([0.5, 1.0, 2.0]), t([0.9, 1.5, 3.0])),
        lambda d, t: d.Pareto(t([1.0, 0.1, 0.2]), t([2.5, 1.5, 1.0])),
    ],
    "Poisson": [lambda d, t: d.Poisson(t([0.5, 1.0, 3.0])), lambda d, t: d.Poisson(t([2.0, 4.0, 0.3]))],
    "Uniform": [
        lambda d, t: d.Uniform(t([0.1, 0.2, -1.0]), t([0.8, 0.9, 2.0])),
        lambda d, t: d.Uniform(t([-1.0, 0.3, -2.0]), t([1.5, 0.7, 0.5])),
        lambda d, t: d.Uniform(t([1.0, 1.5, 0.0]), t([1.5, 2.7, 1.0])),
    ],
}  # fmt: skip

FAMILIES["Independent"] = [
    lambda d, t, make=make: d.Independent(make(d, t), 1)
    for make in FAMILIES["Normal"] + FAMILIES["Gamma"]
]
FAMILIES["TransformedDistribution"] = [
    *FAMILIES["LogNormal"],
    lambda d, t: d.TransformedDistribution(d.Normal(t([0.0, 1.0]), t(1.0)), [d.ExpTransform(), d.AffineTransform(t(1.0), t([2.0, 3.0]))]),
    lambda d, t: d.TransformedDistribution(d.Normal(t([0.5, 2.0]), t(2.0)), [d.ExpTransform(), d.AffineTransform(t(1.0), t([2.0, 3.0]))]),
]  # fmt: skip

REGISTRY = torch.distributions.kl._KL_REGISTRY
PAIRS = sorted((p.__name__, q.__name__) for p, q in REGISTRY if p.__name__ != "ExponentialFamily")


def divergence(library: Any, p: Make, q: Make, kl: Any) -> Any:
    """KL(p ‖ q) in float64, and its gradient by all parameters; or the exception's type and words."""
    leaves: list[Any] = []

    def leaf(data: Any) -> Any:
        leaves.append(library.tensor(data, dtype=library.float64, requires_grad=True))
        return leaves[-1]

    try:
        result = kl(p(library.distributions, leaf), q(library.distributions, leaf))
    except Exception as error:
        return type(error).__name__, " ".join(str(error).split())
    if not result.requires_grad:
        return result
    weights = np.random.default_rng(3).standard_normal(tuple(result.shape))
    grads = library.autograd.grad(
        result, leaves, library.tensor(weights.tolist(), dtype=result.dtype), allow_unused=True
    )
    return result.contiguous(), [g if g is None else g.contiguous() for g in grads]


def test_the_same_pairs() -> None:
    ours = {(p.__name__, q.__name__) for p, q in minitorch.distributions.kl._KL_REGISTRY}
    assert ours == {(p.__name__, q.__name__) for p, q in REGISTRY}


@pytest.mark.parametrize(("p", "q"), PAIRS)
def test_kl_divergence(p: str, q: str) -> None:
    def call(library: Any) -> Any:
        kl = library.distributions.kl_divergence
        return [divergence(library, a, b, kl) for a in FAMILIES[p] for b in FAMILIES[q]]

    assert_same(call, exact=False)


@pytest.mark.parametrize(
    "name",
    [
        "Bernoulli",
        "ContinuousBernoulli",
        "Dirichlet",
        "Exponential",
        "Gamma",
        "Normal",
        "Poisson",
        "Beta",
    ],
)
def test_kl_of_an_exponential_family(name: str) -> None:
    """As a Bregman divergence, for families that have a formula of their own, too."""

    def call(library: Any) -> Any:
        family = library.distributions.ExponentialFamily
        kl = library.distributions.kl._KL_REGISTRY[family, family]
        p, q = FAMILIES[name][-1], FAMILIES[name][0]
        return divergence(library, p, p, kl), divergence(
            library, p, q, kl
        ) if name != "Bernoulli" else None

    assert_same(call, exact=False)


def test_kl_of_two_exponential_families() -> None:
    assert_raises_alike(
        lambda t: t.distributions.kl_divergence(
            t.distributions.Poisson(1.0), t.distributions.Normal(0.0, 1.0)
        ),
        words=False,
    )


def test_batches_broadcast() -> None:
    """Also where torch's masks do not."""

    def call(library: Any) -> Any:
        d, t = library.distributions, library.tensor
        return d.kl_divergence(
            d.Gamma(t([[1.0], [2.0]]), t(1.0)), d.Normal(t([0.0, 1.0, 2.0]), t(1.0))
        )

    assert_same(call, exact=False)
    d, t = minitorch.distributions, minitorch.tensor
    p, q = d.Uniform(t([0.1, -0.2, 0.3]), 1.0), d.Exponential(t([[2.0], [0.1]]))
    expected = [
        [
            d.kl_divergence(d.Uniform(low, 1.0), d.Exponential(rate)).item()
            for low in (0.1, -0.2, 0.3)
        ]
        for rate in (2.0, 0.1)
    ]
    torch.testing.assert_close(torch.tensor(d.kl_divergence(p, q).tolist()), torch.tensor(expected))


def test_kl_agrees_with_a_mean_over_samples() -> None:
    d = minitorch.distributions
    minitorch.manual_seed(0)
    p, q = d.Gamma(3.0, 2.0), d.Normal(1.0, 2.0)
    x = p.sample((100_000,))
    estimate = (p.log_prob(x) - q.log_prob(x)).mean()
    assert abs(d.kl_divergence(p, q).item() - estimate.item()) < 0.01


def own(library: Any) -> Any:
    """A distribution and a subclass of it."""
    d = library.distributions

    class P(d.Distribution):
        pass

    class Q(P):
        pass

    return P, Q


def test_register_kl() -> None:
    """The most specific pair wins; a tie warns and takes the left one; None are mixed up by the cache."""

    def call(library: Any) -> Any:
        d = library.distributions
        p, q = own(library)
        registry = d.kl._KL_REGISTRY
        before = dict(registry)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                d.register_kl(p, p)(lambda a, b: "pp")
                a, b = p((), validate_args=False), q((), validate_args=False)
                results = [d.kl_divergence(a, a), d.kl_divergence(b, b)]
                d.register_kl(q, p)(lambda a, b: "qp")
                d.register_kl(p, q)(lambda a, b: "pq")
                results += [d.kl_divergence(a, b), d.kl_divergence(b, a), d.kl_divergence(b, b)]
                d.register_kl(q, q)(lambda a, b: "qq")
                results += [d.kl_divergence(b, b)]
            finally:
                registry.clear()
                registry.update(before)
                d.kl._KL_MEMOIZE.clear()
        return results, [
            (type(w.message).__name__, str(w.message))
            for w in caught
            if w.category is RuntimeWarning
        ]

    assert_same(call)


def test_register_kl_of_no_distribution() -> None:
    with pytest.raises(TypeError, match="Expected type_q to be a Distribution subclass"):
        minitorch.distributions.register_kl(minitorch.distributions.Normal, 3)


def test_event_shapes_differ() -> None:
    def call(library: Any) -> Any:
        d, eye, zeros = library.distributions, library.eye, library.zeros
        return d.kl_divergence(
            d.MultivariateNormal(zeros(2), eye(2)), d.MultivariateNormal(zeros(3), eye(3))
        )

    assert_raises_alike(call, words=False)
