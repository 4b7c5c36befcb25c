"""Random tensors, from torch's own stream: the same seed gives the same bits.

Mirrors aten/src/ATen/native/Distributions.cpp. The draws themselves are in the ``*_kernels`` beside
this file; here they become operations on tensors. Functions that make new tensors from a size stand
in random_factories.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch import dtypes
from minitorch._device import check_device
from minitorch.autograd import grad_mode
from minitorch.autograd.inplace import check_inplace
from minitorch.autograd.operator import Operator
from minitorch.autograd.variable import Variable, wrap
from minitorch.native import (
    distribution_kernels,
    integer_kernels,
    normal_kernels,
    rejection_kernels,
    sampling_gradients,
)
from minitorch.native.expand_utils import infer_size
from minitorch.native.not_differentiable import NotDifferentiable, not_implemented_gradient
from minitorch.native.sizes import as_shape
from minitorch.native.tensor_iterator import zero_like
from minitorch.native.tensor_new import default_dtype, dtype_or, new_leaf
from minitorch.native.variants import accepts_out, write_out
from minitorch.native.views import expand

if TYPE_CHECKING:
    from minitorch._tensor import Tensor
    from minitorch.random import Generator


# --------------------------------------------------------------------------- in place


class Random(Operator, name="RandomBackward2"):
    """An in-place draw: nothing of the old value remains, so its gradient is zero."""

    @staticmethod
    def forward(ctx: Any, input: Any, draw: object, arguments: tuple[Any, ...]) -> Any:
        out = np.empty_like(input)
        draw(out, *arguments)  # type: ignore[operator]
        return out

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class RandomTo(Random, name="RandomBackward1"):
    """``random_(to)``."""


class RandomFromTo(Random, name="RandomBackward0"):
    """``random_(from, to)``."""


class Uniform(Random):
    """``uniform_``."""


class Normal(Random):
    """``normal_``."""


class LogNormal(Random):
    """``log_normal_``."""


class BernoulliOfTensor(Random, name="BernoulliBackward1"):
    """``bernoulli_`` with a tensor of probabilities."""


class BernoulliOfNumber(Random, name="BernoulliBackward2"):
    """``bernoulli_`` with one probability."""


class Exponential(Random):
    """``exponential_``."""


class Geometric(Random):
    """``geometric_``."""


class Cauchy(Random):
    """``cauchy_``."""


def _fill(operator: type[Random], input: Tensor, draw: Any, *arguments: Any) -> Tensor:
    if grad_mode.state.enabled and input.requires_grad:
        check_inplace(input)
        return operator.apply_(input, draw, arguments)
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
    low = names.get("from", from_)  # torch's name for it is a keyword of Python's
    return _fill(Uniform, input, distribution_kernels.uniform_, low, to, generator)


def normal_(
    input: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers drawn from the normal distribution."""
    return _fill(Normal, input, normal_kernels.normal_, mean, std, generator)


