"""Every property of every distribution, beside torch's."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

import minitorch
from tests.distribution_rows import EXPLAINED, ROWS, Params, Row
from tests.parity import assert_raises_alike, assert_same

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in")  # pytest shows NumPy's again

DTYPES = ["float32", "float64"]


@pytest.fixture(autouse=True)
def torch_validates() -> None:
    """As it does until something imports its compiler, which turns that off."""
    torch.distributions.Distribution.set_default_validate_args(True)


every_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def build(row: Row, library: Any, dtype: str = "float32", **changes: Any) -> Any:
    params = Params(library, {**row.params, **changes}, dtype, grad=False)
    return row.build(library.distributions, params)


def build_tracked(row: Row, library: Any, dtype: str) -> tuple[Any, list[Any]]:
    """The distribution, and the parameters that gradients shall reach."""
    params = Params(library, row.params, dtype, grad=True)
    return row.build(library.distributions, params), params.tensors


def compare(call: Callable[[Any], Any], dtype: str, **options: bool) -> None:
    """``assert_same``, with numbers taken for ``dtype``: in torch some constants are float32 otherwise."""

    def in_dtype(library: Any) -> Any:
        library.set_default_dtype(getattr(library, dtype))
        try:
            return call(library)
        finally:
            library.set_default_dtype(library.float32)

    assert_same(in_dtype, **options)


def tensor(library: Any, array: Any, dtype: str) -> Any:
    return library.tensor(np.asarray(array, dtype).tolist(), dtype=getattr(library, dtype))


def cotangent(library: Any, like: Any) -> Any:
    """Random weights: a plain sum would hide wrong gradients of what is normalised."""
    array = np.random.default_rng(3).standard_normal(tuple(like.shape))
    return tensor(library, array, str(like.dtype).split(".")[1])


def gradients(library: Any, output: Any, inputs: list[Any]) -> Any:
    if not output.requires_grad:
        return None
    grads = library.autograd.grad(output, inputs, cotangent(library, output), allow_unused=True)
    return [g if g is None else g.contiguous() for g in grads]  # layouts are the engine's affair


def test_every_class_has_a_row() -> None:
    public = set(torch.distributions.__all__)
    assert public == set(minitorch.distributions.__all__)
    transforms = set(torch.distributions.transforms.__all__)
    assert transforms == set(minitorch.distributions.transforms.__all__)
    in_table = {row.name.split()[0] for row in ROWS}
    assert public - transforms - in_table == set(EXPLAINED)


@every_row
def test_shapes_and_repr(row: Row) -> None:
    def call(library: Any) -> Any:
        m = build(row, library)
        return (
            m.batch_shape, m.event_shape, repr(m), repr(m.support), repr(m.arg_constraints),
            m.has_rsample, m.has_enumerate_support, m.support.event_dim, m.support.is_discrete,
        )  # fmt: skip

    assert_same(call)


@every_row
@every_dtype
def test_log_prob(row: Row, dtype: str) -> None:
    def call(library: Any) -> Any:
        m, inputs = build_tracked(row, library, dtype)
        value = tensor(library, row.values, dtype).requires_grad_()
        log_prob = m.log_prob(value)
        return log_prob, gradients(library, log_prob, [*inputs, value])

    compare(call, dtype, exact=False)


@every_row
@pytest.mark.parametrize("dtype", ["float64", "int64"])
def test_values_of_another_dtype(row: Row, dtype: str) -> None:
    """Types promote as torch's do, and are refused where torch refuses them."""

    def call(library: Any) -> Any:
        log_prob = build(row, library).log_prob(tensor(library, row.values, dtype))
        return str(log_prob.dtype), log_prob.float()  # computed from float32 parameters

    if row.name != "GeneralizedPareto":  # which torch refuses in all dtypes but the default one
        assert_same(call, exact=False, words=False)


@every_row
def test_the_values_to_score_are_inside_the_support(row: Row) -> None:
    values = tensor(minitorch, row.values, "float64")
    assert build(row, minitorch, "float64").support.check(values).all()


