"""Every layer against torch's: one row per layer, every property over every row.

A row builds the same layer in both libraries. From the same seed their weights must be bit-equal;
then outputs, gradients and second derivatives are compared at ``assert_close``'s own tolerances.
The rows stand in module_rows.py and module_rows_losses.py.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import pickle
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.module_info import ModuleInfo
from tests.module_rows import LAYERS
from tests.module_rows_losses import LOSSES

MODULES = LAYERS + LOSSES
ROWS = pytest.mark.parametrize("info", MODULES, ids=[info.name for info in MODULES])
pytestmark = pytest.mark.filterwarnings("ignore")  # of layers that are deprecated, mostly


# --------------------------------------------------------------------------- both sides at once


@dataclass
class Run:
    """One library's module with its inputs."""

    module: Any
    inputs: list[Any]
    outputs: list[Any]

    def leaves(self, count: int) -> list[Any]:
        return [*self.inputs[:count], *self.module.parameters()]


def as_numpy(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach().numpy())


def assert_same(ours: Any, theirs: Any, what: str) -> None:
    if ours is None or theirs is None:
        assert ours is None and theirs is None, what
        return
    torch.testing.assert_close(
        torch.from_numpy(as_numpy(ours).copy()), theirs.detach(), msg=lambda m: f"{what}: {m}"
    )


@contextlib.contextmanager
def default_dtype(library: Any, dtype: str) -> Iterator[None]:
    before = library.get_default_dtype()
    library.set_default_dtype(getattr(library, dtype))
    try:
        yield
    finally:
        library.set_default_dtype(before)


def build(library: Any, info: ModuleInfo, dtype: str = "float32") -> Any:
    library.manual_seed(0)
    return info.build(library.nn).to(getattr(library, dtype))


def inputs_of(library: Any, info: ModuleInfo, dtype: str) -> list[Any]:
    rng = np.random.default_rng(1)
    return [library.from_numpy(make(rng, dtype)) for make in info.inputs]


def run(library: Any, info: ModuleInfo, dtype: str, training: bool) -> Run:
    module = build(library, info, dtype).train(training)
    inputs = inputs_of(library, info, dtype)
    for tensor in inputs[: info.differentiable]:
        tensor.requires_grad_()
    library.manual_seed(2)  # dropout draws here
    outputs = module(*inputs)
    flat = [outputs] if not isinstance(outputs, tuple) else list(outputs)
    if isinstance(flat[-1], tuple):  # an LSTM's (h, c)
        flat = [*flat[:-1], *flat[-1]]
    return Run(module, inputs, flat)


def gradients(library: Any, run: Run, info: ModuleInfo, create_graph: bool) -> list[Any]:
    rng = np.random.default_rng(3)
    pairs = [
        (o, library.from_numpy(np.asarray(rng.standard_normal(tuple(o.shape)), as_numpy(o).dtype)))
        for o in run.outputs
        if o.requires_grad
    ]
    leaves = run.leaves(info.differentiable)
    if not pairs or not leaves:
        return []
    grads = library.autograd.grad(
        [o for o, _ in pairs],
        leaves,
        [g for _, g in pairs],
        create_graph=create_graph,
        allow_unused=True,
    )
    return list(grads)


def settled(library: Any, info: ModuleInfo, dtype: str = "float32") -> Any:
    """The module as it is once a lazy one has seen its first input."""
    module = build(library, info, dtype)
    if any("Lazy" in type(m).__name__ for m in module.modules()):
        module.eval()(*inputs_of(library, info, dtype))  # in training, a norm would count it
    return module.train()


# --------------------------------------------------------------------------- the properties


@ROWS
def test_initial_weights_are_bit_equal(info: ModuleInfo) -> None:
    for dtype in "float32", "float64":
        states, draws = [], []
        for library in minitorch, torch:
            with default_dtype(library, dtype):
                states.append(settled(library, info, dtype).state_dict())
            draws.append(library.rand(3).tolist())
        assert_states_are_bit_equal(*states)
        assert draws[0] == draws[1]  # as many numbers were drawn


def assert_states_are_bit_equal(ours: Any, theirs: Any) -> None:
    assert list(ours) == list(theirs)
    assert ours._metadata == theirs._metadata
    for name in ours:
        assert ours[name].shape == theirs[name].shape
        assert str(ours[name].dtype) == str(theirs[name].dtype)
        np.testing.assert_array_equal(as_numpy(ours[name]), as_numpy(theirs[name]), name)


