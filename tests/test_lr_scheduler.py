"""Schedules: 100 epochs beside torch's, chained, saved and resumed; errors and warnings."""

from __future__ import annotations

import copy
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
    ("PolynomialLR", {}),
    ("PolynomialLR", {"total_iters": 80, "power": 2.5}),
    ("CosineAnnealingWarmRestarts", {"T_0": 10}),
    ("CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 3, "eta_min": 0.02}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7}),
    (
        "CyclicLR",
        {
            "base_lr": [0.01, 0.02],
            "max_lr": [0.1, 0.3],
            "step_size_up": 7,
            "step_size_down": 12,
            "mode": "triangular2",
            "base_momentum": [0.5, 0.6],
        },
    ),
    (
        "CyclicLR",
        {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "mode": "exp_range", "gamma": 0.98},
    ),
    (
        "CyclicLR",
        {
            "base_lr": 0.01,
            "max_lr": 0.1,
            "step_size_up": 9,
            "cycle_momentum": False,
            "scale_fn": lambda cycle: 1 / cycle,
        },
    ),
    (
        "CyclicLR",
        {
            "base_lr": 0.01,
            "max_lr": 0.1,
            "step_size_up": 9,
            "scale_fn": Power(0.97),
            "scale_mode": "iterations",
        },
    ),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 130}),
    (
        "OneCycleLR",
        {
            "max_lr": [0.5, 1.0],
            "epochs": 11,
            "steps_per_epoch": 12,
            "pct_start": 0.2,
            "three_phase": True,
            "anneal_strategy": "linear",
            "div_factor": 10.0,
        },
    ),
    ("OneCycleLR", {"max_lr": 0.5, "total_steps": 120, "cycle_momentum": False}),
]
# These are made of others, which they need to be given.
COMBINATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "SequentialLR": lambda lr, optimizer: lr.SequentialLR(
        optimizer,
        [
            lr.LinearLR(optimizer, 0.1, total_iters=10),
            lr.CosineAnnealingLR(optimizer, 40),
            lr.ExponentialLR(optimizer, 0.9),
        ],
        milestones=[10, 50],
    ),
    "SequentialLR of one": lambda lr, optimizer: lr.SequentialLR(
        optimizer, [lr.StepLR(optimizer, 5)], milestones=[]
    ),
    "SequentialLR that begins with the second": lambda lr, optimizer: lr.SequentialLR(
        optimizer, [lr.StepLR(optimizer, 5), lr.ConstantLR(optimizer, 0.5)], milestones=[0]
    ),
    "SequentialLR of cycles": lambda lr, optimizer: lr.SequentialLR(
        optimizer,
        [
            lr.CosineAnnealingWarmRestarts(optimizer, 7),
            lr.CyclicLR(optimizer, 0.01, 0.1, step_size_up=5),
        ],
        milestones=[30],
    ),
    "ChainedScheduler": lambda lr, optimizer: lr.ChainedScheduler(
        [
            lr.ConstantLR(optimizer, 0.1, total_iters=5),
            lr.ExponentialLR(optimizer, 0.95),
            lr.StepLR(optimizer, 30),
        ],
        optimizer=optimizer,
    ),
    "SequentialLR of ChainedScheduler": lambda lr, optimizer: lr.SequentialLR(
        optimizer,
        [
            lr.ChainedScheduler([lr.ConstantLR(optimizer), lr.ExponentialLR(optimizer, 0.9)]),
            lr.LinearLR(optimizer, 0.5, total_iters=20),
        ],
        milestones=[40],
    ),
}
row = pytest.mark.parametrize(
    ("name", "options"), ROWS, ids=[f"{name}-{'-'.join(options)}" for name, options in ROWS]
)
combination = pytest.mark.parametrize("name", COMBINATIONS)


