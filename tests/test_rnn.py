"""Recurrent layers against torch: outputs, gradients, second derivatives, weights, dropout."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

LIBRARIES = (minitorch, torch)
KINDS = ("RNN", "LSTM", "GRU", "RELU")


def make(library: Any, kind: str, *args: Any, **kwargs: Any) -> Any:
    if kind == "RELU":
        return library.nn.RNN(*args, nonlinearity="relu", **kwargs)
    return getattr(library.nn, kind)(*args, **kwargs)


def states_of(result: Any) -> list[Any]:
    """The output and the last states, in one list."""
    output, state = result
    return [output, *(state if isinstance(state, tuple) else (state,))]


def as_torch(x: Any) -> torch.Tensor:
    return torch.from_numpy(np.array(x.detach().numpy()))


def assert_close(ours: Any, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(as_torch(ours), theirs.detach())


def assert_same_bits(ours: Any, theirs: torch.Tensor) -> None:
    torch.testing.assert_close(as_torch(ours), theirs.detach(), rtol=0, atol=0)


def run(
    library: Any,
    kind: str,
    dtype: str,
    shape: tuple[int, ...],
    with_state: bool,
    second: bool = False,
    only: int | None = None,
    **options: Any,
) -> dict[str, list[Any]]:
    """One layer's outputs and gradients, from weights and inputs that depend on the seed alone."""
    library.manual_seed(5)
    layer = make(library, kind, 3, 4, dtype=getattr(library, dtype), **options)
    rng = np.random.default_rng(0)

    def tensor(*sizes: int) -> Any:
        return library.from_numpy(rng.standard_normal(sizes).astype(dtype)).requires_grad_()

    inputs = [tensor(*shape)]
    state = None
    if with_state:
        batch = shape[0] if options.get("batch_first") else shape[1]
        directions = 2 if options.get("bidirectional") else 1
        sizes = (
            options.get("num_layers", 1) * directions,
            *([batch] if len(shape) == 3 else []),
            4,
        )
        inputs += [tensor(*sizes) for _ in range(2 if kind == "LSTM" else 1)]
        state = tuple(inputs[1:]) if kind == "LSTM" else inputs[1]
    results = states_of(layer(inputs[0], state))
    used = results if only is None else [results[only]]
    seeds = [library.from_numpy(rng.uniform(0.5, 1.5, tuple(r.shape)).astype(dtype)) for r in used]
    leaves = [*inputs, *layer.parameters()]
    if not second:
        library.autograd.backward(used, seeds)
        return {"outputs": results, "grads": [leaf.grad for leaf in leaves]}
    scalar = sum((r * r * s).sum() for r, s in zip(used, seeds, strict=True))
    first = library.autograd.grad(scalar, leaves, create_graph=True)
    total = sum(
        (g * library.from_numpy(rng.uniform(0.5, 1.5, tuple(g.shape)))).sum() for g in first
    )
    return {"first": list(first), "second": list(library.autograd.grad(total, leaves))}


def compare(
    kind: str, dtype: str, shape: tuple[int, ...], with_state: bool, **options: Any
) -> None:
    ours, theirs = (run(lib, kind, dtype, shape, with_state, **options) for lib in LIBRARIES)
    for name in theirs:
        for a, b in zip(ours[name], theirs[name], strict=True):
            assert (a is None) == (b is None)
            if b is not None:
                assert_close(a, b)


OPTIONS = [
    dict(zip(("num_layers", "bidirectional", "batch_first", "bias"), values, strict=True))
    for values in itertools.product((1, 2), (False, True), (False, True), (True, False))
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(str(v) for v in o.values()))
@pytest.mark.parametrize("kind", KINDS)
def test_outputs_and_gradients(kind: str, options: dict[str, Any]) -> None:
    compare(kind, "float32", (5, 6, 3), True, **options)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("with_state", [False, True])
