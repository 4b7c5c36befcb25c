"""Residual networks: each block adds a correction to what it was given (He et al., 2015).

Mirrors torchvision/models/resnet.py. Left out: ResNeXt and wide variants (groups,
``width_per_group``) and dilation in place of strides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from minitorch._tensor import Tensor
from minitorch.native.views import flatten
from minitorch.nn import init
from minitorch.nn.modules.activation import ReLU
from minitorch.nn.modules.batchnorm import BatchNorm2d
from minitorch.nn.modules.container import Sequential
from minitorch.nn.modules.conv import Conv2d
from minitorch.nn.modules.linear import Linear
from minitorch.nn.modules.module import Module
from minitorch.nn.modules.normalization import GroupNorm
from minitorch.nn.modules.pooling import AdaptiveAvgPool2d, MaxPool2d
from minitorch.vision.models._api import untrained

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
]

NormLayer = Callable[[int], Any]


def conv3x3(in_planes: int, out_planes: int, stride: int = 1) -> Conv2d:
    """A 3 x 3 convolution that keeps height and width, or divides them by ``stride``."""
    return Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, bias=False)


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> Conv2d:
    """A linear map of the channels of each pixel."""
    return Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


class BasicBlock(Module):
    """relu(x + bn(conv3x3(relu(bn(conv3x3(x)))))).

    Where the shape changes, ``downsample`` brings x to the new one.
    """

    expansion: ClassVar[int] = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        norm_layer: NormLayer = BatchNorm2d,
    ) -> None:
        super().__init__()
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Bottleneck(Module):
    """The same with 1 x 1, 3 x 3, 1 x 1: narrow in the middle, four times as wide outside.

    The stride is that of the 3 x 3 convolution, where the paper strides the first ("ResNet v1.5").
    """

    expansion: ClassVar[int] = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: Module | None = None,
        norm_layer: NormLayer = BatchNorm2d,
    ) -> None:
        super().__init__()
        self.conv1 = conv1x1(inplanes, planes)
        self.bn1 = norm_layer(planes)
        self.conv2 = conv3x3(planes, planes, stride)
        self.bn2 = norm_layer(planes)
        self.conv3 = conv1x1(planes, planes * self.expansion)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet(Module):
    """A strided stem, four stages of blocks, the average over all pixels, one linear layer.

    Args:
        block: ``BasicBlock`` or ``Bottleneck``.
        layers: how many blocks each of the four stages has.
        num_classes: how many scores to return for each image.
        zero_init_residual: start the last normalization of each block at 0, and with it the
            block as the identity.
        norm_layer: what makes a normalization of so many channels; ``BatchNorm2d`` if None.

    Shape:
        input ``(N, 3, H, W)``, output ``(N, num_classes)``.

    Weights of convolutions are drawn from N(0, 2 / fan_out).
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: list[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        norm_layer: NormLayer | None = None,
    ) -> None:
        super().__init__()
        norm_layer = norm_layer or BatchNorm2d
        self.conv1 = Conv2d(3, 64, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = norm_layer(64)
        self.relu = ReLU(inplace=True)
        self.maxpool = MaxPool2d(kernel_size=3, stride=2, padding=1)
        wide = block.expansion
        self.layer1 = _stage(block, 64, 64, layers[0], 1, norm_layer)
        self.layer2 = _stage(block, 64 * wide, 128, layers[1], 2, norm_layer)
        self.layer3 = _stage(block, 128 * wide, 256, layers[2], 2, norm_layer)
        self.layer4 = _stage(block, 256 * wide, 512, layers[3], 2, norm_layer)
        self.avgpool = AdaptiveAvgPool2d((1, 1))
        self.fc = Linear(512 * wide, num_classes)
        self.reset_parameters(zero_init_residual)

    def reset_parameters(self, zero_init_residual: bool = False) -> None:
        """Draw the weights of all convolutions anew, and reset all normalizations."""
        for module in self.modules():
            if isinstance(module, Conv2d):
                init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, (BatchNorm2d, GroupNorm)):
                module.reset_parameters()
        if zero_init_residual:
            for module in self.modules():
                if isinstance(module, (BasicBlock, Bottleneck)):
                    last = module.bn2 if isinstance(module, BasicBlock) else module.bn3
                    if last.weight is not None:
                        init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(flatten(self.avgpool(x), 1))


def _stage(
    block: type[BasicBlock | Bottleneck],
    inplanes: int,
    planes: int,
    blocks: int,
    stride: int,
    norm_layer: NormLayer,
) -> Sequential:
    """``blocks`` blocks, the first of which changes the shape."""
    width = planes * block.expansion
    downsample = None
    if stride != 1 or inplanes != width:
        downsample = Sequential(conv1x1(inplanes, width, stride), norm_layer(width))
    first = block(inplanes, planes, stride, downsample, norm_layer)
    others = [block(width, planes, norm_layer=norm_layer) for _ in range(1, blocks)]
    return Sequential(first, *others)


def _resnet(
    name: str,
    block: type[BasicBlock | Bottleneck],
    layers: list[int],
    weights: None,
    options: dict[str, Any],
) -> ResNet:
    return ResNet(block, layers, **untrained(name, weights, options))


def resnet18(*, weights: None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-18, of basic blocks; ``kwargs`` go to ``ResNet``."""
    return _resnet("resnet18", BasicBlock, [2, 2, 2, 2], weights, kwargs)


def resnet34(*, weights: None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-34, of basic blocks; ``kwargs`` go to ``ResNet``."""
    return _resnet("resnet34", BasicBlock, [3, 4, 6, 3], weights, kwargs)


def resnet50(*, weights: None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-50, of bottlenecks; ``kwargs`` go to ``ResNet``."""
    return _resnet("resnet50", Bottleneck, [3, 4, 6, 3], weights, kwargs)


def resnet101(*, weights: None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-101, of bottlenecks; ``kwargs`` go to ``ResNet``."""
    return _resnet("resnet101", Bottleneck, [3, 4, 23, 3], weights, kwargs)


def resnet152(*, weights: None = None, progress: bool = True, **kwargs: Any) -> ResNet:
    """ResNet-152, of bottlenecks; ``kwargs`` go to ``ResNet``."""
    return _resnet("resnet152", Bottleneck, [3, 8, 36, 3], weights, kwargs)
