"""Random tensors, from torch's own stream: the same seed gives the same bits.

Mirrors aten/src/ATen/native/{Distributions.cpp, TensorFactories.cpp}. The draws themselves are in
the ``*_kernels`` beside this file; here they become operations on tensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch.autograd import grad_mode
from minitorch.autograd.inplace import check_inplace
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, unwrap, wrap
from minitorch.native import (
    distribution_kernels,
    integer_kernels,
    normal_kernels,
    rejection_kernels,
)
from minitorch.native.factories import _check_sizes, _finish, _like, _new_dtype, check_device
from minitorch.native.tensor_shape import as_shape

if TYPE_CHECKING:
    from minitorch._tensor import Tensor
    from minitorch.random import Generator


class Random(Operator, name="UniformBackward0"):
    """An in-place draw: nothing of the old value remains, so its gradient is zero."""

    @staticmethod
    def forward(ctx: Any, input: Any, draw: Any, arguments: tuple[Any, ...]) -> Any:
        out = np.empty_like(input)
        draw(out, *arguments)
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * 0


def _fill(input: Tensor, draw: Any, *arguments: Any) -> Tensor:
    if grad_mode.state.enabled and input.requires_grad:
        check_inplace(input)
        return Random.apply_(input, draw, arguments)
    draw(input._array, *arguments)
    input.bump_version()
    return input


def uniform_(
    input: Tensor,
    from_: float = 0.0,
    to: float = 1.0,
    *,
    generator: Generator | None = None,
    **names: float,
) -> Tensor:
    """Fill with numbers drawn evenly from [from, to)."""
    return _fill(input, distribution_kernels.uniform_, names.get("from", from_), to, generator)


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers drawn from the normal distribution."""
    return _fill(input, normal_kernels.normal_, mean, std, generator)


def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with e to the power of normal numbers."""
    return _fill(input, normal_kernels.log_normal_, mean, std, generator)


def random_(
    input: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with integers drawn evenly from [from, to), or from all that the dtype can hold."""
    if from_ is not None and to is None:
        from_, to = 0, from_
    return _fill(input, integer_kernels.random_, from_, to, generator)


def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 with probability ``p`` (a number or a tensor), else 0."""
    return _fill(input, distribution_kernels.bernoulli_, unwrap(p), generator)


def exponential_(
    input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers drawn from the exponential distribution of rate ``lambd``."""
    return _fill(input, distribution_kernels.exponential_, lambd, generator)


def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the number of trials up to the first success of probability ``p``."""
    return _fill(input, distribution_kernels.geometric_, p, generator)


def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers drawn from the Cauchy distribution."""
    return _fill(input, distribution_kernels.cauchy_, median, sigma, generator)


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that stands in ``input`` (or ``p``), else 0."""
    out = np.empty_like(input._array)
    probability = input._array if p is None else p
    return wrap(distribution_kernels.bernoulli_(out, probability, generator))


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers drawn from the Poisson distributions whose rates stand in ``input``."""
    return wrap(rejection_kernels.poisson(input._array, generator))


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Indices drawn with the (unnormalised) probabilities of each row.

    Shape: (rows, categories) -> (rows, num_samples), or without rows.
    """
    return wrap(distribution_kernels.multinomial(input._array, num_samples, replacement, generator))


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    check_device(device)
    out = np.empty(_check_sizes(as_shape(sizes if size is None else (size,))), _new_dtype(dtype))
    return _finish(distribution_kernels.uniform_(out, 0.0, 1.0, generator), requires_grad)


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn from the standard normal distribution.

    >>> import minitorch
    >>> _ = minitorch.manual_seed(0)
    >>> minitorch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    check_device(device)
    out = np.empty(_check_sizes(as_shape(sizes if size is None else (size,))), _new_dtype(dtype))
    return _finish(normal_kernels.normal_(out, 0.0, 1.0, generator), requires_grad)


def randint(
    low: int,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Integers drawn evenly from [low, high): ``randint(high, size)`` or ``randint(low, high,
    size)``.
    """
    check_device(device)
    if size is None:
        low, high, size = 0, low, high
    out = np.empty(as_shape((size,)), np.int64 if dtype is None else dtypes.to_numpy(dtype))
    return _finish(integer_kernels.random_(out, low, high, generator), requires_grad)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers 0 to n - 1 in random order."""
    check_device(device)
    kind = np.dtype(np.int64) if dtype is None else dtypes.to_numpy(dtype)
    return _finish(integer_kernels.randperm(n, kind, generator), requires_grad)


def rand_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``rand`` of the shape and dtype of ``input``."""
    out = np.empty_like(input._array, _like(input, dtype))
    return _finish(distribution_kernels.uniform_(out, 0.0, 1.0, None), requires_grad)


def randn_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """``randn`` of the shape and dtype of ``input``."""
    out = np.empty_like(input._array, _like(input, dtype))
    return _finish(normal_kernels.normal_(out, 0.0, 1.0, None), requires_grad)


def randint_like(input: Tensor, low: int, high: int | None = None, *, dtype: Any = None) -> Tensor:
    """``randint`` of the shape and dtype of ``input``."""
    if high is None:
        low, high = 0, low
    return wrap(
        integer_kernels.random_(np.empty_like(input._array, _like(input, dtype)), low, high, None)
    )


def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
) -> Tensor:
    """Normal numbers; mean and std are numbers with a ``size``, or tensors that broadcast."""
    if size is not None:
        out = np.empty(as_shape((size,)), _new_dtype(dtype))
        return wrap(normal_kernels.normal_(out, float(mean), float(std), generator))
    like = mean if isinstance(mean, Variable) else std
    shape = np.broadcast_shapes(np.shape(unwrap(mean)), np.shape(unwrap(std)))
    out = normal_kernels.normal_(np.empty(shape, like._array.dtype), 0.0, 1.0, generator)
    return wrap((out * unwrap(std) + unwrap(mean)).astype(out.dtype, copy=False))
