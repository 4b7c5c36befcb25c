"""Lazy layers before, during and after their first input; their sizes are rows of test_modules.py."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import pytest

import minitorch
from tests.parity import assert_raises_alike, assert_same

pytestmark = pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")


def lazy_model(t: Any) -> Any:
    t.manual_seed(0)
    return t.nn.Sequential(
        t.nn.LazyConv2d(4, 3), t.nn.LazyBatchNorm2d(), t.nn.Flatten(), t.nn.LazyLinear(2)
    )


def test_one_call_makes_all_layers_ordinary() -> None:
    def call(t: Any) -> Any:
        model = lazy_model(t)
        before = repr(model), list(model.state_dict()), [repr(p) for p in model.parameters()]
        kinds = [type(p).__name__ for p in model.state_dict().values()]
        result = model(t.randn(3, 2, 5, 6))
        after = repr(model), [type(m).__name__ for m in model], [*model.parameters()]
        return before, kinds, result, after, model.state_dict()

    assert_same(call, exact=False)


def test_an_optimizer_made_before_the_first_input_trains_the_parameters() -> None:
    def call(t: Any) -> Any:
        model = lazy_model(t)
        optimizer = t.optim.SGD(model.parameters(), lr=0.1)
        model(t.randn(3, 2, 5, 6)).sum().backward()
        before = [p.detach().clone() for p in model.parameters()]
        optimizer.step()
        return before, [p.detach() for p in model.parameters()]

    assert_same(call, exact=False)


def test_dtypes_chosen_before_the_first_input() -> None:
    def call(t: Any) -> Any:
        model = lazy_model(t).double()
        layer = t.nn.LazyLinear(2, dtype=t.float64)
        layer.half()
        return model(t.randn(3, 2, 5, 6).double()), layer.weight.dtype, layer.bias.requires_grad

    assert_same(call, exact=False)


def test_copies_of_a_lazy_layer_are_lazy_on_their_own() -> None:
    for copied in copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m)):
        model = lazy_model(minitorch)
        twin = copied(model)
        model(minitorch.randn(3, 2, 5, 6))
        assert "Lazy" in repr(twin) and "Lazy" not in repr(model)
        twin(minitorch.randn(3, 1, 5, 5))
        assert twin[0].in_channels == 1 and model[0].in_channels == 2


def test_states_load_into_lazy_layers() -> None:
    def call(t: Any) -> Any:
        source, target = lazy_model(t), lazy_model(t)
        still_lazy = target.load_state_dict(source.state_dict())
        source(t.randn(3, 2, 5, 6))
        loaded = target.load_state_dict(source.state_dict())
        seen = repr(target), [p.detach() for p in target.parameters()]
        target.eval()
        return repr(still_lazy), repr(loaded), seen, target(t.ones(1, 2, 5, 6)), repr(target)

    assert_same(call, exact=False)


def test_a_layer_of_ones_own() -> None:
    def call(t: Any) -> Any:
        class Scale(t.nn.modules.lazy.LazyModuleMixin, t.nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.factor = t.nn.UninitializedParameter()
                self.offset = t.nn.UninitializedBuffer()
                self.times = 0

            def initialize_parameters(self, x: Any) -> None:
                self.times += 1
                self.factor.materialize(x.shape[1:])
                self.offset.materialize((1,))
                t.nn.init.ones_(self.factor)
                t.nn.init.zeros_(self.offset)

            def forward(self, x: Any) -> Any:
                return x * self.factor + self.offset

        layer = Scale()
        results = [layer(t.ones(2, 3)), layer(t.ones(4, 3))]
        return results, layer.times, layer.has_uninitialized_params(), [*layer.buffers()]

    assert_same(call)


REFUSED = {
    "no initialize_parameters": lambda t: type(
        "Empty", (t.nn.modules.lazy.LazyModuleMixin, t.nn.Module), {}
    )()(3),
    "not all initialized": lambda t: type(
        "Half",
        (t.nn.modules.lazy.LazyModuleMixin, t.nn.Linear),
        {
            "initialize_parameters": lambda self, x: setattr(
                self, "w", t.nn.UninitializedParameter()
            )
        },
    )(2, 2)(t.ones(2)),
    "shape": lambda t: t.nn.LazyLinear(2).weight.shape,
    "shared memory": lambda t: t.nn.LazyLinear(2).share_memory(),
    "into an ordinary layer": lambda t: t.nn.Linear(2, 2).load_state_dict(
        t.nn.LazyLinear(2).state_dict()
    ),
    "channels": lambda t: t.nn.LazyConv2d(4, 3, groups=2)(t.zeros(1, 3, 5, 5)),
    "dimensions": lambda t: t.nn.LazyConv2d(4, 3)(t.zeros(5, 5)),
    "other features than loaded": lambda t: _loaded(t)(t.zeros(2, 4)),
}


def _loaded(t: Any) -> Any:
    layer = t.nn.LazyLinear(2)
    layer.load_state_dict(t.nn.Linear(3, 2).state_dict())
    return layer


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    assert_raises_alike(REFUSED[name])


def test_computing_with_what_has_no_shape_is_refused() -> None:
    # torch names the function here too, by the address of a C function: words differ
    for call in (
        lambda t: t.nn.LazyLinear(2).weight + 1,
        lambda t: t.nn.LazyLinear(2).weight.numel(),
        lambda t: t.nn.functional.linear(t.ones(2, 2), t.nn.LazyLinear(2).weight),
    ):
        assert_raises_alike(call, words=False)


def test_uninitialized_tensors() -> None:
    def call(t: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            p = t.nn.UninitializedParameter(requires_grad=False, dtype=t.float64)
            b = t.nn.UninitializedBuffer(persistent=False)
            seen = repr(p), repr(b), p.dtype, p.requires_grad, b.requires_grad, b.persistent
            is_lazy = t.nn.parameter.is_lazy
            kinds = (
                is_lazy(p),
                is_lazy(b),
                isinstance(p, t.nn.Parameter),
                isinstance(b, t.nn.Buffer),
            )
            p.materialize((2, 3))
            b.materialize((2,), dtype=t.int64)
            return (
                seen,
                kinds,
                type(p).__name__,
                type(b).__name__,
                p.shape,
                p.dtype,
                b.dtype,
                is_lazy(p),
            )

    assert_same(call)
