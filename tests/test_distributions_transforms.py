"""Transforms, constraints, and the registries between them, beside torch's."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

_rng = np.random.default_rng(11)


def _normal(*shape: int) -> Any:
    return _rng.standard_normal(shape).round(3).tolist()


class Row(NamedTuple):
    """``make(d, t)`` builds a transform from the module and a function that makes tensors."""

    name: str
    make: Callable[[Any, Callable[[Any], Any]], Any]
    x: Any  # points of the domain
    y: Any = None  # points of the codomain, if others than t(x) are of interest
    inexact: str | None = None  # why t.inv(t(x)) is not x


_POSITIVE = [[0.2, 1.0, 3.5], [0.7, 2.0, 0.01]]
_NOT_BIJECTIVE = "not bijective"

ROWS = [
    Row("AbsTransform", lambda d, t: d.AbsTransform(), _normal(2, 3), inexact=_NOT_BIJECTIVE),
    Row("AffineTransform", lambda d, t: d.AffineTransform(1.5, -2), _normal(2, 3)),
    Row("AffineTransform of tensors", lambda d, t: d.AffineTransform(t([1.5, 0.0, 1.0]), t([-2.0, 1.0, 3.0])), _normal(2, 3)),
    Row("AffineTransform of vectors", lambda d, t: d.AffineTransform(t([1.5, 0.0, 1.0]), t([-2.0, 1.0, 3.0]), event_dim=1), _normal(3)),
    Row("AffineTransform of numbers to vectors", lambda d, t: d.AffineTransform(1, 3.0, event_dim=1), _normal(2, 3)),
    Row("CatTransform", lambda d, t: d.CatTransform([d.ExpTransform(), d.AffineTransform(t(1.0), t(2.0))], dim=1, lengths=[1, 2]), _normal(2, 3)),
    Row("CatTransform in events", lambda d, t: d.CatTransform([d.IndependentTransform(d.ExpTransform(), 1)] * 2, dim=-1, lengths=[1, 2]), _normal(2, 3)),
    Row("ComposeTransform", lambda d, t: d.ComposeTransform([d.AffineTransform(0.5, 2.0), d.TanhTransform(), d.AffineTransform(1.0, -1.0)]), _normal(2, 3)),
    Row("ComposeTransform to vectors", lambda d, t: d.ComposeTransform([d.ExpTransform(), d.AffineTransform(-1.0, 0.5), d.StickBreakingTransform()]), _normal(2, 3)),
    Row("CorrCholeskyTransform", lambda d, t: d.CorrCholeskyTransform(), _normal(2, 6)),
    Row("CumulativeDistributionTransform", lambda d, t: d.CumulativeDistributionTransform(d.Normal(t(0.5), t(2.0))), _normal(2, 3)),
    Row("ExpTransform", lambda d, t: d.ExpTransform(), _normal(2, 3)),
    Row("ExpTransform inverse", lambda d, t: d.ExpTransform().inv, _POSITIVE),
    Row("ExpTransform with a cache", lambda d, t: d.ExpTransform(cache_size=1), _normal(2, 3)),
    Row("IndependentTransform", lambda d, t: d.IndependentTransform(d.ExpTransform(), 1), _normal(2, 3)),
    Row("LowerCholeskyTransform", lambda d, t: d.LowerCholeskyTransform(), _normal(2, 3, 3), inexact=_NOT_BIJECTIVE),
    Row("PositiveDefiniteTransform", lambda d, t: d.PositiveDefiniteTransform(), _normal(2, 3, 3), inexact=_NOT_BIJECTIVE),
    Row("PowerTransform", lambda d, t: d.PowerTransform(t([2.0, -1.0, 0.5])), _POSITIVE),
    Row("PowerTransform of a number", lambda d, t: d.PowerTransform(2.0), _POSITIVE),
    Row("ReshapeTransform", lambda d, t: d.ReshapeTransform((2, 3), (6,)), _normal(4, 2, 3)),
    Row("SigmoidTransform", lambda d, t: d.SigmoidTransform(), _normal(2, 3), y=[0.0, 0.5, 1.0]),
    Row("SoftmaxTransform", lambda d, t: d.SoftmaxTransform(), _normal(2, 3), inexact=_NOT_BIJECTIVE),
    Row("SoftplusTransform", lambda d, t: d.SoftplusTransform(), [*_normal(3), 30.0]),
    Row("StackTransform", lambda d, t: d.StackTransform([d.ExpTransform(), d.AffineTransform(t(1.0), t(2.0))], dim=1), _normal(3, 2)),
    Row("StickBreakingTransform", lambda d, t: d.StickBreakingTransform(), _normal(2, 3), y=[[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]]),
    Row("TanhTransform", lambda d, t: d.TanhTransform(), _normal(2, 3)),
    Row("identity_transform", lambda d, t: d.identity_transform, _normal(2, 3)),
]  # fmt: skip

every_row = pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])


def make(
    row: Row, library: Any, dtype: str = "float64"
) -> tuple[Any, Callable[..., Any], list[Any]]:
    """The transform, a function that makes leaves, and the leaves made so far."""
    leaves: list[Any] = []

    def leaf(data: Any) -> Any:
        leaves.append(library.tensor(data, dtype=getattr(library, dtype), requires_grad=True))
        return leaves[-1]

    return row.make(library.distributions, leaf), leaf, leaves


def gradients(library: Any, output: Any, leaves: list[Any]) -> Any:
    weights = np.random.default_rng(3).standard_normal(tuple(output.shape)).tolist()
    grads = library.autograd.grad(
        output, leaves, library.tensor(weights, dtype=output.dtype), allow_unused=True
    )
    return [g if g is None else g.contiguous() for g in grads]


def test_every_transform_has_a_row() -> None:
    in_table = {row.name.split()[0] for row in ROWS}
    assert in_table == set(torch.distributions.transforms.__all__) - {"Transform"}


@every_row
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward(row: Row, dtype: str) -> None:
    def call(library: Any) -> Any:
        transform, leaf, leaves = make(row, library, dtype)
        y = transform(leaf(row.x))
        return y, gradients(library, y, leaves)

    assert_same(call, exact=False)


@every_row
def test_inverse(row: Row) -> None:
    def call(library: Any) -> Any:
        transform, leaf, leaves = make(row, library)
        y = transform(leaf(row.x)).detach() if row.y is None else leaf(row.y)
        y.requires_grad_()
        x = transform.inv(y)
        return x.contiguous(), gradients(library, x, [*leaves, y]) if x.requires_grad else None

    assert_same(call, exact=False)


@every_row
def test_inverse_of_forward(row: Row) -> None:
    transform, leaf, _ = make(row, minitorch)
    x = leaf(row.x)
    y = transform(x)
    back = transform.inv(y.clone())  # a clone, which no cache knows
    assert transform.inv.inv is transform
    if row.inexact is None:
        torch.testing.assert_close(torch.tensor(back.tolist()), torch.tensor(row.x))
    again = torch.tensor(transform(back).tolist())
    torch.testing.assert_close(again, torch.tensor(y.tolist()))


@every_row
def test_log_abs_det_jacobian(row: Row) -> None:
    def call(library: Any) -> Any:
        transform, leaf, leaves = make(row, library)
        x = leaf(row.x)
        y = transform(x)
        log_det = transform.log_abs_det_jacobian(x, y)
        return log_det, gradients(library, log_det, leaves) if log_det.requires_grad else None

    assert_same(call, exact=False)


@every_row
def test_attributes(row: Row) -> None:
    def call(library: Any) -> Any:
        transform, _, _ = make(row, library)
        shape = library.Size(np.shape(row.x))
        forward = transform.forward_shape(shape)
        try:
            sign = transform.sign
        except NotImplementedError:
            sign = "none"
        return (
            repr(transform.domain), repr(transform.codomain), transform.domain.event_dim,
            transform.codomain.event_dim, transform.bijective, sign, forward,
            transform.inverse_shape(forward), repr(transform), repr(transform.inv),
            transform == make(row, library)[0], transform == 3, transform.inv == transform.inv,
            transform.inv.bijective, repr(transform.inv.domain), repr(transform.inv.codomain),
        )  # fmt: skip

    assert_same(call)


@every_row
def test_event_dim(row: Row) -> None:
    assert_same(lambda library: make(row, library)[0].event_dim)


@every_row
def test_with_cache(row: Row) -> None:
    """The cached inverse gives the very tensor back; caches survive neither inversion nor pickling."""

    def call(library: Any) -> Any:
        transform, leaf, _ = make(row, library)
        cached = transform.with_cache(1)
        x = leaf(row.x)
        y = cached(x)
        return (
            cached.inv(y) is x, cached(x) is y, cached.with_cache(1) is cached, cached.inv.with_cache(1) is cached.inv,
            repr(cached), cached._cache_size,
        )  # fmt: skip

    assert_same(call)


@every_row
def test_pickle(row: Row) -> None:
    transform, leaf, _ = make(row, minitorch)
    copy = pickle.loads(pickle.dumps(transform))
    assert repr(copy) == repr(transform)
    assert copy(leaf(row.x)).equal(transform(leaf(row.x)))


MISUSED: dict[str, Callable[[Any], Any]] = {
    "cache of 2": lambda t: t.distributions.ExpTransform(cache_size=2),
    "reshape to another size": lambda t: t.distributions.ReshapeTransform((2, 3), (5,)),
    "reshape of too few": lambda t: t.distributions.ReshapeTransform((2, 3), (6,)).forward_shape(t.Size((3,))),
    "reshape of another shape": lambda t: t.distributions.ReshapeTransform((2, 3), (6,)).inverse_shape(t.Size((5,))),
    "independent of too few": lambda t: t.distributions.IndependentTransform(t.distributions.ExpTransform(), 1)(t.tensor(1.0)),
    "independent inverse": lambda t: t.distributions.IndependentTransform(t.distributions.ExpTransform(), 1).inv(t.tensor(1.0)),
    "softmax of a number": lambda t: t.distributions.SoftmaxTransform().forward_shape(t.Size()),
    "stick of a number": lambda t: t.distributions.StickBreakingTransform().inverse_shape(t.Size()),
    "no triangle": lambda t: t.distributions.CorrCholeskyTransform().forward_shape(t.Size((4,))),
    "no triangle of numbers": lambda t: t.distributions.CorrCholeskyTransform()(t.zeros(4)),
    "no vector": lambda t: t.distributions.CorrCholeskyTransform().forward_shape(t.Size()),
    "no matrix": lambda t: t.distributions.CorrCholeskyTransform().inverse_shape(t.Size((4,))),
    "no square": lambda t: t.distributions.CorrCholeskyTransform().inverse_shape(t.Size((4, 3))),
    "cat of others": lambda t: t.distributions.CatTransform([3]),
    "cat of other lengths": lambda t: t.distributions.CatTransform([t.distributions.ExpTransform()], lengths=[1, 2]),
    "cat of another size": lambda t: t.distributions.CatTransform([t.distributions.ExpTransform()])(t.zeros(3)),
    "cat dim": lambda t: t.distributions.CatTransform([t.distributions.ExpTransform()], dim=2)(t.zeros(1)),
    "cat jacobian": lambda t: t.distributions.CatTransform([t.distributions.ExpTransform()]).log_abs_det_jacobian(t.zeros(1), t.zeros(2)),
    "cat jacobian dim": lambda t: t.distributions.CatTransform([t.distributions.ExpTransform()], 1).log_abs_det_jacobian(t.zeros(1), t.zeros(1)),
    "stack of others": lambda t: t.distributions.StackTransform([3]),
    "stack of another size": lambda t: t.distributions.StackTransform([t.distributions.ExpTransform()]).inv(t.zeros(3)),
    "stack dim": lambda t: t.distributions.StackTransform([t.distributions.ExpTransform()], dim=2)(t.zeros(1)),
    "no event_dim": lambda t: t.distributions.ReshapeTransform((2, 3), (6,)).event_dim,
    "no jacobian": lambda t: t.distributions.AbsTransform().log_abs_det_jacobian(t.zeros(1), t.zeros(1)),
    "no sign": lambda t: t.distributions.SoftmaxTransform().sign,
    "no call": lambda t: t.distributions.Transform()(t.zeros(1)),
    "no inverse": lambda t: t.distributions.Transform().inv(t.zeros(1)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISUSED)
def test_misuse(name: str) -> None:
    assert_raises_alike(MISUSED[name])


# ------------------------------------------------------------------------------------ constraints

_MATRICES = [
    [[1.0, 0.0], [0.5, 2.0]], [[1.0, 0.5], [0.5, 2.0]], [[1.0, 2.0], [2.0, 1.0]], [[0.0, 0.0], [0.0, 1.0]],
    [[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [0.6, -0.8]], [[1.0, np.nan], [0.6, -0.8]],
]  # fmt: skip
_NUMBERS = [-np.inf, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, np.inf, np.nan]
_VECTORS = [
    [0.2, 0.3, 0.5],
    [0.0, 1.0, 0.0],
    [1.0, 1.0, 0.0],
    [-0.5, 0.5, 1.0],
    [2.0, 1.0, 0.0],
    [np.nan, 0.0, 1.0],
]

# Each constraint with values, inside and outside.
CONSTRAINTS: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    **{
        name: (lambda c, t, name=name: getattr(c, name), _NUMBERS)
        for name in ("boolean", "nonnegative_integer", "positive_integer", "real", "positive", "nonnegative", "unit_interval")
    },
    **{name: (lambda c, t, name=name: getattr(c, name), _VECTORS) for name in ("one_hot", "simplex", "real_vector")},
    **{
        name: (lambda c, t, name=name: getattr(c, name), _MATRICES)
        for name in ("lower_triangular", "lower_cholesky", "corr_cholesky", "square", "symmetric", "positive_semidefinite", "positive_definite")
    },
    "greater_than": (lambda c, t: c.greater_than(0.5), _NUMBERS),
    "greater_than of a tensor": (lambda c, t: c.greater_than(t([0.5, 1.5])), [[0.7, 0.7]]),
    "greater_than_eq": (lambda c, t: c.greater_than_eq(0.5), _NUMBERS),
    "less_than": (lambda c, t: c.less_than(0.5), _NUMBERS),
    "interval": (lambda c, t: c.interval(-1, 2.0), _NUMBERS),
    "half_open_interval": (lambda c, t: c.half_open_interval(-1.0, 2), _NUMBERS),
    "integer_interval": (lambda c, t: c.integer_interval(-1, 2), _NUMBERS),
    "multinomial": (lambda c, t: c.multinomial(2), _VECTORS),
    "independent": (lambda c, t: c.independent(c.positive, 1), _VECTORS),
    "independent of none": (lambda c, t: c.independent(c.positive, 0), _NUMBERS),
    "cat": (lambda c, t: c.cat([c.positive, c.boolean], -1, [1, 2]), _VECTORS),
    "stack": (lambda c, t: c.stack([c.positive, c.boolean, c.real], -1), _VECTORS),
    "stack of vectors": (lambda c, t: c.stack([c.simplex, c.one_hot], 0), _VECTORS[:2]),
    "MixtureSameFamilyConstraint": (lambda c, t: c.MixtureSameFamilyConstraint(c.interval(t([0.0, 1.0]), t([1.0, 3.0]))), [0.5, 1.0, 2.0]),
    "square of no square": (lambda c, t: c.positive_definite, [[1.0, 0.0]]),
    "dependent": (lambda c, t: c.dependent, _NUMBERS),
    "dependent of known dimension": (lambda c, t: c.dependent(is_discrete=True, event_dim=1), _NUMBERS),
    "_IntegerLessThan": (lambda c, t: c._IntegerLessThan(1), _NUMBERS),
}  # fmt: skip

UNTESTED = {
    "Constraint": "the base class",
    "dependent_property": "tested by a class of its own",
    "is_dependent": "tested with dependent_property",
}

every_constraint = pytest.mark.parametrize("name", CONSTRAINTS)


def constraint(name: str, library: Any) -> Any:
    return CONSTRAINTS[name][0](library.distributions.constraints, library.tensor)


def test_every_constraint_has_a_row() -> None:
    public = set(torch.distributions.constraints.__all__)
    assert public == set(minitorch.distributions.constraints.__all__)
    assert public - {name.split()[0] for name in CONSTRAINTS} == set(UNTESTED)


@every_constraint
def test_check(name: str) -> None:
    assert_same(
        lambda library: constraint(name, library).check(library.tensor(CONSTRAINTS[name][1]))
    )


@every_constraint
@pytest.mark.parametrize("attribute", ["is_discrete", "event_dim"])
def test_constraint_attributes(name: str, attribute: str) -> None:
    assert_same(lambda library: getattr(constraint(name, library), attribute))
    assert_same(lambda library: repr(constraint(name, library)))


@every_constraint
@pytest.mark.parametrize("registry", ["biject_to", "transform_to"])
def test_registry(name: str, registry: str) -> None:
    """The same transform for each constraint, into the region, or the same refusal."""

    def call(library: Any) -> Any:
        region = constraint(name, library)
        transform = getattr(library.distributions, registry)(region)
        unconstrained = transform.inverse_shape(library.Size(np.shape(CONSTRAINTS[name][1])))
        x = library.tensor(np.random.default_rng(2).standard_normal(tuple(unconstrained)).tolist())
        y = transform(x)
        return repr(transform), y, region.check(y)

    assert_same(call, exact=False)


def test_register_a_constraint_of_ones_own() -> None:
    def call(library: Any) -> Any:
        d = library.distributions

        class Even(d.constraints.Constraint):
            pass

        registry = d.constraint_registry.ConstraintRegistry()
        registry.register(Even(), lambda constraint: d.AffineTransform(0.0, 2.0))

        @registry.register(d.constraints.interval)
        def factory(constraint: Any) -> Any:
            return d.AffineTransform(constraint.lower_bound, 1.0)

        return (
            registry(Even())(library.ones(2)),
            registry(d.constraints.interval(3.0, 4.0))(library.ones(2)),
            callable(factory),
        )

    assert_same(call)


def test_dependent_property() -> None:
    """A property of instances, a constraint of the class."""

    def call(library: Any) -> Any:
        c = library.distributions.constraints

        class Region:
            @c.dependent_property(is_discrete=False, event_dim=1)
            def support(self) -> Any:
                return c.real

            @c.dependent_property
            def domain(self) -> Any:
                return c.positive

        return (
            c.is_dependent(Region.support), c.is_dependent(Region().support), Region.support.event_dim,
            Region.support.is_discrete, repr(Region().support), repr(Region().domain), c.is_dependent(Region.domain),
        )  # fmt: skip

    assert_same(call)


BAD_CONSTRAINTS: dict[str, Callable[[Any], Any]] = {
    "independent of no constraint": lambda t: t.distributions.constraints.independent(3, 1),
    "independent of no number": lambda t: t.distributions.constraints.independent(t.distributions.constraints.real, 1.0),
    "independent of a negative number": lambda t: t.distributions.constraints.independent(t.distributions.constraints.real, -1),
    "independent of too few": lambda t: t.distributions.constraints.real_vector.check(t.tensor(1.0)),
    "mixture of no constraint": lambda t: t.distributions.constraints.MixtureSameFamilyConstraint(3),
    "cat of no constraint": lambda t: t.distributions.constraints.cat([3]),
    "cat of other lengths": lambda t: t.distributions.constraints.cat([t.distributions.constraints.real], 0, [1, 2]),
    "cat dim": lambda t: t.distributions.constraints.cat([t.distributions.constraints.real], 1).check(t.zeros(1)),
    "stack dim": lambda t: t.distributions.constraints.stack([t.distributions.constraints.real], 1).check(t.zeros(1)),
    "is_discrete unknown": lambda t: t.distributions.constraints.dependent.is_discrete,
    "event_dim unknown": lambda t: t.distributions.Independent.support.event_dim,
    "no check": lambda t: t.distributions.constraints.Constraint().check(t.zeros(1)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_CONSTRAINTS)
def test_bad_constraints(name: str) -> None:
    assert_raises_alike(BAD_CONSTRAINTS[name])


# ------------------------------------------------------------------------------------------ utils


@pytest.mark.parametrize("diag", [-2, -1, 0])
def test_triangles_as_vectors(diag: int) -> None:
    def call(library: Any) -> Any:
        utils = library.distributions.utils
        matrix = library.arange(32.0).reshape(2, 4, 4)
        vector = utils.tril_matrix_to_vec(matrix, diag)
        return vector, utils.vec_to_tril_matrix(vector, diag)

    assert_same(call)


def test_triangles_refused() -> None:
    assert_raises_alike(lambda t: t.distributions.utils.tril_matrix_to_vec(t.zeros(3, 3), 3))
    assert_raises_alike(lambda t: t.distributions.utils.vec_to_tril_matrix(t.zeros(4)))
