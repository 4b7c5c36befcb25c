"""torchvision's checkpoints: saved by torch, loaded without it, and the outputs compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

import minitorch
from compare.torchvision_shim import import_torchvision
from minitorch.vision import models

torchvision = import_torchvision()


def build(name: str, **options: Any) -> Any:
    """torchvision's model with random weights, and statistics as after some training."""
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None, **options)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    return model.eval()


def compare_outputs(name: str, path: Path, double: bool = False, **options: Any) -> None:
    """Through a file, from torchvision's model to minitorch's, and back.

    Args:
        double: compute the outputs in float64. In float32, 50 layers round by more than tolerances.
    """
    theirs = build(name, **options)
    torch.save(theirs.state_dict(), path)
    minitorch.manual_seed(1)
    ours = getattr(models, name)(**options)
    result = ours.load_state_dict(minitorch.load(path))
    assert repr(result) == "<All keys matched successfully>"
    x = torch.randn(2, 3, 64, 64)
    if double:
        theirs, ours, x = theirs.double(), ours.double(), x.double()
    with torch.no_grad(), minitorch.no_grad():
        output = ours.eval()(minitorch.from_numpy(x.numpy()))
        torch.testing.assert_close(torch.from_numpy(output.numpy()), theirs(x))

    minitorch.save(ours.state_dict(), path)
    del ours
    state, expected = torch.load(path, mmap=True, weights_only=True), theirs.state_dict()
    assert list(state) == list(expected) and state._metadata == expected._metadata
    for key in state:
        assert torch.equal(state[key], expected[key])


def test_a_residual_network(tmp_path: Path) -> None:
    compare_outputs("resnet18", tmp_path / "model.pt", num_classes=10)


@pytest.mark.slow
def test_a_deep_residual_network(tmp_path: Path) -> None:
    compare_outputs("resnet50", tmp_path / "model.pt", double=True, num_classes=10)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["vgg11", "vgg16", "resnet18"])
def test_whole_networks(name: str, tmp_path: Path) -> None:
    """With all 1000 classes: vgg16 has 138 million parameters, 550 MB."""
    path = tmp_path / "model.pt"
    compare_outputs(name, path)
    path.unlink()


def test_another_number_of_classes(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save(build("resnet18", num_classes=10).state_dict(), path)
    state = minitorch.load(path)
    with pytest.raises(RuntimeError, match=r"size mismatch for fc\.weight"):
        models.resnet18(num_classes=7).load_state_dict(state)
    del state["fc.weight"], state["fc.bias"]  # to be trained anew, as one does
    result = models.resnet18(num_classes=7).load_state_dict(state, strict=False)
    assert result.missing_keys == ["fc.weight", "fc.bias"]
