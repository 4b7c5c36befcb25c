"""Parametrized modules beside torch: values, gradients, states, assignments, errors."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same


def parametrizations(t: Any) -> dict[str, Any]:
    """Small parametrizations, good and bad ones."""
    module: Any = t.nn.Module

    class Symmetric(module):
        def forward(self, X: Any) -> Any:
            return X.triu() + X.triu(1).T

    class Exp(module):
        def forward(self, X: Any) -> Any:
            return X.exp()

        def right_inverse(self, X: Any) -> Any:
            return X.abs().log()

    class Sum(module):
        def forward(self, a: Any, b: Any) -> Any:
            return a + 2 * b

        def right_inverse(self, X: Any) -> Any:
            return X / 2, X / 4

    class NoInverse(Symmetric):
        def right_inverse(self, X: Any) -> Any:
            raise NotImplementedError

    class ToDouble(module):
        def forward(self, X: Any) -> Any:
            return X.double()

    class FirstRow(module):
        def forward(self, X: Any) -> Any:
            return X[:1]

    class Three(module):
        def forward(self, X: Any) -> Any:
            return 3

    class InverseToDouble(module):
        def forward(self, X: Any) -> Any:
            return X.float()

        def right_inverse(self, X: Any) -> Any:
            return X.double()

    class InverseIsThree(InverseToDouble):
        def right_inverse(self, X: Any) -> Any:
            return 3

    class InverseOfShape(InverseToDouble):
        def right_inverse(self, X: Any) -> Any:
            return X[:1]

    class InverseHasThree(Sum):
        def right_inverse(self, X: Any) -> Any:
            return X, 3

    return {name: kind for name, kind in locals().items() if isinstance(kind, type)}


GOOD = ["Symmetric", "Exp", "Sum", "NoInverse"]
BAD = ["ToDouble", "FirstRow", "Three", "InverseToDouble", "InverseIsThree", "InverseHasThree"]
BAD_SECOND = [*BAD[:-1], "InverseOfShape"]


def linear(t: Any, seed: int = 0) -> Any:
    t.manual_seed(seed)
    return t.nn.Linear(3, 3)


def registered(
    t: Any, *kinds: str, module: Any = None, name: str = "weight", **options: Any
) -> Any:
    module = linear(t) if module is None else module
    for kind in kinds:
        t.nn.utils.parametrize.register_parametrization(
            module, name, parametrizations(t)[kind](), **options
        )
    return module


def named(module: Any) -> dict[str, Any]:
    # What LAPACK computed, torch leaves in columns.
    return {name: x.detach().clone().contiguous() for name, x in module.state_dict().items()}


def trained(t: Any, module: Any, steps: int = 10) -> list[Any]:
    """A trace of losses, and all parameters after."""
    optimizer = t.optim.SGD(module.parameters(), lr=0.02, momentum=0.5)
    trace = []
    for _ in range(steps):
        x = t.randn(4, 3)
        loss = ((module(x) - x) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        trace.append(loss.detach())
    return [*trace, *[p.detach() for p in module.parameters()]]


# ------------------------------------------------------------------ registering and removing


@pytest.mark.parametrize("kinds", [*[(k,) for k in GOOD], ("Symmetric", "Exp"), ("Sum", "Exp")])
def test_registered(kinds: tuple[str, ...]) -> None:
    def seen(t: Any) -> list[Any]:
        module = registered(t, *kinds)
        parametrize = t.nn.utils.parametrize
        return [
            named(module),
            [name for name, _ in module.named_parameters()],
            repr(module).replace("minitorch", "torch"),
            type(module).__name__,
            parametrize.type_before_parametrizations(module).__name__,
            parametrize.is_parametrized(module),
            parametrize.is_parametrized(module, "weight"),
            parametrize.is_parametrized(module, "bias"),
            module.weight.detach(),
            *trained(t, module),
            module.weight.detach(),
        ]

    assert_same(seen, exact=False)


@pytest.mark.parametrize("leave", [True, False])
@pytest.mark.parametrize("kinds", [*[(k,) for k in GOOD], ("Symmetric", "Exp")])
def test_removed(kinds: tuple[str, ...], leave: bool) -> None:
    def seen(t: Any) -> list[Any]:
        module = registered(t, *kinds)
        before = getattr(module.parametrizations.weight, "original", None)
        t.nn.utils.parametrize.remove_parametrizations(module, "weight", leave)
        return [
            named(module),
            type(module).__name__,
            hasattr(module, "parametrizations"),
            before is None or module.weight is before,
            type(module.weight).__name__,
            *trained(t, module, 2),
        ]

    assert_same(seen, exact=False)


def test_two_tensors() -> None:
    def seen(t: Any) -> list[Any]:
        module = registered(t, "Exp", module=registered(t, "Symmetric"), name="bias")
        first = [*named(module), *module.parametrizations]
        t.nn.utils.parametrize.remove_parametrizations(module, "weight")
        second = [type(module).__name__, *named(module)]
        t.nn.utils.parametrize.remove_parametrizations(module, "bias")
        return [*first, *second, type(module).__name__, named(module)]

    assert_same(seen, exact=False)


def test_a_buffer() -> None:
    def seen(t: Any) -> list[Any]:
        module = t.nn.BatchNorm1d(2)
        t.nn.utils.parametrize.register_parametrization(
            module, "running_var", parametrizations(t)["Exp"]()
        )
        parametrized = [named(module), module.running_var, len(list(module.parameters()))]
        t.nn.utils.parametrize.remove_parametrizations(module, "running_var")
        return [*parametrized, named(module), len(list(module.buffers()))]

    assert_same(seen, exact=False)


def test_a_recurrent_layer() -> None:
    def seen(t: Any) -> list[Any]:
        t.manual_seed(0)
        layer = t.nn.GRU(3, 4, 2)
        t.nn.utils.parametrizations.orthogonal(layer, "weight_hh_l0")
        t.nn.utils.parametrizations.weight_norm(layer, "weight_ih_l1")
        with t.nn.utils.parametrize.cached():
            out, _ = layer(t.ones(5, 2, 3))
        out.sum().backward()
        return [out.detach(), *[p.grad for p in layer.parameters()]]

    assert_same(seen, exact=False)


# ------------------------------------------------------------------ assigning, caching, copying


def assigned(t: Any, *kinds: str, value: Any = None) -> list[Any]:
    module = registered(t, *kinds)
    originals = list(module.parametrizations.weight.parameters())
    module.weight = t.arange(1.0, 10.0).view(3, 3) if value is None else value
    kept = all([a is b for a, b in zip(originals, module.parameters(), strict=False)])
    return [named(module), module.weight.detach(), kept]


@pytest.mark.parametrize(
    "kinds", [("Exp",), ("Sum",), ("Symmetric",), ("Sum", "Exp"), ("Exp", "Exp")]
)
def test_assigned(kinds: tuple[str, ...]) -> None:
    assert_same(lambda t: assigned(t, *kinds), exact=False)


def test_assigning_another_dtype() -> None:
    assert_same(lambda t: assigned(t, "Exp", value=t.ones(3, 3).double()))
    assert_same(lambda t: assigned(t, "Sum", value=t.ones(3, 3).double()))


def test_cached() -> None:
    module = registered(minitorch, "Exp")
    cached = minitorch.nn.utils.parametrize.cached
    assert module.weight is not module.weight
    with cached():
        with cached():
            weight = module.weight
        assert module.weight is weight
    assert module.weight is not weight


def test_copies_and_pickles() -> None:
    module = registered(minitorch, "Exp", "Symmetric")
    copied = copy.deepcopy(module)
    assert minitorch.equal(copied.weight, module.weight)
    assert type(copied) is type(module)
    with minitorch.no_grad():
        copied.parametrizations.weight.original.zero_()
    assert not minitorch.equal(copied.weight, module.weight)
    pair = copy.deepcopy(minitorch.nn.Sequential(module, module))
    assert pair[0] is pair[1]
    assert_raises_alike(lambda t: pickle.dumps(registered(t, "Exp")))


def test_state_dict_round_trip() -> None:
    one, other = (
        registered(minitorch, "Sum"),
        registered(minitorch, "Sum", module=linear(minitorch, 1)),
    )
    other.load_state_dict(one.state_dict())
    assert minitorch.equal(other.weight, one.weight)


@pytest.mark.parametrize("kinds", [("Exp",), ("Sum",), ("Symmetric", "Exp")])
def test_transferred(kinds: tuple[str, ...]) -> None:
    def seen(t: Any) -> list[Any]:
        source, target = registered(t, *kinds), linear(t, 1)
        t.nn.utils.parametrize.transfer_parametrizations_and_params(source, target)
        empty = t.nn.Module()
        t.nn.utils.parametrize.transfer_parametrizations_and_params(source, empty, "weight")
        originals = [list(m.parametrizations.weight.parameters()) for m in (source, target)]
        shared = [a is b for a, b in zip(*originals, strict=True)]
        return [named(target), target.weight.detach(), empty.weight.detach(), shared]

    assert_same(seen, exact=False)


# ------------------------------------------------------------------ errors

ERRORS: dict[str, Callable[[Any], Any]] = {
    **{f"{kind} first": lambda t, kind=kind: registered(t, kind) for kind in BAD},
    **{f"{kind} second": lambda t, kind=kind: registered(t, "Exp", kind) for kind in BAD_SECOND},
    "no such tensor": lambda t: registered(t, "Exp", name="gain"),
    "remove none": lambda t: t.nn.utils.parametrize.remove_parametrizations(linear(t), "weight"),
    "no modules": lambda t: t.nn.utils.parametrize.ParametrizationList([], t.ones(1)),
    "orthogonal vector": lambda t: t.nn.utils.parametrizations.orthogonal(linear(t), "bias"),
    "orthogonal map": lambda t: t.nn.utils.parametrizations.orthogonal(
        linear(t), orthogonal_map="qr"
    ),
    "orthogonal what": lambda t: t.nn.utils.parametrizations.orthogonal(linear(t), "gain"),
    "complex householder": lambda t: t.nn.utils.parametrizations.orthogonal(
        t.nn.Linear(2, 2, dtype=t.complex64), orthogonal_map="householder"
    ),
    "orthogonal shape": lambda t: setattr(
        t.nn.utils.parametrizations.orthogonal(linear(t)), "weight", t.ones(2, 3)
    ),
    "spectral dim": lambda t: t.nn.utils.parametrizations.spectral_norm(linear(t), dim=2),
    "spectral iterations": lambda t: t.nn.utils.parametrizations.spectral_norm(
        linear(t), n_power_iterations=0
    ),
    "spectral what": lambda t: t.nn.utils.parametrizations.spectral_norm(linear(t), "gain"),
    "several originals": lambda t: t.nn.utils.parametrize.remove_parametrizations(
        t.nn.utils.parametrizations.weight_norm(linear(t)), "weight", leave_parametrized=False
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    assert_raises_alike(ERRORS[name])


def test_an_error_leaves_the_module_alone() -> None:
    module = linear(minitorch)
    weight = module.weight
    with pytest.raises(ValueError, match="dtype"):
        registered(minitorch, "ToDouble", module=module)
    assert module.weight is weight
    assert type(module) is minitorch.nn.Linear


def test_unsafe() -> None:
    assert_same(lambda t: registered(t, "FirstRow", unsafe=True).weight.detach())
    assert_same(
        lambda t: registered(t, "Exp", "ToDouble", unsafe=True).weight.detach(), exact=False
    )


# ------------------------------------------------------------------ the ready-made ones


@pytest.mark.parametrize("trivialized", [True, False])
@pytest.mark.parametrize("kind", [None, "matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("shape", [(3, 3), (4, 3), (3, 4), (2, 4, 3)], ids=str)
def test_orthogonal(shape: tuple[int, ...], kind: str | None, trivialized: bool) -> None:
    def seen(t: Any) -> list[Any]:
        t.manual_seed(0)
        module = t.nn.Module()
        real = {"dtype": t.float64}  # QR amplifies rounding
        module.weight = t.nn.Parameter(t.randn(*shape, **real))
        orthogonal = t.nn.utils.parametrizations.orthogonal
        orthogonal(module, orthogonal_map=kind, use_trivialization=trivialized)
        states = [named(module)]
        optimizer = t.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (module.weight * t.randn(*shape, **real)).sum().backward()
            states += [p.grad.clone().contiguous() for p in module.parameters()]
            optimizer.step()
        states.append(module.weight.detach().contiguous())
        module.weight = t.randn(*shape, **real)
        return [*states, named(module), module.weight.detach().contiguous(), t.rand(2)]

    if trivialized or kind == "householder" or (kind is None and shape[-1] != shape[-2]):
        assert_same(seen, exact=False)
    else:
        assert_raises_alike(seen)


@pytest.mark.parametrize("kind", ["matrix_exp", "cayley"])
def test_unitary(kind: str) -> None:
    def weight(t: Any) -> Any:
        t.manual_seed(0)
        module = t.nn.Module()
        module.weight = t.nn.Parameter(t.randn(3, 3, dtype=t.complex128))
        t.nn.utils.parametrizations.orthogonal(module, orthogonal_map=kind)
        return module.weight.detach()

    assert_same(weight, exact=False)
    Q = weight(minitorch)
    minitorch.testing.assert_close(Q.mH @ Q, minitorch.eye(3, dtype=Q.dtype))


@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm(dim: int | None) -> None:
    def seen(t: Any) -> list[Any]:
        module = t.nn.utils.parametrizations.weight_norm(linear(t), dim=dim)
        states = [named(module), repr(module), *trained(t, module)]
        older = t.nn.utils.weight_norm(linear(t, 1), dim=dim)
        result = repr(module.load_state_dict(older.state_dict()))
        module.weight = t.ones(3, 3)
        states += [result, named(module)]
        t.nn.utils.parametrize.remove_parametrizations(module, "weight")
        return [*states, named(module)]

    assert_same(seen, exact=False)


SPECTRAL = {
    "Linear": lambda t: (t.nn.Linear(3, 4), t.ones(2, 3), "weight"),
    "bias": lambda t: (t.nn.Linear(3, 4), t.ones(2, 3), "bias"),
    "Conv2d": lambda t: (t.nn.Conv2d(2, 3, 2), t.ones(1, 2, 4, 4), "weight"),
    "ConvTranspose2d": lambda t: (t.nn.ConvTranspose2d(2, 3, 2), t.ones(1, 2, 4, 4), "weight"),
}


@pytest.mark.parametrize(
    "options", [{}, {"n_power_iterations": 3, "eps": 1e-6}, {"dim": -1}], ids=str
)
@pytest.mark.parametrize("layer", SPECTRAL)
def test_spectral_norm(layer: str, options: dict[str, Any]) -> None:
    def seen(t: Any) -> list[Any]:
        t.manual_seed(0)
        module, x, name = SPECTRAL[layer](t)
        t.nn.utils.parametrizations.spectral_norm(module, name, **options)
        states = [named(module), repr(module)]
        for _ in range(3):
            module.zero_grad()
            # Two forwards before backward, as in GANs: the second must not disturb the first.
            (module(x) ** 2 - module(2 * x)).mean().backward()
            states += [p.grad for p in module.parameters()]
        states += [named(module), module.eval()(x).detach()]
        t.nn.utils.parametrize.remove_parametrizations(module, name)
        return [*states, named(module), t.rand(2)]

    assert_same(seen, exact=False)


def test_gradients_flow_through_the_power_method_results() -> None:
    module = minitorch.nn.utils.parametrizations.spectral_norm(linear(minitorch)).double().eval()
    original = module.parametrizations.weight.original

    def weight(x: Any) -> Any:
        state = {"parametrizations.weight.original": x}
        return minitorch.func.functional_call(module, state, minitorch.eye(3).double())

    assert minitorch.autograd.gradcheck(weight, (original.detach().requires_grad_(),))


@pytest.mark.parametrize("kind", ["orthogonal", "weight_norm", "spectral_norm"])
def test_a_batch_of_matrices(kind: str) -> None:
    def seen(t: Any) -> list[Any]:
        t.manual_seed(0)
        layer = t.nn.Bilinear(2, 3, 4).double()
        getattr(t.nn.utils.parametrizations, kind)(layer)
        return [named(layer), layer.weight.detach().contiguous()]

    assert_same(seen, exact=False)
