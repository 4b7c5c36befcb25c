"""Every architecture beside torchvision's: initial bits, keys, repr, outputs, gradients, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import minitorch
from compare.torchvision_shim import import_torchvision
from minitorch.vision import models
from minitorch.vision.models import resnet, vgg
from minitorch.vision.models.unet import UNet, unet

torchvision = import_torchvision()
VGGS = ["vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"]
RESNETS = {
    "resnet18": lambda m: m.resnet18(num_classes=5),
    "resnet50": lambda m: m.resnet50(num_classes=5),
    "resnet18 zero_init_residual": lambda m: m.resnet18(num_classes=5, zero_init_residual=True),
    "resnet50 zero_init_residual": lambda m: m.resnet.ResNet(
        m.resnet.Bottleneck, [1, 1, 1, 1], num_classes=5, zero_init_residual=True
    ),
}


def make_pair(ours: Any, theirs: Any) -> tuple[Any, Any]:
    """The two models, each built after the same seed."""
    minitorch.manual_seed(5)
    torch.manual_seed(5)
    return ours(), theirs()


def assert_same_model(a: Any, b: Any) -> None:
    """The same layers, keys and values, and the streams of random numbers end at one place."""
    assert repr(a) == repr(b)
    mine, other = a.state_dict(), b.state_dict()
    assert list(mine) == list(other)
    for key, value in mine.items():
        assert np.array_equal(value.numpy(), other[key].numpy()), key
    assert minitorch.rand(1).item() == torch.rand(1).item()


def assert_close(ours: Any, theirs: Any) -> None:
    torch.testing.assert_close(torch.from_numpy(np.array(ours.detach().numpy())), theirs.detach())


def assert_same_run(a: Any, b: Any, shape: tuple[int, ...]) -> None:
    """Outputs, buffers and all gradients are alike.

    In float64: rounding alone parts the float32 gradients of fifty layers by more than 1e-5.
    """
    a.double()
    b.double()
    values = np.random.default_rng(0).standard_normal(shape)
    x, y = minitorch.tensor(values, requires_grad=True), torch.tensor(values, requires_grad=True)
    ours, theirs = a(x), b(y)
    assert_close(ours, theirs)
    cotangent = np.random.default_rng(1).standard_normal(ours.shape)
    ours.backward(minitorch.tensor(cotangent))
    theirs.backward(torch.tensor(cotangent))
    assert_close(x.grad, y.grad)
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        assert_close(p.grad, q.grad)
    for p, q in zip(a.buffers(), b.buffers(), strict=True):
        assert_close(p, q)


@pytest.mark.parametrize("name", RESNETS)
def test_resnets_start_with_the_same_bits(name: str) -> None:
    build = RESNETS[name]
    assert_same_model(*make_pair(lambda: build(models), lambda: build(torchvision.models)))


@pytest.mark.parametrize("name", ["resnet18", "resnet50 zero_init_residual"])
def test_resnets_learn_the_same(name: str) -> None:
    build = RESNETS[name]
    a, b = make_pair(lambda: build(models), lambda: build(torchvision.models))
    assert_same_run(a, b, (2, 3, 40, 33))


@pytest.mark.parametrize("library", ["minitorch", "torchvision"])
def test_a_resnet_in_float32_and_eval(library: str) -> None:
    """What a lesson computes: float32 scores, from weights that went through a state dict."""
    a, b = models.resnet18(num_classes=3), torchvision.models.resnet18(num_classes=3)
    if library == "minitorch":
        b.load_state_dict({k: torch.from_numpy(v.numpy()) for k, v in a.state_dict().items()})
    else:
        a.load_state_dict({k: minitorch.tensor(v.numpy()) for k, v in b.state_dict().items()})
    x = np.random.default_rng(0).standard_normal((2, 3, 64, 64)).astype(np.float32)
    assert_close(a.eval()(minitorch.tensor(x)), b.eval()(torch.tensor(x)))


def test_a_resnet_of_group_norms() -> None:
    a, b = make_pair(
        lambda: models.resnet18(norm_layer=lambda c: minitorch.nn.GroupNorm(4, c)),
        lambda: torchvision.models.resnet18(norm_layer=lambda c: torch.nn.GroupNorm(4, c)),
    )
    assert_same_model(a, b)


def plan_of(library: Any, module: str, name: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a function hands to the class that it builds, which here builds nothing."""
    part = getattr(library, module)
    monkeypatch.setattr(part, "ResNet" if module == "resnet" else "VGG", lambda *a, **k: (a, k))
    if module == "vgg":
        monkeypatch.setattr(part, "make_layers", lambda cfg, batch_norm: (cfg, batch_norm))
    arguments, options = getattr(part, name)(num_classes=3)
    return [getattr(argument, "__name__", argument) for argument in arguments], options


