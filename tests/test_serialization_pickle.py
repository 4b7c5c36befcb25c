"""``pickle`` and ``copy``: tensors, modules, optimizers and schedules, as in torch."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch
from tests.checkpoint_files import MORE_ROWS, ROWS, bits, check

pytestmark = pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")


def through_pickle(obj: Any) -> Any:
    return pickle.loads(pickle.dumps(obj))


COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    **{
        f"pickle {protocol}": lambda obj, p=protocol: pickle.loads(pickle.dumps(obj, p))  # type: ignore[misc]
        for protocol in range(2, 6)
    },
}


@pytest.mark.parametrize("copier", COPIES)
@pytest.mark.parametrize("name", [*ROWS, *MORE_ROWS])
def test_copies(name: str, copier: str) -> None:
    row, copied = (ROWS | MORE_ROWS)[name], COPIES[copier]
    if name == "not a leaf" and copier == "deepcopy":
        for library in (torch, minitorch):
            with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
                copied(row(library))
        return
    try:
        theirs = copied(row(torch))
    except AttributeError:  # torch does not pickle storages of mere bytes
        theirs = row(torch)
    original = row(minitorch)
    check(copied(original), theirs)
    check(original, row(torch))  # it is as it was


def test_copied_views_share_their_copied_memory() -> None:
    """torch's are torn apart by ``pickle``."""
    for library, copied in (
        (torch, copy.deepcopy),
        (minitorch, copy.deepcopy),
        (minitorch, through_pickle),
    ):
        base = library.zeros(4)
        new_base, new_view = copied([base, base[1:]])
        new_base[1] = 5
        assert new_view[0].item() == 5 and base[1].item() == 0


def test_what_is_not_copied() -> None:
    for library in (torch, minitorch):
        parameter = library.nn.Parameter(library.ones(2))
        parameter.grad = library.ones(2)
        assert through_pickle(parameter).grad is None
        tensor = library.ones(2, requires_grad=True)
        tensor.grad = library.full((2,), 3.0)
        assert copy.deepcopy(tensor).grad.tolist() == [3, 3]
        shallow = copy.copy(parameter)
        assert shallow is not parameter and shallow.data_ptr() == parameter.data_ptr()


class Net(minitorch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        nn = minitorch.nn
        self.layers = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5))
        self.lstm = nn.LSTM(2, 3)
        self.heads = nn.ModuleDict({"a": nn.Linear(3, 2), "b": nn.Linear(3, 2)})
        self.heads["b"].weight = self.heads["a"].weight  # shared
        self.activation = nn.functional.gelu
        self.register_buffer("steps", minitorch.arange(3), persistent=False)
        self.register_parameter("none", None)
        self.calls: list[int] = []
        self.register_forward_hook(count_call)

    def forward(self, x: Any) -> Any:
        x = self.layers(x).flatten(2).permute(2, 0, 1)
        x = self.activation(self.lstm(x)[0][-1])
        return self.heads["a"](x) - self.heads["b"](x)


def count_call(module: Net, inputs: Any, output: Any) -> None:
    module.calls.append(len(inputs))


@pytest.mark.parametrize("copier", COPIES)
def test_modules(copier: str) -> None:
    model = Net()
    x = minitorch.randn(4, 1, 6, 6)
    model(x)
    copied = COPIES[copier](model)
    assert repr(copied) == repr(model) and copied.calls == [1]
    assert list(copied.state_dict()) == list(model.state_dict())
    assert copied.heads["a"].weight is copied.heads["b"].weight
    assert copied.heads["a"].weight.data_ptr() != model.heads["a"].weight.data_ptr()
    assert copied.steps.tolist() == [0, 1, 2] and "steps" not in copied.state_dict()
    assert copied.none is None and copied.training
    outputs = []
    for net in (model, copied):
        minitorch.manual_seed(0)
        outputs.append(bits(net(x)))
    assert outputs[0] == outputs[1]
    assert copied.calls == model.calls == [1, 1]  # each counts its own
    handle = copied.register_forward_hook(count_call)  # hooks of a copy can be added and removed
    handle.remove()


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad"])
@pytest.mark.parametrize("copier", COPIES)
def test_optimizers_with_their_parameters(name: str, copier: str) -> None:
    weight = minitorch.nn.Parameter(minitorch.ones(3))
    optimizer = getattr(minitorch.optim, name)([weight], lr=0.1)
    for _ in range(2):
        weight.grad = minitorch.arange(3.0)
        optimizer.step()
    new_weight, new_optimizer = COPIES[copier]((weight, optimizer))
    assert new_optimizer.param_groups[0]["params"][0] is new_weight
    for w, o in ((weight, optimizer), (new_weight, new_optimizer)):
        w.grad = minitorch.arange(3.0)
        o.step()
    assert bits(weight) == bits(new_weight)
    assert repr(optimizer) == repr(new_optimizer)