@every_row
@every_dtype
@pytest.mark.parametrize("method", ["cdf", "icdf"])
def test_cumulative(row: Row, dtype: str, method: str) -> None:
    values = row.values
    if method == "icdf":
        values = np.random.default_rng(2).uniform(0.05, 0.95, np.shape(row.values))

    def call(library: Any) -> Any:
        m, inputs = build_tracked(row, library, dtype)
        result = getattr(m, method)(tensor(library, values, dtype))
        return result, gradients(library, result, inputs)

    compare(call, dtype, exact=False)


@every_dtype
@pytest.mark.parametrize("method", ["log_cdf", "log_survival_function"])
def test_logarithms_of_tails(dtype: str, method: str) -> None:
    (row,) = [row for row in ROWS if row.name == "GeneralizedPareto"]
    compare(
        lambda library: getattr(build(row, library, dtype), method)(
            tensor(library, row.values, dtype)
        ),
        dtype,
        exact=False,
    )


def outcome(call: Callable[[], Any]) -> Any:
    """What ``call`` returns, or the type of the exception; the words may name the library."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__


@every_row
@every_dtype
def test_moments(row: Row, dtype: str) -> None:
    def call(library: Any) -> Any:
        results: list[Any] = []
        for name in ("mean", "mode", "variance", "stddev"):
            m, inputs = build_tracked(row, library, dtype)
            moment = outcome(lambda: getattr(m, name))  # noqa: B023
            results.append(moment)
            if not isinstance(moment, str):
                results.append(gradients(library, moment, inputs))
        return results

    compare(call, dtype, exact=False)


@every_row
@every_dtype
def test_entropy(row: Row, dtype: str) -> None:
    def call(library: Any) -> Any:
        m, inputs = build_tracked(row, library, dtype)
        entropy = m.entropy()
        return entropy, gradients(library, entropy, inputs)

    compare(call, dtype, exact=False)


@every_row
def test_perplexity(row: Row) -> None:
    assert_same(lambda library: build(row, library, "float64").perplexity(), exact=False)


@every_row
def test_entropy_of_the_exponential_family(row: Row) -> None:
    """Through autograd, from the natural parameters."""

    def call(library: Any) -> Any:
        m = build(row, library, "float64")
        family = library.distributions.ExponentialFamily
        return family.entropy(m) if isinstance(m, family) else None

    assert_same(call, exact=False)


@every_row
@every_dtype
def test_sample(row: Row, dtype: str) -> None:
    """The same numbers from the same seed, and as many words drawn."""

    def call(library: Any) -> Any:
        m = build(row, library, dtype)
        library.manual_seed(5)
        samples = [m.sample(sample_shape) for sample_shape in ((), (3,), (), (2, 25))]
        return samples, library.get_rng_state()

    compare(call, dtype, exact=row.bits is None)


@every_row
@every_dtype
def test_rsample(row: Row, dtype: str) -> None:
    """Gradients flow from samples to parameters, where torch's do."""

    def call(library: Any) -> Any:
        m, inputs = build_tracked(row, library, dtype)
        library.manual_seed(6)
        # Where Wishart draws again, torch's own backward finds a mask changed in place.
        corrections = {"max_try_correction": 0} if row.name.startswith("Wishart") else {}
        sample = m.rsample((4,), **corrections)
        return sample, gradients(library, sample, inputs), library.get_rng_state()

    compare(call, dtype, exact=False)


@every_row
def test_expand(row: Row) -> None:
    def call(library: Any) -> Any:
        m = build(row, library)
        _ = [
            getattr(m, name, None) for name in ("probs", "logits")
        ]  # what is lazy is expanded, too
        m = m.expand((2, *m.batch_shape))
        library.manual_seed(8)
        sample = m.sample((3,))
        return m.batch_shape, m.event_shape, repr(m), sample, m.log_prob(sample)

    assert_same(call, exact=False)


