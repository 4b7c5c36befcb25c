"""Optimizers: 100 steps beside torch's, states that load in the other library, errors, hooks.

What an optimizer owes is asked of every row; LBFGS, which needs a closure, has test_lbfgs.py.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import importlib
import pickle
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import optim
from minitorch.native.dispatch_stub import plain_kernels
from tests.parity import assert_same

# One row per configuration: the class, and its options.
ROWS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "maximize": True}),
    ("Adam", {}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.4, 0.99), "eps": 1e-3, "maximize": True}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5, "maximize": True}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.4, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.01, "centered": True, "eps": 1e-3}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.9, "centered": True, "eps": 1e-3}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.1, "betas": (0.0, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.1, "momentum_decay": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {}),
    ("RAdam", {"lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0.1, "maximize": True}),
    ("RAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.2), "maximize": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 5, "weight_decay": 0.1}),
    ("ASGD", {"lr": 0.1, "t0": 50, "maximize": True}),
    ("Adafactor", {}),
    ("Adafactor", {"lr": 0.1, "beta2_decay": -0.5, "eps": (1e-6, 1e-2), "d": 1.5}),
    ("Adafactor", {"weight_decay": 0.1, "maximize": True}),
    ("Muon", {}),
    ("Muon", {"lr": 0.02, "weight_decay": 0.0, "momentum": 0.8, "nesterov": False}),
    ("Muon", {"adjust_lr_fn": "match_rms_adamw", "ns_steps": 3}),
]
IDS = [f"{name}-{'-'.join(options) or 'defaults'}" for name, options in ROWS]
# The most demanding configuration of each; of those that change every element by itself.
ONE_OF_EACH = [ROWS[i] for i in (4, 9, 12, 15, 20, 22, 24, 27, 30, 32, 34)]
ALL_OF_EACH = [*ONE_OF_EACH, ROWS[37], ROWS[40]]

row = pytest.mark.parametrize(("name", "options"), ROWS, ids=IDS)
each = pytest.mark.parametrize(("name", "options"), ALL_OF_EACH)
each_elementwise = pytest.mark.parametrize(("name", "options"), ONE_OF_EACH)


# Muon computes in bfloat16, where one more digit of a sum decides, rarely, how a number is rounded:
# a step is lr * (1 +- 2**-8) then. Of these rows none has more than a few such steps.
MUON = {"rtol": 1e-2, "atol": 2e-3}


def shapes_for(name: str) -> list[tuple[int, ...]]:
    """Shapes of parameters; Muon takes matrices only."""
    return [(5, 3), (3, 4), (2, 2)] if name == "Muon" else [(5, 3), (7,), ()]


def test_every_class_of_torch_has_a_row() -> None:
    explained = {"Optimizer", "SparseAdam", "LBFGS"}  # LBFGS: test_lbfgs.py
    theirs = {name for name in dir(torch.optim) if isinstance(getattr(torch.optim, name), type)}
    assert {name for name, _ in ROWS} | explained == theirs
    assert {name for name, _ in ALL_OF_EACH} | explained == theirs
    assert set(torch.optim.__all__) - {"swap_in_optimizer_params_and_state"} == set(optim.__all__)


def test_sparse_adam_says_why_not() -> None:
    with pytest.raises(NotImplementedError, match="use Adam instead"):
        optim.SparseAdam([minitorch.ones(1)])


dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def to_mini(x: Any) -> Any:
    """The same structure with minitorch's tensors instead of torch's."""
    return _converted(x, torch.Tensor, lambda t: minitorch.from_numpy(t.detach().numpy().copy()))


def to_torch(x: Any) -> Any:
    return _converted(x, minitorch.Tensor, lambda t: torch.from_numpy(t.detach().numpy().copy()))


def _converted(x: Any, kind: type, convert: Callable[[Any], Any]) -> Any:
    if isinstance(x, kind):
        return convert(x)
    if isinstance(x, dict):
        return {k: _converted(v, kind, convert) for k, v in x.items()}
    if isinstance(x, list | tuple):
        return type(x)(_converted(v, kind, convert) for v in x)
    return x


class Pair:
    """The same parameters and optimizer in both libraries, fed with the same gradients."""

    def __init__(self, name: str, options: dict[str, Any], dtype: str = "float32") -> None:
        self.rng = np.random.default_rng(0)
        self.tolerance = MUON if name == "Muon" else {}
        values = [np.asarray(self.rng.normal(size=shape), dtype) for shape in shapes_for(name)]
        self.theirs = [torch.tensor(v, requires_grad=True) for v in values]
        self.ours = [minitorch.tensor(v, requires_grad=True) for v in values]
        self.torch_optimizer = getattr(torch.optim, name)(self.theirs, **options)
        self.optimizer = getattr(optim, name)(self.ours, **options)

    def step(self, count: int = 1) -> None:
        for _ in range(count):
            for theirs, ours in zip(self.theirs, self.ours, strict=True):
                grad = np.asarray(self.rng.normal(size=theirs.shape), ours._array.dtype)
                theirs.grad = torch.from_numpy(grad.copy())
                ours.grad = minitorch.from_numpy(grad.copy())
            self.torch_optimizer.step()
            self.optimizer.step()

    def check(self) -> None:
        for theirs, ours in zip(self.theirs, self.ours, strict=True):
            torch.testing.assert_close(to_torch(ours), theirs.detach(), **self.tolerance)

    def check_state(self) -> None:
        expected = self.torch_optimizer.state_dict()
        found = self.optimizer.state_dict()
        assert found["param_groups"] == expected["param_groups"]
        assert list(found["state"]) == list(expected["state"])
        for number, state in expected["state"].items():
            assert list(found["state"][number]) == list(state)
        torch.testing.assert_close(to_torch(found["state"]), expected["state"], **self.tolerance)


@row
@dtypes
def test_hundred_steps(name: str, options: dict[str, Any], dtype: str) -> None:
    pair = Pair(name, options, dtype)
    pair.step(100)
    pair.check()
    pair.check_state()


@each_elementwise
def test_plain_loops(name: str, options: dict[str, Any]) -> None:
    """One parameter after another, the same bits."""
    results = []
    for kernels in (plain_kernels(), contextlib.nullcontext()):
        with kernels:
            pair = Pair(name, options)
            pair.step(10)
        pair.check()
        results.append([param.tolist() for param in pair.ours])
    assert results[0] == results[1]


@row
def test_a_state_of_torch_loads_here(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, options)
    pair.step(3)
    fresh = getattr(optim, name)(pair.ours)
    fresh.load_state_dict(to_mini(pair.torch_optimizer.state_dict()))
    pair.optimizer = fresh
    pair.step(10)
    pair.check()
    pair.check_state()


@row
def test_a_state_from_here_loads_in_torch(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, options)
    pair.step(3)
    fresh = getattr(torch.optim, name)(pair.theirs)
    fresh.load_state_dict(to_torch(pair.optimizer.state_dict()))
    pair.torch_optimizer = fresh
    pair.step(10)
    pair.check()


@row
def test_repr(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, options)
    assert repr(pair.optimizer) == repr(pair.torch_optimizer)


@each
def test_groups_and_missing_gradients(name: str, options: dict[str, Any]) -> None:
    pair = Pair(name, options)
    groups = [{"params": [0, 1], "lr": 0.5}, {"params": [2]}]
    for library, params, attribute in (
        (optim, pair.ours, "optimizer"),
        (torch.optim, pair.theirs, "torch_optimizer"),
    ):
        own = [{**g, "params": [params[i] for i in g["params"]]} for g in groups]
        setattr(pair, attribute, getattr(library, name)(own, **options))
    pair.step(2)
    for params, optimizer in (
        (pair.ours, pair.optimizer),
        (pair.theirs, pair.torch_optimizer),
    ):
        optimizer.zero_grad()
        assert all(p.grad is None for p in params)
        params[1].grad = params[1].detach() * 0 + 1
        optimizer.step()
    pair.check()
    pair.check_state()
    assert repr(pair.optimizer) == repr(pair.torch_optimizer)


@each
@pytest.mark.parametrize("layout", ["transposed", "strided", "transposed gradient"])
def test_layouts(name: str, options: dict[str, Any], layout: str) -> None:
    values = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    results = []
    for library, torch_like in ((optim, minitorch), (torch.optim, torch)):
        if layout == "transposed":
            param = torch_like.tensor(values).t()
        elif layout == "strided":
            param = torch_like.tensor(values)[:, ::2]
        else:
            param = torch_like.tensor(values)
        param = param.detach().requires_grad_()
        optimizer = getattr(library, name)([param], **options)
        for scale in range(1, 6):
            shape = tuple(param.shape)
            grad = torch_like.tensor(np.arange(np.prod(shape), dtype="float32") - 7) * scale
            flipped = "gradient" in layout
            grad = grad.reshape(*shape[::-1]).t() if flipped else grad.reshape(*shape)
            param.grad = grad
            optimizer.step()
        results.append(param.detach())
    torch.testing.assert_close(to_torch(results[0]), results[1])


@each_elementwise
def test_complex(name: str, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    value, grad = (rng.normal(size=4) + 1j * rng.normal(size=4) for _ in range(2))
    results = []
    for library, torch_like in ((optim, minitorch), (torch.optim, torch)):
        param = torch_like.tensor(value).requires_grad_()
        optimizer = getattr(library, name)([param], **options)
        for _ in range(5):
            param.grad = torch_like.tensor(grad)
            optimizer.step()
        results.append(param.detach())
    torch.testing.assert_close(to_torch(results[0]), results[1])


# In torch the fused kernels compute in float32; SGD's skips all whole vectors of a float16
# parameter, but its plain one is right. The plain ones of the others round after each operation.
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@each_elementwise
def test_half_computes_in_float32_as_torchs_fused_kernels_do(
    name: str, options: dict[str, Any], dtype: str
) -> None:
    has_fused_kernel = name in ("Adam", "AdamW", "Adagrad")
    values = np.linspace(-1, 1, 20, dtype="float32")
    results = []
    for library, torch_like in ((optim, minitorch), (torch.optim, torch)):
        half = getattr(torch_like, dtype)
        param = torch_like.tensor(values).to(half).requires_grad_()
        has_eps = name not in ("SGD", "Rprop", "ASGD")
        own = {**options, "eps": 1e-3} if has_eps else options  # 1e-8 is zero in float16
        optimizer = getattr(library, name)([param], **own)
        if has_fused_kernel:
            optimizer = getattr(library, name)([param], fused=True, **own)
        for scale in range(1, 10):
            param.grad = (torch_like.tensor(values) * scale).to(half)
            optimizer.step()
        assert param.dtype is half
        results.append(param.detach().float())
    rounding = {"float16": 2**-11, "bfloat16": 2**-8}[dtype]  # of a number, at each of nine steps
    torch.testing.assert_close(to_torch(results[0]), results[1], rtol=9 * rounding, atol=rounding)


@each_elementwise
def test_large_parameters_take_the_parallel_kernel(name: str, options: dict[str, Any]) -> None:
    values = np.random.default_rng(0).normal(size=50_000).astype("float32")
    results = []
    for library, torch_like in ((optim, minitorch), (torch.optim, torch)):
        param = torch_like.tensor(values).requires_grad_()
        optimizer = getattr(library, name)([param], **options)
        for _ in range(3):
            param.grad = torch_like.tensor(values[::-1].copy())
            optimizer.step()
        results.append(param.detach())
    torch.testing.assert_close(to_torch(results[0]), results[1])


@pytest.mark.parametrize(("name", "options"), [("Adam", {"amsgrad": True}), ("Adamax", {})])
def test_nan_wins_over_the_largest(name: str, options: dict[str, Any]) -> None:
    for library in (torch, minitorch):
        param = library.ones(2).requires_grad_()
        optimizer = getattr(library.optim, name)([param], **options)
        for first in (1.0, float("nan"), 1.0):
            param.grad = library.tensor([first, 1.0])
            optimizer.step()
        assert param.isnan().tolist() == [True, False]


@each
def test_empty_parameters(name: str, options: dict[str, Any]) -> None:
    def step(library: Any) -> Any:
        param = library.ones(0, 3).requires_grad_()
        optimizer = getattr(library.optim, name)([param], **options)
        param.grad = library.ones(0, 3)
        optimizer.step()
        return param

    assert_same(step, words=False)  # Adafactor divides by the number of elements


def test_a_step_is_an_in_place_change() -> None:
    weight = minitorch.ones(3, requires_grad=True)
    optimizer = optim.SGD([weight], lr=0.1)
    loss = (weight * weight).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@pytest.mark.parametrize("shape", [(), (1,)])
@each
def test_lr_may_be_a_tensor(name: str, options: dict[str, Any], shape: tuple[int, ...]) -> None:
    results = []
    for library, torch_like in ((optim, minitorch), (torch.optim, torch)):
        param = torch_like.ones(3, 2).requires_grad_()
        lr = torch_like.full(shape, 0.1)
        optimizer = getattr(library, name)([param], **{**options, "lr": lr})
        for _ in range(3):
            param.grad = torch_like.ones(3, 2)
            optimizer.step()
        results.append(param.detach())
    torch.testing.assert_close(to_torch(results[0]), results[1])


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_betas_may_be_tensors(name: str) -> None:
    results = []
    for library in (minitorch, torch):
        param = library.ones(3).requires_grad_()
        betas = (library.tensor([0.8]), library.tensor(0.99))
        optimizer = getattr(library.optim, name)([param], betas=betas, lr=library.tensor(0.1))
        for _ in range(3):
            param.grad = library.ones(3)
            optimizer.step()
        results.append((param.detach(), repr(optimizer)))
    torch.testing.assert_close(to_torch(results[0][0]), results[1][0])
    assert results[0][1] == results[1][1]


# --------------------------------------------------------------------------- differentiable steps


@pytest.fixture
def float64_is_the_default() -> Iterator[None]:
    """torch then computes the corrections of differentiable steps in float64, not in float32."""
    for library in (torch, minitorch):
        library.set_default_dtype(library.float64)
    yield
    for library in (torch, minitorch):
        library.set_default_dtype(library.float32)


# One step from a state that is given: torch's own cannot be differentiated through several.
@pytest.mark.usefixtures("float64_is_the_default")
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
@each_elementwise
def test_gradients_flow_through_a_step(name: str, options: dict[str, Any], dtype: str) -> None:
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(2, 3, 4, 2))
    start, slope, cotangent = parts[0] + 1j * parts[1] if "complex" in dtype else parts[0]
    known = minitorch.tensor(start)
    optimizer = getattr(optim, name)([known], **options)
    for scale in (1.0, -0.5):
        known.grad = minitorch.tensor(slope) * scale
        optimizer.step()
    state = to_torch(dict(optimizer.state[known]))
    results = []
    for library in (minitorch, torch):
        first = library.tensor(start).requires_grad_()
        grad = library.tensor(slope).requires_grad_()
        param = first.clone()
        optimizer = getattr(library.optim, name)([param], differentiable=True, **options)
        converted = state if library is torch else to_mini(state)
        optimizer.state[param] = copy.deepcopy(converted)
        param.grad = grad * 2.0
        optimizer.step()
        loss = (param * library.tensor(cotangent)).sum()
        (loss.real if loss.is_complex() else loss).backward()
        results.append([param.detach(), first.grad, grad.grad])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(to_torch(ours), theirs)


@pytest.mark.usefixtures("float64_is_the_default")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("SGD", {"lr": 0.1}),
        ("SGD", {"lr": 0.1, "weight_decay": 0.2}),
        ("Adam", {"lr": 0.1, "betas": (0.9, 0.99)}),
        ("Adam", {"lr": 0.1, "weight_decay": 0.2}),
        ("AdamW", {"lr": 0.1, "betas": (0.9, 0.99), "weight_decay": 0.2, "amsgrad": True}),
    ],
)
def test_gradients_of_options(name: str, options: dict[str, Any]) -> None:
    results = []
    for library in (minitorch, torch):
        leaves = []

        def leaf(x: float, library: Any = library, leaves: list[Any] = leaves) -> Any:
            leaves.append(library.tensor(x, dtype=library.float64, requires_grad=True))
            return leaves[-1]

        own = {k: leaf(v) if isinstance(v, float) else v for k, v in options.items()}
        if "betas" in options:
            own["betas"] = tuple(leaf(b) for b in options["betas"])
        param = library.linspace(-1, 1, 5, dtype=library.float64).requires_grad_().clone()
        optimizer = getattr(library.optim, name)([param], differentiable=True, **own)
        param.grad = library.linspace(1, 2, 5, dtype=library.float64)
        optimizer.step()
        (param**2).sum().backward()
        results.append([x.grad for x in leaves])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(to_torch(ours), theirs)


def test_a_leaf_cannot_be_changed_differentiably() -> None:
    caught = []
    for library in (torch, minitorch):
        param = library.ones(2, requires_grad=True)
        param.grad = library.ones(2)
        with pytest.raises(RuntimeError) as info:
            library.optim.SGD([param], differentiable=True).step()
        caught.append(str(info.value))
    assert caught[0] == caught[1]


# --------------------------------------------------------------------------- training


@row
@dtypes
def test_training_a_network(name: str, options: dict[str, Any], dtype: str) -> None:
    traces = []
    for library in (minitorch, torch):
        library.manual_seed(0)
        nn = library.nn
        net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
        net = net.to(getattr(library, dtype))
        inputs = library.randn(16, 4, dtype=getattr(library, dtype))
        targets = library.arange(16) % 3
        named = [(n, p) for n, p in net.named_parameters() if name != "Muon" or p.ndim == 2]
        optimizer = getattr(library.optim, name)(named, **options)

        losses = []
        for _ in range(20):
            optimizer.zero_grad()
            losses.append(nn.functional.cross_entropy(net(inputs), targets))
            losses[-1].backward()
            optimizer.step()
        traces.append((losses, dict(net.state_dict()), optimizer.state_dict()))
    (our_losses, ours, our_state), (losses, theirs, state) = traces
    # Rprop and the first steps of the Adam family take whole steps by gradients near zero, too.
    close = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {}
    close = MUON if name == "Muon" else close
    torch.testing.assert_close(
        to_torch([x.detach() for x in our_losses]), [x.detach() for x in losses], **close
    )
    torch.testing.assert_close(to_torch(ours), theirs, **close)
    assert our_state["param_groups"] == state["param_groups"]
    assert list(our_state["state"]) == list(state["state"])


# --------------------------------------------------------------------------- errors and warnings


def refused(name: str, **options: Any) -> Any:
    label = f"{name}-{options}"
    return pytest.param(lambda t: getattr(t.optim, name)([t.ones(1)], **options), id=label)


def stepped(
    library: Any, name: str, shape: tuple[int, ...], dtype: Any = None, **options: Any
) -> None:
    param = library.ones(shape, dtype=dtype).requires_grad_()
    param.grad = library.ones(shape, dtype=dtype)
    getattr(library.optim, name)([param], **options).step()


ERRORS = [
    refused("SGD", lr=-1),
    refused("SGD", momentum=-1),
    refused("SGD", weight_decay=-1),
    refused("SGD", nesterov=True),
    refused("SGD", nesterov=True, momentum=0.9, dampening=0.1),
    refused("SGD", fused=True, foreach=True),
    refused("SGD", fused=True, differentiable=True),
    refused("Adam", lr=-1.0),
    refused("Adam", eps=-1),
    refused("Adam", betas=(1.0, 0.9)),
    refused("Adam", betas=(0.9, -0.1)),
    refused("Adam", betas=(0, 0.1)),
    refused("Adam", weight_decay=-1),
    refused("Adam", fused=True, foreach=True),
    refused("AdamW", lr=-1.0),
    refused("Adagrad", lr=-1.0),
    refused("Adagrad", lr_decay=-1),
    refused("Adagrad", weight_decay=-1),
    refused("Adagrad", initial_accumulator_value=-1),
    refused("Adagrad", eps=-1),
    refused("RMSprop", lr=-1.0),
    refused("RMSprop", eps=-1),
    refused("RMSprop", momentum=-1),
    refused("RMSprop", weight_decay=-1),
    refused("RMSprop", alpha=-1),
    refused("Adamax", lr=-1.0),
    refused("Adamax", eps=-1),
    refused("Adamax", betas=(1.0, 0.9)),
    refused("Adamax", betas=(0.9, 1.0)),
    refused("Adamax", weight_decay=-1),
    refused("NAdam", eps=-1),
    refused("NAdam", betas=(1.0, 0.9)),
    refused("NAdam", momentum_decay=-1),
    refused("RAdam", weight_decay=-1),
    refused("RAdam", betas=(0.9, 1.0)),
    refused("Adadelta", rho=1.1),
    refused("Adadelta", eps=-1),
    refused("Adadelta", lr=-1),
    refused("Rprop", lr=-1),
    refused("Rprop", etas=(1.0, 0.5)),
    refused("ASGD", lr=-1),
    refused("ASGD", weight_decay=-0.5),
    refused("Adafactor", lr=-1),
    refused("Adafactor", beta2_decay=0.8),
    refused("Adafactor", eps=(-1, 1e-3)),
    refused("Adafactor", eps=(None, -1)),
    refused("Adafactor", d=0.0),
    refused("Adafactor", weight_decay=-1),
    refused("Muon"),
    refused("Muon", lr=-1),
    refused("Muon", momentum=-1),
    refused("Muon", weight_decay=-1),
    refused("Muon", adjust_lr_fn="arbitrary"),
    lambda t: t.optim.Adam([t.ones(1)], betas=(t.tensor([0.5, 0.5]), t.tensor(0.9))),
    lambda t: t.optim.Adam([t.ones(1)], betas=(t.tensor(0.5), 0.9)),
    lambda t: t.optim.Adam([t.ones(1)], betas=(t.tensor(0.5), t.tensor(0.9)), foreach=True),
    lambda t: stepped(t, "Muon", (2, 2), ns_steps=100),
    lambda t: stepped(t, "Muon", (2, 2), ns_coefficients=(1.0, 2.0)),
    lambda t: stepped(t, "Muon", (2, 2), dtype=t.complex64),
    lambda t: stepped(t, "Adafactor", (2, 2), dtype=t.complex64),
    lambda t: stepped(t, "SGD", (2,), dtype=t.complex64, fused=True),
    lambda t: stepped(t, "Adam", (2,), dtype=t.complex64, fused=True),
    lambda t: stepped(t, "Adam", (2,), differentiable=True, foreach=True),
    *[
        lambda t, name=name: stepped(t, name, (2,), capturable=True)
        for name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "ASGD")
    ],
    lambda t: t.optim.SGD([t.ones(1)], lr=t.ones(2)),
    lambda t: t.optim.Adam([t.ones(1)], lr=t.tensor(0.1), foreach=True),
    lambda t: t.optim.SGD([]),
    lambda t: t.optim.Optimizer(
        [{"params": [t.ones(1)]}],
        {"lr": importlib.import_module(f"{t.__name__}.optim.optimizer").required},
    ),
    lambda t: t.optim.SGD(t.ones(1)),
    lambda t: t.optim.SGD([3]),
    lambda t: t.optim.SGD(["weight"]),
    lambda t: t.optim.SGD([{"params": {t.ones(1)}}]),
    lambda t: t.optim.SGD([t.ones(1, requires_grad=True) * 2]),
    lambda t: t.optim.SGD([("a", t.ones(1)), t.ones(1)]),
    lambda t: t.optim.SGD([t.ones(1)]).add_param_group([t.ones(1)]),
    lambda t: t.optim.SGD([t.ones(1)]).add_param_group({"params": [("a", t.ones(1))]}),
    lambda t: t.optim.SGD([("a", t.ones(1))]).add_param_group({"params": [t.ones(1)]}),
    lambda t: [p := t.ones(1), t.optim.SGD([{"params": [p]}, {"params": p}])],
    lambda t: t.optim.SGD([t.ones(1)]).load_state_dict(
        t.optim.SGD([{"params": [t.ones(1)]}, {"params": [t.ones(1)]}]).state_dict()
    ),
    lambda t: t.optim.SGD([t.ones(1)]).load_state_dict(
        t.optim.SGD([t.ones(1), t.ones(1)]).state_dict()
    ),
]


@pytest.mark.parametrize("provoke", ERRORS)
def test_errors(provoke: Callable[[Any], Any]) -> None:
    caught = []
    for library in (torch, minitorch):
        with pytest.raises(Exception) as info:
            provoke(library)
        caught.append((info.type, str(info.value)))
    assert caught[0] == caught[1]


def test_duplicates_warn() -> None:
    messages = []
    for library in (torch, minitorch):
        param = library.ones(1)
        with pytest.warns(UserWarning) as record:
            library.optim.SGD([param, param])
        messages.append(str(record[0].message))
    assert messages[0] == messages[1]


# --------------------------------------------------------------------------- the base class


def test_names_are_kept() -> None:
    states = []
    for library in (torch, minitorch):
        optimizer = library.optim.SGD([("a", library.ones(1)), ("b", library.ones(1))])
        states.append(optimizer.state_dict())
        other = library.optim.SGD([("c", library.ones(1)), ("d", library.ones(1))])
        other.load_state_dict(states[-1])
        assert other.param_groups[0]["param_names"] == ["a", "b"]
    assert states[0] == states[1]


def test_zero_grad() -> None:
    weight = minitorch.ones(2, requires_grad=True)
    optimizer = optim.SGD([weight], lr=0.1)
    (weight * weight).sum().backward(create_graph=True)
    assert weight.grad is not None and weight.grad.requires_grad
    optimizer.zero_grad(set_to_none=False)
    assert weight.grad.tolist() == [0, 0] and not weight.grad.requires_grad
    optimizer.zero_grad()
    assert weight.grad is None


def test_closure() -> None:
    weight = minitorch.ones(2, requires_grad=True)
    optimizer = optim.SGD([weight], lr=0.25)

    def closure() -> minitorch.Tensor:
        optimizer.zero_grad()
        loss = (weight * weight).sum()
        loss.backward()
        return loss

    with minitorch.no_grad():
        assert optimizer.step(closure).item() == 2
    assert weight.tolist() == [0.5, 0.5]


def test_hooks_run_in_torchs_order() -> None:
    traces = []
    for library in (torch, minitorch):
        trace: list[Any] = []

        class Noisy(library.optim.SGD):  # type: ignore[misc, name-defined]
            def step(self, closure: Any = None, trace: Any = trace) -> Any:
                trace.append("step")
                return super().step(closure)

        module = importlib.import_module(f"{library.__name__}.optim.optimizer")
        optimizer = Noisy([library.ones(1)])
        handles = [
            module.register_optimizer_step_pre_hook(lambda *a, t=trace: t.append("all before")),
            module.register_optimizer_step_post_hook(lambda *a, t=trace: t.append("all after")),
            optimizer.register_step_pre_hook(lambda *a, t=trace: t.append("before")),
            optimizer.register_step_post_hook(
                lambda o, args, kwargs, t=trace: t.append(("after", len(args), kwargs))
            ),
        ]
        optimizer.step(closure=None)
        for handle in handles:
            handle.remove()
        optimizer.step()
        traces.append(trace)
    assert traces[0] == traces[1]


def test_a_pre_hook_may_change_the_arguments() -> None:
    for library in (torch, minitorch):
        optimizer = library.optim.SGD([library.ones(1)])
        optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7), {}))
        assert optimizer.step() == 7
        optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
        with pytest.raises(RuntimeError, match="but got 3"):
            optimizer.step()


def test_hooks_of_state_dicts() -> None:
    traces = []
    for library in (torch, minitorch):
        trace: list[Any] = []
        optimizer = library.optim.SGD([library.ones(1)], lr=0.5)
        for prepend in (False, True):
            optimizer.register_state_dict_pre_hook(
                lambda o, t=trace, p=prepend: t.append(("before saving", p)), prepend
            )
            optimizer.register_state_dict_post_hook(
                lambda o, d, t=trace, p=prepend: t.append(("saved", p, sorted(d))), prepend
            )
            optimizer.register_load_state_dict_pre_hook(
                lambda o, d, t=trace, p=prepend: t.append(("before loading", p)), prepend
            )
            optimizer.register_load_state_dict_post_hook(
                lambda o, t=trace, p=prepend: t.append(("loaded", p)), prepend
            )
        handle = optimizer.register_state_dict_post_hook(lambda o, d: {**d, "extra": 3})
        trace.append(sorted(optimizer.state_dict()))
        handle.remove()
        changed = {"lr": 0.25}
        optimizer.register_load_state_dict_pre_hook(
            lambda o, d, c=changed: {**d, "param_groups": [{**g, **c} for g in d["param_groups"]]}
        )
        optimizer.load_state_dict(optimizer.state_dict())
        trace.append(optimizer.param_groups[0]["lr"])
        traces.append(trace)
    assert traces[0] == traces[1]


def test_copies_are_independent() -> None:
    weight = minitorch.ones(2, requires_grad=True)
    optimizer = optim.Adam([weight], lr=0.1)
    weight.grad = minitorch.ones(2)
    optimizer.step()
    for copied in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        (param,) = copied.param_groups[0]["params"]
        assert param is not weight and list(copied.state) == [param]
        param.grad = minitorch.ones(2)
        copied.step()
        assert copied.state[param]["step"].item() == 2
    assert optimizer.state[weight]["step"].item() == 1
    assert not np.array_equal(param.detach().numpy(), weight.detach().numpy())


def test_an_old_state_with_numbers_as_steps_loads() -> None:
    weight = minitorch.ones(2, requires_grad=True)
    optimizer = optim.Adam([weight])
    weight.grad = minitorch.ones(2)
    optimizer.step()
    state = optimizer.state_dict()
    state["state"][0]["step"] = 1
    del state["param_groups"][0]["amsgrad"]
    other = optim.AdamW([weight])
    other.load_state_dict(state)
    assert other.state[weight]["step"].dtype is minitorch.float32
    assert other.param_groups[0]["amsgrad"] is False
    assert other.param_groups[0]["decoupled_weight_decay"] is True


def test_a_loaded_state_takes_the_dtype_of_the_parameter() -> None:
    wide = minitorch.ones(2, dtype=minitorch.float64).requires_grad_()
    optimizer = optim.Adam([wide])
    wide.grad = minitorch.ones(2, dtype=minitorch.float64)
    optimizer.step()
    narrow = minitorch.ones(2, requires_grad=True)
    other = optim.Adam([narrow])
    other.load_state_dict(optimizer.state_dict())
    assert other.state[narrow]["exp_avg"].dtype is minitorch.float32


def test_no_warnings_in_ordinary_use() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Pair("Adam", {}).step(2)


def test_nodes_of_parameters_serve_all_steps_and_keep_nothing_alive() -> None:
    weight = minitorch.ones(2, requires_grad=True)
    optimizer = optim.SGD([weight], lr=0.5)
    (weight * 2).sum().backward()
    optimizer.step()
    node = weakref.ref(weight.accumulator())
    optimizer.zero_grad()
    (weight * 3).sum().backward()
    assert node() is weight.accumulator()
    weight.data = minitorch.ones(3, dtype=minitorch.float64)  # gradients of another kind
    weight.grad = None
    (weight * 4).sum().backward()
    assert weight.grad is not None
    assert weight.grad.dtype is minitorch.float64
    assert weight.grad.tolist() == [4, 4, 4]
    optimizer.step()
    assert weight.tolist() == [-1, -1, -1]
    remembered = weakref.ref(weight)
    gc.disable()
    try:
        del weight, optimizer
        assert remembered() is None
    finally:
        gc.enable()
