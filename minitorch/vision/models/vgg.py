"""VGG: nothing but 3 x 3 convolutions, in growing numbers (Simonyan and Zisserman, 2014).

Mirrors torchvision/models/vgg.py.
"""

from __future__ import annotations

from typing import Any

from minitorch._tensor import Tensor
from minitorch.native.views import flatten
from minitorch.nn import init
from minitorch.nn.modules.activation import ReLU
from minitorch.nn.modules.batchnorm import BatchNorm2d
from minitorch.nn.modules.container import Sequential
from minitorch.nn.modules.conv import Conv2d
from minitorch.nn.modules.dropout import Dropout
from minitorch.nn.modules.linear import Linear
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.pooling import AdaptiveAvgPool2d, MaxPool2d
from minitorch.vision.models._api import untrained

__all__ = [
    "VGG",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]

# A number is a convolution to so many channels, "M" halves height and width.
cfgs: dict[str, list[int | str]] = {
    "A": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "B": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "D": [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"],
    "E": [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"],
}


def make_layers(cfg: list[int | str], batch_norm: bool = False) -> Sequential:
    """The convolutional part that ``cfg`` writes down."""
    layers: list[Module] = []
    in_channels = 3
    for entry in cfg:
        if isinstance(entry, str):
            layers.append(MaxPool2d(kernel_size=2, stride=2))
            continue
        layers.append(Conv2d(in_channels, entry, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(BatchNorm2d(entry))
        layers.append(ReLU(inplace=True))
        in_channels = entry
    return Sequential(*layers)


class VGG(Module):
    """Convolutions, an average over a grid of 7 x 7 at any size of image, three linear layers.

    Args:
        features: the convolutional part, ending with 512 channels.
        num_classes: how many scores to return for each image.
        init_weights: draw weights anew as below; otherwise they stay as their layers drew them.
        dropout: the probability of dropping an activation between the linear layers.

    Shape:
        input ``(N, 3, H, W)`` with H and W at least 32, output ``(N, num_classes)``.

    Weights of convolutions are drawn from N(0, 2 / fan_out), those of linear layers from
    N(0, 0.01²); all biases are 0.
    """

    def __init__(
        self,
        features: Module,
        num_classes: int = 1000,
        init_weights: bool = True,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = AdaptiveAvgPool2d((7, 7))
        self.classifier = Sequential(
            Linear(512 * 7 * 7, 4096),
            ReLU(True),
            Dropout(p=dropout),
            Linear(4096, 4096),
            ReLU(True),
            Dropout(p=dropout),
            Linear(4096, num_classes),
        )
        if init_weights:
            self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        for module in self.modules():
            if isinstance(module, Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, Linear):
                init.normal_(module.weight, 0, 0.01)
            elif isinstance(module, BatchNorm2d):
                module.reset_parameters()
            if isinstance(module, (Conv2d, Linear)) and module.bias is not None:
                init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(flatten(self.avgpool(self.features(x)), 1))


def _vgg(name: str, cfg: str, batch_norm: bool, weights: None, options: dict[str, Any]) -> VGG:
    options = untrained(name, weights, options)
    return VGG(make_layers(cfgs[cfg], batch_norm), **options)


def vgg11(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-11: 8 convolutions; ``kwargs`` go to ``VGG``."""
    return _vgg("vgg11", "A", False, weights, kwargs)


def vgg11_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-11 with batch normalization."""
    return _vgg("vgg11_bn", "A", True, weights, kwargs)


def vgg13(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-13: 10 convolutions; ``kwargs`` go to ``VGG``."""
    return _vgg("vgg13", "B", False, weights, kwargs)


def vgg13_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-13 with batch normalization."""
    return _vgg("vgg13_bn", "B", True, weights, kwargs)


def vgg16(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-16: 13 convolutions; ``kwargs`` go to ``VGG``."""
    return _vgg("vgg16", "D", False, weights, kwargs)


def vgg16_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-16 with batch normalization."""
    return _vgg("vgg16_bn", "D", True, weights, kwargs)


def vgg19(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-19: 16 convolutions; ``kwargs`` go to ``VGG``."""
    return _vgg("vgg19", "E", False, weights, kwargs)


def vgg19_bn(*, weights: None = None, progress: bool = True, **kwargs: Any) -> VGG:
    """VGG-19 with batch normalization."""
    return _vgg("vgg19_bn", "E", True, weights, kwargs)
