"""Every layer against torch's: one row per layer, every property over every row.

A row builds the same layer in both libraries. From the same seed their weights must be bit-equal;
then outputs, gradients and second derivatives are compared at ``assert_close``'s own tolerances.
"""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import minitorch

# --------------------------------------------------------------------------- inputs

MakeInput = Callable[[np.random.Generator, str], np.ndarray]


def floats(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.standard_normal(shape).astype(dtype)


def probabilities(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.uniform(0.05, 0.95, shape).astype(dtype)


def log_probabilities(*shape: int) -> MakeInput:
    def make(rng: np.random.Generator, dtype: str) -> np.ndarray:
        x = rng.uniform(0.1, 1, shape)
        return np.log(x / x.sum(1, keepdims=True)).astype(dtype)

    return make


def signs(*shape: int) -> MakeInput:
    return lambda rng, dtype: rng.choice([-1.0, 1.0], shape).astype(dtype)


def integers(below: int, *shape: int) -> MakeInput:
    return lambda rng, dtype: rng.integers(0, below, shape)


# --------------------------------------------------------------------------- the table


@dataclass(frozen=True)
class ModuleInfo:
    """A layer: how it is built, with which inputs it is called.

    Attributes:
        build: takes the library (torch or minitorch), returns the module.
        inputs: one maker of an array per argument of ``forward``.
        differentiable: how many of the inputs get gradients (targets do not).
        exact_init: whether initial weights are bit-equal.
        float32: tolerances of float32, where assert_close's own are too tight; says why.
    """

    name: str
    build: Callable[[Any], Any]
    inputs: tuple[MakeInput, ...]
    differentiable: int = 1


def loss(name: str, build: Callable[[Any], Any], *inputs: MakeInput) -> ModuleInfo:
    return ModuleInfo(name, build, inputs)


def weights(torch: Any, *values: float) -> Any:
    return torch.tensor(values)


MODULES = [
    # ----- linear
    ModuleInfo("Identity", lambda t: t.nn.Identity(3, unused=1), (floats(2, 3),)),
    ModuleInfo("Linear", lambda t: t.nn.Linear(5, 3), (floats(4, 5),)),
    ModuleInfo("Linear-no-bias", lambda t: t.nn.Linear(5, 3, bias=False), (floats(4, 5),)),
    ModuleInfo("Linear-3d", lambda t: t.nn.Linear(5, 3), (floats(2, 4, 5),)),
    ModuleInfo("Linear-1d", lambda t: t.nn.Linear(5, 3), (floats(5),)),
    ModuleInfo("Bilinear", lambda t: t.nn.Bilinear(4, 5, 3), (floats(6, 4), floats(6, 5)), 2),
    # ----- conv
    ModuleInfo("Conv1d", lambda t: t.nn.Conv1d(2, 4, 3, padding=1), (floats(3, 2, 9),)),
    ModuleInfo("Conv1d-stride", lambda t: t.nn.Conv1d(4, 6, 3, 2, dilation=2, groups=2, bias=False), (floats(2, 4, 13),)),
    ModuleInfo("Conv2d", lambda t: t.nn.Conv2d(2, 4, 3), (floats(3, 2, 7, 8),)),
    ModuleInfo("Conv2d-options", lambda t: t.nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2), (floats(2, 4, 9, 8),)),
    ModuleInfo("Conv2d-same", lambda t: t.nn.Conv2d(2, 3, 4, padding="same"), (floats(2, 2, 6, 5),)),
    ModuleInfo("Conv2d-valid", lambda t: t.nn.Conv2d(2, 3, 4, padding="valid"), (floats(2, 2, 6, 5),)),
    ModuleInfo("Conv2d-unbatched", lambda t: t.nn.Conv2d(2, 3, 2), (floats(2, 6, 5),)),
    ModuleInfo("Conv1d-circular", lambda t: t.nn.Conv1d(2, 3, 3, padding=2, padding_mode="circular"), (floats(2, 2, 6),)),
    ModuleInfo("Conv2d-reflect", lambda t: t.nn.Conv2d(2, 3, 3, padding=(1, 2), padding_mode="reflect"), (floats(2, 2, 6, 5),)),
    ModuleInfo("Conv2d-replicate", lambda t: t.nn.Conv2d(2, 3, 4, padding="same", padding_mode="replicate"), (floats(2, 2, 6, 5),)),
    ModuleInfo("ConvTranspose1d", lambda t: t.nn.ConvTranspose1d(2, 4, 3, stride=2, padding=1), (floats(3, 2, 5),)),
    ModuleInfo("ConvTranspose2d", lambda t: t.nn.ConvTranspose2d(4, 6, 3, stride=2, output_padding=1, groups=2), (floats(2, 4, 5, 4),)),
    # ----- pooling
    ModuleInfo("MaxPool1d", lambda t: t.nn.MaxPool1d(3, 2, padding=1), (floats(2, 3, 9),)),
    ModuleInfo("MaxPool2d", lambda t: t.nn.MaxPool2d(2), (floats(2, 3, 6, 8),)),
    ModuleInfo("MaxPool2d-options", lambda t: t.nn.MaxPool2d((3, 2), (2, 1), padding=1, ceil_mode=True), (floats(2, 3, 6, 7),)),
    ModuleInfo("AvgPool1d", lambda t: t.nn.AvgPool1d(3, 2, padding=1), (floats(2, 3, 9),)),
    ModuleInfo("AvgPool2d", lambda t: t.nn.AvgPool2d(2), (floats(2, 3, 6, 8),)),
    ModuleInfo("AvgPool2d-options", lambda t: t.nn.AvgPool2d((3, 2), (2, 1), padding=1, count_include_pad=False), (floats(2, 3, 6, 7),)),
    ModuleInfo("AdaptiveAvgPool1d", lambda t: t.nn.AdaptiveAvgPool1d(3), (floats(2, 3, 8),)),
    ModuleInfo("AdaptiveAvgPool2d", lambda t: t.nn.AdaptiveAvgPool2d((3, None)), (floats(2, 3, 7, 5),)),
    ModuleInfo("AdaptiveMaxPool1d", lambda t: t.nn.AdaptiveMaxPool1d(3), (floats(2, 3, 8),)),
    ModuleInfo("AdaptiveMaxPool2d", lambda t: t.nn.AdaptiveMaxPool2d(2), (floats(2, 3, 7, 5),)),
    # ----- normalisation
    ModuleInfo("BatchNorm1d", lambda t: t.nn.BatchNorm1d(4), (floats(6, 4),)),
    ModuleInfo("BatchNorm1d-3d", lambda t: t.nn.BatchNorm1d(4, momentum=None), (floats(5, 4, 3),)),
    ModuleInfo("BatchNorm1d-plain", lambda t: t.nn.BatchNorm1d(4, affine=False, track_running_stats=False), (floats(6, 4),)),
    ModuleInfo("BatchNorm2d", lambda t: t.nn.BatchNorm2d(3, eps=1e-3, momentum=0.3), (floats(4, 3, 5, 2),)),
    ModuleInfo("LayerNorm", lambda t: t.nn.LayerNorm(5), (floats(3, 4, 5),)),
    ModuleInfo("LayerNorm-2d", lambda t: t.nn.LayerNorm((4, 5), bias=False), (floats(3, 4, 5),)),
    ModuleInfo("LayerNorm-plain", lambda t: t.nn.LayerNorm(5, elementwise_affine=False), (floats(3, 5),)),
    ModuleInfo("GroupNorm", lambda t: t.nn.GroupNorm(2, 6), (floats(3, 6, 4),)),
    ModuleInfo("RMSNorm", lambda t: t.nn.RMSNorm(5), (floats(3, 5),)),
    # ----- dropout
    ModuleInfo("Dropout", lambda t: t.nn.Dropout(0.3), (floats(40, 25),)),
    ModuleInfo("Dropout1d", lambda t: t.nn.Dropout1d(0.4), (floats(7, 5, 3),)),
    ModuleInfo("Dropout2d", lambda t: t.nn.Dropout2d(0.4), (floats(7, 5, 3, 2),)),
    # ----- embedding
    ModuleInfo("Embedding", lambda t: t.nn.Embedding(7, 4), (integers(7, 3, 5),), 0),
    ModuleInfo("Embedding-padding", lambda t: t.nn.Embedding(7, 4, padding_idx=-2), (integers(7, 20),), 0),
    ModuleInfo("Embedding-frequency", lambda t: t.nn.Embedding(5, 3, scale_grad_by_freq=True), (integers(5, 20),), 0),
    ModuleInfo("Embedding-max-norm", lambda t: t.nn.Embedding(5, 3, max_norm=1.0), (integers(5, 20),), 0),
    # ----- recurrent
    ModuleInfo("RNN", lambda t: t.nn.RNN(3, 4, 2), (floats(5, 2, 3),)),
    ModuleInfo("LSTM", lambda t: t.nn.LSTM(3, 4, bidirectional=True, batch_first=True), (floats(2, 5, 3),)),
    ModuleInfo("GRU", lambda t: t.nn.GRU(3, 4, 2, dropout=0.5), (floats(5, 2, 3),)),
    # ----- shape
    ModuleInfo("Flatten", lambda t: t.nn.Flatten(), (floats(2, 3, 4),)),
    ModuleInfo("Unflatten", lambda t: t.nn.Unflatten(1, (2, 3)), (floats(2, 6),)),
    # ----- activation
    ModuleInfo("ReLU", lambda t: t.nn.ReLU(), (floats(3, 4),)),
    ModuleInfo("ReLU-inplace", lambda t: t.nn.Sequential(t.nn.Linear(4, 3), t.nn.ReLU(inplace=True)), (floats(3, 4),)),
    ModuleInfo("ReLU6", lambda t: t.nn.ReLU6(), (floats(3, 4),)),
    ModuleInfo("LeakyReLU", lambda t: t.nn.LeakyReLU(0.2), (floats(3, 4),)),
    ModuleInfo("PReLU", lambda t: t.nn.PReLU(4), (floats(3, 4),)),
    ModuleInfo("RReLU", lambda t: t.nn.RReLU(), (floats(30, 4),)),
    ModuleInfo("ELU", lambda t: t.nn.ELU(0.7), (floats(3, 4),)),
    ModuleInfo("CELU", lambda t: t.nn.CELU(0.7), (floats(3, 4),)),
    ModuleInfo("SELU", lambda t: t.nn.SELU(), (floats(3, 4),)),
    ModuleInfo("GELU", lambda t: t.nn.GELU(), (floats(3, 4),)),
    ModuleInfo("GELU-tanh", lambda t: t.nn.GELU("tanh"), (floats(3, 4),)),
    ModuleInfo("SiLU", lambda t: t.nn.SiLU(), (floats(3, 4),)),
    ModuleInfo("Mish", lambda t: t.nn.Mish(), (floats(3, 4),)),
    ModuleInfo("Softplus", lambda t: t.nn.Softplus(2.0, 1.0), (floats(3, 4),)),
    ModuleInfo("Sigmoid", lambda t: t.nn.Sigmoid(), (floats(3, 4),)),
    ModuleInfo("LogSigmoid", lambda t: t.nn.LogSigmoid(), (floats(3, 4),)),
    ModuleInfo("Tanh", lambda t: t.nn.Tanh(), (floats(3, 4),)),
    ModuleInfo("Softsign", lambda t: t.nn.Softsign(), (floats(3, 4),)),
    ModuleInfo("Hardtanh", lambda t: t.nn.Hardtanh(-0.5, 0.8), (floats(3, 4),)),
    ModuleInfo("Hardsigmoid", lambda t: t.nn.Hardsigmoid(), (floats(3, 4),)),
    ModuleInfo("Hardswish", lambda t: t.nn.Hardswish(), (floats(3, 4),)),
    ModuleInfo("Hardshrink", lambda t: t.nn.Hardshrink(), (floats(3, 4),)),
    ModuleInfo("Softshrink", lambda t: t.nn.Softshrink(0.3), (floats(3, 4),)),
    ModuleInfo("Tanhshrink", lambda t: t.nn.Tanhshrink(), (floats(3, 4),)),
    ModuleInfo("Threshold", lambda t: t.nn.Threshold(0.1, 20), (floats(3, 4),)),
    ModuleInfo("GLU", lambda t: t.nn.GLU(), (floats(3, 4),)),
    ModuleInfo("Softmax", lambda t: t.nn.Softmax(1), (floats(3, 4),)),
    ModuleInfo("LogSoftmax", lambda t: t.nn.LogSoftmax(0), (floats(3, 4),)),
    ModuleInfo("Softmin", lambda t: t.nn.Softmin(-1), (floats(3, 4),)),
    ModuleInfo("Softmax2d", lambda t: t.nn.Softmax2d(), (floats(2, 3, 4, 2),)),
    # ----- losses
    loss("CrossEntropyLoss", lambda t: t.nn.CrossEntropyLoss(), floats(6, 4), integers(4, 6)),
    loss("CrossEntropyLoss-options", lambda t: t.nn.CrossEntropyLoss(ignore_index=1, reduction="sum", label_smoothing=0.1), floats(6, 4), integers(4, 6)),
    loss("CrossEntropyLoss-images", lambda t: t.nn.CrossEntropyLoss(reduction="none"), floats(2, 4, 3, 3), integers(4, 2, 3, 3)),
    loss("CrossEntropyLoss-probabilities", lambda t: t.nn.CrossEntropyLoss(), floats(6, 4), probabilities(6, 4)),
    loss("NLLLoss", lambda t: t.nn.NLLLoss(), log_probabilities(6, 4), integers(4, 6)),
    loss("BCELoss", lambda t: t.nn.BCELoss(), probabilities(6, 4), probabilities(6, 4)),
    loss("BCEWithLogitsLoss", lambda t: t.nn.BCEWithLogitsLoss(), floats(6, 4), probabilities(6, 4)),
    loss("KLDivLoss", lambda t: t.nn.KLDivLoss(reduction="batchmean"), log_probabilities(6, 4), probabilities(6, 4)),
    loss("KLDivLoss-log", lambda t: t.nn.KLDivLoss(reduction="sum", log_target=True), log_probabilities(6, 4), log_probabilities(6, 4)),
    loss("PoissonNLLLoss", lambda t: t.nn.PoissonNLLLoss(full=True), floats(6), probabilities(6)),
    ModuleInfo("GaussianNLLLoss", lambda t: t.nn.GaussianNLLLoss(full=True), (floats(6, 2), floats(6, 2), probabilities(6, 2))),
    loss("MSELoss", lambda t: t.nn.MSELoss(), floats(6, 4), floats(6, 4)),
    loss("L1Loss", lambda t: t.nn.L1Loss(reduction="sum"), floats(6, 4), floats(6, 4)),
    loss("SmoothL1Loss", lambda t: t.nn.SmoothL1Loss(beta=0.5), floats(6, 4), floats(6, 4)),
    loss("HuberLoss", lambda t: t.nn.HuberLoss(delta=0.5), floats(6, 4), floats(6, 4)),
    loss("SoftMarginLoss", lambda t: t.nn.SoftMarginLoss(), floats(6, 4), signs(6, 4)),
    loss("HingeEmbeddingLoss", lambda t: t.nn.HingeEmbeddingLoss(0.5), floats(6, 4), signs(6, 4)),
    ModuleInfo("MarginRankingLoss", lambda t: t.nn.MarginRankingLoss(0.2), (floats(6), floats(6), signs(6)), 2),
    ModuleInfo("CosineEmbeddingLoss", lambda t: t.nn.CosineEmbeddingLoss(0.1), (floats(6, 4), floats(6, 4), signs(6)), 2),
    # ----- containers
    ModuleInfo("Sequential", lambda t: t.nn.Sequential(t.nn.Linear(4, 5), t.nn.BatchNorm1d(5), t.nn.ReLU(), t.nn.Dropout(0.2), t.nn.Linear(5, 2)), (floats(8, 4),)),
]  # fmt: skip

ROWS = pytest.mark.parametrize("info", MODULES, ids=[info.name for info in MODULES])


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


def build(library: Any, info: ModuleInfo, dtype: str = "float32") -> Any:
    library.manual_seed(0)
    return info.build(library).to(getattr(library, dtype))


def run(library: Any, info: ModuleInfo, dtype: str, training: bool) -> Run:
    rng = np.random.default_rng(1)
    module = build(library, info, dtype).train(training)
    inputs = [library.from_numpy(make(rng, dtype)) for make in info.inputs]
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


# --------------------------------------------------------------------------- the properties


@ROWS
def test_initial_weights_are_bit_equal(info: ModuleInfo) -> None:
    ours, theirs = (build(library, info).state_dict() for library in (minitorch, torch))
    assert list(ours) == list(theirs)
    assert ours._metadata == theirs._metadata
    for name in ours:
        np.testing.assert_array_equal(as_numpy(ours[name]), as_numpy(theirs[name]), name)


@ROWS
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_forward_and_gradients(info: ModuleInfo, dtype: str, training: bool) -> None:
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


@ROWS
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
        cotangents = [library.from_numpy(np.asarray(rng.standard_normal(tuple(g.shape)))) for g in differentiable]
        results.append(
            library.autograd.grad(differentiable, leaves, cotangents, allow_unused=True)
        )
    for i, (a, b) in enumerate(zip(*results, strict=True)):
        # Where a derivative is zero everywhere, one library may know it and the other not.
        a = minitorch.zeros(tuple(b.shape), dtype=minitorch.float64) if a is None and b is not None else a
        b = torch.zeros(tuple(a.shape), dtype=torch.float64) if b is None and a is not None else b
        assert_same(a, b, f"second derivative {i}")


@ROWS
def test_repr(info: ModuleInfo) -> None:
    assert repr(build(minitorch, info)) == repr(build(torch, info))


@ROWS
def test_loads_the_values_of_torch(info: ModuleInfo) -> None:
    torch.manual_seed(5)
    theirs = info.build(torch).state_dict()
    ours = build(minitorch, info)
    loaded = ours.load_state_dict({k: minitorch.from_numpy(v.numpy()) for k, v in theirs.items()})
    assert repr(loaded) == "<All keys matched successfully>"
    for name, value in ours.state_dict().items():
        np.testing.assert_array_equal(as_numpy(value), as_numpy(theirs[name]), name)


@ROWS
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_copies_are_equal_and_independent(info: ModuleInfo, copied: Callable[[Any], Any]) -> None:
    original = run(minitorch, info, "float32", False)
    twin = copied(original.module)
    assert repr(twin) == repr(original.module) and not twin.training
    outputs = Run(twin, original.inputs, [])
    minitorch.manual_seed(2)
    result = outputs.module(*original.inputs)
    first = result[0] if isinstance(result, tuple) else result
    np.testing.assert_array_equal(as_numpy(first), as_numpy(original.outputs[0]))
    for p, q in zip(twin.parameters(), original.module.parameters(), strict=True):
        assert p is not q and p.data_ptr() != q.data_ptr() and p.requires_grad == q.requires_grad


@ROWS
def test_train_and_eval_reach_everything(info: ModuleInfo) -> None:
    module = build(minitorch, info)
    assert not any(m.training for m in module.eval().modules())
    assert all(m.training for m in module.train().modules())


def test_every_layer_has_a_row() -> None:
    containers = {"Module", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict", "RNNBase"}
    tested = {type(m).__name__ for info in MODULES for m in info.build(minitorch).modules()}
    cells = {name for name in minitorch.nn.modules.__all__ if name.endswith("Cell")}  # test_rnn.py
    assert set(minitorch.nn.modules.__all__) - containers - cells == tested


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
        assert_same(ours.eval()(minitorch.from_numpy(x)), theirs.eval()(torch.from_numpy(x)), "eval")


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
