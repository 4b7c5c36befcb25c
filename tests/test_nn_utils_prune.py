"""Pruning beside torch: masks, gradients, several prunings of one tensor, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.utils.prune

import minitorch
import minitorch.nn.utils.prune
from tests.parity import assert_same


def prune(t: Any) -> Any:
    return t.nn.utils.prune


def linear(t: Any, seed: int = 0) -> Any:
    t.manual_seed(seed)
    return t.nn.Linear(5, 4)


def named(module: Any) -> dict[str, Any]:
    return {name: x.detach() for name, x in module.state_dict().items()}


METHODS: dict[str, Callable[[Any, Any], Any]] = {
    "identity": lambda t, m: prune(t).identity(m, "weight"),
    "random, fraction": lambda t, m: prune(t).random_unstructured(m, "weight", 0.3),
    "random, number": lambda t, m: prune(t).random_unstructured(m, "weight", 4),
    "random, nothing": lambda t, m: prune(t).random_unstructured(m, "weight", 0.0),
    "random, everything left": lambda t, m: prune(t).random_unstructured(m, "weight", 1.0),
    "l1, fraction": lambda t, m: prune(t).l1_unstructured(m, "weight", 0.3),
    "l1, number": lambda t, m: prune(t).l1_unstructured(m, "weight", 3),
    "l1, scores": lambda t, m: prune(t).l1_unstructured(
        m, "weight", 3, importance_scores=t.arange(20.0).view(4, 5)
    ),
    "random rows": lambda t, m: prune(t).random_structured(m, "weight", 0.3, 0),
    "random columns": lambda t, m: prune(t).random_structured(m, "weight", 1, -1),
    "rows by norm": lambda t, m: prune(t).ln_structured(m, "weight", 0.25, 2, 0),
    "columns by norm": lambda t, m: prune(t).ln_structured(m, "weight", 1, float("-inf"), -1),
    "rows by scores": lambda t, m: prune(t).ln_structured(
        m, "weight", 1, 1, 0, importance_scores=t.arange(20.0).view(4, 5)
    ),
    "no rows": lambda t, m: prune(t).ln_structured(m, "weight", 0, 1, 0),
    "mask": lambda t, m: prune(t).custom_from_mask(m, "weight", t.eye(4, 5)),
    "bias": lambda t, m: prune(t).l1_unstructured(m, "bias", 2),
}


def life(t: Any, *methods: str) -> list[Any]:
    """Prune, train and make the pruning permanent."""
    module = linear(t)
    seen: list[Any] = []
    for method in methods:
        METHODS[method](t, module)
        seen += [named(module), prune(t).is_pruned(t.nn.Sequential(module))]
    seen.append([type(hook).__name__ for hook in module._forward_pre_hooks.values()])
    optimizer = t.optim.SGD(module.parameters(), lr=0.05, weight_decay=0.1)
    for _ in range(10):
        loss = (module(t.randn(3, 5)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen += [loss.detach(), *[p.grad for p in module.parameters()]]
    for name in dict.fromkeys("bias" if method == "bias" else "weight" for method in methods):
        prune(t).remove(module, name)
    seen += [named(module), [name for name, _ in module.named_parameters()]]
    return [*seen, prune(t).is_pruned(module), t.rand(2)]


@pytest.mark.parametrize("method", METHODS)
def test_method(method: str) -> None:
    assert_same(lambda t: life(t, method), exact=False)


@pytest.mark.parametrize(
    "methods",
    [
        ("random, fraction", "random, fraction", "random, number"),
        ("l1, fraction", "l1, number"),
        ("l1, number", "rows by norm"),
        ("rows by norm", "random rows"),
        ("random columns", "columns by norm", "l1, fraction"),
        ("mask", "random, nothing"),
        ("l1, fraction", "mask"),
        ("identity", "l1, number", "bias"),
    ],
    ids=str,
)
def test_several(methods: tuple[str, ...]) -> None:
    assert_same(lambda t: life(t, *methods), exact=False)


def network(t: Any) -> tuple[Any, list[Any]]:
    t.manual_seed(0)
    net = t.nn.Sequential(t.nn.Linear(5, 4), t.nn.ReLU(), t.nn.Linear(4, 2))
    return net, [(net[0], "weight"), (net[2], "weight"), (net[2], "bias")]


def globally(t: Any, *rounds: tuple[str, dict[str, Any]]) -> list[Any]:
    net, parameters = network(t)
    for method, options in rounds:
        prune(t).global_unstructured(parameters, getattr(prune(t), method), **options)
    return [named(net), net(t.ones(5)).detach(), t.rand(1)]


GLOBAL: dict[str, Callable[[Any], Any]] = {
    "l1": lambda t: globally(t, ("L1Unstructured", {"amount": 0.4})),
    "l1, then random": lambda t: globally(
        t, ("L1Unstructured", {"amount": 7}), ("RandomUnstructured", {"amount": 0.5})
    ),
    "too much": lambda t: globally(t, ("L1Unstructured", {"amount": 31})),
    "structured": lambda t: globally(t, ("RandomStructured", {"amount": 1})),
    "no iterable": lambda t: prune(t).global_unstructured(3, prune(t).L1Unstructured, amount=1),
    "scores are no dict": lambda t: prune(t).global_unstructured(
        network(t)[1], prune(t).L1Unstructured, importance_scores=3, amount=1
    ),
}


def with_scores(t: Any) -> dict[str, Any]:
    net, parameters = network(t)
    scores = {parameters[0]: t.arange(20.0).view(4, 5)}
    prune(t).global_unstructured(parameters, prune(t).L1Unstructured, scores, amount=6)
    return named(net)


@pytest.mark.parametrize("name", GLOBAL)
def test_global(name: str) -> None:
    # torch's message names its class.
    assert_same(GLOBAL[name], exact=False, words=name != "structured")


def test_global_with_scores() -> None:
    assert_same(with_scores)


def container(t: Any, *names: str) -> Any:
    methods = []
    for name in names:
        method = prune(t).Identity()
        method._tensor_name = name
        methods.append(method)
    result = prune(t).PruningContainer(methods[0])
    for method in methods[1:]:
        result.add_pruning_method(method)
    return len(result), [type(m).__name__ for m in result], type(result[0]).__name__


def custom(t: Any, kind: str) -> Any:
    class Method(prune(t).BasePruningMethod):  # type: ignore[misc]
        PRUNING_TYPE = kind

        def compute_mask(self, x: Any, default_mask: Any) -> Any:
            return default_mask * (x > 0)

    module = linear(t)
    Method.apply(module, "weight")
    Method.apply(module, "weight")
    return named(module)


OTHERS: dict[str, Callable[[Any], Any]] = {
    "prune a tensor": lambda t: prune(t).L1Unstructured(2).prune(t.arange(5.0) - 2),
    "prune with a mask": lambda t: (
        prune(t).L1Unstructured(2).prune(t.arange(5.0) - 2, t.tensor([0.0, 1, 1, 1, 1]))
    ),
    "prune with scores": lambda t: (
        prune(t).L1Unstructured(2).prune(t.arange(5.0), importance_scores=-t.arange(5.0))
    ),
    "scores of another shape": lambda t: (
        prune(t).L1Unstructured(2).prune(t.arange(5.0), importance_scores=t.ones(2))
    ),
    "scores of another shape, module": lambda t: prune(t).l1_unstructured(
        linear(t), "weight", 1, importance_scores=t.ones(2)
    ),
    "container": lambda t: container(t, "weight", "weight"),
    "container, another name": lambda t: container(t, "weight", "bias"),
    "container of 3": lambda t: prune(t).PruningContainer(3),
    "abstract": lambda t: prune(t).BasePruningMethod(),
    "not pruned": lambda t: prune(t).is_pruned(linear(t)),
    "remove nothing": lambda t: prune(t).remove(linear(t), "weight"),
    "no parameter": lambda t: prune(t).l1_unstructured(linear(t), "gain", 1),
    "mask of another shape": lambda t: prune(t).custom_from_mask(linear(t), "weight", t.ones(2)),
    "structured bias": lambda t: prune(t).ln_structured(linear(t), "bias", 1, 1, 0),
    "structured dim": lambda t: prune(t).random_structured(linear(t), "weight", 1, 2),
    **{f"custom, {k}": lambda t, k=k: custom(t, k) for k in ("unstructured", "global")},
    "custom, structured without dim": lambda t: custom(t, "structured"),
    "custom, unknown": lambda t: custom(t, "other"),
    **{
        f"{name}, {amount}": lambda t, name=name, amount=amount: getattr(prune(t), name)(amount)
        for name in ("L1Unstructured", "RandomStructured")
        for amount in (-1, 1.5, -0.1, "half", None)
    },
    "more than there are": lambda t: prune(t).l1_unstructured(linear(t), "weight", 21),
    "more rows than there are": lambda t: prune(t).random_structured(linear(t), "weight", 5, 0),
}

# torch's message prints the container with its address.
OTHER_WORDS = {"container, another name"}


@pytest.mark.parametrize("name", OTHERS)
def test_others(name: str) -> None:
    assert_same(OTHERS[name], words=name not in OTHER_WORDS)


def test_an_error_leaves_the_module_alone() -> None:
    module = linear(minitorch)
    weight = module.weight
    with pytest.raises(AssertionError):
        prune(minitorch).custom_from_mask(module, "weight", minitorch.ones(2))
    assert list(module.state_dict()) == ["bias", "weight"]
    assert module.weight is weight


def test_states_are_exchanged() -> None:
    ours = prune(minitorch).l1_unstructured(linear(minitorch), "weight", 0.5)
    theirs = prune(torch).l1_unstructured(linear(torch), "weight", 0.5)
    ours.load_state_dict(
        {k: minitorch.from_numpy(v.numpy()) for k, v in theirs.state_dict().items()}
    )
    assert_same(lambda t: named(ours if t is minitorch else theirs))