@every_row
def test_moments_when_expanded(row: Row) -> None:
    def call(library: Any) -> Any:
        m = build(row, library)
        m = m.expand((2, *m.batch_shape))
        moments = [outcome(lambda: getattr(m, name)) for name in ("mean", "variance", "mode")]  # noqa: B023
        # An expanded Multinomial of torch forgets what its entropy needs.
        return moments if row.name.startswith("Multinomial") else [*moments, outcome(m.entropy)]

    assert_same(call, exact=False)


def test_entropy_of_an_expanded_multinomial() -> None:
    m = minitorch.distributions.Multinomial(3, minitorch.ones(2))
    assert m.expand((4,)).entropy().tolist() == [m.entropy().item()] * 4


@every_row
def test_enumerate_support(row: Row) -> None:
    assert_same(lambda library: build(row, library).enumerate_support())
    assert_same(lambda library: build(row, library).enumerate_support(False))


REFUSED = [(row, i) for row in ROWS for i in range(len(row.refused))]


@pytest.mark.parametrize(("row", "i"), REFUSED, ids=[f"{row.name}-{i}" for row, i in REFUSED])
def test_refused_parameters(row: Row, i: int) -> None:
    assert_raises_alike(lambda library: build(row, library, **row.refused[i]))


BAD_VALUES = [(row, i) for row in ROWS for i in range(len(row.bad_values))]


@pytest.mark.parametrize(("row", "i"), BAD_VALUES, ids=[f"{row.name}-{i}" for row, i in BAD_VALUES])
def test_values_outside_the_support(row: Row, i: int) -> None:
    assert_raises_alike(
        lambda library: build(row, library).log_prob(tensor(library, row.bad_values[i], "float32"))
    )


@every_row
def test_values_of_a_wrong_shape(row: Row) -> None:
    """Both refuse a value that broadcasts neither with the batch nor with the event, and a number."""

    def call(library: Any) -> Any:
        m = build(row, library)
        return m.log_prob(library.zeros(7, 11, 13))

    assert_same(call)
    assert_same(lambda library: build(row, library).log_prob(0.5), exact=False)


@every_row
def test_pickle(row: Row) -> None:
    m = build(row, minitorch)
    copy = pickle.loads(pickle.dumps(m))
    assert repr(copy) == repr(m)
    value = tensor(minitorch, row.values, "float32")
    assert copy.log_prob(value).equal(m.log_prob(value))


# ------------------------------------------------------------------------------------ one by one


