"""Activation checkpointing: the same gradients from a second run; each case run in both libraries."""

from __future__ import annotations

import contextlib
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch.utils.checkpoint  # noqa: F401 (torch does not import it by itself)

import minitorch
from tests.parity import assert_raises_alike, assert_same

Call = Callable[[Any, bool], Any]
CASES: dict[str, Call] = {}


def case(function: Call) -> Call:
    CASES[function.__name__.replace("_", " ")] = function
    return function


def leaf(t: Any) -> Any:
    return t.tensor([1.0, 2.0], requires_grad=True)


def checkpoint(t: Any, *args: Any, **options: Any) -> Any:
    return t.utils.checkpoint.checkpoint(*args, **options)


@case
def the_function_runs_twice(t: Any, reentrant: bool) -> Any:
    runs = 0

    def f(x: Any) -> Any:
        nonlocal runs
        runs += 1
        return (x * x).exp().sin()

    x = leaf(t)
    y = checkpoint(t, f, x, use_reentrant=reentrant)
    y.sum().backward()
    return y.detach(), x.grad, runs


@case
def random_numbers_are_the_same(t: Any, reentrant: bool) -> Any:
    t.manual_seed(0)
    x = leaf(t)
    y = checkpoint(t, lambda x: t.nn.functional.dropout(x * x, 0.5) * x, x, use_reentrant=reentrant)
    y.sum().backward()
    return y.detach(), x.grad, t.rand(1)


@case
def random_numbers_go_on(t: Any, reentrant: bool) -> Any:
    t.manual_seed(0)
    x = leaf(t)
    y = checkpoint(
        t,
        lambda x: t.nn.functional.dropout(x * x, 0.5) * x,
        x,
        use_reentrant=reentrant,
        preserve_rng_state=False,
    )
    y.sum().backward()
    return y.detach(), x.grad, t.rand(1)


@case
def a_retained_graph_runs_again(t: Any, reentrant: bool) -> Any:
    runs = 0

    def f(x: Any) -> Any:
        nonlocal runs
        runs += 1
        return (x * x).exp() * x

    x = leaf(t)
    y = checkpoint(t, f, x, use_reentrant=reentrant).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad, runs


@case
def gradients_are_returned(t: Any, reentrant: bool) -> Any:
    x = leaf(t)
    y = checkpoint(t, lambda x: (x * x).exp(), x, use_reentrant=reentrant).sum()
    return t.autograd.grad(y, x)


@case
def second_derivatives(t: Any, reentrant: bool) -> Any:
    x = leaf(t)
    y = checkpoint(t, lambda x: (x * x).exp(), x, use_reentrant=reentrant).sum()
    (g,) = t.autograd.grad(y, x, create_graph=True)
    return t.autograd.grad(g.sum(), x)


@case
def backward_to_inputs(t: Any, reentrant: bool) -> Any:
    x = leaf(t)
    y = checkpoint(t, lambda x: (x * x).exp(), x, use_reentrant=reentrant).sum()
    y.backward(inputs=[x])
    return x.grad


@case
def keyword_arguments(t: Any, reentrant: bool) -> Any:
    return checkpoint(t, lambda x, k=1: x * k, leaf(t), use_reentrant=reentrant, k=3).detach()


@case
def several_inputs_and_outputs(t: Any, reentrant: bool) -> Any:
    x, z = leaf(t), leaf(t)
    a, b = checkpoint(t, lambda x, k, z: (x * z * k, z * 1), x, 3, z, use_reentrant=reentrant)
    (a + b).sum().backward()
    return a.detach(), x.grad, z.grad


@case
def an_unused_output(t: Any, reentrant: bool) -> Any:
    x = leaf(t)
    a, _ = checkpoint(t, lambda x: (x * x, x.exp()), x, use_reentrant=reentrant)
    a.sum().backward()
    return x.grad


@case
def nested(t: Any, reentrant: bool) -> Any:
    runs = [0, 0]

    def inner(x: Any) -> Any:
        runs[1] += 1
        return (x * x).exp()

    def outer(x: Any) -> Any:
        runs[0] += 1
        return checkpoint(t, inner, x.sin(), use_reentrant=reentrant) * x

    x = leaf(t)
    checkpoint(t, outer, x, use_reentrant=reentrant).sum().backward()
    return x.grad, runs


@case
def a_changed_argument(t: Any, reentrant: bool) -> Any:
    a = leaf(t) * 1
    y = checkpoint(t, lambda a: (a * a).exp(), a, use_reentrant=reentrant)
    a.add_(1)
    y.sum().backward()


@case
def parameters_of_a_module(t: Any, reentrant: bool) -> Any:
    t.manual_seed(0)
    module = t.nn.Linear(2, 2)
    checkpoint(t, lambda x: module(x).tanh(), leaf(t), use_reentrant=reentrant).sum().backward()
    return module.weight.grad


@case
def only_parameters_need_gradients(t: Any, reentrant: bool) -> Any:
    module = t.nn.Linear(2, 2)
    return checkpoint(t, module, t.ones(2), use_reentrant=reentrant).requires_grad


@case
def fused_operations(t: Any, reentrant: bool) -> Any:
    x = t.arange(12.0).reshape(1, 3, 4).requires_grad_()
    y = checkpoint(
        t,
        lambda x: t.nn.functional.layer_norm(x, (4,)).softmax(-1).square(),
        x,
        use_reentrant=reentrant,
    )
    (y * t.arange(4.0)).sum().backward()
    return x.grad


