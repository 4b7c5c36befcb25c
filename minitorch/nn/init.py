"""Initial values of parameters.

Mirrors torch/nn/init.py: the same draws in the same order, so one seed gives the same weights in
both libraries. Only ``orthogonal_`` rounds differently: its QR decomposition is LAPACK's. Left out:
meta tensors.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch._tensor import Tensor
from minitorch.autograd.grad_mode import no_grad
from minitorch.autograd.variable import wrap
from minitorch.native.factories import empty_like
from minitorch.native.random_factories import randperm
from minitorch.native.tensor_compare import where
from minitorch.random import Generator

__all__ = [
    "calculate_gain",
    "uniform_",
    "normal_",
    "trunc_normal_",
    "constant_",
    "ones_",
    "zeros_",
    "eye_",
    "dirac_",
    "xavier_uniform_",
    "xavier_normal_",
    "kaiming_uniform_",
    "kaiming_normal_",
    "orthogonal_",
    "sparse_",
]

_LINEAR = ("linear", "conv1d", "conv2d", "conv3d") + tuple(
    [f"conv_transpose{d}d" for d in (1, 2, 3)]
)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights must grow so that activations keep their variance.

    Args:
        param: the negative slope of a leaky_relu (default 0.01).

    >>> calculate_gain("relu")
    1.4142135623730951
    """
    if nonlinearity in _LINEAR or nonlinearity == "sigmoid":
        return 1
    if nonlinearity == "tanh":
        return 5 / 3
    if nonlinearity == "relu":
        return math.sqrt(2)
    if nonlinearity == "leaky_relu":
        if param is None:
            param = 0.01
        if isinstance(param, bool) or not isinstance(param, int | float):
            raise ValueError(f"negative_slope {param} not a valid number")
        return math.sqrt(2 / (1 + param**2))
    if nonlinearity == "selu":
        return 3 / 4
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


# --------------------------------------------------------------------------- plain distributions


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw from U(a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw from N(mean, std²)."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Draw from N(mean, std²) within [a, b], by rejection.

    Each round redraws the *whole* tensor and uses the values where the last were rejected:
    wasteful, but what a round draws does not depend on which those were.
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. "
            "The distribution of values may be incorrect.",
            stacklevel=2,
        )

    def cdf(x: float) -> float:
        return (1 + math.erf((x - mean) / std / math.sqrt(2))) / 2

    with no_grad():
        if cdf(b) - cdf(a) > 0.3:
            _reject_outside(tensor, mean, std, a, b, generator)
        else:
            _reject_by_density(tensor, mean, std, a, b, generator)
        return tensor