@pytest.mark.parametrize("shape", [(5, 6, 3), (5, 3), (1, 2, 3), (1, 1, 3)])
def test_shapes(kind: str, shape: tuple[int, ...], with_state: bool) -> None:
    compare(kind, "float64", shape, with_state)
    compare(kind, "float64", shape, with_state, bidirectional=True, num_layers=2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("only", [0, 1])
def test_a_loss_may_use_one_result_alone(kind: str, only: int) -> None:
    compare(kind, "float64", (5, 6, 3), True, only=only, num_layers=2)


@pytest.mark.parametrize("kind", KINDS)
def test_second_derivative(kind: str) -> None:
    compare(kind, "float64", (3, 2, 3), True, second=True)
    compare(kind, "float64", (3, 2, 3), True, second=True, bidirectional=True, num_layers=2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_backward_gives_the_same(kind: str) -> None:
    layer = make(minitorch, kind, 3, 4)
    loss = layer(minitorch.randn(5, 2, 3))[0].sum()
    loss.backward(retain_graph=True)
    once = [p.grad.clone() for p in layer.parameters()]
    loss.backward()
    for before, parameter in zip(once, layer.parameters(), strict=True):
        assert minitorch.equal(before * 2, parameter.grad)


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_between_layers_draws_the_same(kind: str) -> None:
    for train in (True, False):
        results = []
        for library in LIBRARIES:
            library.manual_seed(1)
            layer = make(library, kind, 3, 8, num_layers=3, dropout=0.4, bidirectional=True)
            layer.train(train)
            x = library.randn(7, 5, 3)
            results.append((*states_of(layer(x)), library.rand(3)))
        for a, b in zip(*results, strict=True):
            assert_close(a, b)
        assert_same_bits(results[0][-1], results[1][-1])  # the stream went on equally far


@pytest.mark.parametrize("kind", KINDS)
def test_initial_weights_and_state_dict(kind: str) -> None:
    weights = []
    for library in LIBRARIES:
        library.manual_seed(3)
        layer = make(library, kind, 5, 7, num_layers=2, bidirectional=True)
        weights.append(layer.state_dict())
    assert list(weights[0]) == list(weights[1])
    for name, theirs in weights[1].items():
        assert_same_bits(weights[0][name], theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_repr(kind: str) -> None:
    options = {"num_layers": 2, "bias": False, "batch_first": True, "bidirectional": True}
    assert repr(make(minitorch, kind, 5, 7)) == repr(make(torch, kind, 5, 7))
    ours, theirs = (make(lib, kind, 5, 7, dropout=0.1, **options) for lib in LIBRARIES)
    assert repr(ours) == repr(theirs)


CELLS = ("RNNCell", "LSTMCell", "GRUCell")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("with_state", [True, False])
@pytest.mark.parametrize("kind", CELLS)
def test_cells(kind: str, with_state: bool, batched: bool, bias: bool) -> None:
    results = []
    for library in LIBRARIES:
        library.manual_seed(2)
        cell = getattr(library.nn, kind)(3, 4, bias=bias)
        lead = (5,) if batched else ()
        x = library.randn(*lead, 3).requires_grad_()
        state: Any = None
        if with_state:
            state = library.randn(*lead, 4)
            state = (state, library.randn(*lead, 4)) if kind == "LSTMCell" else state
        out = cell(x, state)
        outs = list(out) if isinstance(out, tuple) else [out]
        sum((o * o).sum() for o in outs).backward()
        results.append([*outs, x.grad, *(p.grad for p in cell.parameters())])
    for a, b in zip(*results, strict=True):
        assert_close(a, b)


def test_cell_repr() -> None:
    for library_call in (
        lambda t: t.nn.RNNCell(2, 3, nonlinearity="relu"),
        lambda t: t.nn.LSTMCell(2, 3, bias=False),
        lambda t: t.nn.GRUCell(2, 3),
    ):
        assert repr(library_call(minitorch)) == repr(library_call(torch))


ERRORS = {
    "input dimensions": lambda t: t.nn.LSTM(3, 4)(t.zeros(2)),
    "RNN input dimensions": lambda t: t.nn.RNN(3, 4)(t.zeros(2)),
    "GRU input dimensions": lambda t: t.nn.GRU(3, 4)(t.zeros(2, 2, 2, 3)),
    "input size": lambda t: t.nn.LSTM(3, 4)(t.zeros(2, 2, 5)),
    "input dtype": lambda t: t.nn.LSTM(3, 4)(t.zeros(2, 2, 3, dtype=t.float64)),
    "hidden size": lambda t: t.nn.GRU(3, 4)(t.zeros(2, 2, 3), t.zeros(1, 2, 5)),
    "lstm hidden size": lambda t: t.nn.LSTM(3, 4)(
        t.zeros(2, 2, 3), (t.zeros(1, 2, 4), t.zeros(1, 3, 4))
    ),
    "hidden dimensions": lambda t: t.nn.GRU(3, 4)(t.zeros(2, 2, 3), t.zeros(1, 4)),
    "unbatched hidden dimensions": lambda t: t.nn.GRU(3, 4)(t.zeros(2, 3), t.zeros(1, 1, 4)),
    "lstm hidden dimensions": lambda t: t.nn.LSTM(3, 4)(
        t.zeros(2, 2, 3), (t.zeros(1, 4), t.zeros(1, 4))
    ),
    "empty sequence": lambda t: t.nn.GRU(3, 4)(t.zeros(0, 2, 3)),
    "dropout": lambda t: t.nn.LSTM(3, 4, dropout=1.5),
    "dropout type": lambda t: t.nn.LSTM(3, 4, dropout=True),
    "nonlinearity": lambda t: t.nn.RNN(3, 4, nonlinearity="gelu"),
    "layers": lambda t: t.nn.RNN(3, 4, num_layers=0),
    "hidden size 0": lambda t: t.nn.RNN(3, 0),
    "hidden size type": lambda t: t.nn.RNN(3, 4.0),
    "bias type": lambda t: t.nn.GRU(3, 4, bias=1),
    "proj_size": lambda t: t.nn.GRU(3, 4, proj_size=2),
    "cell input": lambda t: t.nn.GRUCell(3, 4)(t.zeros(2, 2, 3)),
    "cell hidden": lambda t: t.nn.GRUCell(3, 4)(t.zeros(2, 3), t.zeros(2, 2, 4)),
    "lstm cell hidden": lambda t: t.nn.LSTMCell(3, 4)(
        t.zeros(2, 3), (t.zeros(2, 4), t.zeros(1, 2, 4))
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    raised = []
    for library in LIBRARIES:
        with pytest.raises(Exception) as info:
            ERRORS[name](library)
        raised.append((type(info.value), str(info.value)))
    assert raised[0] == raised[1]


def test_warning_for_dropout_with_one_layer() -> None:
    messages = []
    for library in LIBRARIES:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            library.nn.LSTM(3, 4, dropout=0.5)
        messages.append([(w.category, str(w.message)) for w in caught])
        if library is minitorch:
            assert caught[0].filename == __file__
    assert messages[0] == messages[1]


def test_strided_input() -> None:
    results = []
    for library in LIBRARIES:
        library.manual_seed(0)
        layer = library.nn.LSTM(3, 4)
        x = library.randn(4, 10, 6).transpose(0, 1)[::2, :, ::2]
        results.append(states_of(layer(x)))
    for a, b in zip(*results, strict=True):
        assert_close(a, b)
