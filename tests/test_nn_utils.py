"""nn.utils beside torch: gradients, vectors, fusion, hooks that normalise weights, stateless calls."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch

import minitorch
from tests.parity import SAME_WORDS, assert_raises_alike, assert_same

nan, inf = float("nan"), float("inf")


def linear(t: Any, seed: int = 0) -> Any:
    t.manual_seed(seed)
    return t.nn.Linear(3, 4)


def with_gradients(t: Any) -> Any:
    layer = linear(t)
    (layer(t.arange(6.0).view(2, 3)) ** 2).sum().backward()
    return layer


def grads(module: Any) -> list[Any]:
    return [p.grad for p in module.parameters()]


def values(module: Any) -> list[Any]:
    return [x.detach() for x in module.state_dict().values()]


def names(module: Any) -> list[str]:
    return list(module.state_dict())


def test_same_names() -> None:
    assert set(torch.nn.utils.__all__) - {"clip_grads_with_norm_", "get_total_norm"} <= set(
        minitorch.nn.utils.__all__
    )
    for module in ("parametrize", "parametrizations", "rnn", "stateless"):
        assert (
            getattr(minitorch.nn.utils, module).__all__ == getattr(torch.nn.utils, module).__all__
        )


# ------------------------------------------------------------------ gradients and vectors


def clipped(clip: Callable[[Any, Any], Any]) -> Callable[[Any], list[Any]]:
    def call(t: Any) -> list[Any]:
        layer = with_gradients(t)
        return [clip(t.nn.utils, layer), *grads(layer)]

    return call


CLIPS = {
    "norm": clipped(lambda u, m: u.clip_grad_norm_(m.parameters(), 1.0)),
    "norm, large enough": clipped(lambda u, m: u.clip_grad_norm_(m.parameters(), 1e6)),
    "norm 1": clipped(lambda u, m: u.clip_grad_norm_(m.parameters(), 1.0, norm_type=1)),
    "norm inf": clipped(lambda u, m: u.clip_grad_norm_(m.parameters(), 1.0, norm_type="inf")),
    "norm of one": clipped(lambda u, m: u.clip_grad_norm_(m.weight, 1.0, foreach=False)),
    "norm of many": lambda t: clipped_long(t, 301, 300),
    "norm of many, with gaps": lambda t: clipped_long(t, 300, 301),
    "older name": clipped(lambda u, m: u.clip_grad_norm(m.parameters(), 0.5)),
    "value": clipped(lambda u, m: u.clip_grad_value_(m.parameters(), 0.3)),
    "value of one": clipped(lambda u, m: u.clip_grad_value_(m.bias, 0.3)),
    "given norm": clipped(
        lambda u, m: u.clip_grads_with_norm_(m.parameters(), 1, m.bias.detach().norm() * 100)
    ),
    "total norm": lambda t: t.nn.utils.get_total_norm([t.ones(2), t.ones(3, 3)], 3),
    "total norm of one": lambda t: t.nn.utils.get_total_norm(t.ones(2, 2)),
    "total norm of none": lambda t: t.nn.utils.get_total_norm([]),
    "total norm of nan": lambda t: t.nn.utils.get_total_norm([t.tensor([nan, 1.0])]),
    "clip none": lambda t: t.nn.utils.clip_grad_norm_([], 1.0),
    "clip without gradients": lambda t: t.nn.utils.clip_grad_norm_(linear(t).parameters(), 1.0),
    "total norm is not finite": lambda t: t.nn.utils.get_total_norm(
        [t.tensor([inf])], error_if_nonfinite=True
    ),
    "vector": lambda t: t.nn.utils.parameters_to_vector(linear(t).parameters()).detach(),
    "vector of none": lambda t: t.nn.utils.parameters_to_vector([]),
    "to parameters": lambda t: (lambda m: values(m))(filled(t, t.arange(16.0))),
    "vector too short": lambda t: filled(t, t.arange(3.0)),
    "no vector": lambda t: filled(t, [1]),
}


def clipped_long(t: Any, rows: int, columns: int) -> list[Any]:
    """A gradient that several threads share; if it is wide, its memory has gaps."""
    x = t.ones(rows, columns, requires_grad=True)
    every = t.arange(float(2 * rows * columns)).view(columns, 2 * rows) % 13
    x.grad = every[:, ::2].t()
    if rows > columns:
        x.grad = x.grad.contiguous()
    return [t.nn.utils.clip_grad_norm_([x], 0.5), x.grad]


def filled(t: Any, vector: Any) -> Any:
    layer = linear(t)
    t.nn.utils.vector_to_parameters(vector, layer.parameters())
    return layer


@pytest.mark.parametrize("name", CLIPS)
def test_gradients_and_vectors(name: str) -> None:
    assert_same(CLIPS[name], exact=False, words=name != "vector of none")


WARNINGS: dict[str, Callable[[Any], Any]] = {
    "clip_grad_norm": lambda t: t.nn.utils.clip_grad_norm([], 1.0),
    "empty generator": lambda t: t.nn.utils.clip_grad_norm_((p for p in ()), 1.0),
    "weight_norm": lambda t: t.nn.utils.weight_norm(linear(t)),
    "functional_call": lambda t: t.nn.utils.stateless.functional_call(linear(t), {}, t.ones(3)),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings(name: str) -> None:
    said = []
    for t in (minitorch, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            WARNINGS[name](t)
        said.append([(w.category, str(w.message)) for w in caught])
        if t is minitorch:
            assert caught[0].filename == __file__
    assert said[0] == said[1] or not SAME_WORDS


# ------------------------------------------------------------------ making, fusing, laying out


def test_skip_init_draws_nothing() -> None:
    def next_number(t: Any) -> Any:
        t.manual_seed(0)
        layer = t.nn.utils.skip_init(t.nn.Linear, 5, out_features=2, bias=False)
        return repr(layer), names(layer), [p.requires_grad for p in layer.parameters()], t.rand(2)

    assert_same(next_number)


@pytest.mark.parametrize("kind", ["ReLU", "Module"])
def test_skip_init_refuses(kind: str) -> None:
    assert_raises_alike(lambda t: t.nn.utils.skip_init(getattr(t.nn, kind)))
    assert_raises_alike(lambda t: t.nn.utils.skip_init(dict))


def batch_norm(t: Any, dims: int, features: int, **options: Any) -> Any:
    """In evaluation, after a batch."""
    kind = {1: t.nn.BatchNorm1d, 2: t.nn.BatchNorm2d}[dims]
    bn = kind(features, **options)
    bn(t.randn(4, features, *[5] * (dims - 1)) + 1)
    return bn.eval()


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["Conv2d", "ConvTranspose2d"])
def test_fuse_conv_bn(kind: str, bias: bool, affine: bool) -> None:
    def fused(t: Any) -> list[Any]:
        t.manual_seed(0)
        conv = getattr(t.nn, kind)(2, 3, 2, bias=bias).eval()
        bn, x = batch_norm(t, 2, 3, affine=affine), t.randn(1, 2, 4, 4)
        one = t.nn.utils.fuse_conv_bn_eval(conv, bn, transpose=kind == "ConvTranspose2d")
        t.testing.assert_close(one(x), bn(conv(x)))
        return [one.weight, one.bias, one(x).detach()]

    assert_same(fused, exact=False)


@pytest.mark.parametrize("features", [4, 1])
@pytest.mark.parametrize("bias", [True, False])
def test_fuse_linear_bn(bias: bool, features: int) -> None:
    def fused(t: Any) -> list[Any]:
        t.manual_seed(0)
        layer = t.nn.Linear(3, 4, bias=bias).eval()
        one = t.nn.utils.fuse_linear_bn_eval(layer, batch_norm(t, 1, features))
        return [one.weight, one.bias]

    assert_same(fused, exact=False)


FUSION_ERRORS: dict[str, Callable[[Any], Any]] = {
    "layer in training": lambda t: t.nn.utils.fuse_linear_bn_eval(linear(t), batch_norm(t, 1, 4)),
    "norm in training": lambda t: t.nn.utils.fuse_linear_bn_eval(
        linear(t).eval(), t.nn.BatchNorm1d(4)
    ),
    "features": lambda t: t.nn.utils.fuse_linear_bn_eval(linear(t).eval(), batch_norm(t, 1, 3)),
    "no statistics": lambda t: t.nn.utils.fuse_linear_bn_eval(
        linear(t).eval(), batch_norm(t, 1, 4, track_running_stats=False)
    ),
    "conv in training": lambda t: t.nn.utils.fuse_conv_bn_eval(
        t.nn.Conv2d(1, 1, 1), batch_norm(t, 2, 1)
    ),
}


@pytest.mark.parametrize("name", FUSION_ERRORS)
def test_fusion_errors(name: str) -> None:
    assert_raises_alike(FUSION_ERRORS[name])


@pytest.mark.parametrize("dims", [2, 3])
def test_memory_format_of_weights(dims: int) -> None:
    def strides(t: Any) -> list[Any]:
        kinds = (t.nn.Conv2d, t.nn.Conv3d, t.nn.ConvTranspose2d, t.nn.ConvTranspose3d)
        model = t.nn.Sequential(*[kind(2, 3, 2) for kind in kinds], t.nn.Linear(2, 2))
        convert = getattr(t.nn.utils, f"convert_conv{dims}d_weight_memory_format")
        convert(model, t.channels_last if dims == 2 else t.channels_last_3d)
        return [p.stride() for p in model.parameters()]

    assert_same(strides)


# ------------------------------------------------------------------ weight norm, spectral norm

LAYERS: dict[str, Callable[[Any], tuple[Any, Any]]] = {
    "Linear": lambda t: (t.nn.Linear(3, 4), t.ones(2, 3)),
    "Conv2d": lambda t: (t.nn.Conv2d(2, 3, 2), t.ones(1, 2, 4, 4)),
    "ConvTranspose1d": lambda t: (t.nn.ConvTranspose1d(2, 3, 2), t.ones(1, 2, 4)),
}


@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("layer", LAYERS)
def test_weight_norm(layer: str, dim: int | None) -> None:
    def life(t: Any) -> list[Any]:
        t.manual_seed(0)
        module, x = LAYERS[layer](t)
        t.nn.utils.weight_norm(module, dim=dim)
        seen = [names(module), repr(module), *values(module)]
        optimizer = t.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            (module(x) ** 2).mean().backward()
            seen += grads(module)
            optimizer.step()
        t.nn.utils.remove_weight_norm(module)
        return [*seen, names(module), *values(module)]

    assert_same(life, exact=False)


@pytest.mark.parametrize(
    "options", [{}, {"n_power_iterations": 3}, {"dim": 1, "eps": 1e-6}], ids=str
)
@pytest.mark.parametrize("layer", LAYERS)
def test_spectral_norm(layer: str, options: dict[str, Any]) -> None:
    def life(t: Any) -> list[Any]:
        t.manual_seed(0)
        module, x = LAYERS[layer](t)
        t.nn.utils.spectral_norm(module, **options)
        seen = [names(module), repr(module), dict(module.state_dict()._metadata), *values(module)]
        optimizer = t.optim.SGD(module.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            # Two forwards before backward, as in GANs: the second must not disturb the first.
            (module(x) ** 2 - module(2 * x)).mean().backward()
            seen += grads(module)
            optimizer.step()
        module.eval()
        seen += [module(x).detach(), *values(module)]
        t.nn.utils.remove_spectral_norm(module)
        return [*seen, names(module), *values(module), t.rand(2)]

    assert_same(life, exact=False)


def states_of_old(t: Any) -> list[Any]:
    """A state from before versions: the normalised weight instead of v."""
    layer = t.nn.utils.spectral_norm(linear(t))
    for _ in range(20):
        layer(t.ones(3))
    state = {**layer.state_dict(), "weight": layer.weight.detach()}
    del state["weight_v"]
    other = t.nn.utils.spectral_norm(linear(t, 1)).eval()
    result = other.load_state_dict(state)
    return [repr(result), other(t.ones(3)).detach(), *values(other)]


HOOKS: dict[str, Callable[[Any], Any]] = {
    "weight norm twice": lambda t: t.nn.utils.weight_norm(t.nn.utils.weight_norm(linear(t))),
    "remove no weight norm": lambda t: t.nn.utils.remove_weight_norm(linear(t)),
    "spectral norm twice": lambda t: t.nn.utils.spectral_norm(t.nn.utils.spectral_norm(linear(t))),
    "remove no spectral norm": lambda t: t.nn.utils.remove_spectral_norm(linear(t)),
    "no power iterations": lambda t: t.nn.utils.spectral_norm(linear(t), n_power_iterations=0),
    "no bias": lambda t: t.nn.utils.spectral_norm(t.nn.Linear(2, 2, bias=False), "bias"),
    "old state": states_of_old,
    "missing keys": lambda t: t.nn.utils.spectral_norm(linear(t)).load_state_dict({}),
}


@pytest.mark.parametrize("name", HOOKS)
def test_hooks(name: str) -> None:
    assert_same(HOOKS[name], exact=False, words="missing" not in name)


@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm"])
def test_states_of_normalised_modules(norm: str) -> None:
    utils = minitorch.nn.utils
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        one = getattr(utils, norm)(linear(minitorch)).eval()
        other = getattr(utils, norm)(linear(minitorch, 1)).eval()
    x = minitorch.ones(3)
    other.load_state_dict(one.state_dict())
    assert minitorch.equal(other(x), one(x))


def test_all_spectral_norm_hooks_are_removed() -> None:
    utils = minitorch.nn.utils
    layer = utils.remove_spectral_norm(utils.spectral_norm(linear(minitorch)))
    # torch leaves the last of them behind, so that a plain state can no longer be loaded.
    assert not layer._forward_pre_hooks
    assert not layer._state_dict_hooks
    assert not layer._load_state_dict_pre_hooks
    layer.load_state_dict(linear(minitorch).state_dict())


@pytest.mark.parametrize("dim", [0, 1, 2, -1])
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_weight_norm_function(dtype: str, dim: int) -> None:
    def result(t: Any) -> list[Any]:
        t.manual_seed(0)
        v = t.randn(3, 4, 5).to(getattr(t, dtype)).requires_grad_()
        g = (t.norm_except_dim(v, 2, dim).detach() * 1.5).requires_grad_()
        w = t._weight_norm(v, g, dim)
        first = t.autograd.grad(w, [v, g], t.arange(60.0).view(3, 4, 5).to(w.dtype))
        return [x.detach().float() for x in (g.flatten(), w, *first)]

    assert_same(result, exact=False)


@pytest.mark.parametrize("dim", [0, 1])
def test_second_derivative_of_weight_norm(dim: int) -> None:
    # torch's own, of the fused function, takes the norm for a constant.
    from minitorch.autograd import gradgradcheck

    v = minitorch.randn(3, 2, dtype=minitorch.float64, requires_grad=True)
    g = minitorch.rand(*[(3, 2)[d] if d == dim else 1 for d in (0, 1)], dtype=minitorch.float64)
    assert gradgradcheck(lambda v, g: minitorch._weight_norm(v, g, dim), (v, g.requires_grad_()))


# ------------------------------------------------------------------ stateless


class Counter:
    """A module whose forward assigns to its buffer."""

    @staticmethod
    def make(t: Any) -> Any:
        class Counting(t.nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("count", t.zeros(()))

            def forward(self, x: Any) -> Any:
                self.count = self.count + 1
                return x + self.count

        return Counting()


def counted(t: Any) -> list[Any]:
    module, state = Counter.make(t), {"count": t.ones(())}
    out = t.func.functional_call(module, state, t.ones(()))
    return [out, state["count"], module.count]


def call(t: Any, state: dict[str, Any], args: Any = None, **options: Any) -> Any:
    layer = linear(t)
    args = t.ones(2, 3) if args is None else args
    return t.nn.utils.stateless.functional_call(layer, state, args, **options).detach()


def tied(t: Any, **options: Any) -> Any:
    module = t.nn.Sequential(linear(t), t.nn.ReLU(), t.nn.Linear(4, 3))
    module[2].bias = module[0].bias = t.nn.Parameter(t.zeros(3))
    module[0] = t.nn.Linear(3, 3)
    module[0].bias = module[2].bias
    module[2].weight = module[0].weight
    state = {key: t.full_like(module[0].weight, v) for key, v in options.pop("weights").items()}
    return t.func.functional_call(module, state, t.ones(3), **options).detach()


STATELESS: dict[str, Callable[[Any], Any]] = {
    "one weight": lambda t: call(t, {"weight": t.ones(4, 3)}),
    "a tuple of arguments": lambda t: call(t, {"weight": t.ones(4, 3)}, (t.ones(3),)),
    "nothing": lambda t: call(t, {}),
    "unknown": lambda t: call(t, {"other": t.ones(4, 3)}),
    "unknown, strict": lambda t: call(t, {"other": t.ones(4, 3)}, strict=True),
    "missing, strict": lambda t: call(t, {"weight": t.ones(4, 3)}, strict=True),
    "no tensor": lambda t: call(t, {"weight": 3}),
    "no submodule": lambda t: call(t, {"inner.weight": t.ones(1)}),
    "keywords": lambda t: call(t, {}, (), kwargs={"input": t.ones(3)}),
    "buffers are written back": counted,
    "tied": lambda t: tied(t, weights={"0.weight": 2.0}),
    "not tied": lambda t: tied(t, weights={"0.weight": 2.0}, tie_weights=False),
    "tied, two values": lambda t: tied(t, weights={"0.weight": 2.0, "2.weight": 1.0}),
}


@pytest.mark.parametrize("name", STATELESS)
def test_stateless(name: str) -> None:
    assert_same(STATELESS[name], exact=False, words=name != "no submodule")


def test_the_module_is_as_before() -> None:
    layer = linear(minitorch)
    weight, bias = layer.weight, layer.bias
    with pytest.raises(TypeError):
        minitorch.func.functional_call(layer, {"weight": minitorch.ones(4, 3), "bias": 3})
    assert layer.weight is weight
    assert layer.bias is bias
    minitorch.func.functional_call(layer, {"other": minitorch.ones(1)}, minitorch.ones(3))
    assert not hasattr(layer, "other")