def log_normal_(
    input: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with e to the power of normal numbers."""
    return _fill(LogNormal, input, normal_kernels.log_normal_, mean, std, generator)


def random_(
    input: Tensor,
    from_: int | None = None,
    to: int | None = None,
    *,
    generator: Generator | None = None,
    **names: int,
) -> Tensor:
    """Fill with integers drawn evenly from [from, to), or from all that the dtype can hold."""
    operator: type[Random] = RandomFromTo
    from_ = names.get("from", from_)
    if from_ is None or to is None:
        operator = Random if from_ is None and to is None else RandomTo
    if to is None and from_ is not None:
        from_, to = 0, from_
    elif from_ is None and to is not None:
        from_ = 0
    return _fill(operator, input, integer_kernels.random_, from_, to, generator)


def bernoulli_(input: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 with probability ``p`` (a number or a tensor), else 0."""
    if not isinstance(p, Variable):
        return _fill(BernoulliOfNumber, input, distribution_kernels.bernoulli_, p, generator)
    chances = expand(p, input._array.shape)._array  # type: ignore[arg-type]
    return _fill(BernoulliOfTensor, input, distribution_kernels.bernoulli_, chances, generator)


def exponential_(
    input: Tensor, lambd: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers drawn from the exponential distribution of rate ``lambd``."""
    return _fill(Exponential, input, distribution_kernels.exponential_, lambd, generator)


def geometric_(input: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the number of trials up to the first success of probability ``p``."""
    return _fill(Geometric, input, distribution_kernels.geometric_, p, generator)


def cauchy_(
    input: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Fill with numbers drawn from the Cauchy distribution."""
    return _fill(Cauchy, input, distribution_kernels.cauchy_, median, sigma, generator)


# --------------------------------------------------------------------------- new tensors


class Bernoulli(Operator):
    """A draw has no derivative; torch lets it pass as zero."""

    @staticmethod
    def forward(ctx: Any, input: Any, p: object, generator: Generator | None) -> Any:
        out = np.empty(input.shape, input.dtype)
        return distribution_kernels.bernoulli_(out, input if p is None else p, generator)  # type: ignore[arg-type]

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Poisson(Operator):
    @staticmethod
    def forward(ctx: Any, input: Any, generator: Generator | None) -> Any:
        return rejection_kernels.poisson(input, generator)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad)


class Binomial(NotDifferentiable, name="NotImplemented"):
    aten_name = "binomial"

    @staticmethod
    def forward(ctx: Any, count: Any, prob: Any, generator: Generator | None) -> Any:
        return rejection_kernels.binomial(count, prob, generator)


class StandardGamma(Operator):
    """A draw that has a derivative: how far it would move if alpha did."""

    @staticmethod
    def forward(ctx: Any, alpha: Any, generator: Generator | None) -> Any:
        sample = rejection_kernels.standard_gamma(alpha, generator)
        ctx.save_for_backward(alpha, sample)
        return sample

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return grad * StandardGammaGrad.apply(*ctx.saved_tensors)


class StandardGammaGrad(Operator):
    @staticmethod
    def forward(ctx: Any, alpha: Any, sample: Any) -> Any:
        arrays = _floats_of_one_shape("_standard_gamma_grad_cpu", alpha, sample)
        return sampling_gradients.standard_gamma_grad(*arrays).astype(alpha.dtype)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        not_implemented_gradient("_standard_gamma_grad")


class SampleDirichlet(NotDifferentiable, name="NotImplemented"):
    aten_name = "_sample_dirichlet"

    @staticmethod
    def forward(ctx: Any, alpha: Any, generator: Generator | None) -> Any:
        return rejection_kernels.sample_dirichlet(alpha, generator)


class DirichletGrad(NotDifferentiable, name="NotImplemented"):
    aten_name = "_dirichlet_grad"

    @staticmethod
    def forward(ctx: Any, x: Any, alpha: Any, total: Any) -> Any:
        arrays = _floats_of_one_shape("_dirichlet_grad_cpu", x, alpha, total)
        return sampling_gradients.dirichlet_grad(*arrays)


def _floats_of_one_shape(kernel_name: str, *arrays: Any) -> list[Any]:
    """The arrays, broadcast.

    Raises:
        RuntimeError: their dtypes differ.
    """
    first = arrays[0]
    kinds = "" if dtypes.is_half(first.dtype) else "f"
    distribution_kernels.check_implemented(kernel_name, first, kinds)
    for array in arrays[1:]:
        if array.dtype != first.dtype:
            found, expected = (dtypes.from_numpy(x.dtype).c10_name for x in (array, first))
            raise RuntimeError(f"Found dtype {found} but expected {expected}")
    return list(np.broadcast_arrays(*arrays))


class NormalOfTensors(Operator, name="NormalBackward3"):
    """Draws with a mean and a standard deviation each, through which no gradient flows."""

    @staticmethod
    def forward(ctx: Any, mean: Any, std: Any, generator: Generator | None) -> Any:
        tensor = mean if hasattr(mean, "dtype") else std
        shape = infer_size(getattr(mean, "shape", ()), getattr(std, "shape", ()))
        out = normal_kernels.normal_(np.empty(shape, tensor.dtype), 0.0, 1.0, generator)
        return (out * std + mean).astype(out.dtype, copy=False)

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        return zero_like(grad), zero_like(grad)


class NormalOfMeans(NormalOfTensors, name="NormalBackward1"):
    """``normal(mean, number)``."""


class NormalOfDeviations(NormalOfTensors, name="NormalBackward2"):
    """``normal(number, std)``."""


@accepts_out
def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that stands in ``input`` (or ``p``), else 0."""
    return Bernoulli.apply(input, p, generator)


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers drawn from the Poisson distributions whose rates stand in ``input``."""
    return Poisson.apply(input, generator)


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """Numbers of successes in ``count`` trials of probability ``prob`` each.

    Raises:
        ValueError: ``count`` is not floating.
        RuntimeError: the dtypes differ.
    """
    ours, other = (dtypes.from_numpy(x._array.dtype) for x in (count, prob))
    if not ours.is_floating_point:
        raise ValueError(
            f"binomial only supports floating-point dtypes for count, got: {ours.c10_name}"
        )
    if ours is not other:
        raise RuntimeError(f"Found dtype {other.c10_name} but expected {ours.c10_name}")
    return Binomial.apply(count, prob, generator)


def _standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw from densities x**(alpha - 1) exp(-x) / gamma(alpha); ``input`` holds the alphas.

    The gradient follows the draw, as if its randomness had been fixed beforehand.
    """
    return StandardGamma.apply(input, generator)


def _standard_gamma_grad(input: Tensor, output: Tensor) -> Tensor:
    """How fast the draw ``output`` of ``_standard_gamma(input)`` moves with ``input``."""
    return StandardGammaGrad.apply(input, output)


def _sample_dirichlet(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Points whose components are positive and add up to 1; ``input`` holds the concentrations.

    Shape: (..., components) to the same.
    """
    return SampleDirichlet.apply(input, generator)


def _dirichlet_grad(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """How fast components ``x`` of a draw move with ``alpha``, over 1 - x.

    ``total`` is the sum of the concentrations of all components.
    """
    return DirichletGrad.apply(x, alpha, total)


def multinomial(
    input: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Indices drawn with the (unnormalised) probabilities of each row.

    Shape: (rows, categories) -> (rows, num_samples), or without rows.
    """
    if out is not None and out._array.dtype != np.int64:
        name = dtypes.from_numpy(out._array.dtype).c10_name
        raise RuntimeError(f"multinomial expects Long tensor out, got: {name}")
    drawn = distribution_kernels.multinomial(input._array, num_samples, replacement, generator)
    return wrap(drawn) if out is None else write_out("multinomial", wrap(drawn), out)


@accepts_out
def normal(
    mean: Any,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Normal numbers; mean and std are numbers with a ``size``, or tensors that broadcast."""
    check_device(device, pin_memory)
    if size is not None:
        out = np.empty(as_shape((size,)), dtype_or(default_dtype(), dtype))
        return new_leaf(
            normal_kernels.normal_(out, float(mean), float(std), generator), requires_grad
        )
    if isinstance(std, Variable):
        if std._array.dtype.kind == "c":
            raise RuntimeError("normal expects standard deviation to be non-complex")
        if (std._array < 0).any():
            raise RuntimeError("normal expects all elements of std >= 0.0")
        operator = NormalOfTensors if isinstance(mean, Variable) else NormalOfDeviations
        return operator.apply(mean, std, generator)
    if not isinstance(mean, Variable):
        raise TypeError(
            "normal() received an invalid combination of arguments - got "
            f"({type(mean).__name__}, {type(std).__name__}): numbers need a size"
        )
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    return NormalOfMeans.apply(mean, std, generator)