@pytest.mark.parametrize(
    ("module", "name"),
    [("resnet", f"resnet{depth}") for depth in (18, 34, 50, 101, 152)] + [("vgg", n) for n in VGGS],
)
def test_the_plan_of_each(module: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without drawing hundreds of millions of weights."""
    ours = plan_of(models, module, name, monkeypatch)
    assert ours == plan_of(torchvision.models, module, name, monkeypatch)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_vggs_have_the_same_convolutions(batch_norm: bool) -> None:
    """Without the classifier, whose 120 million weights take seconds: that is the test below."""
    a, b = make_pair(
        lambda: vgg.make_layers(vgg.cfgs["A"], batch_norm),
        lambda: torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["A"], batch_norm),
    )
    assert_same_model(a, b)
    assert_same_run(a, b, (2, 3, 32, 32))


@pytest.mark.parametrize(
    ("name", "options"),
    [("vgg11_bn", {"num_classes": 4, "dropout": 0.25}), ("vgg11", {"init_weights": False})],
)
def test_a_whole_vgg(name: str, options: dict[str, Any]) -> None:
    a, b = make_pair(
        lambda: getattr(models, name)(**options),
        lambda: getattr(torchvision.models, name)(**options),
    )
    assert_same_model(a, b)
    x = np.random.default_rng(0).standard_normal((2, 3, 40, 32)).astype(np.float32)
    assert_close(a.eval()(minitorch.tensor(x)), b.eval()(torch.tensor(x)))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: models.resnet18(weights="DEFAULT"),
            r"resnet18\(weights='DEFAULT'\).*resnet18.pth",
        ),
        (lambda: models.resnet18(pretrained=True), r"resnet18\(pretrained=True\)"),
        (lambda: models.vgg16_bn(weights="IMAGENET1K_V1"), "load_state_dict.*vgg16_bn.pth"),
        (lambda: unet(weights="DEFAULT"), "downloads no weights"),
    ],
)
def test_trained_weights_are_refused_with_the_way_to_load_them(build: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build()


def test_names_of_weights_say_where_to_find_some() -> None:
    with pytest.raises(AttributeError, match="VGG16_Weights: minitorch downloads no weights"):
        models.VGG16_Weights.DEFAULT  # noqa: B018
    assert not hasattr(models, "alexnet")


def test_pretrained_false_is_the_old_spelling_of_no_weights() -> None:
    assert models.resnet18(pretrained=False, num_classes=2).fc.out_features == 2


def test_wrong_options_are_refused() -> None:
    with pytest.raises(TypeError, match="clases"):
        models.resnet18(num_clases=2)
    with pytest.raises(TypeError, match="weights"):
        models.resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], weights=None)


class TorchUNet(torch.nn.Module):
    """The same net, written out in torch for two levels more than one."""

    def __init__(self, in_channels: int, num_classes: int, a: int, b: int, c: int) -> None:
        super().__init__()
        nn = torch.nn

        def double_conv(i: int, o: int) -> Any:
            first = [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
            second = [nn.Conv2d(o, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
            return nn.Sequential(*first, *second)

        self.down = nn.ModuleList(
            [double_conv(in_channels, a), double_conv(a, b), double_conv(b, c)]
        )
        self.up = nn.ModuleList([nn.Module(), nn.Module()])
        for up, i, o in zip(self.up, (c, b), (b, a), strict=True):
            up.up, up.conv = nn.ConvTranspose2d(i, o, 2, stride=2), double_conv(2 * o, o)
        self.head = nn.Conv2d(a, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        F = torch.nn.functional
        full = self.down[0](x)
        half = self.down[1](F.max_pool2d(full, 2))
        quarter = self.down[2](F.max_pool2d(half, 2))
        for up, like in ((self.up[0], half), (self.up[1], full)):
            larger = up.up(quarter)
            missing = (like.shape[-1] - larger.shape[-1], like.shape[-2] - larger.shape[-2])
            quarter = up.conv(torch.cat([like, F.pad(larger, [0, missing[0], 0, missing[1]])], 1))
        return self.head(quarter)


@pytest.mark.parametrize("size", [(16, 16), (13, 22)])
def test_a_unet_computes_what_it_says(size: tuple[int, int]) -> None:
    a, b = make_pair(lambda: UNet(1, 3, (4, 6, 8)), lambda: TorchUNet(1, 3, 4, 6, 8))
    assert list(a.state_dict()) == list(b.state_dict())
    assert_same_run(a, b, (2, 1, *size))


def test_a_unet_learns_where_an_image_is_bright() -> None:
    minitorch.manual_seed(0)
    model = unet(in_channels=1, num_classes=2, features=(4, 8))
    optimizer = minitorch.optim.Adam(model.parameters(), lr=0.02)
    x = minitorch.rand(4, 1, 12, 12)
    y = (x[:, 0] > 0.5).long()
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = minitorch.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]