def test_every_class_of_torch_has_a_row() -> None:
    explained = {"LRScheduler", "_LRScheduler", "ReduceLROnPlateau"}  # the last: test_plateau
    base = torch.optim.lr_scheduler.LRScheduler
    theirs = {n for n, c in vars(torch.optim.lr_scheduler).items() if is_subclass(c, base)}
    combinations = {name.split()[0] for name in COMBINATIONS}
    assert {name for name, _ in ROWS} | combinations | explained == theirs


def is_subclass(x: Any, base: type) -> bool:
    return isinstance(x, type) and issubclass(x, base)


def make_optimizer(library: Any) -> Any:
    groups = [{"params": [library.ones(1)], "lr": 0.5}, {"params": [library.ones(1)]}]
    return library.optim.SGD(groups, lr=0.1, momentum=0.7)


def make(library: Any, name: str, options: dict[str, Any], optimizer: Any = None) -> Any:
    optimizer = optimizer or make_optimizer(library)
    return getattr(library.optim.lr_scheduler, name)(optimizer, **options)


def trace(schedulers: list[Any], epochs: int = 100) -> list[list[float]]:
    optimizer = schedulers[0].optimizer
    rates = [present(optimizer)]
    for _ in range(epochs):
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
        rates.append(present(optimizer))
        assert schedulers[-1].get_last_lr() == [group["lr"] for group in optimizer.param_groups]
    return rates


def present(optimizer: Any) -> list[float]:
    """Learning rates and momenta."""
    groups = optimizer.param_groups
    return [*[g["lr"] for g in groups], *[g.get("momentum", g.get("betas")) for g in groups]]


@row
def test_hundred_epochs(name: str, options: dict[str, Any]) -> None:
    expected, found = (trace([make(lib, name, options)]) for lib in (torch, minitorch))
    assert found == expected  # bit for bit


@combination
def test_hundred_epochs_of_combinations(name: str) -> None:
    traces, states = [], []
    for library in (torch, minitorch):
        scheduler = COMBINATIONS[name](library.optim.lr_scheduler, make_optimizer(library))
        traces.append(trace([scheduler]))
        states.append(scheduler.state_dict())
    assert traces[0] == traces[1]
    assert states[0] == states[1]


@combination
def test_state_of_combinations(name: str) -> None:
    scheduler = COMBINATIONS[name](torch.optim.lr_scheduler, make_optimizer(torch))
    trace([scheduler], 37)
    saved = copy.deepcopy(scheduler.state_dict()), copy.deepcopy(scheduler.optimizer.state_dict())
    traces = []
    for library in (torch, minitorch):
        optimizer = make_optimizer(library)
        resumed = COMBINATIONS[name](library.optim.lr_scheduler, optimizer)
        resumed.load_state_dict(copy.deepcopy(saved[0]))
        assert resumed.state_dict() == saved[0]
        optimizer.load_state_dict(saved[1])
        traces.append(trace([resumed], 30))
    assert traces[0] == traces[1]


@pytest.mark.parametrize(
    ("name", "options"), [row for row in ROWS if row[0] in ("CyclicLR", "OneCycleLR")]
)
def test_momentum_may_be_beta1(name: str, options: dict[str, Any]) -> None:
    traces = []
    for library in (torch, minitorch):
        groups = [{"params": [library.ones(1)]}, {"params": [library.ones(1)]}]
        traces.append(trace([make(library, name, options, library.optim.Adam(groups))]))
    assert traces[0] == traces[1]


@pytest.mark.parametrize("options", [{"T_0": 10}, {"T_0": 3, "T_mult": 2, "eta_min": 0.02}])
def test_warm_restarts_at_parts_of_an_epoch(options: dict[str, Any]) -> None:
    traces = []
    for library in (torch, minitorch):
        scheduler = make(library, "CosineAnnealingWarmRestarts", options)
        rates = []
        for epoch in (0.5, 2.25, 3, 9.75, 21, 45.5, 2, None, None):
            scheduler.step(epoch)
            rates.append((scheduler.get_last_lr(), scheduler.last_epoch, scheduler.T_i))
        traces.append(rates)
    assert traces[0] == traces[1]


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
            group["max_lr"], group["min_lr"] = 0.9, 0.001
            group["max_momentum"], group["base_momentum"] = 0.95, 0.85
        scheduler = make(library, name, {**options, "last_epoch": 11}, optimizer)
        traces.append(trace([scheduler], 30))
    assert traces[0] == traces[1]


