"""L-BFGS beside torch's, on functions whose valleys do not turn a last bit into another path."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike
from tests.test_optim import to_mini, to_torch

ROWS: list[dict[str, Any]] = [
    {"lr": 0.1},
    {"lr": 0.1, "max_iter": 5, "history_size": 3},
    {"lr": 0.5, "max_iter": 7, "max_eval": 4},
    {"lr": 0.1, "tolerance_grad": 1e-1},
    {"lr": 0.1, "tolerance_change": 1e-3},
    {"line_search_fn": "strong_wolfe"},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "history_size": 2},
    {"line_search_fn": "strong_wolfe", "lr": 100.0, "max_iter": 3},
    {"line_search_fn": "strong_wolfe", "lr": 1e-3, "max_iter": 3},
    {"line_search_fn": "strong_wolfe", "lr": 30.0, "max_iter": 6, "max_eval": 8},
]
row = pytest.mark.parametrize("options", ROWS, ids=["-".join(options) for options in ROWS])


class Problem:
    """A network that learns to tell three kinds of points apart, in float64."""

    def __init__(self, library: Any, options: dict[str, Any]) -> None:
        self.library = library
        library.manual_seed(0)
        nn = library.nn
        self.net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3)).to(library.float64)
        self.inputs = library.randn(30, 4, dtype=library.float64)
        self.targets = library.arange(30) % 3
        self.evaluations = 0
        self.optimizer = library.optim.LBFGS(self.net.parameters(), **options)

    def closure(self) -> Any:
        self.evaluations += 1
        self.optimizer.zero_grad()
        loss = self.library.nn.functional.cross_entropy(self.net(self.inputs), self.targets)
        # A little weight decay: without it, the flat valley's floor is searched by rounding errors.
        loss = loss + 0.01 * sum((p * p).sum() for p in self.net.parameters())
        loss.backward()
        return loss

    def step(self, count: int) -> list[float]:
        return [self.optimizer.step(self.closure).item() for _ in range(count)]


@row
def test_a_few_steps(options: dict[str, Any]) -> None:
    ours, theirs = Problem(minitorch, options), Problem(torch, options)
    assert ours.step(4) == pytest.approx(theirs.step(4), rel=1e-7)
    assert ours.evaluations == theirs.evaluations
    torch.testing.assert_close(
        to_torch(dict(ours.net.state_dict())),
        dict(theirs.net.state_dict()),
        rtol=1e-5,  # the curvature is a quotient of small differences
        atol=1e-6,
    )
    expected, found = theirs.optimizer.state_dict(), ours.optimizer.state_dict()
    assert found["param_groups"] == expected["param_groups"]
    assert list(found["state"][0]) == list(expected["state"][0])
    for key, value in expected["state"][0].items():
        assert type(found["state"][0][key]).__name__ == type(value).__name__, key
    assert found["state"][0]["n_iter"] == expected["state"][0]["n_iter"]
    assert repr(ours.optimizer) == repr(theirs.optimizer)


@row
def test_states_load_in_the_other_library(options: dict[str, Any]) -> None:
    ours, theirs = Problem(minitorch, options), Problem(torch, options)
    for problem in (ours, theirs):
        problem.step(1)
    our_state, their_state = ours.optimizer.state_dict(), theirs.optimizer.state_dict()
    ours.optimizer.load_state_dict(to_mini(their_state))
    theirs.optimizer.load_state_dict(to_torch(our_state))
    assert ours.step(2) == pytest.approx(theirs.step(2), rel=1e-6)


def test_complex_and_missing_gradients() -> None:
    results = []
    for library in (minitorch, torch):
        z = library.tensor([1 + 2j, -3 + 0.5j], dtype=library.complex128, requires_grad=True)
        unused = library.ones(3, dtype=library.float64, requires_grad=True)
        scalar = library.tensor(4.0, dtype=library.float64, requires_grad=True)
        optimizer = library.optim.LBFGS([z, unused, scalar], lr=0.2)

        def closure(
            z: Any = z, scalar: Any = scalar, optimizer: Any = optimizer, library: Any = library
        ) -> Any:
            optimizer.zero_grad()
            loss = (library.view_as_real(z) ** 2).sum() + (scalar - 1) ** 2
            loss.backward()
            return loss

        for _ in range(2):
            optimizer.step(closure)
        results.append([z.detach(), unused.detach(), scalar.detach()])
    for ours, theirs in zip(*results, strict=True):
        torch.testing.assert_close(to_torch(ours), theirs)


def test_nothing_moves_at_the_bottom() -> None:
    x = minitorch.zeros(2, requires_grad=True)
    optimizer = minitorch.optim.LBFGS([x])

    def closure() -> minitorch.Tensor:
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with minitorch.no_grad():
        assert optimizer.step(closure).item() == 0
    assert optimizer.state[x] == {"func_evals": 1, "n_iter": 0}


def unknown_line_search(library: Any) -> None:
    x = library.ones(2, requires_grad=True)
    optimizer = library.optim.LBFGS([x], line_search_fn="weak")

    def closure() -> Any:
        loss = (x * x).sum()
        loss.backward()
        return loss

    optimizer.step(closure)


@pytest.mark.parametrize(
    "provoke",
    [
        unknown_line_search,
        lambda t: t.optim.LBFGS([t.ones(1)], lr=-1),
        lambda t: t.optim.LBFGS([t.ones(1)], lr=t.ones(2)),
        lambda t: t.optim.LBFGS([{"params": [t.ones(1)]}, {"params": [t.ones(1)]}]),
    ],
)
def test_errors(provoke: Any) -> None:
    assert_raises_alike(provoke)
