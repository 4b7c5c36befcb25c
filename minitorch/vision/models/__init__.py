"""Architectures with torchvision's names, parameters and initial values; and a small U-Net.

A checkpoint of torchvision's fits: ``model.load_state_dict(minitorch.load("resnet18.pth"))``.

Mirrors torchvision/models/__init__.py. Left out: downloading weights, ``get_model`` and the other
architectures.
"""

from typing import NoReturn

from minitorch.vision.models.resnet import (
    BasicBlock,
    Bottleneck,
    ResNet,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
)
from minitorch.vision.models.unet import UNet, unet
from minitorch.vision.models.vgg import (
    VGG,
    vgg11,
    vgg11_bn,
    vgg13,
    vgg13_bn,
    vgg16,
    vgg16_bn,
    vgg19,
    vgg19_bn,
)

__all__ = [
    "VGG",
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "UNet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "unet",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]


def __getattr__(name: str) -> NoReturn:
    if name.endswith("_Weights"):
        raise AttributeError(
            f"{name}: minitorch downloads no weights; load a checkpoint file: "
            "model.load_state_dict(minitorch.load(path))"
        )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
