"""One row for each distribution: parameters, how it is built, values to score, what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Build = Callable[[Any, Any], Any]


class Row(NamedTuple):
    """``build(d, p)`` makes the distribution from the module ``d`` and the tensors ``p``.

    Attributes:
        bits: why samples are equal within the tolerances only; None: they are bit for bit.
        refused: parameters that lie outside their constraints, one tuple of changes each.
        bad_values: values that lie outside the support.
    """

    name: str
    build: Build
    params: dict[str, Any]
    values: Any
    refused: tuple[dict[str, Any], ...] = ()
    bad_values: tuple[Any, ...] = ()
    bits: str | None = None


class Params:
    """The parameters as attributes, tensors of one library."""

    def __init__(self, library: Any, arrays: dict[str, Any], dtype: str, grad: bool) -> None:
        self.tensors = []
        for name, array in arrays.items():
            tensor = library.tensor(
                np.asarray(array, dtype).tolist(), dtype=getattr(library, dtype)
            )
            if grad:
                tensor.requires_grad_()
            self.tensors.append(tensor)
            setattr(self, name, tensor)


_rng = np.random.default_rng(7)


def _normal(*shape: int) -> Any:
    return _rng.standard_normal(shape).round(3)


def _positive(*shape: int, low: float = 0.3, high: float = 3.0) -> Any:
    return _rng.uniform(low, high, shape).round(3)


def _unit(*shape: int, margin: float = 0.05) -> Any:
    return _rng.uniform(margin, 1 - margin, shape).round(3)


def _counts(*shape: int, high: int = 6) -> Any:
    return _rng.integers(0, high, shape)


def _categories(*shape: int) -> Any:
    weights = _rng.uniform(0.2, 1.0, shape)
    return weights / weights.sum(-1, keepdims=True)


def _one_hot(*shape: int) -> Any:
    return np.eye(shape[-1])[_rng.integers(0, shape[-1], shape[:-1])]


def _covariance(*shape: int) -> Any:
    factor = _rng.standard_normal((*shape, shape[-1])) / 2
    return factor @ factor.swapaxes(-1, -2) + np.eye(shape[-1])


def _factor(*shape: int) -> Any:
    return np.linalg.cholesky(_covariance(*shape))


def _correlation_factor(*shape: int) -> Any:
    factor = _factor(*shape)
    return factor / np.linalg.norm(factor, axis=-1, keepdims=True)


_LOG = "log, exp and pow of the two libraries differ in the last bit"
_PRODUCT = "BLAS and MKL add the terms of a product in different orders"

ROWS = [
    Row(
        "Bernoulli", lambda d, p: d.Bernoulli(p.probs), {"probs": _unit(2, 3)}, _counts(4, 2, 3, high=2),
        refused=({"probs": [0.2, 1.1]}, {"probs": [np.nan]}), bad_values=([0.5], [2.0]),
    ),
    Row("Bernoulli logits", lambda d, p: d.Bernoulli(logits=p.logits), {"logits": _normal(3)}, _counts(3, high=2),
        refused=({"logits": [np.nan, 0]},)),
    Row("Bernoulli half", lambda d, p: d.Bernoulli(p.probs), {"probs": [0.0, 0.5, 1.0]}, [0, 1, 1]),
    Row("Beta", lambda d, p: d.Beta(p.a, p.b), {"a": _positive(2, 3), "b": _positive(3)}, _unit(4, 2, 3),
        refused=({"a": [0.0]},), bad_values=([1.5],)),
    Row("Beta small", lambda d, p: d.Beta(p.a, p.b), {"a": [0.2, 0.5, 9.0], "b": [0.3, 8.0, 7.0]}, _unit(3)),
    Row("Binomial", lambda d, p: d.Binomial(7, p.probs), {"probs": _unit(2, 3)}, _counts(4, 2, 3),
        refused=({"probs": [-0.1]},), bad_values=([8.0], [0.5])),
    Row("Binomial logits", lambda d, p: d.Binomial(p.count, logits=p.logits),
        {"count": [3, 20, 200], "logits": _normal(3)}, _counts(2, 3, high=4), refused=({"count": [1.5, 1, 1]},)),
    Row("Categorical", lambda d, p: d.Categorical(p.probs), {"probs": _positive(2, 4)}, _counts(5, 2, high=4),
        refused=({"probs": [-0.5, 0.5]}, {"probs": 0.5}), bad_values=([4.0], [-1.0])),
    Row("Categorical logits", lambda d, p: d.Categorical(logits=p.logits), {"logits": _normal(4)}, _counts(5, high=4),
        refused=({"logits": [np.nan, 1]},)),
    Row("Cauchy", lambda d, p: d.Cauchy(p.loc, p.scale), {"loc": _normal(2, 3), "scale": _positive(3)}, _normal(2, 3),
        refused=({"scale": [-1.0]},), bad_values=([np.nan],)),
    Row("Chi2", lambda d, p: d.Chi2(p.df), {"df": _positive(2, 3)}, _positive(4, 2, 3), refused=({"df": [-1.0]},)),
    Row("ContinuousBernoulli", lambda d, p: d.ContinuousBernoulli(p.probs), {"probs": [0.2, 0.4995, 0.5, 0.9]},
        _unit(3, 4), bad_values=([1.5],), bits=_LOG),
    Row("ContinuousBernoulli logits", lambda d, p: d.ContinuousBernoulli(logits=p.logits), {"logits": _normal(4)},
        _unit(3, 4), bits=_LOG),
    Row("Dirichlet", lambda d, p: d.Dirichlet(p.alpha), {"alpha": _positive(2, 4)}, _categories(5, 2, 4),
        refused=({"alpha": [1.0, 0.0]}, {"alpha": 1.0}), bad_values=([0.5, 0.4, 0.2, 0.2],)),
    Row("Dirichlet corners", lambda d, p: d.Dirichlet(p.alpha), {"alpha": [[0.3, 0.6], [1.5, 3.0], [20.0, 9.0]]},
        _categories(3, 2)),
    Row("Exponential", lambda d, p: d.Exponential(p.rate), {"rate": _positive(2, 3)}, _positive(4, 2, 3),
        refused=({"rate": [0.0]},), bad_values=([-1.0],)),
    Row("FisherSnedecor", lambda d, p: d.FisherSnedecor(p.df1, p.df2), {"df1": [1.0, 3.0, 5.0], "df2": [1.5, 3.0, 6.0]},
        _positive(2, 3), refused=({"df1": [0.0]},), bad_values=([-1.0],)),
    Row("Gamma", lambda d, p: d.Gamma(p.a, p.rate), {"a": [0.4, 1.5, 20.0], "rate": _positive(2, 3)},
        _positive(4, 2, 3), refused=({"a": [0.0]}, {"rate": [-1.0]}), bad_values=([-1.0],)),
    Row("GeneralizedPareto", lambda d, p: d.GeneralizedPareto(p.loc, p.scale, p.concentration),
        {"loc": [0.0, 0.1, 0.2, 0.0], "scale": _positive(4), "concentration": [0.3, 0.0, -0.2, 1.5]},
        _unit(2, 4) / 4 + 0.25, refused=({"scale": [0.0] * 4},), bad_values=([-1.0] * 4,), bits=_LOG),
    Row("Geometric", lambda d, p: d.Geometric(p.probs), {"probs": [0.1, 0.5, 1.0]}, [[3, 2, 0], [0, 1, 1]],
        refused=({"probs": [0.0, 0.5]}, {"probs": [1.5]}), bad_values=([-1.0],)),
    Row("Geometric logits", lambda d, p: d.Geometric(logits=p.logits), {"logits": _normal(3)}, _counts(2, 3)),
    Row("Gumbel", lambda d, p: d.Gumbel(p.loc, p.scale), {"loc": _normal(2, 3), "scale": _positive(3)},
        _normal(4, 2, 3), refused=({"scale": [0.0]},), bits=_LOG),
    Row("HalfCauchy", lambda d, p: d.HalfCauchy(p.scale), {"scale": _positive(2, 3)}, _positive(4, 2, 3),
        refused=({"scale": [0.0]},), bad_values=([-1.0],)),
    Row("HalfNormal", lambda d, p: d.HalfNormal(p.scale), {"scale": _positive(2, 3)}, _positive(4, 2, 3),
        refused=({"scale": [0.0]},), bad_values=([-1.0],)),
    Row("Independent", lambda d, p: d.Independent(d.Normal(p.loc, p.scale), 1), {"loc": _normal(2, 3), "scale": _positive(3)},
        _normal(4, 2, 3), bad_values=([np.nan] * 3,)),
    Row("Independent discrete", lambda d, p: d.Independent(d.Bernoulli(p.probs), 2), {"probs": _unit(2, 3)}, _counts(4, 2, 3, high=2)),
    Row("Independent of none", lambda d, p: d.Independent(d.Bernoulli(p.probs), 0), {"probs": _unit(2, 3)}, _counts(4, 2, 3, high=2)),
    Row("InverseGamma", lambda d, p: d.InverseGamma(p.a, p.rate), {"a": [0.7, 1.5, 3.0], "rate": _positive(2, 3)},
        _positive(4, 2, 3), refused=({"a": [0.0]},), bad_values=([-1.0],), bits=_LOG),
    Row("Kumaraswamy", lambda d, p: d.Kumaraswamy(p.a, p.b), {"a": _positive(2, 3), "b": _positive(3)}, _unit(4, 2, 3),
        refused=({"a": [0.0]},), bad_values=([1.5],), bits=_LOG),
    Row("LKJCholesky", lambda d, p: d.LKJCholesky(3, p.eta), {"eta": _positive(2)}, _correlation_factor(4, 2, 3),
        refused=({"eta": [0.0]},), bad_values=(np.ones((3, 3)),), bits=_LOG),
    Row("Laplace", lambda d, p: d.Laplace(p.loc, p.scale), {"loc": _normal(2, 3), "scale": _positive(3)}, _normal(4, 2, 3),
        refused=({"scale": [0.0]},), bits=_LOG),
    Row("LogNormal", lambda d, p: d.LogNormal(p.loc, p.scale), {"loc": _normal(2, 3), "scale": _positive(3)},
        _positive(4, 2, 3), refused=({"scale": [0.0]},), bad_values=([-1.0],), bits=_LOG),
    Row("LogisticNormal", lambda d, p: d.LogisticNormal(p.loc, p.scale), {"loc": _normal(2, 3), "scale": _positive(3)},
        _categories(5, 2, 4), refused=({"scale": [0.0]},), bad_values=([0.5] * 4,), bits=_LOG),
    Row("LogisticNormal scalar", lambda d, p: d.LogisticNormal(p.loc, p.scale), {"loc": 0.5, "scale": 1.5}, _categories(5, 2), bits=_LOG),
    Row("LowRankMultivariateNormal", lambda d, p: d.LowRankMultivariateNormal(p.loc, p.W, p.D),
        {"loc": _normal(2, 4), "W": _normal(4, 2), "D": _positive(4)}, _normal(5, 2, 4),
        refused=({"D": [1.0, -1.0, 1.0, 1.0], "W": np.zeros((4, 2))}, {"D": [0.1] * 3 + [-0.1]}, {"loc": 1.0}, {"D": [1.0]}, {"W": [[1.0]]}, {"W": [1.0]}), bits=_PRODUCT),
    Row("MixtureSameFamily", lambda d, p: d.MixtureSameFamily(d.Categorical(p.weights), d.Normal(p.loc, p.scale)),
        {"weights": _positive(3), "loc": _normal(2, 3), "scale": _positive(3)}, _normal(5, 2), refused=({"weights": [1.0, 2.0]},)),
    Row("MixtureSameFamily of vectors",
        lambda d, p: d.MixtureSameFamily(d.Categorical(p.weights), d.Independent(d.Normal(p.loc, p.scale), 1)),
        {"weights": _positive(2, 3), "loc": _normal(2, 3, 4), "scale": _positive(4)}, _normal(5, 2, 4), refused=({"weights": _positive(5, 3)},)),
    Row("Multinomial", lambda d, p: d.Multinomial(6, p.probs), {"probs": _positive(2, 3)}, [[1, 2, 3], [6, 0, 0]],
        refused=({"probs": [-0.5, 0.5]},), bad_values=([5.0, 2.0, 0.0], [-1.0, 2.0, 3.0])),
    Row("Multinomial logits", lambda d, p: d.Multinomial(6, logits=p.logits), {"logits": _normal(3)}, [[1, 2, 3], [6, 0, 0]]),
    Row("MultivariateNormal", lambda d, p: d.MultivariateNormal(p.loc, p.cov), {"loc": _normal(2, 3), "cov": _covariance(3)},
        _normal(4, 2, 3), refused=({"cov": [[1.0, 2.0], [2.0, 1.0]], "loc": [0.0, 0.0]}, {"loc": 1.0}, {"cov": [1.0]}), bits=_PRODUCT),
    Row("MultivariateNormal precision", lambda d, p: d.MultivariateNormal(p.loc, precision_matrix=p.P),
        {"loc": _normal(3), "P": _covariance(2, 3)}, _normal(4, 2, 3), bits=_PRODUCT),
    Row("MultivariateNormal scale_tril", lambda d, p: d.MultivariateNormal(p.loc, scale_tril=p.L),
        {"loc": _normal(2, 1, 3), "L": _factor(4, 3)}, _normal(5, 2, 4, 3), refused=({"L": np.ones((3, 3))},), bits=_PRODUCT),
    Row("NegativeBinomial", lambda d, p: d.NegativeBinomial(p.count, p.probs), {"count": [0.5, 3.0, 6.0], "probs": _unit(2, 3)},
        _counts(4, 2, 3), refused=({"count": [-1.0]}, {"probs": [1.0]}), bad_values=([0.5],)),
    Row("NegativeBinomial logits", lambda d, p: d.NegativeBinomial(3, logits=p.logits), {"logits": _normal(3)}, _counts(2, 3)),
    Row("Normal", lambda d, p: d.Normal(p.loc, p.scale), {"loc": _normal(2, 3), "scale": _positive(3)}, _normal(4, 2, 3),
        refused=({"scale": [0.0]}, {"loc": [np.nan]}), bad_values=([np.nan],)),
    Row("OneHotCategorical", lambda d, p: d.OneHotCategorical(p.probs), {"probs": _positive(2, 4)}, _one_hot(5, 2, 4),
        refused=({"probs": [-0.5, 0.5]},), bad_values=([1.0, 1.0, 0.0, 0.0],)),
    Row("OneHotCategoricalStraightThrough", lambda d, p: d.OneHotCategoricalStraightThrough(logits=p.logits),
        {"logits": _normal(2, 4)}, _one_hot(5, 2, 4)),
    Row("Pareto", lambda d, p: d.Pareto(p.scale, p.alpha), {"scale": [0.3, 0.2, 0.4], "alpha": [0.8, 1.5, 3.0]},
        _positive(4, 3, low=0.5), refused=({"alpha": [0.0]},), bad_values=([0.1] * 3,), bits=_LOG),
    Row("Poisson", lambda d, p: d.Poisson(p.rate), {"rate": [0.5, 3.0, 30.0]}, _counts(4, 3), refused=({"rate": [-1.0]},),
        bad_values=([0.5], [-1.0])),
    Row("RelaxedBernoulli", lambda d, p: d.RelaxedBernoulli(p.temperature, p.probs), {"temperature": 0.7, "probs": _unit(2, 3)},
        _unit(4, 2, 3), refused=({"probs": [1.2]},), bad_values=([1.5],), bits=_LOG),
    Row("RelaxedBernoulli logits", lambda d, p: d.RelaxedBernoulli(p.temperature, logits=p.logits),
        {"temperature": 0.7, "logits": _normal(3)}, _unit(4, 3), bits=_LOG),
    Row("RelaxedOneHotCategorical", lambda d, p: d.RelaxedOneHotCategorical(p.temperature, p.probs),
        {"temperature": 0.7, "probs": _positive(2, 4)}, _categories(5, 2, 4), refused=({"probs": [-0.5, 0.5]},), bad_values=([0.5] * 4,), bits=_LOG),
    Row("RelaxedOneHotCategorical logits", lambda d, p: d.RelaxedOneHotCategorical(p.temperature, logits=p.logits),
        {"temperature": 0.7, "logits": _normal(4)}, _categories(5, 4), bits=_LOG),
    Row("StudentT", lambda d, p: d.StudentT(p.df, p.loc, p.scale), {"df": [0.8, 1.5, 4.0], "loc": _normal(2, 3), "scale": _positive(3)},
        _normal(4, 2, 3), refused=({"df": [0.0]},)),
    Row("TransformedDistribution",
        lambda d, p: d.TransformedDistribution(
            d.Uniform(p.low, p.low + 0.5), [d.SigmoidTransform().inv, d.AffineTransform(p.loc, p.scale), d.TanhTransform()]
        ),
        {"low": [0.1, 0.2], "loc": [0.5, -0.5], "scale": [0.7, -0.3]}, [[0.2, -0.5], [0.4, -0.4]], bits=_LOG),
    Row("TransformedDistribution to vectors",
        lambda d, p: d.TransformedDistribution(d.Normal(p.loc, p.scale), [d.ExpTransform(), d.ReshapeTransform((4,), (2, 2))]),
        {"loc": _normal(3, 4), "scale": _positive(4)}, _positive(3, 2, 2), bits=_LOG),
    Row("Uniform", lambda d, p: d.Uniform(p.low, p.high), {"low": -_unit(2, 3), "high": _unit(3)}, _unit(2, 3) / 25,
        refused=({"low": [2.0]},), bad_values=([3.0],)),
    Row("VonMises", lambda d, p: d.VonMises(p.loc, p.concentration), {"loc": _normal(3), "concentration": [1e-6, 2.0, 9.0]},
        _normal(4, 3), refused=({"concentration": [0.0]},), bits=_LOG),
    Row("Weibull", lambda d, p: d.Weibull(p.scale, p.k), {"scale": _positive(2, 3), "k": _positive(3, low=1.2)}, _positive(4, 2, 3),
        refused=({"k": [0.0]},), bad_values=([-1.0],), bits=_LOG),
    Row("Wishart", lambda d, p: d.Wishart(p.df, p.cov), {"df": [4.0, 6.5], "cov": _covariance(3)}, _covariance(5, 2, 3),
        refused=({"df": [1.0, 5.0]}, {"cov": [1.0]}), bad_values=(-np.eye(3),), bits=_PRODUCT),
    Row("Wishart precision", lambda d, p: d.Wishart(p.df, precision_matrix=p.P), {"df": 5.0, "P": _covariance(3)}, _covariance(5, 3), bits=_PRODUCT),
    Row("Wishart scale_tril", lambda d, p: d.Wishart(p.df, scale_tril=p.L), {"df": 5.0, "L": _factor(2, 3)}, _covariance(2, 3), bits=_PRODUCT),
]  # fmt: skip

EXPLAINED = {
    "Distribution": "the base class; tested by a subclass of its own",
    "ExponentialFamily": "the base class; its entropy is tested over all rows that have one",
    "biject_to": "in the table of constraints",
    "transform_to": "in the table of constraints",
    "kl_divergence": "tested over all pairs",
    "register_kl": "tested by itself",
}
