"""Schedules: 100 epochs beside torch's, chained, saved and resumed; errors and warnings."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch
from minitorch.optim import lr_scheduler


class Power:
    """A schedule as an object, whose attributes are saved with the scheduler."""

    def __init__(self, base: float) -> None:
        self.base = base

    def __call__(self, epoch: int) -> float:
        return self.base**epoch


# One row per configuration: the class, and its options.
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("LambdaLR", {"lr_lambda": lambda epoch: 0.95**epoch}),
    ("LambdaLR", {"lr_lambda": [lambda epoch: 1 / (1 + epoch), Power(0.9)]}),
    ("MultiplicativeLR", {"lr_lambda": lambda epoch: 0.99 + 0.0001 * epoch}),
    ("StepLR", {"step_size": 7, "gamma": 0.7}),
    ("MultiStepLR", {"milestones": [3, 30, 30, 80], "gamma": 0.3}),
    ("ConstantLR", {}),
    ("ConstantLR", {"factor": 0.3, "total_iters": 40}),
    ("LinearLR", {}),
    ("LinearLR", {"start_factor": 0.9, "end_factor": 0.2, "total_iters": 60}),
    ("ExponentialLR", {"gamma": 0.97}),
    ("CosineAnnealingLR", {"T_max": 100}),
    ("CosineAnnealingLR", {"T_max": 13, "eta_min": 0.01}),
]
row = pytest.mark.parametrize(
    ("name", "options"), ROWS, ids=[f"{name}-{'-'.join(options)}" for name, options in ROWS]
)
closed_form = pytest.mark.parametrize(("name", "options"), ROWS[3:])


def make_optimizer(library: Any) -> Any:
    groups = [{"params": [library.ones(1)], "lr": 0.5}, {"params": [library.ones(1)]}]
    return library.optim.SGD(groups, lr=0.1)


def make(library: Any, name: str, options: dict[str, Any], optimizer: Any = None) -> Any:
    optimizer = optimizer or make_optimizer(library)
    return getattr(library.optim.lr_scheduler, name)(optimizer, **options)


def trace(schedulers: list[Any], epochs: int = 100) -> list[list[float]]:
    optimizer = schedulers[0].optimizer
    rates = [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(epochs):
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        rates.append([group["lr"] for group in optimizer.param_groups])
        assert schedulers[-1].get_last_lr() == rates[-1]
    return rates


@row
def test_hundred_epochs(name: str, options: dict[str, Any]) -> None:
    expected, found = (trace([make(lib, name, options)]) for lib in (torch, minitorch))
    assert found == expected  # bit for bit


def test_chained() -> None:
    traces = []
    for library in (torch, minitorch):
        optimizer = make_optimizer(library)
        rows = [ROWS[3], ROWS[8], ROWS[9], ROWS[11]]
        traces.append(trace([make(library, *row, optimizer) for row in rows]))
    assert traces[0] == traces[1]


@row
def test_state(name: str, options: dict[str, Any]) -> None:
    states = []
    for library in (torch, minitorch):
        scheduler = make(library, name, options)
        trace([scheduler], 17)
        states.append(scheduler.state_dict())
    assert states[1] == states[0]

    optimizer = make_optimizer(minitorch)
    resumed = make(minitorch, name, options, optimizer)
    resumed.load_state_dict(states[0])
    assert resumed.state_dict() == states[0]


@row
def test_resumed_at_an_epoch(name: str, options: dict[str, Any]) -> None:
    traces = []
    for library in (torch, minitorch):
        optimizer = make_optimizer(library)
        for group in optimizer.param_groups:
            group["initial_lr"] = group["lr"]
        scheduler = make(library, name, {**options, "last_epoch": 11}, optimizer)
        traces.append(trace([scheduler], 30))
    assert traces[0] == traces[1]


@closed_form
def test_closed_form(name: str, options: dict[str, Any]) -> None:
    traces = []
    for library in (torch, minitorch):
        scheduler = make(library, name, options)
        scheduler.optimizer.step()
        rates = []
        for epoch in (1, 5, 40, 3):
            with pytest.warns(UserWarning, match="epoch parameter"):
                scheduler.step(epoch)
            rates.append(scheduler.get_last_lr())
        traces.append(rates)
    assert traces[0] == traces[1]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"mode": "max", "patience": 2},
        {"threshold_mode": "abs", "threshold": 0.05, "patience": 1, "cooldown": 3},
        {"mode": "max", "threshold_mode": "abs", "threshold": 0.05, "patience": 0},
        {"patience": 1, "factor": 0.3, "min_lr": [0.01, 0.03], "eps": 0.001},
        {"patience": 0, "min_lr": 0.02},
    ],
)
def test_plateau(options: dict[str, Any]) -> None:
    traces, states = [], []
    for library in (torch, minitorch):
        scheduler = make(library, "ReduceLROnPlateau", options)
        rates = []
        for epoch in range(100):
            scheduler.step(math.exp(-epoch / 20) + 0.1 * math.sin(epoch))
            rates.append(scheduler.get_last_lr())
        traces.append(rates)
        states.append(scheduler.state_dict())
    assert traces[0] == traces[1]
    assert states[1] == states[0]


def test_plateau_with_a_metric_that_is_a_tensor_and_a_new_group() -> None:
    scheduler = make(minitorch, "ReduceLROnPlateau", {"patience": 0})
    scheduler.optimizer.add_param_group({"params": [minitorch.ones(1)], "lr": 1.0})
    for _ in range(2):
        scheduler.step(minitorch.tensor(3.0))
    assert scheduler.get_last_lr() == [0.05, 0.1 * 0.1, 0.1]


def test_the_rate_may_be_a_tensor() -> None:
    traces = []
    for library in (torch, minitorch):
        optimizer = library.optim.SGD([library.ones(1)], lr=library.tensor(0.5))
        scheduler = library.optim.lr_scheduler.StepLR(optimizer, 2)
        rates = []
        for _ in range(5):
            optimizer.step()
            scheduler.step()
            rates.append(float(scheduler.get_last_lr()[0]))
        assert float(optimizer.param_groups[0]["initial_lr"]) == 0.5
        traces.append(rates)
    assert traces[0] == pytest.approx(traces[1], rel=1e-6)


ERRORS: list[Callable[[Any], Any]] = [
    lambda t: t.optim.lr_scheduler.StepLR(3, 1),
    lambda t: t.optim.lr_scheduler.ReduceLROnPlateau(3),
    lambda t: make(t, "StepLR", {"step_size": 1, "last_epoch": 2}),
    lambda t: make(t, "LambdaLR", {"lr_lambda": [abs]}),
    lambda t: make(t, "MultiplicativeLR", {"lr_lambda": [abs]}),
    lambda t: make(t, "MultiplicativeLR", {"lr_lambda": 3}),
    lambda t: make(t, "ConstantLR", {"factor": 2}),
    lambda t: make(t, "LinearLR", {"start_factor": 0}),
    lambda t: make(t, "LinearLR", {"end_factor": 2}),
    lambda t: make(t, "ReduceLROnPlateau", {"factor": 1}),
    lambda t: make(t, "ReduceLROnPlateau", {"min_lr": [1]}),
    lambda t: make(t, "ReduceLROnPlateau", {"mode": "mid"}),
    lambda t: make(t, "ReduceLROnPlateau", {"threshold_mode": "mid"}),
]


@pytest.mark.parametrize("provoke", ERRORS)
def test_errors(provoke: Callable[[Any], Any]) -> None:
    caught = []
    for library in (torch, minitorch):
        with pytest.raises(Exception) as info:
            provoke(library)
        caught.append((info.type, str(info.value)))
    assert caught[0] == caught[1]


def step_twice_without_optimizer(library: Any) -> None:
    scheduler = make(library, "StepLR", {"step_size": 1})
    scheduler.step()


def step_overridden(library: Any) -> None:
    scheduler = make(library, "StepLR", {"step_size": 1})
    scheduler.optimizer.step = lambda: None
    scheduler.step()


def get_lr_outside(library: Any) -> None:
    make(library, "StepLR", {"step_size": 1}).get_lr()


@pytest.mark.parametrize("provoke", [step_twice_without_optimizer, step_overridden, get_lr_outside])
def test_warnings(provoke: Callable[[Any], Any]) -> None:
    messages = []
    for library in (torch, minitorch):
        with pytest.warns(UserWarning) as record:
            provoke(library)
        messages.append([str(w.message) for w in record])
    assert messages[0] == messages[1]


def test_the_right_order_does_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trace([make(minitorch, "StepLR", {"step_size": 1})], 3)


def test_base_class() -> None:
    with pytest.raises(NotImplementedError):
        lr_scheduler.LRScheduler(make_optimizer(minitorch))