def network(t: Any) -> Any:
    t.manual_seed(0)
    nn = t.nn
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 1))


@case
def sequential(t: Any, reentrant: bool) -> Any:
    module, x = network(t), leaf(t)
    t.utils.checkpoint.checkpoint_sequential(module, 2, x, use_reentrant=reentrant).sum().backward()
    return x.grad, module[0].weight.grad


@case
def sequential_in_one_segment(t: Any, reentrant: bool) -> Any:
    x = leaf(t)
    y = t.utils.checkpoint.checkpoint_sequential(
        [t.nn.Tanh(), t.nn.Sigmoid()], 1, x, use_reentrant=reentrant
    )
    y.sum().backward()
    return x.grad


@case
def under_no_grad(t: Any, reentrant: bool) -> Any:
    with t.no_grad():
        return checkpoint(t, lambda x: x * x, leaf(t), use_reentrant=reentrant)


@case
def an_error_in_the_function(t: Any, reentrant: bool) -> Any:
    def f(x: Any) -> Any:
        raise ValueError("broken")

    return checkpoint(t, f, leaf(t), use_reentrant=reentrant)


@pytest.mark.parametrize("reentrant", [True, False], ids=["reentrant", ""])
@pytest.mark.parametrize("name", list(CASES))
def test_checkpoint(name: str, reentrant: bool) -> None:
    assert_same(lambda t: CASES[name](t, reentrant), exact=False)


def different(t: Any, kind: str, **options: Any) -> Any:
    """A function whose second run saves something else."""
    runs = 0

    def f(x: Any) -> Any:
        nonlocal runs
        runs += 1
        if kind == "more":
            return (x * x).exp() if runs == 1 else (x * x).exp().sin()
        if kind == "fewer":
            return (x * x).exp().sin() if runs == 1 else x * x
        return ((x * x) if runs == 1 else (x[:1] * x[:1])).exp().sum()

    x = leaf(t)
    checkpoint(t, f, x, use_reentrant=False, **options).sum().backward()
    return x.grad


REFUSED: dict[str, Callable[[Any], Any]] = {
    "more": lambda t: different(t, "more", early_stop=False),
    "fewer": lambda t: different(t, "fewer"),
    "fewer, no early stop": lambda t: different(t, "fewer", early_stop=False),
    "other shapes": lambda t: different(t, "shape"),
    "debug": lambda t: checkpoint(t, lambda x: x, leaf(t), use_reentrant=True, debug=True),
    "determinism check": lambda t: checkpoint(
        t, lambda x: x, leaf(t), use_reentrant=False, determinism_check="some"
    ),
    "keyword": lambda t: t.utils.checkpoint.checkpoint_sequential(
        [t.nn.Tanh()], 1, leaf(t), use_reentrant=True, foo=3
    ),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_checkpoint_errors(name: str) -> None:
    assert_raises_alike(REFUSED[name])


@pytest.mark.parametrize("options", [{}, {"determinism_check": "none"}], ids=str)
def test_what_a_second_run_may_do(options: dict[str, str]) -> None:
    kind = "shape" if options else "more"  # the run stops before it does more
    assert_same(lambda t: different(t, kind, **options), exact=False)


@pytest.mark.parametrize("early_stop", [True, False])
@pytest.mark.parametrize("overruled", [True, False])
def test_early_stop(early_stop: bool, overruled: bool) -> None:
    def call(t: Any) -> Any:
        reached = []

        def f(x: Any) -> Any:
            y = (x * x).exp()
            reached.append(1)
            y = y + 1
            reached.append(2)
            return y

        overrule = t.utils.checkpoint.set_checkpoint_early_stop(False)
        with overrule if overruled else contextlib.nullcontext():
            y = checkpoint(t, f, leaf(t), use_reentrant=False, early_stop=early_stop)
        y.sum().backward()
        return reached

    assert_same(call)


def test_contexts_of_both_runs() -> None:
    def call(t: Any) -> Any:
        log = []

        @contextlib.contextmanager
        def note(name: str) -> Iterator[None]:
            log.append(name)
            yield

        y = checkpoint(
            t,
            lambda x: (x * x).exp(),
            leaf(t),
            use_reentrant=False,
            context_fn=lambda: (note("first"), note("second")),
        )
        y.sum().backward()
        return log

    assert_same(call)


def test_use_reentrant_should_be_given() -> None:
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        checkpoint(minitorch, lambda x: x * x, leaf(minitorch))
    with pytest.warns(UserWarning, match="use_reentrant parameter should be passed explicitly"):
        minitorch.utils.checkpoint.checkpoint_sequential([minitorch.nn.Tanh()], 1, leaf(minitorch))


@pytest.mark.parametrize("reentrant", [True, False])
def test_activations_are_not_kept(reentrant: bool) -> None:
    arrays: list[Any] = []

    def f(x: Any) -> Any:
        h = x.exp()
        arrays.append(weakref.ref(h._array))
        return (h * h).sin()

    gc.disable()
    try:
        y = checkpoint(minitorch, f, leaf(minitorch), use_reentrant=reentrant)
        assert arrays[0]() is None
        y.sum().backward()
        assert [array() for array in arrays] == [None, None]
    finally:
        gc.enable()