@pytest.mark.parametrize(
    ("name", "options"), [row for row in ROWS if row[0] != "CosineAnnealingWarmRestarts"]
)
def test_at_an_epoch_in_closed_form_where_there_is_one(name: str, options: dict[str, Any]) -> None:
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


def exponential(library: Any) -> Any:
    return make(library, "ExponentialLR", {"gamma": 0.5})


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
    lambda t: make(t, "ExponentialLR", {"gamma": 0.5}, t.optim.SGD([t.ones(1)])).step("x"),
    lambda t: make(t, "CosineAnnealingWarmRestarts", {"T_0": 0}),
    lambda t: make(t, "CosineAnnealingWarmRestarts", {"T_0": 2.5}),
    lambda t: make(t, "CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 0}),
    lambda t: make(t, "CosineAnnealingWarmRestarts", {"T_0": 2, "eta_min": "0"}),
    lambda t: make(t, "CosineAnnealingWarmRestarts", {"T_0": 2}).step(-1),
    lambda t: t.optim.lr_scheduler.CyclicLR(3, 0.1, 0.2),
    lambda t: make(t, "CyclicLR", {"base_lr": [0.1], "max_lr": 1}),
    lambda t: make(t, "CyclicLR", {"base_lr": 0.1, "max_lr": [1, 2, 3]}),
    lambda t: make(t, "CyclicLR", {"base_lr": 0.1, "max_lr": 1, "mode": "square"}),
    lambda t: make(t, "CyclicLR", {"base_lr": 0.1, "max_lr": 1, "max_momentum": [1]}),
    lambda t: make(t, "CyclicLR", {"base_lr": 0.1, "max_lr": 1}, t.optim.Adagrad([t.ones(1)])),
    lambda t: t.optim.lr_scheduler.OneCycleLR(3, 0.1, 10),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "epochs": 3}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "epochs": 0, "steps_per_epoch": 3}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "epochs": 3, "steps_per_epoch": -1}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "total_steps": 0}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "total_steps": 2.5}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "total_steps": 9, "pct_start": 1.5}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "total_steps": 9, "pct_start": 1}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 0.1, "total_steps": 9, "anneal_strategy": "x"}),
    lambda t: make(t, "OneCycleLR", {"max_lr": [0.1], "total_steps": 9}),
    lambda t: make(t, "OneCycleLR", {"max_lr": 1, "total_steps": 9}, t.optim.Adagrad([t.ones(1)])),
    lambda t: trace([make(t, "OneCycleLR", {"max_lr": 0.1, "total_steps": 9})], 12),
    lambda t: t.optim.lr_scheduler.ChainedScheduler([]),
    lambda t: t.optim.lr_scheduler.ChainedScheduler([3]),
    lambda t: t.optim.lr_scheduler.ChainedScheduler([make(t, "ReduceLROnPlateau", {})]),
    lambda t: t.optim.lr_scheduler.ChainedScheduler([exponential(t), exponential(t)]),
    lambda t: t.optim.lr_scheduler.SequentialLR(make_optimizer(t), [], []),
    lambda t: t.optim.lr_scheduler.SequentialLR(make_optimizer(t), [3], []),
    lambda t: t.optim.lr_scheduler.SequentialLR(make_optimizer(t), [exponential(t)], []),
    lambda t: [
        e := exponential(t),
        t.optim.lr_scheduler.SequentialLR(e.optimizer, [e], [1]),
    ],
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