def _reject_outside(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> None:
    """Most of the bell lies within [a, b]: draw from all of it, and reject what lies outside."""
    low, high = tensor.new_tensor(a), tensor.new_tensor(b)  # rounded to the tensor's dtype
    tensor.normal_(mean, std, generator=generator)
    while True:
        rejected = (tensor < low) | (tensor > high)
        if not rejected.any():
            return
        redrawn = empty_like(tensor).normal_(mean, std, generator=generator)
        tensor.copy_(where(rejected, redrawn, tensor))


def _reject_by_density(
    tensor: Tensor, mean: float, std: float, a: float, b: float, generator: Generator | None
) -> None:
    """[a, b] is narrow, or a tail: draw from U(a, b), and accept by the density there."""
    mode = max(a, min(mean, b))  # where the density is highest within [a, b]
    log_peak = -0.5 * ((mode - mean) / std) ** 2

    def is_rejected(candidates: Tensor) -> Tensor:
        log_density = candidates.clone().sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(log_peak)
        rejected: Tensor = empty_like(tensor).uniform_(generator=generator).log_() > log_density
        return rejected

    tensor.uniform_(a, b, generator=generator)
    pending = is_rejected(tensor)
    while pending.any():
        candidates = empty_like(tensor).uniform_(a, b, generator=generator)
        tensor.copy_(where(pending, candidates, tensor))
        pending = pending & is_rejected(candidates)


# --------------------------------------------------------------------------- constants


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with ``val``."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with ones."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with zeros."""
    return constant_(tensor, 0.0)


def eye_(tensor: Tensor) -> Tensor:
    """The identity matrix: a linear layer that hands through as many inputs as it can."""
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        tensor.zero_()
        for i in range(min(tensor.shape)):
            tensor[i, i] = 1
        return tensor


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """A convolution that hands through as many input channels as it can, in every group."""
    if tensor.dim() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    with no_grad():
        out_channels, in_channels, *kernel = tensor.shape
        if out_channels % groups != 0:
            raise ValueError("dim 0 must be divisible by groups")
        per_group = out_channels // groups
        centre = tuple([size // 2 for size in kernel])
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(per_group, in_channels)):
                tensor[(group * per_group + channel, channel, *centre)] = 1
        return tensor


# --------------------------------------------------------------------------- by fan


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs one output is summed from, and how many outputs one input goes to."""
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    out_channels, in_channels, *kernel = tensor.shape
    receptive_field = math.prod(kernel)
    return in_channels * receptive_field, out_channels * receptive_field


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    mode = mode.lower()
    valid_modes = ["fan_in", "fan_out"]
    if mode not in valid_modes:
        raise ValueError(f"Mode {mode} not supported, please use one of {valid_modes}")
    return _calculate_fan_in_and_fan_out(tensor)[valid_modes.index(mode)]


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Glorot's: U(-a, a) with a = gain √(6 / (fan_in + fan_out))."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / (fan_in + fan_out))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Glorot's: N(0, std²) with std = gain √(2 / (fan_in + fan_out))."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    std = gain * math.sqrt(2.0 / (fan_in + fan_out))
    return normal_(tensor, 0.0, std, generator)


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """He's: U(-bound, bound) with bound = gain √(3 / fan).

    Args:
        a: the negative slope of the leaky_relu that follows.
        mode: keep the variance of the forward (fan_in) or of the backward pass (fan_out).
    """
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    bound = math.sqrt(3.0) * std
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """He's: N(0, std²) with std = gain / √fan; arguments as ``kaiming_uniform_``."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    std = calculate_gain(nonlinearity, a) / math.sqrt(_calculate_correct_fan(tensor, mode))
    return normal_(tensor, 0.0, std, generator)


# --------------------------------------------------------------------------- structured


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """A matrix whose rows (or columns, if there are more rows) are orthogonal, times ``gain``.

    Further dimensions count as columns.
    """
    if tensor.dim() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    with no_grad():
        rows = tensor.shape[0]
        columns = tensor.numel() // rows
        flattened = tensor.new_empty((rows, columns)).normal_(0, 1, generator=generator)
        tall = flattened._array if rows >= columns else flattened._array.T
        q, r = np.linalg.qr(tall)
        q = q * np.sign(np.diagonal(r))  # makes the decomposition unique, and q evenly distributed
        tensor.copy_(wrap(q if rows >= columns else q.T).reshape(tensor.shape))
        return tensor.mul_(gain)


def sparse_(
    tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """N(0, std²), with the fraction ``sparsity`` of every column set to zero."""
    if tensor.dim() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    with no_grad():
        rows, columns = tensor.shape
        num_zeros = math.ceil(sparsity * rows)
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            row_indices = randperm(rows)  # from the default generator, whatever generator is given
            tensor[row_indices[:num_zeros], column] = 0
        return tensor


# --------------------------------------------------------------------------- the old names


def _without_underscore(initialize: Callable[..., Tensor]) -> Callable[..., Tensor]:
    new_name = initialize.__name__
    old_name = new_name[:-1]

    @functools.wraps(initialize)
    def deprecated(*args: Any, **kwargs: Any) -> Tensor:
        warnings.warn(
            f"`nn.init.{old_name}` is now deprecated in favor of `nn.init.{new_name}`.",
            FutureWarning,
            stacklevel=2,
        )
        return initialize(*args, **kwargs)

    deprecated.__name__ = deprecated.__qualname__ = old_name
    deprecated.__doc__ = f"The old name of ``{new_name}``."
    return deprecated


uniform = _without_underscore(uniform_)
normal = _without_underscore(normal_)
constant = _without_underscore(constant_)
eye = _without_underscore(eye_)
dirac = _without_underscore(dirac_)
xavier_uniform = _without_underscore(xavier_uniform_)
xavier_normal = _without_underscore(xavier_normal_)
kaiming_uniform = _without_underscore(kaiming_uniform_)
kaiming_normal = _without_underscore(kaiming_normal_)
orthogonal = _without_underscore(orthogonal_)
sparse = _without_underscore(sparse_)
