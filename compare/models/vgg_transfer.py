"""A small VGG that learns some classes, and the same network for new ones: with its features, and
from scratch."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from typing import Any

from compare.recipe import Facts, Recipe
from compare.schedules import cosine, one_cycle


def network(torch: Any, facts: Facts) -> Any:
    """Three blocks of convolutions, each with a max pool, named features; two linear layers."""
    nn = torch.nn
    # No bias: a black background stays exactly 0 through all layers. Else it would be some equal
    # numbers of which rounding chooses the largest in each pool, and so where its gradient goes:
    # the losses of the two libraries parted by 2e-5 within 20 steps.
    features = nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1, bias=False),  # (N, 32, 28, 28)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 32, 14, 14)
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 64, 7, 7)
        nn.Conv2d(64, 128, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.Conv2d(128, 128, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.MaxPool2d(2),  # (N, 128, 3, 3)
    )
    classifier = nn.Sequential(
        nn.Flatten(),  # (N, 1152)
        nn.Linear(128 * 3 * 3, 256),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(256, facts.classes),
    )
    return nn.Sequential(OrderedDict(features=features, classifier=classifier))


def trained(torch: Any, model: Any, lr: float) -> tuple[Any, Any, Any]:
    """The model, its loss, and SGD with momentum for whatever is not frozen.

    Not Adam: with it, the network leaves the plateau of its first steps so steeply that rounding
    grows ten thousandfold within 20 steps, and the losses of two libraries part that early.
    """
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    return model, torch.nn.CrossEntropyLoss(), torch.optim.SGD(parameters, lr=lr, momentum=0.9)


def build_base(torch: Any, facts: Facts, lr: float = 0.05) -> tuple[Any, Any, Any]:
    """A small VGG (1-32-64-128-128), on many images of six classes; SGD."""
    return trained(torch, network(torch, facts), lr)


def build_transfer(
    torch: Any, facts: Facts, lr: float = 0.05, *, start: dict[str, Any]
) -> tuple[Any, Any, Any]:
    """vgg_base's features, frozen, and a new classifier, on few images of new classes; SGD."""
    model = network(torch, facts)
    features = {name: value for name, value in start.items() if name.startswith("features.")}
    model.load_state_dict(features, strict=False)  # The classifier's stay as they were drawn.
    model.features.requires_grad_(False)
    return trained(torch, model, lr)


def build_scratch(torch: Any, facts: Facts, lr: float = 0.05) -> tuple[Any, Any, Any]:
    """vgg_transfer's network with nothing learnt before, on the same images; SGD."""
    return trained(torch, network(torch, facts), lr)


BASE = Recipe(build_base, "fashion_base", "accuracy", epochs=10, schedule=one_cycle)
SCRATCH = Recipe(build_scratch, "fashion_new", "accuracy", epochs=8, batch_size=20, schedule=cosine)
TRANSFER = replace(SCRATCH, build=build_transfer, starts_from="vgg_base")