NUMBERS: dict[str, Any] = {
    "Normal": lambda d: d.Normal(0, 2.0),
    "Uniform": lambda d: d.Uniform(-1, 1.0),
    "Bernoulli": lambda d: d.Bernoulli(0.3),
    "Bernoulli logits": lambda d: d.Bernoulli(logits=0),
    "Beta": lambda d: d.Beta(2, 3.0),
    "Gamma": lambda d: d.Gamma(2.0, 1),
    "Gumbel": lambda d: d.Gumbel(0.5, 2.0),
    "StudentT": lambda d: d.StudentT(5.0),
    "Geometric": lambda d: d.Geometric(0.3),
    "Pareto": lambda d: d.Pareto(1.0, 3.0),
    "GeneralizedPareto": lambda d: d.GeneralizedPareto(0.0, 1.0, 0.0),
    "ContinuousBernoulli": lambda d: d.ContinuousBernoulli(0.5),
    "LKJCholesky": lambda d: d.LKJCholesky(2),
    "Weibull": lambda d: d.Weibull(1.0, 2.0),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_parameters_that_are_numbers(name: str) -> None:
    def call(library: Any) -> Any:
        m = NUMBERS[name](library.distributions)
        library.manual_seed(0)
        sample = m.sample((2,))
        return repr(m), m.batch_shape, sample, m.sample(), m.log_prob(sample)

    assert_same(call, exact=False)


MISUSED: dict[str, Any] = {
    "both": lambda t: t.distributions.Bernoulli(0.5, 0.5),
    "neither": lambda t: t.distributions.Categorical(),
    "no number": lambda t: t.distributions.Normal("0", 1.0),
    "dtype": lambda t: t.distributions.Normal([0.0], 1.0),
    "no matrix": lambda t: t.distributions.MultivariateNormal(t.zeros(2)),
    "two matrices": lambda t: t.distributions.MultivariateNormal(t.zeros(2), t.eye(2), t.eye(2)),
    "no Wishart matrix": lambda t: t.distributions.Wishart(3.0),
    "counts differ": lambda t: t.distributions.Binomial(t.tensor([1.0, 2.0]), 0.5).entropy(),
    "counts differ in support": lambda t: t.distributions.Binomial(t.tensor([1, 2]), t.tensor(0.5)).enumerate_support(),
    "count is a tensor": lambda t: t.distributions.Multinomial(t.tensor([1.0]), t.ones(2)),
    "not so many dimensions": lambda t: t.distributions.Independent(t.distributions.Normal(0.0, 1.0), 1),
    "cartesian product": lambda t: t.distributions.Independent(t.distributions.Bernoulli(t.ones(2)), 1).enumerate_support(),
    "no components": lambda t: t.distributions.MixtureSameFamily(t.distributions.Categorical(t.ones(2)), 1.0),
    "no weights": lambda t: t.distributions.MixtureSameFamily(t.distributions.Normal(t.ones(2), 1.0), 1.0),
    "no transform": lambda t: t.distributions.TransformedDistribution(t.distributions.Normal(0.0, 1.0), 3),
    "no transforms": lambda t: t.distributions.TransformedDistribution(t.distributions.Normal(0.0, 1.0), [3]),
    "base too small": lambda t: t.distributions.TransformedDistribution(
        t.distributions.Normal(0.0, 1.0), t.distributions.StickBreakingTransform()
    ),
    "invalid only if asked": lambda t: t.distributions.ContinuousBernoulli(1.5, validate_args=True),
    "dim of 1": lambda t: t.distributions.LKJCholesky(1),
    "batches do not broadcast": lambda t: t.distributions.LowRankMultivariateNormal(t.zeros(2, 3), t.ones(5, 3, 1), t.ones(3)),
    "no tensor": lambda t: t.distributions.Normal(0.0, 1.0).log_prob("x"),
    "default of no truth value": lambda t: t.distributions.Distribution.set_default_validate_args(3),
    "no kl": lambda t: t.distributions.kl_divergence(t.distributions.Normal(0.0, 1.0), t.distributions.VonMises(0.0, t.ones(()))),
    "kl of another count": lambda t: t.distributions.kl_divergence(
        t.distributions.Binomial(2, t.tensor(0.5)), t.distributions.Binomial(3, t.tensor(0.5))
    ),
    "register no class": lambda t: t.distributions.biject_to.register(3, 4),
    "no registered transform": lambda t: t.distributions.biject_to(t.distributions.constraints.boolean),
}  # fmt: skip


@pytest.mark.parametrize("name", MISUSED)
def test_misuse(name: str) -> None:
    assert_raises_alike(MISUSED[name])


def test_validation_can_be_turned_off() -> None:
    def call(library: Any) -> Any:
        d = library.distributions
        m = d.Normal(0.0, -1.0, validate_args=False)
        default = d.Distribution._validate_args
        d.Distribution.set_default_validate_args(False)
        try:
            other = d.Uniform(2.0, 1.0)
        finally:
            d.Distribution.set_default_validate_args(True)
        return m.mean, m.expand((2,))._validate_args, other.low, default

    assert_same(call)


def test_expand_keeps_validation() -> None:
    def call(library: Any) -> Any:
        m = library.distributions.Poisson(1.0, validate_args=True).expand((2,))
        return m.log_prob(library.tensor([0.5, 1.0]))

    assert_raises_alike(call)


def own(library: Any) -> Any:
    """Distributions that users have written, with and without a constructor, with and without expand."""
    d = library.distributions

    class Unit(d.Normal):
        pass

    class Renamed(d.Normal):
        def __init__(self, mu: Any) -> None:
            self.mu = mu
            super().__init__(mu, 1.0)

    class Expandable(Renamed):
        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            new = self._get_checked_instance(Expandable, _instance)
            new.mu = self.mu.expand(batch_shape)
            return super().expand(batch_shape, new)

    class Bare(d.Distribution):
        arg_constraints: ClassVar[dict[str, Any]] = {}

    return Unit, Renamed, Expandable, Bare


def test_subclasses_of_users() -> None:
    def call(library: Any) -> Any:
        unit, _, expandable, bare = own(library)
        m = expandable(library.zeros(3)).expand((2, 3))
        plain = unit(library.zeros(3), 1.0).expand((2, 3))
        return m.mu, m.loc, m.batch_shape, repr(plain), bare(library.Size((2,))).batch_shape

    assert_same(call)
    assert_raises_alike(lambda library: own(library)[1](library.zeros(3)).expand((2, 3)))
    assert_raises_alike(lambda library: own(library)[3]((2,)).expand((2, 2)))
    for name in ("mean", "variance", "support", "stddev"):
        assert_raises_alike(lambda library, name=name: getattr(own(library)[3](), name))
    for name in ("rsample", "sample", "entropy", "enumerate_support"):
        assert_raises_alike(lambda library, name=name: getattr(own(library)[3](), name)())
    for name in ("log_prob", "cdf", "icdf"):
        assert_raises_alike(lambda library, name=name: getattr(own(library)[3](), name)(1.0))


def test_warnings() -> None:
    class Bare(minitorch.distributions.Distribution):
        pass

    with pytest.warns(UserWarning, match="does not define `arg_constraints`"):
        m = Bare()
    with pytest.warns(UserWarning, match="does not define `support`"):
        m._validate_sample(minitorch.zeros(()))
    with pytest.warns(FutureWarning, match=r"Use `sample\(\(n,\)\)` instead"):
        assert minitorch.distributions.Normal(0.0, 1.0).sample_n(3).shape == (3,)
    with pytest.warns(UserWarning, match="Low df values detected"):
        minitorch.distributions.Wishart(1.5, minitorch.eye(2))


def test_lazy_parameters_are_kept_and_differentiable() -> None:
    """Also when they are first asked for without gradients."""
    logits = minitorch.zeros(3, requires_grad=True)
    m = minitorch.distributions.Bernoulli(logits=logits)
    with minitorch.no_grad():
        m.sample()
    assert m.probs is m.probs
    m.probs.sum().backward()
    assert logits.grad.tolist() == [0.25] * 3


def test_loaded_when_asked_for() -> None:
    """``import minitorch`` alone loads no distributions."""
    import subprocess
    import sys

    script = "import minitorch, sys; assert 'minitorch.distributions' not in sys.modules; minitorch.distributions.Normal"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_rsample_draws_nothing_else() -> None:
    """A gradient estimated with rsample: of E[x²] = loc² + scale², by scale."""
    minitorch.manual_seed(0)
    scale = minitorch.tensor(1.5, requires_grad=True)
    sample = minitorch.distributions.Normal(0.0, scale).rsample((200_000,))
    (sample**2).mean().backward()
    assert abs(scale.grad.item() - 3.0) < 0.03


def test_wishart_is_differentiable_when_drawn_again() -> None:
    """The gradient of E[X] = df Σ by df is Σ."""
    minitorch.manual_seed(0)
    df = minitorch.tensor(5.0, requires_grad=True)
    with pytest.warns(UserWarning, match="Singular sample detected"):
        sample = minitorch.distributions.Wishart(df, minitorch.eye(2)).rsample((40_000,))
    sample.mean(0).sum().backward()
    assert abs(df.grad.item() - 2.0) < 0.05