@ROWS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_and_gradients(info: ModuleInfo, dtype: str) -> None:
    assert_same_run(info, dtype, training=True)
    if info in LAYERS:  # losses do not ask whether they train
        assert_same_run(info, dtype, training=False)


def assert_same_run(info: ModuleInfo, dtype: str, training: bool) -> None:
    ours, theirs = (run(library, info, dtype, training) for library in (minitorch, torch))
    assert len(ours.outputs) == len(theirs.outputs)
    for i, (a, b) in enumerate(zip(ours.outputs, theirs.outputs, strict=True)):
        assert str(a.dtype) == str(b.dtype)
        assert a.requires_grad == b.requires_grad
        assert_same(a, b, f"output {i}")
    grads = [gradients(lib, r, info, False) for lib, r in ((minitorch, ours), (torch, theirs))]
    for i, (a, b) in enumerate(zip(*grads, strict=True)):
        assert_same(a, b, f"gradient {i}")
    for (name, a), (_, b) in zip(
        ours.module.named_buffers(), theirs.module.named_buffers(), strict=True
    ):
        assert_same(a, b, name)
    assert minitorch.rand(3).tolist() == torch.rand(3).tolist()


@pytest.mark.parametrize(
    "info", [i for i in MODULES if i.twice], ids=[i.name for i in MODULES if i.twice]
)
def test_second_derivative(info: ModuleInfo) -> None:
    results = []
    for library in minitorch, torch:
        r = run(library, info, "float64", True)
        first = gradients(library, r, info, create_graph=True)
        differentiable = [g for g in first if g is not None and g.requires_grad]
        leaves = r.leaves(info.differentiable)
        if not differentiable:
            results.append([None] * len(leaves))
            continue
        rng = np.random.default_rng(4)
        cotangents = [
            library.from_numpy(np.asarray(rng.standard_normal(tuple(g.shape))))
            for g in differentiable
        ]
        results.append(library.autograd.grad(differentiable, leaves, cotangents, allow_unused=True))
    for i, (a, b) in enumerate(zip(*results, strict=True)):
        # Where a derivative is zero everywhere, one library may know it and the other not.
        if a is None and b is not None:
            a = minitorch.zeros(tuple(b.shape), dtype=minitorch.float64)
        if b is None and a is not None:
            b = torch.zeros(tuple(a.shape), dtype=torch.float64)
        assert_same(a, b, f"second derivative {i}")


@ROWS
def test_repr(info: ModuleInfo) -> None:
    ours, theirs = build(minitorch, info), build(torch, info)
    assert repr(ours) == repr(theirs)
    assert ours.extra_repr() == theirs.extra_repr()
    assert repr(settled(minitorch, info)) == repr(settled(torch, info))


@ROWS
def test_states_travel_both_ways(info: ModuleInfo) -> None:
    for source, target in (torch, minitorch), (minitorch, torch):
        state = settled(source, info).state_dict()
        copied = {k: target.from_numpy(np.array(v.numpy())) for k, v in state.items()}
        target.manual_seed(5)
        module = info.build(target.nn)
        assert repr(module.load_state_dict(copied)) == "<All keys matched successfully>"
        for name, value in module.state_dict().items():
            np.testing.assert_array_equal(as_numpy(value), as_numpy(state[name]), name)


@ROWS
def test_copies_are_equal_and_independent(info: ModuleInfo) -> None:
    fresh = build(minitorch, info)
    original = run(minitorch, info, "float32", training=False)
    for copied in copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module)):
        assert repr(copied(fresh)) == repr(fresh)
        twin = copied(original.module)
        assert repr(twin) == repr(original.module)
        assert not any(module.training for module in twin.modules())
        minitorch.manual_seed(2)
        result = twin(*original.inputs)
        first = result[0] if isinstance(result, tuple) else result
        np.testing.assert_array_equal(as_numpy(first), as_numpy(original.outputs[0]))
        for p, q in zip(twin.parameters(), original.module.parameters(), strict=True):
            assert p is not q and p.data_ptr() != q.data_ptr()
            assert p.requires_grad == q.requires_grad


def bad_inputs(good: np.ndarray) -> Iterator[Any]:
    """What a layer that wants ``good`` may be given by mistake."""
    last = good.shape[-1] if good.ndim else 0
    yield "scalar", np.array(1.5, "float32")
    yield "six dimensions", np.ones((2,) * 6, "float32")
    yield "integers", np.ones(good.shape, "int64")
    yield "doubles", np.ones(good.shape, "float64")
    yield "wider", np.ones((*good.shape[:-1], last + 1), good.dtype)
    yield "longer", np.ones((len(good) + 1, *good.shape[1:]), good.dtype)
    if good.ndim > 1:
        yield "more channels", np.ones((len(good), good.shape[1] + 1, *good.shape[2:]), good.dtype)
    yield "no samples", np.ones((0, *good.shape[1:]), good.dtype)


