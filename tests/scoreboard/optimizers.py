"""``optim_db``: every optimizer, a few steps on the same parameters and gradients.

Mirrors, in purpose, test/test_optim.py of torch.
"""

from __future__ import annotations

import functools
import itertools
from typing import Any

import torch

import minitorch
from tests.scoreboard.checks import (
    Check,
    judge_refusal,
    note_error,
    quiet,
    seed_everything,
    time_limit,
)
from tests.scoreboard.compare import assert_alike
from tests.scoreboard.counterpart import Translator, lookup
from tests.scoreboard.entry import Entry, numbered

FAMILY = "optimizers"
STEPS = 5


@functools.cache
def _infos() -> dict[str, Any]:
    from torch.testing._internal.common_optimizers import optim_db

    return numbered(optim_db, lambda info: info.optim_cls.__name__)


def entries() -> list[Entry]:
    """The entries of ``optim_db``."""
    return [
        Entry(
            "optimizers",
            name,
            FAMILY,
            "sparse tensors" if info.only_supports_sparse_grads else None,
        )
        for name, info in _infos().items()
    ]


def run(name: str, limit: int | None) -> list[Check]:
    """All checks of one entry."""
    info = _infos()[name]
    checks = [_steps(name, info, dtype, limit) for dtype in (torch.float32, torch.float64)]
    checks[0].main = True
    if info.optim_error_inputs_func is not None:
        checks.append(_error_inputs(name, info))
    return checks


def _steps(name: str, info: Any, dtype: torch.dtype, limit: int | None) -> Check:
    """Parameters after each of a few steps."""
    check = Check(name, FAMILY, "steps", str(dtype).removeprefix("torch."))
    seed_everything(check.key)
    with quiet(), time_limit(check):
        for optim_input in itertools.islice(info.optim_inputs_func("cpu"), limit):
            check.samples += 1
            try:
                _assert_same_steps(info, optim_input, dtype)
                check.passed += 1
            except TimeoutError:
                raise
            except Exception as error:
                note_error(check, error)
    return check


def _assert_same_steps(info: Any, optim_input: Any, dtype: torch.dtype) -> None:
    translate = Translator()
    torch.manual_seed(0)
    shapes = [(4, 3), (3, 4)] if name_of(info) == "Muon" else [(4, 3), (5,), ()]
    theirs = [torch.nn.Parameter(torch.randn(shape, dtype=dtype)) for shape in shapes]
    ours = [translate(p) for p in theirs]
    optimizer = info.optim_cls(theirs, **optim_input.kwargs)
    twin = lookup(f"optim.{name_of(info)}")(ours, **translate(optim_input.kwargs))
    targets = [torch.randn(p.shape, dtype=dtype) for p in theirs]
    for step in range(STEPS):
        _step(torch, optimizer, theirs, targets)
        _step(minitorch, twin, ours, [translate(t) for t in targets])
        assert_alike(ours, theirs, where=f"step {step + 1} ")
        # An optimizer that calls the closure takes it for the same function every time: of LBFGS
        # with a moving one, a bit more in a parameter is 0.3 more two steps later, in torch alone.
        if not info.step_requires_closure:
            targets = [torch.randn(p.shape, dtype=dtype) for p in theirs]


def name_of(info: Any) -> str:
    return str(info.optim_cls.__name__)


def _step(library: Any, optimizer: Any, parameters: list[Any], targets: list[Any]) -> None:
    """One step down a quartic bowl around the targets."""

    def closure() -> Any:
        optimizer.zero_grad()
        pairs = zip(parameters, targets, strict=True)
        loss = sum((((p - t) ** 2).sum() + ((p - t) ** 4).sum() / 4) for p, t in pairs)
        loss.backward()
        return loss

    optimizer.step(closure)


def _error_inputs(name: str, info: Any) -> Check:
    """Bad options raise the same type of exception."""
    check = Check(name, FAMILY, "error inputs", "")
    with quiet(), time_limit(check):
        for bad in info.optim_error_inputs_func("cpu", torch.float32):
            theirs, ours = [_refusal(info, bad.optimizer_error_input, own) for own in (False, True)]
            judge_refusal(check, theirs, ours)
    return check


def _refusal(info: Any, optim_input: Any, ours: bool) -> Exception | None:
    """What making the optimizer and stepping raises."""
    translate = Translator()
    torch.manual_seed(0)
    parameters = optim_input.params
    if parameters is None:
        parameters = [torch.nn.Parameter(torch.randn(2, 3)) for _ in range(2)]
    for p in parameters if isinstance(parameters, list) else []:
        if isinstance(p, torch.Tensor):
            p.grad = torch.rand_like(p)
    try:
        if not ours:
            info.optim_cls(parameters, **optim_input.kwargs).step()
            return None
        twins = translate(parameters)
        for twin, p in zip(twins, parameters, strict=False):
            if isinstance(p, torch.Tensor) and p.grad is not None:
                twin.grad = translate(p.grad)
        lookup(f"optim.{name_of(info)}")(twins, **translate(optim_input.kwargs)).step()
    except Exception as error:
        return error
    return None
