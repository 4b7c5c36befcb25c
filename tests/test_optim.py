"""Optimizers: 100 steps beside torch's, states that load in the other library, errors, hooks."""

from __future__ import annotations

import copy
import importlib
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from minitorch import optim
from minitorch.native import fused_optim

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
]
IDS = [f"{name}-{'-'.join(options) or 'defaults'}" for name, options in ROWS]
SHAPES = [(5, 3), (7,), ()]
FIRST_ROW_OF_EACH = [ROWS[0], ROWS[2], ROWS[6], ROWS[11], ROWS[13], ROWS[20]]

row = pytest.mark.parametrize(("name", "options"), ROWS, ids=IDS)
each = pytest.mark.parametrize(("name", "options"), FIRST_ROW_OF_EACH)
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
        values = [np.asarray(self.rng.normal(size=shape), dtype) for shape in SHAPES]
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
            torch.testing.assert_close(to_torch(ours), theirs.detach())

    def check_state(self) -> None:
        expected = self.torch_optimizer.state_dict()
        found = self.optimizer.state_dict()
        assert found["param_groups"] == expected["param_groups"]
        assert list(found["state"]) == list(expected["state"])
        for number, state in expected["state"].items():
            assert list(found["state"][number]) == list(state)
        torch.testing.assert_close(to_torch(found["state"]), expected["state"])


@row
@dtypes
def test_hundred_steps(name: str, options: dict[str, Any], dtype: str) -> None:
    pair = Pair(name, options, dtype)
    pair.step(100)
    pair.check()
    pair.check_state()


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


@each
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


# torch 2.13's fused SGD skips all whole vectors of a float16 parameter; its plain one is right.
@pytest.mark.parametrize(
    ("name", "fused"), [("SGD", None), ("Adam", True), ("AdamW", True), ("Adagrad", True)]
)
def test_float16_computes_in_float32_as_torchs_fused_kernels_do(
    name: str, fused: bool | None
) -> None:
    values = np.linspace(-1, 1, 20, dtype="float16")
    results = []
    for library, torch_like in ((optim, minitorch), (torch.optim, torch)):
        param = torch_like.tensor(values).requires_grad_()
        optimizer = getattr(library, name)([param], lr=0.01, fused=fused)
        for scale in range(1, 10):
            param.grad = torch_like.tensor(values * np.float16(scale))
            optimizer.step()
        results.append(param.detach())
    torch.testing.assert_close(to_torch(results[0]), results[1])


@each
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


def test_nan_wins_over_the_largest_square() -> None:
    param, largest = np.ones(2, "float32"), np.ones(2, "float32")
    zeros = [np.zeros(2, "float32") for _ in "mv"]
    grad = np.array([np.nan, 1], "float32")
    options = {"lr": 0.1, "beta1": 0.9, "beta2": 0.9, "eps": 1e-8, "weight_decay": 0.0}
    flags = {"decoupled_weight_decay": False, "maximize": False}
    fused_optim.adam_(param, *zeros, largest, grad, step=1.0, **options, **flags)
    assert np.isnan(largest).tolist() == [True, False]


def test_a_step_is_an_in_place_change() -> None:
    weight = minitorch.ones(3, requires_grad=True)
    optimizer = optim.SGD([weight], lr=0.1)
    loss = (weight * weight).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_lr_may_be_a_tensor() -> None:
    for name in ("SGD", "Adam", "AdamW", "Adagrad", "RMSprop"):
        results = []
        for library, torch_like in ((optim, minitorch), (torch.optim, torch)):
            param = torch_like.ones(3).requires_grad_()
            optimizer = getattr(library, name)([param], lr=torch_like.tensor(0.1))
            param.grad = torch_like.ones(3)
            optimizer.step()
            results.append(param.detach())
        torch.testing.assert_close(to_torch(results[0]), results[1])


# --------------------------------------------------------------------------- errors and warnings


def refused(name: str, **options: Any) -> Any:
    label = f"{name}-{options}"
    return pytest.param(lambda t: getattr(t.optim, name)([t.ones(1)], **options), id=label)


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
    lambda t: t.optim.SGD([t.ones(1)], lr=t.ones(2)),
    lambda t: t.optim.Adam([t.ones(1)], lr=t.tensor(0.1), foreach=True),
    lambda t: t.optim.SGD([]),
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


def test_differentiable_is_refused() -> None:
    for name in ("SGD", "Adam", "Adagrad", "RMSprop"):
        with pytest.raises(NotImplementedError, match="differentiated"):
            getattr(optim, name)([minitorch.ones(1)], differentiable=True)


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
