"""Averaged models beside torch's: every average, buffers, batch normalisation, the schedule."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch
from minitorch.optim import swa_utils
from tests.parity import assert_raises_alike
from tests.test_optim import to_mini, to_torch

# One row per way to average.
ROWS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "mean": lambda swa: {},
    "mean, of buffers too": lambda swa: {"use_buffers": True},
    "swa_avg_fn": lambda swa: {"avg_fn": swa.get_swa_avg_fn(), "use_buffers": True},
    "swa_multi_avg_fn": lambda swa: {"multi_avg_fn": swa.get_swa_multi_avg_fn()},
    "ema_avg_fn": lambda swa: {"avg_fn": swa.get_ema_avg_fn()},
    "ema_avg_fn, of buffers too": lambda swa: {
        "avg_fn": swa.get_ema_avg_fn(0.7),
        "use_buffers": True,
    },
    "ema_multi_avg_fn": lambda swa: {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.5)},
    "ema_multi_avg_fn, of buffers too": lambda swa: {
        "multi_avg_fn": swa.get_ema_multi_avg_fn(0.9),
        "use_buffers": True,
    },
    "a function": lambda swa: {"avg_fn": lambda average, value, n: (average * n + value) / (n + 1)},
}
row = pytest.mark.parametrize("name", ROWS)
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def train(library: Any, dtype: str, on_epoch: Callable[[Any], Any], epochs: int = 5) -> Any:
    library.manual_seed(0)
    nn, dtype = library.nn, getattr(library, dtype)
    model = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 2)).to(dtype)
    optimizer = library.optim.SGD(model.parameters(), lr=0.1)
    inputs, targets = library.randn(12, 4, dtype=dtype), library.arange(12) % 2
    state = on_epoch(model)
    for _ in range(epochs):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(inputs), targets).backward()
        optimizer.step()
        state.update_parameters(model)
    return state, model, inputs


def test_every_name_of_torch_is_here() -> None:
    assert set(swa_utils.__all__) == set(torch.optim.swa_utils.__all__)


@row
@dtypes
def test_five_epochs(name: str, dtype: str) -> None:
    states = []
    for library in (minitorch, torch):
        swa = library.optim.swa_utils
        averaged, _, inputs = train(
            library, dtype, lambda model, swa=swa: swa.AveragedModel(model, **ROWS[name](swa))
        )
        averaged.eval()
        states.append((dict(averaged.state_dict()), averaged(inputs).detach(), repr(averaged)))
    (ours, our_output, our_repr), (theirs, output, expected_repr) = states
    assert list(ours) == list(theirs)
    torch.testing.assert_close(to_torch(ours), theirs)
    torch.testing.assert_close(to_torch(our_output), output)
    assert our_repr == expected_repr


@row
def test_a_state_of_torch_loads_here(name: str) -> None:
    theirs, _, _ = train(
        torch,
        "float32",
        lambda model: torch.optim.swa_utils.AveragedModel(
            model, **ROWS[name](torch.optim.swa_utils)
        ),
    )
    ours, model, _ = train(
        minitorch,
        "float32",
        lambda model: swa_utils.AveragedModel(model, **ROWS[name](swa_utils)),
        epochs=1,
    )
    ours.load_state_dict(to_mini(dict(theirs.state_dict())))
    assert ours.n_averaged == 5
    ours.update_parameters(model)
    assert ours.n_averaged == 6


def test_the_average_is_a_copy() -> None:
    model = minitorch.nn.Linear(2, 2)
    averaged = swa_utils.AveragedModel(model, device="cpu")
    averaged.update_parameters(model)
    model.weight.data.fill_(7.0)
    assert not (averaged.module.weight == 7.0).any()
    assert averaged.module.weight.requires_grad


def test_copies() -> None:
    model = minitorch.nn.Linear(2, 2)
    averaged = swa_utils.AveragedModel(model)
    averaged.update_parameters(model)
    for copied in (copy.deepcopy(averaged), pickle.loads(pickle.dumps(averaged))):
        assert copied.n_averaged == 1
        copied.update_parameters(model)
        assert averaged.n_averaged == 1


@pytest.mark.parametrize("in_lists", [False, True])
def test_update_bn(in_lists: bool) -> None:
    states = []
    for library in (minitorch, torch):
        library.manual_seed(0)
        nn = library.nn
        model = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5, momentum=0.3), nn.Dropout(0.5))
        model.eval()
        batches = [library.randn(n, 4) for n in (8, 8, 3)]
        loader = [[batch, None] for batch in batches] if in_lists else batches
        library.optim.swa_utils.update_bn(loader, model, device="cpu")
        assert not model.training and model[1].momentum == 0.3
        states.append(dict(model.state_dict()))
    torch.testing.assert_close(to_torch(states[0]), states[1])


def test_update_bn_without_batch_norm_reads_nothing() -> None:
    batches = iter([minitorch.ones(1, 2)])
    swa_utils.update_bn(batches, minitorch.nn.Linear(2, 2))
    assert next(batches).shape == (1, 2)


def make_optimizer(library: Any) -> Any:
    groups = [{"params": [library.ones(1)], "lr": 0.5}, {"params": [library.ones(1)]}]
    return library.optim.SGD(groups, lr=0.1)


SCHEDULES: list[dict[str, Any]] = [
    {"swa_lr": 0.05},
    {"swa_lr": [0.01, 0.3], "anneal_epochs": 4},
    {"swa_lr": 0.05, "anneal_epochs": 20, "anneal_strategy": "linear"},
    {"swa_lr": 0.05, "anneal_epochs": 0},
]


@pytest.mark.parametrize("options", SCHEDULES)
def test_schedule(options: dict[str, Any]) -> None:
    traces, states = [], []
    for library in (torch, minitorch):
        optimizer = make_optimizer(library)
        scheduler = library.optim.swa_utils.SWALR(optimizer, **options)
        rates = []
        for epoch in range(30):
            optimizer.step()
            if epoch == 7:  # goes on as another object
                state = scheduler.state_dict()
                scheduler = library.optim.swa_utils.SWALR(make_optimizer(library), swa_lr=1.0)
                scheduler.optimizer = optimizer
                scheduler.load_state_dict(state)
            scheduler.step()
            rates.append(scheduler.get_last_lr())
        traces.append(rates)
        states.append(scheduler.state_dict())
    assert traces[0] == traces[1]  # bit for bit
    assert states[0] == states[1]


@pytest.mark.parametrize(
    "provoke",
    [
        lambda t: t.optim.swa_utils.get_ema_avg_fn(1.5),
        lambda t: t.optim.swa_utils.get_ema_multi_avg_fn(-0.5),
        lambda t: t.optim.swa_utils.AveragedModel(t.nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max),
        lambda t: t.optim.swa_utils.SWALR(make_optimizer(t), [0.1]),
        lambda t: t.optim.swa_utils.SWALR(make_optimizer(t), 0.1, anneal_strategy="cubic"),
        lambda t: t.optim.swa_utils.SWALR(make_optimizer(t), 0.1, anneal_epochs=-1),
        lambda t: t.optim.swa_utils.SWALR(make_optimizer(t), 0.1, anneal_epochs=1.5),
        lambda t: t.optim.swa_utils.SWALR(make_optimizer(t), 0.1, last_epoch=3),
    ],
)
def test_errors(provoke: Callable[[Any], Any]) -> None:
    assert_raises_alike(provoke)
