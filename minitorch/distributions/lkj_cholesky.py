"""Cholesky factors of random correlation matrices. Mirrors torch/distributions/lkj_cholesky.py."""

from __future__ import annotations

import math
from collections.abc import Sequence

from minitorch import dtypes
from minitorch._size import Size
from minitorch._tensor import Tensor
from minitorch.distributions import constraints
from minitorch.distributions.beta import Beta
from minitorch.distributions.distribution import Distribution
from minitorch.distributions.utils import TensorOrNumber, broadcast_all
from minitorch.native.diagonal import diag_embed
from minitorch.native.joining import cat
from minitorch.native.random_factories import randn
from minitorch.native.ranges import arange

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Lower-triangular L such that LLᵀ is a random correlation matrix.

    Its density is proportional to |LLᵀ|^(η - 1): η = 1 makes all correlation matrices equally
    likely; a larger η prefers small correlations.

    Lewandowski, Kurowicka and Joe, "Generating random correlation matrices based on vines and
    extended onion method" (2009).

    Args:
        dim: the size of the matrices.
        concentration: η.

    >>> import minitorch
    >>> LKJCholesky(2, 1.0).log_prob(minitorch.eye(2))  # a correlation, uniform in [-1, 1]
    tensor(-0.6931)
    """

    arg_constraints = {"concentration": constraints.positive}
    support = constraints.corr_cholesky
    _batched = ("concentration", "_beta")

    def __init__(
        self,
        dim: int,
        concentration: TensorOrNumber = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        if dim < 2:
            raise ValueError(
                f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}."
            )
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        # The squared length of what stands left of the diagonal, for each row (section 3.2).
        offset = arange(dim - 1, dtype=self.concentration.dtype)
        offset = cat([offset.new_zeros((1,)), offset])
        marginal = self.concentration + 0.5 * (dim - 2)
        self._beta = Beta(offset + 0.5, marginal.unsqueeze(-1) - 0.5 * offset)
        super().__init__(self.concentration.shape, (dim, dim), validate_args)

    def sample(self, sample_shape: Sequence[int] = Size()) -> Tensor:
        """By the onion method: a random length and a random direction for each row."""
        squared_length = self._beta.sample(sample_shape).unsqueeze(-1)
        shape = self._extended_shape(sample_shape)
        normal = randn(shape, dtype=squared_length.dtype).tril(-1)
        direction = normal / normal.norm(dim=-1, keepdim=True)
        direction[..., 0, :] = 0.0  # the first row had the length 0
        left = squared_length.sqrt() * direction
        tiny = dtypes.finfo(left.dtype).tiny
        diagonal = (1 - (left**2).sum(dim=-1)).clamp(min=tiny).sqrt()
        return left + diag_embed(diagonal)

    def log_prob(self, value: Tensor) -> Tensor:
        """Σ_i (2 η - 2 + dim - i) log L_ii, less the normalizer (page 1999); i counts from 1."""
        if self._validate_args:
            self._validate_sample(value)
        diagonal = value.diagonal(dim1=-1, dim2=-2)[..., 1:]
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - arange(2, self.dim + 1)
        unnormalized = (order * diagonal.log()).sum(dim=-1)
        rest = self.dim - 1
        alpha = self.concentration + 0.5 * rest
        log_pi_power = 0.5 * rest * math.log(math.pi)  # what mvlgamma's own power of pi leaves
        return unnormalized - (log_pi_power + (alpha - 0.5).mvlgamma(rest) - alpha.lgamma() * rest)
