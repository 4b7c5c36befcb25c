"""Recurrent layers against torch: outputs, gradients, second derivatives, weights, dropout."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

LIBRARIES = (minitorch, torch)
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections")  # torch: a slower path
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
        lead = options.get("num_layers", 1) * directions, *([batch] if len(shape) == 3 else [])
        sizes = [options.get("proj_size", 4), 4] if kind == "LSTM" else [4]
        inputs += [tensor(*lead, size) for size in sizes]
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


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(str(v) for v in o.values()))
def test_projection(options: dict[str, Any]) -> None:
    compare("LSTM", "float32", (5, 6, 3), True, proj_size=2, **options)


@pytest.mark.parametrize("shape", [(5, 3), (2, 2, 3)])
@pytest.mark.parametrize("only", [None, 0, 1, 2])
def test_projection_of_some_results(shape: tuple[int, ...], only: int | None) -> None:
    compare("LSTM", "float64", shape, False, only=only, proj_size=3, bidirectional=True)


def test_second_derivative_of_projection() -> None:
    compare("LSTM", "float64", (3, 2, 3), True, second=True, proj_size=2, num_layers=2)


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


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize("sizes", [(2, 5, 4), (2, 3, 5), (3, 3, 4), (1, 3, 4)], ids=str)
def test_cell_sizes(kind: str, sizes: tuple[int, int, int]) -> None:
    batch, inputs, hidden = sizes

    def step(t: Any) -> Any:
        state = t.zeros(batch, hidden)
        cell = getattr(t.nn, kind)(3, 4)
        return cell(t.zeros(2, inputs), (state, state) if kind == "LSTMCell" else state)

    assert_raises_alike(step)


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
    "proj_size, RNN": lambda t: t.nn.RNN(3, 4, proj_size=2),
    "proj_size too large": lambda t: t.nn.LSTM(3, 4, proj_size=4),
    "proj_size below 0": lambda t: t.nn.LSTM(3, 4, proj_size=-1),
    "proj_size, hidden size": lambda t: t.nn.LSTM(3, 4, proj_size=2)(
        t.zeros(2, 2, 3), (t.zeros(1, 2, 4), t.zeros(1, 2, 4))
    ),
    "proj_size, cell size": lambda t: t.nn.LSTM(3, 4, proj_size=2)(
        t.zeros(2, 2, 3), (t.zeros(1, 2, 2), t.zeros(1, 2, 2))
    ),
    "mode": lambda t: t.nn.RNNBase("LSTN", 3, 4),
    "no forward": lambda t: t.nn.RNNBase("LSTM", 3, 4)(t.zeros(2, 2, 3)),
    "cell nonlinearity": lambda t: t.nn.RNNCell(3, 4, nonlinearity="gelu")(t.zeros(2, 3)),
    "lstm cell with one state": lambda t: t.nn.LSTMCell(3, 4)(t.zeros(2, 3), (t.zeros(2, 4),)),
    "lstm cell with a tensor": lambda t: t.nn.LSTMCell(3, 4)(t.zeros(2, 3), t.zeros(2, 4)),
    "cell input": lambda t: t.nn.GRUCell(3, 4)(t.zeros(2, 2, 3)),
    "cell hidden": lambda t: t.nn.GRUCell(3, 4)(t.zeros(2, 3), t.zeros(2, 2, 4)),
    "lstm cell hidden": lambda t: t.nn.LSTMCell(3, 4)(
        t.zeros(2, 3), (t.zeros(2, 4), t.zeros(1, 2, 4))
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    assert_raises_alike(ERRORS[name])


BASE: dict[str, Any] = {
    "RNNBase": lambda t: repr(t.nn.RNNBase("GRU", 3, 4)),
    "names": lambda t: t.nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True)._flat_weights_names,
    "all_weights": lambda t: [len(w) for w in t.nn.LSTM(3, 4, 2, bias=False).all_weights],
    "all_weights, projected": lambda t: [
        list(w.shape) for w in t.nn.LSTM(3, 4, proj_size=2).all_weights[0]
    ],
    "flatten_parameters": lambda t: t.nn.GRU(3, 4).flatten_parameters(),
    "hidden size": lambda t: t.nn.LSTM(3, 4, 2, proj_size=2).get_expected_hidden_size(
        t.zeros(5, 2, 3), None
    ),
    "hidden size, packed": lambda t: t.nn.GRU(3, 4).get_expected_hidden_size(
        t.zeros(5, 3), t.tensor([3, 2])
    ),
    "cell size": lambda t: t.nn.LSTM(3, 4, 2, proj_size=2).get_expected_cell_size(
        t.zeros(5, 2, 3), None
    ),
    "permute_hidden": lambda t: t.nn.GRU(3, 1).permute_hidden(
        t.arange(6.0).view(1, 3, 2), t.tensor([2, 0, 1])
    ),
    "permute_hidden, LSTM": lambda t: t.nn.LSTM(3, 1).permute_hidden(
        (t.arange(3.0).view(1, 3, 1), t.ones(1, 3, 1)), t.tensor([2, 0, 1])
    ),
    "check_forward_args": lambda t: t.nn.GRU(3, 4).check_forward_args(
        t.zeros(5, 2, 3), t.zeros(1, 2, 4), None
    ),
    "positional arguments": lambda t: repr(t.nn.RNN(3, 4, 1, "relu", False, True)),
    "projection": lambda t: repr(t.nn.LSTM(3, 4, 2, proj_size=2, bias=False)),
}


@pytest.mark.parametrize("name", BASE)
def test_base_class(name: str) -> None:
    assert_same(BASE[name])


FUNCTIONS: dict[str, Any] = {
    "lstm": lambda t, m, x: t.lstm(
        x, (t.zeros(1, 2, 4),) * 2, m(t.nn.LSTM), True, 1, 0.0, False, False, False
    ),
    "gru, batch first": lambda t, m, x: t.gru(
        x, t.zeros(1, 5, 4), m(t.nn.GRU), True, 1, 0.0, False, False, True
    ),
    "rnn_tanh, packed": lambda t, m, x: t.rnn_tanh(
        x[:, 0], t.tensor([3, 2]), t.zeros(1, 3, 4), m(t.nn.RNN), True, 1, 0.0, False, False
    ),
    "rnn_relu": lambda t, m, x: t.rnn_relu(
        x, t.zeros(1, 2, 4), m(t.nn.RNN), True, 1, 0.0, False, False, False
    ),
    "lstm_cell": lambda t, m, x: t.lstm_cell(x[0], (t.zeros(2, 4),) * 2, *m(t.nn.LSTM)),
    "gru_cell": lambda t, m, x: t.gru_cell(x[0], t.zeros(2, 4), *m(t.nn.GRU)[:2]),
    "too few parameters": lambda t, m, x: t.gru(
        x, t.zeros(1, 2, 4), m(t.nn.GRU)[:3], True, 1, 0.0, False, False, False
    ),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name: str) -> None:
    def call(t: Any) -> Any:
        t.manual_seed(0)
        x = t.randn(5, 2, 3)
        with t.no_grad():
            out = FUNCTIONS[name](t, lambda kind: list(kind(3, 4).parameters()), x)
        return list(out) if isinstance(out, tuple) else out

    assert_same(call, exact=False)


@pytest.mark.parametrize("kind", KINDS)
def test_state_dict_round_trip(kind: str) -> None:
    minitorch.manual_seed(0)
    layer, other = (make(minitorch, kind, 3, 4, num_layers=2) for _ in range(2))
    x = minitorch.randn(5, 2, 3)
    assert not minitorch.equal(layer(x)[0], other(x)[0])
    other.load_state_dict(layer.state_dict())
    assert minitorch.equal(layer(x)[0], other(x)[0])


@pytest.mark.parametrize("kind", KINDS)
def test_other_dtype(kind: str) -> None:
    layer = make(minitorch, kind, 3, 4).double()
    assert layer(minitorch.randn(5, 2, 3, dtype=minitorch.float64))[0].dtype == minitorch.float64


@pytest.mark.parametrize("kind", KINDS)
def test_training(kind: str) -> None:
    """Ten steps: the layer learns the sum of its inputs."""

    def losses(t: Any) -> list[Any]:
        t.manual_seed(0)
        layer, head = make(t, kind, 3, 8, num_layers=2, dropout=0.2), t.nn.Linear(8, 1)
        parameters = [*layer.parameters(), *head.parameters()]
        optimizer = t.optim.SGD(parameters, lr=0.1, momentum=0.9)
        trace = []
        for _ in range(10):
            x = t.randn(6, 4, 3)
            loss = ((head(layer(x)[0]).squeeze(-1) - x.sum(-1)) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            trace.append(loss.detach())
        return trace

    assert_same(losses, exact=False)


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