def outcome(library: Any, info: ModuleInfo, first: np.ndarray | None) -> Any:
    """What comes of another first input: the kind of exception, or of tensor."""
    module, inputs = build(library, info), inputs_of(library, info, "float32")
    inputs[0] = None if first is None else library.from_numpy(first.copy())
    try:
        result = module(*inputs)
    except Exception as error:
        return type(error).__name__
    while isinstance(result, tuple):
        result = result[0]
    return (tuple(result.shape), str(result.dtype)) if result is not None else None


@ROWS
def test_bad_inputs_are_judged_alike(info: ModuleInfo) -> None:
    good = info.inputs[0](np.random.default_rng(1), "float32")
    for what, first in bad_inputs(good):
        assert outcome(minitorch, info, first) == outcome(torch, info, first), what

    # torch says "must be Tensor, not NoneType" where C++ looks first, and "'NoneType' object has
    # no attribute" where Python does.
    refusals = "TypeError", "AttributeError"
    ours, theirs = (outcome(library, info, None) for library in (minitorch, torch))
    assert ours == theirs or (ours in refusals and theirs in refusals)


def test_every_layer_has_a_row() -> None:
    elsewhere = {
        "Module": "the base: test_module_base.py",
        "Container": "deprecated; test_module_base.py",
        "ModuleList": "test_module_base.py",
        "ModuleDict": "test_module_base.py",
        "ParameterList": "test_module_base.py",
        "ParameterDict": "test_module_base.py",
        "RNNBase": "the base of RNN, LSTM and GRU",
        "RNNCellBase": "the base of the cells",
        "RNNCell": "test_rnn.py",
        "LSTMCell": "test_rnn.py",
        "GRUCell": "test_rnn.py",
    }
    layers = {
        name
        for name in dir(torch.nn)
        if inspect.isclass(getattr(torch.nn, name))
        and issubclass(getattr(torch.nn, name), torch.nn.Module)
    }
    tested = {type(m).__name__ for info in MODULES for m in info.build(minitorch.nn).modules()}
    assert layers - set(elsewhere) <= tested
    assert not tested & set(elsewhere) - {"ModuleList"}  # a Transformer has some inside


# --------------------------------------------------------------------------- what no row shows


@pytest.mark.parametrize(
    "build",
    [
        lambda t: t.nn.CrossEntropyLoss(t.tensor([1.0, 2.0, 0.5, 1.5])),
        lambda t: t.nn.NLLLoss(t.tensor([1.0, 2.0, 0.5, 1.5]), reduction="sum"),
    ],
)
def test_class_weights(build: Callable[[Any], Any]) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((6, 4)).astype("float32"), rng.integers(0, 4, 6)
    ours, theirs = (build(t)(t.from_numpy(x), t.from_numpy(y)) for t in (minitorch, torch))
    assert_same(ours, theirs, "loss")


def test_bce_weights() -> None:
    rng = np.random.default_rng(0)
    x, y = (rng.uniform(0.1, 0.9, (6, 4)).astype("float32") for _ in range(2))
    for build in (
        lambda t: t.nn.BCELoss(t.tensor([1.0, 2.0, 0.5, 1.5])),
        lambda t: t.nn.BCEWithLogitsLoss(
            t.tensor([1.0, 2.0, 0.5, 1.5]), pos_weight=t.tensor([3.0, 1.0, 2.0, 0.5])
        ),
    ):
        ours, theirs = (build(t)(t.from_numpy(x), t.from_numpy(y)) for t in (minitorch, torch))
        assert_same(ours, theirs, "loss")


def test_old_reduction_flags() -> None:
    for flags in ({"size_average": False}, {"reduce": False}, {"size_average": True}):
        reductions = []
        for library in minitorch, torch:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                reductions.append((library.nn.MSELoss(**flags).reduction, str(caught[0].message)))
        assert reductions[0] == reductions[1]


def test_running_statistics_over_several_batches() -> None:
    rng = np.random.default_rng(0)
    batches = rng.standard_normal((4, 5, 3)).astype("float32")
    for momentum in 0.1, None, 1.0:
        ours, theirs = (t.nn.BatchNorm1d(3, momentum=momentum) for t in (minitorch, torch))
        for batch in batches:
            ours(minitorch.from_numpy(batch))
            theirs(torch.from_numpy(batch))
        for (name, a), (_, b) in zip(ours.named_buffers(), theirs.named_buffers(), strict=True):
            assert_same(a, b, name)
        x = batches[0]
        assert_same(
            ours.eval()(minitorch.from_numpy(x)), theirs.eval()(torch.from_numpy(x)), "eval"
        )


