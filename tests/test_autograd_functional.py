"""autograd.functional and minitorch.func: derivatives of functions; each case run in both libraries."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same

Call = Callable[[Any], Any]


def x_(t: Any) -> Any:
    return t.tensor([1.0, 2.0])


def y_(t: Any) -> Any:
    return t.tensor([3.0, 4.0])


def functional(t: Any) -> Any:
    return t.autograd.functional


def func(t: Any) -> Any:
    return importlib.import_module(f"{t.__name__}.func")


def described(result: Any) -> Any:
    """Values, and which of them require grad."""
    if isinstance(result, tuple):
        return tuple(described(r) for r in result)
    return result.detach(), result.requires_grad


def cube(x: Any) -> Any:
    return (x**3).sum()


def mixed(x: Any, y: Any) -> Any:
    return (x * y * y).sum()


def double(x: Any) -> Any:
    return x * 2


# --------------------------------------------------------------------------- autograd.functional

Product = Callable[[Any, Any, Any, dict[str, bool]], Any]  # of a library, two tensors and options

PRODUCTS: dict[str, Product] = {
    "vjp": lambda t, x, y, o: functional(t).vjp(cube, x, **o),
    "vjp, linear": lambda t, x, y, o: functional(t).vjp(double, x, y, **o),
    "vjp, several": lambda t, x, y, o: functional(t).vjp(
        lambda x, y: (x * y, (x + y).sum()), (x, y), (y, t.tensor(1.0)), **o
    ),
    "vjp, constant": lambda t, x, y, o: functional(t).vjp(lambda x: t.ones(2), x, y, **o),
    "vjp, independent": lambda t, x, y, o: functional(t).vjp(lambda x, y: x * 2, (x, y), x, **o),
    "jvp": lambda t, x, y, o: functional(t).jvp(cube, x, y, **o),
    "jvp, linear": lambda t, x, y, o: functional(t).jvp(double, x, y, **o),
    "jvp, several": lambda t, x, y, o: functional(t).jvp(
        lambda x, y: (x * y, (x + y).sum()), (x, y), (y, x), **o
    ),
    "jvp, constant": lambda t, x, y, o: functional(t).jvp(lambda x: t.ones(2), x, y, **o),
    "jvp, independent": lambda t, x, y, o: functional(t).jvp(
        lambda x, y: x * 2, (x, y), (x, y), **o
    ),
    "jacobian": lambda t, x, y, o: functional(t).jacobian(lambda x: x**2, x, **o),
    "jacobian, linear": lambda t, x, y, o: functional(t).jacobian(double, x, **o),
    "jacobian, several": lambda t, x, y, o: functional(t).jacobian(
        lambda x, y: (x * y, (x + y).sum()), (x, y), **o
    ),
    "jacobian, constant": lambda t, x, y, o: functional(t).jacobian(lambda x: t.ones(2), x, **o),
    "jacobian, independent": lambda t, x, y, o: functional(t).jacobian(
        lambda x, y: x * 2, (x, y), **o
    ),
    "hessian": lambda t, x, y, o: functional(t).hessian(cube, x, **o),
    "hessian, linear": lambda t, x, y, o: functional(t).hessian(lambda x: x.sum(), x, **o),
    "hessian, several": lambda t, x, y, o: functional(t).hessian(mixed, (x, y), **o),
    "hessian, constant": lambda t, x, y, o: functional(t).hessian(lambda x: t.ones(()), x, **o),
    "vhp": lambda t, x, y, o: functional(t).vhp(cube, x, y, **o),
    "vhp, linear": lambda t, x, y, o: functional(t).vhp(lambda x: x.sum(), x, y, **o),
    "vhp, several": lambda t, x, y, o: functional(t).vhp(mixed, (x, y), (y, x), **o),
    "vhp, independent": lambda t, x, y, o: functional(t).vhp(
        lambda x, y: (x * x).sum(), (x, y), (y, x), **o
    ),
    "hvp": lambda t, x, y, o: functional(t).hvp(cube, x, y, **o),
    "hvp, linear": lambda t, x, y, o: functional(t).hvp(lambda x: x.sum(), x, y, **o),
    "hvp, quadratic": lambda t, x, y, o: functional(t).hvp(lambda x: (x * x).sum(), x, y, **o),
    "hvp, several": lambda t, x, y, o: functional(t).hvp(mixed, (x, y), (y, x), **o),
    "hvp, independent": lambda t, x, y, o: functional(t).hvp(
        lambda x, y: (x * x).sum(), (x, y), (y, x), **o
    ),
}


@pytest.mark.parametrize("tracked", [False, True], ids=["constants", "leaves"])
@pytest.mark.parametrize("create_graph", [False, True], ids=["", "graph"])
@pytest.mark.parametrize("strict", [False, True], ids=["", "strict"])
@pytest.mark.parametrize("name", list(PRODUCTS))
def test_functional(name: str, strict: bool, create_graph: bool, tracked: bool) -> None:
    def call(t: Any) -> Any:
        x, y = (v.requires_grad_(tracked) for v in (x_(t), y_(t)))
        options = {"strict": strict, "create_graph": create_graph}
        return described(PRODUCTS[name](t, x, y, options))

    assert_same(call, exact=False)


def test_results_can_be_differentiated() -> None:
    def call(t: Any) -> Any:
        x = x_(t).requires_grad_()
        rows = functional(t).jacobian(lambda x: x**3, x, create_graph=True)
        return t.autograd.grad(rows.square().sum(), x)

    assert_same(call, exact=False)


FUNCTIONAL_ERRORS: dict[str, Call] = {
    "number": lambda t: functional(t).vjp(cube, 3),
    "number among tensors": lambda t: functional(t).vjp(cube, (x_(t), 3)),
    "output is a number": lambda t: functional(t).vjp(lambda x: 3, x_(t)),
    "output is a list": lambda t: functional(t).vjp(lambda x: [x], x_(t), x_(t)),
    "vjp without v": lambda t: functional(t).vjp(double, x_(t)),
    "vjp, v of another shape": lambda t: functional(t).vjp(double, x_(t), t.ones(3)),
    "vjp, v too short": lambda t: functional(t).vjp(lambda x: (x, x * 2), x_(t), x_(t)),
    "vjp, v too long": lambda t: functional(t).vjp(double, x_(t), (x_(t), x_(t))),
    "vjp, entry of another shape": lambda t: functional(t).vjp(
        lambda x: (x * 1, x.sum()), x_(t), (x_(t), x_(t))
    ),
    "vjp, v is a number": lambda t: functional(t).vjp(double, x_(t), 3),
    "jvp without v": lambda t: functional(t).jvp(cube, x_(t)),
    "jvp, v of another shape": lambda t: functional(t).jvp(cube, x_(t), t.ones(3)),
    "vectorize and strict": lambda t: functional(t).jacobian(
        double, x_(t), vectorize=True, strict=True
    ),
    "forward-mode without vectorize": lambda t: functional(t).jacobian(
        double, x_(t), strategy="forward-mode"
    ),
    "forward-mode and create_graph": lambda t: functional(t).jacobian(
        double, x_(t), strategy="forward-mode", create_graph=True
    ),
    "forward-mode and strict": lambda t: functional(t).jacobian(
        double, x_(t), strategy="forward-mode", strict=True
    ),
    "strategy": lambda t: functional(t).jacobian(double, x_(t), strategy="sideways"),
    "hessian, strategy": lambda t: functional(t).hessian(
        cube, x_(t), outer_jacobian_strategy="sideways"
    ),
    "hessian of a vector": lambda t: functional(t).hessian(double, x_(t)),
    "hessian of a tuple": lambda t: functional(t).hessian(lambda x: (cube(x),), x_(t)),
    "vhp of a vector": lambda t: functional(t).vhp(double, x_(t), y_(t)),
    "vhp of a tuple": lambda t: functional(t).vhp(lambda x: (cube(x),), x_(t), y_(t)),
    "vhp without v": lambda t: functional(t).vhp(cube, x_(t)),
    "hvp without v": lambda t: functional(t).hvp(cube, x_(t)),
    "vhp, v too long": lambda t: functional(t).vhp(cube, x_(t), (y_(t), y_(t))),
}


@pytest.mark.parametrize("name", list(FUNCTIONAL_ERRORS))
def test_functional_errors(name: str) -> None:
    assert_raises_alike(FUNCTIONAL_ERRORS[name])


@pytest.mark.parametrize(
    "options", [{"vectorize": True}, {"vectorize": True, "strategy": "forward-mode"}], ids=str
)
def test_other_strategies_give_the_same(options: dict[str, Any]) -> None:
    assert_same(
        lambda t: functional(t).jacobian(lambda x: x**2, x_(t), **options).tolist(), exact=False
    )


# --------------------------------------------------------------------------- minitorch.func

FUNC: dict[str, Call] = {
    "grad": lambda t: func(t).grad(cube)(x_(t)),
    "grad of a leaf": lambda t: func(t).grad(cube)(x_(t).requires_grad_()).requires_grad,
    "grad, argnums": lambda t: func(t).grad(mixed, argnums=(0, 1))(x_(t), y_(t)),
    "grad, last": lambda t: func(t).grad(mixed, argnums=-1)(x_(t), y_(t)),
    "grad, nested": lambda t: func(t).grad(lambda d: cube(d["a"]) + cube(d["b"][0]))(
        {"a": x_(t), "b": [y_(t)]}
    ),
    "grad, aux": lambda t: func(t).grad(lambda x: (cube(x), {"a": x * 2}), has_aux=True)(x_(t)),
    "grad of grad": lambda t: func(t).grad(func(t).grad(lambda x: x**3))(t.tensor(2.0)),
    "grad of grad of grad": lambda t: func(t).grad(func(t).grad(func(t).grad(lambda x: x**4)))(
        t.tensor(2.0)
    ),
    "grad of a constant": lambda t: func(t).grad(lambda x: t.ones(()))(x_(t)),
    "grad, keyword": lambda t: func(t).grad(lambda x, k: (x * k).sum())(x_(t), k=3),
    "grad, closure": lambda t: described(
        (
            (lambda w: func(t).grad(lambda x: (x * x * w).sum())(x_(t)))(y_(t).requires_grad_()),
            func(t).grad(lambda x: (x * x).sum())(x_(t)),
        )
    ),
    "grad in no_grad": lambda t: t.no_grad()(
        lambda: func(t).grad(cube)(x_(t).requires_grad_()).requires_grad
    )(),
    "perturbations do not mix": lambda t: func(t).grad(
        lambda x: x * func(t).grad(lambda y: x * y)(t.tensor(5.0))
    )(t.tensor(3.0)),
    "grad_and_value": lambda t: func(t).grad_and_value(cube)(x_(t)),
    "grad_and_value, aux": lambda t: func(t).grad_and_value(lambda x: (cube(x), x), has_aux=True)(
        x_(t)
    ),
    "vjp": lambda t: (lambda value, product: (value, product(y_(t))))(*func(t).vjp(double, x_(t))),
    "vjp, several": lambda t: func(t).vjp(lambda x, y: (x * y, x * 1), x_(t), y_(t))[1](
        (x_(t), y_(t))
    ),
    "vjp, twice": lambda t: (lambda p: (p(x_(t)), p(y_(t))))(func(t).vjp(lambda x: x**2, x_(t))[1]),
    "vjp, aux": lambda t: func(t).vjp(lambda x: (x * 2, x.sum()), x_(t), has_aux=True)[2],
    "jvp": lambda t: func(t).jvp(cube, (x_(t),), (y_(t),)),
    "jvp, constant": lambda t: func(t).jvp(lambda x: t.ones(2), (x_(t),), (y_(t),)),
    "jvp, nested": lambda t: func(t).jvp(lambda x: (x * 2, {"a": x * x}), (x_(t),), (y_(t),)),
    "jvp, aux": lambda t: func(t).jvp(lambda x: (x * x, x + 1), (x_(t),), (y_(t),), has_aux=True),
    "jvp of grad": lambda t: func(t).jvp(func(t).grad(cube), (x_(t),), (y_(t),)),
    "linearize": lambda t: (lambda value, product: (value, product(y_(t))))(
        *func(t).linearize(lambda x: x.sin(), x_(t))
    ),
    "jacrev": lambda t: func(t).jacrev(lambda x: x**2)(x_(t)),
    "jacfwd": lambda t: func(t).jacfwd(lambda x: x**2)(x_(t)),
    "jacrev, several": lambda t: func(t).jacrev(lambda x: (x**2, x.sum()))(x_(t)),
    "jacrev, nested": lambda t: func(t).jacrev(lambda x, y: {"a": x * y}, argnums=(0, 1))(
        x_(t), y_(t)
    ),
    "jacfwd, nested": lambda t: func(t).jacfwd(lambda x, y: {"a": x * y}, argnums=(0, 1))(
        x_(t), y_(t)
    ),
    "jacrev of a dict": lambda t: func(t).jacrev(lambda d: d["a"] ** 2)({"a": x_(t)}),
    "jacrev, aux": lambda t: func(t).jacrev(lambda x: (x**2, x), has_aux=True)(x_(t)),
    "jacfwd, aux": lambda t: func(t).jacfwd(lambda x: (x**2, x), has_aux=True)(x_(t)),
    "jacrev, matrices": lambda t: func(t).jacrev(lambda x: x @ x.t())(t.ones(2, 3)),
    "jacfwd, matrices": lambda t: func(t).jacfwd(lambda x: x @ x.t())(t.ones(2, 3)),
    "hessian": lambda t: func(t).hessian(cube)(x_(t)),
    "hessian, several": lambda t: func(t).hessian(mixed, argnums=(0, 1))(x_(t), y_(t)),
    "vmap": lambda t: func(t).vmap(double)(t.ones(2, 3)),
    "vmap, in_dims": lambda t: func(t).vmap(lambda x: x.sum(), in_dims=1)(t.ones(2, 3)),
    "vmap, negative in_dims": lambda t: (
        func(t).vmap(lambda x: x * 1, in_dims=-1)(t.ones(2, 3)).tolist()
    ),
    "vmap, out_dims": lambda t: func(t).vmap(lambda x: (x * 1, x.sum()), out_dims=(1, 0))(
        t.ones(2, 3)
    )[1],
    "vmap, negative out_dims": lambda t: func(t).vmap(double, out_dims=-1)(t.ones(2, 3)).tolist(),
    "vmap, shared": lambda t: func(t).vmap(lambda x, y: x * y, in_dims=(0, None))(
        t.ones(2, 3), t.arange(3)
    ),
    "vmap, nested": lambda t: func(t).vmap(lambda d: {"b": [d["a"] * 2]}, in_dims=({"a": 0},))(
        {"a": t.ones(2, 3)}
    ),
    "vmap of vmap": lambda t: func(t).vmap(func(t).vmap(lambda x: x**2))(t.ones(2, 3)),
    "vmap of grad": lambda t: func(t).vmap(func(t).grad(cube))(t.ones(2, 3)),
    "grad of vmap": lambda t: func(t).grad(lambda x: func(t).vmap(cube)(x).sum())(t.ones(2, 3)),
    "vmap, empty": lambda t: func(t).vmap(double)(t.ones(0, 2)),
    "vmap, chunk_size": lambda t: func(t).vmap(double, chunk_size=1)(t.ones(2, 3)),
    "vmap, out_dims None": lambda t: func(t).vmap(
        lambda x, y: (x * 1, y), in_dims=(0, None), out_dims=(0, None)
    )(t.ones(2, 3), y_(t)),
    "vmap, same random numbers": lambda t: (
        t.manual_seed(0),
        func(t).vmap(lambda x: x * t.rand(()), randomness="same")(t.ones(3)),
        t.rand(1),
    )[1:],
    "vmap, different random numbers": lambda t: (
        t.manual_seed(0),
        func(t).vmap(lambda x: x * t.rand(()), randomness="different")(t.ones(3)),
        t.rand(1),
    )[1:],
}


@pytest.mark.parametrize("name", list(FUNC))
def test_func(name: str) -> None:
    assert_same(FUNC[name], exact=False)


FUNC_ERRORS: dict[str, Call] = {
    "grad of a vector": lambda t: func(t).grad(lambda x: x**2)(x_(t)),
    "grad of a tuple": lambda t: func(t).grad(lambda x: (cube(x), 1))(x_(t)),
    "grad of a number": lambda t: func(t).grad(lambda x: 3.0)(x_(t)),
    "grad at a number": lambda t: func(t).grad(cube)(3.0),
    "grad, argnums too large": lambda t: func(t).grad(cube, argnums=3)(x_(t)),
    "grad, no argnums": lambda t: func(t).grad(cube, argnums=())(x_(t)),
    "grad, argnums of a wrong type": lambda t: func(t).grad(cube, argnums="a")(x_(t)),
    "vjp, structure": lambda t: func(t).vjp(lambda x: (x, x * 2), x_(t))[1](x_(t)),
    "vjp, shape": lambda t: func(t).vjp(double, x_(t))[1](t.ones(3)),
    "vjp of a number": lambda t: func(t).vjp(lambda x: 3, x_(t)),
    "jvp, no tuple": lambda t: func(t).jvp(cube, x_(t), x_(t)),
    "jvp, structure": lambda t: func(t).jvp(cube, (x_(t),), (x_(t), x_(t))),
    "jvp, shape": lambda t: func(t).jvp(cube, (x_(t),), (t.ones(3),)),
    "jvp of a number": lambda t: func(t).jvp(lambda x: 3, (x_(t),), (x_(t),)),
    "jvp, nothing": lambda t: func(t).jvp(cube, (), ()),
    "jvp, strict": lambda t: func(t).jvp(lambda x: t.ones(2), (x_(t),), (x_(t),), strict=True),
    "vmap, nothing": lambda t: func(t).vmap(double)(),
    "vmap, in_dims None": lambda t: func(t).vmap(double, in_dims=None)(t.ones(2)),
    "vmap, in_dims too long": lambda t: func(t).vmap(double, in_dims=(0, 0))(t.ones(2)),
    "vmap, in_dims of a wrong type": lambda t: func(t).vmap(double, in_dims="a")(t.ones(2)),
    "vmap, in_dims too large": lambda t: func(t).vmap(double, in_dims=3)(t.ones(2, 2)),
    "vmap of a scalar": lambda t: func(t).vmap(double)(t.tensor(1.0)),
    "vmap of a number": lambda t: func(t).vmap(double)(3),
    "vmap, sizes": lambda t: func(t).vmap(lambda x, y: x)(t.ones(2), t.ones(3)),
    "vmap, a number returned": lambda t: func(t).vmap(lambda x: 3)(t.ones(2)),
    "vmap, out_dims": lambda t: func(t).vmap(double, out_dims=(0, 0))(t.ones(2)),
    "vmap, out_dims too large": lambda t: func(t).vmap(double, out_dims=5)(t.ones(2, 3)),
    "vmap, random": lambda t: func(t).vmap(lambda x: x * t.rand(()))(t.ones(2)),
    "vmap, randomness": lambda t: func(t).vmap(double, randomness="some")(t.ones(2)),
    "vmap, chunk_size": lambda t: func(t).vmap(double, chunk_size=0)(t.ones(2)),
}


@pytest.mark.parametrize("name", list(FUNC_ERRORS))
def test_func_errors(name: str) -> None:
    assert_raises_alike(FUNC_ERRORS[name])


# --------------------------------------------------------------------------- functional_call


def linear(t: Any) -> tuple[Any, dict[str, Any]]:
    module = t.nn.Linear(2, 1)
    return module, {name: t.ones_like(p) for name, p in module.named_parameters()}


def tied(t: Any) -> Any:
    class Tied(t.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.a = t.nn.Parameter(t.ones(2))
            self.b = self.a

        def forward(self, x: Any) -> Any:
            return x + self.a + self.b

    return Tied()


def call_linear(t: Any, state: Any, *args: Any, **options: Any) -> Any:
    return func(t).functional_call(linear(t)[0], state(linear(t)[1]), *args, **options)


CALLS: dict[str, Call] = {
    "all": lambda t: call_linear(t, lambda s: s, x_(t)),
    "arguments": lambda t: call_linear(t, lambda s: s, (x_(t),)),
    "keywords": lambda t: call_linear(t, lambda s: s, kwargs={"input": x_(t)}),
    "two dicts": lambda t: call_linear(
        t, lambda s: ({"weight": s["weight"]}, {"bias": s["bias"]}), x_(t)
    ),
    "strict": lambda t: call_linear(t, lambda s: s, x_(t), strict=True),
    "tied": lambda t: func(t).functional_call(tied(t), {"a": t.zeros(2)}, x_(t)),
    "untied": lambda t: (
        func(t).functional_call(tied(t), {"a": t.zeros(2)}, x_(t), tie_weights=False).detach()
    ),
    "gradient": lambda t: func(t).grad(
        lambda s: func(t).functional_call(linear(t)[0], s, x_(t)).square().sum()
    )(linear(t)[1]),
    "ensemble": lambda t: func(t).vmap(
        lambda s, x: func(t).functional_call(linear(t)[0], s, x), in_dims=(0, None)
    )({name: t.stack([p, 2 * p]) for name, p in linear(t)[1].items()}, x_(t)),
    "stacked": lambda t: [
        {k: (tuple(v.shape), v.requires_grad, v.is_leaf) for k, v in state.items()}
        for state in func(t).stack_module_state([t.nn.BatchNorm1d(2), t.nn.BatchNorm1d(2)])
    ],
}


@pytest.mark.parametrize("name", list(CALLS))
def test_functional_call(name: str) -> None:
    assert_same(CALLS[name], exact=False)


CALL_ERRORS: dict[str, Call] = {
    "unexpected": lambda t: call_linear(t, lambda s: {"foo": x_(t)}, x_(t), strict=True),
    "missing": lambda t: call_linear(t, lambda s: {"weight": s["weight"]}, x_(t), strict=True),
    "repeated": lambda t: call_linear(t, lambda s: (s, s), x_(t)),
    "no dict": lambda t: call_linear(t, lambda s: 3, x_(t)),
    "no tensor": lambda t: call_linear(t, lambda s: {"weight": 3}, x_(t)),
    "tied twice": lambda t: func(t).functional_call(
        tied(t), {"a": t.zeros(2), "b": t.ones(2)}, x_(t)
    ),
    "stack nothing": lambda t: func(t).stack_module_state([]),
    "stack two kinds": lambda t: func(t).stack_module_state([t.nn.ReLU(), t.nn.Tanh()]),
    "stack two modes": lambda t: func(t).stack_module_state([t.nn.ReLU(), t.nn.ReLU().eval()]),
}


@pytest.mark.parametrize("name", list(CALL_ERRORS))
def test_functional_call_errors(name: str) -> None:
    assert_raises_alike(CALL_ERRORS[name])


def test_the_module_is_left_as_it_was() -> None:
    module, state = linear(minitorch)
    weight = module.weight
    minitorch.func.functional_call(module, state, x_(minitorch))
    with pytest.raises(RuntimeError):
        minitorch.func.functional_call(module, state, minitorch.ones(7))
    assert module.weight is weight
