"""The two gradients of a convolution by themselves.

Mirrors torch/nn/grad.py. A convolution is linear in its input and in its weight, so neither
gradient depends on the values of the tensor that it belongs to: its size is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch._tensor import Tensor
from minitorch.autograd import engine, grad_mode
from minitorch.native.convolution import conv1d, conv2d, conv3d

Size = int | Sequence[int]


def _gradient(
    conv: Callable[..., Tensor],
    input: Tensor,
    weight: Tensor,
    of: Tensor,
    grad_output: Tensor,
    geometry: tuple[Any, ...],
) -> Tensor:
    create_graph = grad_mode.state.enabled
    with grad_mode.enable_grad():
        output = conv(input, weight, None, *geometry)
    return engine.grad([output], [of], [grad_output], create_graph=create_graph)[0]


def conv1d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of ``conv1d`` with respect to an input of ``input_size``."""
    input = grad_output.new_empty(input_size, requires_grad=True)
    geometry = stride, padding, dilation, groups
    return _gradient(conv1d, input, weight, input, grad_output, geometry)


def conv1d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of ``conv1d`` with respect to a weight of ``weight_size``."""
    weight = grad_output.new_empty(weight_size, requires_grad=True)
    geometry = stride, padding, dilation, groups
    return _gradient(conv1d, input, weight, weight, grad_output, geometry)


def conv2d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of ``conv2d`` with respect to an input of ``input_size``."""
    input = grad_output.new_empty(input_size, requires_grad=True)
    geometry = stride, padding, dilation, groups
    return _gradient(conv2d, input, weight, input, grad_output, geometry)


def conv2d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of ``conv2d`` with respect to a weight of ``weight_size``."""
    weight = grad_output.new_empty(weight_size, requires_grad=True)
    geometry = stride, padding, dilation, groups
    return _gradient(conv2d, input, weight, weight, grad_output, geometry)


def conv3d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of ``conv3d`` with respect to an input of ``input_size``."""
    input = grad_output.new_empty(input_size, requires_grad=True)
    geometry = stride, padding, dilation, groups
    return _gradient(conv3d, input, weight, input, grad_output, geometry)


def conv3d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Size = 1,
    padding: Size = 0,
    dilation: Size = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of ``conv3d`` with respect to a weight of ``weight_size``."""
    weight = grad_output.new_empty(weight_size, requires_grad=True)
    geometry = stride, padding, dilation, groups
    return _gradient(conv3d, input, weight, weight, grad_output, geometry)