def test_batch_norm_reads_states_without_a_batch_counter() -> None:
    for library in minitorch, torch:
        norm = library.nn.BatchNorm1d(2)
        state = norm.state_dict()
        del state["num_batches_tracked"]
        state._metadata[""]["version"] = 1
        norm.num_batches_tracked.fill_(7)
        norm.load_state_dict(state)
        assert norm.num_batches_tracked.item() == 7


def test_embedding_from_pretrained() -> None:
    table = np.arange(6, dtype="float32").reshape(3, 2)
    for library in minitorch, torch:
        layer = library.nn.Embedding.from_pretrained(library.from_numpy(table))
        assert not layer.weight.requires_grad
        assert layer(library.tensor([2, 0])).tolist() == [[4.0, 5.0], [0.0, 1.0]]
        assert library.nn.Embedding.from_pretrained(layer.weight, freeze=False).weight.requires_grad


def test_max_pool_returns_indices() -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, 6, 6)).astype("float32")
    ours, theirs = (
        t.nn.MaxPool2d(2, return_indices=True)(t.from_numpy(x)) for t in (minitorch, torch)
    )
    for a, b in zip(ours, theirs, strict=True):
        assert_same(a, b, "pool")


def test_transposed_convolution_to_a_wanted_size() -> None:
    x = np.random.default_rng(0).standard_normal((1, 2, 5, 5)).astype("float32")
    outputs = []
    for library in minitorch, torch:
        library.manual_seed(0)
        layer = library.nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1)
        outputs.append(layer(library.from_numpy(x), output_size=[10, 9]))
        with pytest.raises(ValueError, match="requested an output size of"):
            layer(library.from_numpy(x), output_size=[20, 9])
    assert_same(*outputs, "output")


BAD_LAYERS = {
    "conv-groups": lambda t: t.nn.Conv2d(3, 4, 3, groups=2),
    "conv-groups-out": lambda t: t.nn.Conv2d(4, 3, 3, groups=2),
    "conv-groups-0": lambda t: t.nn.Conv2d(4, 3, 3, groups=0),
    "conv-same-stride": lambda t: t.nn.Conv2d(4, 3, 3, stride=2, padding="same"),
    "conv-transpose-mode": lambda t: t.nn.ConvTranspose2d(4, 3, 3, padding_mode="circular"),
    "batch-norm-1d": lambda t: t.nn.BatchNorm1d(3)(t.zeros(2, 3, 4, 5)),
    "batch-norm-2d": lambda t: t.nn.BatchNorm2d(3)(t.zeros(2, 3)),
    "batch-norm-3d": lambda t: t.nn.BatchNorm3d(3)(t.zeros(2, 3)),
    "instance-norm-1d": lambda t: t.nn.InstanceNorm1d(3)(t.zeros(2, 3, 4, 5)),
    "instance-norm-channels": lambda t: t.nn.InstanceNorm2d(3, affine=True)(t.zeros(2, 4, 5, 5)),
    "batch-norm-one": lambda t: t.nn.BatchNorm1d(3)(t.zeros(1, 3)),
    "group-norm": lambda t: t.nn.GroupNorm(4, 6),
    "dropout": lambda t: t.nn.Dropout(1.5),
    "embedding": lambda t: t.nn.Embedding(4, 2, padding_idx=4),
    "embedding-weight": lambda t: t.nn.Embedding(4, 2, _weight=t.zeros(2, 4)),
    "unflatten": lambda t: t.nn.Unflatten(1, 3),
    "unflatten-floats": lambda t: t.nn.Unflatten(1, (2.0, 3)),
    "hardtanh": lambda t: t.nn.Hardtanh(1.0, 0.0),
    "huber": lambda t: t.nn.HuberLoss(delta="a"),
    "softmax2d": lambda t: t.nn.Softmax2d()(t.zeros(2, 2)),
    "bilinear": lambda t: t.nn.Bilinear(0, 2, 3),
}


@pytest.mark.parametrize("build", BAD_LAYERS.values(), ids=list(BAD_LAYERS))
def test_errors_are_those_of_torch(build: Callable[[Any], Any]) -> None:
    messages = []
    for library in minitorch, torch:
        with pytest.raises(Exception) as caught:
            build(library)
        messages.append((type(caught.value).__name__, str(caught.value)))
    assert messages[0] == messages[1]
