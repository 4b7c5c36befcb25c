"""What torch.nn has beside layers: names, gradients of convolutions, stand-ins for other devices."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from tests.parity import assert_raises_alike, assert_same

MISSING = {
    "nn": {"intrinsic", "qat", "quantizable", "quantized"},  # integers of few bits
    "nn.functional": {
        "grad",
        "grouped_mm",
        "scaled_mm",
        "scaled_grouped_mm",
        "ScalingType",
        "SwizzleType",
    },
    "nn.init": set(),
    "nn.parameter": set(),
}


@pytest.mark.parametrize("path", MISSING)
def test_nothing_else_is_missing(path: str) -> None:
    theirs, ours = torch, minitorch
    for part in path.split("."):
        theirs, ours = getattr(theirs, part), getattr(ours, part)
    names = {
        name
        for name in dir(theirs)
        if not name.startswith("_") and _belongs_to(getattr(theirs, name), theirs)
    }
    assert names - set(dir(ours)) == MISSING[path] & names


def _belongs_to(value: Any, namespace: Any) -> bool:
    """Whether a name is one of the namespace's own, and no import or table of torch's insides."""
    module = inspect.getmodule(value)
    if inspect.ismodule(value):
        return value.__name__.startswith("torch.nn.")
    listed = getattr(namespace, "__all__", ())
    own = module is not None and module.__name__.startswith("torch.nn")
    named = getattr(value, "__name__", "")
    return callable(value) and (own or named in listed) and named not in _INSIDES


_INSIDES = {
    "assert_int_or_pair",
    "boolean_dispatch",
    "handle_torch_function",
    "has_torch_function",
}


@pytest.mark.parametrize(
    "name",
    [
        "activation.MultiheadAttention",
        "batchnorm._BatchNorm",
        "batchnorm._NormBase",
        "container.ParameterDict",
        "conv._ConvNd",
        "conv._ConvTransposeNd",
        "conv.LazyConvTranspose3d",
        "dropout._DropoutNd",
        "instancenorm._InstanceNorm",
        "lazy.LazyModuleMixin",
        "linear.NonDynamicallyQuantizableLinear",
        "loss._Loss",
        "loss._WeightedLoss",
        "loss.CTCLoss",
        "module.Module",
        "pooling.AdaptiveAvgPool2d",
        "pooling.MaxUnpool3d",
        "transformer.TransformerDecoderLayer",
        "transformer._get_clones",
        "utils._ntuple",
        "utils._pair",
    ],
)
def test_programs_find_classes_where_torch_keeps_them(name: str) -> None:
    file, attribute = name.split(".")
    assert hasattr(getattr(torch.nn.modules, file), attribute)
    assert hasattr(getattr(minitorch.nn.modules, file), attribute)


OLD_NAMES = [name for name in dir(torch.nn.init) if hasattr(torch.nn.init, name + "_")]


@pytest.mark.parametrize("name", OLD_NAMES)
def test_old_names_of_initializers_warn(name: str) -> None:
    arguments = {"constant": (0.5,), "sparse": (0.3,)}.get(name, ())
    for library in minitorch, torch:
        init = library.nn.init
        tensor = library.zeros(3, 2, 3) if name == "dirac" else library.zeros(3, 4)
        words = f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`."
        with pytest.warns(FutureWarning, match=words):
            assert getattr(init, name)(tensor, *arguments) is tensor
        assert tensor.abs().sum() > 0 or name == "uniform"


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2])
def test_gradients_of_convolutions(dims: int, groups: int) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 4, *(7, 6, 5)[:dims]))
    w = rng.standard_normal((6, 4 // groups, *(3, 2, 2)[:dims]))

    def call(t: Any) -> Any:
        conv = getattr(t.nn.functional, f"conv{dims}d")
        input, weight = (t.from_numpy(a.copy()).requires_grad_() for a in (x, w))
        geometry = {"stride": 2, "padding": 1, "groups": groups}
        output = conv(input, weight, **geometry)
        seed = t.ones(output.shape, dtype=t.float64).cumsum(-1)
        of = [getattr(t.nn.grad, f"conv{dims}d_{operand}") for operand in ("input", "weight")]
        with_respect_to_input = of[0](input.shape, weight, seed, **geometry)
        with_respect_to_weight = of[1](input, weight.shape, seed, **geometry)
        (again,) = t.autograd.grad(with_respect_to_input.square().sum(), weight)
        grads = with_respect_to_input, with_respect_to_weight, again.contiguous()
        return [grad.detach() for grad in grads]

    assert_same(call, exact=False)


TBC = [
    lambda t, x, w, b: t.nn.functional.conv_tbc(x, w, b),
    lambda t, x, w, b: t.conv_tbc(x, w, b, pad=1),
    lambda t, x, w, b: t.conv_tbc(x[0], w, b),
    lambda t, x, w, b: t.conv_tbc(x, w[0], b),
    lambda t, x, w, b: t.conv_tbc(x, w, b[None]),
    lambda t, x, w, b: t.conv_tbc(x, w[:, :2], b),
    lambda t, x, w, b: t.conv_tbc(x, w, b[:2]),
]


@pytest.mark.parametrize("call", TBC)
def test_conv_tbc(call: Callable[..., Any]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in ((5, 2, 3), (3, 3, 4), (4,))]

    def run(t: Any) -> Any:
        operands = [t.from_numpy(a.copy()).requires_grad_() for a in arrays]
        out = call(t, *operands)
        return out.detach().contiguous(), t.autograd.grad(out.square().sum(), operands[2])

    assert_same(run, exact=False)


def test_kernels_of_attention_may_be_chosen() -> None:
    def call(t: Any) -> Any:
        backend = t.nn.attention.SDPBackend
        q = t.arange(12.0).reshape(1, 1, 3, 4) / 12
        with t.nn.attention.sdpa_kernel([backend.MATH, backend.FLASH_ATTENTION]):
            a = t.nn.functional.scaled_dot_product_attention(q, q, q)
        with t.nn.attention.sdpa_kernel(backend.MATH):
            b = t.nn.functional.scaled_dot_product_attention(q, q, q)
        return a, b, int(backend.EFFICIENT_ATTENTION)

    assert_same(call, exact=False)
    assert_raises_alike(lambda t: t.nn.attention.sdpa_kernel("math").__enter__())


def test_data_parallel() -> None:
    def call(t: Any) -> Any:
        t.manual_seed(0)
        model = t.nn.DataParallel(t.nn.Linear(3, 2))
        x = t.ones(4, 3)
        return repr(model), list(model.state_dict()), model(x), model.device_ids

    assert_same(call, exact=False)


def test_a_child_process_trains_the_model_it_shares() -> None:
    model = minitorch.nn.Sequential(minitorch.nn.Linear(2, 2), minitorch.nn.BatchNorm1d(2))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert model.share_memory() is model
    for name, value in model.state_dict().items():
        assert value.is_shared() and (value == before[name]).all()
    child = os.fork()
    if child == 0:
        with minitorch.no_grad():
            model[0].weight.fill_(7.0)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert model[0].weight.tolist() == [[7.0, 7.0]] * 2
    assert not minitorch.ones(2).is_shared() and model[0].weight[0].is_shared()


@pytest.mark.parametrize(
    "kwargs",
    [
        None,
        {},
        {"device": "cpu", "dtype": 3},
        {"factory_kwargs": {"dtype": 1}, "device": 2},
        {"factory_kwargs": {"dtype": 1}, "dtype": 2},
        {"size": 3},
    ],
)
def test_factory_kwargs(kwargs: Any) -> None:
    assert_same(lambda t: t.nn.factory_kwargs(kwargs))


def test_sync_batch_norm_takes_over_from_batch_norm() -> None:
    def call(t: Any) -> Any:
        t.manual_seed(0)
        model = t.nn.Sequential(
            t.nn.Linear(3, 4),
            t.nn.BatchNorm1d(4, affine=False),
            t.nn.Sequential(t.nn.BatchNorm1d(4)),
        )
        inner = model[2][0].eval()
        converted = t.nn.SyncBatchNorm.convert_sync_batchnorm(model)
        same = converted[2][0].weight is inner.weight, converted[2][0].training
        alone = t.nn.SyncBatchNorm.convert_sync_batchnorm(inner)
        kinds = [type(m).__name__ for m in converted.modules()], type(alone).__name__
        return repr(converted), same, kinds, converted(t.rand(5, 3)), converted.state_dict()

    assert_same(call, exact=False)


def test_options_of_linear_cross_entropy() -> None:
    for options in (
        {},
        {"batch_chunk_size": 2, "chunking_method": None},
        {"chunking_method": "aspect_ratio:2", "acc_policy": "balanced"},
        {"chunking_method": "aspect_ratio:0"},
        {"chunking_method": "rows"},
        {"acc_policy": "fast"},
        {"batch_chunk_size": 0},
    ):

        def call(t: Any, options: Any = options) -> Any:
            made = t.nn.LinearCrossEntropyOptions(**options)
            t.manual_seed(0)
            loss = t.nn.LinearCrossEntropyLoss(3, 5, options=made)
            x = t.rand(4, 3).requires_grad_()
            value = loss(x, t.tensor([0, 1, 4, 2]))
            return repr(made), repr(loss), value, t.autograd.grad(value, x)

        assert_same(call, exact=False)
    assert_raises_alike(lambda t: t.nn.LinearCrossEntropyOptions(acc_dtype=t.int64))


def test_adaptive_softmax() -> None:
    def call(t: Any) -> Any:
        t.manual_seed(0)
        layer = t.nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 6, 9], 2.0)
        x = t.randn(40, 8) * 4
        predictions = layer.predict(x), layer.predict(x[:1]), layer.log_prob(x).argmax(1)
        layer.reset_parameters()
        return predictions, layer.log_prob(x), type(layer(x[0], t.tensor(5))).__name__, t.rand(2)

    assert_same(call, exact=False)


@pytest.mark.parametrize(
    "call",
    [
        lambda layer, t: layer(t.zeros(6, 8), t.full((6,), 11)),
        lambda layer, t: layer(t.zeros(5, 8), t.zeros(6, dtype=t.int64)),
        lambda layer, t: layer(t.zeros(6), t.zeros(6, dtype=t.int64)),
        lambda layer, t: layer(t.zeros(6, 8), t.tensor(1)),
        lambda layer, t: layer(t.zeros(6, 8), t.zeros(6, 1, dtype=t.int64)),
        lambda layer, t: t.nn.AdaptiveLogSoftmaxWithLoss(8, 10, []),
        lambda layer, t: t.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [3, 2]),
        lambda layer, t: t.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [0, 2]),
        lambda layer, t: t.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 10]),
        lambda layer, t: t.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2.5]),
    ],
)
def test_adaptive_softmax_refuses(call: Callable[[Any, Any], Any]) -> None:
    assert_raises_alike(lambda t: call(t.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [2, 4], 2.0), t))
